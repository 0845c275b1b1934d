//! The XML gateway, through its own path.

mod answer;
mod captures;
mod element;
mod envelopes;
mod gateway;
mod paging;
mod people;
mod restrictions;
mod rights;
mod roles;
mod rules;
mod sameness;
mod sessions;
mod users;
