//! What happens when someone asks for something: who asks, may they, which rules, which transaction,
//! which audit entry.
//!
//! Knows no wire format and no SQL text. Synchronous inside; a call answers through a [`Pending`].

pub mod actor;
pub mod advice;
pub mod audit;
pub mod authorizing;
mod batch;
mod catalogue;
pub mod connection;
pub mod copying;
pub mod credential;
mod engine;
mod evidence;
pub mod explain;
pub mod filling;
pub mod founding;
pub mod idempotency;
pub mod in_use;
pub mod integration;
pub mod key_file;
pub mod key_use;
mod last_use;
pub mod mail;
mod near;
pub mod offline;
pub mod outbound;
mod owned;
mod pipeline;
pub mod preview;
pub mod query_result;
mod read;
mod rules;
pub mod server;
pub mod sign_in;
pub mod source;
mod standing;
mod task;
pub mod test_company;
mod threads;
mod usage;
pub mod work;

pub use actor::{Actor, By, Call, Door};
pub use batch::{MOST_RECORDS, Outcome};
pub use engine::{Counters, Engine, Settings};
pub use pipeline::Saved;
pub use read::Paged;
pub use rules::{AskedRuling, Preferences, Ruled, Ruling, TakenValue};
pub use sidegate_store::{Location, RowRef};
pub use source::Source;
pub use standing::UserStanding;
pub use task::Pending;
pub use work::Work;
