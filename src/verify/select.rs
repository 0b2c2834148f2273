//! What the other application asks for: whether it finds its way, and whether its readers get the row.

use super::error::VerifyError;
use super::probe::{Answer, Probes, Roles};
use super::{Check, Finding, Section, Verdict};
use crate::diff::{SelectOutcome, lateral};
use crate::mapping::{Action, Actor, ExpectSelect, Mapping};
use crate::schema::Schema;

/// Resolves one query by `PostgREST`'s rules on the database's own foreign keys, and then runs it as
/// lateral joins, as every reader. Where `[[expect.access]]` says which row of the table is tried, a
/// reader who may see it must get it.
///
/// # Errors
/// [`VerifyError::Server`].
pub async fn check(
    probes: &mut Probes<'_>,
    expect: &ExpectSelect,
    outcome: &SelectOutcome,
    schema: &Schema,
    mapping: &Mapping,
    roles: &Roles,
) -> Result<Check, VerifyError> {
    let name = name(expect);
    let mut findings: Vec<Finding> = outcome
        .problems()
        .map(|p| Finding::new(p.to_string()))
        .collect();
    let readers = mapping.verify.readers.iter();
    let readers: Vec<&Actor> = readers
        .filter_map(|name| mapping.actors.iter().find(|actor| actor.name == *name))
        .collect();
    let mut tried = 1;
    if findings.is_empty() {
        let home = mapping.to.home();
        let access = mapping
            .expect_access
            .iter()
            .find(|access| access.table.is_same(&expect.table, home));
        let row = access.map(|access| access.row.as_str());
        let sees = access.and_then(|access| access.allowed.get(&Action::Select));
        let Some(sql) = lateral(schema, &expect.table, &expect.select, row) else {
            let message = "it resolves, and cannot be put as SQL";
            return Ok(Check::of(
                Section::Selects,
                name,
                0,
                vec![Finding::new(message)],
            ));
        };
        let nobody: &[Option<&Actor>] = &[None];
        let asked: Vec<Option<&Actor>> = readers.iter().copied().map(Some).collect();
        for actor in if asked.is_empty() {
            nobody
        } else {
            asked.as_slice()
        } {
            if let Some(why) = actor.and_then(|actor| roles.trouble(actor)) {
                return Ok(Check::skipped(Section::Selects, name, why));
            }
            tried += 1;
            let who = actor.map_or("who is connected", |actor| actor.name.as_str());
            let should =
                sees.is_some_and(|names| actor.is_none_or(|actor| names.contains(&actor.name)));
            let found = match probes.attempt(*actor, &sql).await? {
                Answer::Rows(0) if should => {
                    format!("{who} gets no row, and one is there for them")
                }
                Answer::Rows(_) => continue,
                Answer::Failed { sqlstate, message } => format!("as {who}: {message} ({sqlstate})"),
            };
            findings.push(Finding::new(found).shown_by(sql.clone()));
        }
    }
    let mut check = Check::of(Section::Selects, name, tried, findings);
    if let (Verdict::Failed, Some(why)) = (&check.verdict, &expect.known_failure) {
        check.verdict = Verdict::Known { why: why.clone() };
    }
    if let (Some(used_by), [first, ..]) = (&expect.used_by, check.findings.as_mut_slice()) {
        first.message = format!("{} (asked by {used_by})", first.message);
    }
    Ok(check)
}

/// What the check of a select is called.
pub(super) fn name(expect: &ExpectSelect) -> String {
    format!("{}: {}", expect.table, expect.select)
}
