//! Whole schemas and their text.

mod hostile;

use serde_json::{Value, json};

use super::write;
use crate::schema::{Facet, Schema};

fn schema(objects: &Value) -> Schema {
    let mut whole = json!({ "namespaces": ["public"], "facets": Facet::ALL, "tables": [] });
    for (key, value) in objects.as_object().unwrap() {
        whole[key] = value.clone();
    }
    let mut schema: Schema = serde_json::from_value(whole).unwrap();
    schema.normalise();
    schema
}

fn name(name: &str) -> Value {
    let (namespace, name) = name.split_once('.').unwrap_or(("public", name));
    json!({ "namespace": namespace, "name": name })
}

fn expression(text: &str) -> Value {
    json!({ "text": text, "spelling": "written" })
}

fn column(name: &str, ty: &Value) -> Value {
    json!({ "name": name, "type": ty, "nullable": true })
}

fn table(of: &str, columns: &[Value]) -> Value {
    json!({ "name": name(of), "columns": columns })
}

fn with(mut object: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        object[key] = value.clone();
    }
    object
}

fn function(of: &str, arguments: &[Value], more: &Value) -> Value {
    let parameters: Vec<Value> = arguments
        .iter()
        .map(|ty| json!({ "mode": "IN", "type": ty }))
        .collect();
    let function = json!({
        "name": name(of), "arguments": arguments, "parameters": parameters, "returns": "boolean",
        "language": "sql", "volatility": "volatile", "body": { "text": "SELECT true" },
        "grants": [{ "grantee": "public", "privileges": ["EXECUTE"] }],
    });
    with(function, more)
}

/// The statements without the head, and without the settings that every text begins with.
fn body(schema: &Schema) -> String {
    let text = write(schema);
    let settings = text.find("SET search_path").unwrap();
    let statements = text[settings..].find("\n\n").unwrap();
    text[settings + statements + 2..].to_owned()
}

/// Where each text begins, which must be in the given order.
fn assert_order(sql: &str, texts: &[&str]) {
    let places: Vec<usize> = texts
        .iter()
        .map(|text| {
            sql.find(text)
                .unwrap_or_else(|| panic!("no `{text}` in\n{sql}"))
        })
        .collect();
    assert!(places.is_sorted(), "not in the order {texts:?}\n{sql}");
}

#[test]
fn writes_a_table_with_all_that_hangs_on_it() {
    let schema = schema(&json!({
        "extensions": [{ "name": "pgcrypto" }],
        "enums": [{ "name": name("Lead Stage"), "labels": ["new", "it's won"], "comment": "a\\b" }],
        "sequences": [{
            "name": name("leads_no_seq"), "type": "integer", "start": 100, "increment": 1, "min": 1,
            "max": 2_147_483_647, "cache": 1, "cycle": false, "owned_by": [name("leads"), "no"],
        }],
        "tables": [{
            "name": name("leads"),
            "columns": [
                { "name": "id", "type": "uuid", "nullable": false,
                  "default": expression("gen_random_uuid()") },
                { "name": "no", "type": "integer", "nullable": false,
                  "default": expression("nextval('leads_no_seq'::regclass)") },
                { "name": "Order", "type": { "varchar": { "limit": 20 } }, "nullable": true,
                  "collation": "C", "comment": "the customer's word" },
                { "name": "stage", "type": { "array": { "named": name("Lead Stage") } },
                  "nullable": null },
                { "name": "at", "type": { "timestamp": { "precision": null, "tz": true } },
                  "nullable": true, "default": expression("now() AT TIME ZONE 'utc'") },
                { "name": "score", "type": "integer", "nullable": true,
                  "generated": { "expression": expression("no * 2"), "stored": true } },
                { "name": "seq", "type": "bigint", "nullable": false, "identity": "by_default" },
            ],
            "primary_key": { "name": "leads_pkey", "columns": ["id"] },
            "unique": [{ "name": "leads_no_key", "columns": ["no", "Order"], "include": ["at"],
                         "nulls_not_distinct": true, "deferral": "initially_deferred" }],
            "checks": [
                { "name": "no_check", "expression": expression("no > 0"), "no_inherit": true },
                { "name": "later", "expression": expression("no > 1"), "not_valid": true },
            ],
            "foreign_keys": [{
                "name": "leads_owner", "columns": ["id"], "references": name("auth.users"),
                "referenced_columns": ["id"], "on_update": "no_action",
                "on_delete": { "set_null": ["id"] }, "not_valid": true,
            }],
            "indexes": [{
                "name": "leads_lower", "method": "btree", "unique": false, "include": ["no"],
                "predicate": expression("no > 1"),
                "elements": [
                    { "key": { "expression": expression("lower(\"Order\")") }, "opclass": "text_pattern_ops" },
                    { "key": { "column": "no" }, "descending": true },
                    { "key": { "column": "Order" }, "nulls_first": true, "collation": "POSIX" },
                ],
            }],
            "triggers": [{
                "name": "touch", "timing": "before", "events": ["UPDATE OF no", "INSERT"],
                "each_row": true, "when": expression("new.no > 1"), "function": name("app.touch"),
                "arguments": ["it's"], "enabled": "always",
            }],
            "rls": { "enabled": true, "forced": true },
            "policies": [{
                "name": "own rows", "command": "UPDATE", "roles": ["authenticated"],
                "permissive": false, "using": expression("true"), "check": expression("no > 1"),
            }],
            "grants": [
                { "grantee": "anon", "privileges": ["SELECT", "UPDATE"], "columns": ["id", "no"] },
                { "grantee": "service role", "privileges": ["SELECT"], "grantable": true },
            ],
            "comment": "people",
        }],
        "publications": [{ "name": "feed", "tables": [name("leads")], "namespaces": ["app"],
                           "operations": ["insert", "delete"] }],
    }));
    insta::assert_snapshot!(write(&schema), @r#"
    -- Schema public, for an empty database.
    -- Incomplete, since this could not be told or written:
    -- unknown: whether leads.stage takes NULL
    -- What must be there before:
    -- needs: function app.touch
    -- needs: role "service role", anon, authenticated
    -- needs: table auth.users

    CREATE EXTENSION IF NOT EXISTS pgcrypto;

    CREATE SCHEMA IF NOT EXISTS app;

    SET search_path = public, extensions;

    CREATE TYPE public."Lead Stage" AS ENUM (
        'new',
        'it''s won'
    );

    CREATE SEQUENCE public.leads_no_seq AS integer START WITH 100;

    CREATE TABLE public.leads (
        id uuid DEFAULT gen_random_uuid() NOT NULL,
        no integer DEFAULT nextval('leads_no_seq'::regclass) NOT NULL,
        "Order" varchar(20) COLLATE "C",
        stage public."Lead Stage"[],
        at timestamptz DEFAULT (now() AT TIME ZONE 'utc'),
        score integer GENERATED ALWAYS AS (no * 2) STORED,
        seq bigint GENERATED BY DEFAULT AS IDENTITY NOT NULL,
        CONSTRAINT leads_pkey PRIMARY KEY (id),
        CONSTRAINT leads_no_key UNIQUE NULLS NOT DISTINCT (no, "Order") INCLUDE (at) DEFERRABLE INITIALLY DEFERRED,
        CONSTRAINT no_check CHECK (no > 0) NO INHERIT
    );

    ALTER SEQUENCE public.leads_no_seq OWNED BY public.leads.no;

    ALTER TABLE public.leads ADD CONSTRAINT later CHECK (no > 1) NOT VALID;

    CREATE INDEX leads_lower ON public.leads ((lower("Order")) text_pattern_ops, no DESC NULLS LAST, "Order" COLLATE "POSIX" NULLS FIRST) INCLUDE (no) WHERE no > 1;

    ALTER TABLE public.leads ADD CONSTRAINT leads_owner FOREIGN KEY (id) REFERENCES auth.users (id) ON DELETE SET NULL (id) NOT VALID;

    CREATE TRIGGER touch BEFORE INSERT OR UPDATE OF no ON public.leads FOR EACH ROW WHEN (new.no > 1) EXECUTE FUNCTION app.touch('it''s');
    ALTER TABLE public.leads ENABLE ALWAYS TRIGGER touch;

    ALTER TABLE public.leads ENABLE ROW LEVEL SECURITY;
    ALTER TABLE public.leads FORCE ROW LEVEL SECURITY;

    CREATE POLICY "own rows" ON public.leads AS RESTRICTIVE FOR UPDATE TO authenticated
        USING (true)
        WITH CHECK (no > 1);

    GRANT SELECT (id, no), UPDATE (id, no) ON TABLE public.leads TO anon;
    GRANT SELECT ON TABLE public.leads TO "service role" WITH GRANT OPTION;

    COMMENT ON TYPE public."Lead Stage" IS E'a\\b';
    COMMENT ON TABLE public.leads IS 'people';
    COMMENT ON COLUMN public.leads."Order" IS 'the customer''s word';

    CREATE PUBLICATION feed FOR TABLE public.leads, TABLES IN SCHEMA app WITH (publish = 'insert, delete');
    "#);
}

#[test]
fn leaves_out_what_is_not_known_and_all_that_rests_on_it() {
    let unknown = json!({ "unknown": { "family": "string", "spelling": "string" } });
    let mut schema = schema(&json!({
        "composites": [{ "name": name("pair"), "fields": [["a", unknown]] }],
        "tables": [{
            "name": name("leads"),
            "columns": [
                column("id", &unknown),
                column("tags", &json!({ "array": unknown })),
                with(column("kind", &unknown), &json!({ "values": ["a\nb", "c"] })),
                column("done", &json!("boolean")),
                column("pair", &json!({ "array": { "named": name("pair") } })),
            ],
            "primary_key": { "name": "leads_pkey", "columns": ["id"] },
            "checks": [
                { "name": "id_check", "expression": expression("done OR id <> ''") },
                { "name": "done_check", "expression": expression("done") },
            ],
            "foreign_keys": [{
                "name": "leads_kind", "columns": ["kind"], "references": name("kinds"),
                "referenced_columns": ["id"], "on_update": null, "on_delete": null,
            }],
            "indexes": [
                { "name": "by_done", "method": "btree", "unique": false, "elements": [{ "key": { "column": "done" } }] },
                { "name": "by_id", "method": "btree", "unique": false, "elements": [{ "key": { "column": "id" } }] },
            ],
            "policies": [{ "name": "own", "command": "ALL", "roles": ["public"], "permissive": true,
                           "using": expression("id = 'x'"), "comment": "gone with it" }],
            "grants": [{ "grantee": "anon", "privileges": ["SELECT"], "columns": ["id"] }],
        }],
        "functions": [function("score", &[unknown], &json!({}))],
        "unmodelled": [{ "what": "aggregate", "name": "total" }],
    }));
    schema.facets.remove(&Facet::Comments);
    insta::assert_snapshot!(write(&schema), @r#"
    -- Schema public, for an empty database.
    -- Incomplete, since this could not be told or written:
    -- not stated: comments
    -- unknown: the type of leads.id (string)
    -- unknown: the type of leads.tags (string[])
    -- unknown: the type of leads.kind (string)
    -- unknown: what leads.pair is made of
    -- not part of the model: aggregate total
    -- What must be there before:
    -- needs: role anon
    -- needs: table public.kinds

    SET search_path = public, extensions;
    SET check_function_bodies = false;

    -- type public.pair left out: of field "a", its type is not known (string)

    CREATE TABLE public.leads (
        -- column "id" left out: its type is not known (string)
        -- column "tags" left out: its type is not known (string[])
        -- column "kind" left out: its type is not known (string), one of 'a\nb', 'c'
        done boolean,
        -- column "pair" left out: its type public.pair is left out
        -- constraint "leads_pkey" left out: column "id" is left out
        CONSTRAINT done_check CHECK (done)
        -- constraint "id_check" left out: column "id" is left out
    );

    -- function public.score left out: a type of its signature is not known

    CREATE INDEX by_done ON public.leads (done);
    -- index "by_id" left out: column "id" is left out

    -- constraint "leads_kind" of public.leads left out: column "kind" is left out

    -- policy "own" left out: column "id" is left out

    -- grant to "anon" on public.leads left out: column "id" is left out
    "#);
}

#[test]
fn what_calls_a_function_comes_after_it_and_what_it_takes_before_it() {
    let leads = json!({ "named": name("leads") });
    let rank = json!({ "named": name("rank") });
    let schema = schema(&json!({
        "domains": [{
            "name": name("rank"), "base": "integer", "not_null": false,
            "checks": [{ "name": "rank_check", "expression": expression("is_rank(VALUE)") }],
        }],
        "tables": [
            with(table("clients", &[column("id", &json!("integer"))]), &json!({
                "checks": [{ "name": "fine", "expression": expression("is_fine(id)") }],
            })),
            with(table("leads", &[
                with(column("rank", &rank), &json!({ "default": expression("best_rank(NULL)") })),
            ]), &json!({
                "checks": [{ "name": "sound", "expression": expression("is_sound(leads.*)") }],
            })),
        ],
        "functions": [
            function("best_rank", std::slice::from_ref(&leads), &json!({ "returns": rank })),
            function("is_fine", &[json!("integer")], &json!({})),
            function("is_rank", &[json!("integer")], &json!({})),
            function("is_sound", std::slice::from_ref(&leads), &json!({})),
            function("zeta", &[], &json!({
                "returns": { "named": name("b_view") }, "returns_set": true,
            })),
        ],
        "views": [
            { "name": name("a_view"), "query": expression("SELECT b_view.id AS leads FROM b_view") },
            { "name": name("b_view"), "query": expression("SELECT id, 1 AS a_view FROM clients") },
            { "name": name("c_view"), "materialized": true, "query": expression("SELECT * FROM zeta()") },
        ],
    }));
    let sql = write(&schema);
    assert_order(
        &sql,
        &[
            "CREATE FUNCTION public.is_rank",
            "CREATE DOMAIN public.rank AS integer\n    CONSTRAINT rank_check",
            "CREATE FUNCTION public.is_fine",
            "CREATE TABLE public.clients (\n    id integer,\n    CONSTRAINT fine",
            "CREATE TABLE public.leads (\n    rank public.rank\n);",
            "CREATE FUNCTION public.best_rank",
            "CREATE FUNCTION public.is_sound",
            "CREATE VIEW public.b_view",
            "CREATE FUNCTION public.zeta()\nRETURNS SETOF public.b_view",
            "CREATE VIEW public.a_view",
            "CREATE MATERIALIZED VIEW public.c_view",
            "ALTER COLUMN rank SET DEFAULT best_rank(NULL);\nALTER TABLE public.leads ADD CONSTRAINT sound",
        ],
    );
}

#[test]
fn a_partition_is_attached_with_the_names_of_its_own() {
    let id = column("id", &json!("integer"));
    let part = |of: &str, bound: &str| json!({ "partition": { "of": name(of), "bound": bound } });
    let index = |name: &str| json!({ "name": name, "method": "btree", "unique": false, "elements": [{ "key": { "column": "id" } }] });
    let schema = schema(&json!({
        "tables": [
            with(table("z_calls", std::slice::from_ref(&id)), &json!({
                "kind": { "partitioned": { "by": "RANGE (id)" } },
                "checks": [{ "name": "positive", "expression": expression("id > 0") }],
                "indexes": [index("z_calls_idx")],
            })),
            with(table("a_calls_1", std::slice::from_ref(&id)), &json!({
                "kind": part("z_calls", "FOR VALUES FROM (1) TO (9)"), "indexes": [index("first_idx")],
                "primary_key": { "name": "first_pk", "columns": ["id"] },
            })),
            with(table("a_calls_2", std::slice::from_ref(&id)), &json!({
                "kind": part("z_calls", "DEFAULT"),
            })),
            with(table("a_calls_3", &[with(id.clone(), &json!({ "default": expression("1") }))]), &json!({
                "kind": part("z_calls", "FOR VALUES FROM (20) TO (30)"), "indexes": [index("third_idx")],
                "checks": [{ "name": "odd", "expression": expression("id % 2 = 1") }],
            })),
        ],
    }));
    insta::assert_snapshot!(body(&schema), @r"
    CREATE TABLE public.z_calls (
        id integer
    ) PARTITION BY RANGE (id);

    CREATE TABLE public.a_calls_1 (
        id integer,
        CONSTRAINT first_pk PRIMARY KEY (id)
    );
    ALTER TABLE public.z_calls ATTACH PARTITION public.a_calls_1 FOR VALUES FROM (1) TO (9);

    CREATE TABLE public.a_calls_2 PARTITION OF public.z_calls DEFAULT;

    CREATE TABLE public.a_calls_3 PARTITION OF public.z_calls (
        id DEFAULT 1,
        CONSTRAINT odd CHECK (id % 2 = 1)
    ) FOR VALUES FROM (20) TO (30);

    ALTER TABLE public.z_calls ADD CONSTRAINT positive CHECK (id > 0);

    CREATE INDEX third_idx ON public.a_calls_3 (id);

    CREATE INDEX first_idx ON public.a_calls_1 (id);

    CREATE INDEX z_calls_idx ON public.z_calls (id);
    ");
}

#[test]
fn a_child_writes_what_its_parents_lack() {
    let columns = |names: &[&str]| {
        let columns = names.iter().map(|name| column(name, &json!("integer")));
        columns.collect::<Vec<Value>>()
    };
    let schema = schema(&json!({
        "tables": [
            with(table("p", &columns(&["a", "b"])), &json!({
                "checks": [{ "name": "positive", "expression": expression("a > 0") }],
            })),
            with(table("child", &columns(&["a", "b", "c"])), &json!({
                "inherits": [name("p")],
                "checks": [{ "name": "positive", "expression": expression("a > 0") }],
            })),
            with(table("stranger", &columns(&["b", "a"])), &json!({ "inherits": [name("p")] })),
        ],
    }));
    insta::assert_snapshot!(body(&schema), @r"
    CREATE TABLE public.p (
        a integer,
        b integer
    );

    CREATE TABLE public.child (
        c integer,
        CONSTRAINT positive CHECK (a > 0)
    ) INHERITS (public.p);

    CREATE TABLE public.stranger (
        b integer,
        a integer
    );
    ALTER TABLE public.stranger INHERIT public.p;

    ALTER TABLE public.p ADD CONSTRAINT positive CHECK (a > 0);
    ");
}

#[test]
fn an_execute_that_everybody_lost_is_revoked() {
    let schema = schema(&json!({
        "functions": [
            function("open", &[], &json!({})),
            function("shut", &[json!("integer"), json!({ "array": "text" })], &json!({
                "procedure": true, "returns": null, "comment": "c",
                "grants": [{ "grantee": "anon", "privileges": ["EXECUTE"] }],
            })),
        ],
    }));
    let sql = write(&schema);
    assert!(!sql.contains("FUNCTION public.open() FROM"), "{sql}");
    assert_order(
        &sql,
        &[
            "REVOKE EXECUTE ON PROCEDURE public.shut(integer, text[]) FROM PUBLIC;\n\
             GRANT EXECUTE ON PROCEDURE public.shut(integer, text[]) TO anon;",
            "COMMENT ON PROCEDURE public.shut(integer, text[]) IS 'c';",
        ],
    );
    let mut silent = schema;
    silent.facets.remove(&Facet::Grants);
    assert!(!write(&silent).contains("REVOKE"));
}

#[test]
fn names_that_want_to_be_sql_stay_names() {
    let evil = "x\"; DROP TABLE y; --\n";
    let schema = schema(&json!({
        "namespaces": [evil],
        "tables": [{
            "name": { "namespace": evil, "name": evil },
            "columns": [{ "name": evil, "type": "integer", "nullable": null, "comment": "'; --" }],
            "primary_key": { "name": evil, "columns": [evil] },
            "grants": [{ "grantee": evil, "privileges": ["SELECT"] }],
        }],
        "unmodelled": [{ "what": "rule", "name": evil }],
    }));
    let mut sql = write(&schema);
    for line in sql
        .lines()
        .filter(|line| line.contains("unknown") || line.contains("rule"))
    {
        assert!(line.starts_with("-- "), "{line}");
    }
    sql = sql.replace("\"x\"\"; DROP TABLE y; --\n\"", "NAME");
    sql = sql
        .lines()
        .filter(|line| !line.starts_with("--"))
        .collect::<Vec<_>>()
        .join("\n");
    insta::assert_snapshot!(sql, @r"

    CREATE SCHEMA IF NOT EXISTS NAME;

    SET search_path = NAME, public, extensions;

    CREATE TABLE NAME.NAME (
        NAME integer,
        CONSTRAINT NAME PRIMARY KEY (NAME)
    );

    GRANT SELECT ON TABLE NAME.NAME TO NAME;

    COMMENT ON COLUMN NAME.NAME.NAME IS '''; --';
    ");
}

#[test]
fn a_text_without_ascii_names_its_encoding() {
    let plain = schema(&json!({ "tables": [table("leads", &[])] }));
    assert!(!write(&plain).contains("client_encoding"));
    let other = schema(&json!({ "tables": [table("größe", &[])] }));
    assert!(write(&other).contains("\nSET client_encoding = 'UTF8';\n"));
}
