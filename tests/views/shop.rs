//! A small pair with every kind of column, both ways.

use serde_json::Value;

use crate::cluster::{Cluster, Database, database};
use crate::{make, refused, root, views, written};

const PAIR: &str = "tests/fixtures/views/shop";

fn pair() -> String {
    root(PAIR).display().to_string()
}

fn with(side: &str, rows: &str) -> Database<'static> {
    for role in ["views_app", "views_clerk"] {
        Cluster::shared().role(role, "LOGIN");
    }
    let db = database("views");
    db.load(format!("{PAIR}/{side}.sql"));
    db.psql(&format!("SET TimeZone = 'UTC'; {rows}"));
    db.psql(&format!(
        "ALTER DATABASE \"{}\" SET TimeZone = 'UTC'",
        db.name
    ));
    db
}

const PEOPLE: &str = "
    INSERT INTO people VALUES
        (1, 'Ann', 'ann@x.io', 'new', 72500, '50-200', '2024-05-01 10:00', '{\"a\": 1}', 'f1'),
        (2, 'Bo', NULL, 'hot', NULL, 'lots', '2024-05-02 10:00', NULL, NULL),
        (3, 'Ünï ''q'' \\', 'views_app', 'odd', 0, '10k', '2024-05-03 10:00', '[]', NULL),
        (4, 'nobody', NULL, 'new', 1, NULL, '2024-05-03 10:00', NULL, NULL);
    ALTER TABLE people ALTER COLUMN id RESTART WITH 100;
    INSERT INTO remarks VALUES (1, 'one', 'ann', true, 'shop'), (2, 'two', 'views_app', false, 'shop'), (3, 'elsewhere', 'ann', false, 'web');";

const CUSTOMERS: &str = "
    INSERT INTO customers VALUES
        (1, 'Ann', 'ann@x.io', 'P3', 72.5, 50, '2024-05-01 09:00', '2024-05-01 10:00', '{\"a\": 1}', true),
        (2, 'Bo', NULL, 'P1', NULL, NULL, '2024-05-02 09:00', '2024-05-02 10:00', NULL, false),
        (3, 'Cy', 'views_app', 'P2', 0.0005, 10000, '2024-05-03 09:00', '2024-05-03 10:00', NULL, false);
    ALTER TABLE customers ALTER COLUMN id RESTART WITH 100;
    INSERT INTO notes VALUES (1, 'one', 'ann', true, now()), (2, 'two', 'views_app', false, NULL);";

fn new_names() -> Database<'static> {
    let db = with("from", PEOPLE);
    make(
        &db,
        &[
            "--map",
            &pair(),
            "--names",
            "to",
            "--from",
            "env:DATABASE_URL",
        ],
    );
    db
}

fn old_names() -> Database<'static> {
    let db = with("to", CUSTOMERS);
    make(
        &db,
        &[
            "--map",
            &pair(),
            "--names",
            "from",
            "--to",
            "env:DATABASE_URL",
        ],
    );
    db
}

#[test]
fn new_names_show_what_the_mapping_says() {
    let db = new_names();
    let order = db.psql(
        "SELECT table_name, string_agg(column_name, ',' ORDER BY ordinal_position) FROM information_schema.columns
         WHERE table_schema = 'crm_2' GROUP BY 1 ORDER BY 1",
    );
    assert_eq!(
        order,
        "customers|id,full_name,email,bucket,kilograms,size,first_seen,seen,extra,flag\n\
         notes|id,text,author,pinned,at"
    );
    assert_eq!(
        db.psql("SELECT * FROM crm_2.customers ORDER BY id"),
        "1|Ann|ann@x.io|P3|72.500|50|2024-05-01 10:00:00+00|2024-05-01 10:00:00+00|{\"a\": 1}|f\n\
         2|Bo||P1|||2024-05-02 10:00:00+00|2024-05-02 10:00:00+00||f\n\
         3|Ünï 'q' \\|views_app||0.000|10000|2024-05-03 10:00:00+00|2024-05-03 10:00:00+00|[]|f"
    );
    assert_eq!(
        db.psql("SELECT * FROM crm_2.notes ORDER BY id"),
        "1|one|ann|t|\n2|two|views_app|f|"
    );
}

#[test]
fn old_names_show_what_the_mapping_says() {
    let db = old_names();
    assert_eq!(
        db.psql("SELECT * FROM shop.people ORDER BY id"),
        "1|Ann|ann@x.io|new|72500|50|2024-05-01 10:00:00+00|{\"a\": 1}|\n\
         2|Bo||hot|||2024-05-02 10:00:00+00||\n\
         3|Cy|views_app|active||10000|2024-05-03 10:00:00+00||"
    );
    assert_eq!(
        db.psql("SELECT * FROM shop.remarks ORDER BY id"),
        "1|one|ann|t|shop\n2|two|views_app|f|shop"
    );
}

/// The server carries writes through a view of plain columns, upserts too.
#[test]
fn plain_views_take_every_write() {
    for (db, view, base, text) in [
        (new_names(), "crm_2.notes", "remarks", ["text", "body"]),
        (old_names(), "shop.remarks", "notes", ["body", "text"]),
    ] {
        let [shown, kept] = text;
        db.psql(&format!(
            "INSERT INTO {view} (id, {shown}, author) VALUES (9, 'nine', 'ann');
             INSERT INTO {view} (id, {shown}, author) VALUES (9, 'again', 'ann'), (10, 'ten', 'ann')
             ON CONFLICT (id) DO UPDATE SET {shown} = excluded.{shown}, pinned = true;
             UPDATE {view} SET {shown} = 'changed' WHERE id = 1;
             DELETE FROM {view} WHERE {shown} = 'two';"
        ));
        let rows = db.psql(&format!(
            "SELECT id, {kept}, author, pinned FROM {base} WHERE id <> 3 ORDER BY id"
        ));
        assert_eq!(
            rows, "1|changed|ann|t\n9|again|ann|t\n10|ten|ann|f",
            "{view}"
        );
    }
}

#[test]
fn rows_that_the_mapping_leaves_out_cannot_be_written() {
    let db = new_names();
    assert_eq!(
        db.psql("SELECT count(*) FROM crm_2.notes WHERE id = 3"),
        "0"
    );
    db.psql("UPDATE crm_2.notes SET text = 'x'; DELETE FROM crm_2.notes;");
    assert_eq!(db.psql("SELECT id, body FROM remarks"), "3|elsewhere");
}

/// A value map and a scale are translated back, and nothing else is touched.
#[test]
fn computed_columns_are_written_back() {
    let db = new_names();
    let made = db.psql(
        "INSERT INTO crm_2.customers (full_name, email, bucket, kilograms, extra) VALUES
            ('New', 'n@x.io', 'P1', 1.5, '{\"b\": 2}'), ('Plain', NULL, NULL, NULL, NULL)
         RETURNING id, bucket, kilograms, first_seen, flag",
    );
    assert_eq!(
        made,
        "100|P1|1.500|2024-01-01 00:00:00+00|f\n101|P3||2024-01-01 00:00:00+00|f"
    );
    db.psql(
        "INSERT INTO crm_2.customers (id, full_name, size, flag, seen) VALUES (50, 'Same', NULL, false, '2020-02-02');
         UPDATE crm_2.customers SET bucket = 'P2', full_name = 'Anna' WHERE id = 1;
         UPDATE crm_2.customers SET kilograms = kilograms + 1, size = size WHERE id = 1;
         UPDATE crm_2.customers SET full_name = 'Odd one' WHERE id = 3;
         UPDATE crm_2.customers SET id = 102 WHERE id = 101;
         DELETE FROM crm_2.customers WHERE bucket = 'P1' AND id < 50;",
    );
    assert_eq!(
        db.psql("SELECT id, name, mail, state, weight, size, seen::date, extra, fax FROM people WHERE id <> 4 ORDER BY id"),
        "1|Anna|ann@x.io|active|73500|50-200|2024-05-01|{\"a\": 1}|f1\n\
         3|Odd one|views_app|odd|0|10k|2024-05-03|[]|\n\
         50|Same||new|||2020-02-02||\n\
         100|New|n@x.io|hot|1500||2024-01-01|{\"b\": 2}|\n\
         102|Plain||new|||2024-01-01||"
    );

    let db = old_names();
    db.psql(
        "INSERT INTO shop.people (name, mail, state, weight) VALUES ('New', 'n@x.io', 'hot', 1500);
         UPDATE shop.people SET state = 'active', weight = 80000 WHERE id = 1;
         DELETE FROM shop.people WHERE id = 2;",
    );
    assert_eq!(
        db.psql("SELECT id, full_name, bucket, kilograms, size, first_seen::date, flag FROM customers ORDER BY id"),
        "1|Ann|P2|80.000|50|2024-05-01|t\n3|Cy|P2|0.0005|10000|2024-05-03|f\n100|New|P1|1.500||2024-01-01|f"
    );
}

#[test]
fn what_cannot_be_kept_is_refused() {
    let db = new_names();
    let before = db.psql("SELECT * FROM people ORDER BY id");
    let cannot_hold = "cannot hold that value";
    let cannot_be_written = "cannot be written";
    for (statement, words) in [
        (
            "UPDATE crm_2.customers SET bucket = 'P9' WHERE id = 1",
            cannot_hold,
        ),
        (
            "UPDATE crm_2.customers SET bucket = 'new' WHERE id = 1",
            cannot_hold,
        ),
        (
            "UPDATE crm_2.customers SET kilograms = 0.0005 WHERE id = 1",
            cannot_hold,
        ),
        (
            "UPDATE crm_2.customers SET kilograms = 'NaN' WHERE id = 1",
            cannot_hold,
        ),
        (
            "UPDATE crm_2.customers SET kilograms = 1e30 WHERE id = 1",
            cannot_hold,
        ),
        (
            "UPDATE crm_2.customers SET size = 9 WHERE id = 1",
            cannot_be_written,
        ),
        (
            "UPDATE crm_2.customers SET flag = true WHERE id = 1",
            cannot_be_written,
        ),
        (
            "UPDATE crm_2.customers SET first_seen = now() WHERE id = 1",
            cannot_be_written,
        ),
        (
            "INSERT INTO crm_2.customers (full_name, size) VALUES ('x', 9)",
            cannot_be_written,
        ),
        (
            "UPDATE crm_2.customers SET full_name = 'nobody' WHERE id = 1",
            "would not be seen through view",
        ),
        (
            "UPDATE crm_2.customers SET bucket = NULL WHERE id = 1",
            "null value in column \"state\"",
        ),
        (
            "INSERT INTO crm_2.customers (email) VALUES ('x')",
            "null value in column \"name\"",
        ),
        (
            "INSERT INTO crm_2.customers (full_name) VALUES ('x') ON CONFLICT (id) DO NOTHING",
            "no unique or exclusion constraint",
        ),
        (
            "INSERT INTO crm_2.notes (id, text, author, at) VALUES (1, 'x', 'x', now())",
            "cannot insert into column \"at\"",
        ),
    ] {
        refused(&db, statement, words);
    }
    assert_eq!(db.psql("SELECT * FROM people ORDER BY id"), before);
}

#[test]
fn row_level_security_is_the_callers() {
    for (db, people, remarks) in [
        (
            new_names(),
            ("crm_2.customers", "full_name", "email"),
            ("crm_2.notes", "text"),
        ),
        (
            old_names(),
            ("shop.people", "name", "mail"),
            ("shop.remarks", "body"),
        ),
    ] {
        let (people, name, mail) = people;
        let (remarks, body) = remarks;
        let app = "SET SESSION AUTHORIZATION views_app;\n";
        let seen = db.psql(&format!(
            "{app} SELECT string_agg(id::text, ',') FROM {people}; SELECT string_agg(id::text, ',') FROM {remarks};"
        ));
        assert_eq!(seen, "3\n2");
        let touched = db.psql(&format!(
            "{app}
             WITH w AS (UPDATE {people} SET {name} = 'stolen' WHERE id < 3 RETURNING 1) SELECT count(*) FROM w;
             WITH w AS (DELETE FROM {people} WHERE id < 3 RETURNING 1) SELECT count(*) FROM w;
             WITH w AS (UPDATE {remarks} SET {body} = 'stolen' WHERE id <> 2 RETURNING 1) SELECT count(*) FROM w;
             WITH w AS (UPDATE {people} SET {name} = 'Mine' RETURNING {name}) SELECT * FROM w;"
        ));
        assert_eq!(touched, "0\n0\n0\nMine");
        for statement in [
            format!("INSERT INTO {people} ({name}, {mail}) VALUES ('x', 'somebody')"),
            format!("UPDATE {people} SET {mail} = 'somebody'"),
            format!("INSERT INTO {remarks} (id, {body}, author) VALUES (77, 'x', 'somebody')"),
        ] {
            refused(&db, &format!("{app}{statement}"), "row-level security");
        }
        for statement in [
            format!("SELECT count(*) FROM {people}"),
            format!("SELECT count(*) FROM {remarks}"),
        ] {
            let clerk = format!("SET SESSION AUTHORIZATION views_clerk;\n{statement}");
            refused(&db, &clerk, "permission denied");
        }
    }
}

#[test]
fn grants_are_those_of_the_tables() {
    let db = new_names();
    let given =
        "SELECT table_name, grantee, string_agg(privilege_type, ',' ORDER BY privilege_type)
        FROM information_schema.role_table_grants
        WHERE table_schema = 'crm_2' AND grantee <> 'postgres' GROUP BY 1, 2 ORDER BY 1, 2";
    let expected = "customers|views_app|DELETE,INSERT,SELECT,UPDATE\nnotes|views_app|DELETE,INSERT,SELECT,UPDATE";
    assert_eq!(db.psql(given), expected);
    let columns = db.psql(
        "SELECT column_name FROM information_schema.column_privileges
         WHERE table_schema = 'crm_2' AND grantee = 'views_clerk' ORDER BY 1",
    );
    assert_eq!(columns, "id\ntext");

    // A source that cannot say who may do what leaves it to the catalog.
    let db = with("from", PEOPLE);
    let types = tempfile::tempdir().unwrap();
    let file = types.path().join("shop.ts");
    let text = "export interface people { id: number; name: string; mail: string | null; state: string; weight: number | null }
                export interface remarks { id: number; body: string; author: string; pinned: boolean; origin: string }";
    std::fs::write(&file, text).unwrap();
    let source = format!("ts:{}", file.display());
    make(&db, &["--map", &pair(), "--names", "to", "--from", &source]);
    assert_eq!(db.psql(given), expected);
}

#[test]
fn a_schema_of_others_is_left_alone() {
    let db = with("from", PEOPLE);
    let args = ["--map", &pair(), "--names", "to", "--into", "theirs"];
    let (sql, _) = written(&db.url(), &args);
    db.psql("CREATE SCHEMA theirs; CREATE VIEW theirs.notes AS SELECT 1 AS one;");
    refused(&db, &sql, "schema `theirs` is in use");
    assert_eq!(db.psql("SELECT * FROM theirs.notes"), "1");
    db.psql("DROP VIEW theirs.notes");
    db.psql(&sql);
    assert_eq!(db.psql("SELECT count(*) FROM theirs.notes"), "2");
}

/// Another plan replaces what an earlier one made, views that it has no more included.
#[test]
fn another_plan_takes_the_place_of_the_first() {
    let db = new_names();
    let folder = tempfile::tempdir().unwrap();
    for file in ["mapping.toml", "from.sql", "to.sql"] {
        std::fs::copy(root(PAIR).join(file), folder.path().join(file)).unwrap();
    }
    let to = std::fs::read_to_string(folder.path().join("to.sql")).unwrap();
    let to = to.replace(
        "    flag       boolean NOT NULL DEFAULT false\n",
        "    fax text\n",
    );
    let to = to.replace("public.notes", "public.other_notes");
    std::fs::write(folder.path().join("to.sql"), to).unwrap();
    let map = folder.path().display().to_string();
    let said = make(
        &db,
        &[
            "--map",
            &map,
            "--names",
            "to",
            "--from",
            "env:DATABASE_URL",
            "--no-triggers",
        ],
    );
    assert!(said.contains("it would take a trigger"), "{said}");
    let left =
        db.psql("SELECT table_name FROM information_schema.views WHERE table_schema = 'crm_2'");
    assert_eq!(left, "customers");
    // Without a trigger the view takes upserts.
    db.psql(
        "INSERT INTO crm_2.customers (id, full_name, fax) VALUES (1, 'Upserted', '+1')
         ON CONFLICT (id) DO UPDATE SET full_name = excluded.full_name, fax = excluded.fax",
    );
    let row = db.psql("SELECT name, fax, state FROM people WHERE id = 1");
    assert_eq!(row, "Upserted|+1|new");
    refused(
        &db,
        "UPDATE crm_2.customers SET bucket = 'P1'",
        "cannot update column \"bucket\"",
    );
}

#[test]
fn reasons_are_told_in_comments_and_beside_the_answer() {
    let db = new_names();
    let comment = |column: &str| {
        db.psql(&format!(
            "SELECT col_description(attrelid, attnum) FROM pg_attribute
             WHERE attrelid = 'crm_2.customers'::regclass AND attname = '{column}'"
        ))
    };
    assert_eq!(
        comment("flag"),
        "read-only: no counterpart; its default is shown"
    );
    assert_eq!(comment("bucket"), "written back to `state` by a trigger");
    assert_eq!(comment("id"), "");

    let args = ["--map", &pair(), "--names", "to"];
    let (sql, said) = written(&db.url(), &args);
    for line in [
        "customers over public.people: its trigger takes inserts, updates, deletes, no upserts",
        "  read-only: size: there is no way back for every value: a range becomes one number",
        "  read-only: first_seen: a copy of `seen`, which is written instead",
        "notes over public.remarks: takes inserts, updates, deletes and upserts",
        "no view: invoices: no table for it",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    let output = views(&db.url(), &[&args[..], &["--format", "json"]].concat());
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["sql"], sql.as_str());
    assert_eq!(json["views"][0]["writes"], "trigger");
    assert_eq!(json["views"][1]["upserts"], true);
    assert_eq!(json["views"][0]["columns"][9]["writable"], false);
    assert_eq!(json["absent"][0]["name"], "invoices");
}

#[test]
fn what_makes_no_sense_is_said() {
    let db = database("views");
    for (args, words) in [
        (&["--into", "public"][..], "the tables are there"),
        (&["--from", "empty.sql"], "empty.sql"),
        (&["--names", "both"], "invalid value"),
    ] {
        let map = pair();
        let output = views(&db.url(), &[&["--map", &map][..], args].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(words), "{args:?}: {said}");
    }
    let map = pair();
    let output = views(
        &db.url(),
        &["--map", &map, "--names", "to", "--from", "env:DATABASE_URL"],
    );
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("no table of Crm 2 has a counterpart"),
        "{said}"
    );
}
