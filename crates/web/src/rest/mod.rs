//! The REST door, as the vendor's REST API v1 looks to its clients.

mod batch;
pub mod draft;
mod header;
mod idempotency;
pub mod json;
mod oauth;
mod object;
pub mod problem;
pub mod query;
mod query_service;
mod render;
mod reply;
mod router;

pub use router::{MOST_BODY, router};
