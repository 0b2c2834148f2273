//! CREATE INDEX, and the elements that indexes and exclusion constraints share.

use super::constraint;
use super::cursor::{Cursor, Read};
use super::expression;
use super::names::{index_columns, joined};
use super::partition;
use super::state::{Applied, Relation, State};
use crate::schema::{Column, ColumnType, Ident, Index, IndexElement, IndexKey, QualifiedName};

/// An element of an index as written.
#[derive(Debug, Clone)]
pub(super) struct ElementSpec<'a> {
    text: Cursor<'a>,
    collation: Option<String>,
    opclass: Option<String>,
    descending: bool,
    nulls_first: Option<bool>,
}

/// `{ column | ( expression ) | call } [ COLLATE … ] [ opclass ] [ ASC | DESC ] [ NULLS … ]`
pub(super) fn element<'a>(c: &mut Cursor<'a>) -> Read<ElementSpec<'a>> {
    let mut text = c.expression()?;
    let mut collation = None;
    if let Some((head, mut tail)) = text.split_at_word("collate") {
        text = head;
        collation = Some(tail.path()?.name.as_str().to_owned());
    } else if c.eat("collate") {
        collation = Some(c.path()?.name.as_str().to_owned());
    }
    let ends = ["asc", "desc", "nulls", "with"];
    let opclass = if c.is_name() && !ends.iter().any(|word| c.is(word)) {
        let name = c.path()?.name;
        if c.is("(") {
            c.parentheses()?;
        }
        Some(name.as_str().to_owned())
    } else {
        None
    };
    let descending = c.eat("desc");
    if !descending {
        c.eat("asc");
    }
    let nulls_first = match (c.eat("nulls"), c.eat_any(&["first", "last"])) {
        (true, Some(end)) => Some(end == "first"),
        _ => None,
    };
    Ok(ElementSpec {
        text,
        collation,
        opclass,
        descending,
        nulls_first,
    })
}

/// Passes over what says how an index is stored.
pub(super) fn storage(c: &mut Cursor<'_>) -> Read<()> {
    if c.eat("with") {
        c.parentheses()?;
    }
    c.eat_all(&["using", "index"]);
    if c.eat("tablespace") {
        c.name()?;
    }
    Ok(())
}

impl ElementSpec<'_> {
    /// The element over the table's columns.
    pub(super) fn build(&self, state: &State, columns: &[Column], method: &str) -> IndexElement {
        let mut text = self.text;
        while text.is("(")
            && let mut rest = text
            && let Ok(inner) = rest.parentheses()
            && rest.is_done()
        {
            text = inner;
        }
        let mut plain = text;
        let column = match plain.path() {
            Ok(path) if plain.is_done() => Some(path.name),
            _ => None,
        };
        let ty = column
            .as_ref()
            .and_then(|name| columns.iter().find(|c| c.name == *name));
        let own_collation = ty.and_then(|c| c.collation.as_ref());
        IndexElement {
            collation: self.collation.clone().filter(|c| {
                Some(c) != own_collation && (c != "default" || own_collation.is_some())
            }),
            opclass: self
                .opclass
                .clone()
                .filter(|o| !ty.is_some_and(|c| is_default_opclass(method, &c.ty, o))),
            descending: self.descending,
            nulls_first: self.nulls_first.unwrap_or(self.descending),
            key: match column {
                Some(name) => IndexKey::Column(name),
                None => IndexKey::Expression(state.expression(self.text.source())),
            },
        }
    }
}

/// Whether the server leaves the operator class out when it prints such an index.
fn is_default_opclass(method: &str, ty: &ColumnType, opclass: &str) -> bool {
    use ColumnType as T;
    let default = match (method, ty) {
        ("gin", T::Jsonb) => "jsonb_ops",
        ("gin" | "btree" | "hash", T::Array(_)) => "array_ops",
        ("gin" | "gist", T::Other(name)) if name == "tsvector" => "tsvector_ops",
        ("btree" | "hash", ty) => match ty {
            T::Smallint => "int2_ops",
            T::Integer => "int4_ops",
            T::Bigint => "int8_ops",
            T::Real => "float4_ops",
            T::Double => "float8_ops",
            T::Numeric { .. } => "numeric_ops",
            T::Boolean => "bool_ops",
            T::Text | T::Varchar { .. } => "text_ops",
            T::Char { .. } => "bpchar_ops",
            T::Bytea => "bytea_ops",
            T::Uuid => "uuid_ops",
            T::Jsonb => "jsonb_ops",
            T::Date => "date_ops",
            T::Time { tz: false, .. } => "time_ops",
            T::Time { tz: true, .. } => "timetz_ops",
            T::Timestamp { tz: false, .. } => "timestamp_ops",
            T::Timestamp { tz: true, .. } => "timestamptz_ops",
            T::Interval { .. } => "interval_ops",
            _ => return false,
        },
        _ => return false,
    };
    default == opclass
}

/// The part of an index's name that comes from what it holds.
pub(super) fn name_part<'a>(
    elements: impl IntoIterator<Item = &'a IndexElement>,
    include: &[Ident],
) -> String {
    let own = elements.into_iter().map(|element| match &element.key {
        IndexKey::Column(name) => name.as_str().to_owned(),
        IndexKey::Expression(text) => expression::index_name(&text.text),
    });
    let names = index_columns(own.chain(include.iter().map(|name| name.as_str().to_owned())));
    joined(names.iter().map(String::as_str))
}

/// `CREATE [ UNIQUE ] INDEX …`, from after `INDEX`.
pub(super) fn create(state: &mut State, c: &mut Cursor<'_>, unique: bool) -> Applied {
    c.eat("concurrently");
    let keeps = c.eat_all(&["if", "not", "exists"]);
    let name = if c.is("on") {
        None
    } else {
        Some(c.path()?.name)
    };
    c.expect("on")?;
    let only = c.eat("only");
    let path = c.path()?;
    c.eat("*");
    let method = if c.eat("using") {
        c.name()?.as_str().to_owned()
    } else {
        "btree".to_owned()
    };
    let elements = c.list_in_parentheses(element)?;
    let include = constraint::include(c)?;
    let nulls_not_distinct = c.eat_all(&["nulls", "not", "distinct"]);
    c.eat_all(&["nulls", "distinct"]);
    storage(c)?;
    let predicate = if c.eat("where") {
        Some(c.expression()?)
    } else {
        None
    };
    c.expect_done()?;
    let Some(table) = state.find_relation(&path) else {
        return state.missing("table", &path, false);
    };
    let columns = match state.relations.get(&table) {
        Some(Relation::Table(entry)) => entry.table.columns.as_slice(),
        Some(Relation::View(_)) => &[],
        _ => return Ok(()),
    };
    let mut index = Index {
        name: table.name.clone(),
        unique,
        elements: elements
            .iter()
            .map(|e| e.build(state, columns, &method))
            .collect(),
        method,
        include,
        predicate: predicate.map(|p| state.expression(p.source())),
        nulls_not_distinct,
        invalid: false,
    };
    index.name = match name {
        Some(name) => name,
        None => choose_name(state, &table, &index),
    };
    let as_relation = QualifiedName::new(table.namespace.clone(), index.name.clone());
    if state.relations.contains_key(&as_relation) {
        return if keeps {
            Ok(())
        } else {
            state.taken(&as_relation)
        };
    }
    add(state, &table, index.clone());
    if !only {
        partition::hand_down_index(state, &table, &index);
    }
    Ok(())
}

pub(super) fn choose_name(state: &State, table: &QualifiedName, index: &Index) -> Ident {
    let part = name_part(&index.elements, &index.include);
    state.choose_relation_name(table, Some(&part), "idx", false)
}

/// Adds an index to a table or a materialized view.
pub(super) fn add(state: &mut State, table: &QualifiedName, index: Index) {
    let name = QualifiedName::new(table.namespace.clone(), index.name.clone());
    match state.relations.get_mut(table) {
        Some(Relation::Table(entry)) => entry.table.indexes.push(index),
        Some(Relation::View(entry)) => entry.view.indexes.push(index),
        _ => return,
    }
    state.relations.insert(name, Relation::Index(table.clone()));
}
