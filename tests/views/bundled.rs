//! The bundled pair, both ways, over awkward rows.

use std::fs;

use align::mapping::{Lookup, Mapping, Rule, file};
use align::schema::{Ident, QualifiedName, Schema, Table};
use align::source::TextFile;
use align::transform::{LookupSource, Lookups, Shape, sql};

use crate::cluster::{Database, database};
use crate::{make, refused, root};

const PAIR: &str = "mappings/clara-to-trendtialcrm";
const MAP: [&str; 2] = ["--map", "clara-to-trendtialcrm"];

fn clara(name: &str) -> Database<'static> {
    let db = database(name);
    db.load_shim();
    db.psql(
        "INSERT INTO auth.users (id, email, raw_user_meta_data) VALUES
            ('11111111-1111-1111-1111-111111111111', 'ann@x.io', '{\"full_name\": \"Ann\"}');",
    );
    db.load(format!("{PAIR}/clara.sql"));
    db.psql(include_str!("../fixtures/phases/awkward.sql"));
    db
}

/// Runs a phase as psql would.
fn apply(db: &Database<'_>, phase: &str) {
    let mut files: Vec<(u32, String)> = fs::read_dir(root("migrations").join(phase))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let version = name[1..].split_once("__").unwrap().0.parse().unwrap();
            (version, fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    for (version, sql) in files {
        let sql = if sql.contains("-- align: no-transaction") {
            sql
        } else {
            format!("BEGIN;\n{sql}\nCOMMIT;")
        };
        if let Err(error) = db.try_psql(&sql) {
            panic!("{phase} {version}: {error}");
        }
    }
}

fn schema(file: &str) -> Schema {
    let text = fs::read_to_string(root(PAIR).join(file)).unwrap();
    let name = file.to_owned();
    align::source::sql::read(&[TextFile { name, text }], &[Ident::new("public").unwrap()]).unwrap()
}

fn mapping() -> Mapping {
    file::read(&fs::read_to_string(root(PAIR).join("mapping.toml")).unwrap()).unwrap()
}

/// Tables of lookups are beside the base tables.
struct Beside;

impl Lookups for Beside {
    fn source(&self, lookup: &Lookup) -> Option<LookupSource<'_>> {
        let public = Ident::new("public").unwrap();
        let name = lookup.table.name.clone();
        Some(LookupSource::Table(QualifiedName::new(public, name)))
    }
}

fn table<'a>(schema: &'a Schema, name: &Ident) -> &'a Table {
    schema.tables.iter().find(|t| t.name.name == *name).unwrap()
}

/// Every column that a rule makes is what the rule's own expression gives, and NULL where it gives none.
#[test]
fn new_names_over_claras_tables_are_what_each_rule_says() {
    let db = clara("new_names");
    apply(&db, "minimal");
    make(
        &db,
        &[&MAP[..], &["--names", "to", "--from", "env:DATABASE_URL"]].concat(),
    );
    let (from, to, mapping) = (schema("clara.sql"), schema("trendtialcrm.sql"), mapping());
    let mut compared = 0;
    for rule in &mapping.columns {
        let (Rule::Convert(_), Some(first)) = (&rule.rule, rule.to.first()) else {
            continue;
        };
        let view = &first.table.name;
        let base = rule.from.first().map_or_else(
            || Ident::new("activities").unwrap(),
            |c| c.table.name.clone(),
        );
        let from_shape = Shape::of(table(&from, &base), &from);
        let mut to_shape = Shape::of(table(&to, view), &to);
        for slot in to_shape.columns.values_mut() {
            slot.not_null = false;
        }
        for expression in sql::columns(rule, &from_shape, &to_shape, &Beside).unwrap() {
            let (column, value) = (&expression.column, &expression.value);
            let code = expression.code.as_deref().unwrap_or("NULL");
            let differs = db.psql(&format!(
                "SELECT count(*), count(*) FILTER (WHERE v.{column} IS DISTINCT FROM
                    CASE WHEN ({code}) IS NULL THEN {value} END
                    -- A list of values that only restricts is shown as it is.
                    AND NOT ('{column}' = 'qualification_status' AND ({code}) IS NOT NULL))
                 FROM public.{base} AS s JOIN trendtialcrm.{view} AS v ON v.id = s.id"
            ));
            let (all, different) = differs.split_once('|').unwrap();
            assert_ne!(all, "0", "{view}");
            assert_eq!(different, "0", "{view}.{column}");
            compared += 1;
        }
    }
    assert!(compared > 20, "{compared}");
    let orphans =
        db.psql("SELECT count(*) FROM trendtialcrm.lead_activities WHERE lead_id IS NULL");
    assert_eq!(orphans, "0");
    let sizes = db.psql(
        "SELECT s.company_size, v.company_size FROM clients AS s JOIN trendtialcrm.clients AS v USING (id)
         WHERE s.company_size IN ('50-200', '10k', '50+', '1,000-5,000', 'startup', 'lots', 'n/a')
         GROUP BY s.company_size, v.company_size ORDER BY s.company_size COLLATE \"C\"",
    );
    assert_eq!(
        sizes,
        "1,000-5,000|1000\n10k|10000\n50+|50\n50-200|50\nlots|\nn/a|\nstartup|10"
    );
    let agents = db.psql(
        "SELECT DISTINCT u.email FROM leads AS s JOIN trendtialcrm.leads AS v USING (id)
         LEFT JOIN users AS u ON u.id = v.agent_id WHERE s.assigned_agent IN ('sales_agent', ' ANN@X.IO ') ORDER BY 1",
    );
    assert_eq!(agents, "ann@x.io\nclara@trendtialcrm.ai");

    // The screens' upsert, and a lead of theirs, land in Clara's tables.
    db.psql(
        "INSERT INTO trendtialcrm.clients (client_name, email, company) VALUES ('Upsert', 'client1@x.io', 'Acme')
         ON CONFLICT (email) DO UPDATE SET client_name = excluded.client_name, company = excluded.company;
         INSERT INTO trendtialcrm.leads (client_id, contact_person, lead_source, qualification_status)
         SELECT id, 'By view', 'web', 'opportunity' FROM trendtialcrm.clients WHERE client_name = 'Upsert';
         UPDATE trendtialcrm.leads SET last_touch_date = '2024-01-01 00:00+00' WHERE contact_person = 'By view';
         INSERT INTO trendtialcrm.lead_activities (lead_id, subject) SELECT id, 'demo' FROM trendtialcrm.leads WHERE contact_person = 'By view';",
    );
    let landed = db.psql(
        "SELECT c.name, c.email, l.name, l.source, l.last_interaction AT TIME ZONE 'UTC', a.activity_type
         FROM leads AS l JOIN clients AS c ON c.id = l.client_id JOIN activities AS a ON a.lead_id = l.id WHERE l.name = 'By view'",
    );
    assert_eq!(
        landed,
        "Upsert|client1@x.io|By view|web|2024-01-01 00:00:00|demo"
    );
    let bucket = db.psql("SELECT status_bucket, sync_lock, win_probability FROM trendtialcrm.leads WHERE contact_person = 'By view'");
    assert_eq!(bucket, "P1|f|5");
    refused(
        &db,
        "UPDATE trendtialcrm.leads SET status_bucket = 'P1'",
        "cannot update column \"status_bucket\"",
    );
    refused(
        &db,
        "INSERT INTO trendtialcrm.lead_activities (subject) VALUES ('note')",
        "check option",
    );
}

/// After phases 1 and 2 Clara finds her rows as they were.
#[test]
fn old_names_over_the_migrated_tables_are_as_they_were() {
    let db = clara("old_names");
    apply(&db, "phase1");
    apply(&db, "phase2");
    let said = make(
        &db,
        &[&MAP[..], &["--names", "from", "--to", "env:DATABASE_URL"]].concat(),
    );
    for (view, columns) in [
        ("clients", "id, name, email, phone, company, industry, website, notes, tags, status"),
        (
            "leads",
            "id, name, email, phone, company, title, budget, authority, need, timeline, lead_score,
             score_grade, source, conversation_summary, extracted_info, assigned_agent, last_interaction, status",
        ),
        (
            "activities",
            "id, client_id, lead_id, activity_type, agent_type, description, outcome, message_content, agent_response,
             session_id, intent, confidence, created_at, metadata",
        ),
        (
            "conversations",
            "id, session_id, client_id, lead_id, agent_type, status, messages, started_at, ended_at, last_activity, summary",
        ),
    ] {
        let order = db.psql(&format!(
            "SELECT (SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'before.{view}'::regclass AND attnum > 0)
                  = (SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'clara_backend.{view}'::regclass AND attnum > 0)"
        ));
        assert_eq!(order, "t", "{view}\n{said}");
        let lost = db.psql(&format!(
            "SELECT count(*) FROM (SELECT {columns} FROM before.{view} EXCEPT SELECT {columns} FROM clara_backend.{view}) AS lost"
        ));
        assert_eq!(lost, "0", "{view}\n{said}");
    }
    // Only the number is left under the mapping's names, and the number is a size.
    let sizes = db.psql(
        "SELECT b.company_size, v.company_size FROM before.clients AS b JOIN clara_backend.clients AS v USING (id)
         WHERE b.company_size IN ('50-200', '10k', 'lots') GROUP BY b.company_size, v.company_size ORDER BY b.company_size COLLATE \"C\"",
    );
    assert_eq!(sizes, "10k|10000\n50-200|50\nlots|");

    db.psql(
        "INSERT INTO clara_backend.clients (name, email, status) VALUES ('Old way', 'client2@x.io', 'active')
         ON CONFLICT (email) DO UPDATE SET name = excluded.name;
         INSERT INTO clara_backend.leads (name, assigned_agent, status) VALUES ('Old lead', 'sales_agent', 'new');
         UPDATE clara_backend.leads SET source = 'old' WHERE name = 'Old lead';
         DELETE FROM clara_backend.activities WHERE activity_type = 'sms';",
    );
    let landed = db.psql(
        "SELECT count(*) FROM public.clients WHERE client_name LIKE 'Old way%' AND email = 'client2@x.io';
         SELECT contact_person, lead_source, status_bucket FROM public.leads WHERE name = 'Old lead';
         SELECT count(*) FROM public.activities WHERE activity_type = 'sms';",
    );
    assert_eq!(landed, "1\nOld lead|old|P3\n0");

    // A person sees as much through the views as in the tables, a visitor nothing.
    let ann = "SET ROLE authenticated;
        SET request.jwt.claims = '{\"role\": \"authenticated\", \"sub\": \"11111111-1111-1111-1111-111111111111\"}';\n";
    for view in ["leads", "clients", "conversations"] {
        let seen = db.psql(&format!(
            "GRANT USAGE ON SCHEMA before TO authenticated; GRANT SELECT ON ALL TABLES IN SCHEMA before TO authenticated; {ann} SELECT count(*) = (SELECT count(*) FROM public.{view}), count(*) < (SELECT count(*) FROM before.{view}) FROM clara_backend.{view}"
        ));
        let all = if view == "clients" { "t|f" } else { "t|t" };
        assert_eq!(seen, all, "{view}");
        let visitor = format!("SET ROLE anon; SELECT count(*) FROM clara_backend.{view}");
        match db.try_psql(&visitor) {
            Ok(seen) => assert_eq!(seen, "0", "{view}"),
            Err(error) => assert!(error.contains("permission denied"), "{error}"),
        }
    }
}
