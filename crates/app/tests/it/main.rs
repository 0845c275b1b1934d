//! What users and operators of Sidegate can notice, through its doors, on real databases.
//!
//! `SIDEGATE_TEST_DB` says whether SQLite (the default) or PostgreSQL holds the data.

mod access_versions;
mod cases;
mod companies;
mod engine;
mod harness;
mod reference;
mod last_administrator;
mod prepared;
mod sign_in;
mod support;
