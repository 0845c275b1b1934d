//! The XML gateway.

pub mod reader;
pub mod writer;
