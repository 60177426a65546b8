//! What the page asks of the phones: the facade by name, and the switch of their network.

use super::Stage;
use crate::{
    news::Piece,
    phones::{NetworkState, Phone, PhoneLine, Switch},
};
use axum::{
    Json,
    extract::{Path, State, rejection::JsonRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use kairan_core::CallError;
use serde_json::json;
use std::sync::Arc;

/// Why a request was not done.
pub enum No {
    /// No phone has that name.
    UnknownPhone,
    /// The facade says no.
    Facade(CallError),
    /// What came is not what was expected.
    Wrong(JsonRejection),
    /// A mistake of this program.
    Broken(String),
}

impl IntoResponse for No {
    fn into_response(self) -> Response {
        let (status, said) = match self {
            Self::UnknownPhone => {
                (StatusCode::NOT_FOUND, json!({ "code": "unknown_phone", "message": "no phone has that name" }))
            }
            Self::Facade(error) => (StatusCode::UNPROCESSABLE_ENTITY, json!(error)),
            Self::Wrong(error) => (error.status(), json!({ "code": "bad_arguments", "message": error.body_text() })),
            Self::Broken(message) => {
                (StatusCode::INTERNAL_SERVER_ERROR, json!({ "code": "internal", "message": message }))
            }
        };
        (status, Json(said)).into_response()
    }
}

impl From<kairan_core::error::Error> for No {
    fn from(error: kairan_core::error::Error) -> Self {
        Self::Facade(error.into())
    }
}

/// `GET /phones`: which there are, and whose.
pub async fn phones(State(stage): State<Arc<Stage>>) -> Result<Json<Vec<PhoneLine>>, No> {
    Ok(Json(stage.phones.lines()?))
}

/// `POST /phones/{phone}/call/{method}`: one call of the facade.
pub async fn call(
    State(stage): State<Arc<Stage>>,
    Path((phone, method)): Path<(String, String)>,
    arguments: String,
) -> Result<Response, No> {
    let kairan = Arc::clone(named(&stage, &phone)?.kairan());
    // A call waits for the disk or the network, on a thread that may wait.
    let answered = tokio::task::spawn_blocking(move || kairan_core::call(&kairan, &method, &arguments)).await;
    let answer = answered.map_err(|error| No::Broken(error.to_string()))?.map_err(No::Facade)?;
    Ok(([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], answer).into_response())
}

/// `GET /phones/{phone}/network`: how its network stands.
pub async fn network(State(stage): State<Arc<Stage>>, Path(phone): Path<String>) -> Result<Json<NetworkState>, No> {
    Ok(Json(named(&stage, &phone)?.network()))
}

/// `POST /phones/{phone}/network`: cuts it, or gives it back.
pub async fn switch(
    State(stage): State<Arc<Stage>>,
    Path(phone): Path<String>,
    switch: Result<Json<Switch>, JsonRejection>,
) -> Result<Json<NetworkState>, No> {
    let Json(switch) = switch.map_err(No::Wrong)?;
    let phone = named(&stage, &phone)?;
    phone.switch(switch);
    let network = phone.network();
    stage.news.tell(Piece::Network { phone: phone.name(), network });
    Ok(Json(network))
}

fn named(stage: &Stage, name: &str) -> Result<Arc<Phone>, No> {
    stage.phones.named(name).ok_or(No::UnknownPhone)
}
