//! A formatted text into the server's own form.

use super::flow::{Flow, code};
use super::guard::unlike;
use crate::ddl::literal;
use crate::transform::format::{Field, Format, GROUPED, MONTHS};
use crate::transform::{Code, charset};

/// Puts the text at hand into the form that a cast takes without a format.
pub(super) fn apply(format: &Format, flow: &mut Flow) {
    let blanks = literal(charset::ASCII_BLANKS);
    match format {
        Format::Number => {
            flow.set(format!("btrim({}, {blanks})", flow.text));
            flow.bind();
            let text = flow.text.clone();
            flow.fail(format!(
                "CASE WHEN {} THEN {} END",
                unlike(&text, GROUPED),
                code(Code::CastInvalid)
            ));
            flow.set(format!("replace({text}, ',', '')"));
        }
        Format::Moment { pattern, fields } => {
            let (upper, lower) = (literal(charset::UPPER), literal(charset::LOWER));
            flow.set(format!(
                "translate(btrim({}, {blanks}), {upper}, {lower})",
                flow.text
            ));
            flow.bind();
            let matched = format!("regexp_match({}, {})", flow.text, literal(pattern));
            flow.bind_with(&[("m", matched)]);
            flow.fail(format!(
                "CASE WHEN q.v IS NOT NULL AND q.m IS NULL THEN {} END",
                code(Code::CastInvalid)
            ));
            flow.set(rebuilt(fields));
        }
    }
}

fn rebuilt(fields: &[Field]) -> String {
    let group = |field: Field| {
        let index = fields.iter().position(|found| *found == field)?;
        Some(format!("q.m[{}]", index + 1))
    };
    let two = |field: Field| match group(field) {
        Some(group) => format!("lpad({group}, 2, '0')"),
        None => "'00'".to_owned(),
    };
    let hour = match (group(Field::HalfHour), group(Field::Half)) {
        (Some(hour), Some(half)) => format!(
            "CASE WHEN {hour}::integer NOT BETWEEN 1 AND 12 THEN '99' \
             ELSE lpad(({hour}::integer % 12 + CASE {half} WHEN 'pm' THEN 12 ELSE 0 END)::text, 2, '0') END"
        ),
        _ => two(Field::Hour),
    };
    let fraction = match group(Field::Fraction) {
        Some(group) => format!(" || '.' || {group}"),
        None => String::new(),
    };
    let clock = format!(
        "({hour}) || ':' || {} || ':' || {}{fraction}",
        two(Field::Minute),
        two(Field::Second)
    );
    let Some(year) = group(Field::Year) else {
        return clock;
    };
    let month = match group(Field::MonthName) {
        Some(name) => {
            let cases = MONTHS.iter().enumerate();
            let cases =
                cases.map(|(index, month)| format!(" WHEN '{month}' THEN '{:02}'", index + 1));
            let cases: String = cases.collect();
            format!("(CASE left({name}, 3){cases} END)")
        }
        None => two(Field::Month),
    };
    let date = format!("{year} || '-' || {month} || '-' || {}", two(Field::Day));
    let has_clock = fields.iter().any(|field| {
        !matches!(
            field,
            Field::Year | Field::Month | Field::MonthName | Field::Day
        )
    });
    if has_clock {
        format!("{date} || ' ' || {clock}")
    } else {
        date
    }
}
