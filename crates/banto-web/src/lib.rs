//! What a process of banto answers over HTTP.
//!
//! For load balancers, alarms and people. It knows no store: whatever it says, the engine has said. It lives on a thread of its
//! own, so that it answers whatever the loops and the application's handlers do, and it answers from memory, so that nobody
//! waits. Every route stands on this screen; who may come in is decided in `guard.rs` and nowhere else.
//!
//! # Layout
//! - here: the routes; `health.rs`: what they answer
//! - `serve.rs`: the door (bind, then serve): connections, their number and their time
//! - `guard.rs`: who may come in; `problem.rs`: what is answered when something is not as it should be

mod guard;
mod health;
mod problem;
mod serve;

pub use serve::{PATIENCE, Served, bind, serve};

use axum::{Router, middleware, routing::get};
use banto_engine::health::Health;

/// What is answered under which path, to those who call this machine by one of `hosts`, by an address, or `localhost`.
pub fn routes(health: Health, hosts: Vec<String>) -> Router {
    Router::new()
        .route("/health", get(health::process))
        .route("/health/scheduler", get(health::schedules))
        .route("/health/scheduler/{instance}", get(health::scheduler))
        .route("/health/queue", get(health::queues))
        .method_not_allowed_fallback(problem::wrong_method)
        .fallback(problem::unknown_path)
        .with_state(health)
        .layer(middleware::from_fn_with_state(guard::Hosts::new(hosts), guard::door))
}
