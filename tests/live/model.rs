//! What a database with every kind of object is read as.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use align::schema::{
    Action, Body, ColumnType, Expression, Facet, Grant, Parallel, Schema, TriggerTiming, Volatility,
};

use crate::cluster::{self, Cluster};
use crate::{ident, public, read};

/// The database of `everything.sql`, read once.
fn everything() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        for role in ["reader", "writer", "Odd \"Role\""] {
            Cluster::shared().role(role, "");
        }
        let db = cluster::database("everything");
        db.psql(include_str!("everything.sql"));
        read(&db.url(), &["public"])
    })
}

pub(crate) fn table(name: &str) -> &'static align::schema::Table {
    let table = everything().table(&public(name));
    table.unwrap_or_else(|| panic!("there is no table {name}"))
}

pub(crate) fn text(expression: Option<&Expression>) -> &str {
    expression.map_or("", |expression| expression.text.as_str())
}

pub(crate) fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A list in one line.
pub(crate) fn all<T: ToString>(items: &[T]) -> String {
    let texts: Vec<String> = items.iter().map(ToString::to_string).collect();
    texts.join(" ")
}

#[test]
fn says_everything_and_lists_only_what_was_asked_for() {
    let schema = everything();
    assert_eq!(schema.facets.len(), Facet::ALL.len());
    let names: Vec<&str> = schema.tables.iter().map(|t| t.name.name.as_str()).collect();
    let expected = [
        "a\"b", "cache", "child", "days", "days_1", "days_2", "leads",
    ];
    assert_eq!(names, expected);
    assert!(schema.unreadable.is_empty());
    let extensions: Vec<String> = schema
        .extensions
        .iter()
        .map(|e| e.name.to_string())
        .collect();
    assert_eq!(extensions, ["btree_gist", "citext"]);
}

#[test]
fn types_are_read_whole() {
    let schema = everything();
    assert_eq!(schema.enums.len(), 1);
    assert_eq!(
        schema.enums[0].labels,
        ["older", "new", "NULL", "it's \"so\", yes"]
    );
    assert_eq!(
        schema.enums[0].comment.as_deref(),
        Some("where a lead stands")
    );

    let domains: Vec<String> = schema
        .domains
        .iter()
        .map(|d| format!("{} {} {} {:?}", d.name, d.base, d.not_null, d.collation))
        .collect();
    assert_eq!(
        domains,
        [
            "public.code varchar(5) false Some(\"C\")",
            "public.positive integer true None",
            "public.small public.positive false None",
        ]
    );
    let positive = &schema.domains[1];
    assert_eq!(text(positive.default.as_ref()), "1");
    assert_eq!(positive.checks[0].name.as_str(), "above_zero");
    assert!(positive.checks[0].expression.text.contains("> 0"));
    assert_eq!(schema.domains[2].comment.as_deref(), Some("one digit"));

    let fields = &schema.composites[0].fields;
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, ty)| format!("{name} {ty}"))
        .collect();
    assert_eq!(
        fields,
        ["street text", "zip public.code", "\"No\" numeric(6,2)[]"]
    );
}

#[test]
fn sequences_of_identity_columns_are_not_listed() {
    let schema = everything();
    let names: Vec<&str> = schema
        .sequences
        .iter()
        .map(|s| s.name.name.as_str())
        .collect();
    assert_eq!(names, ["leads_id_seq", "ticket"]);
    assert_eq!(
        schema.sequences[0].owned_by,
        Some((public("leads"), ident("id")))
    );
    let ticket = &schema.sequences[1];
    assert_eq!(ticket.ty, ColumnType::Smallint);
    let numbers = (
        ticket.start,
        ticket.increment,
        ticket.min,
        ticket.max,
        ticket.cache,
    );
    assert_eq!(numbers, (5, -2, -100, 5, 3));
    assert!(ticket.cycle);
    assert_eq!(ticket.owned_by, Some((public("leads"), ident("tenant"))));
    assert_eq!(ticket.comment.as_deref(), Some("numbers"));
    assert_eq!(ticket.grants[0].grantee, "Odd \"Role\"");
    assert_eq!(ticket.grants[0].privileges, set(&["USAGE"]));
}

#[test]
fn views_keep_their_options() {
    let [names, totals] = everything().views.as_slice() else {
        panic!("two views");
    };
    assert!(!names.materialized && totals.materialized);
    assert!(names.query.needs_server);
    assert!(names.query.text.starts_with("SELECT") && !names.query.text.contains(';'));
    let options: Vec<String> = names
        .options
        .iter()
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    assert_eq!(options, ["check_option=local", "security_barrier=true"]);
    assert_eq!(names.triggers[0].timing, TriggerTiming::InsteadOf);
    assert_eq!(names.comment.as_deref(), Some("short"));
    assert_eq!(names.grants[0].grantee, "public");
    assert_eq!(totals.indexes[0].name.as_str(), "totals_n");
    for (view, columns) in [
        (
            names,
            &[
                "id integer true",
                "name varchar(80) true",
                "next integer false",
            ][..],
        ),
        (totals, &["n bigint false"]),
    ] {
        let told: Vec<String> = view
            .columns
            .iter()
            .map(|column| format!("{} {} {}", column.name, column.ty, column.updatable))
            .collect();
        assert_eq!(told, columns, "{}", view.name);
    }
    assert!(totals.grants.is_empty());
}

#[test]
fn functions_with_their_parameters() {
    let functions = &everything().functions;
    let signatures: Vec<String> = functions.iter().map(|f| f.signature.to_string()).collect();
    assert_eq!(
        signatures,
        [
            "public.one()",
            "public.pick(integer)",
            "public.pick(integer, public.status, text[])",
            "public.run(public.status)",
            "public.split(integer, integer)",
            "public.touch()",
        ]
    );
    let [one, table_of, pick, run, split, touch] = functions.as_slice() else {
        panic!("six functions");
    };
    assert!(matches!(&one.body, Body::Parsed(e) if e.needs_server && e.text == "return 1"));
    assert_eq!(one.comment.as_deref(), Some("uno"));
    let parameters = |f: &align::schema::Function| {
        let show = |p: &align::schema::Parameter| {
            let name = p
                .name
                .as_ref()
                .map_or(String::new(), |name| format!(" {name}"));
            let default = p
                .default
                .as_ref()
                .map_or(String::new(), |_| " default".to_owned());
            format!("{}{name} {}{default}", p.mode, p.ty)
        };
        f.parameters.iter().map(show).collect::<Vec<_>>()
    };
    assert_eq!(
        parameters(table_of),
        ["IN a integer", "TABLE x integer", "TABLE y text"]
    );
    assert!(table_of.returns.is_none() && table_of.returns_set);
    assert_eq!(table_of.volatility, Volatility::Immutable);
    assert_eq!(
        parameters(pick),
        [
            "IN a integer",
            "IN b public.status default",
            "VARIADIC c text[] default"
        ]
    );
    assert_eq!(
        pick.returns.as_ref().map(ToString::to_string).as_deref(),
        Some("public.leads")
    );
    assert!(pick.returns_set && pick.strict && pick.security_definer && !pick.leakproof);
    assert_eq!(
        (pick.volatility, pick.parallel),
        (Volatility::Stable, Parallel::Safe)
    );
    let settings: Vec<String> = pick
        .settings
        .iter()
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    assert_eq!(settings, ["search_path=\"\"", "work_mem=1MB"]);
    assert!(run.procedure && run.returns.is_none());
    assert_eq!(
        parameters(split),
        ["INOUT a integer", "OUT b text", "IN integer default"]
    );
    assert!(split.returns.is_none());
    assert_eq!(split.body, Body::Text("SELECT 1,\n 'x'".to_owned()));
    assert_eq!(touch.returns, Some(ColumnType::Other("trigger".to_owned())));
    assert_eq!(touch.language, "plpgsql");
}

#[test]
fn grants_of_everybody_but_the_owner() {
    let show = |grants: &[Grant]| -> Vec<String> {
        let line = |g: &Grant| {
            let privileges: Vec<&str> = g.privileges.iter().map(String::as_str).collect();
            let columns: Vec<String> = g
                .columns
                .iter()
                .flatten()
                .map(|c| format!("({c})"))
                .collect();
            let option = if g.grantable { "*" } else { "" };
            format!(
                "{}: {}{option} {}",
                g.grantee,
                privileges.join(","),
                columns.join("")
            )
        };
        grants.iter().map(line).collect()
    };
    assert_eq!(
        show(&table("leads").grants),
        [
            "public: SELECT ",
            "reader: INSERT,SELECT ",
            "reader: UPDATE* ",
            "writer: SELECT (id)(name)",
            "writer: UPDATE (name)",
        ]
    );
    assert!(table("days").grants.is_empty());
    let functions = &everything().functions;
    assert_eq!(show(&functions[0].grants), ["reader: EXECUTE "]);
    assert_eq!(show(&functions[1].grants), ["public: EXECUTE "]);
}

#[test]
fn publications_of_the_database() {
    let [everything, few] = everything().publications.as_slice() else {
        panic!("two publications");
    };
    assert!(everything.all_tables && !few.all_tables);
    assert_eq!(few.tables, BTreeSet::from([public("leads")]));
    assert_eq!(few.operations, set(&["insert", "delete"]));
    assert!(few.namespaces.is_empty());
}

#[test]
fn what_has_no_place_in_the_model_is_sighted() {
    let seen: Vec<String> = everything()
        .unmodelled
        .iter()
        .map(|s| format!("{} {}", s.what, s.name))
        .collect();
    assert_eq!(
        seen,
        [
            "aggregate public.total(integer)",
            "cast public.address as text",
            "collation public.plain",
            "operator public.===(text, text)",
            "range type public.span",
            "rule quiet on public.cache",
            "statistics object public.together",
            "text search configuration public.words",
        ]
    );
}

#[test]
fn several_namespaces_are_read_as_one_schema() {
    let db = cluster::database("several");
    db.psql(
        "CREATE SCHEMA app; CREATE SCHEMA unread;
         CREATE TABLE unread.far (id int PRIMARY KEY);
         CREATE TABLE public.t (id int PRIMARY KEY, far int REFERENCES unread.far);
         CREATE TABLE app.t (id int REFERENCES public.t);",
    );
    let schema = read(&db.url(), &["app", "public"]);
    assert_eq!(schema.home(), Some(&ident("app")));
    let names: Vec<String> = schema.tables.iter().map(|t| schema.show(&t.name)).collect();
    assert_eq!(names, ["t", "public.t"]);
    let far = &schema.tables[1].foreign_keys[0];
    assert_eq!(far.references.to_string(), "unread.far");
    assert_eq!(far.referenced_columns, [ident("id")]);
    assert_eq!(read(&db.url(), &["unread"]).tables.len(), 1);
    assert_eq!(read(&db.url(), &[]).tables.len(), 0);
}

#[test]
fn what_newer_servers_brought_is_read_where_it_exists() {
    let db = cluster::database("newer");
    let version: u32 = db
        .psql("SHOW server_version_num")
        .parse()
        .expect("a number");
    if version >= 150_000 {
        db.psql(
            "CREATE TABLE t (
                 id int, a int, b int UNIQUE NULLS NOT DISTINCT, PRIMARY KEY (id, a),
                 FOREIGN KEY (id, a) REFERENCES t ON DELETE SET NULL (a)
             );
             CREATE UNIQUE INDEX i ON t (a) NULLS NOT DISTINCT;
             CREATE PUBLICATION p FOR TABLES IN SCHEMA public;",
        );
        let schema = read(&db.url(), &["public"]);
        let t = schema.table(&public("t")).expect("it was made");
        assert!(t.unique[0].nulls_not_distinct && t.indexes[0].nulls_not_distinct);
        assert_eq!(
            t.foreign_keys[0].on_delete,
            Some(Action::SetNull(vec![ident("a")]))
        );
        assert_eq!(
            schema.publications[0].namespaces,
            BTreeSet::from([ident("public")])
        );
    }
    if version >= 180_000 {
        db.psql(
            "CREATE TABLE v (
                 n int CONSTRAINT named NOT NULL, w int GENERATED ALWAYS AS (n * 2) VIRTUAL,
                 CONSTRAINT lax CHECK (n > 0) NOT ENFORCED
             );",
        );
        let schema = read(&db.url(), &["public"]);
        let v = schema.table(&public("v")).expect("it was made");
        assert_eq!(v.columns[0].nullable, Some(false));
        assert!(v.columns[1].generated.as_ref().is_some_and(|g| !g.stored));
        assert_eq!(v.checks.len(), 1);
        assert_eq!(schema.unmodelled[0].what, "constraint that is not enforced");
    }
}
