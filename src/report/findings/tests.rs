use super::*;
use crate::report::sample::Sample;

#[test]
fn a_comparison_has_a_check_for_every_table_and_one_for_the_gate() {
    let sample = Sample::of_the_pair();
    let findings = of_report(&sample.report());
    let told: Vec<(&str, &str, bool)> = findings
        .checks
        .iter()
        .map(|check| {
            (
                check.group.as_str(),
                check.name.as_str(),
                check.outcome == Outcome::Failed,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("tables", "lead_activities", false),
            ("tables", "leads", true),
            ("tables", "todos", true),
            ("tables", "users", true),
            ("tables", "conversations", false),
            ("schema", "what belongs to no table", false),
            ("queries", "leads?select=*", false),
            ("queries", "users?select=*", true),
            ("queries", "meetings?select=id,user_id", false),
            ("mapping", "every correspondence fits", false),
            ("gate", "the gate passes", true),
        ]
    );
}

/// Two findings with places, one of them hostile, and a check of each outcome.
pub(crate) fn awkward() -> Findings {
    let hostile = Finding {
        sql: Some("SELECT 1 <> 2".to_owned()),
        ..Finding::new(
            "domain.rejected",
            Level::Error,
            "a,b:c%",
            "<x> & \"y\"\n::error::]]> [z](http://q) \u{1b}[31m",
        )
    };
    let placed = Spot {
        file: "./a folder/50%,x:y.sql".to_owned(),
        line: Some(7),
        column: Some(3),
    };
    let late = Check {
        took: Some(1500),
        ..Check::of("other", "quick & easy", Vec::new())
    };
    let left = Check {
        outcome: Outcome::Skipped("no <role>".to_owned()),
        ..Check::of("other", "left out", Vec::new())
    };
    let warned = Finding::new("column.lossy", Level::Warning, "t.c", "may lose values");
    let noted = Finding::new("index.extra", Level::Note, "t", "only here");
    Findings {
        command: "diff",
        subject: "a → b".to_owned(),
        file: Some("mapping.toml".to_owned()),
        terms: vec![("sample", "a <few>".to_owned())],
        checks: vec![
            Check::of("tables", "t", vec![noted, warned]),
            Check::of(
                "tables",
                "a,b:c%",
                vec![hostile.at([placed, Spot::file("/root.ts")])],
            ),
            late,
            left,
        ],
    }
}

#[test]
fn a_mended_line_is_one_of_the_from_side_where_it_has_one() {
    use std::collections::BTreeMap;

    use crate::report::Places;
    use crate::schema::{Ident, ObjectPath, Place, QualifiedName};

    let path = |table: &str, column: Option<&str>| ObjectPath {
        table: QualifiedName::new(Ident::new("public").unwrap(), Ident::new(table).unwrap()),
        column: column.map(|name| Ident::new(name).unwrap()),
    };
    let place = |file: &str, line| Place {
        file: file.to_owned(),
        line,
    };
    let from = BTreeMap::from([
        (path("leads", None), place("from.sql", 1)),
        (path("leads", Some("name")), place("from.sql", 2)),
    ]);
    let to = BTreeMap::from([
        (path("leads", None), place("to.ts", 10)),
        (path("leads", Some("sync_lock")), place("to.ts", 11)),
        (path("leads", Some("contact_person")), place("to.ts", 12)),
    ]);
    let sample = Sample::of_the_pair();
    let mut report = sample.report();
    report.places = Places {
        from: Some(&from),
        to: Some(&to),
        mapping: Some("mapping.toml"),
    };
    let findings = of_report(&report);
    let spots = |rule: &str, object: &str| -> Vec<String> {
        let all = findings.by_level();
        let found = all
            .iter()
            .find(|(_, found)| found.rule == rule && found.object == object);
        let (_, found) = found.unwrap_or_else(|| panic!("{rule} {object} in {all:#?}"));
        let shown = found.spots.iter().map(|spot| {
            let line = spot.line.unwrap_or_default();
            format!("{}:{line}", spot.file)
        });
        shown.collect()
    };
    assert_eq!(
        spots("column.required", "leads.sync_lock"),
        ["from.sql:1", "to.ts:11"]
    );
    assert_eq!(spots("rls.off", "leads"), ["from.sql:1", "to.ts:10"]);
    assert_eq!(
        spots("column.renamed", "leads.contact_person")[..2],
        ["from.sql:2", "to.ts:12"]
    );
    assert_eq!(
        spots("mapping.stale", "leads.owner → leads.agent_id"),
        ["mapping.toml:31"]
    );
}
