//! What the actions of ALTER TABLE do.

use super::column::ColumnSpec;
use super::constraint::ConstraintSpec;
use super::cursor::Path;
use super::drop;
use super::keys;
use super::partition;
use super::sequence;
use super::state::{Applied, Relation, State, Trouble, unknown};
use super::table::{add_sequences, parent_columns};
use crate::schema::{
    ColumnType, Deferral, Expression, Generated, Ident, Identity, QualifiedName, Rls, TriggerState,
};

/// One action of ALTER TABLE.
pub(super) enum Action<'a> {
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
    Rls(fn(&mut Rls)),
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
    pub(super) fn pass(&self) -> u8 {
        match self {
            Self::DropColumn { .. } | Self::DropConstraint { .. } => 0,
            Self::Retype { .. } => 1,
            Self::AddColumn { .. } => 2,
            _ => 3,
        }
    }
}

pub(super) fn apply(
    state: &mut State,
    table: &QualifiedName,
    action: Action<'_>,
    only: bool,
) -> Applied {
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

/// Notes the owner of a relation.
pub(super) fn set_owner(state: &mut State, name: &QualifiedName, role: String) {
    match state.relations.get_mut(name) {
        Some(Relation::Table(entry)) => entry.owner = Some(role),
        Some(Relation::View(entry)) => entry.owner = Some(role),
        Some(Relation::Sequence(entry)) => entry.owner = Some(role),
        Some(Relation::Index(_) | Relation::Opaque) | None => {}
    }
}
