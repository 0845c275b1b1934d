//! The XML gateway.

pub mod reader;
