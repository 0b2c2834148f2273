//! Sources that cannot say everything: what they leave open is listed, and is no difference.

use std::path::Path;

use assert_cmd::Command;
use serde_json::{Value, json};

fn diff(from: &str, to: &str) -> Value {
    let assert = Command::new(env!("CARGO_BIN_EXE_align"))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures"))
        .args([
            "diff", "--no-map", "--format", "json", "--from", from, "--to", to,
        ])
        .assert()
        .success();
    serde_json::from_slice(&assert.get_output().stdout).expect("JSON")
}

/// The dashboard's export of the very schema it is compared with: 21 tables, 226 columns, enums written
/// `USER-DEFINED`, arrays written `ARRAY`, tables in an order that never loads.
#[test]
fn a_context_only_export_differs_in_nothing_from_its_schema() {
    let report = diff(
        "context-only/trendtialcrm.sql",
        "trendtialcrm-as-shipped/schema.sql",
    );
    assert_eq!(report["from"]["tables"], 21);
    assert_eq!(report["from"]["columns"], 226);
    assert_eq!(report["score"]["overall"], json!(100.0));
    for list in ["changes", "blockers", "unmodelled"] {
        assert_eq!(report[list], json!([]), "{list}");
    }
    let unknown: Vec<(&str, &str)> = report["unknown"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|u| {
            (
                u["table"].as_str().unwrap_or(""),
                u["name"].as_str().unwrap_or(""),
            )
        })
        .collect();
    for wanted in [
        ("todos", "status"),
        ("leads", "tags"),
        ("", "indexes"),
        ("calls", "calls_lead_id_fkey"),
    ] {
        assert!(
            unknown.contains(&wanted),
            "{wanted:?} is not among {unknown:?}"
        );
    }
}

/// Both layouts of the generated types are one model.
#[test]
fn both_layouts_of_generated_types_are_one_model() {
    let report = diff(
        "typescript/gen-tidy/database.types.ts",
        "typescript/gen-quoted/database.types.ts",
    );
    assert_eq!(report["score"]["overall"], json!(100.0));
    assert_eq!(report["changes"], json!([]));
}
