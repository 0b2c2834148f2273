//! Two readings agree: the model read from a file is the model of the database that the file makes.
//!
//! Every folder of `tests/fixtures/sql` is a case, beside the bundled pair, `TrendtialCRM` as shipped
//! and the seed's phases. Expressions that only a server makes canonical may differ in text, and only
//! there.

mod cluster;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use align::schema::{Ident, Schema};
use align::source::TextFile;
use align::source::postgres::{self, ConnectOptions};
use align::source::sql;
use serde_json::Value;

struct Case {
    name: String,
    files: Vec<PathBuf>,
    /// Whether the Supabase surroundings are loaded first.
    shim: bool,
    namespaces: Vec<String>,
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn cases() -> Vec<Case> {
    let case = |name: &str, files: &[&str], shim| Case {
        name: name.to_owned(),
        files: files.iter().map(|file| root(file)).collect(),
        shim,
        namespaces: vec!["public".to_owned()],
    };
    let phases = "tests/fixtures/seed-phases";
    let mut cases = vec![
        case(
            "clara",
            &["mappings/clara-to-trendtialcrm/clara.sql"],
            false,
        ),
        case(
            "trendtialcrm",
            &["mappings/clara-to-trendtialcrm/trendtialcrm.sql"],
            true,
        ),
        case(
            "trendtialcrm_as_shipped",
            &["tests/fixtures/trendtialcrm-as-shipped/schema.sql"],
            true,
        ),
        case(
            "seed_phases",
            &[
                &format!("{phases}/V1__clara.sql"),
                &format!("{phases}/V2__seed_phase1.sql"),
                &format!("{phases}/V3__seed_phase2.sql"),
            ],
            true,
        ),
    ];
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root("tests/fixtures/sql"))
        .expect("it is there")
        .map(|entry| entry.expect("it is there").path())
        .collect();
    folders.sort();
    assert!(folders.len() >= 25, "the fixtures are gone");
    cases.extend(folders.into_iter().map(|folder| {
        let namespaces = std::fs::read_to_string(folder.join("namespaces"))
            .unwrap_or_else(|_| "public".to_owned());
        Case {
            name: folder
                .file_name()
                .expect("it is there")
                .to_string_lossy()
                .into_owned(),
            files: vec![folder.join("input.sql")],
            shim: folder.join("needs-shim").exists(),
            namespaces: namespaces.lines().map(str::to_owned).collect(),
        }
    }));
    cases
}

#[test]
fn every_file_read_is_the_database_it_makes() {
    let cases = Mutex::new(cases().into_iter());
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(case) = cases.lock().expect("it is there").next() else {
                        break;
                    };
                    let differences = differences(&case);
                    if !differences.is_empty() {
                        failed.lock().expect("it is there").push(format!(
                            "{}:\n{}",
                            case.name,
                            differences.join("\n")
                        ));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("it is there");
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

fn differences(case: &Case) -> Vec<String> {
    let namespaces: Vec<Ident> = case
        .namespaces
        .iter()
        .map(|name| Ident::new(name.as_str()).expect("it is there"))
        .collect();
    let files: Vec<TextFile> = case
        .files
        .iter()
        .map(|path| TextFile {
            name: path
                .file_name()
                .expect("it is there")
                .to_string_lossy()
                .into_owned(),
            text: std::fs::read_to_string(path).expect("it is there"),
        })
        .collect();
    let written = match sql::read(&files, &namespaces) {
        Ok(schema) => schema,
        Err(error) => return vec![error.to_string()],
    };
    let unreadable: Vec<String> = written
        .unreadable
        .iter()
        .map(|u| format!("cannot be read: {u:?}"))
        .collect();
    if !unreadable.is_empty() {
        return unreadable;
    }

    let database = cluster::database("agreement");
    if case.shim {
        database.load_shim();
        database.reset_default_privileges();
    }
    for file in &case.files {
        database.load(file);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("it is there");
    let options = ConnectOptions::from_url(&database.url(), &|_| None).expect("it is there");
    let live = runtime
        .block_on(postgres::read(&options, &namespaces))
        .expect("it is there");

    let mut found = Vec::new();
    compare(
        "",
        &value(&written, case.shim),
        &value(&live, case.shim),
        &mut found,
    );
    found
}

/// The model as JSON. What only text can list (a line that is no part of the model) is left out, and so
/// are the extensions that the Supabase surroundings bring.
fn value(schema: &Schema, shim: bool) -> Value {
    let mut value = serde_json::to_value(schema).expect("it is there");
    let object = value.as_object_mut().expect("it is there");
    object.remove("unmodelled");
    // A text does not say which columns a view has.
    let views = object.get_mut("views").and_then(Value::as_array_mut);
    for view in views.into_iter().flatten() {
        view.as_object_mut().expect("it is there").remove("columns");
    }
    if shim {
        object.remove("extensions");
    }
    value
}

fn compare(path: &str, written: &Value, live: &Value, found: &mut Vec<String>) {
    match (written, live) {
        (Value::Object(a), Value::Object(b)) => {
            if a.contains_key("spelling") && b.contains_key("spelling") {
                let needs_server = |o: &serde_json::Map<String, Value>| {
                    o.get("needs_server") == Some(&Value::Bool(true))
                };
                if a["text"] != b["text"] && !needs_server(a) && !needs_server(b) {
                    found.push(format!(
                        "  {path}: written {} live {}",
                        a["text"], b["text"]
                    ));
                }
                return;
            }
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                let null = Value::Null;
                compare(
                    &format!("{path}.{key}"),
                    a.get(key).unwrap_or(&null),
                    b.get(key).unwrap_or(&null),
                    found,
                );
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                let name = a["name"]["name"].as_str().or(a["name"].as_str());
                compare(
                    &format!(
                        "{path}[{}]",
                        name.map_or_else(|| i.to_string(), str::to_owned)
                    ),
                    a,
                    b,
                    found,
                );
            }
        }
        _ if written == live => {}
        _ => found.push(format!("  {path}: written {written} live {live}")),
    }
}
