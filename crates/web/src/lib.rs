//! Sidegate's doors over HTTP.
//!
//! The only room that knows a wire format. Handlers translate: decode, ask the engine, encode.

mod demo;
pub mod rest;
mod reveal;

use axum::Router;
use sidegate_engine::Engine;

/// The doors of a server.
pub fn router(engine: Engine) -> Router {
    rest::router(engine.clone()).merge(reveal::router(engine))
}

/// The doors of the stand-in: those of a server, and its controls.
pub fn demo_router(engine: Engine) -> Router {
    router(engine.clone()).merge(demo::router(engine))
}
