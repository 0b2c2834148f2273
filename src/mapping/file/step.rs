//! The steps of `[[column]]`: one verb, or several chained in `steps`, and whether they fit.

use super::item::{Fields, Item};
use super::reader::Reader;
use super::verb::{VERBS, verb};
use crate::mapping::{ColumnRef, Transform, WhenCase};

/// Keys that stand beside a verb, and the verb.
const COMPANIONS: &[(&str, &str)] = &[
    ("format", "cast"),
    ("zone", "cast"),
    ("on_unknown", "values"),
    ("otherwise", "when"),
];

/// A step, and the first byte of its verb.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) transform: Transform,
    start: usize,
}

/// The steps of an entry: its one verb, one with a `cast` after it, or the chain in `steps`.
pub(super) fn steps(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Vec<Step>> {
    let mut present: Vec<&'static str> = verbs_of(fields);
    check_companions(reader, fields);
    if let Some(list) = fields.get("steps") {
        for verb in present {
            let message = format!("`{verb}` stands beside `steps`; make it one of the steps");
            reader.error(fields.key_start(verb), message);
        }
        return chain(reader, &list);
    }
    // `cast` beside another verb is its last word
    present.sort_by_key(|verb| *verb == "cast");
    if let [first, second, ..] = present[..]
        && (second != "cast" || present.len() > 2)
    {
        two_verbs(reader, fields, first, second);
        return None;
    }
    present
        .into_iter()
        .map(|verb| step(reader, fields, verb))
        .collect()
}

fn verbs_of(fields: &Fields<'_>) -> Vec<&'static str> {
    VERBS.iter().copied().filter(|v| fields.has(v)).collect()
}

fn two_verbs(reader: &mut Reader<'_>, fields: &Fields<'_>, one: &str, other: &str) {
    let (mut first, mut second) = (one, other);
    if fields.key_start(one) > fields.key_start(other) {
        std::mem::swap(&mut first, &mut second);
    }
    let message = format!("`{first}` and `{second}` are two verbs");
    let hint = format!("chain them: `steps = [{{ {first} = … }}, {{ {second} = … }}]`");
    reader.error_with_hint(fields.key_start(second), message, hint);
}

fn check_companions(reader: &mut Reader<'_>, fields: &Fields<'_>) {
    for (key, verb) in COMPANIONS {
        if fields.has(key) && !fields.has(verb) {
            let message = format!("`{key}` belongs to `{verb}`");
            reader.error(fields.key_start(key), message);
        }
    }
}

fn is_companion(key: &str) -> bool {
    COMPANIONS.iter().any(|(companion, _)| *companion == key)
}

fn chain(reader: &mut Reader<'_>, list: &Item<'_>) -> Option<Vec<Step>> {
    let known: Vec<&str> = VERBS
        .iter()
        .copied()
        .chain(COMPANIONS.iter().map(|(key, _)| *key))
        .collect();
    let items = reader.list(list);
    if items.is_empty() {
        reader.error(list.start, "`steps` needs at least one step");
        return None;
    }
    let mut steps = Some(Vec::new());
    for item in items {
        let read = reader
            .fields(&item, "a step", &known)
            .and_then(|fields| one_step(reader, &fields));
        steps = steps.zip(read).map(|(mut steps, step)| {
            steps.push(step);
            steps
        });
    }
    steps
}

fn one_step(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Step> {
    check_companions(reader, fields);
    match verbs_of(fields)[..] {
        [verb] => step(reader, fields, verb),
        [] => {
            // an unknown key, which was noted, is most likely the verb
            if fields
                .entries()
                .iter()
                .all(|entry| is_companion(entry.name))
            {
                let hint = format!("the verbs are `{}`", VERBS.join("`, `"));
                reader.error_with_hint(fields.start, "a step needs a verb", hint);
            }
            None
        }
        [first, second, ..] => {
            two_verbs(reader, fields, first, second);
            None
        }
    }
}

/// Verbs that take a whole row rather than one value.
fn reads_row(transform: &Transform) -> bool {
    matches!(
        transform,
        Transform::Value(_)
            | Transform::Concat { .. }
            | Transform::Pack(_)
            | Transform::When { .. }
            | Transform::Sql(_)
    )
}

/// Notes where the steps do not fit each other, or the columns they start from and end in.
pub(super) fn check_chain(
    reader: &mut Reader<'_>,
    start: usize,
    steps: &[Step],
    from: &[ColumnRef],
    to: &[ColumnRef],
) {
    for step in steps.iter().skip(1).filter(|s| reads_row(&s.transform)) {
        let verb = step.transform.verb();
        let message = format!("`{verb}` reads the row, so it can only be the first step");
        reader.error(step.start, message);
    }
    let last = steps.len().saturating_sub(1);
    for (index, step) in steps.iter().enumerate() {
        let splits = matches!(step.transform, Transform::Split { .. });
        if splits && index < last {
            reader.error(step.start, "`split` can only be the last step");
        } else if splits && to.len() < 2 {
            reader.error(step.start, "`split` needs several columns in `to`");
        }
        if let Transform::When { cases, .. } = &step.transform {
            check_when(reader, step.start, cases, from);
        }
    }
    let splits = steps.iter().any(|s| s.transform.verb() == "split");
    if to.len() > 1 && !splits {
        reader.error(start, "several columns in `to` need `split`");
    }
    let first = steps.first().map(|step| &step.transform);
    match (first, from.len()) {
        (Some(Transform::Value(_)), 0) | (Some(Transform::Sql(_)), _) => {}
        (Some(Transform::Value(_)), _) => {
            reader.error(start, "`value` is a constant and takes no `from`");
        }
        (_, 0) => {
            let hint = "only `value` and `sql` go without";
            reader.error_with_hint(start, "`[[column]]` needs `from`", hint);
        }
        (_, 1) => {}
        (Some(first), _) if reads_row(first) => {}
        _ => {
            let message = "several columns in `from` need `concat`, `pack`, `when` or `sql`";
            reader.error(start, message);
        }
    }
}

fn check_when(reader: &mut Reader<'_>, start: usize, cases: &[WhenCase], from: &[ColumnRef]) {
    for case in cases {
        for column in case.condition.columns() {
            if !from.iter().any(|known| known.name == *column) {
                let message = format!("`when` reads `{column}`, which `from` does not name");
                reader.error(start, message);
            }
        }
    }
}

fn step(reader: &mut Reader<'_>, fields: &Fields<'_>, name: &'static str) -> Option<Step> {
    let transform = verb(reader, fields, name)?;
    let start = fields.key_start(name);
    Some(Step { transform, start })
}
