//! Sidegate's doors over HTTP.
//!
//! The only room that knows a wire format. Handlers translate: decode, ask the engine, encode.

pub mod gate;
pub mod rest;

pub use rest::{router, stand_in_router};
