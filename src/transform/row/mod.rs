//! The Rust back-end: a correspondence evaluated on a row of texts.

pub(super) mod cast;
mod conditions;
mod decimal;
mod float;
mod json;
mod moment;
mod range;
mod step;

use jiff::tz::TimeZone;

use super::{Code, Kind, Lookups, Shape, Slot, TransformError, lookup::LookupSource};
use super::{format, lookup::LookupTable, pattern::Pattern};
use crate::mapping::condition::Condition;
use crate::mapping::{At, ColumnCorrespondence, OnError, Rule, Transform};
use crate::schema::{ColumnType, Ident};
use conditions::Prepared;
use step::Step;

/// Gives the text of a column: `None` is NULL.
pub type Row<'a> = dyn Fn(&Ident) -> Option<&'a str> + 'a;

/// The text of a column, NULL where the mapping reads it so.
fn read<'a>(row: &Row<'a>, column: &Ident, nulls: &[String]) -> Option<&'a str> {
    row(column).filter(|text| !nulls.iter().any(|null| null == text))
}

/// The number that a text of the mapping is.
pub(super) fn decimal(text: &str) -> Option<decimal::Decimal> {
    cast::finite(text)
}

/// What became of one target column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// The text form of the value; `None` is NULL. Where `code` is set it means nothing.
    pub value: Option<String>,
    /// Why the row fails.
    pub code: Option<Code>,
    /// What the mapping's policy put NULL or a default in place of.
    pub note: Option<Code>,
}

/// A correspondence made ready for many rows.
#[derive(Debug)]
pub struct Program<'a> {
    columns: Vec<Column<'a>>,
    from: Vec<Ident>,
    nulls: Vec<String>,
    on_error: OnError,
}

/// What leads to one target column.
#[derive(Debug)]
struct Column<'a> {
    name: Ident,
    kind: Kind,
    not_null: bool,
    way: Way<'a>,
    default: Option<String>,
}

#[derive(Debug)]
enum Way<'a> {
    /// The source column, whose type widens to the target's.
    Straight { is_real: bool },
    /// A constant of the target's type.
    Constant(String),
    /// Steps, and the zone of the cast to the target.
    Steps(Vec<Step<'a>>, Option<TimeZone>),
}

/// A condition made ready for many rows.
#[derive(Debug)]
pub struct Filter(Prepared);

impl Filter {
    /// Makes a condition ready for rows of that shape.
    ///
    /// # Errors
    /// It names a column that the row does not have, or compares one with what it cannot be.
    pub fn new(condition: &Condition, from: &Shape, at: At) -> Result<Self, TransformError> {
        let prepared = Prepared::new(condition, from);
        prepared
            .map(Self)
            .map_err(|why| TransformError::new(at, why))
    }

    /// Whether it holds; `None` is unknown.
    pub fn holds(&self, row: &Row<'_>) -> Option<bool> {
        self.0.holds(row, &[])
    }
}

/// The canonical text of a value that came through a pipe for a column of that type.
///
/// # Errors
/// [`Code::SourceInvalid`]
pub fn canonical(kind: &Kind, text: &str) -> Result<String, Code> {
    // The zone of a moment without one is anyone's guess; the server's session has one.
    let text = cast::cast(kind, text, None);
    text.ok().ok_or(Code::SourceInvalid)
}

impl<'a> Program<'a> {
    /// Makes a correspondence ready; one that keeps, archives or drops has no columns.
    ///
    /// # Errors
    /// Whatever [`super::sql::columns`] refuses, and what only a server evaluates: the verb `sql`, and a
    /// lookup whose table was not read beforehand.
    pub fn new(
        correspondence: &ColumnCorrespondence,
        from: &Shape,
        to: &Shape,
        lookups: &'a dyn Lookups,
    ) -> Result<Self, TransformError> {
        let steps = match &correspondence.rule {
            Rule::Convert(steps) => steps.as_slice(),
            Rule::Keep | Rule::Archive | Rule::Drop { .. } => &[],
        };
        let maker = Maker {
            correspondence,
            steps,
            from,
            to,
            lookups,
        };
        let columns = correspondence.to.iter().enumerate();
        let columns = columns.map(|(index, column)| maker.column(index, &column.name));
        let columns: Result<Vec<Column<'a>>, TransformError> = columns.collect();
        Ok(Self {
            columns: columns?,
            from: correspondence
                .from
                .iter()
                .map(|column| column.name.clone())
                .collect(),
            nulls: correspondence.nulls.clone(),
            on_error: correspondence.on_error,
        })
    }

    /// The target columns, in order.
    pub fn columns(&self) -> impl Iterator<Item = &Ident> {
        self.columns.iter().map(|column| &column.name)
    }

    /// The source columns.
    pub fn sources(&self) -> &[Ident] {
        &self.from
    }

    /// What becomes of each target column.
    pub fn evaluate(&self, row: &Row<'_>) -> Vec<Outcome> {
        self.columns
            .iter()
            .map(|column| self.outcome(column, row))
            .collect()
    }

    fn outcome(&self, column: &Column<'_>, row: &Row<'_>) -> Outcome {
        let first = || read(row, self.from.first()?, &self.nulls);
        let mut note = None;
        let value = match &column.way {
            Way::Straight { is_real: true } => Ok(first().map(widened)),
            // A wider type takes every value, also one whose text no pipe would bring.
            Way::Straight { is_real: false } => Ok(first().map(|text| {
                cast::cast(&column.kind, text, None).unwrap_or_else(|_| text.to_owned())
            })),
            Way::Constant(text) => Ok(Some(text.clone())),
            Way::Steps(steps, zone) => {
                let mut at_hand = Ok(first().map(str::to_owned));
                for step in steps {
                    at_hand = at_hand.and_then(|text| {
                        let mut given = step.apply(text, self, row)?;
                        note = note.or(given.note.take());
                        Ok(given.text)
                    });
                }
                at_hand.and_then(|text| {
                    let cast = |text: String| cast::cast(&column.kind, &text, zone.as_ref());
                    text.map(cast).transpose()
                })
            }
        };
        let filled = |value: Option<String>| value.or_else(|| column.default.clone());
        let mut outcome = Outcome {
            value: None,
            code: None,
            note,
        };
        match (value, self.on_error) {
            (Ok(value), _) => outcome.value = filled(value),
            (Err(code), OnError::Fail | OnError::Quarantine) => {
                outcome.code = Some(code);
                return outcome;
            }
            (Err(code), OnError::Null) => outcome.note = Some(code),
            (Err(code), OnError::Default) => {
                outcome.value = filled(None);
                outcome.note = Some(code);
            }
        }
        if column.not_null && outcome.value.is_none() {
            outcome.code = Some(Code::NullNotAllowed);
        }
        outcome
    }
}

/// A `real` as `double precision`: the number it is, not the digits it is written with.
fn widened(text: &str) -> String {
    match text.parse::<f32>() {
        Ok(number) => float::double(number.into()),
        Err(_) => text.to_owned(),
    }
}

/// A correspondence on its way to a program.
struct Maker<'a, 'b> {
    correspondence: &'b ColumnCorrespondence,
    steps: &'b [Transform],
    from: &'b Shape,
    to: &'b Shape,
    lookups: &'a dyn Lookups,
}

impl<'a> Maker<'a, '_> {
    fn error(&self, message: impl Into<String>) -> TransformError {
        TransformError::new(self.correspondence.at, message)
    }

    fn source_slot(&self, name: &Ident) -> Result<&Slot, TransformError> {
        self.from
            .slot(name)
            .ok_or_else(|| self.error(format!("the source row has no column `{name}`")))
    }

    fn column(&self, index: usize, name: &Ident) -> Result<Column<'a>, TransformError> {
        let target = self
            .to
            .slot(name)
            .ok_or_else(|| self.error(format!("the target has no column `{name}`")))?;
        for column in &self.correspondence.from {
            self.source_slot(&column.name)?;
        }
        let constant = |value: &crate::mapping::Literal| {
            super::constant(value, &target.kind).map_err(|why| self.error(why))
        };
        let default = self.correspondence.default.as_ref();
        Ok(Column {
            name: name.clone(),
            kind: target.kind.clone(),
            not_null: target.not_null,
            default: default.map(constant).transpose()?,
            way: match self.steps {
                [Transform::Value(value)] => Way::Constant(constant(value)?),
                _ => self.way(index, target)?,
            },
        })
    }

    fn way(&self, index: usize, target: &Slot) -> Result<Way<'a>, TransformError> {
        if let Some(source) = self.straight(target)? {
            let is_real = source.kind == Kind::Plain(ColumnType::Real)
                && target.kind == Kind::Plain(ColumnType::Double);
            return Ok(Way::Straight { is_real });
        }
        if !cast::is_guarded(&target.kind) && !target.kind.is_text() {
            let ty = target.kind.sql();
            let message = format!("a text cannot be cast to `{ty}` safely");
            return Err(self
                .error(message)
                .hint("give the columns the same type first"));
        }
        let mut steps = Vec::new();
        let mut last_zone = None;
        for (at, step) in self.steps.iter().enumerate() {
            let is_last = at + 1 == self.steps.len();
            last_zone = self.step(&mut steps, step, index, is_last, target)?;
        }
        if self.steps.is_empty() && self.correspondence.from.len() != 1 {
            return Err(self.error("a rule without a step takes one column"));
        }
        Ok(Way::Steps(steps, last_zone))
    }

    /// The source column, where its type widens to the target's and no step changes its value.
    fn straight(&self, target: &Slot) -> Result<Option<&Slot>, TransformError> {
        let [column] = self.correspondence.from.as_slice() else {
            return Ok(None);
        };
        let source = self.source_slot(&column.name)?;
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
        Ok((!changes && source.kind.widens_to(&target.kind)).then_some(source))
    }

    fn table(&self, lookup: &crate::mapping::Lookup) -> Result<&'a LookupTable, TransformError> {
        match self.lookups.source(lookup) {
            Some(LookupSource::Rows(table)) => Ok(table),
            Some(LookupSource::Table(_) | LookupSource::Relation(_)) | None => {
                let table = &lookup.table;
                let message = format!("table `{table}` has to be read for `lookup`");
                Err(self
                    .error(message)
                    .hint(format!("give its rows with `--lookup {table}=FILE`")))
            }
        }
    }

    fn step(
        &self,
        steps: &mut Vec<Step<'a>>,
        step: &Transform,
        index: usize,
        is_last: bool,
        target: &Slot,
    ) -> Result<Option<TimeZone>, TransformError> {
        let made = match step {
            Transform::Cast { ty, format, zone } => {
                let kind = self.to.named(ty);
                if let Some(written) = format {
                    let format = format::Format::read(written, &kind).map_err(|why| {
                        self.error(format!("the format `{written}` cannot be read: {why}"))
                    })?;
                    steps.push(Step::format(&format).map_err(|why| self.error(why))?);
                }
                let zone = zone
                    .as_deref()
                    .map(|name| {
                        format::zone(name)
                            .ok_or_else(|| self.error(format!("`{name}` is no time zone")))
                    })
                    .transpose()?;
                if is_last && kind == target.kind {
                    return Ok(zone);
                }
                if !cast::is_guarded(&kind) && !kind.is_text() {
                    let message = format!("a text cannot be cast to `{}` safely", kind.sql());
                    return Err(self.error(message));
                }
                Step::Cast(kind, zone)
            }
            Transform::Split { on, regex, limit } => {
                let columns = self.correspondence.to.len();
                match regex {
                    Some(regex) => Step::SplitRegex {
                        regex: Pattern::read(regex, columns)
                            .and_then(|pattern| pattern.compiled())
                            .map_err(|why| self.error(format!("`regex` cannot be used: {why}")))?,
                        index,
                    },
                    None => Step::Split {
                        on: on.clone().unwrap_or_default(),
                        limit: limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)),
                        index,
                        columns,
                    },
                }
            }
            Transform::Lookup(lookup) => Step::Lookup(lookup.clone(), self.table(lookup)?),
            Transform::Pack(form) => {
                let parts = self.correspondence.from.iter().map(|column| {
                    let kind = self.source_slot(&column.name)?.kind.clone();
                    Ok((column.name.clone(), kind))
                });
                let parts: Result<Vec<(Ident, Kind)>, TransformError> = parts.collect();
                Step::Pack(*form, parts?)
            }
            Transform::When { cases, otherwise } => {
                let cases = cases.iter().map(|case| {
                    let condition = Prepared::new(&case.condition, self.from);
                    let condition = condition.map_err(|why| self.error(why))?;
                    Ok((condition, case.value.to_string()))
                });
                let cases: Result<Vec<(Prepared, String)>, TransformError> = cases.collect();
                Step::When(cases?, otherwise.as_ref().map(ToString::to_string))
            }
            Transform::Sql(_) => {
                return Err(self
                    .error("`sql` is evaluated by a server alone")
                    .hint("say it with the other verbs, or use `align copy`"));
            }
            Transform::Value(value) => Step::Value(value.to_string()),
            Transform::Concat {
                separator,
                skip_null,
            } => Step::Concat(separator.clone(), *skip_null),
            Transform::Values { pairs, on_unknown } => {
                let pairs = pairs.iter();
                let pairs = pairs.map(|(key, value)| (key.clone(), value.to_string()));
                Step::Values(pairs.collect(), on_unknown.clone())
            }
            Transform::Range { rule, open, words } => Step::Range(*rule, *open, words.clone()),
            Transform::Json { path } => Step::Json(path.clone()),
            Transform::Scale { factor, offset } => {
                let read = |text: &str| {
                    cast::finite(text).ok_or_else(|| self.error(format!("`{text}` is no number")))
                };
                Step::Scale(read(factor)?, read(offset)?)
            }
        };
        steps.push(made);
        Ok(None)
    }
}
