//! The verbs, one step at a time.

use super::flow::{Flow, any_of, code};
use super::guard::is_number;
use super::{Render, Slot};
use crate::ddl::literal;
use crate::mapping::{Fallback, Literal, Transform, WhenCase};
use crate::transform::{Code, TransformError, format};

/// Whether the step takes the row rather than the text at hand.
pub(super) fn reads_row(step: &Transform) -> bool {
    matches!(
        step,
        Transform::Value(_)
            | Transform::Concat { .. }
            | Transform::Pack(_)
            | Transform::When { .. }
            | Transform::Sql(_)
    )
}

impl Render<'_> {
    /// Applies a step; `index` is that of the target column, for `split`. Gives the zone that the cast
    /// to the target is to be made in.
    pub(super) fn step(
        &self,
        flow: &mut Flow,
        step: &Transform,
        index: usize,
        is_last: bool,
        target: &Slot,
    ) -> Result<Option<String>, TransformError> {
        match step {
            Transform::Cast { ty, format, zone } => {
                return self.cast(
                    flow,
                    ty,
                    format.as_deref(),
                    zone.as_deref(),
                    is_last,
                    target,
                );
            }
            Transform::Value(value) => flow.set(literal(&value.to_string())),
            Transform::Concat {
                separator,
                skip_null,
            } => self.concat(flow, separator, *skip_null)?,
            Transform::Split { on, regex, limit } => {
                self.split(flow, on.as_deref(), regex.as_deref(), *limit, index)?;
            }
            Transform::Values { pairs, on_unknown } => values(flow, pairs, on_unknown),
            Transform::Range { rule, open, words } => {
                super::range::range(flow, *rule, *open, words);
            }
            Transform::Lookup(lookup) => self.lookup(flow, lookup)?,
            Transform::Json { path } => super::json::member(flow, path),
            Transform::Pack(form) => self.pack(flow, *form)?,
            Transform::Scale { factor, offset } => scale(flow, factor, offset),
            Transform::When { cases, otherwise } => self.when(flow, cases, otherwise.as_ref())?,
            Transform::Sql(text) => flow.set(format!("({text})::text")),
        }
        Ok(None)
    }

    fn cast(
        &self,
        flow: &mut Flow,
        ty: &str,
        written: Option<&str>,
        zone: Option<&str>,
        is_last: bool,
        target: &Slot,
    ) -> Result<Option<String>, TransformError> {
        let kind = self.to.named(ty);
        if let Some(written) = written {
            let format = format::Format::read(written, &kind).map_err(|why| {
                self.error(format!("the format `{written}` cannot be read: {why}"))
            })?;
            super::format::apply(&format, flow);
        }
        let zone = zone.map(str::to_owned);
        if is_last && kind == target.kind {
            return Ok(zone);
        }
        let guard = self.guard(flow, &kind, zone.as_deref())?;
        let (value, failed) = (guard.value(), guard.code());
        flow.set(format!("({value})::text"));
        if let Some(failed) = failed {
            flow.fail(failed);
        }
        Ok(None)
    }

    fn concat(
        &self,
        flow: &mut Flow,
        separator: &str,
        skip_null: bool,
    ) -> Result<(), TransformError> {
        let parts = self.correspondence.from.iter();
        let parts: Result<Vec<String>, TransformError> =
            parts.map(|column| self.input_text(&column.name)).collect();
        let parts = parts?;
        let separator = literal(separator);
        flow.set(if skip_null {
            let joined = format!("concat_ws({separator}, {})", parts.join(", "));
            format!(
                "CASE WHEN num_nonnulls({}) > 0 THEN {joined} END",
                parts.join(", ")
            )
        } else {
            let parts: Vec<String> = parts.iter().map(|part| format!("({part})")).collect();
            parts.join(&format!(" || {separator} || "))
        });
        Ok(())
    }

    fn when(
        &self,
        flow: &mut Flow,
        cases: &[WhenCase],
        otherwise: Option<&Literal>,
    ) -> Result<(), TransformError> {
        let mut sql = "CASE".to_owned();
        for case in cases {
            let condition = self.condition(&case.condition)?;
            sql.extend([" WHEN ", &condition, " THEN "]);
            sql += &literal(&case.value.to_string());
        }
        if let Some(value) = otherwise {
            sql += " ELSE ";
            sql += &literal(&value.to_string());
        }
        flow.set(sql + " END");
        Ok(())
    }
}

fn values(flow: &mut Flow, pairs: &[(String, Literal)], on_unknown: &Fallback) {
    flow.bind();
    let text = flow.text.clone();
    let cases = pairs.iter().map(|(key, value)| {
        format!(
            " WHEN {} THEN {}",
            literal(key),
            literal(&value.to_string())
        )
    });
    let cases: String = cases.collect();
    let otherwise = match on_unknown {
        Fallback::Error | Fallback::Null => String::new(),
        Fallback::Keep => format!(" ELSE {text}"),
        Fallback::Value(value) => format!(" ELSE {}", literal(&value.to_string())),
    };
    if *on_unknown == Fallback::Error {
        let known = any_of(&text, pairs.iter().map(|(key, _)| key.as_str()));
        let unknown = code(Code::ValuesUnknown);
        flow.fail(format!("CASE WHEN NOT ({known}) THEN {unknown} END"));
    }
    flow.set(if pairs.is_empty() {
        "NULL::text".to_owned()
    } else {
        format!("CASE {text}{cases}{otherwise} END")
    });
}

fn scale(flow: &mut Flow, factor: &str, offset: &str) {
    flow.bind();
    let blanks = literal(crate::transform::charset::ASCII_BLANKS);
    flow.set(format!("btrim({}, {blanks})", flow.text));
    flow.bind();
    let text = flow.text.clone();
    let is_number = is_number(&text);
    let (factor, offset) = (literal(factor), literal(offset));
    let scaled = format!("({text}::numeric * {factor}::numeric + {offset}::numeric)::text");
    flow.fail(format!(
        "CASE WHEN NOT ({is_number}) THEN {} END",
        code(Code::ScaleInvalid)
    ));
    flow.set(format!("CASE WHEN {is_number} THEN {scaled} END"));
}
