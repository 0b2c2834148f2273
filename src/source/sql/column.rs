//! Columns as they are written, in CREATE TABLE and ADD COLUMN.

use super::constraint::{self, ConstraintKind, ConstraintSpec};
use super::cursor::{Cursor, Read};
use super::function::bare;
use super::sequence;
use super::state::State;
use crate::schema::{Column, ColumnType, Expression, Generated, Ident, Identity};

/// A column as written, with the constraints beside it.
#[derive(Debug, Clone)]
pub(super) struct ColumnSpec<'a> {
    pub(super) column: Column,
    /// The integer type of a `serial`.
    pub(super) serial: Option<ColumnType>,
    pub(super) identity: Option<sequence::Options>,
    pub(super) constraints: Vec<ConstraintSpec<'a>>,
    /// Where it begins in the statement.
    pub(super) at: usize,
}

/// `name type [ clauses ]`
pub(super) fn read<'a>(state: &State, c: &mut Cursor<'a>) -> Read<ColumnSpec<'a>> {
    let at = c.offset();
    let name = c.name()?;
    let text = c.ty()?;
    let serial = serial(text);
    let ty = match &serial {
        Some(ty) => ty.clone(),
        None => state.ty(text),
    };
    let mut spec = ColumnSpec {
        column: Column::new(name, ty),
        identity: None,
        constraints: Vec::new(),
        at,
        serial,
    };
    if spec.serial.is_some() {
        spec.column.nullable = Some(false);
    }
    clauses(state, c, &mut spec)?;
    Ok(spec)
}

/// `name [ WITH OPTIONS ] [ clauses ]` of a partition or a typed table, over the column it has already.
pub(super) fn read_options<'a>(
    state: &State,
    c: &mut Cursor<'a>,
    inherited: &[Column],
) -> Read<ColumnSpec<'a>> {
    let at = c.offset();
    let name = c.name()?;
    let column = inherited
        .iter()
        .find(|column| column.name == name)
        .cloned()
        .ok_or_else(|| c.misread("expected a column of the parent"))?;
    let mut spec = ColumnSpec {
        column,
        serial: None,
        identity: None,
        constraints: Vec::new(),
        at,
    };
    c.eat_all(&["with", "options"]);
    clauses(state, c, &mut spec)?;
    Ok(spec)
}

/// The integer behind `serial` and its kin.
fn serial(text: &str) -> Option<ColumnType> {
    match text.to_ascii_lowercase().as_str() {
        "serial" | "serial4" => Some(ColumnType::Integer),
        "bigserial" | "serial8" => Some(ColumnType::Bigint),
        "smallserial" | "serial2" => Some(ColumnType::Smallint),
        _ => None,
    }
}

/// A collation's name without its namespace; the type's own is none.
pub(super) fn collation(c: &mut Cursor<'_>) -> Read<Option<String>> {
    let name = c.path()?.name;
    Ok(Some(name.as_str().to_owned()).filter(|n| n != "default"))
}

/// A default, unless it is NULL: what a column without one has. A string takes the column's type, as the
/// server reads it.
pub(super) fn default(state: &State, text: &Cursor<'_>, ty: &ColumnType) -> Option<Expression> {
    let mut rest = *text;
    if rest.eat("null") && (!rest.eat_all(&[":", ":"]) || rest.ty().is_ok()) && rest.is_done() {
        return None;
    }
    rest = *text;
    let source = text.source();
    let is_string = rest.string().is_ok() && rest.is_done();
    let is_known = !ty.is_unknown() && !matches!(ty.element(), ColumnType::Named(_));
    Some(if is_string && is_known {
        let ty = match bare(ty.clone()) {
            // Alone among the names of types, `char` says a length by saying none.
            ColumnType::Char { .. } => ColumnType::Char { limit: None },
            other => other,
        };
        state.expression(&format!("{source}::{ty}"))
    } else {
        state.expression(source)
    })
}

fn clauses<'a>(state: &State, c: &mut Cursor<'a>, spec: &mut ColumnSpec<'a>) -> Read<()> {
    while !c.is_done() && !c.is(",") {
        if c.eat("collate") {
            spec.column.collation = collation(c)?;
        } else if c.is("compression") || c.is("storage") {
            c.skip();
            c.skip();
        } else if c.eat("options") {
            c.parentheses()?;
        } else {
            let name = constraint::name(c)?;
            clause(state, c, spec, name)?;
        }
    }
    Ok(())
}

fn clause<'a>(
    state: &State,
    c: &mut Cursor<'a>,
    spec: &mut ColumnSpec<'a>,
    name: Option<Ident>,
) -> Read<()> {
    if c.eat_all(&["not", "null"]) {
        spec.column.nullable = Some(false);
        constraint::Options::read(c);
    } else if c.eat("null") {
        constraint::Options::read(c);
    } else if c.eat("default") {
        let text = c.expression()?;
        spec.column.default = default(state, &text, &spec.column.ty);
    } else if c.eat("generated") {
        generated(state, c, spec)?;
    } else {
        let column = &spec.column.name;
        let kind = if c.eat("check") {
            ConstraintKind::Check(constraint::check(c)?)
        } else if c.is("references") {
            ConstraintKind::Foreign(constraint::references(state, c, vec![column.clone()])?)
        } else if c.eat_all(&["primary", "key"]) {
            ConstraintKind::Key(constraint::key(c, true, Some(column))?)
        } else if c.eat("unique") {
            ConstraintKind::Key(constraint::key(c, false, Some(column))?)
        } else {
            return Err(c.misread("expected a column constraint"));
        };
        spec.constraints.push(ConstraintSpec {
            name,
            kind,
            options: constraint::Options::read(c),
        });
    }
    Ok(())
}

fn generated(state: &State, c: &mut Cursor<'_>, spec: &mut ColumnSpec<'_>) -> Read<()> {
    let identity = if c.eat("always") {
        Identity::Always
    } else {
        c.expect("by")?;
        c.expect("default")?;
        Identity::ByDefault
    };
    c.expect("as")?;
    if c.eat("identity") {
        spec.column.identity = Some(identity);
        spec.column.nullable = Some(false);
        spec.column.default = None;
        spec.identity = Some(sequence::Options::read_in_parentheses(state, c)?);
    } else {
        let text = c.parentheses()?;
        let stored = !c.eat("virtual");
        c.eat("stored");
        spec.column.generated = Some(Generated {
            expression: state.expression(text.source()),
            stored,
        });
        spec.column.default = None;
    }
    constraint::Options::read(c);
    Ok(())
}
