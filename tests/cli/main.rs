//! The program as a user meets it: codes, streams, errors, help.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails where it is"
)]

mod errors;
mod formats;
mod help;
mod init;
mod known;
mod mapping;
mod meant;
mod pages;
mod progress;
mod questions;
mod rows;
mod run;
mod streams;
mod topics;

/// Two schemas that a rename and a type tell apart.
const OLD: &str = "CREATE TABLE clients (id uuid PRIMARY KEY, name varchar(255) NOT NULL);\n";
const NEW: &str = "CREATE TABLE clients (id uuid PRIMARY KEY, client_name text NOT NULL);\n";
const MAPPING: &str = r#"format = 1

[from]
name = "shop"
source = "sql:old.sql"

[to]
name = "crm"
source = "sql:new.sql"

[[table]]
from = "clients"
to = "clients"

[[column]]
from = "clients.name"
to = "clients.client_name"
why = "the CRM says whose name it is"
"#;

/// The pair in a folder of its own under `mappings/`.
fn pair(name: &str) -> Vec<(String, &'static str)> {
    let files = [
        ("mapping.toml", MAPPING),
        ("old.sql", OLD),
        ("new.sql", NEW),
    ];
    files
        .into_iter()
        .map(|(file, text)| (format!("mappings/{name}/{file}"), text))
        .collect()
}

fn place(names: &[&str]) -> run::Place {
    let files: Vec<(String, &str)> = names.iter().flat_map(|name| pair(name)).collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), *text))
        .collect();
    run::Place::with(&files)
}
