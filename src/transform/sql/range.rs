//! `range`: a number out of a range written as text.
//!
//! A regular expression says whether the text is a range; its parts are then cut out by plain functions
//! of text. The groups of a match would tell them too, and take the server twenty times as long.

use super::flow::{Flow, any_of, code};
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
    let word = word_case(&text, words).unwrap_or_else(|| "NULL::text".to_owned());
    let before = literal(&format!("{}{}", charset::LOWER, g::RANGE_START));
    flow.bind_with(&[("w", word), ("z", format!("ltrim({text}, {before})"))]);
    let cut = |text: String, start: &&str| format!("split_part({text}, '{start}', 1)");
    flow.bind_with(&[
        ("w", "q.w".to_owned()),
        ("z", "q.z".to_owned()),
        ("r", g::TAIL_STARTS.iter().fold("q.z".to_owned(), cut)),
        ("s", "left(q.v, length(q.v) - length(q.z))".to_owned()),
    ]);
    let money = literal(g::MONEY);
    flow.bind_with(&[
        ("w", "q.w".to_owned()),
        ("t", "substr(q.z, length(q.r) + 1)".to_owned()),
        ("r", "q.r".to_owned()),
        (
            "s",
            format!("nullif(btrim(translate(q.s, {money}, '')), '')"),
        ),
        (
            "c",
            format!("length(q.s) - length(translate(q.s, {money}, ''))"),
        ),
    ]);
    let around = literal(AROUND);
    let part = |index: u32| {
        format!("translate(split_part(replace(q.r, 'to', '-'), '-', {index}), {around}, '')")
    };
    let (below, above) = (
        any_of("q.s", g::BELOW.into_iter()),
        any_of("q.s", g::ABOVE.into_iter()),
    );
    // The server need not remember which group is where.
    let numbers = like("q.r", &g::RANGE.replace("(?:", "("));
    let tails = any_of("q.t", g::RANGE_TAILS.into_iter());
    let known = format!(
        "length(q.v) <= {} AND q.c < 2 AND (q.s IS NULL OR {below} OR {above}) \
         AND (q.t = '' OR {tails}) AND {numbers}",
        g::RANGE_LENGTH
    );
    flow.bind_with(&[
        ("k", known),
        ("w", "q.w".to_owned()),
        ("x", part(1)),
        ("y", format!("nullif({}, '')", part(2))),
        ("p", "strpos(q.r, '+') > 0".to_owned()),
        (
            "s",
            format!("CASE WHEN {below} THEN 'b' WHEN {above} THEN 'a' END"),
        ),
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
