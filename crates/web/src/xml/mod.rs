//! The XML gateway: one path, one envelope, many functions.

mod face;
mod failure;
mod filter;
mod function;
mod gateway;
mod legacy;
mod listing;
pub mod reader;
mod record;
mod request;
mod value;
pub mod writer;

use axum::Router;
use axum::routing::any;
use sidegate_engine::Engine;

/// The gateway's path.
pub(crate) fn router(engine: Engine) -> Router {
    Router::new()
        .route(gateway::PATH, any(gateway::handle))
        .with_state(engine)
}
