//! What is answered when something is not as it should be: a status and one sentence, as JSON. Nothing that was sent comes back.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::ALLOW},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// An answer with that status.
pub(crate) fn answer(status: StatusCode, why: &str) -> Response {
    (status, Json(json!({ "error": why }))).into_response()
}

/// There is nothing under that path.
pub(crate) async fn unknown_path() -> Response {
    answer(
        StatusCode::NOT_FOUND,
        "there is nothing here; there are /health, /health/scheduler, /health/scheduler/NAME and /health/queue",
    )
}

/// What is there can only be read.
pub(crate) async fn wrong_method() -> Response {
    let mut refused = answer(StatusCode::METHOD_NOT_ALLOWED, "GET and HEAD are allowed");
    refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    refused
}
