//! The bundled migrations, run by psql as the owner of a database who is no superuser: with the
//! surroundings of a Supabase project and without, over awkward rows, and back.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails where it is"
)]

mod clara;
mod cluster;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clara::{Roles, Surroundings, as_role, rows};
use cluster::{Cluster, Database};

const OWNER: &str = "phases_owner";
/// An application that signs in by itself and is no API role.
const APP: &str = "phases_app";

/// One file of a phase.
struct File {
    name: String,
    sql: String,
    version: u32,
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The files of a phase in the order of their versions.
fn files(phase: &str) -> Vec<File> {
    let mut files: Vec<File> = fs::read_dir(root("migrations").join(phase))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let version = name
                .strip_prefix('V')
                .and_then(|rest| rest.split_once("__"));
            let version = version.unwrap_or_else(|| panic!("{name} is no name of refinery's"));
            File {
                version: version.0.parse().unwrap(),
                sql: fs::read_to_string(&path).unwrap(),
                name: format!("{phase}/{name}"),
            }
        })
        .collect();
    files.sort_by_key(|file| file.version);
    let versions: Vec<u32> = files.iter().map(|file| file.version).collect();
    let through = u32::try_from(files.len()).unwrap();
    assert_eq!(versions, (1..=through).collect::<Vec<u32>>(), "{phase}");
    files
}

fn undo(phase: &str) -> File {
    let name = format!("undo/{phase}.sql");
    let sql = fs::read_to_string(root("migrations").join(&name)).unwrap();
    File {
        name,
        sql,
        version: 0,
    }
}

/// A database of Clara's, owned by a role that is no superuser.
fn clara<'c>(cluster: &'c Cluster, name: &str, surroundings: Surroundings) -> Database<'c> {
    let roles = Roles {
        owner: OWNER,
        attributes: "LOGIN",
        app: APP,
    };
    clara::make(cluster, name, &roles, surroundings)
}

fn awkward(db: &Database<'_>) {
    as_role(db, OWNER, include_str!("fixtures/phases/awkward.sql")).unwrap();
}

/// Runs a file as the driver does: in one transaction, unless it asks for none.
fn run(db: &Database<'_>, file: &File) -> Result<String, String> {
    let no_transaction = file.sql.contains("-- align: no-transaction");
    if no_transaction {
        as_role(db, OWNER, &file.sql)
    } else {
        as_role(db, OWNER, &format!("BEGIN;\n{}\nCOMMIT;", file.sql))
    }
}

/// Runs a batch file window by window, each in its own transaction.
fn run_in_windows(db: &Database<'_>, file: &File) -> Result<String, String> {
    let marker = "/* align:window */";
    assert!(file.sql.contains(marker), "{} has no window", file.name);
    let edges = ["00", "40", "41", "a0", "ff"];
    let uuid = |edge: &str| format!("'{edge}{}'", "f".repeat(30));
    let windows = [
        format!(" AND id <= {}", uuid(edges[0])),
        format!(" AND id > {} AND id <= {}", uuid(edges[0]), uuid(edges[1])),
        format!(" AND id > {} AND id <= {}", uuid(edges[1]), uuid(edges[2])),
        format!(" AND id > {} AND id <= {}", uuid(edges[2]), uuid(edges[3])),
        format!(" AND id > {} AND id <= {}", uuid(edges[3]), uuid(edges[4])),
    ];
    let all: Vec<String> = windows
        .iter()
        .map(|window| format!("BEGIN;\n{}\nCOMMIT;", file.sql.replace(marker, window)))
        .collect();
    as_role(db, OWNER, &all.join("\n"))
}

/// Every file of the phase, each twice: the second time must change nothing and fail at nothing.
fn apply_twice(db: &Database<'_>, phase: &str, windows: bool) {
    for file in files(phase) {
        let is_batch = file.sql.contains("-- align: batch");
        for turn in 0..2 {
            let result = if is_batch && windows && turn == 0 {
                run_in_windows(db, &file)
            } else {
                run(db, &file)
            };
            result.unwrap_or_else(|error| panic!("{}, turn {turn}: {error}", file.name));
        }
    }
}

fn apply(db: &Database<'_>, phase: &str) {
    for file in files(phase) {
        run(db, &file).unwrap_or_else(|error| panic!("{}: {error}", file.name));
    }
}

fn take_back(db: &Database<'_>, phase: &str) {
    let file = undo(phase);
    run(db, &file).unwrap_or_else(|error| panic!("{}: {error}", file.name));
}

fn holds(db: &Database<'_>, claims: &str) {
    let broken = db.psql(claims);
    assert_eq!(broken, "", "claims that do not hold, with their rows");
}

fn dump(db: &Database<'_>) -> String {
    clara::dump(db, "public")
}

/// Everything the phases could have changed: schemas, grants, and every row of every table.
fn everything(db: &Database<'_>) -> String {
    let schemas = ["public", "align", "clara", "trendtial", "auth"];
    let dumps = schemas.map(|schema| {
        let known = db.psql(&format!(
            "SELECT count(*) FROM pg_namespace WHERE nspname = '{schema}'"
        ));
        if known == "0" {
            return String::new();
        }
        let dump = db.dump_schema(schema);
        let lines = dump.lines().filter(|line| !line.contains("restrict "));
        lines.collect::<Vec<&str>>().join("\n")
    });
    let each = db.psql(
        "SELECT string_agg(format('SELECT %L, md5(string_agg(t::text, E''\\n'' ORDER BY t::text)) FROM %s AS t;',
                                  c.oid::regclass, c.oid::regclass), ' ' ORDER BY c.oid::regclass::text)
         FROM pg_class AS c
         WHERE c.relkind = 'r' AND c.relnamespace::regnamespace::text IN ('public', 'align', 'auth')",
    );
    format!("{}\n{}", dumps.join("\n"), db.psql(&each))
}

/// The whole phase as plain scripts, as somebody with psql alone runs it.
fn as_scripts(db: &Database<'_>, phase: &str) {
    for file in files(phase) {
        as_role(db, OWNER, &file.sql)
            .unwrap_or_else(|error| panic!("{} once more: {error}", file.name));
    }
}

/// What Clara's writers say, through the compatibility schema when it is there, and on the tables as
/// far as their names have not changed. `{n}` makes each time a new row.
const OLD_WRITERS: &[&str] = &[
    "INSERT INTO clients (name, email, company, company_size) VALUES ('Old Writer', 'old@x.io', 'Acme', '50-200')
     ON CONFLICT (email) DO UPDATE SET name = EXCLUDED.name, company_size = EXCLUDED.company_size",
    "INSERT INTO clients (name, company_size) VALUES ('John Smith', 'about {n} or so'), ('John Smith', '{n}-99')",
    "UPDATE clients SET company_size = '{n}+', name = 'Old Writer {n}' WHERE email = 'old@x.io'",
    "UPDATE clients SET status = 'seen' WHERE id IN (SELECT id FROM clients ORDER BY md5(id::text || '{n}') LIMIT 20)",
    "UPDATE clients SET name = 'John Smith' WHERE id IN (SELECT id FROM clients ORDER BY md5(id::text || '{n}') LIMIT 2)",
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
const IN_STEP: &str = include_str!("fixtures/phases/in_step.sql");

/// The score against `TrendtialCRM`, and whether nothing blocks a switch.
fn measured(db: &Database<'_>) -> (f64, bool) {
    let output = Command::new(env!("CARGO_BIN_EXE_align"))
        .args([
            "diff",
            "--map",
            "clara-to-trendtialcrm",
            "--format",
            "json",
            "--from",
        ])
        .arg(db.url())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let blockers = report["blockers"].as_array().unwrap();
    (
        report["score"]["overall"].as_f64().unwrap(),
        blockers.is_empty(),
    )
}

/// Forward over awkward rows, every file twice; every value accounted for; and back to the same dump
/// and the same rows.
fn there_and_back(cluster: &Cluster, surroundings: Surroundings) {
    let db = clara(cluster, "back", surroundings);
    awkward(&db);
    let (schema, source) = (dump(&db), rows(&db));

    apply_twice(&db, "phase1", surroundings == Surroundings::Supabase);
    holds(&db, include_str!("fixtures/phases/accounted.sql"));
    assert_eq!(measured(&db), (100.0, false));
    apply_twice(&db, "phase2", surroundings == Surroundings::Supabase);
    holds(&db, include_str!("fixtures/phases/timeline.sql"));
    apply_twice(&db, "phase3", false);
    assert_eq!(measured(&db), (100.0, true), "no table is missing any more");
    holds(&db, include_str!("fixtures/phases/accounted.sql"));

    let refused = run(&db, &undo("phase1")).unwrap_err();
    assert!(
        refused.contains("phase1 carries phase2, phase3"),
        "{refused}"
    );
    for phase in ["phase3", "phase2", "phase1"] {
        take_back(&db, phase);
    }
    assert_eq!(dump(&db), schema);
    assert_eq!(rows(&db), source);
    let left = db.psql(
        "SELECT string_agg(nspname, ',') FROM pg_namespace WHERE nspname IN ('clara', 'trendtial')",
    );
    assert_eq!(left, "");

    // The way there is open again, and `minimal` before it.
    apply(&db, "minimal");
    let refused = run(&db, &undo("phase1")).unwrap_err();
    assert!(refused.contains("minimal"), "{refused}");
    take_back(&db, "minimal");
    assert_eq!(dump(&db), schema);
    assert_eq!(rows(&db), source);
    apply(&db, "minimal");
    apply(&db, "phase1");
    holds(&db, include_str!("fixtures/phases/accounted.sql"));
}

/// Writers of the old form between any two files, of the new form from the end of phase 1 on; then the
/// old names go.
fn while_others_write(cluster: &Cluster, surroundings: Surroundings) {
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

/// What the API roles see of a project.
fn people_see_what_is_theirs(cluster: &Cluster) {
    let db = clara(cluster, "people", Surroundings::Supabase);
    as_role(
        &db,
        OWNER,
        "INSERT INTO public.clients (id, name) VALUES ('aaaaaaaa-0000-0000-0000-000000000000', 'Firm');
         INSERT INTO public.leads (client_id, name, assigned_agent) VALUES
             ('aaaaaaaa-0000-0000-0000-000000000000', 'Of Ann', 'ann@x.io'),
             ('aaaaaaaa-0000-0000-0000-000000000000', 'Of Clara', 'sales_agent');
         INSERT INTO public.conversations (session_id, lead_id) SELECT name, id FROM public.leads;",
    )
    .unwrap();
    for phase in ["phase1", "phase2"] {
        apply(&db, phase);
    }
    let ann = "SET ROLE authenticated;
        SET request.jwt.claims = '{\"role\": \"authenticated\", \"sub\": \"11111111-1111-1111-1111-111111111111\"}';\n";
    let seen = db.psql(&format!(
        "{ann} SELECT string_agg(contact_person, ',') FROM public.leads;
         SELECT string_agg(session_id, ',') FROM public.calls;
         SELECT string_agg(session_id, ',') FROM public.conversations;
         SELECT string_agg(client_name, ',') FROM public.clients;"
    ));
    assert_eq!(seen, "Of Ann\nOf Ann\nOf Ann\nFirm");
    let promoted = db.try_psql(&format!(
        "{ann} UPDATE public.users SET role = 'super_admin' WHERE id = auth.uid()"
    ));
    assert!(promoted.unwrap_err().contains("changed by a super_admin"));
    for (role, statement) in [
        ("anon", "SELECT count(*) FROM public.clients"),
        ("anon", "SELECT count(*) FROM public.calls"),
        ("authenticated", "SELECT count(*) FROM clara.clients"),
        ("service_role", "SELECT count(*) FROM align.quarantine"),
        ("service_role", "SELECT align.uid()"),
    ] {
        let denied = db
            .try_psql(&format!("SET ROLE {role}; {statement}"))
            .unwrap_err();
        assert!(
            denied.contains("permission denied"),
            "{role}: {statement}: {denied}"
        );
    }
    // Clara's account cannot sign in, and a new account gets a profile.
    let accounts = db.psql(
        "INSERT INTO auth.users (id, email) VALUES ('44444444-4444-4444-4444-444444444444', 'new@x.io');
         SELECT u.full_name, u.role, a.encrypted_password = '' FROM public.users AS u JOIN auth.users AS a USING (id)
         WHERE u.email IN ('clara@trendtialcrm.ai', 'new@x.io') ORDER BY u.email",
    );
    assert_eq!(accounts, "Clara|agent|t\n|agent|");
    // The functions of the voice flow.
    let call = db.psql(
        "SET ROLE service_role; SET request.jwt.claims = '{\"role\": \"service_role\"}';
         SELECT public.call_start('x');
         SELECT public.call_start('x', (SELECT id FROM public.leads WHERE name = 'Of Ann')) IS NOT NULL;
         SELECT public.call_end('x', 'not_interested', 'No.', '[{\"role\": \"user\", \"content\": \"no\"}]') IS NOT NULL;
         SELECT outcome, notes, transcript, duration, ai_session_id FROM public.calls WHERE session_id = 'x';",
    );
    assert_eq!(call, "\nt\nt\nnot_interested|No.|USER: no|0|x");
}

#[test]
fn with_supabase_there_and_back() {
    there_and_back(Cluster::shared(), Surroundings::Supabase);
}

#[test]
fn with_supabase_while_others_write() {
    while_others_write(Cluster::shared(), Surroundings::Supabase);
}

#[test]
fn with_supabase_people_see_what_is_theirs() {
    people_see_what_is_theirs(Cluster::shared());
}

/// Whole phases once more, after all of them: from the first file to the last nothing fails, and
/// nothing is other than it was.
fn once_more(cluster: &Cluster, surroundings: Surroundings) {
    let all = ["phase1", "phase2", "phase3"];
    for (first, again) in [
        (&[][..], &all[..]),
        (&["minimal"], &["minimal"]),
        (&["minimal"], &all),
    ] {
        let db = clara(cluster, "again", surroundings);
        awkward(&db);
        let phases = first
            .iter()
            .chain(again.iter().filter(|phase| !first.contains(phase)));
        for phase in phases {
            as_scripts(&db, phase);
        }
        let before = everything(&db);
        for phase in again {
            as_scripts(&db, phase);
            let after = everything(&db);
            if let Some((was, is)) = before
                .lines()
                .zip(after.lines())
                .find(|(was, is)| was != is)
            {
                panic!("{phase} once more, {first:?} first: it was\n{was}\nand is\n{is}");
            }
            assert_eq!(before.lines().count(), after.lines().count(), "{phase}");
        }
    }
}

#[test]
fn with_supabase_once_more() {
    once_more(Cluster::shared(), Surroundings::Supabase);
}

/// Roles belong to a server: one that never had the API's is another server.
#[test]
fn without_supabase() {
    let cluster = Cluster::start(&cluster::Settings::default());
    std::thread::scope(|scope| {
        scope.spawn(|| there_and_back(&cluster, Surroundings::Plain));
        scope.spawn(|| while_others_write(&cluster, Surroundings::Plain));
        scope.spawn(|| once_more(&cluster, Surroundings::Plain));
    });
}

/// A phase that stopped part way can be taken back from wherever it stopped.
#[test]
fn half_a_phase_is_taken_back() {
    let db = clara(Cluster::shared(), "half", Surroundings::Supabase);
    awkward(&db);
    let (schema, source) = (dump(&db), rows(&db));
    for through in [4, 11, 18, 20, 26, 33, 35, 38, 45, 52] {
        for file in &files("phase1")[..through] {
            run(&db, file).unwrap_or_else(|error| panic!("{}: {error}", file.name));
        }
        take_back(&db, "phase1");
        assert_eq!(dump(&db), schema, "after {through} files");
        assert_eq!(rows(&db), source, "after {through} files");
    }
}

#[test]
fn phases_refuse_what_they_are_not_made_for() {
    let cluster = Cluster::shared();
    let db = clara(cluster, "refused", Surroundings::Supabase);
    let first = |phase: &str| files(phase).remove(0);
    for phase in ["phase2", "phase3", "contract"] {
        let refused = run(&db, &first(phase)).unwrap_err();
        assert!(refused.contains("not applied yet"), "{phase}: {refused}");
    }
    apply(&db, "phase1");
    let refused = run(&db, &first("minimal")).unwrap_err();
    assert!(refused.contains("phase1 is applied"), "{refused}");

    let other = clara(cluster, "refused", Surroundings::Supabase);
    let before = dump(&other);
    for (arrange, expected, arrange_back) in [
        ("CREATE TABLE public.users (id int, password_hash text)", "that is not TrendtialCRM's", "DROP TABLE public.users"),
        ("REVOKE INSERT ON auth.users FROM phases_owner", "lacks INSERT on `auth.users`", "GRANT INSERT ON auth.users TO phases_owner"),
        (
            "CREATE FUNCTION public.theirs() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER on_auth_user_created AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.theirs()",
            "is another application's",
            "DROP TRIGGER on_auth_user_created ON auth.users; DROP FUNCTION public.theirs()",
        ),
    ] {
        other.psql(arrange);
        let refused = run(&other, &first("phase1")).unwrap_err();
        assert!(refused.contains(expected), "{refused}");
        other.psql(arrange_back);
        assert_eq!(dump(&other), before);
    }
    let empty = cluster.database("refused");
    let refused = run(&empty, &first("phase1"));
    assert!(refused.unwrap_err().contains("not a database of Clara's"));
}
