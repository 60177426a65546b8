//! The description of the API (OpenAPI 3.1), checked in as openapi.json and held to the protocol's types by tests.

mod notice;
mod op;
mod schema;
#[cfg(test)]
mod tests;

pub(super) use schema::{EnrolRequest, EnrolResponse, Signed, SyncRequest, SyncResponse, Token, TokenProof};

use super::{endpoints, live};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        ContentBuilder, Ref, RefOr, ResponseBuilder,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Kairan",
        description = "What a phone and the server of one district say to each other. Bodies are JSON, gzip both ways. \
                       Every failure is `application/problem+json` with a stable `code`. Unknown fields are passed over.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
        contact()
    ),
    servers((url = "/", description = "The address on the invitation.")),
    tags((name = "kairan", description = "One district.")),
    paths(endpoints::sync, live::live, endpoints::enrol, endpoints::token, endpoints::card, endpoints::health),
    components(schemas(schema::Problem, schema::Card, schema::Slip, schema::Succession, schema::Poke)),
    modifiers(&Common)
)]
struct Description;

/// What is the same everywhere: the bearer token, and how failures look.
struct Common;

impl Modify for Common {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let components = api.components.get_or_insert_default();
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("opaque, 256 bits, base64url");
        components.security_schemes.insert("device".to_owned(), SecurityScheme::Http(token.build()));
        for path in api.paths.paths.values_mut() {
            for operation in [&mut path.get, &mut path.post].into_iter().flatten() {
                let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
                let failure = ResponseBuilder::new()
                    .description("Any failure (RFC 9457).")
                    .content("application/problem+json", problem)
                    .build();
                operation.responses.responses.insert("default".to_owned(), RefOr::T(failure));
            }
        }
    }
}

/// The description as JSON text, as it is checked in.
///
/// # Errors
/// None but a failure of the JSON writer.
pub fn text() -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&Description::openapi())?;
    text.push('\n');
    Ok(text)
}
