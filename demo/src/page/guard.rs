//! Who may use the page: this machine's browser, with the token of this run. Another site's script, another user's process
//! and a name that leads to the loopback (DNS rebinding) may not.

use super::Stage;
use crate::Error;
use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Redirect, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use std::sync::Arc;

/// What the printed address carries: 256 bits, new in each run.
#[derive(Debug, Clone)]
pub struct Token(String);

impl Token {
    /// A new one.
    ///
    /// # Errors
    /// [`Error::Randomness`].
    pub fn random() -> Result<Self, Error> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(Error::Randomness)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// As it stands in the address.
    #[must_use]
    pub fn letters(&self) -> &str {
        &self.0
    }

    /// Compared without telling by its time how much of it was right.
    fn is(&self, other: &str) -> bool {
        let (ours, theirs) = (self.0.as_bytes(), other.as_bytes());
        ours.len() == theirs.len() && ours.iter().zip(theirs).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
    }
}

/// Lets in who has the token, at our own address.
pub async fn guard(State(stage): State<Arc<Stage>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !is_ours(headers.get(header::HOST).and_then(|host| host.to_str().ok()), stage.port) {
        return refused(request.uri().path(), "not_this_host");
    }
    let origin = headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    if origin.is_some_and(|origin| !is_ours(origin.strip_prefix("http://"), stage.port)) {
        return refused(request.uri().path(), "not_this_host");
    }
    if request.uri().path() == "/" && token_of(request.uri().query()).is_some_and(|token| stage.token.is(token)) {
        let cookie =
            format!("{}={}; Path=/; HttpOnly; SameSite=Strict", cookie_name(stage.port), stage.token.letters());
        return ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response();
    }
    if !cookie_of(headers, stage.port).is_some_and(|token| stage.token.is(token)) {
        return refused(request.uri().path(), "not_this_run");
    }
    if request.method() == Method::POST && !is_json(headers) {
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, Json(json!({ "code": "no_json" }))).into_response();
    }
    next.run(request).await
}

fn is_ours(host: Option<&str>, port: u16) -> bool {
    let name = host.and_then(|host| host.rsplit_once(':')).filter(|(_, at)| at.parse() == Ok(port));
    matches!(name, Some(("127.0.0.1" | "localhost", _)))
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn token_of(query: Option<&str>) -> Option<&str> {
    query?.split('&').find_map(|part| part.strip_prefix("token="))
}

/// Cookies know no ports: two runs side by side keep theirs apart by name.
fn cookie_name(port: u16) -> String {
    format!("kairan-{port}")
}

fn cookie_of(headers: &HeaderMap, port: u16) -> Option<&str> {
    let name = cookie_name(port);
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let mut cookies = lines.flat_map(|line| line.split(';'));
    cookies.find_map(|cookie| cookie.trim().strip_prefix(name.as_str())?.strip_prefix('='))
}

fn refused(path: &str, code: &str) -> Response {
    if path.starts_with("/phones")
        || path.starts_with("/events")
        || path.starts_with("/invite")
        || path.starts_with("/morning")
    {
        let message = "Open the address that this run printed.";
        return (StatusCode::FORBIDDEN, Json(json!({ "code": code, "message": message }))).into_response();
    }
    (StatusCode::FORBIDDEN, Html(include_str!("refused.html"))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_loopback_at_our_port_is_our_host() {
        for (host, ours) in [
            (Some("127.0.0.1:7878"), true),
            (Some("localhost:7878"), true),
            (Some("127.0.0.1:80"), false),
            (Some("127.0.0.1"), false),
            (Some("rebound.example:7878"), false),
            (None, false),
        ] {
            assert_eq!(is_ours(host, 7878), ours, "{host:?}");
        }
    }

    #[test]
    fn the_token_is_the_same_letter_by_letter_or_it_is_not() {
        let token = Token("abc".to_owned());
        assert!(token.is("abc"));
        assert!(!token.is("abd") && !token.is("ab") && !token.is(""));
    }

    #[test]
    fn the_cookie_of_another_run_is_not_ours() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "kairan-1=old; kairan-2=new".parse().expect("a header"));
        assert_eq!(cookie_of(&headers, 2), Some("new"));
        assert_eq!(cookie_of(&headers, 3), None);
    }
}
