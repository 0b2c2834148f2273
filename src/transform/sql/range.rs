//! `range`: a number out of a range written as text.
//!
//! A regular expression says whether the text is a range; its parts are then cut out by plain functions
//! of text. The groups of a match would tell them too, and take the server twenty times as long.

use super::flow::{Flow, code};
use super::guard::like;
use crate::ddl::literal;
use crate::mapping::{OpenRange, RangeRule};
use crate::transform::{Code, charset, grammar as g};

/// What may stand around the digits of a number.
const AROUND: &str = " ,'$€£+";

pub(super) fn range(flow: &mut Flow, rule: RangeRule, open: OpenRange, words: &[(String, i64)]) {
    let (signs, plain) = g::RANGE_SIGNS;
    let from = literal(&format!("{}{signs}", charset::UPPER));
    // What has no counterpart in the second list is left out, so those come last.
    let to = literal(&format!("{}{plain}", charset::LOWER));
    flow.set(format!("btrim(translate({}, {from}, {to}))", flow.text));
    flow.bind();
    let text = flow.text.clone();
    // Without groups, for the sake of those who read the statement.
    let shape = g::RANGE.replace("(?:", "(");
    let known = format!(
        "length({text}) <= {} AND {}",
        g::RANGE_LENGTH,
        like(&text, &shape)
    );
    let word = word_case(&text, words).unwrap_or_else(|| "NULL::text".to_owned());
    let before = literal(&format!("{} <>=$€£", charset::LOWER));
    let numbers = format!(
        "replace(split_part(split_part(split_part(ltrim({text}, {before}), ' e', 1), ' p', 1), ' s', 1), 'to', '-')"
    );
    flow.bind_with(&[("k", known), ("w", word), ("r", numbers)]);
    let around = literal(AROUND);
    let part = |index: u32| format!("translate(split_part(q.r, '-', {index}), {around}, '')");
    let sign = "CASE left(q.v, 1) WHEN '<' THEN 'b' WHEN 'u' THEN 'b' WHEN 'b' THEN 'b' WHEN 'l' THEN 'b' \
                WHEN '>' THEN 'a' WHEN 'o' THEN 'a' WHEN 'm' THEN 'a' \
                WHEN 'a' THEN CASE WHEN left(q.v, 4) = 'at m' THEN 'b' ELSE 'a' END END";
    flow.bind_with(&[
        ("k", "q.k".to_owned()),
        ("w", "q.w".to_owned()),
        ("x", part(1)),
        ("y", format!("nullif({}, '')", part(2))),
        ("p", "strpos(q.r, '+') > 0".to_owned()),
        ("s", sign.to_owned()),
    ]);
    // A sign says that one end is open, a plus or a second number that the first is the lower one:
    // both together mean nothing. `10-50k` may mean ten or ten thousand.
    let means_one = "q.k AND NOT (q.s IS NOT NULL AND (q.p OR q.y IS NOT NULL)) \
                     AND NOT (right(q.y, 1) IN ('k', 'm') AND right(q.x, 1) NOT IN ('k', 'm') \
                     AND q.y IS NOT NULL)";
    flow.bind_with(&[
        ("k", format!("coalesce({means_one}, q.k)")),
        ("w", "q.w".to_owned()),
        (
            "a",
            format!(
                "CASE WHEN q.k AND coalesce(q.s, 'a') = 'a' THEN {} END",
                number("q.x")
            ),
        ),
        (
            "b",
            format!(
                "CASE WHEN NOT q.k THEN NULL WHEN q.y IS NOT NULL THEN {} \
                 WHEN NOT q.p AND coalesce(q.s, 'b') = 'b' THEN {} END",
                number("q.y"),
                number("q.x")
            ),
        ),
    ]);
    let mut cases = format!(
        "CASE WHEN q.v IS NULL OR q.w IS NOT NULL THEN NULL WHEN NOT q.k \
         THEN {} WHEN q.a > q.b THEN {}",
        code(Code::RangeUnreadable),
        code(Code::RangeReversed)
    );
    if open == OpenRange::Error {
        cases += " WHEN q.a IS NULL OR q.b IS NULL THEN ";
        cases += &code(Code::RangeOpen);
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

/// The number that is written so, with its magnitude.
fn number(text: &str) -> String {
    format!(
        "rtrim({text}, 'km')::numeric \
         * CASE right({text}, 1) WHEN 'k' THEN 1000 WHEN 'm' THEN 1000000 ELSE 1 END"
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
