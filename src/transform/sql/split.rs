//! `split`: one text into several columns.

use super::Render;
use super::flow::{Flow, code};
use crate::ddl::literal;
use crate::transform::{Code, TransformError, pattern};

impl Render<'_> {
    /// The part for the target column of that index.
    pub(super) fn split(
        &self,
        flow: &mut Flow,
        on: Option<&str>,
        regex: Option<&str>,
        limit: Option<u32>,
        index: usize,
    ) -> Result<(), TransformError> {
        flow.bind();
        let text = flow.text.clone();
        if let Some(regex) = regex {
            let columns = self.correspondence.to.len();
            let pattern = pattern::Pattern::read(regex, columns)
                .map_err(|why| self.error(format!("`regex` cannot be used: {why}")))?;
            let matched = format!("regexp_match({text}, {})", literal(pattern.as_str()));
            flow.bind_with(&[("m", matched)]);
            flow.fail(format!(
                "CASE WHEN q.v IS NOT NULL AND q.m IS NULL THEN {} END",
                code(Code::SplitUnmatched)
            ));
            flow.set(format!("q.m[{}]", index + 1));
            return Ok(());
        }
        let separator = literal(on.unwrap_or_default());
        let columns = self.correspondence.to.len();
        let most = limit.map_or(usize::MAX, |limit| {
            usize::try_from(limit).unwrap_or(usize::MAX)
        });
        flow.bind_with(&[("m", format!("string_to_array({text}, {separator})"))]);
        if most > columns {
            flow.fail(format!(
                "CASE WHEN cardinality(q.m) > {columns} THEN {} END",
                code(Code::SplitLeftover)
            ));
        }
        let part = index + 1;
        flow.set(if part == most {
            format!("CASE WHEN cardinality(q.m) >= {part} THEN array_to_string(q.m[{part}:], {separator}) END")
        } else if part > most {
            "NULL::text".to_owned()
        } else {
            format!("q.m[{part}]")
        });
        Ok(())
    }
}
