//! Others write while the phases run.

use super::cluster::{Cluster, Database};
use super::{APP, OWNER, Surroundings, apply_twice, as_role, awkward, clara, files, run, undo};

/// What Clara's writers say, through the compatibility schema when it is there, and on the tables as
/// far as their names have not changed. `{n}` makes each time a new row.
const OLD_WRITERS: &[&str] = &[
    "INSERT INTO clients (name, email, company, company_size) VALUES ('Old Writer', 'old@x.io', 'Acme', '50-200')
     ON CONFLICT (email) DO UPDATE SET name = EXCLUDED.name, company_size = EXCLUDED.company_size",
    "INSERT INTO clients (name, company_size) VALUES ('John Smith', 'about {n} or so'), ('John Smith', '{n}-99')",
    "UPDATE clients SET company_size = '{n}+', name = 'Old Writer {n}' WHERE email = 'old@x.io'",
    "UPDATE clients SET status = 'seen' WHERE id IN (SELECT id FROM clients ORDER BY md5(id::text || '{n}') LIMIT 20)",
    "UPDATE clients SET name = 'John Smith' WHERE id IN
     (SELECT id FROM clients WHERE email IS DISTINCT FROM 'new@x.io' ORDER BY md5(id::text || '{n}') LIMIT 2)",
    "INSERT INTO leads (name, qualification_status, lead_score, assigned_agent, created_at) VALUES ('Lead {n}', 'Red hot', 90, 'sales_agent', NULL)",
    "UPDATE leads SET name = 'Renamed {n}', assigned_agent = 'sales_agent', qualification_status = 'sales_qualified'
     WHERE id IN (SELECT id FROM leads ORDER BY md5(id::text || '{n}') LIMIT 5)",
    "INSERT INTO conversations (session_id) VALUES ('live {n}')",
    "UPDATE conversations SET lead_id = (SELECT id FROM leads ORDER BY md5(id::text || '{n}') LIMIT 1),
     messages = '[{\"role\": \"user\", \"content\": \"hi\"}]' WHERE session_id = 'live {n}'",
    "UPDATE conversations SET status = 'completed', ended_at = started_at + interval '90 seconds' WHERE session_id = 'live {n}'",
    "INSERT INTO activities (lead_id, activity_type, description) SELECT lead_id, 'carrier_pigeon', '{n}' FROM conversations WHERE session_id = 'live {n}'",
    "INSERT INTO activities (activity_type) VALUES ('sms')",
];
/// The same on the table itself, for those who know only `name`.
const OLD_NAMES: &str = "INSERT INTO public.clients (name) VALUES ('John Smith'), ('Base {n}')";

/// What `TrendtialCRM`'s screens and Clara's newest code say, from phase 1 on.
const NEW_WRITERS: &[&str] = &[
    "INSERT INTO public.clients (client_name, company_size, email) VALUES ('New Writer', 120, 'new@x.io')
     ON CONFLICT (client_name) DO UPDATE SET company_size = EXCLUDED.company_size + 1, location = 'Oslo'",
    "UPDATE public.clients SET client_name = 'New Name {n}', company_size = 7 WHERE client_name = 'Base {n}'",
    "INSERT INTO public.leads (client_id, agent_id, status_bucket, lead_source, contact_person, email, deal_value, tags, sync_lock)
     SELECT c.id, u.id, 'P3', 'voice_assistant', 'New Lead {n}', NULL, 5, '{a}', true
     FROM public.clients AS c, public.users AS u WHERE c.client_name = 'New Writer' AND u.full_name = 'Clara'",
    "UPDATE public.leads SET contact_person = 'Newly Named {n}', status_bucket = 'P1' WHERE contact_person = 'New Lead {n}'",
    "INSERT INTO public.calls (lead_id, call_type, ai_session_id, notes) SELECT lead_id, 'ai_outbound', 'live {n}', 'mine' FROM public.conversations WHERE session_id = 'live {n}'",
    "UPDATE public.calls SET outcome = 'qualified', lead_score_after = 80, bant_assessment = '{\"need\": \"high\"}' WHERE ai_session_id = 'live {n}'",
];

/// Runs statements as a role, each in its own transaction; none may fail.
fn write(db: &Database<'_>, role: &str, statements: &[&str], n: usize, after: &str) {
    let path = "SET search_path = clara, public;\n";
    let claims = if role == "service_role" {
        "SET request.jwt.claims = '{\"role\": \"service_role\"}';\n"
    } else {
        ""
    };
    let sql: String = statements
        .iter()
        .map(|statement| format!("{statement};\n"))
        .collect();
    let sql = sql.replace("{n}", &n.to_string());
    as_role(db, role, &format!("{path}{claims}{sql}"))
        .unwrap_or_else(|error| panic!("{role} after {after}: {error}"));
}

/// Both forms of every row say the same.
const IN_STEP: &str = include_str!("../fixtures/phases/in_step.sql");

/// Writers of the old form between any two files, of the new form from the end of phase 1 on; then the
/// old names go.
pub(crate) fn while_others_write(cluster: &Cluster, surroundings: Surroundings) {
    let db = clara(cluster, "live", surroundings);
    awkward(&db);
    let roles: &[&str] = match surroundings {
        Surroundings::Supabase => &["service_role", APP, OWNER],
        Surroundings::Plain => &[APP, OWNER],
    };
    let mut n = 0;
    for phase in ["phase1", "phase2", "phase3"] {
        for file in files(phase) {
            run(&db, &file).unwrap_or_else(|error| panic!("{}: {error}", file.name));
            n += 1;
            let role = roles[n % roles.len()];
            write(&db, role, OLD_WRITERS, n, &file.name);
            write(&db, role, &[OLD_NAMES], n, &file.name);
            if phase != "phase1" {
                let role = if surroundings == Surroundings::Supabase {
                    "service_role"
                } else {
                    OWNER
                };
                write(&db, role, NEW_WRITERS, n, &file.name);
            }
        }
        assert_eq!(db.psql(IN_STEP), "", "after {phase}");
    }
    // The same once more, as plain scripts, while they go on.
    for phase in ["phase1", "phase2", "phase3"] {
        for file in files(phase) {
            as_role(&db, OWNER, &file.sql).unwrap_or_else(|error| panic!("{}: {error}", file.name));
            n += 1;
            let role = roles[n % roles.len()];
            write(&db, role, OLD_WRITERS, n, &file.name);
            write(&db, role, &[OLD_NAMES], n, &file.name);
            write(&db, OWNER, NEW_WRITERS, n, &file.name);
        }
        assert_eq!(db.psql(IN_STEP), "", "after {phase} once more");
    }
    let merged = db.psql(
        "SELECT count(*), count(*) FILTER (WHERE transcript = 'USER: hi' AND duration = 90 AND bant_assessment IS NOT NULL)
         FROM public.calls WHERE notes = 'mine' AND outcome = 'qualified'",
    );
    let (all, whole) = merged.split_once('|').unwrap();
    assert!(
        all == whole && all != "0",
        "calls that Clara's own code took over: {merged}"
    );
    let missing = db.psql(
        "SELECT count(*) FROM public.activities AS a WHERE a.lead_id IS NOT NULL
         AND NOT EXISTS (SELECT FROM public.lead_activities AS l WHERE l.id = a.id AND l.subject = a.activity_type)",
    );
    assert_eq!(missing, "0");

    let first = &files("contract")[0];
    let refused = run(&db, first).unwrap_err();
    assert!(
        refused.contains("the old form was written within the last"),
        "{refused}"
    );
    db.psql("CREATE VIEW public.report AS SELECT name FROM public.clients");
    let refused = run(&db, first).unwrap_err();
    assert!(
        refused.contains("the old names are still read by `report`"),
        "{refused}"
    );
    db.psql("DROP VIEW public.report");
    db.psql(&format!(
        "ALTER DATABASE \"{}\" SET align.quiet_period = '0 seconds'",
        db.name
    ));
    as_role(&db, OWNER, "SELECT align.confirm_backup('here')").unwrap();
    apply_twice(&db, "contract", false);
    let writer = if surroundings == Surroundings::Supabase {
        "service_role"
    } else {
        OWNER
    };
    write(&db, writer, &NEW_WRITERS[..1], n + 1, "contract");
    let refused = run(&db, &undo("phase1")).unwrap_err();
    assert!(refused.contains("no way back from `contract`"), "{refused}");
}

#[test]
fn with_supabase_while_others_write() {
    while_others_write(Cluster::shared(), Surroundings::Supabase);
}
