//! The TOML form of a mapping.
