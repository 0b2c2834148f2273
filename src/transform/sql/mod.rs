//! The SQL back-end: a correspondence as expressions over a source row `s`.
//!
//! The expressions read the row and the tables of their lookups, call built-in functions alone, create
//! nothing, and raise no error whatever the row holds, on PostgreSQL 14 to 18. The one exception is the
//! verb `sql`, whose text is the user's.

mod conditions;
mod flow;
mod format;
mod guard;
mod json;
mod lookup;
mod pack;
mod quick;
mod range;
mod split;
mod step;

use super::{Code, Kind, Lookups, Shape, Slot, TransformError, straight};
use super::{charset, format as format_of};
use crate::ddl::literal;
use crate::mapping::condition::Condition;
use crate::mapping::{ColumnCorrespondence, OnError, Rule, TableRef, Transform};
use crate::schema::{ColumnType, Ident};
use flow::{Flow, any_of};
use guard::Guard;

/// The alias of the source row in every expression.
pub const ROW: &str = "s";

/// What becomes of one target column, as SQL over the source row `s`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// The target column.
    pub column: Ident,
    /// The value, of exactly the target's type. Where `code` is not NULL it means nothing.
    pub value: String,
    /// A text that is NULL when the value is fine, and otherwise the [`Code`] for which the row fails
    /// or goes to quarantine. `None` when no row can fail.
    pub code: Option<String>,
    /// Whether the value is surely NULL wherever `code` is not, and costs no less than `code`: who has the
    /// value need not ask for the code of the others.
    pub is_null_where_coded: bool,
    /// A text that is the [`Code`] of what the mapping's policy put NULL or a default in place of, and
    /// otherwise NULL: such rows are counted, and go on. `None` when there can be none.
    pub note: Option<String>,
    /// The text form of what the value is made from, to be shown beside an error: one column's text,
    /// or a JSON object of several. `None` for a constant.
    pub input: Option<String>,
}

/// Renders the correspondence: one expression for each of its `to` columns, in order; none for a column
/// that is kept, archived or dropped.
///
/// # Errors
/// It names a column that a row does not have, or casts to a type that cannot be guarded, or its lookup
/// is nowhere: whatever would fail or mislead for every row.
pub fn columns(
    correspondence: &ColumnCorrespondence,
    from: &Shape,
    to: &Shape,
    lookups: &dyn Lookups,
) -> Result<Vec<Expression>, TransformError> {
    let Rule::Convert(steps) = &correspondence.rule else {
        return Ok(Vec::new());
    };
    let render = Render {
        correspondence,
        steps,
        from,
        to,
        lookups,
    };
    let targets = correspondence.to.iter().enumerate();
    targets
        .map(|(index, column)| render.column(index, &column.name))
        .collect()
}

/// Renders a condition over the source row, such as a table's `where`. It is NULL where it is unknown,
/// and holds only where it is true.
///
/// # Errors
/// It names a column that the row does not have, or compares one with what it cannot be.
pub fn condition(
    condition: &Condition,
    from: &Shape,
    at: crate::mapping::At,
) -> Result<String, TransformError> {
    let name = Ident::new(ROW).map_err(|why| TransformError::new(at, why.to_string()))?;
    let table = TableRef {
        namespace: None,
        name: name.clone(),
    };
    let mut correspondence = straight(&table, &name, &table, &name);
    correspondence.at = at;
    let render = Render {
        correspondence: &correspondence,
        steps: &[],
        from,
        to: from,
        lookups: &(),
    };
    render.condition(condition)
}

/// A correspondence on its way to SQL.
struct Render<'a> {
    correspondence: &'a ColumnCorrespondence,
    steps: &'a [Transform],
    from: &'a Shape,
    to: &'a Shape,
    lookups: &'a dyn Lookups,
}

/// The column of the source row.
fn source(name: &Ident) -> String {
    format!("{ROW}.{name}")
}

impl Render<'_> {
    fn error(&self, message: impl Into<String>) -> TransformError {
        TransformError::new(self.correspondence.at, message)
    }

    fn source_slot(&self, name: &Ident) -> Result<&Slot, TransformError> {
        self.from
            .slot(name)
            .ok_or_else(|| self.error(format!("the source row has no column `{name}`")))
    }

    /// The expression for the `to` column of that index.
    fn column(&self, index: usize, name: &Ident) -> Result<Expression, TransformError> {
        let target = self
            .to
            .slot(name)
            .ok_or_else(|| self.error(format!("the target has no column `{name}`")))?;
        let default = self.default(&target.kind)?;
        if let Some(outcome) = self.straight(target)? {
            return Ok(self.finish(name, target, outcome, default.as_deref()));
        }
        if let [Transform::Value(value)] = self.steps {
            let value = guard::constant(value, &target.kind).map_err(|why| self.error(why))?;
            return Ok(self.finish(name, target, Outcome::safe(value), default.as_deref()));
        }
        if let [Transform::Sql(text)] = self.steps
            && Guard::of(&target.kind, "", None).is_err()
        {
            let value = format!("({text})::{}", target.kind.sql());
            return Ok(self.finish(name, target, Outcome::safe(value), default.as_deref()));
        }
        let mut flow = self.start()?;
        let (first, rest) = match self.steps {
            [] => (None, &[][..]),
            [first, rest @ ..] => (Some(first), rest),
        };
        let mut zone = None;
        if let Some(first) = first {
            zone = self.step(&mut flow, first, index, rest.is_empty(), target)?;
        }
        for (at, step) in rest.iter().enumerate() {
            zone = self.step(&mut flow, step, index, at + 1 == rest.len(), target)?;
        }
        let outcome = self.cast_to_target(flow, &target.kind, zone.as_deref())?;
        let outcome = match self.quick(target) {
            Some(quick) => outcome.after(&quick),
            None => outcome,
        };
        Ok(self.finish(name, target, outcome, default.as_deref()))
    }

    /// The default as the target's type writes it.
    fn default(&self, kind: &Kind) -> Result<Option<String>, TransformError> {
        let default = self.correspondence.default.as_ref();
        default
            .map(|value| guard::constant(value, kind))
            .transpose()
            .map_err(|why| self.error(why))
    }

    /// The column as it is, where its type widens to the target's and no step changes its value.
    fn straight(&self, target: &Slot) -> Result<Option<Outcome>, TransformError> {
        let [column] = self.correspondence.from.as_slice() else {
            return Ok(None);
        };
        let slot = self.source_slot(&column.name)?;
        let changes = match self.steps {
            [] => false,
            [
                Transform::Cast {
                    ty,
                    format: None,
                    zone: None,
                },
            ] => self.to.named(ty) != target.kind,
            _ => true,
        };
        if changes || !slot.kind.widens_to(&target.kind) {
            return Ok(None);
        }
        let read = source(&column.name);
        let read = match self.nulls_of(&format!("{read}::text")) {
            Some(is_null) => format!("CASE WHEN {is_null} THEN NULL ELSE {read} END"),
            None => read,
        };
        let value = if slot.kind == target.kind {
            read
        } else if read.starts_with("CASE") {
            format!("({read})::{}", target.kind.sql())
        } else {
            format!("{read}::{}", target.kind.sql())
        };
        let mut outcome = Outcome::safe(value);
        outcome.never_null = slot.not_null && self.correspondence.nulls.is_empty();
        Ok(Some(outcome))
    }

    /// Whether the text is one that the mapping reads as NULL.
    fn nulls_of(&self, text: &str) -> Option<String> {
        let nulls = &self.correspondence.nulls;
        (!nulls.is_empty()).then(|| any_of(text, nulls.iter().map(String::as_str)))
    }

    /// The text of a source column, NULL where the mapping reads it so.
    fn input_text(&self, name: &Ident) -> Result<String, TransformError> {
        let slot = self.source_slot(name)?;
        let column = source(name);
        let text = match &slot.kind {
            Kind::Plain(ColumnType::Text) => column,
            _ => format!("{column}::text"),
        };
        Ok(match self.nulls_of(&text) {
            Some(is_null) => format!("CASE WHEN {is_null} THEN NULL ELSE {text} END"),
            None => text,
        })
    }

    /// The text that the first step takes; a step that reads the row replaces it.
    fn start(&self) -> Result<Flow, TransformError> {
        let takes_one = !self.steps.first().is_some_and(step::reads_row);
        match self.correspondence.from.as_slice() {
            [column] if takes_one => {
                let mut flow = Flow::new(self.input_text(&column.name)?);
                let kind = &self.source_slot(&column.name)?.kind;
                flow.is_jsonb = matches!(kind.plain(), Some(ColumnType::Jsonb));
                Ok(flow)
            }
            _ if takes_one => Err(self.error("a rule without a step takes one column")),
            _ => Ok(Flow::new("NULL::text".to_owned())),
        }
    }

    fn cast_to_target(
        &self,
        mut flow: Flow,
        kind: &Kind,
        zone: Option<&str>,
    ) -> Result<Outcome, TransformError> {
        let guard = self.guard(&mut flow, kind, zone)?;
        let failed = flow.error.clone();
        let code = guard.code();
        let code = match (failed, code) {
            (None, code) => code,
            (failed, None) => failed,
            (Some(failed), Some(code)) => Some(format!("coalesce({failed}, {code})")),
        };
        let value = guard.value();
        let value = match &flow.error {
            Some(error) if !guard.is_empty() => {
                format!("CASE WHEN {error} IS NULL THEN {value} END")
            }
            _ => value,
        };
        Ok(Outcome {
            never_null: false,
            is_null_where_wrong: !guard.is_empty() || flow.error.is_none(),
            error: code.map(|code| flow.wrap(&code)),
            note: flow.note.as_ref().map(|note| flow.wrap(note)),
            value: flow.wrap(&value),
        })
    }

    /// What the text at hand needs to be a value of that type.
    fn guard(
        &self,
        flow: &mut Flow,
        kind: &Kind,
        zone: Option<&str>,
    ) -> Result<Guard, TransformError> {
        if let Some(zone) = zone
            && !format_of::is_zone(zone)
        {
            let message = format!("`{zone}` is no time zone");
            return Err(self.error(message).hint("write one such as `Europe/Paris`"));
        }
        if guard::wants_trim(kind) {
            flow.bind();
            let blanks = literal(charset::ASCII_BLANKS);
            flow.set(format!("btrim({}, {blanks})", flow.text));
        }
        flow.bind();
        Guard::of(kind, &flow.text, zone).map_err(|why| {
            let ty = kind.sql();
            self.error(format!("a text cannot be cast to `{ty}` safely: {why}"))
                .hint("give the columns the same type first, or use `sql` and answer for it")
        })
    }

    /// Applies what the mapping says of errors and of NULL.
    fn finish(
        &self,
        name: &Ident,
        target: &Slot,
        outcome: Outcome,
        default: Option<&str>,
    ) -> Expression {
        let fill = |value: &str| match default {
            Some(default) => format!("coalesce({value}, {default})"),
            None => value.to_owned(),
        };
        let filled = fill(&outcome.value);
        let (value, code, note) = match (&outcome.error, self.correspondence.on_error) {
            (None, _) => (filled, None, outcome.note),
            (Some(error), OnError::Fail | OnError::Quarantine) => {
                (filled, Some(error.clone()), outcome.note)
            }
            (Some(error), OnError::Default) => {
                (filled, None, Some(first_of(error, outcome.note.as_deref())))
            }
            (Some(error), OnError::Null) => {
                let value = match default {
                    Some(_) => format!("CASE WHEN {error} IS NULL THEN {filled} END"),
                    None => filled,
                };
                (value, None, Some(first_of(error, outcome.note.as_deref())))
            }
        };
        let filled_always = default.is_some()
            && !(self.correspondence.on_error == OnError::Null && outcome.error.is_some());
        let code = if target.not_null && !filled_always && !outcome.never_null {
            let missing = literal(Code::NullNotAllowed.as_str());
            let missing = format!("CASE WHEN {value} IS NULL THEN {missing} END");
            Some(match code {
                Some(code) => format!("coalesce({code}, {missing})"),
                None => missing,
            })
        } else {
            code
        };
        let keeps_nulls = default.is_none()
            && matches!(
                self.correspondence.on_error,
                OnError::Fail | OnError::Quarantine
            );
        Expression {
            column: name.clone(),
            value,
            code,
            is_null_where_coded: keeps_nulls && outcome.is_null_where_wrong,
            note,
            input: self.input(),
        }
    }

    fn input(&self) -> Option<String> {
        match self.correspondence.from.as_slice() {
            [] => None,
            [column] => Some(format!("{}::text", source(&column.name))),
            several => {
                let members = several.iter().map(|column| {
                    let name = literal(column.name.as_str());
                    format!("{name}, {}::text", source(&column.name))
                });
                let members: Vec<String> = members.collect();
                Some(format!("json_build_object({})::text", members.join(", ")))
            }
        }
    }
}

fn first_of(error: &str, note: Option<&str>) -> String {
    match note {
        Some(note) => format!("coalesce({error}, {note})"),
        None => error.to_owned(),
    }
}

/// A value before the mapping's policy.
struct Outcome {
    value: String,
    error: Option<String>,
    note: Option<String>,
    /// Whether the value is never NULL.
    never_null: bool,
    /// Whether the value is NULL wherever `error` is not, and no simpler than that.
    is_null_where_wrong: bool,
}

impl Outcome {
    fn safe(value: String) -> Self {
        Self {
            value,
            error: None,
            note: None,
            never_null: false,
            is_null_where_wrong: false,
        }
    }
}
