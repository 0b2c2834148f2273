//! Row level security, policies, triggers and grants: compared by name.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Change, Object, What};
use super::facts::{Pair, change};
use crate::schema::{Expression, Facet, Grant, Ident, Policy, Trigger};

/// Compares who may do what, and what runs when it is done.
pub(crate) fn compare(pair: &mut Pair<'_, '_>) {
    if pair.context.both_say(Facet::Rls) {
        rls(pair);
        policies(pair);
    }
    if pair.context.both_say(Facet::Triggers) {
        triggers(pair);
    }
    if pair.context.both_say(Facet::Grants) {
        let table = pair.name.clone();
        let changes = grants(&table, "", &pair.from.grants, &pair.to.grants);
        pair.changes.extend(changes);
    }
}

fn rls(pair: &mut Pair<'_, '_>) {
    let (from, to) = (pair.from.rls, pair.to.rls);
    let table = pair.name.clone();
    let word = |on: bool| if on { "on" } else { "off" };
    if from.enabled != to.enabled {
        pair.push(Change {
            message: format!(
                "row level security {} → {}",
                word(from.enabled),
                word(to.enabled)
            ),
            from_type: Some(word(from.enabled).to_owned()),
            to_type: Some(word(to.enabled).to_owned()),
            ..change(Object::Rls, What::Changed, &table)
        });
    }
    if from.forced != to.forced {
        pair.push(Change {
            message: format!(
                "forced row level security {} → {}",
                word(from.forced),
                word(to.forced)
            ),
            ..change(Object::Rls, What::Changed, &table)
        });
    }
}

/// What is on one side alone, or on both under one name.
fn by_name<'a, T>(
    from: &'a [T],
    to: &'a [T],
    name: impl Fn(&'a T) -> &'a Ident,
) -> Vec<(&'a Ident, Option<&'a T>, Option<&'a T>)> {
    let mut all: BTreeMap<&Ident, (Option<&T>, Option<&T>)> = BTreeMap::new();
    for item in from {
        all.entry(name(item)).or_default().0 = Some(item);
    }
    for item in to {
        all.entry(name(item)).or_default().1 = Some(item);
    }
    all.into_iter()
        .map(|(name, (from, to))| (name, from, to))
        .collect()
}

fn policies(pair: &mut Pair<'_, '_>) {
    let (from, to) = (&pair.from.policies, &pair.to.policies);
    for (name, have, want) in by_name(from, to, |p: &Policy| &p.name) {
        match (have, want) {
            (Some(have), Some(want)) => {
                let differing = policy_differences(pair, have, want);
                changed(pair, Object::Policy, name, &differing);
            }
            (have, _) => alone(pair, Object::Policy, name, have.is_some()),
        }
    }
}

fn policy_differences(pair: &mut Pair<'_, '_>, have: &Policy, want: &Policy) -> Vec<&'static str> {
    let mut differing = Vec::new();
    if have.command != want.command {
        differing.push("command");
    }
    if have.roles != want.roles {
        differing.push("roles");
    }
    if have.permissive != want.permissive {
        differing.push("permissive");
    }
    let name = want.name.to_string();
    if differ(
        pair,
        &name,
        "using",
        have.using.as_ref(),
        want.using.as_ref(),
    ) {
        differing.push("using");
    }
    if differ(
        pair,
        &name,
        "check",
        have.check.as_ref(),
        want.check.as_ref(),
    ) {
        differing.push("with check");
    }
    differing
}

fn differ(
    pair: &mut Pair<'_, '_>,
    name: &str,
    what: &str,
    from: Option<&Expression>,
    to: Option<&Expression>,
) -> bool {
    match (from, to) {
        (Some(from), Some(to)) => pair.differ(name, what, from, to),
        (from, to) => from.is_some() != to.is_some(),
    }
}

fn triggers(pair: &mut Pair<'_, '_>) {
    let (from, to) = (&pair.from.triggers, &pair.to.triggers);
    for (name, have, want) in by_name(from, to, |t: &Trigger| &t.name) {
        match (have, want) {
            (Some(have), Some(want)) => {
                let differing = trigger_differences(pair, have, want);
                changed(pair, Object::Trigger, name, &differing);
            }
            (have, _) => alone(pair, Object::Trigger, name, have.is_some()),
        }
    }
}

fn trigger_differences(
    pair: &mut Pair<'_, '_>,
    have: &Trigger,
    want: &Trigger,
) -> Vec<&'static str> {
    let mut differing = Vec::new();
    let events: BTreeSet<String> = have
        .events
        .iter()
        .map(|event| carried_event(pair, event))
        .collect();
    if have.timing != want.timing || events != want.events || have.each_row != want.each_row {
        differing.push("when it fires");
    }
    if pair.context.pairing.translate(&have.function) != want.function
        || have.arguments != want.arguments
    {
        differing.push("function");
    }
    if have.constraint != want.constraint
        || have.old_table != want.old_table
        || have.new_table != want.new_table
    {
        differing.push("kind");
    }
    if have.enabled != want.enabled {
        differing.push("state");
    }
    if differ(
        pair,
        &want.name.to_string(),
        "condition",
        have.when.as_ref(),
        want.when.as_ref(),
    ) {
        differing.push("condition");
    }
    differing
}

/// `UPDATE OF a, b` in the to side's column names.
fn carried_event(pair: &Pair<'_, '_>, event: &str) -> String {
    let Some(columns) = event.strip_prefix("UPDATE OF ") else {
        return event.to_owned();
    };
    let carried: Vec<String> = columns
        .split(", ")
        .map(|column| {
            let renamed = pair
                .renamed
                .iter()
                .find(|(from, _)| from.to_string() == column);
            renamed.map_or_else(|| column.to_owned(), |(_, to)| to.to_string())
        })
        .collect();
    format!("UPDATE OF {}", carried.join(", "))
}

fn changed(pair: &mut Pair<'_, '_>, object: Object, name: &Ident, differing: &[&str]) {
    if differing.is_empty() {
        return;
    }
    let table = pair.name.clone();
    pair.push(Change {
        from: Some(name.to_string()),
        to: Some(name.to_string()),
        message: format!("differs in {}", differing.join(", ")),
        ..change(object, What::Changed, &table)
    });
}

fn alone(pair: &mut Pair<'_, '_>, object: Object, name: &Ident, is_here: bool) {
    let table = pair.name.clone();
    let side = if is_here { "from" } else { "to" };
    pair.push(Change {
        from: is_here.then(|| name.to_string()),
        to: (!is_here).then(|| name.to_string()),
        message: format!("only in the {side} side"),
        ..change(
            object,
            if is_here { What::Extra } else { What::Missing },
            &table,
        )
    });
}

/// What a role may do on one side alone. `object` names what is granted on when that is no table.
pub(super) fn grants(table: &str, object: &str, from: &[Grant], to: &[Grant]) -> Vec<Change> {
    let single = |grants: &[Grant]| {
        let mut all: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for grant in grants {
            let columns = grant.columns.as_ref().map(|columns| {
                let names: Vec<String> = columns.iter().map(ToString::to_string).collect();
                format!(" ({})", names.join(", "))
            });
            let option = if grant.grantable {
                " with grant option"
            } else {
                ""
            };
            let key = (
                grant.grantee.clone(),
                format!("{}{option}", columns.unwrap_or_default()),
            );
            all.entry(key)
                .or_default()
                .extend(grant.privileges.iter().cloned());
        }
        all
    };
    let (from, to) = (single(from), single(to));
    let mut changes = Vec::new();
    for (a, b, what, side) in [
        (&to, &from, What::Missing, "to"),
        (&from, &to, What::Extra, "from"),
    ] {
        for ((grantee, limit), privileges) in a {
            let other = b.get(&(grantee.clone(), limit.clone()));
            let alone: Vec<&str> = privileges
                .iter()
                .filter(|p| !other.is_some_and(|other| other.contains(*p)))
                .map(String::as_str)
                .collect();
            if !alone.is_empty() {
                let name = Some(grantee.clone());
                let on = if object.is_empty() {
                    String::new()
                } else {
                    format!(" on {object}")
                };
                changes.push(Change {
                    from: name.clone().filter(|_| what == What::Extra),
                    to: name.filter(|_| what == What::Missing),
                    message: format!(
                        "{grantee} may {}{limit}{on} only in the {side} side",
                        alone.join(", ")
                    ),
                    ..change(Object::Grant, what, table)
                });
            }
        }
    }
    changes
}
