//! Facts that forbid a switch, whatever the score says.

/// A fact that forbids a switch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Blocker {
    /// Which kind.
    pub kind: BlockerKind,
    /// The table as the to side calls it.
    pub table: String,
    /// The column or columns, where the fact is about them; else empty.
    pub column: String,
    /// The fact in words.
    pub message: String,
}

/// The closed list of what blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlockerKind {
    /// A table of the to side has no counterpart. Nothing else is said of that table.
    TableMissing,
    /// A column takes no NULL, has no default and no counterpart.
    ColumnRequired,
    /// The from side may hold values that the to side refuses, and no rule replaces them.
    DomainRejected,
    /// Values may be lost on their way, and no rule says how.
    ConversionLossy,
    /// A unique key of the to side has no counterpart, so rows may break it.
    UniqueMissing,
    /// Row level security is on in the to side and off here.
    RlsOff,
    /// A query embeds a table to which no foreign key leads.
    EmbedUnresolved,
    /// A query embeds a table to which more than one foreign key leads.
    EmbedAmbiguous,
}

impl BlockerKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::TableMissing,
        Self::ColumnRequired,
        Self::DomainRejected,
        Self::ConversionLossy,
        Self::UniqueMissing,
        Self::RlsOff,
        Self::EmbedUnresolved,
        Self::EmbedAmbiguous,
    ];

    /// The dotted word that machines read.
    pub fn word(self) -> &'static str {
        match self {
            Self::TableMissing => "table.missing",
            Self::ColumnRequired => "column.required",
            Self::DomainRejected => "domain.rejected",
            Self::ConversionLossy => "conversion.lossy",
            Self::UniqueMissing => "unique.missing",
            Self::RlsOff => "rls.off",
            Self::EmbedUnresolved => "embed.unresolved",
            Self::EmbedAmbiguous => "embed.ambiguous",
        }
    }
}
