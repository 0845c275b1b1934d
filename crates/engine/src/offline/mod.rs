//! Requests of the XML gateway that are acknowledged at once and answered later, at a URL that their
//! transport policy names.
//!
//! A request is stored before it is acknowledged, and claimed in a write before it is carried out, so
//! that it is carried out once at most, whatever becomes of the node that has it in hand. Its answer
//! is stored before it is posted, and posted until the receiver takes it or nobody expects that any
//! more. Both are secrets and are kept sealed. Requests belong to no company: when they are stored
//! nobody has proved yet that she belongs to one.

pub mod policy;
mod queue;
mod worker;

use crate::engine::Engine;

pub(crate) use policy::POLICY;
pub use queue::{Logged, NewRequest};
pub(crate) use queue::{REQUEST, identity as request_identity};
pub(crate) use worker::{Offline, Shift, serve};

/// How a request is carried out: known to whoever knows its form.
pub trait Gateway: Send + Sync {
    /// Carries a request out, and gives its answer.
    fn carry_out(&self, engine: &Engine, waiting: &Waiting) -> Vec<u8>;
    /// The answer to a request of which nobody knows how far it came.
    fn lost(&self, engine: &Engine, waiting: &Waiting) -> Vec<u8>;
    /// What an answer is sent as.
    fn media_type(&self) -> &'static str;
}

/// A request that waits to be carried out.
#[derive(Clone)]
pub struct Waiting {
    /// Its support id.
    pub request: String,
    /// Where it came from.
    pub address: String,
    /// The gateway's URL as the client called it.
    pub endpoint: String,
    /// Its body, as it was sent.
    pub body: String,
}
