//! Where the value of each target column comes from.

use super::{Sides, Trouble};
use crate::ddl::literal;
use crate::diff::{Pairing, State};
use crate::mapping::{ColumnCorrespondence, OnError, Rule, Sync, TableRef, Transform};
use crate::schema::{Column, ColumnType, Ident, Identity, Schema, Table};
use crate::transform::{Code, Kind, Shape, sql, straight};

/// A target column that is written.
#[derive(Debug, Clone)]
pub struct Field {
    /// The target's column.
    pub name: Ident,
    /// The type in which the value travels: a built-in one without limits.
    pub wire: String,
    /// The type that the value is cast to when it is written, where the server does not do so by itself.
    pub cast: Option<String>,
    /// Of a domain, the type it is made of: as that a value is looked at, for the domain may not take it.
    pub base: Option<String>,
    /// The built-in type whose binary form the target's column takes as its own; `None` where it takes
    /// only a text that is cast.
    pub sent: Option<String>,
    /// Whether the type has no equality, so that two values are compared as texts.
    pub as_text: bool,
    /// The value over the source row `s`, of type `wire`.
    pub value: String,
    /// A text over the source row: the code for which the value cannot be taken, or NULL. `None` where
    /// no row can fail.
    pub code: Option<String>,
    /// Whether the value is NULL wherever the code is not, and costs no less.
    pub is_null_where_coded: bool,
    /// A text over the source row: the code of what was put NULL or a default in place of, or NULL.
    pub note: Option<String>,
    /// A text over the source row: what the value is made of.
    pub input: Option<String>,
    /// What becomes of a row whose value cannot be taken.
    pub on_error: OnError,
    /// Whether it is the source's own value, which a parent's row may have under another key.
    pub is_carried: bool,
    /// `GENERATED ALWAYS AS IDENTITY`
    pub is_identity: bool,
    /// Whether the value holds when it is written, and may be another one later.
    pub is_once: bool,
}

/// The fields of a table, in the target's order.
pub(super) fn fields(
    sides: &Sides<'_>,
    from: &Table,
    to: &Table,
) -> Result<Vec<Field>, Vec<Trouble>> {
    let mut troubles = Vec::new();
    let rules = rules(sides, from, to, &mut troubles);
    let shape = Shape::of(from, sides.from);
    let target = target_shape(sides, to);
    let mut fields = Vec::new();
    let columns: Vec<&Column> = sides.pairing.columns(sides.to, to).collect();
    for column in columns {
        if column.generated.is_some() {
            continue;
        }
        let rule = rules
            .iter()
            .find(|rule| takes(sides.pairing, to, rule, column));
        let plain;
        let rule = match (rule, from.column(&column.name)) {
            (Some(rule), _) => *rule,
            (None, Some(_)) => {
                plain = straight(&reference(from), &column.name, &reference(to), &column.name);
                &plain
            }
            (None, None) if column.is_required() && !sides.wishes.only_reads => {
                let message = format!(
                    "`{}.{}` takes no NULL, has no default, and nothing is copied into it",
                    sides.to.show(&to.name),
                    column.name
                );
                let hint = "say where its value comes from with a `[[column]]` in the mapping";
                troubles.push(Trouble::new(message).hint(hint));
                continue;
            }
            (None, None) => continue,
        };
        match sql::columns(rule, &shape, &target, sides.lookups) {
            Ok(made) => {
                let made = made.into_iter().find(|made| made.column == column.name);
                fields.extend(made.map(|made| field(sides, column, rule, made)));
            }
            Err(error) => {
                let place = if error.at.line == 0 {
                    String::new()
                } else {
                    format!(" (mapping {})", error.at)
                };
                let table = sides.to.show(&to.name);
                let trouble = Trouble::new(format!("`{table}.{}`: {error}{place}", column.name));
                troubles.push(match error.hint {
                    Some(hint) => trouble.hint(hint),
                    None => trouble,
                });
            }
        }
    }
    if troubles.is_empty() {
        Ok(fields)
    } else {
        Err(troubles)
    }
}

/// The rules that speak of both tables and are still to be done.
fn rules<'a>(
    sides: &Sides<'a>,
    from: &Table,
    to: &Table,
    troubles: &mut Vec<Trouble>,
) -> Vec<&'a ColumnCorrespondence> {
    let states = crate::diff::column_states(sides.from, sides.to, sides.mapping);
    let rules = sides.mapping.accepted_columns().zip(states);
    // What the first of several tables of one target has done, the others may still have to do.
    let is_first = sides
        .pairing
        .of(&to.name)
        .is_some_and(|pair| pair.from.name == from.name);
    let mut found = Vec::new();
    for (rule, state) in rules {
        if !matches!(rule.rule, Rule::Convert(_)) {
            continue;
        }
        let is_of = |name: &TableRef, table: &Table, side: &str| {
            let found = match side {
                "from" => sides.pairing.source(name),
                _ => sides.pairing.target(name),
            };
            found.is_some_and(|found| found.name == table.name)
        };
        let reads_here = rule.from.iter().all(|c| is_of(&c.table, from, "from"));
        let writes_here = rule.to.iter().any(|c| is_of(&c.table, to, "to"));
        if !writes_here || !reads_here {
            continue;
        }
        // What is there under the target's own name comes first, unless the rule is about that column.
        let is_of_itself = rule
            .to
            .iter()
            .any(|to| rule.from.iter().any(|f| f.name == to.name));
        match state {
            State::Applied if !is_of_itself && (is_first || !has_all(from, rule)) => {}
            State::Stale { missing, near } => {
                let trouble = Trouble::new(format!("{missing} (mapping {})", rule.at));
                troubles.push(match near.first() {
                    Some(near) => trouble.hint(format!("it has `{near}`")),
                    None => trouble,
                });
            }
            _ => found.push(rule),
        }
    }
    found
}

fn has_all(from: &Table, rule: &ColumnCorrespondence) -> bool {
    let mut columns = rule.from.iter();
    columns.all(|column| from.column(&column.name).is_some())
}

fn takes(pairing: &Pairing<'_>, to: &Table, rule: &ColumnCorrespondence, column: &Column) -> bool {
    rule.to.iter().any(|target| {
        target.name == column.name
            && pairing
                .target(&target.table)
                .is_some_and(|table| table.name == to.name)
    })
}

fn reference(table: &Table) -> TableRef {
    TableRef {
        namespace: Some(table.name.namespace.clone()),
        name: table.name.name.clone(),
    }
}

/// The target's row as the source's server can make it: types that it does not know travel as what they
/// are made of.
fn target_shape(sides: &Sides<'_>, to: &Table) -> Shape {
    let mut shape = Shape::of(to, sides.to);
    // The rules of a domain are the target's, which judges by them.
    for column in &to.columns {
        if let (Some(base), Some(slot)) = (
            base(&column.ty, sides.to),
            shape.columns.get_mut(&column.name),
        ) {
            slot.kind = Kind::Plain(base.clone());
        }
    }
    if sides.wishes.same_database {
        return shape;
    }
    for slot in shape.columns.values_mut() {
        match &slot.kind {
            Kind::Enum { .. } => slot.kind = Kind::Plain(ColumnType::Text),
            Kind::Plain(_) | Kind::Domain { .. } | Kind::Opaque { .. } => {}
        }
    }
    shape
}

/// What a domain is made of, where that is a type of the server's own.
fn base<'s>(ty: &ColumnType, schema: &'s Schema) -> Option<&'s ColumnType> {
    let mut found = ty_of(ty, schema)?;
    // A domain cannot be made of itself, but a file may say so.
    for _ in 0..schema.domains.len() {
        match ty_of(found, schema) {
            Some(next) => found = next,
            None => break,
        }
    }
    (!matches!(found, ColumnType::Named(_))).then_some(found)
}

fn ty_of<'s>(ty: &ColumnType, schema: &'s Schema) -> Option<&'s ColumnType> {
    let ColumnType::Named(name) = ty else {
        return None;
    };
    schema.domain(name).map(|domain| &domain.base)
}

fn field(
    sides: &Sides<'_>,
    column: &Column,
    rule: &ColumnCorrespondence,
    made: sql::Expression,
) -> Field {
    let steps = match &rule.rule {
        Rule::Convert(steps) => steps.as_slice(),
        _ => &[],
    };
    let known = wire(&column.ty);
    let kind = Kind::of(&column.ty, sides.to);
    let base = base(&column.ty, sides.to);
    let sent = match (&known, &kind) {
        (Some(wire), _) => Some(list_of_texts(&column.ty).unwrap_or_else(|| wire.clone())),
        (None, Kind::Enum { .. }) => Some("text".to_owned()),
        (None, Kind::Domain { base, .. }) => match &**base {
            Kind::Plain(ty) => wire(ty).map(|wire| list_of_texts(ty).unwrap_or(wire)),
            _ => None,
        },
        (None, _) => None,
    };
    let (wire, cast) = match known {
        Some(wire) => (wire, list_of_texts(&column.ty)),
        None => {
            let wire = base.and_then(wire).unwrap_or_else(|| "text".to_owned());
            (wire, Some(kind.sql()))
        }
    };
    let (code, is_null_where_coded) = match (&kind, sides.wishes.same_database) {
        (Kind::Enum { labels, .. }, false) => (Some(with_labels(&made, labels)), false),
        _ => (made.code, made.is_null_where_coded),
    };
    Field {
        name: column.name.clone(),
        value: format!("({})::{wire}", made.value),
        as_text: matches!(
            column.ty.element(),
            ColumnType::Json | ColumnType::Other(_) | ColumnType::Named(_)
        ),
        wire,
        cast,
        base: base.map(ToString::to_string),
        sent,
        code,
        is_null_where_coded,
        note: made.note,
        input: made.input,
        on_error: rule.on_error,
        is_carried: steps
            .iter()
            .all(|step| matches!(step, Transform::Cast { .. })),
        is_identity: column.identity == Some(Identity::Always),
        is_once: rule.sync == Sync::Once,
    }
}

/// The type of a list of limited texts, which the server does not compare with a list of texts; without
/// the limit, for an explicit cast to it would cut.
fn list_of_texts(ty: &ColumnType) -> Option<String> {
    match (ty, ty.element()) {
        (ColumnType::Array(_), ColumnType::Varchar { .. }) => Some("varchar[]".to_owned()),
        (ColumnType::Array(_), ColumnType::Char { .. }) => Some("bpchar[]".to_owned()),
        _ => None,
    }
}

/// The code of an enum's text, which the source's server cannot cast.
fn with_labels(made: &sql::Expression, labels: &[String]) -> String {
    let labels: Vec<String> = labels.iter().map(|label| literal(label)).collect();
    let list = if labels.is_empty() {
        "false".to_owned()
    } else {
        format!("{} IN ({})", made.value, labels.join(", "))
    };
    let unknown = literal(Code::CastInvalid.as_str());
    let unknown = format!(
        "CASE WHEN {} IS NOT NULL AND NOT ({list}) THEN {unknown} END",
        made.value
    );
    match &made.code {
        Some(code) => format!("coalesce({code}, {unknown})"),
        None => unknown,
    }
}

/// The built-in type in whose binary form values of that type travel between any two servers; `None`
/// for a type that has to travel as text.
pub fn wire(ty: &ColumnType) -> Option<String> {
    use ColumnType as T;
    Some(match ty {
        T::Varchar { .. } | T::Char { .. } | T::Text => "text".to_owned(),
        T::Numeric { .. } => "numeric".to_owned(),
        T::Array(element) => format!("{}[]", wire(element)?),
        T::Named(_) | T::Unknown { .. } | T::Other(_) => return None,
        T::Interval { .. } => "interval".to_owned(),
        T::Smallint
        | T::Integer
        | T::Bigint
        | T::Real
        | T::Double
        | T::Boolean
        | T::Bytea
        | T::Uuid
        | T::Json
        | T::Jsonb
        | T::Date
        | T::Time { .. }
        | T::Timestamp { .. } => ty.to_string(),
    })
}
