//! What `align verify` tells beside what holds and what does not.

use serde_json::Value;

use super::{align, copy, ended, verify};

#[test]
fn a_sample_says_how_sure_it_makes() {
    let db = copy("sampled");
    let (document, code) = verify(&db, &["--only", "values", "--sample", "2"]);
    assert_eq!(code, 0);
    assert_eq!(document["sample"]["rows"], 2);
    let share = document["sample"]["share_below"].as_f64().unwrap();
    assert!((share - 0.776_393).abs() < 1e-6, "{share}");
    let looked_at = |check: &Value| check["looked_at"].as_u64().unwrap();
    let checks = document["checks"].as_array().unwrap();
    let of_columns = |check: &&Value| check["name"].as_str().unwrap().contains(" → ");
    let of_columns = checks.iter().filter(of_columns);
    assert!(of_columns.clone().count() > 10);
    assert!(of_columns.clone().all(|check| looked_at(check) <= 2));
    let mut command = align(&db);
    command.args(["verify", "--only", "values", "--sample", "300"]);
    let output = command.output().unwrap();
    // On a screen it is two lines.
    let said = String::from_utf8_lossy(&output.stdout);
    let said: Vec<&str> = said.split_whitespace().collect();
    let said = said.join(" ");
    assert!(
        said.ends_with("not asked for: structure, access, flow, statements, selects at most 300 rows of a table were looked at: where none fails, fewer than 0.99 % of its rows do, with 95 % certainty"),
        "{said}"
    );
    let mut command = align(&db);
    command.args([
        "verify", "--only", "values", "--sample", "300", "--budget", "90s",
    ]);
    let output = command.args(["--format", "junit"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    for property in [
        "<property name=\"sample\" value=\"at most 300 rows of a table were looked at: where none fails, fewer than 0.99 % of its rows do, with 95 % certainty\"/>",
        "<property name=\"budget\" value=\"90s\"/>",
        "<property name=\"not asked for\" value=\"structure, access, flow, statements, selects\"/>",
    ] {
        assert!(said.contains(property), "{property} is not in {said}");
    }
}

/// What a dump shows, without the token that each has of its own.
#[test]
fn what_is_found_has_the_line_where_one_would_mend_it() {
    let db = copy("places");
    db.psql(
        "ALTER TABLE leads DISABLE TRIGGER USER;
         UPDATE leads SET contact_person = 'Eve' WHERE name = 'Ann';
         ALTER TABLE leads ENABLE TRIGGER USER;
         DELETE FROM lead_activities WHERE description = 'second';
         ALTER TABLE lead_activities ALTER COLUMN description TYPE varchar(100);
         UPDATE align.\"clara-to-trendtialcrm_phase1_history\" SET checksum = '1' WHERE version = 7",
    );
    let mut command = align(&db);
    command.args(["verify", "--format", "sarif", "--no-write-probe"]);
    let output = command.output().unwrap();
    let sarif: Value = serde_json::from_slice(&output.stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let mapping = std::fs::read_to_string("mappings/clara-to-trendtialcrm/mapping.toml").unwrap();
    let mapping: Vec<&str> = mapping.lines().collect();
    // The file, and in the mapping the entry that begins there.
    let place = |words: &str| {
        let found = results.iter().find(|result| {
            let text = result["message"]["text"].as_str().unwrap();
            text.contains(words)
        });
        let found = found.unwrap_or_else(|| panic!("{words}: {results:#?}"));
        let place = &found["locations"][0]["physicalLocation"];
        let file = place["artifactLocation"]["uri"].as_str().unwrap();
        let line = place["region"]["startLine"].as_u64();
        let entry = line.map(|line| {
            let from = usize::try_from(line).unwrap() - 1;
            mapping[from..from + 3].join("\n")
        });
        (file.to_owned(), entry.unwrap_or_default())
    };
    for (words, entry) in [
        (
            "leads.name → leads.contact_person",
            "to = \"leads.contact_person\"",
        ),
        (
            "rows of activities are in lead_activities",
            "to = \"lead_activities\"",
        ),
        (
            "lead_activities.description: varchar(100)",
            "lead_activities",
        ),
    ] {
        let (file, found) = place(words);
        assert_eq!(file, "mappings/clara-to-trendtialcrm/mapping.toml");
        assert!(found.contains(entry), "{words}: {found}");
    }
    let (file, _) = place("was applied with checksum");
    assert!(file.starts_with("migrations/phase1/V7__"), "{file}");
}

#[test]
fn what_columns_hold_before_and_after_is_told_to_those_who_ask() {
    let db = copy("summed_up");
    let (document, _) = verify(&db, &["--only", "values"]);
    let checks = document["checks"].as_array().unwrap();
    assert!(checks.iter().all(|check| check["columns"].is_null()));
    let (document, _) = verify(&db, &["--only", "values", "-v"]);
    let checks = document["checks"].as_array().unwrap();
    let columns = |name: &str| {
        let check = checks.iter().find(|check| check["name"] == name);
        check.unwrap()["columns"].clone()
    };
    let column =
        |when: &str, column: &str, nulls: u64, distinct: u64, of: &str, range: [&str; 2]| {
            serde_json::json!({
                "when": when, "column": column, "rows": 3, "nulls": nulls, "distinct": distinct,
                "range_of": of, "range": range,
            })
        };
    assert_eq!(
        columns("clients.company_size → clients.company_size"),
        serde_json::json!([
            column(
                "before",
                "clara.clients.company_size",
                0,
                3,
                "length",
                ["3", "7"]
            ),
            column(
                "after",
                "public.clients.company_size",
                0,
                3,
                "value",
                ["10", "10000"]
            ),
        ])
    );
    db.psql(
        "ALTER TABLE leads DISABLE TRIGGER USER; UPDATE leads SET contact_person = NULL WHERE name = 'Ann';
         ALTER TABLE leads ENABLE TRIGGER USER",
    );
    let output = align(&db).args(["verify", "--only", "values"]).output();
    let said = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(
        said.contains("before: clara.leads.name: 3 rows, 0 NULL, 3 distinct, length 3 to 3"),
        "{said}"
    );
    assert!(
        said.contains(
            "after: public.leads.contact_person: 3 rows, 1 NULL, 2 distinct, length 3 to 3"
        ),
        "{said}"
    );
    assert!(!said.contains("company_size: 3 rows"), "{said}");
}

#[test]
fn what_people_change_after_a_rule_that_held_once_is_theirs() {
    let db = copy("once");
    db.psql("UPDATE leads SET status_bucket = 'P3', updated_at = now() WHERE name = 'Ann'");
    let (document, code) = verify(&db, &["--only", "values"]);
    assert_eq!(ended(&document, "failed"), []);
    assert_eq!(code, 0);
    let rule = "leads.lead_score, leads.qualification_status → leads.status_bucket";
    let checks = document["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == rule).unwrap();
    assert_eq!(
        check["looked_at"], 2,
        "the row that was changed is left out"
    );
}
