//! `align migrate --format json`: one object on standard output, whatever happens.

use serde_json::{Value, json};

use crate::{Run, Shop};

pub(crate) fn page(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:#?}"))
}

fn names(list: &Value) -> Vec<String> {
    let of = |entry: &Value| format!("{} {}", entry["phase"], entry["name"]).replace('"', "");
    let list = list.as_array().expect("an array");
    list.iter().map(of).collect()
}

#[test]
fn a_dry_run_has_every_statement_with_its_locks() {
    let shop = Shop::new("json_plan");
    let page = page(
        &shop
            .align(&["migrate", "--dry-run", "--format", "json"])
            .ends_with(0),
    );
    assert_eq!(page["format_version"], 1);
    assert_eq!(page["command"], "migrate");
    assert_eq!(page["dry_run"], "print");
    assert_eq!(page["pair"], "shop-to-crm");
    assert_eq!(page["fingerprint"].as_str().unwrap().len(), 16);
    assert_eq!(page["database"]["name"], shop.db.name.as_str());
    let steps = page["steps"].as_array().unwrap();
    let expected = [
        "one V1__add_columns",
        "one V2__fill_names",
        "one V3__index_names",
        "two V1__stages",
    ];
    assert_eq!(names(&page["steps"]), expected);
    let transactions: Vec<&Value> = steps.iter().map(|step| &step["transaction"]).collect();
    assert_eq!(transactions, ["one", "windows", "none", "one"]);
    assert_eq!(
        steps[1]["batch"],
        json!({"table": "clients", "key": "id", "size": 100})
    );
    let lock = &steps[0]["statements"][0]["locks"][0];
    assert_eq!(lock["relation"], "public.clients");
    assert_eq!(lock["mode"], "ACCESS EXCLUSIVE");
    assert_eq!(lock["rows"], 1000);
    assert_eq!(steps[0]["version"], 1);
    assert_eq!(steps[0]["hazards"], json!([]));
    assert_eq!(shop.db.psql("SELECT to_regnamespace('align') IS NULL"), "t");
}

#[test]
fn a_run_tells_what_it_did_also_when_it_fails() {
    let shop = Shop::new("json_run");
    let good = "CREATE TABLE public.stages (id integer PRIMARY KEY, name text NOT NULL);\n";
    shop.write(
        "migrations/two/V1__stages.sql",
        &format!("{good}DO $$ BEGIN RAISE NOTICE 'made % tables', 1; END $$;\nSELECT 1 / 0;\n"),
    );
    let run = shop.migrate(&["--format", "json"]).ends_with(4);
    let told = page(&run);
    run.says(&["applied one V1__add_columns", "division by zero"]);
    assert_eq!(told["result"], "stopped");
    let expected = [
        "one V1__add_columns",
        "one V2__fill_names",
        "one V3__index_names",
    ];
    assert_eq!(names(&told["applied"]), expected);
    assert!(told["applied"][0]["duration_ms"].is_u64(), "{told:#}");
    assert_eq!(told["notices"][0]["message"], "made 1 tables");
    assert_eq!(told["notices"][0]["severity"], "notice");
    assert_eq!(names(&told["notices"]), ["two V1__stages"]);
    assert_eq!(
        told["phases"],
        json!([
            {"name": "one", "applied": 3, "pending": 0},
            {"name": "two", "applied": null, "pending": 1},
        ])
    );
    assert_eq!(told["error"]["exit_code"], 4);
    let causes = told["error"]["causes"].to_string();
    assert!(causes.contains("division by zero (22012)"), "{told:#}");
    let id = told["run"].as_str().unwrap();
    let events = format!("SELECT count(*) FROM align.events WHERE run = '{id}' AND event = 'ok'");
    assert_eq!(shop.db.psql(&events), "3");

    shop.write("migrations/two/V1__stages.sql", good);
    let told = page(&shop.migrate(&["--format", "json"]).ends_with(0));
    assert_eq!(told["result"], "done");
    assert_eq!(names(&told["applied"]), ["two V1__stages"]);
    assert_eq!(told["error"], Value::Null);
    assert_eq!(told["quarantined"], json!([]));

    let told = page(&shop.migrate(&["--format", "json"]).ends_with(0));
    assert_eq!(told["result"], "nothing");
    assert_eq!(told["applied"], json!([]));
    assert_eq!(
        told["phases"][1],
        json!({"name": "two", "applied": 1, "pending": 0})
    );
}
