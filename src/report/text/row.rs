//! From a table's changes to rows.

use super::layout::{Row, Sign};
use crate::diff::{
    BlockerKind, Change, ColumnComparison, Counterpart, Object, TableComparison, What,
};
use crate::report::Report;
use crate::report::screen::Screen;
use crate::report::standing::{count, to_type};

/// Rows of a table that both sides have: columns by sign and then in declared order, then everything
/// else by kind. Comments are only listed where everything is asked for, or where nothing else differs.
pub(super) fn of_table(report: &Report<'_>, screen: Screen, table: &TableComparison) -> Vec<Row> {
    let spoken: Vec<&Change> = table
        .changes
        .iter()
        .filter(|c| c.object != Object::Comment)
        .collect();
    if report.options.all {
        return of_changes(
            report,
            screen,
            table,
            &table.changes.iter().collect::<Vec<_>>(),
        );
    }
    match of_changes(report, screen, table, &spoken) {
        rows if rows.is_empty() => of_changes(
            report,
            screen,
            table,
            &table.changes.iter().collect::<Vec<_>>(),
        ),
        rows => rows,
    }
}

fn of_changes(
    report: &Report<'_>,
    screen: Screen,
    table: &TableComparison,
    changes: &[&Change],
) -> Vec<Row> {
    let mut rows: Vec<Row> = table
        .columns
        .iter()
        .filter_map(|column| of_column(report, screen, table, changes, column))
        .collect();
    let is_listed = |change: &Change| table.columns.iter().any(|c| is_of(change, c));
    let others = changes
        .iter()
        .filter(|c| is_about_column(c) && !is_listed(c));
    rows.extend(others.map(|change| from_change(report, screen, change, None, &[])));
    rows.sort_by_key(|row| row.sign);
    let kinds = changes
        .iter()
        .copied()
        .filter(|c| !is_about_column(c) && (c.object, c.what) != (Object::Table, What::Renamed));
    rows.extend(of_objects(report, screen, kinds));
    rows
}

/// Rows of what is no column, summed up by kind unless everything is asked for; what blocks is always
/// named.
pub(super) fn of_objects<'a>(
    report: &Report<'_>,
    screen: Screen,
    changes: impl Iterator<Item = &'a Change>,
) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut kinds: Vec<(Object, What, Vec<&Change>)> = Vec::new();
    for change in changes {
        match kinds
            .iter_mut()
            .find(|(o, w, _)| (*o, *w) == (change.object, change.what))
        {
            Some((_, _, of_kind)) => of_kind.push(change),
            None => kinds.push((change.object, change.what, vec![change])),
        }
    }
    for (object, what, of_kind) in kinds {
        let (blocking, plain): (Vec<&Change>, Vec<&Change>) =
            of_kind.into_iter().partition(|c| blocks(report, c));
        rows.extend(blocking.iter().map(|c| object_row(report, screen, c)));
        if report.options.all || plain.len() == 1 {
            rows.extend(plain.iter().map(|c| object_row(report, screen, c)));
        } else if !plain.is_empty() {
            rows.push(Row {
                sign: sign(what),
                cells: Vec::new(),
                words: screen.clean(&format!(
                    "{} {}",
                    counted(object, plain.len()),
                    verb(report, what)
                )),
                short: None,
                is_named: false,
            });
        }
    }
    rows
}

/// `4 policies`
fn counted(object: Object, n: usize) -> String {
    let (one, many) = noun(object);
    count(n, one, many)
}

fn verb(report: &Report<'_>, what: What) -> String {
    match what {
        What::Missing => format!("only in {}", report.to.name),
        What::Extra => format!("only in {}", report.from.name),
        What::Changed => "changed".to_owned(),
        What::Lossy | What::Renamed | What::Derived | What::Widened => what.word().to_owned(),
    }
}

fn noun(object: Object) -> (&'static str, &'static str) {
    match object {
        Object::Table => ("table", "tables"),
        Object::Column => ("column", "columns"),
        Object::Nullability => ("nullability", "nullabilities"),
        Object::Default => ("default", "defaults"),
        Object::Identity => ("identity", "identities"),
        Object::Generated => ("generated column", "generated columns"),
        Object::Collation => ("collation", "collations"),
        Object::PrimaryKey => ("primary key", "primary keys"),
        Object::Unique => ("unique key", "unique keys"),
        Object::ForeignKey => ("foreign key", "foreign keys"),
        Object::Check => ("check", "checks"),
        Object::Exclusion => ("exclusion", "exclusions"),
        Object::Index => ("index", "indexes"),
        Object::Rls => ("row level security", "row level security settings"),
        Object::Policy => ("policy", "policies"),
        Object::Trigger => ("trigger", "triggers"),
        Object::Grant => ("grant", "grants"),
        Object::Comment => ("comment", "comments"),
        Object::Enum => ("enum", "enums"),
        Object::Domain => ("domain", "domains"),
        Object::Composite => ("composite type", "composite types"),
        Object::Sequence => ("sequence", "sequences"),
        Object::View => ("view", "views"),
        Object::Function => ("function", "functions"),
        Object::Extension => ("extension", "extensions"),
        Object::Publication => ("publication", "publications"),
    }
}

fn object_row(report: &Report<'_>, screen: Screen, change: &Change) -> Row {
    let label = noun(change.object).0;
    let name = change
        .to
        .as_ref()
        .or(change.from.as_ref())
        .map_or("", String::as_str);
    let message = report.named(&change.message);
    let rest = [
        format!("{} `{name}` ", change.object.word()),
        format!("{label} "),
    ]
    .iter()
    .find_map(|prefix| message.strip_prefix(prefix.as_str()))
    .unwrap_or(&message);
    let words = if name.is_empty() || rest.starts_with(name) {
        rest.to_owned()
    } else {
        format!("{name} {rest}")
    };
    Row {
        sign: if blocks(report, change) {
            Sign::Grave
        } else {
            sign(change.what)
        },
        cells: vec![label.to_owned()],
        words: screen.clean(&words),
        short: None,
        is_named: false,
    }
}

/// A column's row; `None` when nothing differs and not everything is asked for.
fn of_column(
    report: &Report<'_>,
    screen: Screen,
    table: &TableComparison,
    changes: &[&Change],
    column: &ColumnComparison,
) -> Option<Row> {
    let own = changes.iter().copied().filter(|c| is_of(c, column));
    let (main, notes): (Vec<&Change>, Vec<&Change>) = own.partition(|c| c.object == Object::Column);
    let row = match (main.first(), notes.is_empty()) {
        (Some(change), _) => from_change(report, screen, change, Some(column), &notes),
        (None, true) if !report.options.all => return None,
        (None, is_same) => Row {
            sign: if is_same { Sign::Same } else { Sign::Changed },
            cells: vec![
                screen.clean(&column.name.to_string()),
                String::new(),
                screen.clean(&to_type(table, &column.to_type)),
            ],
            words: screen.clean(&joined(
                report,
                if report.options.all {
                    rule(column)
                } else {
                    String::new()
                },
                &notes,
            )),
            short: None,
            is_named: true,
        },
    };
    let is_blocked = report
        .comparison
        .blockers
        .iter()
        .any(|b| b.table == table.name && b.column == column.name.to_string());
    Some(Row {
        sign: if is_blocked { Sign::Grave } else { row.sign },
        ..row
    })
}

/// The rule that refines how values of a column of one name go over.
fn rule(column: &ColumnComparison) -> String {
    match &column.counterpart {
        Counterpart::Same {
            rule: Some(rule), ..
        } => rule.text.clone(),
        Counterpart::Same { rule: None, .. } | Counterpart::Mapped { .. } | Counterpart::None => {
            String::new()
        }
    }
}

/// The row of a change to a column, with what else differs in that column.
fn from_change(
    report: &Report<'_>,
    screen: Screen,
    change: &Change,
    column: Option<&ColumnComparison>,
    notes: &[&Change],
) -> Row {
    let (first, second) = match (&change.from, &change.to) {
        (Some(from), Some(to)) if from != to => (from.as_str(), to.as_str()),
        (from, to) => (from.as_ref().or(to.as_ref()).map_or("", String::as_str), ""),
    };
    let is_made_of_many = column.is_some_and(
        |c| matches!(&c.counterpart, Counterpart::Mapped { from, .. } if from.len() != 1),
    );
    let ty = match (&change.from_type, &change.to_type) {
        (Some(from), Some(to)) if from != to && !is_made_of_many => {
            format!("{from} {} {to}", screen.arrow())
        }
        (from, to) => to.as_ref().or(from.as_ref()).cloned().unwrap_or_default(),
    };
    let only = match change.what {
        What::Missing => format!("only in {}", report.to.name),
        What::Extra => format!("only in {}", report.from.name),
        What::Lossy | What::Renamed | What::Derived | What::Widened | What::Changed => {
            String::new()
        }
    };
    let words = joined(report, report.named(&change.message), notes);
    let short = words
        .strip_prefix(&only)
        .filter(|_| !only.is_empty())
        .map(|rest| screen.clean(rest.trim_start_matches(", ")));
    Row {
        sign: sign(change.what),
        cells: vec![screen.clean(first), screen.clean(second), screen.clean(&ty)],
        words: screen.clean(&words),
        short,
        is_named: true,
    }
}

fn joined(report: &Report<'_>, words: String, notes: &[&Change]) -> String {
    let notes = notes.iter().map(|note| report.named(&note.message));
    let all: Vec<String> = std::iter::once(words)
        .chain(notes)
        .filter(|w| !w.is_empty())
        .collect();
    all.join(", ")
}

fn is_of(change: &Change, column: &ColumnComparison) -> bool {
    is_about_column(change) && change.to.as_deref() == Some(column.name.to_string().as_str())
}

/// A comment is about a column when it names one.
fn is_about_column(change: &Change) -> bool {
    match change.object {
        Object::Column
        | Object::Nullability
        | Object::Default
        | Object::Identity
        | Object::Generated
        | Object::Collation => true,
        Object::Comment => change.to.is_some(),
        _ => false,
    }
}

fn blocks(report: &Report<'_>, change: &Change) -> bool {
    report.comparison.blockers.iter().any(|blocker| {
        blocker.table == change.table
            && match (blocker.kind, change.object) {
                (BlockerKind::RlsOff, Object::Rls) => true,
                (
                    BlockerKind::UniqueMissing,
                    Object::Unique | Object::PrimaryKey | Object::Index,
                ) => {
                    let columns = format!("({})", blocker.column);
                    change.what == What::Missing
                        && change
                            .to_type
                            .as_ref()
                            .is_some_and(|t| t.contains(&columns))
                }
                _ => false,
            }
    })
}

pub(super) fn sign(what: What) -> Sign {
    match what {
        What::Lossy => Sign::Grave,
        What::Missing => Sign::Added,
        What::Extra => Sign::Removed,
        What::Renamed | What::Derived | What::Widened | What::Changed => Sign::Changed,
    }
}
