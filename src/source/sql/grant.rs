//! GRANT, REVOKE and ALTER DEFAULT PRIVILEGES.

use super::acl::{Acl, Granted};
use super::cursor::{Cursor, Path, Read};
use super::function;
use super::state::{Applied, Relation, State};
use crate::schema::Ident;

/// A privilege and the columns it is limited to; `None` is `ALL`.
type Privilege = (Option<String>, Vec<Ident>);

/// What is granted or taken back, and whose.
struct Change {
    gives: bool,
    /// Of a grant: `WITH GRANT OPTION`; of a revoke: `GRANT OPTION FOR`.
    option: bool,
    privileges: Vec<Privilege>,
    roles: Vec<String>,
}

/// A role's name; `public` is everybody.
pub(super) fn role(state: &State, c: &mut Cursor<'_>) -> Read<String> {
    if c.is("group") && c.nth(1) != "," && !c.nth(1).is_empty() {
        c.skip();
    }
    let is_current = ["current_user", "current_role", "session_user"]
        .iter()
        .any(|word| c.is(word));
    let name = c.name()?;
    Ok(if is_current {
        state.role.clone()
    } else {
        name.as_str().to_owned()
    })
}

fn privileges(c: &mut Cursor<'_>) -> Read<Vec<Privilege>> {
    c.list(|c| {
        let name = if c.eat("all") {
            c.eat("privileges");
            None
        } else {
            let mut words = Vec::new();
            while c.is_name() && !c.is("on") && !c.is("to") && !c.is("from") {
                words.push(c.peek().to_ascii_uppercase());
                c.skip();
            }
            Some(words.join(" "))
        };
        let columns = if c.is("(") {
            c.list_in_parentheses(Cursor::name)?
        } else {
            Vec::new()
        };
        Ok((name, columns))
    })
}

/// `{ TO | FROM } roles …`, the end of each statement.
fn roles(state: &State, c: &mut Cursor<'_>, change: &mut Change) -> Read<()> {
    c.expect(if change.gives { "to" } else { "from" })?;
    change.roles = c.list(|c| role(state, c))?;
    if c.eat_all(&["with", "grant", "option"]) {
        change.option = true;
    }
    if c.eat_all(&["granted", "by"]) {
        role(state, c)?;
    }
    c.eat_any(&["cascade", "restrict"]);
    c.expect_done()
}

fn start(c: &mut Cursor<'_>, gives: bool) -> Read<Change> {
    let option = !gives && c.eat_all(&["grant", "option", "for"]);
    Ok(Change {
        gives,
        option,
        privileges: privileges(c)?,
        roles: Vec::new(),
    })
}

/// `GRANT …` or `REVOKE …`, from after that word.
pub(super) fn change(state: &mut State, c: &mut Cursor<'_>, gives: bool) -> Applied {
    if !c.words().any(|(word, _)| word.eq_ignore_ascii_case("on")) {
        // Membership in a role.
        return Ok(());
    }
    let mut change = start(c, gives)?;
    c.expect("on")?;
    if c.eat("all") {
        let kind = kind(c.peek());
        c.skip();
        c.expect("in")?;
        c.expect("schema")?;
        let namespaces = c.list(Cursor::name)?;
        roles(state, c, &mut change)?;
        if let Some(kind) = kind {
            change_all(state, kind, &namespaces, &change);
        }
        return Ok(());
    }
    if c.eat_any(&["function", "procedure", "routine"]).is_some() {
        let references = c.list(|c| function::read_reference(state, c))?;
        roles(state, c, &mut change)?;
        for reference in references {
            match function::find(state, &reference) {
                Some((name, at)) => {
                    if let Some(routine) = state.routines.get_mut(&name).and_then(|r| r.get_mut(at))
                    {
                        change.apply(&mut routine.acl, Granted::Routine);
                    }
                }
                None => state.missing_routine(&reference.path)?,
            }
        }
        return Ok(());
    }
    let elsewhere = [
        "schema",
        "database",
        "type",
        "domain",
        "language",
        "foreign",
        "large",
        "tablespace",
        "parameter",
    ];
    if elsewhere.iter().any(|word| c.is(word))
        && c.nth(1) != ","
        && !c.nth(1).eq_ignore_ascii_case("to")
    {
        return Ok(());
    }
    c.eat_any(&["table", "sequence"]);
    let paths = c.list(Cursor::path)?;
    roles(state, c, &mut change)?;
    for path in paths {
        on_relation(state, &path, &change)?;
    }
    Ok(())
}

fn on_relation(state: &mut State, path: &Path, change: &Change) -> Applied {
    let Some(name) = state.find_relation(path) else {
        return state.missing("table", path, false);
    };
    match state.relations.get_mut(&name) {
        Some(Relation::Table(entry)) => change.apply(&mut entry.acl, Granted::Table),
        Some(Relation::View(entry)) => change.apply(&mut entry.acl, Granted::Table),
        Some(Relation::Sequence(entry)) => change.apply(&mut entry.acl, Granted::Sequence),
        _ => {}
    }
    Ok(())
}

/// The kind that `TABLES`, `SEQUENCES`, … means; `None` for kinds that are no part of the model.
fn kind(word: &str) -> Option<Granted> {
    match word.to_ascii_lowercase().as_str() {
        "tables" => Some(Granted::Table),
        "sequences" => Some(Granted::Sequence),
        "functions" | "procedures" | "routines" => Some(Granted::Routine),
        _ => None,
    }
}

fn change_all(state: &mut State, kind: Granted, namespaces: &[Ident], change: &Change) {
    if kind == Granted::Routine {
        for (name, overloads) in &mut state.routines {
            if namespaces.contains(&name.namespace) {
                overloads
                    .iter_mut()
                    .for_each(|r| change.apply(&mut r.acl, kind));
            }
        }
        return;
    }
    for (name, relation) in &mut state.relations {
        if !namespaces.contains(&name.namespace) {
            continue;
        }
        match relation {
            Relation::Table(entry) if kind == Granted::Table => change.apply(&mut entry.acl, kind),
            Relation::View(entry) if kind == Granted::Table => change.apply(&mut entry.acl, kind),
            Relation::Sequence(entry) if kind == Granted::Sequence => {
                change.apply(&mut entry.acl, kind);
            }
            _ => {}
        }
    }
}

impl Change {
    fn apply(&self, acl: &mut Acl, kind: Granted) {
        for (privilege, columns) in &self.privileges {
            let of_columns = ["SELECT", "INSERT", "UPDATE", "REFERENCES"];
            let names: Vec<&str> = match privilege {
                // One that a later version brought is left out, so that a schema is one on all.
                Some(name) => kind
                    .all()
                    .iter()
                    .filter(|known| *known == name)
                    .copied()
                    .collect(),
                None if columns.is_empty() => kind.all().to_vec(),
                None => of_columns.to_vec(),
            };
            for name in names {
                if columns.is_empty() {
                    self.apply_one(acl, name, None);
                }
                for column in columns {
                    self.apply_one(acl, name, Some(column));
                }
            }
        }
    }

    fn apply_one(&self, acl: &mut Acl, privilege: &str, column: Option<&Ident>) {
        for role in &self.roles {
            if self.gives {
                acl.grant(role, privilege, column, self.option);
            } else {
                acl.revoke(role, privilege, column, self.option);
            }
        }
    }
}

/// `ALTER DEFAULT PRIVILEGES …`, from after `PRIVILEGES`. Those of roles that create nothing here have
/// no effect here.
pub(super) fn defaults(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    let mut creators = vec![state.role.clone()];
    let mut namespaces = Vec::new();
    loop {
        if c.eat("for") {
            c.eat_any(&["role", "user"]);
            creators = c.list(|c| role(state, c))?;
        } else if c.eat_all(&["in", "schema"]) {
            namespaces = c.list(Cursor::name)?;
        } else {
            break;
        }
    }
    let gives = c.eat("grant");
    if !gives {
        c.expect("revoke")?;
    }
    let mut change = start(c, gives)?;
    c.expect("on")?;
    let kind = kind(c.peek());
    c.skip();
    roles(state, c, &mut change)?;
    let Some(kind) = kind.filter(|_| creators.contains(&state.role)) else {
        return Ok(());
    };
    if namespaces.is_empty() {
        change.apply(state.defaults.entry(None, kind), kind);
    }
    for namespace in &namespaces {
        change.apply(state.defaults.entry(Some(namespace), kind), kind);
    }
    Ok(())
}
