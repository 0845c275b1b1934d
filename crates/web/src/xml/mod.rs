//! The XML gateway: one path, one envelope, many functions.

mod face;
mod failure;
pub mod filter;
mod function;
mod gateway;
mod later;
pub mod legacy;
mod listing;
pub mod reader;
mod record;
mod request;
mod value;
pub mod writer;

use std::sync::Arc;

use axum::Router;
use axum::routing::any;
use sidegate_engine::Engine;

/// The gateway's path; from now on the engine also knows how to carry out what is answered later.
pub(crate) fn router(engine: Engine) -> Router {
    engine.answer_later_through(Arc::new(later::Later));
    Router::new()
        .route(gateway::PATH, any(gateway::handle))
        .with_state(engine)
}
