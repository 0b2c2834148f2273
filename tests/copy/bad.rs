//! What a copy does not do.
