//! Why a value cannot be converted, in words that stay the same.

use std::fmt;

/// Why a value cannot be converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// The text is none of the type.
    CastInvalid,
    /// It is one, but no such value exists, or the type cannot hold it.
    CastOutOfRange,
    /// A number with a fraction for a type without.
    CastInexact,
    /// The text has more characters than the type holds.
    CastTooLong,
    /// No range can be read in the text.
    RangeUnreadable,
    /// The range's lower end is above its upper.
    RangeReversed,
    /// The range has one end only.
    RangeOpen,
    /// The value is not in the list.
    ValuesUnknown,
    /// No row holds the value.
    LookupMissing,
    /// Several rows do.
    LookupAmbiguous,
    /// The text is no JSON that the server could keep.
    JsonUnreadable,
    /// The text is no number that could be scaled.
    ScaleInvalid,
    /// The text does not have the form of the regular expression.
    SplitUnmatched,
    /// The text has more parts than there are columns.
    SplitLeftover,
    /// NULL for a column that takes none.
    NullNotAllowed,
    /// A value that is none of its own column's type; only rows from a pipe have such.
    SourceInvalid,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 16] = [
        Self::CastInvalid,
        Self::CastOutOfRange,
        Self::CastInexact,
        Self::CastTooLong,
        Self::RangeUnreadable,
        Self::RangeReversed,
        Self::RangeOpen,
        Self::ValuesUnknown,
        Self::LookupMissing,
        Self::LookupAmbiguous,
        Self::JsonUnreadable,
        Self::ScaleInvalid,
        Self::SplitUnmatched,
        Self::SplitLeftover,
        Self::NullNotAllowed,
        Self::SourceInvalid,
    ];

    /// As tables, reports and scripts have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CastInvalid => "cast.invalid",
            Self::CastOutOfRange => "cast.out_of_range",
            Self::CastInexact => "cast.inexact",
            Self::CastTooLong => "cast.too_long",
            Self::RangeUnreadable => "range.unreadable",
            Self::RangeReversed => "range.reversed",
            Self::RangeOpen => "range.open",
            Self::ValuesUnknown => "values.unknown",
            Self::LookupMissing => "lookup.missing",
            Self::LookupAmbiguous => "lookup.ambiguous",
            Self::JsonUnreadable => "json.unreadable",
            Self::ScaleInvalid => "scale.invalid",
            Self::SplitUnmatched => "split.unmatched",
            Self::SplitLeftover => "split.leftover",
            Self::NullNotAllowed => "null.not_allowed",
            Self::SourceInvalid => "source.invalid",
        }
    }

    /// What it means, in a few words.
    pub fn message(self) -> &'static str {
        match self {
            Self::CastInvalid => "the value is none of the target's type",
            Self::CastOutOfRange => "there is no such value, or the target's type cannot hold it",
            Self::CastInexact => "the number has a fraction, and the target's type has none",
            Self::CastTooLong => "the text is longer than the target's type allows",
            Self::RangeUnreadable => "no range or number can be read in the text",
            Self::RangeReversed => "the range's lower end is above its upper end",
            Self::RangeOpen => "the range has one end only",
            Self::ValuesUnknown => "the value is not in the mapping's list",
            Self::LookupMissing => "no row of the looked-up table holds the value",
            Self::LookupAmbiguous => "several rows of the looked-up table hold the value",
            Self::JsonUnreadable => "the text is no JSON that the server could keep",
            Self::ScaleInvalid => "the text is no finite number",
            Self::SplitUnmatched => "the text does not have the form of the regular expression",
            Self::SplitLeftover => "the text has more parts than there are columns",
            Self::NullNotAllowed => "the target column takes no NULL",
            Self::SourceInvalid => "the value is none of the source column's type",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Code {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let found = Self::ALL.into_iter().find(|code| code.as_str() == text);
        found.ok_or(())
    }
}
