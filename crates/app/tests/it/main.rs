//! What users and operators of Sidegate can notice, through its doors, on real databases.
//!
//! `SIDEGATE_TEST_DB` says whether SQLite (the default) or PostgreSQL holds the data.

mod companies;
mod harness;
mod reference;
mod sign_in;
mod support;
