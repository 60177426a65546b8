//! What the page asks of the town: an invitation for the phone that has not joined, and the morning.

use super::Stage;
use crate::{
    Error,
    town::{Morning, NotNow},
};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// Over how long a morning is spread.
const OVER: Duration = Duration::from_secs(24);

/// `POST /invite`: a fresh invitation of a home without a phone.
pub async fn invite(State(stage): State<Arc<Stage>>) -> Response {
    match stage.town.invite().await {
        Ok(sheet) => Json(json!({
            "link": sheet.link,
            "address": sheet.address,
            "check": sheet.check,
            "secret": sheet.secret,
            "home": sheet.to.household,
        }))
        .into_response(),
        Err(error) => broken(&error),
    }
}

/// `GET /morning`: how it stands.
pub async fn morning(State(stage): State<Arc<Stage>>) -> Json<Morning> {
    Json(stage.town.morning())
}

/// `POST /morning`: it begins.
pub async fn begin(State(stage): State<Arc<Stage>>) -> Response {
    let mut bytes = [0_u8; 4];
    if let Err(error) = getrandom::fill(&mut bytes) {
        return broken(&Error::Randomness(error));
    }
    // A browser's numbers hold it whole.
    let seed = u64::from(u32::from_le_bytes(bytes));
    let code = match stage.town.begin_morning(seed, OVER) {
        Ok(()) => {
            eprintln!("A morning is played (seed {seed}).");
            return Json(stage.town.morning()).into_response();
        }
        Err(NotNow::NotReady) => "town_not_ready",
        Err(NotNow::Running) => "morning_running",
    };
    (StatusCode::CONFLICT, Json(json!({ "code": code }))).into_response()
}

/// `DELETE /morning`: it stops; what was tapped stays.
pub async fn stop(State(stage): State<Arc<Stage>>) -> Json<Morning> {
    stage.town.stop_morning().await;
    Json(stage.town.morning())
}

fn broken(error: &Error) -> Response {
    let said = json!({ "code": "internal", "message": error.to_string() });
    (StatusCode::INTERNAL_SERVER_ERROR, Json(said)).into_response()
}
