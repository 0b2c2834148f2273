//! Views and materialized views.

use crate::schema::{View, quote};

use super::literal::literal;
use super::script::open;

pub(super) fn create(view: &View) -> String {
    let mut sql = format!("CREATE {} {}", word(view), view.name);
    if !view.options.is_empty() {
        let options: Vec<String> = view
            .options
            .iter()
            .map(|(name, value)| format!("{} = {}", quote(name), option_value(value)))
            .collect();
        sql.extend([" WITH (", &options.join(", "), ")"]);
    }
    sql.push_str(" AS\n");
    sql.push_str(open(&view.query).trim_end_matches([';', ' ']));
    sql.push(';');
    sql
}

/// Why a view cannot be written; `None` when it can.
pub(super) fn gap(view: &View) -> Option<&'static str> {
    view.query
        .text
        .trim()
        .is_empty()
        .then_some("its query is not known")
}

/// What it is called in statements.
pub(super) fn word(view: &View) -> &'static str {
    if view.materialized {
        "MATERIALIZED VIEW"
    } else {
        "VIEW"
    }
}

fn option_value(value: &str) -> String {
    let plain = !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric());
    if plain {
        value.to_owned()
    } else {
        literal(value)
    }
}
