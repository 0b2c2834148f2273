//! Conditions of `when` and `where`.

use super::Render;
use super::flow::any_of;
use super::guard::is_number;
use crate::ddl::literal;
use crate::mapping::Literal;
use crate::mapping::condition::{Comparator, Condition};
use crate::schema::{ColumnType as T, Ident};
use crate::transform::{TransformError, charset, grammar as g};

impl Render<'_> {
    /// The condition over the source row.
    pub(super) fn condition(&self, condition: &Condition) -> Result<String, TransformError> {
        let join = |parts: &[Condition], word: &str| {
            let parts: Result<Vec<String>, TransformError> =
                parts.iter().map(|part| self.condition(part)).collect();
            Ok(format!("({})", parts?.join(word)))
        };
        match condition {
            Condition::And(parts) => join(parts, " AND "),
            Condition::Or(parts) => join(parts, " OR "),
            Condition::Not(part) => Ok(format!("(NOT {})", self.condition(part)?)),
            Condition::IsNull(column) => Ok(format!("(({}) IS NULL)", self.input_text(column)?)),
            Condition::Compare(column, comparator, value) => {
                self.compare(column, *comparator, value)
            }
            Condition::In(column, values) => {
                let cases: Result<Vec<String>, TransformError> = values
                    .iter()
                    .map(|value| self.compare(column, Comparator::Equal, value))
                    .collect();
                Ok(format!("({})", cases?.join(" OR ")))
            }
        }
    }

    fn compare(
        &self,
        column: &Ident,
        comparator: Comparator,
        value: &Literal,
    ) -> Result<String, TransformError> {
        let text = self.input_text(column)?;
        let comparison = self.comparison(column, value)?;
        let sign = comparator.sign();
        Ok(match comparison {
            Comparison::Number(number) => {
                let known = is_number(&format!("({text})"));
                format!("(CASE WHEN {known} THEN ({text})::numeric END {sign} {number}::numeric)")
            }
            Comparison::Boolean(value) => {
                let small = format!(
                    "translate(({text}), {}, {})",
                    literal(charset::UPPER),
                    literal(charset::LOWER)
                );
                let yes = any_of(&small, g::TRUE.into_iter());
                let no = any_of(&small, g::FALSE.into_iter());
                format!("(CASE WHEN {yes} THEN true WHEN {no} THEN false END {sign} {value})")
            }
            Comparison::Text(value) => {
                format!("(({text}) COLLATE \"C\" {sign} {})", literal(&value))
            }
            Comparison::Typed(value) => format!(
                "(({text})::{value_type} {sign} {value})",
                value_type = self.source_slot(column)?.kind.sql()
            ),
        })
    }

    fn comparison(&self, column: &Ident, value: &Literal) -> Result<Comparison, TransformError> {
        let kind = &self.source_slot(column)?.kind;
        let ty = kind.plain();
        let mismatch = || {
            let message = format!(
                "`{column}` is `{}`, which cannot be compared with `{value}`",
                kind.sql()
            );
            Err(self.error(message))
        };
        let is_number = matches!(
            ty,
            Some(T::Smallint | T::Integer | T::Bigint | T::Numeric { .. } | T::Real | T::Double)
        );
        Ok(match (value, ty) {
            (Literal::Integer(_) | Literal::Float(_), _) if is_number || kind.is_text() => {
                Comparison::Number(literal(&value.to_string()))
            }
            (Literal::Boolean(value), Some(T::Boolean)) => Comparison::Boolean(*value),
            (Literal::Boolean(value), _) if kind.is_text() => Comparison::Boolean(*value),
            (Literal::Text(text), _) if is_number => Comparison::Number(literal(text)),
            (Literal::Text(text), Some(T::Date | T::Time { .. } | T::Timestamp { .. })) => {
                let typed = super::guard::constant(&Literal::Text(text.clone()), kind);
                Comparison::Typed(typed.map_err(|why| self.error(why))?)
            }
            (Literal::Text(text), Some(T::Uuid)) => Comparison::Text(text.to_ascii_lowercase()),
            (Literal::Text(_), Some(T::Boolean | T::Json | T::Jsonb | T::Bytea | T::Array(_))) => {
                return mismatch();
            }
            (Literal::Text(text), _) => Comparison::Text(text.clone()),
            _ => return mismatch(),
        })
    }
}

/// A value of the mapping, in the way its column is compared.
enum Comparison {
    /// An SQL text of a number.
    Number(String),
    Boolean(bool),
    /// Byte by byte, so that no collation has a say.
    Text(String),
    /// A constant of the column's type.
    Typed(String),
}
