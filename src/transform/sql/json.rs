//! JSON: which texts the server keeps, and a member of one.
//!
//! A regular expression cannot count brackets, so the text is made smaller: strings, then numbers and
//! words become one sign each, and then, round by round, every innermost array and object does. What is
//! JSON ends as one sign.

use super::flow::{Flow, code};
use super::guard::{like, unlike};
use crate::ddl::literal;
use crate::mapping::{JsonPath, JsonStep};
use crate::transform::{Code, json as rules};

/// What a text has to pass before it is cast to `json` or `jsonb`.
pub(super) fn checks(text: &str) -> Vec<(String, Code)> {
    vec![(format!("NOT {}", is_json(text)), Code::CastInvalid)]
}

/// Whether the text is JSON that `jsonb` takes: no `\u0000`, no half of a surrogate pair, no number
/// beyond `numeric`, not too deep.
pub(super) fn is_json(text: &str) -> String {
    let (string, other) = (literal("\u{1}"), literal("\u{2}"));
    let strings = literal(rules::STRING);
    let scalars = literal(rules::SCALAR);
    let innermost = literal(rules::INNERMOST);
    let blanks = literal("[ \t\n\r]+");
    let most = rules::DEEPEST + 1;
    format!(
        "({} AND (WITH RECURSIVE j(t, n) AS (\
         SELECT CASE WHEN {} THEN '' ELSE regexp_replace(regexp_replace(z.t, {scalars}, {other}, 'g'), {blanks}, '', 'g') END, 1 \
         FROM (SELECT regexp_replace({text}, {strings}, {string}, 'g') AS t OFFSET 0) AS z \
         UNION ALL SELECT regexp_replace(j.t, {innermost}, {other}, 'g'), j.n + 1 FROM j \
         WHERE j.n < {most} AND j.t ~ {innermost}) \
         SELECT bool_or(j.t IN ({string}, {other})) FROM j))",
        unlike(text, rules::SIGNS),
        like("z.t", rules::HUGE)
    )
}

/// The member of the text at hand, as text.
pub(super) fn member(flow: &mut Flow, path: &JsonPath) {
    flow.bind();
    let text = flow.text.clone();
    let path = literal(&strict(path));
    let member = |text: &str| {
        format!("jsonb_path_query_first({text}::jsonb, {path}::jsonpath, '{{}}', true) #>> '{{}}'")
    };
    if flow.is_jsonb {
        flow.is_jsonb = false;
        flow.set(member(&text));
        return;
    }
    flow.bind_with(&[("j", is_json(&text))]);
    flow.fail(format!(
        "CASE WHEN NOT q.j THEN {} END",
        code(Code::JsonUnreadable)
    ));
    flow.set(format!("CASE WHEN q.j THEN {} END", member("q.v")));
}

/// The path in the server's language: `strict`, so that an array is never taken for its elements.
fn strict(path: &JsonPath) -> String {
    let steps = path.steps.iter().map(|step| match step {
        JsonStep::Member(name) => format!(".{}", serde_json::Value::from(name.as_str())),
        JsonStep::Element(index) => format!("[{index}]"),
    });
    format!("strict ${}", steps.collect::<String>())
}
