//! Lock modes, by the names of the manual.

/// How a table is locked, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockMode {
    /// Readers take it.
    AccessShare,
    /// A referenced table, or SELECT FOR UPDATE.
    RowShare,
    /// Writers take it.
    RowExclusive,
    /// Keeps other schema changes and VACUUM out.
    ShareUpdateExclusive,
    /// Keeps writers out.
    Share,
    /// Keeps writers out, and itself.
    ShareRowExclusive,
    /// Lets readers in alone.
    Exclusive,
    /// Lets nobody in.
    AccessExclusive,
}

/// A lock and what it is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// How.
    pub mode: LockMode,
    /// The relation as SQL names it.
    pub relation: String,
}

impl LockMode {
    /// Weakest first.
    const ALL: [Self; 8] = [
        Self::AccessShare,
        Self::RowShare,
        Self::RowExclusive,
        Self::ShareUpdateExclusive,
        Self::Share,
        Self::ShareRowExclusive,
        Self::Exclusive,
        Self::AccessExclusive,
    ];

    /// As the manual writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::AccessShare => "ACCESS SHARE",
            Self::RowShare => "ROW SHARE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// As `pg_locks` writes it: `AccessExclusiveLock`.
    pub(in crate::migrate) fn of_catalog(written: &str) -> Option<Self> {
        let written = written.strip_suffix("Lock")?;
        Self::ALL.into_iter().find(|mode| {
            let letters = mode.word().split(' ').flat_map(str::chars);
            letters
                .map(|letter| letter.to_ascii_lowercase())
                .eq(written.chars().map(|letter| letter.to_ascii_lowercase()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalog_and_the_manual_name_the_same_modes() {
        for (written, mode) in [
            ("AccessShareLock", Some(LockMode::AccessShare)),
            ("RowExclusiveLock", Some(LockMode::RowExclusive)),
            ("ShareLock", Some(LockMode::Share)),
            (
                "ShareUpdateExclusiveLock",
                Some(LockMode::ShareUpdateExclusive),
            ),
            ("ShareRowExclusiveLock", Some(LockMode::ShareRowExclusive)),
            ("ExclusiveLock", Some(LockMode::Exclusive)),
            ("AccessExclusiveLock", Some(LockMode::AccessExclusive)),
            ("SIReadLock", None),
            ("Exclusive", None),
        ] {
            assert_eq!(LockMode::of_catalog(written), mode, "{written}");
        }
    }
}
