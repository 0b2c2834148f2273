//! Flags that say where to, how many at a time, and by whose leave.

use super::Pair;
use super::small::{CRM, MAPPING, SHOP};

const ROWS: &str =
    "SELECT count(*), sum(seats), (SELECT sum(total * client_id) FROM orders) FROM clients";

#[test]
fn any_number_of_sessions_copies_the_same() {
    let one = Pair::new("jobs_1", SHOP, CRM, MAPPING);
    one.copy(&["--jobs", "1"]).ends_with(0);
    let many = Pair::new("jobs_8", SHOP, CRM, MAPPING);
    many.copy(&["--jobs", "8"]).ends_with(0);
    assert_eq!(one.to.psql(ROWS), many.to.psql(ROWS));
    assert!(
        one.to.psql(ROWS).starts_with("20|2100|"),
        "{}",
        one.to.psql(ROWS)
    );
    for wrong in ["0", "65", "-1", "all"] {
        let jobs = format!("--jobs={wrong}");
        one.copy(&[&jobs]).ends_with(2).says(&["--jobs <N>"]);
    }
}

#[test]
fn rows_go_into_the_schema_that_is_named() {
    let inside = format!("CREATE SCHEMA crm; SET search_path = crm; {CRM}");
    let pair = Pair::new("to_schema", SHOP, &inside, MAPPING);
    pair.copy(&[]).ends_with(3);
    pair.from
        .psql("UPDATE customers SET size = 'many' WHERE id = 4");
    let into = ["--to-schema", "crm", "--max-errors", "100%"];
    let run = pair.copy(&into).ends_with(0);
    assert_eq!(run.counts("customers"), [20, 19, 0, 1]);
    assert_eq!(pair.to.psql("SELECT count(*) FROM crm.clients"), "19");

    pair.from
        .psql("UPDATE customers SET size = '40' WHERE id = 4");
    let retry = [
        "quarantine",
        "retry",
        "--yes",
        "--format",
        "json",
        "--jobs",
        "1",
    ];
    let again = pair.align(&pair.between(&retry, &into)).ends_with(0);
    assert_eq!(again.counts("customers"), [1, 1, 0, 0]);
    assert_eq!(
        pair.to.psql("SELECT seats FROM crm.clients WHERE id = 4"),
        "40"
    );
    assert_eq!(pair.to.psql("SELECT count(*) FROM crm.orders"), "60");
}

#[test]
fn without_a_yes_or_somebody_to_ask_nothing_is_copied() {
    let pair = Pair::new("no_input", SHOP, CRM, MAPPING);
    let refused = pair
        .align(&pair.between(&["copy", "--no-input"], &[]))
        .ends_with(3);
    refused.says(&["say it beforehand with `--yes`"]);
    assert_eq!(pair.to.psql("SELECT count(*) FROM clients"), "0");

    pair.from
        .psql("UPDATE customers SET size = 'many' WHERE id = 4");
    pair.copy(&["--max-errors", "100%"]).ends_with(0);
    pair.from
        .psql("UPDATE customers SET size = '40' WHERE id = 4");
    let verb = ["quarantine", "retry", "--no-input"];
    let refused = pair.align(&pair.between(&verb, &[])).ends_with(3);
    refused.says(&["say it beforehand with `--yes`"]);
    assert_eq!(pair.to.psql("SELECT count(*) FROM clients"), "19");
}

#[test]
fn lines_are_chosen_by_the_run_that_put_them_there() {
    let pair = Pair::new("by_run", SHOP, CRM, MAPPING);
    for (id, all) in [(4, "100%"), (5, "100%")] {
        pair.from.psql(&format!(
            "UPDATE customers SET size = 'many' WHERE id = {id}"
        ));
        pair.copy(&["--max-errors", all]).ends_with(0);
        // Whoever was published stays; the next one is to be new again.
        pair.to.psql("DELETE FROM orders; DELETE FROM clients");
    }
    let runs = pair
        .to
        .psql("SELECT DISTINCT run FROM align.quarantine WHERE column_name = 'seats' ORDER BY run");
    let runs: Vec<&str> = runs.lines().collect();
    assert_eq!(runs.len(), 2, "{runs:?}");
    let mut listed = 0;
    for run in &runs {
        let list = [
            "quarantine",
            "list",
            "--database",
            "env:TO",
            "--run",
            run,
            "--format",
            "json",
        ];
        let list = pair.align(&list).ends_with(0);
        let page: serde_json::Value = serde_json::from_str(&list.stdout).unwrap();
        let lines = page["lines"].as_array().unwrap();
        assert!(lines.iter().all(|line| line["run"] == **run), "{page}");
        assert!(!lines.is_empty(), "{page}");
        listed += lines.len();
    }
    let resolve = [
        "quarantine",
        "resolve",
        "--database",
        "env:TO",
        "--reason",
        "x",
        "--run",
        runs[0],
    ];
    let done = pair.align(&resolve).ends_with(0);
    let open = "SELECT count(*) FILTER (WHERE resolved_at IS NULL), count(*) FROM align.quarantine";
    let counts = pair.to.psql(open);
    let (open, all) = counts.split_once('|').unwrap();
    let (open, all): (usize, usize) = (open.parse().unwrap(), all.parse().unwrap());
    assert_eq!(all, listed, "each line is of one run");
    assert_eq!(
        done.stdout,
        format!("{} lines are dealt with\n", all - open)
    );
    assert!(open > 0 && open < all, "{counts}");
}

#[test]
fn lines_of_a_migration_are_left_to_people() {
    let pair = Pair::new("of_migrations", SHOP, CRM, MAPPING);
    // As `align migrate` makes it.
    pair.to.psql(&format!(
        "CREATE SCHEMA align; {}",
        include_str!("../../src/migrate/sql/quarantine.sql")
    ));
    let line = |id: u32| {
        pair.to.psql(&format!(
            "INSERT INTO align.quarantine (run, table_name, key, column_name, value, code)
             VALUES ('7a0c', 'customers', '{{\"id\": {id}}}', 'size', 'many', 'range.unreadable')"
        ));
    };
    line(4);
    let verb = ["quarantine", "retry", "--yes", "--format", "json"];
    let retry = || {
        pair.align(&pair.between(&verb, &["--max-errors", "100%"]))
            .ends_with(0)
    };
    retry().says(&["1 lines are of migrations", "`align quarantine resolve`"]);
    line(5);
    pair.from
        .psql("UPDATE customers SET size = 'many' WHERE id = 6");
    pair.copy(&["--max-errors", "100%"]).ends_with(0);
    pair.from
        .psql("UPDATE customers SET size = '60' WHERE id = 6");
    let run = retry().says(&["2 lines are of migrations"]);
    assert_eq!(run.counts("customers"), [1, 1, 0, 0]);
    let open = "SELECT string_agg(key ->> 'id', ' ' ORDER BY id) FROM align.quarantine WHERE resolved_at IS NULL";
    assert_eq!(pair.to.psql(open), "4 5");
    let resolve = [
        "quarantine",
        "resolve",
        "--database",
        "env:TO",
        "--table",
        "customers",
        "--reason",
        "x",
    ];
    pair.align(&resolve).ends_with(0);
    let run = retry();
    assert!(!run.stderr.contains("of migrations"), "{run:#?}");
}

#[test]
fn a_table_that_is_not_there_is_told_with_one_that_is() {
    let pair = Pair::new("meant", SHOP, CRM, MAPPING);
    for flags in [["--table", "custmers"], ["--where", "custmers=id > 1"]] {
        pair.copy(&flags).ends_with(2).says(&[
            "the from side has no table `custmers`",
            "did you mean `customers`?",
        ]);
    }
    let strange = pair.copy(&["--table", "zzz"]).ends_with(2);
    strange.says(&["it has `customers`, `orders`"]);
}
