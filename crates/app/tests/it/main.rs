//! What users and operators of Sidegate can notice, through its doors, on real databases.
//!
//! `SIDEGATE_TEST_DB` says whether SQLite (the default) or PostgreSQL holds the data.

mod access_versions;
mod advising;
mod auditing;
mod authorizing;
mod batches;
mod bounds;
mod cases;
mod cli;
mod companies;
mod converting;
mod copying;
mod doors;
mod durability;
mod engine;
mod evidence;
mod expected_rights;
mod files;
mod filling;
mod granular_activities;
mod harness;
mod idempotency;
mod keys;
mod last_administrator;
mod locations;
mod log;
mod mail;
mod operators;
mod pages;
mod pairing;
mod prepared;
mod process;
mod random_queries;
mod reference;
mod schema_change;
mod sequences;
mod serve_check;
mod setting_up;
mod sign_in;
mod site;
mod support;
mod takeover;
mod test_companies;
mod timesheets;
mod walk;
