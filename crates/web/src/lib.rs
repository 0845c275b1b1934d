//! Sidegate's doors over HTTP.
//!
//! The only room that knows a wire format. Handlers translate: decode, ask the engine, encode.

mod console;
mod demo;
pub mod export;
pub mod gate;
mod new_password;
mod page;
pub mod rest;
mod reveal;
pub mod xml;

use std::sync::Arc;

use axum::Router;
use sidegate_engine::Engine;

pub use rest::Values;

/// The doors of a server.
pub fn router(engine: Engine) -> Router {
    rest::router(engine.clone())
        .merge(xml::router(engine.clone()))
        .merge(console::router(engine.clone()))
        .merge(mail_links(engine))
}

/// The doors of the stand-in: those of a server, and its controls.
pub fn stand_in_router(engine: Engine, values: Arc<Values>) -> Router {
    rest::stand_in_router(engine.clone(), values)
        .merge(xml::router(engine.clone()))
        .merge(console::stand_in_router(engine.clone()))
        .merge(mail_links(engine.clone()))
        .merge(demo::router(engine))
}

/// The pages that links in mails lead to.
fn mail_links(engine: Engine) -> Router {
    reveal::router(engine.clone()).merge(new_password::router(engine))
}
