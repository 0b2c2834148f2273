use super::*;
use crate::migrate::files::Phase;
use crate::source::TextFile;

fn read(sql: &str) -> (String, String, bool) {
    let file = TextFile {
        name: "V1__a.sql".to_owned(),
        text: sql.to_owned(),
    };
    let phase =
        Phase::of("p", "p", vec![file], None).unwrap_or_else(|error| panic!("{error}\n{sql}"));
    let mut all = Effects {
        adds: true,
        ..Effects::default()
    };
    for effects in effects(&phase.files[0].script, &mut Before::default()) {
        all.absorb(effects);
    }
    let hazards: Vec<&str> = all.hazards.iter().map(|hazard| hazard.word()).collect();
    let locks: Vec<String> = all
        .locks
        .iter()
        .map(|lock| format!("{} {}", lock.mode.word(), lock.relation))
        .collect();
    (hazards.join(" "), locks.join(", "), all.adds)
}

#[test]
fn hazards_and_locks_come_from_the_sql() {
    for (sql, hazards, locks, adds) in [
        ("CREATE TABLE t (a int)", "", "", true),
        (
            "CREATE TABLE t (a int REFERENCES u (id))",
            "",
            "SHARE ROW EXCLUSIVE u",
            true,
        ),
        (
            "ALTER TABLE t ADD COLUMN a text",
            "",
            "ACCESS EXCLUSIVE t",
            true,
        ),
        (
            "ALTER TABLE t ADD a int DEFAULT 0, ADD b timestamptz DEFAULT now()",
            "",
            "ACCESS EXCLUSIVE t",
            true,
        ),
        (
            "ALTER TABLE t ADD a uuid DEFAULT gen_random_uuid()",
            "blocks-writes rewrites-table",
            "ACCESS EXCLUSIVE t",
            true,
        ),
        (
            "ALTER TABLE t ADD a bigserial",
            "blocks-writes rewrites-table",
            "ACCESS EXCLUSIVE t",
            true,
        ),
        (
            "ALTER TABLE t ADD a int GENERATED ALWAYS AS (b) STORED",
            "blocks-writes rewrites-table",
            "ACCESS EXCLUSIVE t",
            true,
        ),
        (
            "ALTER TABLE public.t DROP COLUMN IF EXISTS a",
            "deletes-data breaks-clients not-reversible",
            "ACCESS EXCLUSIVE public.t",
            false,
        ),
        (
            "ALTER TABLE t DROP CONSTRAINT c",
            "",
            "ACCESS EXCLUSIVE t",
            false,
        ),
        (
            "ALTER TABLE t RENAME COLUMN a TO b",
            "breaks-clients",
            "ACCESS EXCLUSIVE t",
            false,
        ),
        (
            "ALTER TABLE t RENAME a TO b",
            "breaks-clients",
            "ACCESS EXCLUSIVE t",
            false,
        ),
        (
            "ALTER TABLE t RENAME CONSTRAINT a TO b",
            "",
            "ACCESS EXCLUSIVE t",
            false,
        ),
        (
            "ALTER TABLE t ALTER a TYPE int USING a::int",
            "breaks-clients blocks-writes rewrites-table",
            "ACCESS EXCLUSIVE t",
            false,
        ),
        (
            "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
            "blocks-writes",
            "ACCESS EXCLUSIVE t",
            false,
        ),
        (
            "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
            "",
            "ACCESS EXCLUSIVE t",
            true,
        ),
        (
            "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
            "blocks-writes",
            "ACCESS EXCLUSIVE t",
            true,
        ),
        (
            "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES public.u NOT VALID",
            "",
            "SHARE ROW EXCLUSIVE public.u, SHARE ROW EXCLUSIVE t",
            true,
        ),
        (
            "ALTER TABLE t ADD UNIQUE (a)",
            "blocks-writes",
            "ACCESS EXCLUSIVE t",
            true,
        ),
        (
            "ALTER TABLE t ADD CONSTRAINT c UNIQUE USING INDEX i",
            "",
            "ACCESS EXCLUSIVE t",
            true,
        ),
        (
            "ALTER TABLE t ADD \"check\" text",
            "",
            "ACCESS EXCLUSIVE t",
            true,
        ),
        (
            "ALTER TABLE t VALIDATE CONSTRAINT c",
            "",
            "SHARE UPDATE EXCLUSIVE t",
            true,
        ),
        ("CREATE INDEX i ON t (a)", "blocks-writes", "SHARE t", true),
        (
            "-- align: no-transaction\nCREATE INDEX CONCURRENTLY i ON t (a)",
            "",
            "SHARE UPDATE EXCLUSIVE t",
            true,
        ),
        (
            "CREATE TABLE t (a int); CREATE INDEX i ON t (a)",
            "",
            "",
            true,
        ),
        (
            "CALL adapt($ddl$CREATE TABLE IF NOT EXISTS s.t (a int)$ddl$); CREATE INDEX i ON s.t (a)",
            "",
            "",
            false,
        ),
        (
            "CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
            "",
            "SHARE ROW EXCLUSIVE t",
            true,
        ),
        (
            "DROP TABLE \"Or\"\"der\", b",
            "deletes-data breaks-clients not-reversible",
            "ACCESS EXCLUSIVE \"Or\"\"der\", ACCESS EXCLUSIVE b",
            false,
        ),
        (
            "DROP FUNCTION f(int); CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "",
            "",
            false,
        ),
        ("DROP FUNCTION f(int)", "breaks-clients", "", false),
        (
            "TRUNCATE a, b",
            "deletes-data not-reversible",
            "ACCESS EXCLUSIVE a, ACCESS EXCLUSIVE b",
            false,
        ),
        (
            "DELETE FROM t WHERE a",
            "deletes-data not-reversible",
            "ROW EXCLUSIVE t",
            false,
        ),
        (
            "WITH d AS (DELETE FROM t WHERE a RETURNING *) INSERT INTO u SELECT * FROM d",
            "deletes-data not-reversible",
            "ROW EXCLUSIVE t, ROW EXCLUSIVE u",
            false,
        ),
        ("UPDATE t SET a = 1 WHERE b", "", "ROW EXCLUSIVE t", false),
        (
            "UPDATE t SET a = (SELECT 1 WHERE b)",
            "blocks-writes",
            "ROW EXCLUSIVE t",
            false,
        ),
        ("INSERT INTO t SELECT 1", "", "ROW EXCLUSIVE t", true),
        (
            "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2",
            "",
            "ROW EXCLUSIVE t",
            false,
        ),
        (
            "CREATE POLICY p ON t FOR DELETE USING (true)",
            "",
            "ACCESS EXCLUSIVE t",
            true,
        ),
        ("ALTER TYPE e ADD VALUE 'x'", "not-reversible", "", false),
        (
            "LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE",
            "blocks-writes",
            "SHARE ROW EXCLUSIVE t",
            false,
        ),
        (
            "DO $$ BEGIN IF true THEN DROP TABLE t; END IF; END $$",
            "deletes-data breaks-clients not-reversible",
            "ACCESS EXCLUSIVE t",
            false,
        ),
        (
            "DO $$ BEGIN EXECUTE 'DELETE FROM t'; END $$",
            "deletes-data not-reversible",
            "ROW EXCLUSIVE t",
            false,
        ),
        (
            "DO $$ BEGIN EXECUTE format('ALTER TABLE %I DROP COLUMN %I', a, b); END $$",
            "deletes-data breaks-clients not-reversible",
            "",
            false,
        ),
        ("COMMENT ON TABLE t IS 'DROP TABLE t'", "", "", true),
        (
            "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ DELETE FROM t $$",
            "",
            "",
            true,
        ),
        (
            "-- align: batch table=t key=id\nUPDATE t SET a = 1 WHERE /* align:window */",
            "",
            "ROW EXCLUSIVE t",
            false,
        ),
    ] {
        let expected = (hazards.to_owned(), locks.to_owned(), adds);
        assert_eq!(read(sql), expected, "{sql}");
    }
}

#[test]
fn strings_within_strings_end() {
    let mut sql = "DELETE FROM t".to_owned();
    for _ in 0..6 {
        sql = format!(
            "DO '{}'",
            format!("BEGIN EXECUTE '{}'; END", sql.replace('\'', "''")).replace('\'', "''")
        );
    }
    assert!(!read(&sql).2);
}

/// What it needs, in short: `+s` makes a schema, `+t` makes something, `=t` owns, `f()` owns a routine.
fn needs(sql: &str) -> String {
    let file = TextFile {
        name: "V1__a.sql".to_owned(),
        text: sql.to_owned(),
    };
    let phase =
        Phase::of("p", "p", vec![file], None).unwrap_or_else(|error| panic!("{error}\n{sql}"));
    let all = effects(&phase.files[0].script, &mut Before::default());
    let needs: BTreeSet<Need> = all.into_iter().flat_map(|one| one.needs).collect();
    let words = needs.iter().map(|need| match need {
        Need::Schema(name) => format!("schema {name}"),
        Need::Create(name) => format!("+{name}"),
        Need::Own(name) => format!("={name}"),
        Need::OwnRoutine(name) => format!("{name}()"),
        Need::Allowed(privilege, name) => format!("{privilege} {name}"),
    });
    words.collect::<Vec<_>>().join(", ")
}

#[test]
fn rights_come_from_the_sql() {
    for (sql, wanted) in [
        ("CREATE SCHEMA IF NOT EXISTS \"A b\"", "schema \"A b\""),
        (
            "CREATE TABLE s.t (a int REFERENCES u (id))",
            "+s.t, REFERENCES u",
        ),
        (
            "CREATE TABLE t AS SELECT * FROM u JOIN s.v USING (id)",
            "+t, SELECT s.v, SELECT u",
        ),
        (
            "CREATE OR REPLACE VIEW v AS SELECT 1 FROM t",
            "+v, =v, SELECT t",
        ),
        ("CREATE UNIQUE INDEX i ON ONLY s.t (a)", "+s.t, =s.t"),
        (
            "CREATE OR REPLACE TRIGGER x AFTER INSERT ON a.u FOR EACH ROW EXECUTE FUNCTION f()",
            "TRIGGER a.u",
        ),
        ("CREATE POLICY p ON t USING (true)", "=t"),
        (
            "CREATE OR REPLACE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'DELETE FROM t'",
            "+public.f, public.f()",
        ),
        (
            "ALTER TABLE IF EXISTS ONLY t ADD FOREIGN KEY (a) REFERENCES s.u",
            "=t, REFERENCES s.u",
        ),
        ("DROP TRIGGER IF EXISTS x ON t", "=t"),
        ("DROP TABLE a, s.b", "=a, =s.b"),
        ("DROP FUNCTION f(int), g()", "f(), g()"),
        ("COMMENT ON COLUMN t.a IS 'x'", ""),
        (
            "INSERT INTO s.t (a) SELECT 1 FROM u AS x JOIN v ON true",
            "SELECT u, SELECT v, INSERT s.t",
        ),
        (
            "UPDATE ONLY t SET a = f.b FROM f WHERE f.a = t.a",
            "SELECT f, UPDATE t",
        ),
        (
            "WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone, generate_series(1, 2)",
            "SELECT gone, SELECT t, DELETE t",
        ),
        ("SELECT * FROM unnest(ARRAY[1])", ""),
        (
            "DO $$ BEGIN IF x THEN EXECUTE format('INSERT INTO a.u (%s) VALUES (1)', c); END IF; END $$",
            "INSERT a.u",
        ),
        (
            "DO $$ BEGIN EXECUTE format('ALTER TABLE %I ADD x int', c); END $$",
            "",
        ),
        (
            "DO $$ BEGIN IF pg_has_role('x', 'USAGE') THEN DROP TRIGGER x ON a.u; END IF; END $$",
            "",
        ),
        ("CALL adapt($x$ CREATE POLICY p ON t $x$)", "=t"),
    ] {
        assert_eq!(needs(sql), wanted, "{sql}");
    }
}
