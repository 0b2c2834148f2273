//! Clara's database into a CRM that is in use already.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::{Duration, Instant};

use super::{CLARA, Cluster, Database, Pair, SHIPPED, finished, like};

const PAIR: &str = "clara-to-trendtialcrm";
/// What a copy must not touch.
const EXISTING: &str = "SELECT 1, md5(string_agg(c::text, E'\\n' ORDER BY c.id)) FROM clients AS c WHERE updated_at = '2024-01-01'
    UNION ALL SELECT 2, md5(string_agg(l::text, E'\\n' ORDER BY l.id)) FROM leads AS l WHERE updated_at = '2024-01-01'
    ORDER BY 1";
/// Everything that a copy leaves, but for what tells its runs apart.
const RESULT: &str = "SELECT 'clients', count(*), md5(string_agg(c::text, E'\\n' ORDER BY c.id)) FROM clients AS c
    UNION ALL SELECT 'leads', count(*), md5(string_agg(l::text, E'\\n' ORDER BY l.id)) FROM leads AS l
    UNION ALL SELECT 'lead_activities', count(*), md5(string_agg(a::text, E'\\n' ORDER BY a.id)) FROM lead_activities AS a
    UNION ALL SELECT 'users', count(*), md5(string_agg(u::text, E'\\n' ORDER BY u.id)) FROM users AS u
    UNION ALL SELECT 'quarantine', count(*), md5(string_agg(
        concat_ws('|', q.table_name, q.key, q.column_name, q.code, q.value, q.row_data, q.resolved_at), E'\\n'
        ORDER BY q.table_name, q.key::text, q.column_name)) FROM align.quarantine AS q
    UNION ALL SELECT 'matched', count(*), md5(string_agg(m::text, E'\\n' ORDER BY m.table_name, m.from_value)) FROM align.matched AS m
    ORDER BY 1";
const ORPHANS: &str = "SELECT (SELECT count(*) FROM leads l WHERE NOT EXISTS (SELECT FROM clients c WHERE c.id = l.client_id))
    + (SELECT count(*) FROM leads l WHERE agent_id IS NOT NULL AND NOT EXISTS (SELECT FROM users u WHERE u.id = l.agent_id))
    + (SELECT count(*) FROM lead_activities a WHERE NOT EXISTS (SELECT FROM leads l WHERE l.id = a.lead_id))
    + (SELECT count(*) FROM lead_activities a WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = a.created_by))";

fn is_full() -> bool {
    std::env::var("ALIGN_DRILL").is_ok_and(|size| size == "full")
}

fn clients() -> u32 {
    if is_full() { 200_000 } else { 10_000 }
}

fn clara() -> Database<'static> {
    let db = super::cluster::database("clara");
    db.load(CLARA);
    db.psql(&with_size(include_str!("../fixtures/copy/clara.sql")));
    db
}

fn crm() -> Database<'static> {
    let db = super::cluster::database("crm");
    db.load_shim();
    db.load(SHIPPED);
    db.psql(&with_size(include_str!("../fixtures/copy/crm.sql")));
    db
}

fn with_size(sql: &str) -> String {
    format!("\\set n {}\n{sql}", clients())
}

fn pair(from: Database<'static>, to: Database<'static>) -> Pair {
    Pair {
        folder: tempfile::tempdir().expect("the machine does its part"),
        from,
        to,
        map: PAIR.to_owned(),
    }
}

#[test]
fn a_copy_adds_up_overwrites_nothing_and_survives_being_killed() {
    let (from, crm) = (clara(), crm());
    let limit = ["--max-errors", "20%"];
    let first = pair(from, like(&crm));
    let before = first.to.psql(EXISTING);
    let source = first.from.psql("SELECT (SELECT count(*) FROM clients), (SELECT count(*) FROM leads), (SELECT count(*) FROM activities WHERE lead_id IS NOT NULL)");

    let began = Instant::now();
    let run = first.copy(&limit).ends_with(0);
    let took = began.elapsed();
    let counts = ["clients", "leads", "activities"].map(|table| run.counts(table));
    assert_eq!(
        counts.map(|[rows, ..]| rows.to_string()).join("|"),
        source,
        "{counts:?}"
    );
    for [rows, copied, matched, quarantined] in counts {
        assert_eq!(rows, copied + matched + quarantined, "{counts:?}");
        assert!(copied > 0 && quarantined > 0, "{counts:?}");
    }
    assert!(counts[0][2] > 0, "{counts:?}");
    assert_eq!(first.to.psql(EXISTING), before);
    assert_eq!(first.to.psql(ORPHANS), "0");
    // Children follow the rows that are there under another key.
    let followed = "SELECT count(*) > 0 FROM leads l JOIN align.matched m ON m.to_value = l.client_id::text WHERE l.updated_at <> '2024-01-01'";
    assert_eq!(first.to.psql(followed), "t");
    // Lines in quarantine are as many rows as the report says.
    let quarantined =
        "SELECT count(DISTINCT key) FROM align.quarantine GROUP BY table_name ORDER BY table_name";
    let said = [counts[2][3], counts[0][3], counts[1][3]].map(|rows| rows.to_string());
    assert_eq!(first.to.psql(quarantined), said.join("\n"));
    let codes = first.to.psql("SELECT DISTINCT table_name || '.' || column_name || ' ' || code FROM align.quarantine ORDER BY 1");
    for expected in [
        "activities.activity_type check.violated",
        "activities.lead_id key.orphan",
        "clients.client_name key.duplicate",
        "clients.company_size range.unreadable",
        "clients.email match.ambiguous",
        "leads.client_id key.orphan",
        "leads.client_id null.not_allowed",
        "leads.qualification_status values.unknown",
    ] {
        assert!(codes.contains(expected), "no `{expected}` in\n{codes}");
    }
    let without = "SELECT count(*) FROM align.quarantine WHERE row_data IS NULL OR message IS NULL";
    assert_eq!(first.to.psql(without), "0");
    // Nothing of the work is left.
    let left = "SELECT count(*) FROM pg_class WHERE relname ~ '^copy_.*_[0-9]+$' AND relkind = 'r'";
    assert_eq!(first.to.psql(left), "0");

    let result = first.to.psql(RESULT);
    let again = first.copy(&limit).ends_with(0);
    for (table, [rows, _, _, quarantined]) in ["clients", "leads", "activities"].iter().zip(counts)
    {
        assert_eq!(
            again.counts(table),
            [rows, 0, rows - quarantined, quarantined],
            "{table}"
        );
    }
    assert_eq!(
        first.to.psql(RESULT),
        result,
        "a second copy changed something"
    );

    let mut from = first.from;
    let moments = if is_full() { 20 } else { 3 };
    for moment in 0..moments {
        let killed = pair(from, like(&crm));
        let child = killed.start(&limit);
        // One somewhere in each part, so that they are spread over the whole run.
        let share = f64::from(moment) + random();
        std::thread::sleep(
            took.mul_f64(share / f64::from(moments))
                .max(Duration::from_millis(50)),
        );
        kill(child);
        let run = killed.copy(&limit).ends_with(0);
        assert_eq!(
            killed.to.psql(RESULT),
            result,
            "killed at {share} of {moments}: {run:#?}"
        );
        let postgres = Cluster::shared().named("postgres");
        postgres.psql(&format!(
            "DROP DATABASE \"{}\" WITH (FORCE)",
            killed.to.name
        ));
        from = killed.from;
    }
}

/// Below 1, and another one each time.
fn random() -> f64 {
    let hash = RandomState::new().hash_one(0_u8);
    f64::from(u32::try_from(hash >> 32).unwrap_or_default()) / f64::from(u32::MAX)
}

fn kill(mut child: std::process::Child) {
    child.kill().expect("it is ours");
    finished(child.wait_with_output().expect("it is ours"));
    // Its backends end within a second; until then they hold the lock, which the next run waits for.
}
