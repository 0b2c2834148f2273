//! The usual values, without the steps: what makes sure of every value costs many times what most need.

use super::lookup::normalised;
use super::{Kind, Outcome, Render, source};
use crate::ddl::literal;
use crate::mapping::{Lookup, OpenRange, RangeRule, Transform};
use crate::schema::ColumnType;
use crate::transform::Slot;
use crate::transform::lookup::{LookupSource, LookupTable};

/// More keys would make the statement long, for it names them once more.
const MANY: usize = 1000;

impl Render<'_> {
    /// What most values need, where there is such a way.
    pub(super) fn quick(&self, target: &Slot) -> Option<Quick> {
        let ([column], [step]) = (self.correspondence.from.as_slice(), self.steps) else {
            return None;
        };
        let slot = self.from.slot(&column.name)?;
        let (Kind::Plain(from), Kind::Plain(ty)) = (&slot.kind, &target.kind) else {
            return None;
        };
        let text = match from {
            ColumnType::Text => source(&column.name),
            ColumnType::Varchar { .. } => format!("{}::text", source(&column.name)),
            _ => return None,
        };
        let quick = match step {
            Transform::Range { rule, open, words } => {
                let words = words.iter().map(|(word, _)| word);
                if words
                    .chain(&self.correspondence.nulls)
                    .any(|text| is_plain(text))
                {
                    return None;
                }
                plain_range(&text, *rule, *open, digits(ty)?)
            }
            Transform::Lookup(lookup) if self.correspondence.nulls.is_empty() => {
                match self.lookups.source(lookup)? {
                    LookupSource::Rows(table) => found(&text, lookup, table, ty)?,
                    LookupSource::Table(_) | LookupSource::Relation(_) => return None,
                }
            }
            _ => return None,
        };
        Some(Quick {
            value: format!("({quick})::{}", target.kind.sql()),
            text,
        })
    }
}

/// The usual way from a text to a value.
pub(super) struct Quick {
    /// Of the target's type: the value wherever it is not NULL.
    value: String,
    /// What it is made of; NULL becomes NULL.
    text: String,
}

impl Outcome {
    /// What it is where the usual way gives nothing.
    pub(super) fn after(self, Quick { value, text }: &Quick) -> Self {
        let is_left = format!("{text} IS NOT NULL AND {value} IS NULL");
        let otherwise = |code: String| format!("CASE WHEN {is_left} THEN {code} END");
        Self {
            value: format!(
                "CASE WHEN {text} IS NOT NULL THEN coalesce({value}, {}) END",
                self.value
            ),
            error: self.error.map(otherwise),
            note: self.note.map(otherwise),
            never_null: self.never_null,
            is_null_where_wrong: self.is_null_where_wrong,
        }
    }
}

/// Whether the text is one that the usual way would take for a range.
fn is_plain(text: &str) -> bool {
    let has_digit = text.chars().any(|c| c.is_ascii_digit());
    has_digit && text.chars().all(|c| "0123456789+-,".contains(c))
}

/// How many digits surely fit.
fn digits(ty: &ColumnType) -> Option<usize> {
    match ty {
        ColumnType::Integer => Some(9),
        ColumnType::Bigint => Some(18),
        _ => None,
    }
}

/// The number of a text of digits, with a dash or a plus at most, and thousands set apart by commas.
fn plain_range(text: &str, rule: RangeRule, open: OpenRange, digits: usize) -> String {
    // Six digits and no more where there are commas.
    let number = "[0-9]{1,3},[0-9]{3}";
    let joined = format!("translate({text}, ',', '')");
    let closed = |text: &str| {
        let part = |index: u32| format!("split_part({text}, '-', {index})::bigint");
        let (low, high) = (part(1), part(2));
        let value = match rule {
            RangeRule::Lower => low.clone(),
            RangeRule::Upper => high.clone(),
            RangeRule::Midpoint => format!("({low} + {high} + 1) / 2"),
        };
        format!("CASE WHEN {low} <= {high} THEN {value} END")
    };
    let mut forms = vec![
        (
            "",
            format!("length({text}) BETWEEN 1 AND {digits}"),
            format!("{text}::bigint"),
        ),
        (
            "-",
            format!(
                "length({text}) <= {digits} AND left({text}, 1) <> '-' AND right({text}, 1) <> '-'"
            ),
            closed(text),
        ),
        (
            ",",
            format!("{text} ~ '^{number}$'"),
            format!("{joined}::bigint"),
        ),
        (
            "-,",
            format!("{text} ~ '^[0-9]{{1,3}}-{number}$'"),
            closed(&joined),
        ),
        (
            ",-,",
            format!("{text} ~ '^{number}-{number}$'"),
            closed(&joined),
        ),
    ];
    if open == OpenRange::End {
        let number_of = |others: &str| format!("translate({text}, '{others}', '')::bigint");
        forms.push((
            "+",
            format!("length({text}) BETWEEN 2 AND {digits} AND right({text}, 1) = '+'"),
            number_of("+"),
        ));
        forms.push((",+", format!("{text} ~ '^{number}[+]$'"), number_of(",+")));
    }
    let forms = forms.iter().map(|(others, is_sure, value)| {
        format!(" WHEN '{others}' THEN CASE WHEN {is_sure} THEN {value} END")
    });
    format!(
        "CASE translate({text}, '0123456789', ''){} END",
        forms.collect::<String>()
    )
}

/// What one row of the table alone has for that key.
fn found(text: &str, lookup: &Lookup, table: &LookupTable, ty: &ColumnType) -> Option<String> {
    let has_form: fn(&str) -> bool = match ty {
        ColumnType::Text => |_| true,
        ColumnType::Uuid => is_uuid,
        ColumnType::Integer => |text| text.parse::<i32>().is_ok(),
        ColumnType::Bigint => |text| text.parse::<i64>().is_ok(),
        _ => return None,
    };
    let is_usual = lookup.matches.len() == 1
        && table.takes().count() <= MANY
        && table.takes().flatten().all(has_form);
    let key = normalised(lookup, text);
    let map = literal(&table.to_json());
    is_usual.then(|| format!("{map}::jsonb ->> ('1:' || {key})"))
}

/// As the server writes one.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        })
}
