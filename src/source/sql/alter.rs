//! ALTER TABLE as it is written, and the forms of ALTER that every relation knows.

use super::action::{Action, apply, set_owner};
use super::column;
use super::constraint;
use super::cursor::{Cursor, Read};
use super::partition;
use super::rename;
use super::sequence;
use super::state::{Applied, Relation, State, unknown};
use super::table::read_bound;
use super::view;
use crate::schema::{ColumnType, Identity, QualifiedName, Rls, TriggerState};

/// `ALTER { TABLE | VIEW | SEQUENCE | INDEX | … }`, from after the kind.
pub(super) fn relation(state: &mut State, c: &mut Cursor<'_>, kind: &'static str) -> Applied {
    if c.eat_all(&["all", "in", "tablespace"]) {
        return Ok(());
    }
    let may_miss = c.eat_all(&["if", "exists"]);
    let only = c.eat("only");
    let path = c.path()?;
    c.eat("*");
    let Some(name) = state.find_relation(&path) else {
        return state.missing(kind, &path, may_miss);
    };
    if c.eat("rename") {
        return rename_part(state, c, &name);
    }
    if c.eat_all(&["set", "schema"]) {
        let to = QualifiedName::new(c.name()?, name.name.clone());
        c.expect_done()?;
        rename::relation(state, &name, &to);
        return Ok(());
    }
    if c.eat_all(&["owner", "to"]) {
        let role = super::grant::role(state, c)?;
        c.expect_done()?;
        set_owner(state, &name, role);
        return Ok(());
    }
    match state.relations.get(&name) {
        Some(Relation::Table(_)) => table(state, c, &name, only),
        Some(Relation::View(_)) => view::alter(state, c, &name),
        Some(Relation::Sequence(_)) => sequence::alter(state, &name, c),
        Some(Relation::Index(_)) => index(state, c, &name),
        Some(Relation::Opaque) | None => Ok(()),
    }
}

/// `RENAME TO b`, `RENAME CONSTRAINT a TO b`, `RENAME [ COLUMN ] a TO b`
fn rename_part(state: &mut State, c: &mut Cursor<'_>, name: &QualifiedName) -> Applied {
    if c.eat("to") {
        let to = QualifiedName::new(name.namespace.clone(), c.name()?);
        c.expect_done()?;
        rename::relation(state, name, &to);
        return Ok(());
    }
    let is_constraint = c.eat("constraint");
    if !is_constraint && c.is("column") && !c.nth(1).eq_ignore_ascii_case("to") {
        c.skip();
    }
    let from = c.name()?;
    c.expect("to")?;
    let to = c.name()?;
    c.expect_done()?;
    if state.table(name).is_none() {
        return Ok(());
    }
    let (kind, found) = if is_constraint {
        ("constraint", rename::constraint(state, name, &from, &to))
    } else {
        ("column", rename::column(state, name, &from, &to))
    };
    if found { Ok(()) } else { unknown(kind, &from) }
}

/// `ALTER INDEX name …`: only partitions matter to the model.
fn index(state: &mut State, c: &mut Cursor<'_>, name: &QualifiedName) -> Applied {
    if !c.eat_all(&["attach", "partition"]) {
        return Ok(());
    }
    let path = c.path()?;
    match state.find_relation(&path) {
        Some(child) => {
            partition::attach_index(state, name, &child);
            Ok(())
        }
        None => state.missing("index", &path, false),
    }
}

fn table(state: &mut State, c: &mut Cursor<'_>, name: &QualifiedName, only: bool) -> Applied {
    let mut actions = Vec::new();
    for mut part in c.split_at_commas() {
        let action = read(state, &mut part, name)?;
        part.expect_done()?;
        actions.push(action);
    }
    actions.sort_by_key(Action::pass);
    for action in actions {
        apply(state, name, action, only)?;
    }
    Ok(())
}

fn read<'a>(state: &State, c: &mut Cursor<'a>, table: &QualifiedName) -> Read<Action<'a>> {
    if c.eat("add") {
        return read_add(state, c);
    }
    if c.eat("drop") {
        return read_drop(c);
    }
    if c.eat("alter") {
        if c.eat("constraint") {
            let name = c.name()?;
            let deferral = constraint::Options::read(c).deferral;
            c.skip_all();
            return Ok(Action::AlterConstraint { name, deferral });
        }
        c.eat("column");
        return read_alter_column(state, c, table);
    }
    if c.eat_all(&["validate", "constraint"]) {
        return c.name().map(Action::ValidateConstraint);
    }
    if c.eat_all(&["attach", "partition"]) {
        let child = c.path()?;
        let bound = read_bound(state, c, table)?;
        return Ok(Action::Attach { child, bound });
    }
    if c.eat_all(&["detach", "partition"]) {
        let child = c.path()?;
        c.eat_any(&["concurrently", "finalize"]);
        return Ok(Action::Detach(child));
    }
    if c.eat("inherit") {
        return c.path().map(Action::Inherit);
    }
    if c.eat_all(&["no", "inherit"]) {
        return c.path().map(Action::NoInherit);
    }
    if c.eat_all(&["owner", "to"]) {
        return super::grant::role(state, c).map(Action::Owner);
    }
    Ok(read_switch(c)?.unwrap_or_else(|| {
        // How the table is stored and replicated is no part of the model.
        c.skip_all();
        Action::Nothing
    }))
}

/// What is switched on and off.
fn read_switch<'a>(c: &mut Cursor<'_>) -> Read<Option<Action<'a>>> {
    let rls = ["row", "level", "security"];
    if c.eat_all(&["set", "logged"]) {
        return Ok(Some(Action::Unlogged(false)));
    }
    if c.eat_all(&["set", "unlogged"]) {
        return Ok(Some(Action::Unlogged(true)));
    }
    if c.eat("force") && c.eat_all(&rls) {
        return Ok(Some(Action::Rls(|rls| rls.forced = true)));
    }
    if c.eat_all(&["no", "force"]) && c.eat_all(&rls) {
        return Ok(Some(Action::Rls(|rls| rls.forced = false)));
    }
    let enables = c.eat("enable");
    if !enables && !c.eat("disable") {
        return Ok(None);
    }
    if c.eat_all(&rls) {
        let set: fn(&mut Rls) = if enables {
            |rls| rls.enabled = true
        } else {
            |rls| rls.enabled = false
        };
        return Ok(Some(Action::Rls(set)));
    }
    let to = match (enables, c.eat_any(&["replica", "always"])) {
        (false, _) => TriggerState::Disabled,
        (true, None) => TriggerState::Enabled,
        (true, Some("replica")) => TriggerState::Replica,
        (true, Some(_)) => TriggerState::Always,
    };
    if c.eat("rule") {
        c.name()?;
        return Ok(Some(Action::Nothing));
    }
    c.expect("trigger")?;
    let name = if c.eat("all") || c.eat("user") {
        None
    } else {
        Some(c.name()?)
    };
    Ok(Some(Action::Triggers { name, to }))
}

fn read_add<'a>(state: &State, c: &mut Cursor<'a>) -> Read<Action<'a>> {
    if constraint::is_table_constraint(c) {
        return Ok(Action::AddConstraint(Box::new(constraint::read(state, c)?)));
    }
    c.eat("column");
    let keeps = c.eat_all(&["if", "not", "exists"]);
    let spec = Box::new(column::read(state, c)?);
    Ok(Action::AddColumn { spec, keeps })
}

fn read_drop<'a>(c: &mut Cursor<'_>) -> Read<Action<'a>> {
    let is_constraint = c.eat("constraint");
    if !is_constraint {
        c.eat("column");
    }
    let may_miss = c.eat_all(&["if", "exists"]);
    let name = c.name()?;
    let cascades = c.eat("cascade");
    c.eat("restrict");
    Ok(if is_constraint {
        Action::DropConstraint { name, may_miss }
    } else {
        Action::DropColumn {
            name,
            may_miss,
            cascades,
        }
    })
}

fn read_alter_column<'a>(
    state: &State,
    c: &mut Cursor<'a>,
    table: &QualifiedName,
) -> Read<Action<'a>> {
    let column = c.name()?;
    if c.eat_all(&["set", "data", "type"]) || c.eat("type") {
        let ty = state.ty(c.ty()?);
        let collation = if c.eat("collate") {
            column::collation(c)?
        } else {
            None
        };
        if c.eat("using") {
            c.expression()?;
        }
        return Ok(Action::Retype {
            column,
            ty,
            collation,
        });
    }
    if c.eat_all(&["set", "default"]) {
        let ty = state
            .table(table)
            .and_then(|t| t.table.column(&column))
            .map_or(&ColumnType::Text, |c| &c.ty);
        let expression = column::default(state, &c.expression()?, ty);
        return Ok(Action::Default { column, expression });
    }
    if c.eat_all(&["drop", "default"]) {
        return Ok(Action::Default {
            column,
            expression: None,
        });
    }
    if c.are(&["set", "not", "null"]) || c.are(&["drop", "not", "null"]) {
        let nullable = c.is("drop");
        c.skip_all();
        return Ok(Action::Nullable { column, nullable });
    }
    if c.eat_all(&["drop", "identity"]) {
        c.eat_all(&["if", "exists"]);
        return Ok(Action::DropIdentity { column });
    }
    if c.eat_all(&["drop", "expression"]) {
        c.eat_all(&["if", "exists"]);
        return Ok(Action::Generate {
            column,
            expression: None,
        });
    }
    if c.eat_all(&["set", "expression", "as"]) {
        let text = c.parentheses()?;
        return Ok(Action::Generate {
            column,
            expression: Some(state.expression(text.source())),
        });
    }
    if c.eat_all(&["add", "generated"]) {
        let identity = identity(c)?;
        c.expect("as")?;
        c.expect("identity")?;
        let options = Box::new(sequence::Options::read_in_parentheses(state, c)?);
        return Ok(Action::AddIdentity {
            column,
            identity,
            options,
        });
    }
    if c.eat_all(&["set", "generated"]) {
        let identity = identity(c)?;
        c.skip_all();
        return Ok(Action::SetIdentity { column, identity });
    }
    // Statistics, storage, compression, an identity sequence's options.
    c.skip_all();
    Ok(Action::Nothing)
}

fn identity(c: &mut Cursor<'_>) -> Read<Identity> {
    if c.eat("always") {
        return Ok(Identity::Always);
    }
    c.expect("by")?;
    c.expect("default")?;
    Ok(Identity::ByDefault)
}
