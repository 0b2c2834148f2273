//! What a copy does, one thing at a time.
