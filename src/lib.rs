//! `align` makes one Postgres schema speak another's language.
pub mod ddl;
pub mod mapping;
pub mod schema;
pub mod source;
