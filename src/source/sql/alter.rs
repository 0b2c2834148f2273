//! ALTER TABLE, and the forms of ALTER that every relation knows.

use super::column::{self, ColumnSpec};
use super::constraint::{self, ConstraintSpec};
use super::cursor::{Cursor, Path, Read};
use super::drop;
use super::keys;
use super::partition;
use super::rename;
use super::sequence;
use super::state::{Applied, Relation, State, Trouble, unknown};
use super::table::{add_sequences, parent_columns, read_bound};
use super::view;
use crate::schema::{
    ColumnType, Deferral, Expression, Generated, Ident, Identity, QualifiedName, TriggerState,
};

/// One action of ALTER TABLE.
enum Action<'a> {
    AddColumn {
        spec: Box<ColumnSpec<'a>>,
        keeps: bool,
    },
    DropColumn {
        name: Ident,
        may_miss: bool,
        cascades: bool,
    },
    Retype {
        column: Ident,
        ty: ColumnType,
        collation: Option<String>,
    },
    Default {
        column: Ident,
        expression: Option<Expression>,
    },
    Nullable {
        column: Ident,
        nullable: bool,
    },
    AddIdentity {
        column: Ident,
        identity: Identity,
        options: Box<sequence::Options>,
    },
    SetIdentity {
        column: Ident,
        identity: Identity,
    },
    DropIdentity {
        column: Ident,
    },
    /// `None` leaves an ordinary column.
    Generate {
        column: Ident,
        expression: Option<Expression>,
    },
    AddConstraint(Box<ConstraintSpec<'a>>),
    DropConstraint {
        name: Ident,
        may_miss: bool,
    },
    ValidateConstraint(Ident),
    AlterConstraint {
        name: Ident,
        deferral: Deferral,
    },
    Attach {
        child: Path,
        bound: String,
    },
    Detach(Path),
    Inherit(Path),
    NoInherit(Path),
    Rls(fn(&mut crate::schema::Rls)),
    Triggers {
        name: Option<Ident>,
        to: TriggerState,
    },
    Owner(String),
    Unlogged(bool),
    Nothing,
}

impl Action<'_> {
    /// The pass in which the server takes it: drops go first, then types, then new columns.
    fn pass(&self) -> u8 {
        match self {
            Self::DropColumn { .. } | Self::DropConstraint { .. } => 0,
            Self::Retype { .. } => 1,
            Self::AddColumn { .. } => 2,
            _ => 3,
        }
    }
}

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

fn set_owner(state: &mut State, name: &QualifiedName, role: String) {
    match state.relations.get_mut(name) {
        Some(Relation::Table(entry)) => entry.owner = Some(role),
        Some(Relation::View(entry)) => entry.owner = Some(role),
        Some(Relation::Sequence(entry)) => entry.owner = Some(role),
        Some(Relation::Index(_) | Relation::Opaque) | None => {}
    }
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
        let set: fn(&mut crate::schema::Rls) = if enables {
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

fn apply(state: &mut State, table: &QualifiedName, action: Action<'_>, only: bool) -> Applied {
    match action {
        Action::AddColumn { spec, keeps } => return add_column(state, table, *spec, keeps),
        Action::DropColumn {
            name,
            may_miss,
            cascades,
        } => {
            let exists = state
                .table(table)
                .is_some_and(|t| t.table.column(&name).is_some());
            if exists {
                drop::column(state, table, &name, cascades);
            } else if !may_miss {
                return unknown("column", &name);
            }
        }
        Action::AddConstraint(spec) => return keys::add(state, table, vec![*spec], only),
        Action::DropConstraint { name, may_miss } => {
            return drop_constraint(state, table, &name, may_miss);
        }
        Action::ValidateConstraint(name) => validate(state, table, &name),
        Action::AlterConstraint { name, deferral } => {
            if let Some(entry) = state.table_mut(table) {
                let keys = entry.table.foreign_keys.iter_mut();
                keys.filter(|key| key.name == name)
                    .for_each(|key| key.deferral = deferral);
            }
        }
        Action::Attach { child, bound } => match state.find_relation(&child) {
            Some(child) => {
                let columns = parent_columns(state, table);
                if let Some(entry) = state.table_mut(&child) {
                    entry.handed.columns = columns.into_iter().map(|c| c.name).collect();
                }
                partition::attach(state, table, &child, bound);
            }
            None => return state.missing("table", &child, false),
        },
        Action::Detach(child) => {
            if let Some(child) = state.find_relation(&child) {
                partition::detach(state, table, &child);
            }
        }
        Action::Inherit(parent) => return inherit(state, table, &parent),
        Action::NoInherit(parent) => no_inherit(state, table, &parent),
        Action::Rls(set) => {
            if let Some(entry) = state.table_mut(table) {
                set(&mut entry.table.rls);
            }
        }
        Action::Triggers { name, to } => {
            for member in state.family(table) {
                if let Some(entry) = state.table_mut(&member) {
                    let triggers = entry.table.triggers.iter_mut();
                    triggers
                        .filter(|t| name.as_ref().is_none_or(|name| t.name == *name))
                        .for_each(|t| t.enabled = to);
                }
            }
        }
        Action::Owner(role) => set_owner(state, table, role),
        Action::Unlogged(unlogged) => {
            if let Some(entry) = state.table_mut(table) {
                entry.table.unlogged = unlogged;
            }
        }
        Action::Nothing => {}
        of_column => return alter_column(state, table, of_column, only),
    }
    Ok(())
}

/// The actions on one column, in the table and all that inherit it.
fn alter_column(
    state: &mut State,
    table: &QualifiedName,
    action: Action<'_>,
    only: bool,
) -> Applied {
    let name = match &action {
        Action::Retype { column, .. }
        | Action::Default { column, .. }
        | Action::Nullable { column, .. }
        | Action::AddIdentity { column, .. }
        | Action::SetIdentity { column, .. }
        | Action::DropIdentity { column }
        | Action::Generate { column, .. } => column.clone(),
        _ => return Ok(()),
    };
    if state
        .table(table)
        .is_none_or(|t| t.table.column(&name).is_none())
    {
        return unknown("column", &name);
    }
    let own_alone = matches!(
        action,
        Action::AddIdentity { .. } | Action::SetIdentity { .. } | Action::DropIdentity { .. }
    );
    let members = if only || own_alone {
        vec![table.clone()]
    } else {
        state.family(table)
    };
    for member in members {
        let Some(column) = state.table_mut(&member).and_then(|t| t.column_mut(&name)) else {
            continue;
        };
        match &action {
            Action::Retype { ty, collation, .. } => {
                column.ty.clone_from(ty);
                column.collation.clone_from(collation);
            }
            Action::Default { expression, .. } => column.default.clone_from(expression),
            Action::Nullable { nullable, .. } => column.nullable = Some(*nullable),
            Action::AddIdentity { identity, .. } | Action::SetIdentity { identity, .. } => {
                column.identity = Some(*identity);
            }
            Action::DropIdentity { .. } => column.identity = None,
            Action::Generate { expression, .. } => {
                column.generated = expression.clone().map(|expression| Generated {
                    expression,
                    stored: column.generated.as_ref().is_none_or(|g| g.stored),
                });
            }
            _ => {}
        }
    }
    match action {
        Action::AddIdentity {
            column, options, ..
        } => {
            sequence::add_for_column(state, table, &column, &options, true);
        }
        Action::DropIdentity { column } => {
            sequence::drop_owned(state, table, Some(&column), true);
        }
        _ => {}
    }
    Ok(())
}

fn add_column(
    state: &mut State,
    table: &QualifiedName,
    mut spec: ColumnSpec<'_>,
    keeps: bool,
) -> Applied {
    let name = spec.column.name.clone();
    let exists = state
        .table(table)
        .is_some_and(|t| t.table.column(&name).is_some());
    if exists {
        return if keeps {
            Ok(())
        } else {
            Err(Trouble::Taken {
                name: name.to_string(),
            })
        };
    }
    add_sequences(state, table, &mut spec);
    let spot = state.spot_at(spec.at);
    for member in state.family(table) {
        let Some(entry) = state.table_mut(&member) else {
            continue;
        };
        if entry.table.column(&name).is_some() {
            continue;
        }
        let mut column = spec.column.clone();
        if member == *table {
            entry.column_spots.insert(name.clone(), spot);
        } else {
            column.identity = None;
            entry.handed.columns.insert(name.clone());
        }
        entry.table.columns.push(column);
    }
    keys::add(state, table, spec.constraints, false)
}

fn drop_constraint(
    state: &mut State,
    table: &QualifiedName,
    name: &Ident,
    may_miss: bool,
) -> Applied {
    let children = state.table(table).map(|t| t.children.clone());
    if !keys::drop(state, table, name) {
        return if may_miss {
            Ok(())
        } else {
            unknown("constraint", name)
        };
    }
    for child in children.unwrap_or_default() {
        let own = state.table(&child).and_then(|entry| {
            let handed = &entry.handed;
            if handed.checks.contains(name) || handed.foreign_keys.contains(name) {
                return Some(name.clone());
            }
            let mut pairs = handed.indexes.iter();
            pairs
                .find(|(_, parent)| *parent == name)
                .map(|(own, _)| own.clone())
        });
        if let Some(own) = own {
            drop_constraint(state, &child, &own, true)?;
        }
    }
    Ok(())
}

fn validate(state: &mut State, table: &QualifiedName, name: &Ident) {
    for member in state.family(table) {
        if let Some(entry) = state.table_mut(&member) {
            for check in entry.table.checks.iter_mut().filter(|c| c.name == *name) {
                check.not_valid = false;
            }
            let keys = entry.table.foreign_keys.iter_mut();
            keys.filter(|key| key.name == *name)
                .for_each(|key| key.not_valid = false);
        }
    }
}

fn inherit(state: &mut State, table: &QualifiedName, parent: &Path) -> Applied {
    let Some(parent) = state.find_relation(parent) else {
        return state.missing("table", parent, false);
    };
    if let Some(entry) = state.table_mut(&parent) {
        entry.children.push(table.clone());
    }
    if let Some(entry) = state.table_mut(table) {
        entry.table.inherits.push(parent);
    }
    Ok(())
}

fn no_inherit(state: &mut State, table: &QualifiedName, parent: &Path) {
    let Some(parent) = state.find_relation(parent) else {
        return;
    };
    if let Some(entry) = state.table_mut(&parent) {
        entry.children.retain(|child| child != table);
    }
    if let Some(entry) = state.table_mut(table) {
        entry.table.inherits.retain(|p| *p != parent);
    }
}
