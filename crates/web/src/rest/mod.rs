//! The REST door, as the vendor's REST API v1 looks to its clients.

mod access;
mod batch;
pub(crate) mod body;
mod connection;
pub mod draft;
mod export;
mod header;
mod idempotency;
mod in_use;
mod integration;
pub mod json;
mod next_value;
mod oauth;
mod object;
mod password;
mod pieces;
mod preview;
pub mod problem;
pub mod query;
mod query_service;
pub(crate) mod render;
pub(crate) mod reply;
mod router;
mod session;
mod stand_in;
mod view;
mod workflow;

pub(crate) use body::{Limit, form};
pub use body::{MOST_BODY, MOST_FILES_BODY};
pub(crate) use object::{whole_record, window};
pub(crate) use problem::status;
pub(crate) use reply::Reply;
pub use router::router;
pub(crate) use router::{Began, request_id};
pub(crate) use stand_in::is_this_machine;
pub use stand_in::{Values, stand_in_router};
