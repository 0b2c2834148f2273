//! A role may do what it needs to, or nothing begins.

use crate::clara::{Clara, Surroundings};
use crate::cluster::{Cluster, Settings};
use crate::{Run, Shop, without_noise};

const PHASES: [&str; 6] = [
    "--phase", "phase1", "--phase", "phase2", "--phase", "phase3",
];

/// Of what `status --grants` writes, the statements.
fn statements(run: &Run) -> Vec<&str> {
    let lines = run.stdout.lines();
    lines.filter(|line| !line.starts_with("--")).collect()
}

#[test]
fn the_role_that_status_writes_migrates_the_bundled_pair() {
    let cluster = Cluster::start(&Settings::default());
    for surroundings in [Surroundings::Plain, Surroundings::Supabase] {
        let clara = Clara::new(&cluster, "grants", surroundings, "clara_owner");
        let grants = clara
            .align("postgres", &[&["status", "--grants"], &PHASES[..]].concat())
            .ends_with(0);
        // An administrator has psql read all of it.
        clara.db.psql(&grants.stdout);
        let again = clara
            .align("postgres", &[&["status", "--grants"], &PHASES[..]].concat())
            .ends_with(0);
        assert_eq!(
            statements(&again),
            [
                "GRANT clara_owner TO align_migrator;".to_owned(),
                format!(
                    "ALTER ROLE align_migrator IN DATABASE {} SET role = 'clara_owner';",
                    clara.db.name
                ),
            ],
            "{surroundings:?}"
        );

        // None of them is there for nothing.
        let begun = clara.dump();
        let mut missed = 0;
        for grant in statements(&grants) {
            let Some(given) = grant
                .strip_prefix("GRANT ")
                .filter(|given| given.contains(" ON "))
            else {
                continue;
            };
            let given = given.strip_suffix(" TO clara_owner;").unwrap();
            let (privileges, on) = given.split_once(" ON ").unwrap();
            for privilege in privileges.split(", ") {
                clara
                    .db
                    .psql(&format!("REVOKE {privilege} ON {on} FROM clara_owner"));
                let without = clara.dump();
                let run = clara.migrate("align_migrator", &PHASES).ends_with(3);
                run.says(&["missing", " ON ", " TO clara_owner;`"]);
                assert_eq!(clara.dump(), without, "{grant}");
                clara
                    .db
                    .psql(&format!("GRANT {privilege} ON {on} TO clara_owner"));
                missed += 1;
            }
        }
        let expected = match surroundings {
            Surroundings::Plain => 2,
            Surroundings::Supabase => 7,
        };
        assert!(missed >= expected, "{missed} in {}", grants.stdout);
        assert_eq!(clara.dump(), begun);

        clara.migrate("align_migrator", &PHASES).ends_with(0);
        let again = clara.migrate("align_migrator", &PHASES).ends_with(0);
        assert_eq!(again.stdout, "nothing is pending\n");
        let strangers = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname IN ('public', 'align', 'clara') AND pg_get_userbyid(relowner) <> 'clara_owner'";
        assert_eq!(clara.db.psql(strangers), "0");
        let by = "SELECT DISTINCT database_user FROM align.events";
        assert_eq!(clara.db.psql(by), "align_migrator");
        let plain = clara.db.dump_schema("(public|clara|trendtial)");
        for phase in ["phase3", "phase2", "phase1"] {
            clara
                .migrate("align_migrator", &["--undo", phase])
                .ends_with(0);
        }
        assert_ne!(clara.db.dump_schema("(public|clara|trendtial)"), plain);

        let small = Clara::new(&cluster, "grants_minimal", surroundings, "clara_owner");
        let minimal = ["--phase", "minimal"];
        let grants = small
            .align(
                "postgres",
                &[&["status", "--grants"], &minimal[..]].concat(),
            )
            .ends_with(0);
        small.db.psql(&grants.stdout);
        small.migrate("align_migrator", &minimal).ends_with(0);
        small
            .migrate("align_migrator", &["--undo", "minimal"])
            .ends_with(0);
        // As the comment over the statements says.
        clara.db.psql("DROP ROLE align_migrator");
    }
}

#[test]
fn who_is_not_shown_the_sessions_of_others_is_told_what_shows_them() {
    // Roles belong to the whole server.
    let cluster = Cluster::start(&Settings::default());
    let clara = Clara::new(&cluster, "sees", Surroundings::Plain, "blind_owner");
    let grants = || {
        let status = ["status", "--grants", "--phase", "phase1"];
        clara.align("postgres", &status).ends_with(0)
    };
    let wanted = "-- GRANT pg_read_all_stats TO blind_owner;";
    let line = grants();
    let lines: Vec<&str> = line.stdout.lines().filter(|line| *line == wanted).collect();
    assert_eq!(lines.len(), 1, "{}", line.stdout);
    let seen = |role: &str| {
        clara.db.psql(&format!(
            "SET ROLE {role}; SELECT count(*) FROM pg_stat_activity
             WHERE application_name = 'psql' AND query LIKE '%align%'"
        ))
    };
    assert_eq!(seen("blind_owner"), "0");
    clara.db.psql(wanted.trim_start_matches("-- "));
    assert_ne!(seen("blind_owner"), "0");
    assert!(!grants().stdout.contains("pg_read_all_stats"));
}

#[test]
fn tables_of_a_superuser_go_to_a_role_that_is_none() {
    let shop = Shop::new("superuser");
    let grants = shop.align(&["status", "--grants"]).ends_with(0);
    let all = statements(&grants).join("\n");
    for words in [
        "ALTER TABLE public.clients OWNER TO align_migrator;",
        "GRANT USAGE, CREATE ON SCHEMA public TO align_migrator;",
    ] {
        assert!(all.contains(words), "no `{words}` in {all}");
    }
    assert!(!all.contains("GRANT postgres"), "{all}");
    // Another test makes the role of that name, on another server; this one is shared.
    shop.db
        .psql(&all.replace("align_migrator", "shop_migrator"));
    let url = shop.db.url_as("shop_migrator");
    shop.migrate(&["--database", &url]).ends_with(0);
}

#[test]
fn missing_rights_are_named_with_what_to_grant() {
    let shop = Shop::new("rights");
    shop.db.cluster.role("mallory", "LOGIN");
    shop.db.cluster.role("shopkeeper", "NOLOGIN");
    shop.db.psql("ALTER TABLE clients OWNER TO shopkeeper");
    let url = shop.db.url_as("mallory");
    let before = shop.everything();
    let grants = [
        format!("GRANT CREATE ON DATABASE {} TO mallory;", shop.db.name),
        "GRANT CREATE ON SCHEMA public TO mallory;".to_owned(),
        "GRANT shopkeeper TO mallory;".to_owned(),
    ];
    let run = shop.migrate(&["--database", &url]).ends_with(3);
    let run = run.says(&[
        "create schema `align`",
        "create something in schema `public`",
        "change `public.clients`, which belongs to `shopkeeper`",
    ]);
    let status = shop.align(&["status", "--database", &url]).ends_with(0);
    for grant in &grants {
        run_says_once(&run, grant);
        assert!(status.stdout.contains(grant), "{}", status.stdout);
    }
    let json = shop
        .align(&["status", "--format", "json", "--database", &url])
        .ends_with(0);
    assert!(json.stdout.contains("\"ready\": false"), "{}", json.stdout);
    assert_eq!(shop.everything(), before);

    for (at, grant) in grants.iter().enumerate() {
        shop.db.psql(grant);
        let run = shop.migrate(&["--database", &url]);
        let run = run.ends_with(if at + 1 < grants.len() { 3 } else { 0 });
        assert!(!run.stderr.contains(grant), "{}", run.stderr);
    }
}

#[track_caller]
fn run_says_once(run: &Run, grant: &str) {
    assert_eq!(run.stderr.matches(grant).count(), 1, "{}", run.stderr);
}

#[test]
fn a_ledger_of_another_role_is_named_with_what_to_grant() {
    let shop = Shop::new("others_ledger");
    shop.db.cluster.role("late_comer", "LOGIN");
    shop.migrate(&["--phase", "one", "--target", "1"])
        .ends_with(0);
    shop.db.psql(
        "ALTER TABLE clients OWNER TO late_comer; GRANT CREATE ON SCHEMA public TO late_comer",
    );
    let url = shop.db.url_as("late_comer");
    let before = without_noise(&shop.db.dump_schema("*"));
    let run = shop
        .migrate(&["--database", &url])
        .ends_with(3)
        .says(&["GRANT USAGE, CREATE ON SCHEMA align TO late_comer;"]);
    assert_eq!(without_noise(&shop.db.dump_schema("*")), before);
    type_hints(&shop, &run);
    let run = shop.migrate(&["--database", &url]);
    if run.code == Some(3) {
        // What a role may not see, it is told when it may.
        type_hints(&shop, &run);
        shop.migrate(&["--database", &url]).ends_with(0);
    } else {
        run.ends_with(0);
    }
}

/// Everything a refusal says to type.
fn type_hints(shop: &Shop, run: &Run) {
    let mut typed = 0;
    for line in run.stderr.lines() {
        if let Some((_, rest)) = line.split_once("grant it with `") {
            shop.db.psql(rest.trim_end_matches('`'));
            typed += 1;
        }
    }
    assert!(typed > 0, "{}", run.stderr);
}

/// Code that touches another's table: how it is written, and the directive that it takes, if any.
const CODE: [(&str, &str); 5] = [
    (
        "",
        "DO $$ BEGIN ALTER TABLE goods ADD COLUMN seen int; END $$;",
    ),
    ("", "DO $$ BEGIN COMMENT ON TABLE goods IS 'seen'; END $$;"),
    (
        "",
        "DO $$ BEGIN IF true THEN EXECUTE 'DROP TABLE goods'; END IF; END $$;",
    ),
    (
        "-- align: owner-of=goods\n",
        "DO $$ DECLARE one text; BEGIN FOREACH one IN ARRAY ARRAY['goods'] LOOP
            EXECUTE format('ALTER TABLE %I ADD COLUMN seen int', one); END LOOP; END $$;",
    ),
    (
        "-- align: owner-of=public.goods\n",
        "DO $$ BEGIN EXECUTE (SELECT string_agg('ALTER TABLE ' || t || ' ADD COLUMN seen int', ';')
            FROM unnest(ARRAY['goods']) AS t); END $$;",
    ),
];

#[test]
fn tables_that_code_alone_touches_are_asked_for_before_the_first_write() {
    let shop = Shop::new("code_rights");
    for role in ["code_keeper", "code_runner"] {
        shop.db.cluster.role(role, "LOGIN");
    }
    shop.db.psql(&format!(
        "CREATE TABLE goods (id int); ALTER TABLE goods OWNER TO code_keeper;
         ALTER TABLE clients OWNER TO code_runner;
         GRANT CREATE ON DATABASE {} TO code_runner; GRANT CREATE ON SCHEMA public TO code_runner",
        shop.db.name
    ));
    let url = shop.db.url_as("code_runner");
    let allowed = "deletes-data,breaks-clients,blocks-writes,rewrites-table,not-reversible";
    let run = || shop.migrate(&["--database", &url, "--phase", "code", "--allow", allowed]);
    let first = "CREATE TABLE first_write (id int);\n";
    shop.write("migrations/code/V1__first.sql", first);
    let before = shop.everything();
    for (directive, code) in CODE {
        let file = format!("{directive}{code}\n");
        shop.write("migrations/code/V2__code.sql", &file);
        run().ends_with(3).says(&[
            "which belongs to `code_keeper`",
            "GRANT code_keeper TO code_runner;",
        ]);
        assert!(shop.everything() == before, "{code}: something was written");
    }
    shop.db.psql("GRANT code_keeper TO code_runner");
    run().ends_with(0);
    let added = "SELECT count(*) FROM pg_attribute
        WHERE attrelid = 'goods'::regclass AND attname = 'seen'";
    assert_eq!(shop.db.psql(added), "1");
}

#[test]
fn rows_that_a_policy_hides_end_the_run_instead_of_staying_as_they_were() {
    let shop = Shop::new("hidden_rows");
    shop.db.cluster.role("half_blind", "LOGIN");
    shop.migrate(&["--phase", "one", "--target", "1"])
        .ends_with(0);
    shop.db.psql(&format!(
        "ALTER TABLE clients OWNER TO half_blind; GRANT CREATE ON SCHEMA public TO half_blind;
         GRANT USAGE, CREATE ON SCHEMA align TO half_blind; GRANT ALL ON ALL TABLES IN SCHEMA align TO half_blind;
         GRANT ALL ON ALL SEQUENCES IN SCHEMA align TO half_blind; GRANT CREATE ON DATABASE {} TO half_blind;
         ALTER TABLE clients ENABLE ROW LEVEL SECURITY; ALTER TABLE clients FORCE ROW LEVEL SECURITY;
         CREATE POLICY few ON clients USING (id < 100)",
        shop.db.name
    ));
    let url = shop.db.url_as("half_blind");
    let migrate = ["--database", &url, "--phase", "one", "--target", "2"];
    let untouched = "SELECT count(*) FROM clients WHERE touched > 0";
    let plain = "UPDATE clients SET touched = 9 WHERE touched = 0;\n";
    for text in [None, Some(plain)] {
        if let Some(text) = text {
            shop.write("migrations/one/V2__fill_names.sql", text);
        }
        shop.migrate(&migrate).ends_with(3).says(&[
            "see every row of `public.clients`, which has row level security",
            "grant it with `ALTER TABLE public.clients NO FORCE ROW LEVEL SECURITY;`",
        ]);
        assert_eq!(shop.db.psql(untouched), "0");
    }
    // What no analysis sees, the server refuses.
    let code = "DO $$ BEGIN EXECUTE 'UPD' || 'ATE clients SET touched = 9'; END $$;\n";
    shop.write("migrations/one/V2__fill_names.sql", code);
    shop.migrate(&migrate)
        .ends_with(2)
        .says(&["row-level security policy", "42501"]);
    assert_eq!(shop.db.psql(untouched), "0");
    shop.db
        .psql("ALTER TABLE clients NO FORCE ROW LEVEL SECURITY");
    shop.migrate(&migrate).ends_with(0);
    assert_eq!(
        shop.db
            .psql("SELECT count(*) FROM clients WHERE touched = 9"),
        "1000"
    );
}
