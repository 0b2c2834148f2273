//! Whether each correspondence of the mapping fits the two schemas at hand.

use crate::mapping::At;

/// A correspondence of the mapping, seen on two schemas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorrespondenceState {
    /// The from columns or the from table, as the mapping names them, joined by `, `.
    pub from: String,
    /// The to columns or the to table, as the mapping names them; empty for what is kept, archived or
    /// dropped.
    pub to: String,
    /// Whether it is between tables.
    pub is_table: bool,
    /// Whether it fits.
    pub state: State,
    /// Where it stands in the mapping file.
    pub at: At,
}

/// Whether a correspondence fits two schemas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The from side has `from` and lacks `to`: it is still to be done.
    Open,
    /// The from side has `to` already; or what is kept is there, and what is archived or dropped is
    /// gone.
    Applied,
    /// A column to keep is not there, so there is nothing to keep.
    Idle,
    /// The from side has neither, or the to side does not have `to`.
    Stale {
        /// What is not there, and where.
        missing: String,
        /// Names like it that are there, nearest first, at most 3.
        near: Vec<String>,
    },
}
