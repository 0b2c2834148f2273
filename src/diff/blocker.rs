//! Facts that forbid a switch, whatever the score says.

use std::collections::{BTreeMap, BTreeSet};

use super::domain::{Domain, domain};
use super::facts::{count, direct_source};
use super::select::{SelectOutcome, SelectResult};
use super::{ColumnComparison, Context, Conversion, TableComparison, column};
use crate::mapping::{Class, Fallback, Literal, Rule, Transform};
use crate::schema::{Column, Facet, Ident, Table};

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

/// Every blocker, sorted by kind, table and column.
pub(crate) fn find(
    context: &Context<'_>,
    tables: &[TableComparison],
    selects: &[SelectOutcome],
) -> Vec<Blocker> {
    let mut blockers = Vec::new();
    for compared in tables {
        let Some(target) = compared.to.as_ref().and_then(|name| context.to.table(name)) else {
            continue;
        };
        let found = compared
            .from
            .as_ref()
            .and_then(|name| context.from.table(name));
        let mut look = Look {
            context,
            compared,
            target,
            blockers: &mut blockers,
        };
        match found {
            None => look.missing(),
            Some(from) => {
                look.columns(from);
                look.keys(from);
                look.rls(from);
            }
        }
    }
    blockers.extend(embeds(selects));
    blockers.sort();
    blockers.dedup();
    blockers
}

/// One table of the to side under the eye.
struct Look<'a, 'c> {
    context: &'c Context<'a>,
    compared: &'c TableComparison,
    target: &'c Table,
    blockers: &'c mut Vec<Blocker>,
}

impl Look<'_, '_> {
    fn push(&mut self, kind: BlockerKind, column: String, message: String) {
        self.blockers.push(Blocker {
            kind,
            table: self.compared.name.clone(),
            column,
            message,
        });
    }

    fn missing(&mut self) {
        let columns = count(self.compared.columns.len(), "column", "columns");
        self.push(
            BlockerKind::TableMissing,
            String::new(),
            format!("the table and its {columns} are missing"),
        );
    }

    fn columns(&mut self, from: &Table) {
        for column in &self.compared.columns {
            let Some(wanted) = self.target.column(&column.name) else {
                continue;
            };
            let name = column.name.to_string();
            if column.class == Class::Missing && wanted.is_required() {
                let message =
                    "takes no NULL, has no default, and nothing in the from side gives it a value"
                        .to_owned();
                self.push(BlockerKind::ColumnRequired, name.clone(), message);
            }
            if column.conversion == Some(Conversion::Lossy) {
                let message = format!(
                    "{} → {} may lose values, and no rule says how",
                    column.counterpart.types(),
                    wanted.ty
                );
                self.push(BlockerKind::ConversionLossy, name.clone(), message);
            }
            if let Some(message) = self.refused(from, column, wanted) {
                self.push(BlockerKind::DomainRejected, name, message);
            }
        }
    }

    /// Why the to side may refuse values of the column.
    fn refused(
        &self,
        from: &Table,
        compared: &ColumnComparison,
        wanted: &Column,
    ) -> Option<String> {
        let Domain::Only(allowed) = domain(self.context.to, self.target, wanted) else {
            return None;
        };
        let rule = column::rules(self.context, self.target, wanted).find_map(|rule| {
            column::sources(self.context, self.target, from, rule).map(|sources| (rule, sources))
        });
        let steps = match rule.as_ref().map(|(rule, _)| &rule.rule) {
            Some(Rule::Convert(steps)) => steps.as_slice(),
            _ => &[],
        };
        if let Some(strange) = steps.last().and_then(|step| strange_output(step, &allowed)) {
            return Some(format!(
                "the rule gives `{strange}`, which the to side refuses"
            ));
        }
        let source = match rule.as_ref().map(|(_, sources)| sources.as_slice()) {
            Some([(_, source)]) => Some(*source),
            Some(_) => None,
            None => direct_source(from, compared),
        };
        let mut replaced: BTreeSet<String> = rule
            .iter()
            .flat_map(|(rule, _)| rule.nulls.iter().cloned())
            .collect();
        match (steps.last(), source) {
            (
                Some(Transform::Values {
                    pairs,
                    on_unknown: Fallback::Keep,
                }),
                Some(source),
            ) => {
                replaced.extend(pairs.iter().map(|(key, _)| key.clone()));
                self.left_over(from, source, &allowed, &replaced)
            }
            (Some(_), _) | (None, None) => None,
            (None, Some(source)) => self.left_over(from, source, &allowed, &replaced),
        }
    }

    /// Values that reach the to side as they are and that it refuses.
    fn left_over(
        &self,
        from: &Table,
        source: &Column,
        allowed: &BTreeSet<String>,
        replaced: &BTreeSet<String>,
    ) -> Option<String> {
        match domain(self.context.from, from, source) {
            Domain::Unknown => None,
            Domain::Free => Some(format!(
                "any value in the from side, only {} in the to side",
                listed(allowed)
            )),
            Domain::Only(have) => {
                let refused: BTreeSet<String> = have
                    .iter()
                    .filter(|v| !allowed.contains(*v) && !replaced.contains(*v))
                    .cloned()
                    .collect();
                (!refused.is_empty())
                    .then(|| format!("{} in the from side, not in the to side", listed(&refused)))
            }
        }
    }

    fn keys(&mut self, from: &Table) {
        let says = |facet| self.context.both_say(facet);
        if !says(Facet::PrimaryKeys) || !says(Facet::Uniques) {
            return;
        }
        let have = from.unique_column_sets();
        for wanted in self.target.unique_column_sets() {
            let columns: Vec<&ColumnComparison> = self
                .compared
                .columns
                .iter()
                .filter(|c| wanted.contains(&c.name))
                .collect();
            let is_ignored = columns.len() < wanted.len();
            if is_ignored || columns.iter().any(|c| c.class == Class::Missing) {
                continue;
            }
            let sources: Option<BTreeSet<&Ident>> = columns
                .iter()
                .map(|c| {
                    direct_source(from, c)
                        .filter(|_| c.class != Class::Lossy)
                        .map(|s| &s.name)
                })
                .collect();
            let is_kept =
                sources.is_some_and(|sources| have.iter().any(|key| key.is_subset(&sources)));
            if !is_kept {
                let names: Vec<String> = wanted.iter().map(ToString::to_string).collect();
                let message =
                    "unique in the to side, and nothing in the from side keeps rows apart by it"
                        .to_owned();
                self.push(BlockerKind::UniqueMissing, names.join(", "), message);
            }
        }
    }

    fn rls(&mut self, from: &Table) {
        if self.context.both_say(Facet::Rls) && self.target.rls.enabled && !from.rls.enabled {
            let message =
                "row level security is on in the to side and off in the from side".to_owned();
            self.push(BlockerKind::RlsOff, String::new(), message);
        }
    }
}

/// A value that the last step may give and that is not allowed.
fn strange_output(step: &Transform, allowed: &BTreeSet<String>) -> Option<String> {
    let outputs: Vec<&Literal> = match step {
        Transform::Value(value) => vec![value],
        Transform::Values { pairs, on_unknown } => {
            let fallback = match on_unknown {
                Fallback::Value(value) => Some(value),
                Fallback::Error | Fallback::Null | Fallback::Keep => None,
            };
            pairs
                .iter()
                .map(|(_, value)| value)
                .chain(fallback)
                .collect()
        }
        Transform::When { cases, otherwise } => {
            cases.iter().map(|c| &c.value).chain(otherwise).collect()
        }
        _ => Vec::new(),
    };
    outputs
        .into_iter()
        .map(ToString::to_string)
        .find(|value| !allowed.contains(value))
}

fn listed(values: &BTreeSet<String>) -> String {
    let shown: Vec<String> = values.iter().take(4).map(|v| format!("`{v}`")).collect();
    let more = values.len().saturating_sub(shown.len());
    if more > 0 {
        format!("{} and {more} more", shown.join(", "))
    } else {
        shown.join(", ")
    }
}

/// One blocker for each pair of tables that some query joins in vain, with the number of queries.
fn embeds(selects: &[SelectOutcome]) -> Vec<Blocker> {
    let mut found: BTreeMap<(BlockerKind, String, String, String), usize> = BTreeMap::new();
    for outcome in selects.iter().filter(|s| s.known_failure.is_none()) {
        let problems: BTreeSet<_> = outcome.problems().filter_map(embed).collect();
        for problem in problems {
            *found.entry(problem).or_default() += 1;
        }
    }
    found
        .into_iter()
        .map(|((kind, table, column, message), n)| {
            let queries = count(
                n,
                "query of the application asks",
                "queries of the application ask",
            );
            Blocker {
                kind,
                table,
                column,
                message: format!("{message}; {queries} for it"),
            }
        })
        .collect()
}

fn embed(problem: &SelectResult) -> Option<(BlockerKind, String, String, String)> {
    match problem {
        SelectResult::NoWay { origin, target } => {
            let message = format!("no foreign key leads from `{origin}` to `{target}`");
            Some((
                BlockerKind::EmbedUnresolved,
                origin.clone(),
                target.clone(),
                message,
            ))
        }
        SelectResult::ManyWays {
            origin,
            target,
            ways,
        } => {
            let message = format!(
                "more than one way leads from `{origin}` to `{target}`: {}",
                ways.join(", ")
            );
            Some((
                BlockerKind::EmbedAmbiguous,
                origin.clone(),
                target.clone(),
                message,
            ))
        }
        SelectResult::Resolved
        | SelectResult::MissingTable(_)
        | SelectResult::MissingColumn(_)
        | SelectResult::Unreadable(_) => None,
    }
}
