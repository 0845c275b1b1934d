//! The REST door, as the vendor's REST API v1 looks to its clients.

pub mod draft;
pub mod json;
pub mod problem;
pub mod query;
