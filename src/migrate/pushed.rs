//! Exported migrations, known again: by the first line of a file, which Supabase keeps in its list of what
//! was pushed.
//!
//! A file that ran has written the history itself. One that was only marked as applied has not, and the list
//! is all that tells. A phase that was brought back since is told by the ledger: the list is not changed then.

use std::fmt;

use sqlx::postgres::PgConnection;

use super::error::MigrateError;
use super::files::MigrationFile;
use super::session::server;
use super::standing::Applied;

const PREFIX: &str = "-- align-export: ";
const LEDGER: &str = "ledger";
const LISTS: &str = include_str!("sql/pushed_lists.sql");

/// Which migration a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marker {
    /// The ledger's tables.
    Ledger,
    /// A migration.
    Migration {
        /// Its phase.
        phase: String,
        /// Its version.
        version: i64,
        /// The words of its name.
        name: String,
        /// As in the history.
        checksum: u64,
        /// The pair that it belongs to, with what would end a line escaped.
        pair: String,
    },
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ledger => write!(f, "{PREFIX}{LEDGER}"),
            Self::Migration {
                phase,
                version,
                name,
                checksum,
                pair,
            } => {
                write!(f, "{PREFIX}{phase} V{version}__{name} {checksum} {pair}")
            }
        }
    }
}

impl Marker {
    /// That of a migration.
    pub(super) fn of(phase: &str, file: &MigrationFile, pair: &str) -> Self {
        Self::Migration {
            phase: phase.to_owned(),
            version: file.version,
            name: file.name.clone(),
            checksum: file.checksum,
            pair: one_line(pair),
        }
    }

    /// Looks for the marker's line.
    pub fn find(text: &str) -> Option<Self> {
        text.lines().find_map(Self::of_line)
    }

    fn of_line(line: &str) -> Option<Self> {
        let rest = line.trim().strip_prefix(PREFIX)?;
        if rest == LEDGER {
            return Some(Self::Ledger);
        }
        let mut words = rest.splitn(4, ' ');
        let (phase, title) = (words.next()?, words.next()?);
        let (version, name) = title.strip_prefix('V')?.split_once("__")?;
        Some(Self::Migration {
            phase: phase.to_owned(),
            version: version.parse().ok()?,
            name: name.to_owned(),
            checksum: words.next()?.parse().ok()?,
            pair: words.next()?.to_owned(),
        })
    }

    /// Whether it is the same migration, whatever its text.
    pub fn is_same(&self, other: &Self) -> bool {
        self.key() == other.key()
    }

    fn key(&self) -> Option<(&str, i64, &str)> {
        match self {
            Self::Ledger => None,
            Self::Migration {
                phase,
                version,
                pair,
                ..
            } => Some((phase, *version, pair)),
        }
    }
}

fn one_line(pair: &str) -> String {
    pair.escape_debug().to_string()
}

/// What was pushed of a pair, by phase.
#[derive(Debug, Default)]
pub(super) struct Pushed(Vec<(String, Applied)>);

impl Pushed {
    /// Asks Supabase's list, where there is one.
    pub(super) async fn read(
        connection: &mut PgConnection,
        pair: &str,
    ) -> Result<Self, MigrateError> {
        let failed = |error| server("read what Supabase has pushed", &error);
        let lists: (bool, bool) = sqlx::query_as(LISTS)
            .persistent(false)
            .fetch_one(&mut *connection)
            .await
            .map_err(failed)?;
        let (has_list, has_ledger) = lists;
        if !has_list {
            return Ok(Self::default());
        }
        let list = "SELECT version::text, statements[1]::text FROM supabase_migrations.schema_migrations \
                    WHERE statements[1] LIKE '%-- align-export: %' ORDER BY version";
        let rows: Vec<(String, String)> = sqlx::query_as(list)
            .persistent(false)
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?;
        let brought_back: Vec<String> = if has_ledger && !rows.is_empty() {
            let undone = "SELECT DISTINCT phase FROM align.events \
                          WHERE pair = $1 AND name = 'undo' AND event = 'ok' AND phase IS NOT NULL";
            sqlx::query_scalar(undone)
                .persistent(false)
                .bind(pair)
                .fetch_all(&mut *connection)
                .await
                .map_err(failed)?
        } else {
            Vec::new()
        };
        let own = one_line(pair);
        let mut found = Vec::new();
        for (number, statement) in rows {
            if let Some(Marker::Migration {
                phase,
                version,
                name,
                checksum,
                pair,
            }) = Marker::find(&statement)
                && pair == own
                && !brought_back.contains(&phase)
            {
                let on = format!("as {number} by Supabase");
                let row = Applied {
                    version,
                    name,
                    checksum,
                    on,
                };
                found.push((phase, row));
            }
        }
        Ok(Self(found))
    }

    /// What the history of a phase lacks.
    pub(super) fn beside(&self, phase: &str, history: &[Applied]) -> Vec<Applied> {
        let of_phase = self.0.iter().filter(|(of, _)| of == phase);
        let rows = of_phase.map(|(_, row)| row);
        let is_new = |row: &&Applied| !history.iter().any(|known| known.version == row.version);
        rows.filter(is_new).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_read_as_it_was_written() {
        let migration = |pair: &str| Marker::Migration {
            phase: "phase-1".to_owned(),
            version: 12,
            name: "clients_name_index".to_owned(),
            checksum: u64::MAX,
            pair: one_line(pair),
        };
        for marker in [Marker::Ledger, migration("a-to-b"), migration("my pair")] {
            let text = format!("-- before\n{marker}\nSELECT 1;\n");
            assert_eq!(Marker::find(&text), Some(marker));
        }
        let hostile = migration("a\nDROP TABLE t;").to_string();
        assert_eq!(hostile.lines().count(), 1, "{hostile}");
        for text in [
            "",
            "-- align-export: ",
            "-- align-export: phase1",
            "-- align-export: phase1 V1 7 p",
            "-- align-export: phase1 Vx__a 7 p",
            "-- align-export: phase1 V1__a seven p",
            "-- align-export: phase1 V1__a 7",
            "SELECT '-- align-export: ledger'",
        ] {
            assert_eq!(Marker::find(text), None, "{text}");
        }
    }
}
