//! Which ranges of keys differ: sums of the whole table by range in one pass of each side, and of what
//! differs and is large again by smaller ones.

use std::collections::BTreeMap;

use sqlx::Row;

use super::known::Sides;
use super::session::{Session, Trouble};
use super::side::{Half, Range, Side};
use crate::source::postgres::count;

/// Tables of fewer pages are one range.
const SMALL: u64 = 64;
/// Tables of so many pages are read by two sessions.
const WORTH_TWO: u64 = 256;
/// About how many rows a page has, where nothing tells.
const ROWS_A_PAGE: u64 = 64;
/// How many rows a smaller range has, about.
const RANGE_ROWS: u64 = 4_096;
/// How often a range is divided.
const DEEPEST: u32 = 6;

/// What is known of the rows of one range.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Sum {
    rows: u64,
    digests: i128,
}

/// A range of keys whose rows are not the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Differing {
    pub(super) range: Range,
    /// How many rows it has on the side that has more.
    pub(super) rows: u64,
    /// How many it has in the source, and in the target.
    pub(super) each: (u64, u64),
}

/// What one pass over both sides found.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// Rows of the source.
    pub(super) rows: u64,
    /// In the order of their keys.
    pub(super) differing: Vec<Differing>,
}

/// Compares the whole table. A range that differs and has more rows than `most` is divided again.
pub(super) async fn compare(
    (source, target): (&mut Session, &mut Session),
    sides: &mut Sides,
    most: u64,
) -> Result<Compared, Trouble> {
    let whole = Range::default();
    let bounds = first_bounds(source, sides).await?;
    let first = parts((&mut *source, &mut *target), sides, &whole, &bounds).await?;
    let mut found = Compared {
        rows: first.rows,
        differing: Vec::new(),
    };
    let mut open: Vec<(Differing, u32)> = first.differing.into_iter().map(|d| (d, 0)).collect();
    open.reverse();
    while let Some((differing, depth)) = open.pop() {
        let bounds = if differing.rows > most && depth < DEEPEST && !differing.range.nulls {
            let into = (differing.rows / RANGE_ROWS).clamp(2, 256);
            divide(source, &sides.source, &differing.range, into, None).await?
        } else {
            Vec::new()
        };
        if bounds.is_empty() {
            found.differing.push(differing);
            continue;
        }
        let within = (&mut *source, &mut *target);
        let more = parts(within, sides, &differing.range, &bounds).await?;
        open.extend(more.differing.into_iter().rev().map(|d| (d, depth + 1)));
    }
    Ok(found)
}

/// The bounds of the first ranges, by the column of the key that divides the rows best.
async fn first_bounds(source: &mut Session, sides: &mut Sides) -> Result<Vec<String>, Trouble> {
    if sides.source.keys.is_empty() {
        return Ok(Vec::new());
    }
    let pages = number(source, &sides.source.pages(), "pages").await?;
    let pages = if pages == 0 {
        number(source, &sides.source.count(), "rows").await? / ROWS_A_PAGE
    } else {
        pages
    };
    if pages < SMALL {
        return Ok(Vec::new());
    }
    let mut best: (usize, Vec<String>) = (0, Vec::new());
    for place in 0..sides.source.keys.len() {
        sides.source.range_key = place;
        let most = match sides.source.keys[place].ty.as_str() {
            // Among bounds of one size the server finds the place in a few steps.
            "smallint" | "integer" | "bigint" | "uuid" | "date" => 1024,
            _ => 256,
        };
        let into = (pages / 16).clamp(8, most);
        let looked_at = u32::try_from((into * 2).max(32).min(pages)).unwrap_or(u32::MAX);
        let pages = u32::try_from(pages).unwrap_or(u32::MAX);
        let share = 100.0 * f64::from(looked_at) / f64::from(pages);
        let found = divide(source, &sides.source, &Range::default(), into, Some(share)).await?;
        let is_enough = found.len() as u64 >= into / 2;
        if found.len() > best.1.len() {
            best = (place, found);
        }
        if is_enough {
            break;
        }
    }
    sides.source.range_key = best.0;
    sides.target.range_key = best.0;
    Ok(best.1)
}

async fn number(session: &mut Session, sql: &str, name: &str) -> Result<u64, Trouble> {
    let rows = session.rows(sql).await?;
    let Some(row) = rows.first() else {
        return Ok(0);
    };
    let number: Option<i64> = row.try_get(name).map_err(|error| Trouble::of(&error))?;
    Ok(number.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
}

async fn divide(
    source: &mut Session,
    side: &Side,
    range: &Range,
    into: u64,
    sample: Option<f64>,
) -> Result<Vec<String>, Trouble> {
    let Some(sql) = side.bounds(range, into, sample) else {
        return Ok(Vec::new());
    };
    let mut bounds: Vec<String> = Vec::new();
    for row in source.rows(&sql).await? {
        let bound: String = row.try_get("bound").map_err(|error| Trouble::of(&error))?;
        // The first key of a range is its lower end already.
        if bounds.last() != Some(&bound) && range.from.as_ref() != Some(&bound) {
            bounds.push(bound);
        }
    }
    Ok(bounds)
}

/// Compares a range, divided by bounds, on both sides at a time.
async fn parts(
    (source, target): (&mut Session, &mut Session),
    sides: &Sides,
    range: &Range,
    bounds: &[String],
) -> Result<Compared, Trouble> {
    let (here, there) = tokio::join!(
        sums(source, &sides.source, range, bounds),
        sums(target, &sides.target, range, bounds)
    );
    let (here, there) = (here?, there?);
    let mut numbers: Vec<i32> = here.keys().chain(there.keys()).copied().collect();
    numbers.sort_unstable();
    numbers.dedup();
    let none = Sum::default();
    let mut compared = Compared::default();
    for number in numbers {
        let (a, b) = (
            here.get(&number).unwrap_or(&none),
            there.get(&number).unwrap_or(&none),
        );
        compared.rows += a.rows;
        if a != b {
            compared.differing.push(Differing {
                range: part(range, bounds, number),
                rows: a.rows.max(b.rows),
                each: (a.rows, b.rows),
            });
        }
    }
    Ok(compared)
}

/// Sums of one side; of many rows, two sessions read a half each.
async fn sums(
    session: &mut Session,
    side: &Side,
    range: &Range,
    bounds: &[String],
) -> Result<BTreeMap<i32, Sum>, Trouble> {
    let pages = if bounds.is_empty() || *range != Range::default() {
        0
    } else {
        number(session, &side.pages(), "pages").await?
    };
    let middle = pages / 2;
    let mut second = if pages < WORTH_TWO {
        None
    } else {
        session.second.take()
    };
    let Some(other) = second.as_mut() else {
        return half(session, &side.sums(range, bounds, Half::Both)).await;
    };
    let (lower, upper) = (
        side.sums(range, bounds, Half::Before(middle)),
        side.sums(range, bounds, Half::From(middle)),
    );
    let (here, there) = tokio::join!(half(session, &lower), half(other, &upper));
    session.second = second;
    let (mut sums, there) = (here?, there?);
    for (number, sum) in there {
        let all: &mut Sum = sums.entry(number).or_default();
        all.rows += sum.rows;
        all.digests += sum.digests;
    }
    Ok(sums)
}

async fn half(session: &mut Session, sql: &str) -> Result<BTreeMap<i32, Sum>, Trouble> {
    let mut sums = BTreeMap::new();
    for row in &session.rows(sql).await? {
        let digests: &str = row.try_get("sum").map_err(|error| Trouble::of(&error))?;
        let sum = Sum {
            rows: count(row, "rows").map_err(|error| Trouble::of(&error))?,
            digests: digests
                .parse()
                .map_err(|error| Trouble::Said(format!("a sum is no number: {error}")))?,
        };
        let number = row.try_get("bucket").map_err(|error| Trouble::of(&error))?;
        sums.insert(number, sum);
    }
    Ok(sums)
}

/// The range of a part: the server counts from the one before the first bound, and -1 is none of them.
fn part(range: &Range, bounds: &[String], number: i32) -> Range {
    let Ok(number) = usize::try_from(number) else {
        return Range {
            nulls: true,
            ..Range::default()
        };
    };
    let before = number.checked_sub(1).and_then(|at| bounds.get(at));
    Range {
        from: before.or(range.from.as_ref()).cloned(),
        to: bounds.get(number).or(range.to.as_ref()).cloned(),
        nulls: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(from: Option<&str>, to: Option<&str>) -> Range {
        Range {
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
            nulls: false,
        }
    }

    #[test]
    fn parts_lie_between_bounds() {
        let bounds = ["b", "c"].map(str::to_owned);
        let outer = range(Some("a"), Some("d"));
        for (number, from, to) in [(0, "a", "b"), (1, "b", "c"), (2, "c", "d")] {
            assert_eq!(part(&outer, &bounds, number), range(Some(from), Some(to)));
        }
        let whole = Range::default();
        assert_eq!(part(&whole, &bounds, 0), range(None, Some("b")));
        assert_eq!(part(&whole, &bounds, 2), range(Some("c"), None));
        assert_eq!(part(&whole, &[], 0), whole);
        assert!(part(&outer, &bounds, -1).nulls);
    }
}
