//! `align map check`

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use comfy_table::Color;
use serde::Serialize;

use super::coverage::{self, Data};
use super::list::{Entry, List, json, one_line, or_dash};
use crate::cli::args::{ListFormat, MapArg, OutputArg, Sides};
use crate::cli::error::{CliError, Outcome};
use crate::cli::pair;
use crate::cli::ui::Ui;
use crate::coverage::find;
use crate::diff::{self, Comparison, CorrespondenceState, SelectResult, State};
use crate::mapping::{
    At, ColumnCorrespondence, ColumnRef, Mapping, Rule, TableRef, Transform, Undecided,
};
use crate::report::standing::count;
use crate::schema::{Ident, Schema};
use crate::transform::{Inverse, Shape, invert};

const EXAMPLES: &str = "\
Examples:
  Check the one pair under mappings/:
    align map check
  Check the pair inside this program:
    align map check --map clara-to-trendtialcrm
  Check a mapping against a live database, and its rules against the rows:
    align map check --map crm/mapping.toml --from env:DATABASE_URL
  See which values a rule leaves out:
    align map check --from env:DATABASE_URL --show-values

Exits with 1 when something in the mapping does not fit the two schemas: a
correspondence is stale or undecided, a table is unknown, a query cannot be
read; or when the rows hold values of which the mapping does not say what
becomes of them.";

/// Check that a mapping fits both schemas
///
/// Reads both sides and says of each correspondence whether it is open (still to be done), applied
/// (already so), stale (names something that is not there) or undecided (nobody has said yet), and whether its values could be told back
/// from what it makes of them. Where the from side is a live database, its rows are read, too: every
/// value that a rule leaves out is counted.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    sides: Sides,

    #[command(flatten)]
    map: MapArg,

    /// Read no rows of a live database
    #[arg(long, help_heading = "Rows", conflicts_with = "show_values")]
    no_rows: bool,

    /// Show values that a rule leaves out, not only how many
    #[arg(long, help_heading = "Rows")]
    show_values: bool,

    /// What to write
    #[arg(long, help_heading = "Output", value_enum, default_value = "text")]
    format: ListFormat,

    #[command(flatten)]
    output: OutputArg,
}

/// The answer, as a program reads it.
#[derive(Debug, Serialize)]
struct Checked<'a> {
    format_version: u32,
    command: &'static str,
    align_version: &'static str,
    mapping: &'a str,
    from: Named<'a>,
    to: Named<'a>,
    passed: bool,
    counts: BTreeMap<&'static str, usize>,
    correspondences: Vec<Line<'a>>,
    problems: Vec<Problem>,
    /// `None` when no rows were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Data>,
}

#[derive(Debug, Serialize)]
struct Named<'a> {
    name: &'a str,
    source: &'a str,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    state: &'static str,
    kind: &'static str,
    from: &'a str,
    to: &'a str,
    line: u32,
    /// Whether the values could be told back: `exact`, `lossy` or `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    back: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    back_why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    near: &'a [String],
}

/// Something that does not fit and is no correspondence.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Problem {
    kind: &'static str,
    message: String,
    line: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    near: Vec<String>,
}

/// The most names that are offered for one that is not there.
const NEAR: usize = 3;

pub(super) fn run(ui: &Ui, args: &CheckArgs) -> Result<Outcome, CliError> {
    let found = args.map.find()?;
    found.announce(ui);
    let sides = pair::sides(ui, &args.sides, Some(&found))?;
    let [(from, from_opened), (to, to_opened)] = pair::load_opened(ui, sides)?;
    let comparison = diff::compare(&from.schema, &to.schema, &found.mapping);
    let mut correspondences: Vec<Line<'_>> =
        comparison.correspondences.iter().map(Line::from).collect();
    let of_columns = correspondences
        .iter_mut()
        .filter(|line| line.kind == COLUMN);
    for (line, rule) in of_columns.zip(found.mapping.accepted_columns()) {
        let way = way_back(rule, &from.schema, &to.schema);
        (line.back, line.back_why) = way.map_or((None, None), |(word, why)| (Some(word), why));
    }
    let data = if args.no_rows {
        None
    } else {
        let sides = ((&from, &from_opened), (&to, &to_opened));
        coverage::look(ui, &found.mapping, &comparison, sides, args.show_values)?
    };
    let mut problems = unknown_tables(&found.mapping, &to.schema);
    problems.extend(unreadable_selects(&comparison));
    correspondences.extend(found.mapping.undecided.iter().map(Line::from));
    correspondences.sort_by_key(|line| line.line);
    let mut counts = BTreeMap::new();
    for line in &correspondences {
        *counts.entry(line.state).or_insert(0) += 1;
    }
    let checked = Checked {
        format_version: 1,
        command: "map check",
        align_version: env!("CARGO_PKG_VERSION"),
        mapping: &found.label,
        from: Named {
            name: &from.name,
            source: &from.source,
        },
        to: Named {
            name: &to.name,
            source: &to.source,
        },
        passed: !counts.contains_key(STALE)
            && !counts.contains_key(UNDECIDED)
            && problems.is_empty()
            && data.as_ref().is_none_or(Data::is_decided),
        counts,
        correspondences,
        problems,
        data,
    };
    let answer = match args.format {
        ListFormat::Text => text(ui, &checked, args.show_values),
        ListFormat::Json => json(&checked)?,
    };
    args.output.write(ui, &answer)?;
    if args.format == ListFormat::Text && checked.counts.contains_key(UNDECIDED) {
        ui.hint(
            "decide one by naming both sides, or a column by `keep = true` where the other side has none, \
             and take its `status` away; take the whole entry away where there is nothing to say",
        );
    }
    Ok(Outcome::no_if(!checked.passed))
}

/// Nobody has said yet what it is on the other side.
const UNDECIDED: &str = "undecided";
const STALE: &str = "stale";
const COLUMN: &str = "column";

/// Whether a rule's values can be told back; `None` for what is kept, archived or dropped, and where a
/// column is not there to say.
fn way_back(
    rule: &ColumnCorrespondence,
    from: &Schema,
    to: &Schema,
) -> Option<(&'static str, Option<String>)> {
    if !matches!(rule.rule, Rule::Convert(_)) {
        return None;
    }
    let shape = |schema: &Schema, columns: &[ColumnRef]| {
        let Some(first) = columns.first() else {
            return Some(Shape::default());
        };
        let table = find(schema, &first.table)?;
        let has_all = columns
            .iter()
            .all(|column| table.column(&column.name).is_some());
        has_all.then(|| Shape::of(table, schema))
    };
    let (from_row, to_row) = (shape(from, &rule.from)?, shape(to, &rule.to)?);
    Some(match invert(rule, &from_row, &to_row) {
        Ok(Inverse { lost, .. }) => match lost.or_else(|| shared(rule, from, to)) {
            None => ("exact", None),
            lost => ("lossy", lost),
        },
        Err(why) => ("none", Some(why)),
    })
}

/// What a lookup takes and several rows may have: then the row that was found cannot be told.
fn shared(rule: &ColumnCorrespondence, from: &Schema, to: &Schema) -> Option<String> {
    let Rule::Convert(steps) = &rule.rule else {
        return None;
    };
    steps.iter().find_map(|step| {
        let Transform::Lookup(lookup) = step else {
            return None;
        };
        let table = find(to, &lookup.table).or_else(|| find(from, &lookup.table))?;
        let is_key = |key: &BTreeSet<&Ident>| key.iter().all(|column| **column == lookup.take);
        let is_told = table.unique_column_sets().iter().any(is_key);
        (!is_told).then(|| {
            format!(
                "several rows of `{}` may have one `{}`",
                lookup.table, lookup.take
            )
        })
    })
}

impl<'a> From<&'a CorrespondenceState> for Line<'a> {
    fn from(found: &'a CorrespondenceState) -> Self {
        let (state, missing, near) = match &found.state {
            State::Open => ("open", None, &[][..]),
            State::Applied => ("applied", None, &[][..]),
            State::Idle => ("idle", None, &[][..]),
            State::Stale { missing, near } => (STALE, Some(missing.as_str()), near.as_slice()),
        };
        Self {
            state,
            kind: if found.is_table { "table" } else { COLUMN },
            from: &found.from,
            to: &found.to,
            line: found.at.line,
            back: None,
            back_why: None,
            missing,
            near,
        }
    }
}

impl<'a> From<&'a Undecided> for Line<'a> {
    fn from(found: &'a Undecided) -> Self {
        Self {
            state: UNDECIDED,
            kind: if found.is_table { "table" } else { COLUMN },
            from: &found.from,
            to: &found.to,
            line: found.at.line,
            back: None,
            back_why: None,
            missing: None,
            near: &[],
        }
    }
}

/// Tables that the mapping scores, or says something of, and the to side does not have.
fn unknown_tables(mapping: &Mapping, to: &Schema) -> Vec<Problem> {
    let scored = mapping.categories.iter().flat_map(|category| {
        let place = format!("category \"{}\"", category.name);
        category
            .tables
            .iter()
            .map(move |table| (table, category.at, place.clone()))
    });
    let expected = mapping.expect_tables.iter();
    let expected = expected.map(|expect| (&expect.table, expect.at, "an expectation".to_owned()));
    scored
        .chain(expected)
        .filter(|(table, ..)| find(to, table).is_none())
        .map(|(table, at, place)| unknown_table(table, at, &place, to))
        .collect()
}

fn unknown_table(table: &TableRef, at: At, place: &str, to: &Schema) -> Problem {
    let wanted = table.to_string();
    let mut near: Vec<(f64, String)> = to
        .tables
        .iter()
        .map(|known| to.show(&known.name))
        .map(|known| (strsim::jaro_winkler(&wanted, &known), known))
        .filter(|(similarity, _)| *similarity > 0.8)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    Problem {
        kind: "table.unknown",
        message: format!("{place} names table {wanted}, which the to side does not have"),
        line: at.line,
        near: near.into_iter().map(|(_, name)| name).take(NEAR).collect(),
    }
}

fn unreadable_selects(comparison: &Comparison) -> Vec<Problem> {
    let unreadable = comparison
        .selects
        .iter()
        .filter_map(|select| match &select.result {
            SelectResult::Unreadable(reason) => Some(Problem {
                kind: "select.unreadable",
                message: format!(
                    "the query \"{}\" of {}: {reason}",
                    shortened(&select.select),
                    select.table
                ),
                line: select.at.line,
                near: Vec::new(),
            }),
            SelectResult::Resolved
            | SelectResult::MissingTable(_)
            | SelectResult::MissingColumn(_)
            | SelectResult::NoWay { .. }
            | SelectResult::ManyWays { .. } => None,
        });
    unreadable.collect()
}

/// Enough of a query to know it by.
fn shortened(query: &str) -> String {
    const LONGEST: usize = 80;
    match query.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &query[..end]),
        None => query.to_owned(),
    }
}

fn text(ui: &Ui, checked: &Checked<'_>, show_values: bool) -> String {
    let mut list = List::new(ui, &["line", "state", "back", "from", "to"]);
    for line in &checked.correspondences {
        let state = Entry::new(line.state);
        list.add(vec![
            Entry::new(line.line.to_string()),
            match line.state {
                STALE | UNDECIDED => state.colored(Color::DarkRed),
                "open" => state.colored(Color::DarkYellow),
                "applied" => state.colored(Color::DarkGreen),
                _ => state,
            },
            Entry::new(line.back.unwrap_or("-")),
            Entry::new(or_dash(line.from)),
            Entry::new(or_dash(line.to)),
        ]);
    }
    let mut text = list.written(5);
    let problems = problems(checked);
    if !problems.is_empty() {
        let mut list = List::new(ui, &["line", "problem"]);
        for (line, problem) in &problems {
            list.add(vec![
                Entry::new(line.to_string()),
                Entry::new(one_line(problem)).colored(Color::DarkRed),
            ]);
        }
        text += "\n";
        text += &list.written(1);
    }
    let counts = ["open", "applied", "idle", UNDECIDED, STALE]
        .into_iter()
        .filter_map(|state| {
            checked
                .counts
                .get(state)
                .map(|count| format!("{count} {state}"))
        });
    let counts: Vec<String> = counts.collect();
    let counts = match counts.as_slice() {
        [] => String::new(),
        counts => format!(": {}", counts.join(", ")),
    };
    let total = count(
        checked.correspondences.len(),
        "correspondence",
        "correspondences",
    );
    let problems = match problems.len() {
        0 => String::new(),
        n => format!("; {}", count(n, "problem", "problems")),
    };
    let (data, words) = checked
        .data
        .as_ref()
        .map_or_else(Default::default, |data| data.text(ui, show_values));
    format!("{text}{data}\n{total}{counts}{problems}{words}\n")
}

/// What does not fit, by the line of the mapping file.
fn problems(checked: &Checked<'_>) -> Vec<(u32, String)> {
    let named = |message: &str| {
        message
            .replace("the from side", checked.from.name)
            .replace("the to side", checked.to.name)
    };
    let stale = checked.correspondences.iter().filter_map(|line| {
        let missing = named(line.missing?);
        Some((line.line, with_near(&missing, line.near)))
    });
    let others = checked.problems.iter();
    let others = others.map(|p| (p.line, with_near(&named(&p.message), &p.near)));
    let mut problems: Vec<(u32, String)> = stale.chain(others).collect();
    problems.sort();
    problems
}

fn with_near(message: &str, near: &[String]) -> String {
    match near {
        [] => message.to_owned(),
        near => format!("{message}; near: {}", near.join(", ")),
    }
}
