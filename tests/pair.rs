//! The bundled pair: the seed's own table comes out of the two schemas by arithmetic, and moves when
//! they do.

mod cluster;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs `align` in an empty folder, so that nothing but the embedded pair is found.
fn align(args: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("it is there");
    let mut command = Command::new(env!("CARGO_BIN_EXE_align"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("PG") || name.starts_with("ALIGN_") || name == "DATABASE_URL" {
            command.env_remove(name);
        }
    }
    command
        .args(args)
        .current_dir(folder.path())
        .output()
        .expect("it is there")
}

fn diff(args: &[&str]) -> Value {
    let output = align(&[&["diff", "--format", "json"], args].concat());
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("it is there")
}

/// Category scores in the mapping's order, then the overall score.
fn scores(report: &Value) -> Vec<f64> {
    let score = &report["score"];
    let categories = score["categories"].as_array().expect("it is there");
    categories
        .iter()
        .map(|c| c["score"].as_f64().expect("it is there"))
        .chain(score["overall"].as_f64())
        .collect()
}

/// Clara's schema with one text replaced by another, as a source.
fn clara_with(folder: &Path, text: &str, by: &str) -> String {
    let sql = std::fs::read_to_string(root("mappings/clara-to-trendtialcrm/clara.sql"))
        .expect("it is there");
    assert!(sql.contains(text), "{text:?} is not in clara.sql");
    let path = folder.join("clara.sql");
    std::fs::write(&path, sql.replacen(text, by, 1)).expect("it is there");
    format!("sql:{}", path.display())
}

/// clients: 7 same + 1 renamed + ½ lossy of 12 = 8.5/12 = 70.8. leads: 8 same + 3 renamed + ½ lossy +
/// 7 derived of 31 = 18.5/31 = 59.7. `lead_activities`: 6 same + 5 derived of 11 = 100.
/// Core (70.83 + 59.68)/2 = 65.3, Lead (59.68 + 100)/2 = 79.8, User 0, Call 0,
/// overall (2·65.26 + 2·79.84 + 0 + 0)/6 = 48.4.
#[test]
fn the_seeds_table_comes_out_of_the_schemas() {
    let report = diff(&[]);
    assert_eq!(scores(&report), [65.3, 79.8, 0.0, 0.0, 48.4]);
    assert_eq!(report["score"]["strict"]["by_name"], 18.3);
    assert_eq!(report["score"]["strict"]["renames"], 33.3);
    assert_eq!(report["from"]["tables"], 4);
    assert_eq!(report["from"]["columns"], 60);
    assert_eq!(report["to"]["tables"], 21);
    assert_eq!(report["to"]["columns"], 242);
    assert_eq!(report["coverage"]["tables"]["matched"], 3);
    assert_eq!(report["unknown"], serde_json::json!([]));
    assert_eq!(report["unmodelled"], serde_json::json!([]));
}

/// Each figure by hand; only clients or leads change, so Core and Lead follow, and the overall score is
/// (2·Core + 2·Lead)/6.
#[test]
fn the_score_moves_with_the_schema() {
    let folder = tempfile::tempdir().expect("it is there");
    let from = |text: &str, by: &str| {
        let source = clara_with(folder.path(), text, by);
        scores(&diff(&[
            "--from",
            &source,
            "--map",
            "clara-to-trendtialcrm",
        ]))
    };
    // clients 7.5/12 = 62.5; Core (62.5 + 59.68)/2 = 61.1; overall (2·61.09 + 2·79.84)/6 = 47.0.
    assert_eq!(
        from("    company      varchar(255),\n", ""),
        [61.1, 79.8, 0.0, 0.0, 47.0]
    );
    // leads 17.5/31 = 56.5; Core (70.83 + 56.45)/2 = 63.6; Lead (56.45 + 100)/2 = 78.2; overall 47.3.
    assert_eq!(
        from(
            "    source               varchar(100) DEFAULT 'voice_call',\n",
            ""
        ),
        [63.6, 78.2, 0.0, 0.0, 47.3]
    );
    // The lossy ½ becomes 1: leads 19/31 = 61.3; Core 66.1; Lead 80.6; overall 48.9.
    assert_eq!(
        from(
            "    assigned_agent       varchar(50),",
            "    agent_id uuid,\n    assigned_agent varchar(50),"
        ),
        [66.1, 80.6, 0.0, 0.0, 48.9]
    );
    // website has no home in the CRM, so nothing is lost with it.
    assert_eq!(
        from("    website      varchar(255),\n", ""),
        [65.3, 79.8, 0.0, 0.0, 48.4]
    );
}

#[test]
fn the_blockers_are_those_a_person_reviewed() {
    let report = diff(&[]);
    let lines: Vec<String> = report["blockers"]
        .as_array()
        .expect("it is there")
        .iter()
        .map(|b| {
            let part = |key: &str| b[key].as_str().unwrap_or_default().to_owned();
            format!(
                "{}  {}  {}  {}",
                part("kind"),
                part("table"),
                part("column"),
                part("message")
            )
        })
        .collect();
    let expected =
        std::fs::read_to_string(root("tests/fixtures/pair/blockers.txt")).expect("it is there");
    assert_eq!(lines.join("\n") + "\n", expected);
}

/// clients 11.5/12 = 95.8, leads 23.5/31 = 75.8: Core 85.8, Lead 87.9; users 7/9 = 77.8, calls
/// 12/17 = 70.6; overall (2·85.8 + 2·87.9 + 77.8 + 70.6)/6 = 82.6.
#[test]
fn the_seeds_own_sql_falls_short_of_its_target() {
    let from = format!("sql:{}", root("tests/fixtures/seed-phases").display());
    let args = ["--from", &from, "--map", "clara-to-trendtialcrm"];
    let report = diff(&args);
    assert_eq!(scores(&report), [85.8, 87.9, 77.8, 70.6, 82.6]);
    let gate = align(&[&["diff", "--fail-under", "90"], &args[..]].concat());
    assert_eq!(gate.status.code(), Some(1));
    let text = String::from_utf8(gate.stdout).expect("it is there");
    for forgotten in [
        "updated_at",
        "company_size",
        "agent_id",
        "utm_campaign",
        "lead_source",
        "contact_person",
    ] {
        assert!(
            text.contains(forgotten),
            "the report does not name {forgotten}"
        );
    }
    let missing: Vec<String> = report["changes"]
        .as_array()
        .expect("it is there")
        .iter()
        .filter(|c| c["kind"] == "column.missing")
        .map(|c| {
            format!(
                "{}.{}",
                c["table"].as_str().expect("it is there"),
                c["to"].as_str().expect("it is there")
            )
        })
        .collect();
    for column in ["calls.updated_at", "leads.utm_campaign"] {
        assert!(
            missing.contains(&column.to_owned()),
            "{column} is not among {missing:?}"
        );
    }
}

fn assert_perfect(report: &Value) {
    assert!(
        states(report).iter().all(|state| *state == "applied"),
        "{:?}",
        states(report)
    );
    assert_eq!(scores(report), [100.0; 5]);
    for list in ["changes", "blockers", "unknown", "unmodelled"] {
        assert_eq!(report[list], serde_json::json!([]), "{list}");
    }
}

#[test]
fn the_crm_against_itself_is_all_of_it() {
    let crm = root("mappings/clara-to-trendtialcrm/trendtialcrm.sql");
    let text = format!("sql:{}", crm.display());
    assert_perfect(&diff(&["--from", &text, "--map", "clara-to-trendtialcrm"]));

    let folder = tempfile::tempdir().expect("it is there");
    let saved = folder.path().join("crm.json");
    let output = align(&[
        "inspect",
        &text,
        "--format",
        "json",
        "-o",
        saved.to_str().expect("it is there"),
    ]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let json = format!("json:{}", saved.display());
    assert_perfect(&diff(&["--from", &json, "--map", "clara-to-trendtialcrm"]));
}

#[test]
fn the_crm_in_a_database_is_the_crm_in_its_file() {
    let database = cluster::database("crm");
    database.load_shim();
    database.reset_default_privileges();
    database.load("mappings/clara-to-trendtialcrm/trendtialcrm.sql");
    assert_perfect(&diff(&[
        "--from",
        &database.url(),
        "--map",
        "clara-to-trendtialcrm",
    ]));
}

/// The state of every correspondence that makes a column or a table.
fn states(report: &Value) -> Vec<&str> {
    let all = report["correspondences"].as_array().expect("a list");
    let made = all
        .iter()
        .filter(|c| c["to"].as_str().is_some_and(|to| !to.is_empty()));
    made.map(|c| c["state"].as_str().expect("a word")).collect()
}

fn blocker_kinds(report: &Value) -> Vec<String> {
    let part = |b: &Value, key: &str| b[key].as_str().unwrap_or_default().to_owned();
    let blockers = report["blockers"].as_array().expect("a list");
    blockers
        .iter()
        .map(|b| format!("{} {}", part(b, "kind"), part(b, "table")))
        .collect()
}

/// What its authors got wrong is found, and nothing else: embeds of calls and meetings, tables without
/// row level security, states that any word may stand in.
#[test]
fn the_crm_as_shipped_is_blocked_by_its_known_faults_alone() {
    let shipped = format!(
        "sql:{}",
        root("tests/fixtures/trendtialcrm-as-shipped/schema.sql").display()
    );
    let report = diff(&["--from", &shipped, "--map", "clara-to-trendtialcrm"]);
    assert!(
        states(&report).iter().all(|state| *state == "applied"),
        "{:?}",
        states(&report)
    );
    assert_eq!(
        blocker_kinds(&report),
        [
            "domain.rejected follow_ups",
            "domain.rejected meetings",
            "rls.off calls",
            "rls.off lead_activities",
            "rls.off lead_nurture_enrollments",
            "rls.off lead_scoring_criteria",
            "rls.off nurture_sequences",
            "rls.off nurture_steps",
            "rls.off pipeline_stages",
            "embed.unresolved calls",
            "embed.ambiguous meetings",
        ]
    );
}

/// With every phase applied all is there: 21 of 21 tables, and every query but the two that name columns
/// which exist nowhere.
#[test]
fn a_migrated_database_is_all_of_it() {
    let database = cluster::database("migrated");
    database.load_shim();
    database.reset_default_privileges();
    database.load("mappings/clara-to-trendtialcrm/clara.sql");
    for phase in ["phase1", "phase2", "phase3"] {
        let folder = root(&format!("migrations/{phase}"));
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
            .expect("a phase")
            .map(|entry| entry.expect("a file").path())
            .collect();
        files.sort_by_key(|file| {
            let name = file
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            name[1..]
                .split("__")
                .next()
                .and_then(|version| version.parse::<u32>().ok())
        });
        for file in files {
            database.load(file);
        }
    }
    let report = diff(&["--from", &database.url(), "--map", "clara-to-trendtialcrm"]);
    assert_eq!(scores(&report), [100.0; 5]);
    assert_eq!(report["coverage"]["tables"]["matched"], 21);
    for list in ["blockers", "unknown", "unmodelled"] {
        assert_eq!(report[list], serde_json::json!([]), "{list}");
    }
    assert!(
        states(&report).iter().all(|state| *state == "applied"),
        "{:?}",
        states(&report)
    );
    let unanswered: Vec<&Value> = report["selects"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|s| s["result"] != "resolved" && s["known_failure"].is_null())
        .collect();
    assert!(unanswered.is_empty(), "{unanswered:?}");
}
