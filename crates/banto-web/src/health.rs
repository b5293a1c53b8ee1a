//! The answers about health: 200 when all is well, 503 when something is not, JSON always, and never 500.

use std::panic::{AssertUnwindSafe, catch_unwind};

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use banto_engine::health::{Answer, Health};

use crate::problem;

/// `/health`: this process.
pub(crate) async fn process(State(health): State<Health>) -> Response {
    told("", || Some(health.process()))
}

/// `/health/scheduler`: this process's scheduler.
pub(crate) async fn schedules(State(health): State<Health>) -> Response {
    told("this process fires no schedules; ask one that does", || health.schedules())
}

/// `/health/scheduler/NAME`: one scheduler of the store, by its instance's name or id, whichever process it is in.
pub(crate) async fn scheduler(State(health): State<Health>, which: Result<Path<String>, PathRejection>) -> Response {
    let nobody = "nobody has heard of such a scheduler; /health/scheduler of one that fires lists those of its service";
    told(nobody, || health.scheduler(&which.ok()?))
}

/// `/health/queue`: the queues.
pub(crate) async fn queues(State(health): State<Health>) -> Response {
    told("", || Some(health.queues()))
}

/// The answer; 404 and why, where there is none.
fn told(none: &str, ask: impl FnOnce() -> Option<Answer>) -> Response {
    match catch_unwind(AssertUnwindSafe(ask)) {
        Ok(Some(Answer { well: true, body })) => Json(body).into_response(),
        Ok(Some(Answer { well: false, body })) => (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response(),
        Ok(None) => problem::answer(StatusCode::NOT_FOUND, none),
        Err(_) => problem::answer(StatusCode::SERVICE_UNAVAILABLE, "the question panicked; this is a bug"),
    }
}
