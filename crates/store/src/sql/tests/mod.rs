//! What the compiler's text is, that it stays in its company, and what it means to a real database.

mod ask;
mod bounded;
mod company;
mod meaning;
mod prepared;
mod text;
mod world;
mod writes;
