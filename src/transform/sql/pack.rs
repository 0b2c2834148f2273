//! `pack`: several columns into one value under their own names.

use super::Render;
use super::flow::{Flow, code};
use crate::ddl::literal;
use crate::mapping::PackForm;
use crate::schema::ColumnType as T;
use crate::transform::{Code, Kind, TransformError};

impl Render<'_> {
    pub(super) fn pack(&self, flow: &mut Flow, form: PackForm) -> Result<(), TransformError> {
        let mut parts = Vec::new();
        for column in &self.correspondence.from {
            let kind = &self.source_slot(&column.name)?.kind;
            parts.push((&column.name, kind, self.input_text(&column.name)?));
        }
        match form {
            PackForm::Text => {
                let lines = parts.iter().map(|(name, _, text)| {
                    format!("{} || ({text})", literal(&format!("{}: ", name.as_str())))
                });
                let lines: Vec<String> = lines.collect();
                let joined = format!("concat_ws({}, {})", literal("\n"), lines.join(", "));
                flow.set(format!("nullif({joined}, '')"));
            }
            PackForm::Json => {
                let texts: Vec<&str> = parts.iter().map(|(_, _, text)| text.as_str()).collect();
                let any = format!("num_nonnulls({})", texts.join(", "));
                let mut unreadable = Vec::new();
                let members = parts.iter().map(|(name, kind, text)| {
                    let member = match kind {
                        Kind::Plain(T::Json) => {
                            let readable = super::json::is_json(text);
                            unreadable.push(format!("NOT {readable}"));
                            format!("CASE WHEN {readable} THEN ({text})::jsonb END")
                        }
                        Kind::Plain(T::Jsonb) => format!("({text})::jsonb"),
                        Kind::Plain(T::Smallint | T::Integer | T::Bigint) => {
                            format!("({text})::bigint")
                        }
                        Kind::Plain(T::Numeric { .. } | T::Real | T::Double) => format!(
                            "CASE WHEN ({text}) ~ '^[-N]?[a-zI]' THEN to_jsonb({text}) ELSE to_jsonb(({text})::numeric) END"
                        ),
                        Kind::Plain(T::Boolean) => format!("({text})::boolean"),
                        _ => format!("({text})"),
                    };
                    format!("{}, {member}", literal(name.as_str()))
                });
                let members: Vec<String> = members.collect();
                flow.set(format!(
                    "CASE WHEN {any} > 0 THEN jsonb_build_object({})::text END",
                    members.join(", ")
                ));
                if !unreadable.is_empty() {
                    flow.fail(format!(
                        "CASE WHEN {} THEN {} END",
                        unreadable.join(" OR "),
                        code(Code::JsonUnreadable)
                    ));
                }
            }
        }
        Ok(())
    }
}
