//! Functions and procedures.

use std::fmt::Display;

use crate::schema::{Body, Function, Parallel, Parameter, Volatility, quote};

use super::literal::{body, literal};
use super::script::open;

/// Settings whose value is a list of names; any other is one text.
const LISTS: [&str; 6] = [
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
];

pub(super) fn create(function: &Function) -> String {
    let mut lines = vec![format!(
        "CREATE {} {}({})",
        if function.procedure {
            "PROCEDURE"
        } else {
            "FUNCTION"
        },
        function.signature.name,
        list(
            function
                .parameters
                .iter()
                .filter(|p| p.mode != "TABLE")
                .map(parameter)
        )
    )];
    lines.extend(returns(function));
    lines.push(format!("LANGUAGE {}", quote(&function.language)));
    lines.extend(promises(function));
    for (name, value) in &function.settings {
        lines.push(setting(name, value));
    }
    lines.push(match &function.body {
        Body::Text(text) => format!("AS {};", body(text)),
        Body::Parsed(expression) => format!("{};", open(expression).trim_end_matches(';')),
    });
    lines.join("\n")
}

/// How other statements name it.
pub(super) fn reference(function: &Function) -> String {
    format!(
        "{} {}({})",
        if function.procedure {
            "PROCEDURE"
        } else {
            "FUNCTION"
        },
        function.signature.name,
        list(&function.signature.arguments)
    )
}

fn list(items: impl IntoIterator<Item = impl Display>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    items.join(", ")
}

fn parameter(parameter: &Parameter) -> String {
    let mut words = Vec::new();
    if parameter.mode != "IN" {
        words.push(parameter.mode.clone());
    }
    words.extend(parameter.name.iter().map(ToString::to_string));
    words.push(parameter.ty.to_string());
    if let Some(default) = &parameter.default {
        words.push("DEFAULT".to_owned());
        words.push(open(default));
    }
    words.join(" ")
}

fn returns(function: &Function) -> Option<String> {
    if function.procedure {
        return None;
    }
    let table: Vec<&Parameter> = function
        .parameters
        .iter()
        .filter(|p| p.mode == "TABLE")
        .collect();
    if !table.is_empty() {
        let columns = table.into_iter().map(|column| {
            let name = column.name.iter().map(ToString::to_string);
            let words: Vec<String> = name.chain([column.ty.to_string()]).collect();
            words.join(" ")
        });
        return Some(format!("RETURNS TABLE ({})", list(columns)));
    }
    let set = if function.returns_set { "SETOF " } else { "" };
    if let Some(ty) = &function.returns {
        return Some(format!("RETURNS {set}{ty}"));
    }
    if !function.returns_set {
        return None;
    }
    let out: Vec<&Parameter> = function
        .parameters
        .iter()
        .filter(|p| p.mode == "OUT" || p.mode == "INOUT")
        .collect();
    match out.as_slice() {
        [single] => Some(format!("RETURNS SETOF {}", single.ty)),
        _ => Some("RETURNS SETOF record".to_owned()),
    }
}

fn promises(function: &Function) -> Option<String> {
    let mut words = Vec::new();
    match function.volatility {
        Volatility::Immutable => words.push("IMMUTABLE"),
        Volatility::Stable => words.push("STABLE"),
        Volatility::Volatile => {}
    }
    if function.leakproof {
        words.push("LEAKPROOF");
    }
    if function.strict {
        words.push("STRICT");
    }
    if function.security_definer {
        words.push("SECURITY DEFINER");
    }
    match function.parallel {
        Parallel::Unsafe => {}
        Parallel::Restricted => words.push("PARALLEL RESTRICTED"),
        Parallel::Safe => words.push("PARALLEL SAFE"),
    }
    (!words.is_empty()).then(|| words.join(" "))
}

fn setting(name: &str, value: &str) -> String {
    let names: Vec<String> = name.split('.').map(quote).collect();
    let value = if LISTS.contains(&name) {
        let elements: Vec<String> = list_elements(value)
            .iter()
            .map(|element| {
                if element.is_empty() {
                    literal(element)
                } else {
                    quote(element)
                }
            })
            .collect();
        elements.join(", ")
    } else {
        literal(value)
    };
    format!("SET {} = {value}", names.join("."))
}

/// Reads a list of names as the catalog keeps it: `"$user", public`, or `""` for no name.
fn list_elements(text: &str) -> Vec<String> {
    let mut elements = vec![String::new()];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => push(&mut elements, '"'),
            '"' => quoted = !quoted,
            ',' if !quoted => elements.push(String::new()),
            c if !quoted && c.is_whitespace() => {}
            c => push(&mut elements, c),
        }
    }
    elements
}

fn push(elements: &mut [String], c: char) {
    if let Some(last) = elements.last_mut() {
        last.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_say_what_the_catalog_says() {
        for (name, value, sql) in [
            ("search_path", "\"\"", "SET search_path = ''"),
            ("search_path", "", "SET search_path = ''"),
            (
                "search_path",
                "\"$user\", public,\"a\"\"b\"",
                "SET search_path = \"$user\", public, \"a\"\"b\"",
            ),
            ("work_mem", "64MB", "SET work_mem = '64MB'"),
            ("app.tenant", "it's", "SET app.tenant = 'it''s'"),
        ] {
            assert_eq!(setting(name, value), sql);
        }
    }
}
