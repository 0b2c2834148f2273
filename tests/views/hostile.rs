//! Names and values that would break out of their quotes if anything let them.

use crate::cluster::database;
use crate::make;

/// Two names that differ behind what a function's name has room for.
const LONG: &str = "a_table_with_a_name_as_long_as_postgres_takes_it_sixty_bytes_";

#[test]
fn names_and_values_stay_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let from = format!(
        r#"CREATE TABLE public."we""ird'; --" ("se lect" integer PRIMARY KEY, "a'b" text, "$body$" text, "%I" text, "Ünï\" text);
CREATE TABLE public."{LONG}1" (id integer PRIMARY KEY, v text);
CREATE TABLE public."{LONG}2" (id integer PRIMARY KEY, v text);
CREATE TABLE public."select" ("new" integer PRIMARY KEY, "old" text, kept text, shown text, s text, b text);
"#
    );
    let to = format!(
        r#"CREATE TABLE public."t$$o" ("user" integer PRIMARY KEY, "x""y" text, "$$" text, "100%" text, "back\slash" text);
CREATE TABLE public."{LONG}1" (id integer PRIMARY KEY, w text);
CREATE TABLE public."{LONG}2" (id integer PRIMARY KEY, w text);
CREATE TABLE public."table" ("old" integer PRIMARY KEY, "new" text, "kept" text, "shown" text, "s" text, "b" text);
"#
    );
    let values = r#"values = { "it's" = '''\';--''', "$$" = "$body$", "%s" = '"', "" = "é" }"#;
    let mapping = format!(
        r#"format = 1
[from]
source = "sql:from.sql"
[to]
name = "Öl & \"Gas\"; --"
source = "sql:to.sql"
[[table]]
from = '"we""ird''; --"'
to = '"t$$o"'
[[table]]
from = '"select"'
to = '"table"'
[[column]]
from = '"we""ird''; --"."se lect"'
to = '"t$$o"."user"'
[[column]]
from = '"we""ird''; --"."a''b"'
to = '"t$$o"."x""y"'
{values}
why = "'; DROP TABLE x; --"
[[column]]
from = '"we""ird''; --"."$body$"'
to = '"t$$o"."$$"'
[[column]]
from = '"we""ird''; --"."%I"'
to = '"t$$o"."100%"'
[[column]]
from = '"we""ird''; --"."Ünï\"'
to = '"t$$o"."back\slash"'
[[column]]
from = '{LONG}1.v'
to = '{LONG}1.w'
values = {{ a = "b" }}
[[column]]
from = '{LONG}2.v'
to = '{LONG}2.w'
values = {{ c = "d" }}
[[column]]
from = '"select"."new"'
to = '"table"."old"'
[[column]]
from = '"select"."old"'
to = '"table"."new"'
values = {{ a = "b" }}
"#
    )
    .replace(r#"from = '"we""ird''; --""#, r#"from = '''"we""ird'; --""#)
    .replace(r#""a''b"'"#, r#""a'b"'"#);
    // A literal text of TOML knows no escape: names with a single quote stand between three.
    let mapping: String = mapping
        .lines()
        .map(|line| match line.strip_prefix("from = '''") {
            Some(rest) => format!("from = '''{}'''\n", rest.trim_end_matches('\'')),
            None => format!("{line}\n"),
        })
        .collect();
    for (name, text) in [
        ("from.sql", &from),
        ("to.sql", &to),
        ("mapping.toml", &mapping),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let map = folder.path().display().to_string();
    let db = database("hostile");
    db.load(folder.path().join("from.sql"));
    make(&db, &["--map", &map, "--names", "to"]);
    let schema = r#""öl____gas""#;
    let schema = db.psql(&format!(
        "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname LIKE '%gas' OR quote_ident(nspname) = '{schema}'"
    ));
    assert!(!schema.is_empty());

    db.psql(&format!(
        r#"INSERT INTO {schema}."t$$o" VALUES (1, E'\\'';--', '$body$', '%s %I', 'b\s'), (2, '$body$', '$$', '', NULL);
           UPDATE {schema}."t$$o" SET "x""y" = '"' WHERE "user" = 2;
           INSERT INTO {schema}."{LONG}1" VALUES (1, 'b');
           INSERT INTO {schema}."{LONG}2" VALUES (1, 'd');
           INSERT INTO {schema}."table" VALUES (1, 'b', 'k', 'sh', 'ess', 'bee');
           UPDATE {schema}."table" SET "old" = 5, kept = 'K', s = 'S' WHERE "old" = 1;"#
    ));
    let rows = db.psql(&format!(
        r#"SELECT * FROM public."we""ird'; --" ORDER BY 1;
           SELECT * FROM public."{LONG}1"; SELECT * FROM public."{LONG}2";
           SELECT * FROM public."select"; SELECT * FROM {schema}."t$$o" ORDER BY 1;"#
    ));
    assert_eq!(
        rows,
        "1|it's|$body$|%s %I|b\\s\n2|%s|$$||\n1|a\n1|c\n5|a|K|sh|S|bee\n\
         1|\\';--|$body$|%s %I|b\\s\n2|\"|$$||"
    );
    let refused = db.try_psql(&format!(r#"UPDATE {schema}."t$$o" SET "x""y" = '%'"#));
    assert!(
        refused
            .unwrap_err()
            .contains(r#"column `x"y` of view `t$$o` cannot hold"#),
        "the message names what it is about"
    );
}
