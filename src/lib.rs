//! `align` makes one Postgres schema speak another's language.
pub mod diff;
pub mod gate;
pub mod mapping;
pub mod schema;
pub mod score;
pub mod source;
