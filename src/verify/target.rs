//! Whether a database has what the target has, out of a comparison with it.

use std::collections::BTreeSet;

use super::{Check, Finding, Section, Spot};
use crate::diff::{Blocker, Change, Comparison, Counterpart, Object, Unknown, What};
use crate::gate::Verdict;
use crate::mapping::Mapping;
use crate::schema::Schema;

/// The check of who was granted what.
pub(super) const GRANTS: &str = "grants are the target's";

const SECURITY: &str = "row security is the target's";

/// What the target's own schema does not say.
#[derive(Debug)]
pub struct Promise<'p> {
    /// Where this database may differ.
    pub mapping: &'p Mapping,
    /// Roles of which the target speaks, and that are not here.
    pub absent: &'p BTreeSet<String>,
}

/// What is promised: the gate passes, nothing blocks, nothing of the target is missing or other than
/// there, and nobody is let in whom the target keeps out. Grants say nothing where roles are absent.
pub fn check(
    comparison: &Comparison,
    verdict: &Verdict,
    promise: &Promise<'_>,
    here: &Schema,
) -> Vec<Check> {
    let Promise { mapping, absent } = promise;
    let section = Section::Structure;
    let mut gate: Vec<Finding> = verdict.reasons.iter().map(Finding::new).collect();
    if number(comparison.unknowns.len()) > u64::from(mapping.gate.unknown) {
        gate.extend(comparison.unknowns.iter().map(not_known));
    }
    let blockers = comparison.blockers.iter();
    let spots = Spots {
        comparison,
        mapping,
    };
    let blockers = blockers.map(|found| blocked(found, spots)).collect();
    let columns: usize = comparison
        .tables
        .iter()
        .map(|table| table.columns.len())
        .sum();
    let changes: Vec<&Change> = changes(comparison).collect();
    let of = |fits: &dyn Fn(&Change) -> bool| {
        let found = changes.iter().filter(|change| fits(change));
        found
            .map(|change| finding(change, spots))
            .collect::<Vec<_>>()
    };
    let lacking =
        of(&|change| !is_access(change) && !is_harmless(change) && change.what != What::Widened);
    let tables = comparison
        .tables
        .iter()
        .filter(|table| table.to.is_some())
        .count();
    let judged = |name: &str, fits: &dyn Fn(&Change) -> bool| {
        let found = changes.iter().copied().filter(|change| fits(change));
        let direct = Direct { mapping, here };
        let (named, others): (Vec<&Change>, Vec<&Change>) =
            found.partition(|change| direct.is_named(change));
        excused(
            Check::of(section, name, number(tables), findings(&others, spots)),
            findings(&named, spots),
            "the mapping names their policy under `[verify] direct`",
        )
    };
    let grants = if absent.is_empty() {
        judged(GRANTS, &|change| change.object == Object::Grant)
    } else {
        let names: Vec<&str> = absent.iter().map(String::as_str).collect();
        let why = format!("there is no role {}", names.join(", "));
        Check::skipped(section, GRANTS, why)
    };
    vec![
        Check::of(section, "the gate passes", 1, gate),
        Check::of(section, "nothing blocks", number(tables), blockers),
        Check::of(
            section,
            "everything of the target is there",
            number(columns),
            lacking,
        ),
        narrower(spots, &changes),
        judged(SECURITY, &|change| {
            is_access(change) && change.object != Object::Grant
        }),
        grants,
    ]
}

/// Where the mapping speaks of what is compared.
#[derive(Clone, Copy)]
struct Spots<'a> {
    comparison: &'a Comparison,
    mapping: &'a Mapping,
}

impl Spots<'_> {
    /// The rule of a target column, or else the pairing of its table.
    fn find(self, table: &str, column: &str) -> Option<Spot> {
        let compared = self
            .comparison
            .tables
            .iter()
            .find(|one| one.name == table)?;
        let columns = compared.columns.iter();
        let mut named = columns.filter(|one| one.name.to_string() == column);
        let rule = named.find_map(|one| match &one.counterpart {
            Counterpart::Mapped { rule, .. }
            | Counterpart::Same {
                rule: Some(rule), ..
            } => Some(rule.at),
            Counterpart::Same { rule: None, .. } | Counterpart::None => None,
        });
        let home = self.mapping.to.home();
        let to = compared.to.as_ref()?;
        let pairings = self.mapping.tables.iter().filter(|pairing| {
            pairing.to.name == to.name && pairing.to.namespace_or(home) == to.namespace.as_str()
        });
        let pairing = || pairings.map(|pairing| pairing.at).next();
        rule.or_else(pairing).map(Spot::Mapping)
    }
}

/// A column that holds less than the target's refuses what the target's own application may write. The way
/// to the target would widen it.
fn narrower(spots: Spots<'_>, changes: &[&Change]) -> Check {
    let Spots {
        comparison,
        mapping,
    } = spots;
    let name = "no column is narrower than the target's";
    let home = mapping.to.home();
    let is_named = |change: &&Change| {
        mapping.verify.narrower.iter().any(|(column, ty)| {
            let table = match column.table.namespace_or(home) {
                namespace if namespace == home => column.table.name.to_string(),
                namespace => format!("{namespace}.{}", column.table.name),
            };
            change.table == table
                && change.to.as_deref() == Some(column.name.as_str())
                && change.from_type.as_deref() == Some(ty)
        })
    };
    let found = changes.iter().filter(|change| change.what == What::Widened);
    let (named, others): (Vec<&Change>, Vec<&Change>) =
        found.copied().partition(|change| is_named(change));
    let columns = comparison.tables.iter().map(|table| table.columns.len());
    excused(
        Check::of(
            Section::Structure,
            name,
            number(columns.sum()),
            findings(&others, spots),
        ),
        findings(&named, spots),
        "the mapping names them under `[verify.narrower]`",
    )
}

/// What the mapping names is shown, and fails nothing, where all else holds.
fn excused(mut check: Check, named: Vec<Finding>, why: &str) -> Check {
    if check.findings.is_empty() && !named.is_empty() {
        check.findings = named;
        check.verdict = super::Verdict::Known {
            why: why.to_owned(),
        };
    }
    check
}

/// Roles that held grants of their own before row security was on, and the policy that keeps them.
struct Direct<'d> {
    mapping: &'d Mapping,
    here: &'d Schema,
}

impl Direct<'_> {
    /// Whether it is that policy, or a grant to one whom it names on its table.
    fn is_named(&self, change: &Change) -> bool {
        let (Some(direct), What::Extra) = (&self.mapping.verify.direct, change.what) else {
            return false;
        };
        let Some(name) = change.from.as_deref() else {
            return false;
        };
        match change.object {
            Object::Policy => name == direct.as_str(),
            Object::Grant => {
                let policies = self.here.tables.iter().filter(|table| {
                    let namespace = table.name.namespace.as_str();
                    let home = self.mapping.to.home();
                    change.table == table.name.name.as_str() && namespace == home
                        || change.table == format!("{namespace}.{}", table.name.name)
                });
                policies
                    .flat_map(|table| &table.policies)
                    .any(|policy| policy.name == *direct && policy.roles.contains(name))
            }
            _ => false,
        }
    }
}

fn findings(changes: &[&Change], spots: Spots<'_>) -> Vec<Finding> {
    let changes = changes.iter();
    changes.map(|change| finding(change, spots)).collect()
}

fn changes(comparison: &Comparison) -> impl Iterator<Item = &Change> {
    let tables = comparison.tables.iter().filter(|table| table.to.is_some());
    tables
        .flat_map(|table| &table.changes)
        .chain(&comparison.changes)
}

/// What one side has beyond the other lets somebody in, or keeps somebody out.
fn is_access(change: &Change) -> bool {
    matches!(change.object, Object::Policy | Object::Grant | Object::Rls)
}

/// What the target lacks is no loss to it, but for a column that takes no value here and does there.
fn is_harmless(change: &Change) -> bool {
    change.what == What::Extra && change.object != Object::Generated
        || change.object == Object::Comment
}

fn finding(change: &Change, spots: Spots<'_>) -> Finding {
    let name = change.to.as_ref().or(change.from.as_ref());
    let place = match (change.table.as_str(), name) {
        ("", Some(name)) => name.clone(),
        (table, Some(name)) if name != table => format!("{table}.{name}"),
        (table, _) => table.to_owned(),
    };
    // A comparison speaks of the way to the target, and that way widens what is narrower here.
    let message = match (change.what, &change.from_type, &change.to_type) {
        (What::Widened, Some(from), Some(to)) => {
            format!("{from} holds less than {to}, which the target has")
        }
        _ => here(&change.message),
    };
    let column = change.to.as_deref().unwrap_or_default();
    let message = format!("{place}: {message} ({})", change.kind());
    Finding::new(message).at(spots.find(&change.table, column))
}

fn not_known(unknown: &Unknown) -> Finding {
    let message = here(&unknown.message);
    Finding::new(match unknown.place().as_str() {
        "" => message,
        place => format!("{place}: {message}"),
    })
}

fn blocked(blocker: &Blocker, spots: Spots<'_>) -> Finding {
    let place = match (blocker.table.as_str(), blocker.column.as_str()) {
        ("", _) => String::new(),
        (table, "") => format!("{table}: "),
        (table, column) => format!("{table}.{column}: "),
    };
    Finding::new(format!("{place}{}", here(&blocker.message)))
        .at(spots.find(&blocker.table, &blocker.column))
}

/// A comparison knows two sides; the reader has a database, and what was promised of it.
fn here(message: &str) -> String {
    message
        .replace("the from side", "this database")
        .replace("the to side", "the target")
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::file;
    use crate::schema::Ident;
    use crate::source::{TextFile, sql};
    use crate::verify::Verdict;

    fn schema(columns: &str) -> Schema {
        let text = format!("CREATE TABLE t ({columns});");
        let name = "t.sql".to_owned();
        sql::read(&[TextFile { name, text }], &[Ident::new("public").unwrap()]).unwrap()
    }

    #[test]
    fn what_could_not_be_compared_is_named_where_it_fails_the_gate() {
        let text = "CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t;".to_owned();
        let home = [Ident::new("public").unwrap()];
        let name = "t.sql".to_owned();
        let target = sql::read(&[TextFile { name, text }], &home).unwrap();
        let mut live = target.clone();
        live.views[0].query.spelling = crate::schema::Spelling::Deparsed;
        live.views[0].query.text = "SELECT x.a FROM t AS x".to_owned();
        for (allowed, expected) in [(0, 2), (1, 0)] {
            let text = format!("format = 1\n[gate]\nscore = 0\nunknown = {allowed}\n");
            let mapping = file::read(&text).unwrap_or_else(|errors| panic!("{errors:?}"));
            let comparison = crate::diff::compare(&live, &target, &mapping);
            let score = crate::score::score(&comparison, &mapping);
            let verdict = crate::gate::judge(&comparison, &score, &mapping.gate);
            let promise = Promise {
                mapping: &mapping,
                absent: &BTreeSet::new(),
            };
            let checks = check(&comparison, &verdict, &promise, &live);
            let said: Vec<&str> = checks[0]
                .findings
                .iter()
                .map(|f| f.message.as_str())
                .collect();
            assert_eq!(said.len(), expected, "{said:?}");
            assert!(expected == 0 || said[1].starts_with("v: "), "{said:?}");
        }
    }

    #[test]
    fn what_the_target_lacks_is_no_loss_to_it_unless_its_writes_fail_by_that() {
        let target = schema("a text, b text");
        for (here, expected) in [
            ("a text, b text, c text DEFAULT 'x'", 0),
            ("a text DEFAULT 'x', b text", 0),
            ("a text GENERATED ALWAYS AS (b || 'x') STORED, b text", 1),
            ("a text", 1),
        ] {
            let mapping = file::read("format = 1").unwrap();
            let comparison = crate::diff::compare(&schema(here), &target, &mapping);
            let harmful = changes(&comparison).filter(|change| !is_harmless(change));
            assert_eq!(harmful.count(), expected, "{here}");
        }
    }

    #[test]
    fn a_column_is_known_to_be_narrower_by_its_name_and_its_type() {
        let target = schema("a text, b text");
        for (here, named, expected) in [
            ("a text, b text", "", "passed"),
            ("a varchar(10), b text", "'t.a' = 'varchar(10)'", "known"),
            (
                "a varchar(10), b text",
                "'public.t.a' = 'varchar(10)'",
                "known",
            ),
            ("a varchar(10), b text", "'t.a' = 'varchar(20)'", "failed 1"),
            ("a varchar(10), b text", "'t.b' = 'varchar(10)'", "failed 1"),
            (
                "a varchar(10), b varchar(10)",
                "'t.a' = 'varchar(10)'",
                "failed 1",
            ),
            ("a varchar(10), b varchar(10)", "", "failed 2"),
        ] {
            let text = format!("format = 1\n[verify.narrower]\n{named}\n");
            let mapping = file::read(&text).unwrap_or_else(|errors| panic!("{errors:?}"));
            let comparison = crate::diff::compare(&schema(here), &target, &mapping);
            let changes: Vec<&Change> = changes(&comparison).collect();
            let check = narrower(
                Spots {
                    comparison: &comparison,
                    mapping: &mapping,
                },
                &changes,
            );
            let found = match check.verdict {
                Verdict::Passed => "passed".to_owned(),
                Verdict::Known { .. } => "known".to_owned(),
                Verdict::Failed => format!("failed {}", check.findings.len()),
                Verdict::Skipped { why } => why,
            };
            assert_eq!(found, expected, "{here} with {named}");
        }
    }
}
