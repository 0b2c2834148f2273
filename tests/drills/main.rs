//! Drills: a whole migration over many awkward rows, with everything that may happen meanwhile.
//!
//! `ALIGN_DRILL=full cargo test --test drills -- --nocapture` runs them at full size; without it, at a
//! twentieth. Each drill prints its figures.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails where it is"
)]
#![expect(clippy::print_stderr, reason = "a drill tells its figures")]

#[path = "../clara/mod.rs"]
mod clara;
#[path = "../cluster/mod.rs"]
mod cluster;

mod accounted;
mod ground;
mod kills;
mod road;
mod writers;
