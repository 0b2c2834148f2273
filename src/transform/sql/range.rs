//! `range`: a number out of a range written as text.

use super::flow::{Flow, any_of, code};
use crate::ddl::literal;
use crate::mapping::{OpenRange, RangeRule};
use crate::transform::{Code, charset, grammar as g};

pub(super) fn range(flow: &mut Flow, rule: RangeRule, open: OpenRange, words: &[(String, i64)]) {
    let (signs, plain) = g::RANGE_SIGNS;
    let from = literal(&format!("{}{signs}", charset::UPPER));
    // What has no counterpart in the second list is left out, so those come last.
    let to = literal(&format!("{}{plain}", charset::LOWER));
    flow.set(format!("btrim(translate({}, {from}, {to}))", flow.text));
    flow.bind();
    let text = flow.text.clone();
    let word = word_case(&text, words);
    let mut more = vec![("m", format!("regexp_match({text}, {})", literal(g::RANGE)))];
    if let Some(word) = &word {
        more.push(("w", word.clone()));
    }
    flow.bind_with(&more);
    let below = any_of("btrim(q.m[1])", g::BELOW.into_iter());
    let (first, second) = (number(2), number(6));
    flow.bind_with(&[
        ("m", "q.m".to_owned()),
        (
            "w",
            if word.is_some() { "q.w" } else { "NULL::text" }.to_owned(),
        ),
        (
            "a",
            format!("CASE WHEN q.m[1] IS NULL OR NOT ({below}) THEN {first} END"),
        ),
        (
            "b",
            format!(
                "CASE WHEN q.m[6] IS NOT NULL THEN {second} WHEN q.m[5] IS NULL AND \
                 (q.m[1] IS NULL OR {below}) THEN {first} END"
            ),
        ),
    ]);
    // A sign says that one end is open, a plus or a second number that the first is the lower one:
    // both together mean nothing. `10-50k` may mean ten or ten thousand.
    let contradiction = "q.m[1] IS NOT NULL AND (q.m[5] IS NOT NULL OR q.m[6] IS NOT NULL) \
                         OR q.m[4] IS NULL AND q.m[8] IS NOT NULL";
    let mut cases = format!(
        "CASE WHEN q.v IS NULL OR q.w IS NOT NULL THEN NULL WHEN q.m IS NULL OR {contradiction} \
         THEN {} WHEN q.a > q.b THEN {}",
        code(Code::RangeUnreadable),
        code(Code::RangeReversed)
    );
    if open == OpenRange::Error {
        cases += &format!(
            " WHEN q.a IS NULL OR q.b IS NULL THEN {}",
            code(Code::RangeOpen)
        );
    }
    flow.fail(cases + " END");
    let closed = match rule {
        RangeRule::Lower => "q.a",
        RangeRule::Upper => "q.b",
        RangeRule::Midpoint => {
            "CASE WHEN q.a = q.b THEN q.a ELSE floor((q.a + q.b) * 0.5 + 0.5) END"
        }
    };
    let number = match open {
        OpenRange::End => {
            format!("CASE WHEN q.a IS NULL THEN q.b WHEN q.b IS NULL THEN q.a ELSE {closed} END")
        }
        OpenRange::Null | OpenRange::Error => {
            format!("CASE WHEN q.a IS NOT NULL AND q.b IS NOT NULL THEN {closed} END")
        }
    };
    flow.set(format!("coalesce(q.w, trim_scale({number})::text)"));
}

/// The number whose integer digits are that group of the match, its fraction and magnitude the next two.
fn number(group: usize) -> String {
    let (fraction, magnitude) = (group + 1, group + 2);
    format!(
        "(translate(q.m[{group}], ', ''', '') || coalesce(q.m[{fraction}], ''))::numeric \
         * CASE q.m[{magnitude}] WHEN 'k' THEN 1000 WHEN 'm' THEN 1000000 ELSE 1 END"
    )
}

fn word_case(text: &str, words: &[(String, i64)]) -> Option<String> {
    if words.is_empty() {
        return None;
    }
    let cases = words.iter().map(|(word, number)| {
        let word: String = word.chars().map(|c| c.to_ascii_lowercase()).collect();
        format!(" WHEN {} THEN '{number}'", literal(&word))
    });
    let cases: String = cases.collect();
    Some(format!("CASE {text}{cases} END"))
}
