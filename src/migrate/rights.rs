//! Whether a role may do what a plan needs, told before anything is written.

use std::collections::BTreeSet;

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use super::error::{MigrateError, Refusal};
use super::hazard::Need;
use super::session::server;
use crate::schema::quote;

const RIGHTS: &str = include_str!("sql/rights.sql");
/// The role that is suggested.
const ROLE: &str = "align_migrator";
/// The server's own role whose members are shown what every session does.
const WATCHER: &str = "pg_read_all_stats";

/// A right that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What cannot be done.
    pub what: String,
    /// What somebody who may has to type.
    pub grant: String,
}

/// What the database says of one thing that is needed. A routine's name has as many as it has forms.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Answer {
    need: usize,
    schema: String,
    /// Of a routine with its arguments, quoted; else bare.
    name: String,
    is_there: bool,
    owner: String,
    owner_is_super: bool,
    acts_for_owner: bool,
    may_look: bool,
    is_allowed: bool,
    hides_rows: bool,
}

/// What `role` lacks; `None` is a role that is still to be made, called `called`.
///
/// # Errors
/// [`MigrateError::Server`].
pub async fn missing(
    connection: &mut PgConnection,
    database: &str,
    role: Option<&str>,
    called: &str,
    needs: &BTreeSet<Need>,
) -> Result<Vec<Missing>, MigrateError> {
    let needs: Vec<&Need> = needs.iter().collect();
    let answers = ask(connection, role, &needs).await?;
    Ok(judge(database, called, &needs, &answers))
}

/// Refuses what the plan's role may not.
///
/// # Errors
/// [`Refusal::Rights`], and [`MigrateError::Server`].
pub async fn check(
    connection: &mut PgConnection,
    database: &str,
    role: &str,
    needs: &BTreeSet<Need>,
) -> Result<(), MigrateError> {
    let missing = missing(connection, database, Some(role), role, needs).await?;
    if missing.is_empty() {
        Ok(())
    } else {
        Err(MigrateError::Refused(Refusal::Rights { missing }))
    }
}

/// The statements that make a role with no more rights than the needs ask for.
///
/// It acts as the owner of `tables`, the application's, where they have one that is no superuser: what the migrations make is the owner's then,
/// as if the application itself had made it, and the role can go when they are done.
///
/// # Errors
/// [`MigrateError::Server`].
pub async fn role_sql(
    connection: &mut PgConnection,
    database: &str,
    tables: &[String],
    needs: &BTreeSet<Need>,
) -> Result<Vec<String>, MigrateError> {
    let tables: Vec<Need> = tables.iter().cloned().map(Need::Own).collect();
    let owned = |need: &&Need| matches!(need, Need::Own(_) | Need::OwnRoutine(_));
    let owned: Vec<&Need> = needs.iter().filter(owned).chain(&tables).collect();
    let owner = owner(&ask(connection, None, &owned).await?);
    let known = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS made, \
                 has_database_privilege('public', current_database(), 'CONNECT') AS may_connect";
    let failed = |error| server("ask for the rights of a role", &error);
    let row = sqlx::query(known).persistent(false).bind(ROLE);
    let row = row.fetch_one(&mut *connection).await.map_err(failed)?;
    let made: bool = row.try_get("made").map_err(failed)?;
    let may_connect: bool = row.try_get("may_connect").map_err(failed)?;
    let acts = owner.as_deref().or(made.then_some(ROLE));
    let called = owner.as_deref().unwrap_or(ROLE);
    let missing = missing(connection, database, acts, called, needs).await?;

    let (role, on) = (quote(ROLE), quote(database));
    let mut statements = Vec::new();
    if !made {
        statements.push(format!("CREATE ROLE {role} LOGIN;"));
    }
    if !may_connect {
        statements.push(format!("GRANT CONNECT ON DATABASE {on} TO {role};"));
    }
    if let Some(owner) = &owner {
        statements.push(format!("GRANT {} TO {role};", quote(owner)));
        statements.push(format!(
            "ALTER ROLE {role} IN DATABASE {on} SET role = {};",
            crate::ddl::literal(owner)
        ));
    }
    statements.extend(missing.into_iter().map(|missing| missing.grant));
    if !sees_others(connection, acts).await? {
        statements.push(format!(
            "-- Only to be told whose session is in the way, and of old writers that are connected:\n\
             -- GRANT {WATCHER} TO {};",
            quote(called)
        ));
    }
    Ok(statements)
}

/// Whether the role is shown what other roles' sessions do; a role that is still to be made is not.
async fn sees_others(
    connection: &mut PgConnection,
    role: Option<&str>,
) -> Result<bool, MigrateError> {
    let Some(role) = role else {
        return Ok(false);
    };
    let query = "SELECT pg_has_role($1::name, $2::name, 'USAGE')";
    let row = sqlx::query_scalar(query).persistent(false);
    let sees = row.bind(role).bind(WATCHER).fetch_one(connection).await;
    sees.map_err(|error| server("ask for the rights of a role", &error))
}

/// The one owner of what is there that is no superuser.
fn owner(answers: &[Answer]) -> Option<String> {
    let owners: BTreeSet<&str> = answers
        .iter()
        .filter(|answer| answer.is_there && !answer.owner_is_super)
        .map(|answer| answer.owner.as_str())
        .collect();
    match owners.into_iter().collect::<Vec<_>>().as_slice() {
        [one] => Some((*one).to_owned()),
        _ => None,
    }
}

async fn ask(
    connection: &mut PgConnection,
    role: Option<&str>,
    needs: &[&Need],
) -> Result<Vec<Answer>, MigrateError> {
    let (mut kinds, mut names, mut privileges) = (Vec::new(), Vec::new(), Vec::new());
    for need in needs {
        let (kind, privilege) = match need {
            Need::Schema(_) => ("schema", None),
            Need::Create(_) => ("create", None),
            Need::Own(_) => ("own", None),
            Need::OwnRoutine(_) => ("routine", None),
            Need::Allowed(privilege, _) => ("relation", Some(privilege.to_string())),
        };
        kinds.push(kind);
        names.push(need.on());
        privileges.push(privilege);
    }
    let failed = |error| server("ask for the rights of a role", &error);
    let rows = sqlx::query(RIGHTS)
        .persistent(false)
        .bind(role)
        .bind(kinds)
        .bind(names)
        .bind(privileges)
        .fetch_all(connection)
        .await;
    let rows = rows.map_err(failed)?;
    rows.iter().map(|row| answer(row).map_err(failed)).collect()
}

fn answer(row: &PgRow) -> Result<Answer, sqlx::Error> {
    let at: i64 = row.try_get("at")?;
    let text = |column: &str| {
        let text: Result<Option<String>, _> = row.try_get(column);
        text.map(Option::unwrap_or_default)
    };
    Ok(Answer {
        need: usize::try_from(at - 1).unwrap_or_default(),
        schema: text("schema")?,
        name: text("name")?,
        is_there: row.try_get("is_there")?,
        owner: text("owner")?,
        owner_is_super: row.try_get("owner_is_super")?,
        acts_for_owner: row.try_get("acts_for_owner")?,
        may_look: row.try_get("may_look")?,
        is_allowed: row.try_get("is_allowed")?,
        hides_rows: row.try_get("hides_rows")?,
    })
}

/// What is missing, each once, the widest first. What is not there yet is made on the way.
fn judge(database: &str, role: &str, needs: &[&Need], answers: &[Answer]) -> Vec<Missing> {
    let role = quote(role);
    let mut found: Vec<Missing> = Vec::new();
    let mut lacks = |what: String, grant: String| {
        if !found.iter().any(|known| known.grant == grant) {
            found.push(Missing { what, grant });
        }
    };
    // Who acts for an owner, or is made one, needs nothing else there.
    let (mut joined, mut owned) = (BTreeSet::new(), BTreeSet::new());
    let mut privileges: Vec<(String, Vec<String>)> = Vec::new();
    for answer in answers {
        let Some(need) = needs.get(answer.need) else {
            continue;
        };
        let schema = quote(&answer.schema);
        let here = match need {
            Need::OwnRoutine(_) => format!("{schema}.{}", answer.name),
            _ => format!("{schema}.{}", quote(&answer.name)),
        };
        let is_of_rows = matches!(need, Need::Allowed(privilege, _) if privilege.is_of_rows());
        let becomes_owner = joined.contains(&answer.owner) || owned.contains(&here);
        if is_of_rows && answer.hides_rows && !becomes_owner {
            let grant = if answer.acts_for_owner {
                format!("ALTER TABLE {here} NO FORCE ROW LEVEL SECURITY;")
            } else {
                format!("ALTER ROLE {role} BYPASSRLS;")
            };
            let what = format!("see every row of `{here}`, which has row level security");
            lacks(what, grant);
        }
        match need {
            Need::Schema(name) if !answer.is_there && !answer.is_allowed => lacks(
                format!("create schema `{name}`"),
                format!("GRANT CREATE ON DATABASE {} TO {role};", quote(database)),
            ),
            Need::Create(_) if answer.is_there && !(answer.is_allowed && answer.may_look) => {
                let words = match (answer.may_look, answer.is_allowed) {
                    (true, _) => "CREATE",
                    (false, true) => "USAGE",
                    (false, false) => "USAGE, CREATE",
                };
                lacks(
                    format!("create something in schema `{schema}`"),
                    format!("GRANT {words} ON SCHEMA {schema} TO {role};"),
                );
            }
            Need::Own(_) | Need::OwnRoutine(_) if answer.is_there && !answer.acts_for_owner => {
                let what = format!("change `{here}`, which belongs to `{}`", answer.owner);
                // Whoever acts for a superuser may do everything.
                if !answer.owner_is_super {
                    let owner = quote(&answer.owner);
                    lacks(what, format!("GRANT {owner} TO {role};"));
                    joined.insert(answer.owner.clone());
                } else {
                    let kind = match need {
                        Need::OwnRoutine(_) => "ROUTINE",
                        _ => "TABLE",
                    };
                    lacks(what, format!("ALTER {kind} {here} OWNER TO {role};"));
                    owned.insert(here);
                }
            }
            Need::Allowed(privilege, _)
                if answer.is_there
                    && !answer.acts_for_owner
                    && !joined.contains(&answer.owner)
                    && !owned.contains(&here) =>
            {
                if !answer.may_look {
                    lacks(
                        format!("look into schema `{schema}`"),
                        format!("GRANT USAGE ON SCHEMA {schema} TO {role};"),
                    );
                }
                if !answer.is_allowed {
                    let word = privilege.to_string();
                    match privileges.iter_mut().find(|(on, _)| *on == here) {
                        Some((_, words)) => words.push(word),
                        None => privileges.push((here, vec![word])),
                    }
                }
            }
            _ => {}
        }
    }
    for (here, words) in privileges {
        let words = words.join(", ");
        lacks(
            format!("{words} on `{here}`"),
            format!("GRANT {words} ON {here} TO {role};"),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::hazard::Privilege;

    fn of(need: &Need, answer: &Answer) -> Vec<String> {
        let missing = judge("Shop", "me", &[need], std::slice::from_ref(answer));
        missing.into_iter().map(|missing| missing.grant).collect()
    }

    fn there() -> Answer {
        Answer {
            schema: "public".to_owned(),
            name: "t".to_owned(),
            is_there: true,
            owner: "her".to_owned(),
            ..Answer::default()
        }
    }

    #[test]
    fn rows_must_not_be_hidden_from_who_changes_them() {
        let hidden = |acts_for_owner| Answer {
            may_look: true,
            is_allowed: true,
            hides_rows: true,
            acts_for_owner,
            ..there()
        };
        let need = |privilege| Need::Allowed(privilege, "t".to_owned());
        for (need, answer, expected) in [
            (
                need(Privilege::Update),
                hidden(true),
                vec!["ALTER TABLE public.t NO FORCE ROW LEVEL SECURITY;"],
            ),
            (
                need(Privilege::Select),
                hidden(false),
                vec!["ALTER ROLE me BYPASSRLS;"],
            ),
            (need(Privilege::References), hidden(false), vec![]),
            (Need::Own("t".to_owned()), hidden(true), vec![]),
        ] {
            assert_eq!(of(&need, &answer), expected, "{need:?}");
        }
    }

    #[test]
    fn each_missing_right_has_its_grant() {
        let own = Need::Own("t".to_owned());
        let routine = Need::OwnRoutine("f".to_owned());
        let create = Need::Create("t".to_owned());
        let insert = Need::Allowed(Privilege::Insert, "t".to_owned());
        let schema = Need::Schema("align".to_owned());
        let by_super = |name: &str| Answer {
            owner_is_super: true,
            name: name.to_owned(),
            ..there()
        };
        let may_look = Answer {
            may_look: true,
            ..there()
        };
        let cases: [(&Need, Answer, &[&str]); 15] = [
            (
                &schema,
                Answer::default(),
                &["GRANT CREATE ON DATABASE \"Shop\" TO me;"],
            ),
            (&schema, there(), &[]),
            (
                &create,
                there(),
                &["GRANT USAGE, CREATE ON SCHEMA public TO me;"],
            ),
            (
                &create,
                may_look.clone(),
                &["GRANT CREATE ON SCHEMA public TO me;"],
            ),
            (
                &create,
                Answer {
                    is_allowed: true,
                    ..may_look.clone()
                },
                &[],
            ),
            (&create, Answer::default(), &[]),
            (&own, there(), &["GRANT her TO me;"]),
            (
                &own,
                by_super("T"),
                &["ALTER TABLE public.\"T\" OWNER TO me;"],
            ),
            (
                &own,
                Answer {
                    acts_for_owner: true,
                    ..there()
                },
                &[],
            ),
            (&own, Answer::default(), &[]),
            (
                &routine,
                by_super("f(x integer)"),
                &["ALTER ROUTINE public.f(x integer) OWNER TO me;"],
            ),
            (
                &insert,
                may_look.clone(),
                &["GRANT INSERT ON public.t TO me;"],
            ),
            (
                &insert,
                there(),
                &[
                    "GRANT USAGE ON SCHEMA public TO me;",
                    "GRANT INSERT ON public.t TO me;",
                ],
            ),
            (
                &insert,
                Answer {
                    acts_for_owner: true,
                    ..may_look
                },
                &[],
            ),
            (&insert, Answer::default(), &[]),
        ];
        for (need, answer, grants) in cases {
            assert_eq!(of(need, &answer), grants, "{need:?} {answer:?}");
        }
    }

    #[test]
    fn one_owner_who_is_no_superuser_is_acted_for() {
        let of = |owner: &str, owner_is_super: bool, is_there: bool| Answer {
            owner: owner.to_owned(),
            owner_is_super,
            is_there,
            ..Answer::default()
        };
        for (answers, wanted) in [
            (vec![], None),
            (vec![of("root", true, true)], None),
            (
                vec![
                    of("", false, false),
                    of("her", false, true),
                    of("her", false, true),
                ],
                Some("her"),
            ),
            (
                vec![of("her", false, true), of("root", true, true)],
                Some("her"),
            ),
            (vec![of("her", false, true), of("him", false, true)], None),
        ] {
            assert_eq!(owner(&answers).as_deref(), wanted, "{answers:?}");
        }
    }

    #[test]
    fn one_grant_says_it_for_all() {
        let needs = [
            Need::Own("a".to_owned()),
            Need::Own("b".to_owned()),
            Need::Allowed(Privilege::Select, "a".to_owned()),
            Need::Allowed(Privilege::Select, "u".to_owned()),
            Need::Allowed(Privilege::Trigger, "u".to_owned()),
        ];
        let answer = |need: usize, name: &str, owner: &str| Answer {
            need,
            name: name.to_owned(),
            owner: owner.to_owned(),
            may_look: true,
            ..there()
        };
        let answers = [
            answer(0, "a", "her"),
            answer(1, "b", "her"),
            answer(2, "a", "her"),
            answer(3, "u", "him"),
            answer(4, "u", "him"),
        ];
        let missing = judge("shop", "me", &needs.each_ref(), &answers);
        let told: Vec<(&str, &str)> = missing
            .iter()
            .map(|missing| (missing.what.as_str(), missing.grant.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (
                    "change `public.a`, which belongs to `her`",
                    "GRANT her TO me;"
                ),
                (
                    "SELECT, TRIGGER on `public.u`",
                    "GRANT SELECT, TRIGGER ON public.u TO me;"
                ),
            ]
        );
    }
}
