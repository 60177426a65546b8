//! The page's files: inside the program when it is released, read from the folder while they are being written.

use axum::{
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

/// The phone's screens.
#[derive(RustEmbed)]
#[folder = "../web"]
struct Web;

/// The page around them.
#[derive(RustEmbed)]
#[folder = "stage"]
struct Around;

const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      frame-ancestors 'self'; base-uri 'none'; form-action 'none'";

/// `GET /`, `/stage/…`, `/web/…`: a file, or 404.
pub async fn file(uri: Uri) -> Response {
    let path = uri.path();
    let found = match path.strip_prefix("/web/") {
        Some("") => named::<Web>("index.html"),
        Some(path) => named::<Web>(path),
        None if path == "/" => named::<Around>("index.html"),
        None => path.strip_prefix("/stage/").and_then(named::<Around>),
    };
    let Some((path, file)) = found else { return StatusCode::NOT_FOUND.into_response() };
    let kind = mime_guess::from_path(&path).first_or_octet_stream();
    let kind = if kind.type_() == mime_guess::mime::TEXT { format!("{kind}; charset=utf-8") } else { kind.to_string() };
    let mut response = file.data.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(kind) = HeaderValue::from_str(&kind) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    response
}

fn named<Files: RustEmbed>(path: &str) -> Option<(String, EmbeddedFile)> {
    Files::get(path).map(|file| (path.to_owned(), file))
}
