//! What has been applied against what lies in the folder: the one place that tells pending from
//! applied, edited, missing and too late.

use super::files::{MigrationFile, Phase};

/// A row of a phase's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The version.
    pub version: i64,
    /// The words of its name when it was applied.
    pub name: String,
    /// The checksum when it was applied.
    pub checksum: u64,
    /// When, in UTC, as RFC 3339 writes it.
    pub on: String,
}

/// Where one version of a phase stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The version.
    pub version: i64,
    /// The words of its name: the file's, or the history's where there is no file.
    pub name: String,
    /// Where it stands.
    pub state: State,
}

/// Where a migration stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is in the history.
    Applied {
        /// When.
        on: String,
    },
    /// It will run.
    Pending,
    /// It is in the history, with another text or name.
    Edited {
        /// In the history.
        applied: u64,
        /// Of the file.
        file: u64,
        /// The name in the history, where that is another.
        renamed_from: Option<String>,
    },
    /// It is in the history, and there is no file.
    Missing {
        /// In the history.
        applied: u64,
    },
    /// It was never applied, and a later one was.
    TooLate {
        /// The last version in the history.
        last: i64,
    },
}

impl State {
    /// Whether files and history contradict each other here.
    pub fn diverges(&self) -> bool {
        match self {
            Self::Edited { .. } | Self::Missing { .. } | Self::TooLate { .. } => true,
            Self::Applied { .. } | Self::Pending => false,
        }
    }
}

/// Where each version of a phase stands, by version.
pub fn standing(phase: &Phase, applied: &[Applied]) -> Vec<Entry> {
    let last = applied.iter().map(|row| row.version).max();
    let of_file = |file: &MigrationFile| {
        let row = applied.iter().find(|row| row.version == file.version);
        let state = match (row, last) {
            (Some(row), _) if row.checksum == file.checksum && row.name == file.name => {
                State::Applied { on: row.on.clone() }
            }
            (Some(row), _) => State::Edited {
                applied: row.checksum,
                file: file.checksum,
                renamed_from: (row.name != file.name).then(|| row.name.clone()),
            },
            (None, Some(last)) if file.version < last => State::TooLate { last },
            (None, _) => State::Pending,
        };
        Entry {
            version: file.version,
            name: file.name.clone(),
            state,
        }
    };
    let is_file = |row: &&Applied| phase.files.iter().any(|file| file.version == row.version);
    let missing = applied.iter().filter(|row| !is_file(row)).map(|row| Entry {
        version: row.version,
        name: row.name.clone(),
        state: State::Missing {
            applied: row.checksum,
        },
    });
    let mut entries: Vec<Entry> = phase.files.iter().map(of_file).chain(missing).collect();
    entries.sort_by_key(|entry| entry.version);
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::TextFile;

    fn row(version: i64, name: &str, checksum: u64) -> Applied {
        Applied {
            version,
            name: name.to_owned(),
            checksum,
            on: "then".to_owned(),
        }
    }

    #[test]
    fn tells_the_states_apart() {
        let files = ["V1__a", "V2__b", "V3__c", "V5__e", "V6__f"];
        let files = files.map(|name| TextFile {
            name: format!("{name}.sql"),
            text: "select 1".to_owned(),
        });
        let phase = Phase::of("p", "p", files.to_vec(), None).unwrap();
        let sums: Vec<u64> = phase.files.iter().map(|file| file.checksum).collect();
        let applied = [
            row(1, "a", sums[0]),
            row(2, "b", 7),
            row(3, "z", sums[2]),
            row(4, "d", 9),
            row(6, "f", sums[4]),
        ];
        let states: Vec<State> = standing(&phase, &applied)
            .into_iter()
            .map(|entry| entry.state)
            .collect();
        assert_eq!(
            states,
            [
                State::Applied {
                    on: "then".to_owned()
                },
                State::Edited {
                    applied: 7,
                    file: sums[1],
                    renamed_from: None
                },
                State::Edited {
                    applied: sums[2],
                    file: sums[2],
                    renamed_from: Some("z".to_owned())
                },
                State::Missing { applied: 9 },
                State::TooLate { last: 6 },
                State::Applied {
                    on: "then".to_owned()
                },
            ]
        );
        let fresh = standing(&phase, &[]);
        assert!(fresh.iter().all(|entry| entry.state == State::Pending));
        assert_eq!(fresh.len(), 5);
    }
}
