//! What a transaction holds and what it has written anew, seen from within it.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use super::hazard::{Lock, LockMode};

const HELD: &str = include_str!("sql/held.sql");
const FILES: &str = include_str!("sql/files.sql");

/// The relations that others can see, by oid. What a transaction makes itself is nobody else's yet, and
/// what it drops is still locked.
#[derive(Debug, Default)]
pub(super) struct Relations(BTreeMap<i64, Relation>);

#[derive(Debug)]
struct Relation {
    name: String,
    is_index: bool,
    /// What its rows are in.
    file: i64,
}

/// What one look sees that none before saw.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// On what others can see.
    pub(super) locks: Vec<Lock>,
    /// Tables and indexes whose rows are in another file now.
    pub(super) rewrites: Vec<String>,
}

/// Looks at one transaction again and again.
#[derive(Debug, Default)]
pub(super) struct Observer {
    relations: Relations,
    known: BTreeSet<(i64, LockMode)>,
}

impl Relations {
    /// What is there; to be asked before the transaction begins.
    pub(super) async fn read(connection: &mut PgConnection) -> Result<Self, sqlx::Error> {
        let rows = sqlx::query(FILES).persistent(false);
        let rows = rows.fetch_all(connection).await?;
        let read = |row: &PgRow| {
            let relation = Relation {
                name: row.try_get("name")?,
                is_index: row.try_get("is_index")?,
                file: row.try_get("file")?,
            };
            Ok((row.try_get("id")?, relation))
        };
        rows.iter().map(read).collect::<Result<_, _>>().map(Self)
    }
}

impl Observer {
    pub(super) fn new(relations: Relations) -> Self {
        Self {
            relations,
            known: BTreeSet::new(),
        }
    }

    /// Another transaction has none of the locks yet.
    pub(super) fn forget_locks(&mut self) {
        self.known.clear();
    }

    /// What is new since the last look.
    pub(super) async fn look(
        &mut self,
        connection: &mut PgConnection,
    ) -> Result<Seen, sqlx::Error> {
        let rows = sqlx::query(HELD).persistent(false);
        let mut seen = Seen::default();
        for row in rows.fetch_all(connection).await? {
            let id: i64 = row.try_get("id")?;
            let Some(relation) = self.relations.0.get_mut(&id) else {
                continue;
            };
            let file: Option<i64> = row.try_get("file")?;
            if let Some(file) = file.filter(|file| *file != relation.file) {
                relation.file = file;
                seen.rewrites.push(relation.name.clone());
            }
            let mode: String = row.try_get("mode")?;
            let Some(mode) = LockMode::of_catalog(&mode) else {
                continue;
            };
            // An index is locked with its table.
            if !relation.is_index && self.known.insert((id, mode)) {
                let relation = relation.name.clone();
                seen.locks.push(Lock { mode, relation });
            }
        }
        seen.locks
            .sort_by(|a, b| a.relation.cmp(&b.relation).then(b.mode.cmp(&a.mode)));
        seen.rewrites.sort();
        Ok(seen)
    }
}
