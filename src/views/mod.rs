//! Views that give an application the names it knows, over tables that have others.
//!
//! [`plan`] decides, for every table the application has, which table stands behind it and what each of
//! its columns is made of; [`crate::ddl::compatibility`] writes the plan as SQL. A column that is plainly
//! another column stays one, so that the server itself carries writes through the view. Only where a
//! column is computed and has a way back does the view need a trigger.

mod column;

use std::collections::BTreeSet;

use crate::diff::Pairing;
use crate::mapping::{Mapping, TableCorrespondence};
use crate::schema::{ColumnType, Expression, Facet, Grant, Ident, QualifiedName, Schema, Table};
use crate::transform::{Shape, sql};
use column::{Columns, is_plain_copy};

/// Whose names the views have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// The from side's, over the to side's tables: an application keeps its old names.
    From,
    /// The to side's, over the from side's tables: an application finds its names before any table
    /// has them.
    To,
}

/// What is asked of a plan.
#[derive(Debug, Clone)]
pub struct Request {
    /// Whose names the views have.
    pub names: Names,
    /// The schema of the views.
    pub namespace: Ident,
    /// Whether a view may have a trigger, which makes more columns writable and upserts impossible.
    pub triggers: bool,
}

/// The views, and the tables that have none.
#[derive(Debug, Clone, PartialEq)]
pub struct Views {
    /// Their schema.
    pub namespace: Ident,
    /// The home of the tables behind them: unqualified names in expressions are there.
    pub home: Option<Ident>,
    /// By name.
    pub views: Vec<View>,
    /// Tables of the application that no view can stand for, with the reason.
    pub absent: Vec<(String, String)>,
    /// Whether the source of the tables behind them says who may use them.
    pub knows_grants: bool,
}

/// A view over one table.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Its own name, that of the application's table.
    pub name: Ident,
    /// The table behind it.
    pub base: QualifiedName,
    /// As the application has them.
    pub columns: Vec<Column>,
    /// A condition over the row `s` of the base table.
    pub filter: Option<String>,
    /// How writes get through.
    pub writes: Writes,
    /// Columns of the base table that an insert must give and cannot.
    pub unreachable: Vec<Ident>,
    /// What others than the owner may do with the base table, as far as it goes for a view.
    pub grants: Vec<Grant>,
}

/// How writes get through a view.
#[derive(Debug, Clone, PartialEq)]
pub enum Writes {
    /// By the server itself, upserts too.
    Server,
    /// By a trigger, which finds the row by these columns of the base table. No upserts.
    Trigger {
        /// The base table's key; each of them is a plain column of the view.
        key: Vec<Ident>,
    },
    /// Not at all.
    Never,
}

/// A column of a view.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// As the application calls it.
    pub name: Ident,
    /// What it is made of.
    pub value: Value,
    /// What the user should know of it.
    pub remark: Option<String>,
}

/// What a column of a view is made of.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A column of the base table.
    Plain(Base),
    /// An expression over the row `s` of the base table that is never written.
    ReadOnly {
        /// The expression.
        read: String,
        /// Why it is never written.
        why: String,
    },
    /// An expression with a way back.
    Computed {
        /// Over the row `s` of the base table.
        read: String,
        /// Over the row `s` of the view.
        write: String,
        /// The column it is written to.
        base: Base,
        /// Whether values can be compared by `IS DISTINCT FROM`.
        compares: bool,
    },
}

/// A column of a base table.
#[derive(Debug, Clone, PartialEq)]
pub struct Base {
    /// Its name.
    pub name: Ident,
    /// What fills it when an insert does not.
    pub default: Default,
    /// Whether values can be compared by `IS DISTINCT FROM`.
    pub compares: bool,
}

/// What fills a column when an insert does not.
#[derive(Debug, Clone, PartialEq)]
pub enum Default {
    /// Nothing.
    None,
    /// An expression.
    Expression(Expression),
    /// The sequence of an identity column.
    Identity,
    /// The server alone: no insert may give it.
    Always,
}

impl View {
    /// The columns that cannot be written, with the reason.
    pub fn read_only(&self) -> impl Iterator<Item = (&Column, &str)> {
        self.columns.iter().filter_map(|column| {
            let why = match (&column.value, &self.writes) {
                (Value::ReadOnly { why, .. }, _) => why.as_str(),
                (_, Writes::Never) => "nothing of the view can be written",
                (Value::Plain(base), _) if base.default == Default::Always => {
                    "the server alone fills it"
                }
                _ => return None,
            };
            Some((column, why))
        })
    }
}

impl View {
    /// The columns that cannot be written, those of one reason together.
    pub fn reasons(&self) -> Vec<(&str, Vec<&Ident>)> {
        together(self.read_only().map(|(column, why)| (why, &column.name)))
    }
}

impl Views {
    /// The tables without a view, those of one reason together.
    pub fn reasons(&self) -> Vec<(&str, Vec<&String>)> {
        together(self.absent.iter().map(|(name, why)| (why.as_str(), name)))
    }
}

fn together<'a, T>(items: impl Iterator<Item = (&'a str, T)>) -> Vec<(&'a str, Vec<T>)> {
    let mut groups: Vec<(&str, Vec<T>)> = Vec::new();
    for (why, item) in items {
        match groups.iter_mut().find(|(known, _)| *known == why) {
            Some((_, group)) => group.push(item),
            None => groups.push((why, vec![item])),
        }
    }
    groups
}

/// What decides about one view.
struct Pair<'a> {
    /// The application's table.
    app: &'a Table,
    base: &'a Table,
    by: Option<&'a TableCorrespondence>,
}

/// Plans the views of `request` over the tables of one side, for the tables of the other.
pub fn plan(from: &Schema, to: &Schema, mapping: &Mapping, request: &Request) -> Views {
    let pairing = Pairing::new(from, to, mapping);
    let (app, base) = match request.names {
        Names::From => (from, to),
        Names::To => (to, from),
    };
    let mut pairs: Vec<Pair<'_>> = Vec::new();
    for target in &pairing.targets {
        let Some(pair) = pairing.of(&target.name) else {
            continue;
        };
        let (app, base) = match request.names {
            Names::From => (pair.from, *target),
            Names::To => (*target, pair.from),
        };
        pairs.push(Pair {
            app,
            base,
            by: pair.by,
        });
    }
    pairs.sort_by(|a, b| a.app.name.cmp(&b.app.name));
    let mut absent = Vec::new();
    let mut views: Vec<View> = Vec::new();
    for pair in &pairs {
        if let Some(twin) = views.iter().find(|view| view.name == pair.app.name.name) {
            let why = format!("view `{}` has its name already", twin.name);
            absent.push((app.show(&pair.app.name), why));
            continue;
        }
        let columns = Columns {
            names: request.names,
            mapping,
            pairing: &pairing,
            app,
            base,
            pair,
            app_shape: app_shape(pair.app, app, base),
            base_shape: Shape::of(pair.base, base),
        };
        match view(&columns, request) {
            Ok(view) => views.push(view),
            Err(why) => absent.push((app.show(&pair.app.name), why)),
        }
    }
    let counted: Vec<&Table> = match request.names {
        Names::From => pairing.sources.clone(),
        Names::To => pairing.targets.clone(),
    };
    for table in counted {
        if !pairs.iter().any(|pair| pair.app.name == table.name) {
            let why = "no table for it".to_owned();
            absent.push((app.show(&table.name), why));
        }
    }
    absent.sort();
    Views {
        namespace: request.namespace.clone(),
        home: base.home().cloned(),
        views,
        absent,
        knows_grants: base.facets.contains(&Facet::Grants),
    }
}

/// The application's row, as a view can show it: types that the base side does not have are text, and
/// no column refuses NULL.
fn app_shape(table: &Table, app: &Schema, base: &Schema) -> Shape {
    let mut shape = Shape::of(table, app);
    for (name, slot) in &mut shape.columns {
        slot.not_null = false;
        let declared = table.column(name).map(|column| &column.ty);
        let is_strange = declared.is_some_and(|ty| !is_known(ty, base));
        if is_strange {
            slot.kind = crate::transform::Kind::Plain(ColumnType::Text);
        }
    }
    shape
}

fn is_known(ty: &ColumnType, base: &Schema) -> bool {
    match ty.element() {
        ColumnType::Named(name) => base.enumeration(name).is_some() || base.domain(name).is_some(),
        ColumnType::Other(_) => true,
        ColumnType::Unknown { .. } => false,
        _ => true,
    }
}

fn view(columns: &Columns<'_>, request: &Request) -> Result<View, String> {
    let pair = columns.pair;
    let mut found: Vec<Column> = pair.app.columns.iter().map(|c| columns.decide(c)).collect();
    if found.is_empty() {
        return Err("it has no column".to_owned());
    }
    one_column_each(&mut found);
    let filter = match (request.names, pair.by.and_then(|by| by.filter.as_ref())) {
        (Names::To, Some(filter)) => {
            let at = pair.by.map(|by| by.at).unwrap_or_default();
            let condition = sql::condition(filter, &columns.base_shape, at);
            Some(condition.map_err(|error| format!("its `where` cannot be written: {error}"))?)
        }
        _ => None,
    };
    let writes = writes(pair.base, &mut found, request.triggers);
    let reached: BTreeSet<&Ident> = found.iter().filter_map(written).collect();
    let unreachable = pair
        .base
        .columns
        .iter()
        .filter(|column| column.is_required() && !reached.contains(&column.name))
        .map(|column| column.name.clone());
    Ok(View {
        name: pair.app.name.name.clone(),
        base: pair.base.name.clone(),
        unreachable: unreachable.collect(),
        grants: grants(pair.base, &found),
        columns: found,
        filter,
        writes,
    })
}

/// The base column that a write through the column goes to.
fn written(column: &Column) -> Option<&Ident> {
    match &column.value {
        Value::Plain(base) | Value::Computed { base, .. } => Some(&base.name),
        Value::ReadOnly { .. } => None,
    }
}

/// Two columns that write one would contradict each other: the one of the same name is written, or
/// else the first, and the others only show it.
fn one_column_each(columns: &mut [Column]) {
    let bases: BTreeSet<Ident> = columns.iter().filter_map(written).cloned().collect();
    for base in bases {
        let of_it = |column: &Column| written(column) == Some(&base);
        let count = columns.iter().filter(|c| of_it(c)).count();
        if count < 2 {
            continue;
        }
        let own = columns.iter().position(|c| of_it(c) && c.name == base);
        let plain = columns
            .iter()
            .position(|c| of_it(c) && matches!(c.value, Value::Plain(_)));
        let first = columns.iter().position(of_it);
        let Some(kept) = own.or(plain).or(first) else {
            continue;
        };
        let keeper = columns[kept].name.clone();
        for (at, column) in columns.iter_mut().enumerate() {
            if at == kept || written(column) != Some(&base) {
                continue;
            }
            let why = format!("a copy of `{keeper}`, which is written instead");
            let read = match &column.value {
                // Not a column any more for whoever writes, and none the less one for the planner.
                Value::Plain(base) => format!("coalesce({}.{}, NULL)", sql::ROW, base.name),
                Value::Computed { read, .. } | Value::ReadOnly { read, .. } => read.clone(),
            };
            column.value = Value::ReadOnly { read, why };
        }
    }
}

fn writes(base: &Table, columns: &mut [Column], triggers: bool) -> Writes {
    let is_computed = |c: &Column| matches!(c.value, Value::Computed { .. });
    if columns.iter().any(is_computed) {
        let refused = if triggers {
            match key(base, columns) {
                Some(key) => return Writes::Trigger { key },
                None => "it would take a trigger, and the view has no key to find the row by",
            }
        } else {
            "it would take a trigger"
        };
        for column in columns.iter_mut() {
            if let Value::Computed { read, .. } = &column.value {
                column.value = Value::ReadOnly {
                    read: read.clone(),
                    why: refused.to_owned(),
                };
            }
        }
    }
    let has_plain = columns.iter().any(|c| matches!(c.value, Value::Plain(_)));
    if has_plain {
        Writes::Server
    } else {
        Writes::Never
    }
}

/// A key of the base table whose columns the view has as they are.
fn key(base: &Table, columns: &[Column]) -> Option<Vec<Ident>> {
    let is_plain = |name: &Ident| columns.iter().any(|c| is_plain_copy(c, name));
    let primary = base.primary_key.iter();
    let unique = base.unique.iter().filter(|key| {
        key.columns.iter().all(|name| {
            base.column(name)
                .is_some_and(|column| column.nullable == Some(false))
        })
    });
    primary
        .chain(unique)
        .find(|key| key.columns.iter().all(is_plain))
        .map(|key| key.columns.clone())
}

/// What goes for a view: the four commands, and columns by their names in the view.
fn grants(base: &Table, columns: &[Column]) -> Vec<Grant> {
    let commands = ["SELECT", "INSERT", "UPDATE", "DELETE"];
    let of_view = base.grants.iter().filter_map(|grant| {
        let privileges: BTreeSet<String> = grant
            .privileges
            .iter()
            .filter(|privilege| commands.contains(&privilege.as_str()))
            .cloned()
            .collect();
        let renamed = grant.columns.as_ref().map(|names| {
            let shown = columns
                .iter()
                .filter(|c| names.iter().any(|name| is_plain_copy(c, name)));
            shown
                .map(|column| column.name.clone())
                .collect::<BTreeSet<_>>()
        });
        let is_empty = privileges.is_empty() || renamed.as_ref().is_some_and(BTreeSet::is_empty);
        (!is_empty).then(|| Grant {
            grantee: grant.grantee.clone(),
            privileges,
            columns: renamed,
            grantable: false,
        })
    });
    of_view.collect()
}
