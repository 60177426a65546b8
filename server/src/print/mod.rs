//! Pages made for printing: one HTML file each that needs nothing but a browser and paper.

pub mod delivery;
mod sheets;

pub use sheets::sheets;

use crate::Error;
use askama::Template;
use fast_qr::{
    QRBuilder,
    convert::{Builder, Shape, svg::SvgBuilder},
};

/// A page's HTML.
fn page(template: &impl Template) -> Result<String, Error> {
    template.render().map_err(|error| Error::Making(error.to_string()))
}

/// A QR as SVG that stands within the page itself; none where the text is longer than any QR holds.
fn qr(text: &str) -> Option<String> {
    let code = QRBuilder::new(text).build().ok()?;
    // Four modules of quiet around it: ISO/IEC 18004.
    Some(SvgBuilder::default().shape(Shape::Square).margin(4).to_str(&code))
}
