//! Who may do what: every action of every actor, tried on a row that all of them know of.

use sqlx::Row;

use super::error::{VerifyError, server};
use super::probe::{Answer, Probes, Roles};
use super::{Check, Finding, Section};
use crate::ddl::literal;
use crate::mapping::{Action, Actor, ExpectAccess};
use crate::schema::quote;

const TABLE: &str = include_str!("sql/table.sql");

/// What one role can do with a table's columns.
struct Reach {
    fills: Vec<String>,
    changes: Option<String>,
}

/// Whether an attempt went through.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Passage {
    Allowed,
    /// With the server's words, where it said any.
    Kept(Option<String>),
    /// It failed, and not over who asks.
    Broken(String),
}

/// Tries every action of every actor on the row of one entry. `home` is the namespace that goes without
/// saying.
///
/// An insert puts the row there a second time: a rule of access refuses it before a key does, so a key's
/// refusal means that access let it through.
///
/// # Errors
/// [`VerifyError::Server`].
pub async fn check(
    probes: &mut Probes<'_>,
    expect: &ExpectAccess,
    home: &str,
    actors: &[Actor],
    roles: &Roles,
) -> Result<Check, VerifyError> {
    let name = expect.table.to_string();
    let table = format!(
        "{}.{}",
        quote(expect.table.namespace_or(home)),
        expect.table.name
    );
    let there = probes
        .rows(
            "look for a table",
            "SELECT to_regclass($1) IS NOT NULL",
            &[&table],
        )
        .await?;
    let there = there.first().map(|row| row.try_get(0)).transpose();
    let there: Option<bool> = there.map_err(|error| server("look for a table", &error))?;
    if there != Some(true) {
        let why = format!("there is no table `{name}`");
        return Ok(Check::skipped(Section::Access, name, why));
    }
    let row = &expect.row;
    let kept = format!("SELECT to_jsonb(t)::text AS kept FROM {table} AS t WHERE {row} LIMIT 2");
    let kept = probes.rows("read the row to be tried", &kept, &[]).await?;
    let [kept] = kept.as_slice() else {
        let message = format!(
            "{} rows of `{name}` are meant by `{row}`, and one should be",
            kept.len()
        );
        return Ok(Check::of(
            Section::Access,
            name,
            0,
            vec![Finding::new(message)],
        ));
    };
    let kept: String = kept
        .try_get("kept")
        .map_err(|error| server("read the row to be tried", &error))?;

    let mut findings = Vec::new();
    let mut untried = Vec::new();
    let mut tried = 0;
    let mut again = Vec::new();
    for actor in actors {
        if let Some(trouble) = roles.trouble(actor) {
            untried.push(trouble);
            continue;
        }
        let mut reach = reach(probes, &table, actor).await?;
        reach.fills.retain(|column| !again.contains(column));
        again.extend(shown_again(probes, &table, &mut reach.fills).await?);
        let mut wrongs = Vec::new();
        for action in Action::ALL {
            tried += 1;
            let allowed = expect
                .allowed
                .get(&action)
                .is_some_and(|names| names.contains(&actor.name));
            let passage = match statement(action, &table, row, &kept, &reach) {
                Some(sql) => judge(probes.attempt(Some(actor), &sql).await?),
                None => Passage::Kept(Some("no column is granted".to_owned())),
            };
            wrongs.extend(wrong(allowed, passage).map(|wrong| (action, wrong)));
        }
        findings.extend(told(actor, wrongs, &table, row));
    }
    if tried == 0 {
        return Ok(Check::skipped(Section::Access, name, untried.join("; ")));
    }
    let mut check = Check::of(Section::Access, name, tried, findings);
    check.findings.extend(
        untried
            .into_iter()
            .map(|why| Finding::new(format!("not tried as {why}"))),
    );
    Ok(check)
}

async fn reach(probes: &mut Probes<'_>, table: &str, actor: &Actor) -> Result<Reach, VerifyError> {
    let doing = "ask for a role's rights";
    let rows = probes
        .rows(doing, TABLE, &[table, actor.role.as_str()])
        .await?;
    let failed = |error: sqlx::Error| server(doing, &error);
    match rows.first() {
        Some(row) => Ok(Reach {
            fills: row.try_get("fills").map_err(failed)?,
            changes: row.try_get("changes").map_err(failed)?,
        }),
        None => Ok(Reach {
            fills: Vec::new(),
            changes: None,
        }),
    }
}

/// Takes out the columns under which a view shows one of its table's a second time, for no statement may
/// fill both.
async fn shown_again(
    probes: &mut Probes<'_>,
    table: &str,
    fills: &mut Vec<String>,
) -> Result<Vec<String>, VerifyError> {
    let mut again = Vec::new();
    if fills.is_empty() || !is_twice(probes, table, fills).await? {
        return Ok(again);
    }
    let mut once: Vec<String> = Vec::new();
    for column in fills.drain(..) {
        once.push(column);
        if is_twice(probes, table, &once).await? {
            again.extend(once.pop());
        }
    }
    *fills = once;
    Ok(again)
}

/// Whether two of those columns are one of the table below. Nothing is run.
async fn is_twice(
    probes: &mut Probes<'_>,
    table: &str,
    columns: &[String],
) -> Result<bool, VerifyError> {
    let columns = columns.join(", ");
    let sql = format!("EXPLAIN INSERT INTO {table} ({columns}) SELECT {columns} FROM {table}");
    let answer = probes.attempt(None, &sql).await?;
    Ok(matches!(answer, Answer::Failed { sqlstate, .. } if sqlstate == "42601"))
}

/// What is sent; nothing when no column is granted.
fn statement(action: Action, table: &str, row: &str, kept: &str, reach: &Reach) -> Option<String> {
    Some(match action {
        Action::Select => format!("SELECT 1 FROM {table} WHERE {row}"),
        Action::Insert => {
            if reach.fills.is_empty() {
                return None;
            }
            let columns = reach.fills.join(", ");
            let kept = literal(kept);
            format!(
                "INSERT INTO {table} ({columns}) SELECT {columns} FROM pg_catalog.jsonb_populate_record(NULL::{table}, {kept})"
            )
        }
        Action::Update => {
            let column = reach.changes.as_ref()?;
            format!("UPDATE {table} SET {column} = {column} WHERE {row}")
        }
        Action::Delete => format!("DELETE FROM {table} WHERE {row}"),
    })
}

fn judge(answer: Answer) -> Passage {
    match answer {
        Answer::Rows(0) => Passage::Kept(None),
        Answer::Rows(_) => Passage::Allowed,
        Answer::Failed { sqlstate, message } => {
            let said = format!("{message} ({sqlstate})");
            match sqlstate.as_str() {
                "42501" | "P0001" => Passage::Kept(Some(said)),
                code if code.starts_with("23") => Passage::Allowed,
                _ => Passage::Broken(said),
            }
        }
    }
}

/// What is wrong about an attempt, in words that follow the actor's name; `{}` stands for the action.
fn wrong(allowed: bool, passage: Passage) -> Option<String> {
    match (allowed, passage) {
        (true, Passage::Allowed) | (false, Passage::Kept(_)) => None,
        (true, Passage::Kept(None)) => Some("cannot {}: no row is within reach".to_owned()),
        (true, Passage::Kept(Some(said))) => Some(format!("cannot {{}}: {said}")),
        (false, Passage::Allowed) => Some("can {}, and should not".to_owned()),
        (_, Passage::Broken(said)) => Some(format!("fails to {{}}: {said}")),
    }
}

/// One finding for all the actions that go wrong alike.
fn told(actor: &Actor, wrongs: Vec<(Action, String)>, table: &str, row: &str) -> Vec<Finding> {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for (action, words) in wrongs {
        match groups.iter_mut().find(|(known, _)| *known == words) {
            Some((_, actions)) => actions.push(action.word()),
            None => groups.push((words, vec![action.word()])),
        }
    }
    let who = &actor.name;
    let shown = groups.into_iter().map(|(words, actions)| {
        let message = format!("{who} {}", words.replacen("{}", &actions.join(", "), 1));
        Finding::new(message).shown_by(impersonation(actor, table, row))
    });
    shown.collect()
}

/// SQL that shows what an actor reaches, to be typed where the row is.
fn impersonation(actor: &Actor, table: &str, row: &str) -> String {
    let claims = literal(actor.claims.as_deref().unwrap_or_default());
    let role = quote(actor.role.as_str());
    format!(
        "BEGIN; SET LOCAL ROLE {role}; SELECT set_config('request.jwt.claims', {claims}, true); SELECT * FROM {table} WHERE {row}; ROLLBACK;"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(sqlstate: &str) -> Answer {
        Answer::Failed {
            sqlstate: sqlstate.to_owned(),
            message: "m".to_owned(),
        }
    }

    #[test]
    fn what_goes_wrong_alike_is_told_once() {
        let actor = Actor {
            name: "anon".to_owned(),
            role: crate::schema::Ident::new("anon").unwrap(),
            claims: None,
            stand_in: false,
            at: crate::mapping::At::default(),
        };
        let wrongs = vec![
            (Action::Select, wrong(false, Passage::Allowed).unwrap()),
            (Action::Insert, wrong(true, judge(failed("42501"))).unwrap()),
            (Action::Delete, wrong(false, Passage::Allowed).unwrap()),
        ];
        let told = told(&actor, wrongs, "t", "true");
        let told: Vec<&str> = told
            .iter()
            .map(|finding| finding.message.as_str())
            .collect();
        assert_eq!(
            told,
            [
                "anon can select, delete, and should not",
                "anon cannot insert: m (42501)"
            ]
        );
    }

    #[test]
    fn a_key_refuses_after_access_did_not() {
        assert_eq!(judge(failed("23505")), Passage::Allowed);
        assert_eq!(judge(failed("23503")), Passage::Allowed);
        assert_eq!(
            judge(failed("42501")),
            Passage::Kept(Some("m (42501)".to_owned()))
        );
        assert_eq!(
            judge(failed("P0001")),
            Passage::Kept(Some("m (P0001)".to_owned()))
        );
        assert_eq!(
            judge(failed("42703")),
            Passage::Broken("m (42703)".to_owned())
        );
        assert_eq!(judge(Answer::Rows(0)), Passage::Kept(None));
        assert_eq!(judge(Answer::Rows(1)), Passage::Allowed);
    }
}
