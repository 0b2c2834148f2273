//! DROP, and what goes with what is dropped.

use super::cursor::{Cursor, Path, Read};
use super::expression::mentions;
use super::function;
use super::keys;
use super::sequence;
use super::state::{Applied, Relation, State, UserType};
use super::walk::Holds;
use crate::schema::{ColumnType, Expression, Ident, IndexKey, QualifiedName};

/// `DROP …`, from after `DROP`.
pub(super) fn drop(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    if let Some(kind) = c.eat_any(&["table", "view", "sequence", "index"]) {
        return relations(state, c, kind);
    }
    if c.eat_all(&["materialized", "view"]) {
        return relations(state, c, "materialized view");
    }
    if c.eat_all(&["foreign", "table"]) {
        return relations(state, c, "table");
    }
    if let Some(kind) = c.eat_any(&["type", "domain"]) {
        return types(state, c, kind);
    }
    if c.eat_any(&["function", "procedure", "routine"]).is_some() {
        return routines(state, c);
    }
    if let Some(kind) = c.eat_any(&["trigger", "policy", "rule"]) {
        return of_table(state, c, kind);
    }
    if let Some(kind) = c.eat_any(&["schema", "extension", "publication"]) {
        let (names, _, _) = list(c, Cursor::name)?;
        for name in names {
            match kind {
                "schema" => namespace(state, &name),
                "extension" => {
                    state.extensions.remove(&name);
                }
                _ => {
                    state.publications.remove(&name);
                }
            }
        }
        return Ok(());
    }
    unmodelled(state, c);
    Ok(())
}

/// Takes what is not part of the model off the list of what was seen.
fn unmodelled(state: &mut State, c: &Cursor<'_>) {
    let mut words = c.words().map(|(word, _)| word);
    let Some(kind) = words.next() else {
        return;
    };
    let rest: Vec<Ident> = words.filter_map(super::literal::name).collect();
    state.unmodelled.retain(|seen| {
        let is_kind = seen.what.starts_with(&kind.to_ascii_lowercase());
        let is_named = super::literal::path(&seen.shown)
            .and_then(|mut parts| parts.pop())
            .is_some_and(|name| rest.contains(&name));
        !(is_kind && is_named)
    });
}

/// `[ CONCURRENTLY ] [ IF EXISTS ] a, b [ CASCADE | RESTRICT ]`: the names, whether they may be missing,
/// whether what depends on them goes, too.
fn list<'a, T>(
    c: &mut Cursor<'a>,
    item: impl FnMut(&mut Cursor<'a>) -> Read<T>,
) -> Read<(Vec<T>, bool, bool)> {
    c.eat("concurrently");
    let may_miss = c.eat_all(&["if", "exists"]);
    let items = c.list(item)?;
    let cascades = c.eat("cascade");
    c.eat("restrict");
    c.expect_done()?;
    Ok((items, may_miss, cascades))
}

fn relations(state: &mut State, c: &mut Cursor<'_>, kind: &'static str) -> Applied {
    let (paths, may_miss, cascades) = list(c, Cursor::path)?;
    for path in paths {
        match state.find_relation(&path) {
            Some(name) => relation(state, &name, cascades),
            None => state.missing(kind, &path, may_miss)?,
        }
    }
    Ok(())
}

/// Drops a relation with everything that belongs to it, and with what depends on it when told to.
pub(super) fn relation(state: &mut State, name: &QualifiedName, cascades: bool) {
    match state.relations.get(name) {
        Some(Relation::Table(_)) => table(state, name, cascades),
        Some(Relation::View(_)) => {
            view_parts(state, name);
            state.relations.remove(name);
            if cascades {
                dependents(state, name);
            }
        }
        Some(Relation::Sequence(_)) => {
            state.relations.remove(name);
            if cascades {
                drop_defaults(state, &name.name);
            }
        }
        Some(Relation::Index(of)) => {
            let of = of.clone();
            index(state, &of, &name.name);
        }
        Some(Relation::Opaque) | None => {
            state.relations.remove(name);
            state.unmodelled.retain(|u| u.name.as_ref() != Some(name));
        }
    }
}

fn table(state: &mut State, name: &QualifiedName, cascades: bool) {
    let Some(entry) = state.table(name) else {
        return;
    };
    let children = entry.children.clone();
    let constraints = entry.constraint_names();
    let indexes = entry.index_names();
    for child in children {
        relation(state, &child, cascades);
    }
    for constraint in constraints {
        state.forget_constraint(&name.namespace, &constraint);
    }
    for index in indexes {
        let index = QualifiedName::new(name.namespace.clone(), index);
        state.relations.remove(&index);
    }
    sequence::drop_owned(state, name, None, false);
    state.relations.remove(name);
    let mut dropped = Vec::new();
    for entry in state.tables_mut() {
        entry.children.retain(|child| child != name);
        let namespace = entry.table.name.namespace.clone();
        entry.table.foreign_keys.retain(|key| {
            let depends = key.references == *name;
            if depends {
                dropped.push((namespace.clone(), key.name.clone()));
            }
            !depends
        });
    }
    for (namespace, key) in dropped {
        state.forget_constraint(&namespace, &key);
    }
    for publication in state.publications.values_mut() {
        publication.tables.remove(name);
    }
    state
        .unmodelled
        .retain(|u| u.what != "rule" || u.name.as_ref() != Some(name));
    if cascades {
        dependents(state, name);
        uses_of_type(state, name);
    }
}

fn view_parts(state: &mut State, name: &QualifiedName) {
    let indexes: Vec<Ident> = state
        .view_mut(name)
        .map(|v| v.view.indexes.iter().map(|i| i.name.clone()).collect())
        .unwrap_or_default();
    for index in indexes {
        let index = QualifiedName::new(name.namespace.clone(), index);
        state.relations.remove(&index);
    }
}

fn index(state: &mut State, of: &QualifiedName, name: &Ident) {
    let relation = QualifiedName::new(of.namespace.clone(), name.clone());
    state.relations.remove(&relation);
    let mut handed_down = Vec::new();
    match state.relations.get_mut(of) {
        Some(Relation::View(entry)) => entry.view.indexes.retain(|i| i.name != *name),
        Some(Relation::Table(entry)) => {
            entry.table.indexes.retain(|i| i.name != *name);
            entry.handed.indexes.remove(name);
            handed_down.clone_from(&entry.children);
        }
        _ => {}
    }
    for child in handed_down {
        let own = state.table(&child).and_then(|entry| {
            let mut pairs = entry.handed.indexes.iter();
            pairs
                .find(|(_, parent)| *parent == name)
                .map(|(own, _)| own.clone())
        });
        if let Some(own) = own {
            index(state, &child, &own);
        }
    }
}

/// Drops the views and the policies that select from a relation.
fn dependents(state: &mut State, name: &QualifiedName) {
    let views: Vec<QualifiedName> = state
        .relations
        .iter()
        .filter_map(|(view, relation)| match relation {
            Relation::View(entry) if mentions(&entry.view.query, &name.name) => Some(view.clone()),
            _ => None,
        })
        .collect();
    for view in views {
        relation(state, &view, true);
    }
    for entry in state.tables_mut() {
        entry
            .table
            .policies
            .retain(|p| !p.holds(&|e| e.needs_server && mentions(e, &name.name)));
    }
}

fn drop_defaults(state: &mut State, name: &Ident) {
    for entry in state.tables_mut() {
        for column in &mut entry.table.columns {
            if column.default.as_ref().is_some_and(|d| mentions(d, name)) {
                column.default = None;
            }
        }
    }
}

fn types(state: &mut State, c: &mut Cursor<'_>, kind: &'static str) -> Applied {
    let (paths, may_miss, cascades) = list(c, Cursor::path)?;
    for path in paths {
        match state.resolve(&path, |name| state.types.contains_key(name)) {
            Some(name) => ty(state, &name, cascades),
            None => state.missing(kind, &path, may_miss)?,
        }
    }
    Ok(())
}

fn ty(state: &mut State, name: &QualifiedName, cascades: bool) {
    if let Some(UserType::Domain(domain)) = state.types.remove(name) {
        for check in domain.checks {
            state.forget_constraint(&name.namespace, &check.name);
        }
    }
    state.unmodelled.retain(|u| u.name.as_ref() != Some(name));
    if cascades {
        uses_of_type(state, name);
    }
}

/// Drops the columns and the functions that use a type.
fn uses_of_type(state: &mut State, name: &QualifiedName) {
    let is_it = |ty: &ColumnType| matches!(ty.element(), ColumnType::Named(n) if n == name);
    let columns: Vec<(QualifiedName, Ident)> = state
        .tables()
        .flat_map(|entry| {
            let columns = entry.table.columns.iter().filter(|c| is_it(&c.ty));
            columns.map(|c| (entry.table.name.clone(), c.name.clone()))
        })
        .collect();
    for (table, column_name) in columns {
        column(state, &table, &column_name, true);
    }
    for overloads in state.routines.values_mut() {
        overloads.retain(|routine| {
            let function = &routine.function;
            !function.parameters.iter().any(|p| is_it(&p.ty))
                && !function.returns.as_ref().is_some_and(is_it)
        });
    }
    state.routines.retain(|_, overloads| !overloads.is_empty());
}

/// Drops a column with every index and constraint that holds it; with `cascades`, also what the server
/// would refuse to leave behind.
pub(super) fn column(state: &mut State, table: &QualifiedName, name: &Ident, cascades: bool) {
    let Some(entry) = state.table_mut(table) else {
        return;
    };
    entry.table.columns.retain(|c| c.name != *name);
    entry.column_spots.remove(name);
    entry.handed.columns.remove(name);
    entry.acl.drop_column(name);
    let children = entry.children.clone();
    let names_it = |e: &Expression| e.columns().contains(name);
    let t = &entry.table;
    let holds_column = |key: &IndexKey| matches!(key, IndexKey::Column(c) if c == name);
    let keys = t.primary_key.iter().chain(&t.unique);
    let keys = keys.filter(|k| k.columns.contains(name) || k.include.contains(name));
    let excluded = t
        .exclusions
        .iter()
        .filter(|x| x.elements.iter().any(|(e, _)| holds_column(&e.key)) || x.holds(&names_it));
    let constraints: Vec<Ident> = keys
        .map(|k| &k.name)
        .chain(excluded.map(|x| &x.name))
        .chain(
            t.foreign_keys
                .iter()
                .filter(|f| f.columns.contains(name))
                .map(|f| &f.name),
        )
        .chain(
            t.checks
                .iter()
                .filter(|c| c.holds(&names_it))
                .map(|c| &c.name),
        )
        .cloned()
        .collect();
    let indexes: Vec<Ident> = t
        .indexes
        .iter()
        .filter(|i| {
            i.elements.iter().any(|e| holds_column(&e.key))
                || i.include.contains(name)
                || i.holds(&names_it)
        })
        .map(|i| i.name.clone())
        .collect();
    for constraint in constraints {
        keys::drop(state, table, &constraint);
    }
    for own in indexes {
        index(state, table, &own);
    }
    sequence::drop_owned(state, table, Some(name), false);
    if cascades {
        dependents_of_column(state, table, name);
    }
    for child in children {
        let is_inherited = state
            .table(&child)
            .is_some_and(|t| t.handed.columns.contains(name));
        if is_inherited {
            column(state, &child, name, cascades);
        }
    }
}

fn dependents_of_column(state: &mut State, table: &QualifiedName, name: &Ident) {
    let names_it = |e: &Expression| e.columns().contains(name);
    let Some(entry) = state.table_mut(table) else {
        return;
    };
    let t = &mut entry.table;
    t.policies.retain(|p| !p.holds(&names_it));
    t.triggers.retain(|trigger| {
        let on_column = trigger
            .events
            .iter()
            .any(|event| super::trigger::is_on_column(event, name));
        !on_column && !trigger.holds(&names_it)
    });
    let generated: Vec<Ident> = t
        .columns
        .iter()
        .filter(|c| {
            c.generated
                .as_ref()
                .is_some_and(|g| names_it(&g.expression))
        })
        .map(|c| c.name.clone())
        .collect();
    for dependent in generated {
        column(state, table, &dependent, true);
    }
    let views: Vec<QualifiedName> = state
        .relations
        .iter()
        .filter_map(|(view, relation)| match relation {
            Relation::View(entry)
                if mentions(&entry.view.query, &table.name)
                    && mentions(&entry.view.query, name) =>
            {
                Some(view.clone())
            }
            _ => None,
        })
        .collect();
    for view in views {
        relation(state, &view, true);
    }
}

fn routines(state: &mut State, c: &mut Cursor<'_>) -> Applied {
    let mut named = Vec::new();
    c.eat("concurrently");
    let may_miss = c.eat_all(&["if", "exists"]);
    loop {
        named.push(function::read_reference(state, c)?);
        if !c.eat(",") {
            break;
        }
    }
    let cascades = c.eat("cascade");
    c.eat("restrict");
    c.expect_done()?;
    for reference in named {
        match function::find(state, &reference) {
            Some((name, at)) => routine(state, &name, at, cascades),
            None => state.missing("function", &reference.path, may_miss)?,
        }
    }
    Ok(())
}

fn routine(state: &mut State, name: &QualifiedName, at: usize, cascades: bool) {
    let Some(overloads) = state.routines.get_mut(name) else {
        return;
    };
    overloads.remove(at);
    if overloads.is_empty() {
        state.routines.remove(name);
    }
    if !cascades {
        return;
    }
    for relation in state.relations.values_mut() {
        match relation {
            Relation::Table(entry) => {
                let t = &mut entry.table;
                t.triggers.retain(|trigger| trigger.function != *name);
                t.policies
                    .retain(|p| !p.holds(&|e| mentions(e, &name.name)));
            }
            Relation::View(entry) => {
                entry.view.triggers.retain(|t| t.function != *name);
            }
            Relation::Sequence(_) | Relation::Index(_) | Relation::Opaque => {}
        }
    }
    drop_defaults(state, &name.name);
}

/// `DROP { TRIGGER | POLICY | RULE } [ IF EXISTS ] name ON table`
fn of_table(state: &mut State, c: &mut Cursor<'_>, kind: &'static str) -> Applied {
    let may_miss = c.eat_all(&["if", "exists"]);
    let name = c.name()?;
    c.expect("on")?;
    let path: Path = c.path()?;
    let Some(of) = state.find_relation(&path) else {
        return state.missing("table", &path, may_miss);
    };
    if kind == "rule" {
        state.unmodelled.retain(|u| {
            !(u.what == "rule" && u.name.as_ref() == Some(&of) && u.shown == name.to_string())
        });
        return Ok(());
    }
    let family = state.family(&of);
    for member in family {
        match state.relations.get_mut(&member) {
            Some(Relation::Table(entry)) if kind == "policy" => {
                entry.table.policies.retain(|p| p.name != name);
                break;
            }
            Some(Relation::Table(entry)) => entry.table.triggers.retain(|t| t.name != name),
            Some(Relation::View(entry)) => entry.view.triggers.retain(|t| t.name != name),
            _ => {}
        }
    }
    Ok(())
}

/// Drops a namespace with everything in it.
fn namespace(state: &mut State, namespace: &Ident) {
    let relations: Vec<QualifiedName> = state
        .relations
        .keys()
        .filter(|name| name.namespace == *namespace)
        .cloned()
        .collect();
    for name in relations {
        relation(state, &name, true);
    }
    let types: Vec<QualifiedName> = state
        .types
        .keys()
        .filter(|name| name.namespace == *namespace)
        .cloned()
        .collect();
    for name in types {
        ty(state, &name, true);
    }
    let routines: Vec<QualifiedName> = state
        .routines
        .keys()
        .filter(|name| name.namespace == *namespace)
        .cloned()
        .collect();
    for name in routines {
        while state.routines.contains_key(&name) {
            routine(state, &name, 0, true);
        }
    }
    state
        .unmodelled
        .retain(|u| u.name.as_ref().is_none_or(|n| n.namespace != *namespace));
    state.defaults.forget(namespace);
}
