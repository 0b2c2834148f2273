use proptest::prelude::*;

use super::*;
use crate::schema::{ColumnType, Facet, Family, ObjectPath, QualifiedName, Table};

fn ident(name: &str) -> Ident {
    Ident::new(name).unwrap()
}

fn read_files(files: &[(&str, &str)], namespaces: &[&str]) -> Result<Schema, LoadError> {
    let files: Vec<TextFile> = files
        .iter()
        .map(|(name, text)| TextFile {
            name: (*name).to_owned(),
            text: (*text).to_owned(),
        })
        .collect();
    let namespaces: Vec<Ident> = namespaces.iter().map(|n| ident(n)).collect();
    read(&files, &namespaces)
}

fn read_text(text: &str) -> Schema {
    read_files(&[("a.sql", text)], &[]).unwrap()
}

fn table<'a>(schema: &'a Schema, name: &str) -> &'a Table {
    schema
        .table(&QualifiedName::new(ident("public"), ident(name)))
        .unwrap()
}

/// `what: name (line)` of everything that was not understood.
fn unreadable(schema: &Schema) -> Vec<String> {
    let line = |s: &Sighting| s.place.as_ref().unwrap().line;
    let shown = |s: &Sighting| format!("{}: {} ({})", s.what, s.name, line(s));
    schema.unreadable.iter().map(shown).collect()
}

const CONTEXT_ONLY: &str = "\
-- WARNING: This schema is for context only and is not meant to be run.
-- Table order and constraints may not be valid for execution.

CREATE TABLE public.calls (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  lead_id uuid NOT NULL UNIQUE,
  status USER-DEFINED NOT NULL DEFAULT 'new'::call_status,
  tags ARRAY DEFAULT ARRAY[]::text[],
  title character varying NOT NULL CHECK (title::text = ANY (ARRAY['a'::character varying]::text[])),
  cost numeric DEFAULT 0.0,
  search tsvector DEFAULT to_tsvector('english'::regconfig, (title)::text),
  started timestamp with time zone DEFAULT now(),
  CONSTRAINT calls_pkey PRIMARY KEY (id),
  CONSTRAINT calls_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES public.leads(id)
);
CREATE TABLE public.leads (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  CONSTRAINT leads_pkey PRIMARY KEY (id)
);
";

#[test]
fn an_export_for_context_only_says_what_it_can_and_no_more() {
    let schema = read_text(CONTEXT_ONLY);
    assert_eq!(unreadable(&schema), [""; 0]);
    assert!(schema.facets.contains(&Facet::ForeignKeys));
    assert!(!schema.facets.contains(&Facet::Indexes));
    let calls = table(&schema, "calls");
    let ty = |name: &str| &calls.column(&ident(name)).unwrap().ty;
    for (column, family) in [
        ("status", Family::Any),
        ("tags", Family::Array),
        ("title", Family::Varchar),
        ("cost", Family::Numeric),
    ] {
        assert!(
            matches!(ty(column), ColumnType::Unknown { family: f, .. } if *f == family),
            "{column}"
        );
    }
    assert_eq!(ty("lead_id"), &ColumnType::Uuid);
    let search = calls.column(&ident("search")).unwrap();
    assert!(search.default.is_none() && search.generated.is_some());
    assert_eq!(calls.foreign_keys[0].on_delete, None);
    assert_eq!(calls.unique[0].name, ident("calls_lead_id_key"));
    let path = ObjectPath {
        table: calls.name.clone(),
        column: Some(ident("title")),
    };
    assert_eq!(schema.places[&path].to_string(), "a.sql:9");
}

#[test]
fn what_cannot_be_read_is_listed_and_the_rest_is_read() {
    let schema = read_text(
        "create table a (id int);\n\
         create tabel b (id int);\n\
         create table c (id int,);\n\
         alter table gone add column x int;\n\
         alter table if exists gone add column x int;\n\
         alter table elsewhere.gone add column x int;\n\
         create table a (id text);\n\
         create table if not exists a (id text);\n\
         alter table a drop column nothing;\n\
         \\i more.sql\n\
         create table :name (id int);\n\
         alter table a owner to :owner; rollback to savepoint x;\n\
         create table d (id int)",
    );
    let names: Vec<&str> = schema.tables.iter().map(|t| t.name.name.as_str()).collect();
    assert_eq!(names, ["a", "d"]);
    assert_eq!(
        unreadable(&schema),
        [
            "file that is included by psql: \\i more.sql (10)",
            "statement on an unknown column `nothing`: alter table a drop column nothing (9)",
            "statement on an unknown table `gone`: alter table gone add column x int (4)",
            "statement that cannot be parsed: create tabel b (id int) (2)",
            "statement that cannot be parsed: create table c (id int,) (3)",
            "statement that creates `a` again: create table a (id text) (7)",
            "statement that is not followed: rollback to savepoint x (12)",
            "statement with a psql variable: create table :name (id int) (11)",
        ]
    );
}

#[test]
fn a_text_that_is_no_sql_is_refused_where_it_stops_being_sql() {
    for (text, message) in [
        ("", "a.sql:1: holds no SQL statement"),
        (
            "-- nothing\n/* here */ ;",
            "a.sql:1: holds no SQL statement",
        ),
        ("\n\nexport interface Lead {}", "a.sql:3: not SQL: "),
        ("Update the file, then send it.", "a.sql:1: not SQL: "),
        ("{\"tables\": []}", "a.sql:1: not SQL: "),
    ] {
        let error = read_files(&[("a.sql", text)], &[]).unwrap_err();
        assert!(error.to_string().starts_with(message), "{text}: {error}");
    }
    assert!(read_files(&[], &[]).is_err());
    assert!(read_files(&[("a.sql", "insert into t values (1);")], &[]).is_ok());
    assert!(read_files(&[("a.sql", ""), ("b.sql", "create table t ();")], &[]).is_ok());
}

#[test]
fn files_are_one_history_and_places_name_the_file() {
    let schema = read_files(
        &[
            (
                "V1__a.sql",
                "\u{feff}create table a (\r\n  id int\r\n);\r\n",
            ),
            (
                "V2__b.sql",
                "\nalter table a\n  add column b text,\n  add column c text;",
            ),
        ],
        &[],
    )
    .unwrap();
    let places: Vec<String> = schema.places.values().map(ToString::to_string).collect();
    assert_eq!(
        places,
        ["V1__a.sql:1", "V2__b.sql:3", "V2__b.sql:4", "V1__a.sql:2"]
    );
}

#[test]
fn only_the_namespaces_asked_for_are_kept_and_all_are_followed() {
    let sql = "create schema app; create type app.kind as enum ('a'); \
               create table app.a (id int primary key, k app.kind); \
               create table b (a int references app.a, k app.kind); \
               create aggregate app.total(int) (sfunc = int4pl, stype = int); \
               create aggregate total(int) (sfunc = int4pl, stype = int);";
    let public = read_text(sql);
    assert_eq!((public.tables.len(), public.enums.len()), (1, 0));
    let key = &table(&public, "b").foreign_keys[0];
    assert_eq!(key.referenced_columns, [ident("id")]);
    assert_eq!(public.unmodelled.len(), 1);
    assert_eq!(public.unmodelled[0].name, "public.total");
    let app = read_files(&[("a.sql", sql)], &["app"]).unwrap();
    assert_eq!((app.tables.len(), app.enums.len()), (1, 1));
    assert_eq!(app.home(), Some(&ident("app")));
}

#[test]
fn what_is_no_part_of_the_model_is_listed_until_it_is_dropped() {
    let schema = read_text(
        "create table t (id int); create temp table x (id int); alter table x add y int;\n\
         create rule r as on insert to t do instead nothing;\n\
         create rule gone as on delete to t do nothing; drop rule gone on t;\n\
         create event trigger e on ddl_command_start execute function f();\n\
         create cast (int as text) with inout;\n\
         create collation c from \"C\"; drop collation c;\n\
         create table made as select 1; select 1 into made_too;\n\
         create type span as range (subtype = int4); create table spans (s span);\n\
         do $$ begin execute 'create table dynamic ()'; end $$;\n\
         do $$ begin raise notice 'nothing'; end $$;\n\
         create role someone; alter role someone login; set role someone; reset role;",
    );
    assert_eq!(unreadable(&schema), [""; 0]);
    let seen: Vec<String> = schema
        .unmodelled
        .iter()
        .map(|s| format!("{} {}", s.what, s.name).trim_end().to_owned())
        .collect();
    assert_eq!(
        seen,
        [
            "DO block that may change the schema",
            "cast int as text",
            "event trigger e",
            "range type public.span",
            "rule r on public.t",
            "table made from a query public.made",
            "table made from a query public.made_too",
        ]
    );
    assert!(matches!(
        table(&schema, "spans").columns[0].ty,
        ColumnType::Named(_)
    ));
}

#[test]
fn a_trigger_runs_the_servers_own_function_by_its_bare_name() {
    for (written, function) in [
        (
            "suppress_redundant_updates_trigger",
            "pg_catalog.suppress_redundant_updates_trigger",
        ),
        ("f", "public.f"),
        (
            "elsewhere.tsvector_update_trigger",
            "elsewhere.tsvector_update_trigger",
        ),
    ] {
        let schema = read_text(&format!(
            "create table a (x int); create trigger t before update on a for each row execute function {written}();"
        ));
        let trigger = &table(&schema, "a").triggers[0];
        assert_eq!(trigger.function.to_string(), function);
    }
}

#[test]
fn roles_decide_whose_privileges_are_listed() {
    let schema = read_text(
        "alter default privileges in schema public grant select on tables to anon;\n\
         alter default privileges for role other grant select on tables to nobody;\n\
         create table a (id int); create table b (id int);\n\
         alter table b owner to boss;\n\
         grant all on a, b to boss; grant all on a, b to postgres;",
    );
    let grantees = |name: &str| -> Vec<String> {
        let grants = &table(&schema, name).grants;
        grants.iter().map(|g| g.grantee.clone()).collect()
    };
    assert_eq!(grantees("a"), ["anon", "boss"]);
    assert_eq!(grantees("b"), ["anon", "postgres"]);
}

/// One of every statement, for inputs that end anywhere.
const RICH: &str = r#"
set search_path = public, "$user";
create type mood as enum ('sad', E'o\'k', U&'\0441');
create domain zip as text check (value ~ '^\d+$') not null;
create table public.people (id serial primary key, "Full Name" text collate "C" unique,
  at timestamptz(3) default now(), m mood[] default '{}', total numeric(10, 2) generated always as (1 + 2) stored,
  n int generated by default as identity (start 5), check ((id > 0) and m is not null),
  foreign key (id) references people (id) on delete set null (id) deferrable initially deferred,
  exclude using gist (id with =) where (id > 1), like zip including all) partition by range (at);
create table p1 partition of people for values from ('2024-01-01') to (maxvalue);
alter table only people add column x varchar(20) not null, drop column if exists y cascade, alter id type bigint using id::bigint;
create unique index concurrently if not exists i on people using btree (lower(x) text_pattern_ops desc nulls last) include (id) where x <> '';
create function f(a int default 1, variadic b text[]) returns table (c int) language plpgsql set search_path = '' as $b$ begin end $b$;
create function g() returns int begin atomic select case when true then 1 end; end;
create trigger t before insert or update of x on people referencing new table as n for each row when (new.x is null) execute function f('a', 1);
create policy "p p" on people as restrictive for select to public, anon using (exists (select 1 from people where id = 1)) with check (true);
create or replace view v (a) with (security_invoker) as select 1 union all (select 2) with local check option;
grant select (id), all (x) on people to public with grant option; revoke grant option for all on all tables in schema public from anon;
alter default privileges for role a in schema public grant execute on functions to b;
comment on column people.x is 'it''s'; create publication q for table people, tables in schema public with (publish = 'insert');
do $$ begin create type k as enum (); exception when duplicate_object then null; end $$;
copy people from stdin;
1	2
\.
drop table people, p1 cascade; drop function f(int, text[]), g;
"#;

fn is_answer(result: &Result<Schema, LoadError>) -> bool {
    matches!(result, Ok(_) | Err(LoadError::Text { .. }))
}

#[test]
fn every_beginning_of_a_rich_text_is_read_or_refused() {
    let files = |text: &str| {
        [TextFile {
            name: "a.sql".to_owned(),
            text: text.to_owned(),
        }]
    };
    for (end, _) in RICH.char_indices().step_by(2) {
        for part in [&RICH[..end], &RICH[end..]] {
            assert!(is_answer(&read_all(&files(part), &[])), "{part}");
        }
    }
    assert_eq!(
        unreadable(&read_text(&RICH.replace(", like zip including all", ""))),
        [""; 0]
    );
}

#[test]
fn no_depth_is_too_much() {
    let times = |text: &str, n| text.repeat(n);
    for n in [150, 1_000, 2_400, 100_000] {
        for expression in [
            format!("{}1{}", times("(", n), times(")", n)),
            format!("{}1", times("not ", n)),
            format!("{}1", times("- ", n)),
            format!("1{}", times(" + 1", n)),
            format!("1{}", times(" + f(1, 2)", n)),
            format!("a{}", times(".a", n)),
            format!("a{}", times("::int", n)),
            format!("a{}", times("[1]", n)),
            format!("a{}", times(" is null", n)),
            format!("a{}", times(" collate \"C\"", n)),
            format!("{}1{}", times("case when a then ", n), times(" end", n)),
            format!("{}1{}", times("f(", n), times(")", n)),
            format!("{}1{}", times("array[", n), times("]", n)),
            format!("{}1{}", times("(select ", n), times(")", n)),
        ] {
            let sql = format!(
                "create table t (a int check ({expression})); \
                 create index on t (({expression})); \
                 create view v as select {expression}; create table u (a int);"
            );
            let schema = read_text(&sql);
            assert!(schema.tables.iter().any(|t| t.name.name == ident("u")));
        }
    }
}

const WORDS: &[&str] = &[
    "create",
    "alter",
    "drop",
    "table",
    "view",
    "index",
    "type",
    "as",
    "enum",
    "domain",
    "function",
    "trigger",
    "policy",
    "on",
    "to",
    "from",
    "grant",
    "revoke",
    "all",
    "select",
    "set",
    "schema",
    "comment",
    "is",
    "null",
    "not",
    "default",
    "primary",
    "key",
    "unique",
    "check",
    "references",
    "foreign",
    "constraint",
    "using",
    "with",
    "where",
    "partition",
    "of",
    "by",
    "range",
    "for",
    "values",
    "in",
    "inherits",
    "like",
    "including",
    "if",
    "exists",
    "only",
    "add",
    "column",
    "rename",
    "cascade",
    "sequence",
    "owned",
    "start",
    "returns",
    "language",
    "sql",
    "begin",
    "end",
    "atomic",
    "execute",
    "row",
    "each",
    "case",
    "when",
    "then",
    "collate",
    "generated",
    "always",
    "identity",
    "stored",
    "a",
    "b",
    "t",
    "u",
    "public",
    "\"Q\"",
    "int",
    "text",
    "numeric",
    "varchar",
    "(",
    ")",
    "(",
    ")",
    ",",
    ";",
    ";",
    ".",
    "=",
    "+",
    "-",
    "::",
    "[",
    "]",
    ":",
    "'x'",
    "'",
    "$$",
    "$$x$$",
    "1",
    "2.5",
    "--c\n",
    "/*",
    "*/",
    "\\",
    "\\i x\n",
    "\n",
    "é",
    "*",
    "%type",
    "@",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn words_in_any_order_are_read_or_refused(words in prop::collection::vec(prop::sample::select(WORDS), 0..60)) {
        let text = format!("create table t (a int primary key, b text); {}", words.join(" "));
        prop_assert!(read_files(&[("a.sql", &text)], &[]).is_ok());
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        prop_assert!(is_answer(&read_files(&[("a.sql", &text)], &[])));
    }
}
