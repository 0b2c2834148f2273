//! From ranges that differ to the rows that do.

use std::collections::{BTreeMap, HashMap, HashSet};

use sqlx::Row;
use sqlx::postgres::PgRow;

use super::known::Sides;
use super::ranges::Differing;
use super::session::{Session, Trouble};
use super::side::{Range, Side};
use crate::ddl::literal;

/// Keys of so many rows are listed at a time.
const BATCH: u64 = 200_000;
/// So many keys are looked up at a time.
const ASKED: usize = 5_000;
/// So many ranges are asked for at a time.
const RANGES: usize = 32;

/// A row's key, as texts.
pub(super) type Key = Vec<Option<String>>;

/// Rows that are not the same on both sides.
#[derive(Debug, Default)]
pub(super) struct Differences {
    /// The target has them not.
    pub(super) missing: Listed,
    /// The target alone has them.
    pub(super) extra: Listed,
    /// They are on both sides, and differ.
    pub(super) different: Listed,
    /// They differ, too, but were in the target before the copy, which left them as they were.
    pub(super) kept: Listed,
}

/// Some rows: how many, and the keys of the first of them.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) total: u64,
    pub(super) keys: Vec<Key>,
}

/// Values of one row that differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    /// Why the source's value cannot be what it should.
    pub(super) code: Option<String>,
    /// The mapping's value and the target's, where they may be shown.
    pub(super) values: Option<(Option<String>, Option<String>)>,
}

impl Listed {
    fn add(&mut self, mut keys: Vec<Key>, most: usize) {
        self.total += keys.len() as u64;
        keys.sort_by_cached_key(order);
        let room = most.saturating_sub(self.keys.len());
        keys.truncate(room);
        self.keys.append(&mut keys);
    }
}

/// Numbers by their size, texts by their letters.
fn order(key: &Key) -> Vec<(i128, String)> {
    let parts = key.iter().map(|part| match part {
        Some(text) => match text.parse::<i128>() {
            Ok(number) => (number, String::new()),
            Err(_) => (0, text.clone()),
        },
        None => (i128::MAX, String::new()),
    });
    parts.collect()
}

/// Lists the rows of those ranges that differ; the keys of at most so many of each kind.
pub(super) async fn list(
    (source, target): (&mut Session, &mut Session),
    sides: &Sides,
    differing: &[Differing],
    most: usize,
) -> Result<Differences, Trouble> {
    let mut differences = Differences::default();
    for ranges in batches(differing) {
        let (from, to) = (sides.source.list(&ranges), sides.target.list(&ranges));
        let (here, there) = tokio::join!(source.rows(&from), target.rows(&to));
        let mut batch = settle(&here?, &there?).map_err(|error| Trouble::of(&error))?;
        for other in &sides.others {
            let theirs = having(source, other, &batch.extra).await?;
            batch.extra.retain(|key| !theirs.contains(key));
        }
        if let Some(lines) = &sides.kept {
            let kept = kept(target, lines, &batch.different).await?;
            differences.kept.add(kept.iter().cloned().collect(), most);
            batch.different.retain(|key| !kept.contains(key));
        }
        differences.missing.add(batch.missing, most);
        differences.extra.add(batch.extra, most);
        differences.different.add(batch.different, most);
    }
    Ok(differences)
}

/// Which of those keys rows of a side have.
async fn having(session: &mut Session, side: &Side, keys: &[Key]) -> Result<HashSet<Key>, Trouble> {
    let mut found = HashSet::new();
    for keys in keys.chunks(ASKED) {
        let rows = session.keys(&side.having(&whole(keys))).await?.into_iter();
        found.extend(rows.map(|key| key.into_iter().map(Some).collect::<Key>()));
    }
    Ok(found)
}

/// Which of those keys rows have that were there before the copy.
async fn kept(
    target: &mut Session,
    lines: &str,
    different: &[Key],
) -> Result<HashSet<Key>, Trouble> {
    let mut found = HashSet::new();
    for keys in different.chunks(ASKED) {
        let keys: Vec<String> = whole(keys)
            .into_iter()
            .map(|key| {
                let parts = key.iter().map(|part| literal(part));
                format!("(ARRAY[{}])", parts.collect::<Vec<_>>().join(", "))
            })
            .collect();
        let sql = format!(
            "{lines} AND k.from_key IN (SELECT w.key FROM (VALUES {}) AS w (key))",
            keys.join(", ")
        );
        let rows = target.keys(&sql).await?.into_iter();
        found.extend(rows.map(|key| key.into_iter().map(Some).collect::<Key>()));
    }
    Ok(found)
}

/// Ranges that are asked for together; neighbours are one.
fn batches(differing: &[Differing]) -> Vec<Vec<Range>> {
    let mut batches: Vec<Vec<Range>> = Vec::new();
    let mut rows = 0;
    for next in differing {
        let fits = rows + next.rows <= BATCH;
        if let Some(batch) = batches.last_mut().filter(|_| fits) {
            let neighbour = batch.last_mut().filter(|last| {
                !last.nulls && !next.range.nulls && last.to.is_some() && last.to == next.range.from
            });
            if let Some(last) = neighbour {
                last.to.clone_from(&next.range.to);
                rows += next.rows;
                continue;
            }
            if batch.len() < RANGES {
                batch.push(next.range.clone());
                rows += next.rows;
                continue;
            }
        }
        batches.push(vec![next.range.clone()]);
        rows = next.rows;
    }
    batches
}

/// The keys of rows of a batch.
struct Batch {
    missing: Vec<Key>,
    extra: Vec<Key>,
    different: Vec<Key>,
}

fn settle(here: &[PgRow], there: &[PgRow]) -> Result<Batch, sqlx::Error> {
    let read = |row: &PgRow| -> Result<(Key, i64), sqlx::Error> {
        Ok((row.try_get("key")?, row.try_get("digest")?))
    };
    let mut open: HashMap<Key, Vec<i64>> = HashMap::with_capacity(here.len());
    for row in here {
        let (key, digest) = read(row)?;
        open.entry(key).or_default().push(digest);
    }
    let mut left: Vec<Key> = Vec::new();
    for row in there {
        let (key, digest) = read(row)?;
        let same = open.get_mut(&key).and_then(|digests| {
            let at = digests.iter().position(|other| *other == digest)?;
            Some(digests.swap_remove(at))
        });
        if same.is_none() {
            left.push(key);
        }
    }
    let (mut extra, mut different) = (Vec::new(), Vec::new());
    for key in left {
        let is_whole = key.iter().all(Option::is_some);
        let other = open.get_mut(&key).filter(|_| is_whole).and_then(Vec::pop);
        match other {
            Some(_) => different.push(key),
            None => extra.push(key),
        }
    }
    let missing = open.into_iter();
    let missing = missing.flat_map(|(key, digests)| vec![key; digests.len()]);
    Ok(Batch {
        missing: missing.collect(),
        extra,
        different,
    })
}

/// Keys without NULL.
pub(super) fn whole(keys: &[Key]) -> Vec<Vec<String>> {
    let keys = keys.iter();
    keys.filter_map(|key| key.iter().cloned().collect())
        .collect()
}

/// What differs in rows of those keys.
pub(super) async fn columns(
    (source, target): (&mut Session, &mut Session),
    sides: &Sides,
    keys: &[Key],
    with_values: bool,
) -> Result<BTreeMap<Key, Vec<Column>>, Trouble> {
    let keys = whole(keys);
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let from = sides.source.details(&keys, with_values);
    let to = sides.target.details(&keys, with_values);
    let (here, there) = tokio::join!(source.rows(&from), target.rows(&to));
    let (here, there) = (here?, there?);
    let mut known = BTreeMap::new();
    for row in &here {
        let detail = detail(row).map_err(|error| Trouble::of(&error))?;
        known.insert(detail.key.clone(), detail);
    }
    let mut found = BTreeMap::new();
    for row in &there {
        let there = detail(row).map_err(|error| Trouble::of(&error))?;
        let Some(here) = known.get(&there.key) else {
            continue;
        };
        let mut columns = Vec::new();
        for place in 0..sides.source.width() {
            let code = here.codes.get(place).cloned().flatten();
            if here.digests.get(place) == there.digests.get(place) && code.is_none() {
                continue;
            }
            let text = |detail: &Detail| {
                let texts = detail.texts.as_ref();
                texts.and_then(|texts| texts.get(place).cloned().flatten())
            };
            columns.push(Column {
                name: sides.source.column(place).to_owned(),
                code,
                values: with_values.then(|| (text(here), text(&there))),
            });
        }
        found.insert(there.key, columns);
    }
    Ok(found)
}

/// A row, column by column.
struct Detail {
    key: Key,
    digests: Vec<String>,
    codes: Vec<Option<String>>,
    texts: Option<Vec<Option<String>>>,
}

fn detail(row: &PgRow) -> Result<Detail, sqlx::Error> {
    Ok(Detail {
        key: row.try_get("key")?,
        digests: row.try_get("digests")?,
        codes: row.try_get("codes")?,
        texts: row.try_get("texts")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differing(from: &str, to: &str, rows: u64) -> Differing {
        Differing {
            range: Range {
                from: Some(from.to_owned()),
                to: Some(to.to_owned()),
                nulls: false,
            },
            rows,
            each: (rows, rows),
        }
    }

    #[test]
    fn neighbours_are_asked_for_as_one_and_no_question_is_too_large() {
        let ranges = [
            differing("a", "b", 10),
            differing("b", "c", 10),
            differing("e", "f", 10),
            differing("f", "g", BATCH),
        ];
        let batches = batches(&ranges);
        assert_eq!(batches.len(), 2);
        assert_eq!(
            batches[0],
            [differing("a", "c", 0).range, differing("e", "f", 0).range]
        );
        assert_eq!(batches[1], [differing("f", "g", 0).range]);
        let many: Vec<Differing> = (0..100)
            .map(|n| differing(&format!("{n}a"), &format!("{n}b"), 1))
            .collect();
        assert!(
            super::batches(&many)
                .iter()
                .all(|batch| batch.len() <= RANGES)
        );
    }

    #[test]
    fn numbers_are_listed_by_their_size() {
        let mut listed = Listed::default();
        let key = |text: &str| vec![Some(text.to_owned())];
        listed.add(vec![key("10"), key("9"), key("100")], 2);
        assert_eq!(listed.total, 3);
        assert_eq!(listed.keys, [key("9"), key("10")]);
    }
}
