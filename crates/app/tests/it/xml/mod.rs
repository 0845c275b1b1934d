//! The XML gateway, through its own path.

mod answer;
mod element;
mod envelopes;
mod gateway;
mod paging;
mod sessions;
