//! Constraints as they are written, of a column or of a table.

use super::cursor::{Cursor, Path, Read};
use super::index::{self, ElementSpec};
use super::state::State;
use crate::schema::{Action, Deferral, Ident};

/// A constraint as written.
#[derive(Debug, Clone)]
pub(super) struct ConstraintSpec<'a> {
    pub(super) name: Option<Ident>,
    pub(super) kind: ConstraintKind<'a>,
    pub(super) options: Options,
}

#[derive(Debug, Clone)]
pub(super) enum ConstraintKind<'a> {
    Check(Cursor<'a>),
    Key(KeySpec),
    Foreign(ForeignSpec),
    Exclude {
        method: String,
        elements: Vec<(ElementSpec<'a>, String)>,
        include: Vec<Ident>,
        predicate: Option<Cursor<'a>>,
    },
    NotNull(Ident),
}

#[derive(Debug, Clone, Default)]
pub(super) struct KeySpec {
    pub(super) primary: bool,
    pub(super) columns: Vec<Ident>,
    pub(super) include: Vec<Ident>,
    pub(super) nulls_not_distinct: bool,
    /// `USING INDEX name`
    pub(super) using_index: Option<Ident>,
}

#[derive(Debug, Clone)]
pub(super) struct ForeignSpec {
    pub(super) columns: Vec<Ident>,
    pub(super) table: Path,
    /// Empty means the primary key.
    pub(super) referenced: Vec<Ident>,
    pub(super) on_update: Option<Action>,
    pub(super) on_delete: Option<Action>,
    pub(super) match_full: bool,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Options {
    pub(super) deferral: Deferral,
    pub(super) not_valid: bool,
    pub(super) no_inherit: bool,
}

impl Options {
    /// Reads what may follow any constraint.
    pub(super) fn read(c: &mut Cursor<'_>) -> Self {
        let mut options = Self::default();
        loop {
            if c.eat_all(&["not", "deferrable"]) {
                options.deferral = Deferral::NotDeferrable;
            } else if c.eat("deferrable") {
                if options.deferral == Deferral::NotDeferrable {
                    options.deferral = Deferral::Deferrable;
                }
            } else if c.eat_all(&["initially", "deferred"]) {
                options.deferral = Deferral::InitiallyDeferred;
            } else if c.eat_all(&["not", "valid"]) {
                options.not_valid = true;
            } else if c.eat_all(&["no", "inherit"]) {
                options.no_inherit = true;
            } else if !(c.eat_all(&["initially", "immediate"])
                || c.eat_all(&["not", "enforced"])
                || c.eat("enforced"))
            {
                return options;
            }
        }
    }
}

/// `[ CONSTRAINT name ]`
pub(super) fn name(c: &mut Cursor<'_>) -> Read<Option<Ident>> {
    if c.eat("constraint") {
        c.name().map(Some)
    } else {
        Ok(None)
    }
}

/// Whether a table constraint comes next, not a column.
pub(super) fn is_table_constraint(c: &Cursor<'_>) -> bool {
    c.is("constraint")
        || c.are(&["check", "("])
        || c.is("unique")
        || c.are(&["primary", "key"])
        || c.are(&["foreign", "key"])
        || c.is("exclude") && (c.nth(1) == "(" || c.nth(1).eq_ignore_ascii_case("using"))
        || c.are(&["not", "null"])
}

/// Reads a table constraint.
pub(super) fn read<'a>(state: &State, c: &mut Cursor<'a>) -> Read<ConstraintSpec<'a>> {
    let name = name(c)?;
    let kind = if c.eat("check") {
        ConstraintKind::Check(check(c)?)
    } else if c.eat_all(&["foreign", "key"]) {
        let columns = c.list_in_parentheses(Cursor::name)?;
        ConstraintKind::Foreign(references(state, c, columns)?)
    } else if c.eat("exclude") {
        exclusion(c)?
    } else if c.eat_all(&["not", "null"]) {
        ConstraintKind::NotNull(c.name()?)
    } else {
        let primary = c.eat_all(&["primary", "key"]);
        if !primary {
            c.expect("unique")?;
        }
        ConstraintKind::Key(key(c, primary, None)?)
    };
    Ok(ConstraintSpec {
        name,
        kind,
        options: Options::read(c),
    })
}

/// `( expression )` after `CHECK`.
pub(super) fn check<'a>(c: &mut Cursor<'a>) -> Read<Cursor<'a>> {
    c.parentheses()
}

/// What follows `UNIQUE` or `PRIMARY KEY`; a column constraint names its column itself.
pub(super) fn key(c: &mut Cursor<'_>, primary: bool, column: Option<&Ident>) -> Read<KeySpec> {
    let mut key = KeySpec {
        primary,
        columns: column.cloned().into_iter().collect(),
        ..KeySpec::default()
    };
    if c.eat_all(&["nulls", "not", "distinct"]) {
        key.nulls_not_distinct = true;
    } else {
        c.eat_all(&["nulls", "distinct"]);
    }
    if c.are(&["using", "index"]) && !c.nth(2).eq_ignore_ascii_case("tablespace") {
        c.eat_all(&["using", "index"]);
        key.using_index = Some(c.name()?);
        return Ok(key);
    }
    if column.is_none() {
        key.columns = c.list_in_parentheses(Cursor::name)?;
    }
    key.include = include(c)?;
    index::storage(c)?;
    Ok(key)
}

/// `[ INCLUDE ( … ) ]`
pub(super) fn include(c: &mut Cursor<'_>) -> Read<Vec<Ident>> {
    if c.eat("include") {
        c.list_in_parentheses(Cursor::name)
    } else {
        Ok(Vec::new())
    }
}

/// What follows the referencing columns, from `REFERENCES` on.
pub(super) fn references(
    state: &State,
    c: &mut Cursor<'_>,
    columns: Vec<Ident>,
) -> Read<ForeignSpec> {
    c.expect("references")?;
    let table = c.path()?;
    let referenced = if c.is("(") {
        c.list_in_parentheses(Cursor::name)?
    } else {
        Vec::new()
    };
    let unsaid = (!state.context_only).then_some(Action::NoAction);
    let mut spec = ForeignSpec {
        columns,
        table,
        referenced,
        on_update: unsaid.clone(),
        on_delete: unsaid,
        match_full: false,
    };
    loop {
        if c.eat("match") {
            spec.match_full = c.is("full");
            c.skip();
        } else if c.eat_all(&["on", "delete"]) {
            spec.on_delete = Some(action(c)?);
        } else if c.eat_all(&["on", "update"]) {
            spec.on_update = Some(action(c)?);
        } else {
            return Ok(spec);
        }
    }
}

fn action(c: &mut Cursor<'_>) -> Read<Action> {
    let columns = |c: &mut Cursor<'_>| {
        if c.is("(") {
            c.list_in_parentheses(Cursor::name)
        } else {
            Ok(Vec::new())
        }
    };
    if c.eat_all(&["no", "action"]) {
        Ok(Action::NoAction)
    } else if c.eat("restrict") {
        Ok(Action::Restrict)
    } else if c.eat("cascade") {
        Ok(Action::Cascade)
    } else if c.eat_all(&["set", "null"]) {
        columns(c).map(Action::SetNull)
    } else if c.eat_all(&["set", "default"]) {
        columns(c).map(Action::SetDefault)
    } else {
        Err(c.misread("expected an action"))
    }
}

fn exclusion<'a>(c: &mut Cursor<'a>) -> Read<ConstraintKind<'a>> {
    let method = if c.eat("using") {
        c.name()?.as_str().to_owned()
    } else {
        "btree".to_owned()
    };
    let elements = c.list_in_parentheses(|c| {
        let element = index::element(c)?;
        c.expect("with")?;
        let operator = operator(c)?;
        Ok((element, operator))
    })?;
    let include = include(c)?;
    index::storage(c)?;
    let predicate = if c.eat("where") {
        Some(c.parentheses()?)
    } else {
        None
    };
    Ok(ConstraintKind::Exclude {
        method,
        elements,
        include,
        predicate,
    })
}

/// `&&` or `OPERATOR(pg_catalog.&&)`, bare.
fn operator(c: &mut Cursor<'_>) -> Read<String> {
    let mut part = if c.eat("operator") {
        c.parentheses()?
    } else {
        let before = *c;
        while !c.is_done() && !c.is(",") {
            c.skip();
        }
        before.until(c)
    };
    while part.is_name() {
        part.skip();
        part.eat(".");
    }
    Ok(part.source().to_owned())
}
