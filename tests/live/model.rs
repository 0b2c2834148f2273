//! What a database with every kind of object is read as.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use align::schema::{
    Action, Body, ColumnType, Deferral, Expression, Facet, Grant, Identity, Index, IndexKey,
    Parallel, PolicyCommand, Schema, TableKind, TriggerState, TriggerTiming, Volatility,
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

fn table(name: &str) -> &'static align::schema::Table {
    let table = everything().table(&public(name));
    table.unwrap_or_else(|| panic!("there is no table {name}"))
}

fn text(expression: Option<&Expression>) -> &str {
    expression.map_or("", |expression| expression.text.as_str())
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A list in one line.
fn all<T: ToString>(items: &[T]) -> String {
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
fn columns_have_their_types_and_what_fills_them() {
    let columns: Vec<String> = table("leads")
        .columns
        .iter()
        .map(|column| {
            let null = if column.nullable == Some(false) {
                " not null"
            } else {
                ""
            };
            format!("{} {}{null}", column.name, column.ty)
        })
        .collect();
    assert_eq!(
        columns,
        [
            "id integer not null",
            "number bigint not null",
            "state public.status not null",
            "colour other.colour",
            "score public.positive",
            "home public.address",
            "mail citext",
            "during public.span",
            "tags text[]",
            "name varchar(80) not null",
            "full_name text",
            "\"Order\" \"char\"",
            "account uuid",
            "tenant integer",
        ]
    );
    let column = |name: &str| table("leads").column(&ident(name)).expect("a column");
    assert!(
        matches!(column("mail").ty, ColumnType::Other(_)),
        "an extension's type"
    );
    assert!(matches!(column("state").ty, ColumnType::Named(_)));
    assert!(text(column("id").default.as_ref()).contains("leads_id_seq"));
    assert_eq!(column("number").identity, Some(Identity::Always));
    assert_eq!(column("number").default, None);
    let generated = column("full_name")
        .generated
        .as_ref()
        .expect("it is generated");
    assert!(generated.stored && generated.expression.text.contains("'!'"));
    assert_eq!(column("full_name").default, None);
    assert_eq!(column("name").collation.as_deref(), Some("C"));
    assert_eq!(column("full_name").collation, None);
    assert_eq!(column("mail").comment.as_deref(), Some("checked"));
    assert_eq!(table("leads").comment.as_deref(), Some("people to call"));
}

#[test]
fn names_keep_their_letters_and_quotes() {
    let odd = table("a\"b");
    let names: Vec<&str> = odd.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["x", "select", "Größe"]);
    assert_eq!(odd.foreign_keys[0].name.as_str(), "a\"b_x_fkey");
    assert_eq!(odd.foreign_keys[0].on_delete, Some(Action::SetNull(vec![])));
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
fn keys_and_checks() {
    let leads = table("leads");
    let primary = leads.primary_key.as_ref().expect("a primary key");
    assert_eq!(
        (primary.name.as_str(), all(&primary.columns)),
        ("leads_pkey", "id".to_owned())
    );
    let unique: Vec<String> = leads
        .unique
        .iter()
        .map(|k| {
            format!(
                "{} ({}) ({}) {:?}",
                k.name,
                all(&k.columns),
                all(&k.include),
                k.deferral
            )
        })
        .collect();
    assert_eq!(
        unique,
        [
            "later (mail) () InitiallyDeferred",
            "leads_name_state_score_key (name state) (score) NotDeferrable",
        ]
    );
    let key = &leads.foreign_keys[0];
    assert_eq!(leads.foreign_keys.len(), 1);
    assert_eq!(key.name.as_str(), "account_fk");
    assert_eq!(key.references.to_string(), "other.account");
    assert_eq!(all(&key.columns), "account tenant");
    assert_eq!(all(&key.referenced_columns), "id \"Tenant\"");
    assert_eq!(key.on_delete, Some(Action::Cascade));
    assert_eq!(key.on_update, Some(Action::Restrict));
    assert!(key.match_full && !key.not_valid);
    assert_eq!(key.deferral, Deferral::Deferrable);

    let checks: Vec<String> = leads
        .checks
        .iter()
        .map(|c| format!("{} {} {}", c.name, c.not_valid, c.no_inherit))
        .collect();
    assert_eq!(checks, ["\"Sized\" false true", "unproven true false"]);

    let exclusion = &leads.exclusions[0];
    assert_eq!(exclusion.name.as_str(), "leads_name_int4range_excl");
    assert_eq!(exclusion.method, "gist");
    assert_eq!(exclusion.deferral, Deferral::Deferrable);
    let operators: Vec<&str> = exclusion
        .elements
        .iter()
        .map(|(_, op)| op.as_str())
        .collect();
    assert_eq!(operators, ["=", "&&"]);
    assert_eq!(exclusion.elements[0].0.key, IndexKey::Column(ident("name")));
    assert!(text(exclusion.predicate.as_ref()).contains("id > 0"));
}

#[test]
fn indexes_that_no_constraint_owns() {
    let indexes = &table("leads").indexes;
    let names: Vec<&str> = indexes.iter().map(|i| i.name.as_str()).collect();
    assert_eq!(names, ["by_name", "leads_tenant_idx", "tagged"]);
    let Index {
        elements,
        include,
        predicate,
        ..
    } = &indexes[0];
    let [lower, name, tenant] = elements.as_slice() else {
        panic!("three elements: {elements:?}");
    };
    assert!(matches!(&lower.key, IndexKey::Expression(e) if e.text.contains("lower(")));
    assert_eq!(lower.collation.as_deref(), Some("POSIX"));
    assert_eq!(lower.opclass.as_deref(), Some("text_pattern_ops"));
    assert!(lower.descending && !lower.nulls_first);
    assert_eq!((&name.collation, &name.opclass), (&None, &None));
    assert_eq!(name.key, IndexKey::Column(ident("name")));
    assert!(tenant.descending && tenant.nulls_first);
    assert_eq!(all(include), "account");
    assert!(text(predicate.as_ref()).contains("'older'"));
    assert!(indexes[1].unique && !indexes[0].unique);
    assert_eq!(indexes[2].method, "gin");
}

#[test]
fn what_a_partition_has_from_its_parent_is_the_parents() {
    let days = table("days");
    assert_eq!(
        days.kind,
        TableKind::Partitioned {
            by: "RANGE (at)".to_owned(),
            of: None
        }
    );
    assert!(days.primary_key.is_some());
    let counts = |t: &align::schema::Table| {
        (
            t.foreign_keys.len(),
            t.checks.len(),
            t.indexes.len(),
            t.triggers.len(),
        )
    };
    assert_eq!(counts(days), (1, 1, 1, 1));

    let first = table("days_1");
    let bound = "FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')".to_owned();
    assert_eq!(
        first.kind,
        TableKind::Partition {
            of: public("days"),
            bound
        }
    );
    assert_eq!(first.columns.len(), 4);
    assert_eq!(first.primary_key, None);
    assert_eq!(counts(first), (0, 0, 1, 0));
    assert_eq!(first.indexes[0].name.as_str(), "own");
    assert!(first.inherits.is_empty());

    let second = table("days_2");
    let of = Some((public("days"), "DEFAULT".to_owned()));
    assert_eq!(
        second.kind,
        TableKind::Partitioned {
            by: "LIST (id)".to_owned(),
            of
        }
    );

    let child = table("child");
    assert_eq!(child.inherits, [public("cache")]);
    assert_eq!(child.columns.len(), 2);
    assert_eq!(child.checks.len(), 1);
    assert!(table("cache").unlogged && !child.unlogged);
}

#[test]
fn triggers_of_users() {
    let [changed, proven, touched] = table("leads").triggers.as_slice() else {
        panic!("three triggers");
    };
    assert_eq!(changed.enabled, TriggerState::Disabled);
    assert!(!changed.each_row);
    assert_eq!(changed.old_table, Some(ident("o")));
    assert_eq!(changed.new_table, Some(ident("n")));
    assert_eq!(changed.timing, TriggerTiming::After);
    assert_eq!(proven.constraint, Some(Deferral::InitiallyDeferred));
    assert_eq!(proven.events, set(&["DELETE"]));
    assert_eq!(touched.timing, TriggerTiming::Before);
    assert_eq!(
        touched.events,
        set(&["INSERT", "UPDATE OF name, \"Order\""])
    );
    assert_eq!(touched.arguments, ["ä", "it's", ""]);
    assert_eq!(touched.function, public("touch"));
    assert!(touched.each_row && touched.constraint.is_none());
    let when = text(touched.when.as_ref());
    assert!(
        when.contains("') WHEN ('") && when.contains("> 1"),
        "{when}"
    );
    assert!(!when.contains("EXECUTE"), "{when}");
    assert_eq!(touched.comment.as_deref(), Some("keeps time"));
}

#[test]
fn row_level_security() {
    let leads = table("leads");
    assert!(leads.rls.enabled && leads.rls.forced);
    assert!(!table("days").rls.enabled);
    let [own, seen] = leads.policies.as_slice() else {
        panic!("two policies");
    };
    assert_eq!(own.command, PolicyCommand::Update);
    assert_eq!(own.roles, set(&["reader", "writer"]));
    assert!(!own.permissive && seen.permissive);
    assert!(text(own.using.as_ref()).contains("account IS NOT NULL"));
    assert!(text(own.check.as_ref()).contains("id > 0"));
    assert_eq!(own.comment.as_deref(), Some("mine"));
    assert_eq!(seen.command, PolicyCommand::Select);
    assert_eq!(seen.roles, set(&["public"]));
    assert!(text(seen.using.as_ref()).contains("other.account"));
    assert_eq!(seen.check, None);
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
    assert_eq!(options, ["check_option=local", "security_invoker=true"]);
    assert_eq!(names.triggers[0].timing, TriggerTiming::InsteadOf);
    assert_eq!(names.comment.as_deref(), Some("short"));
    assert_eq!(names.grants[0].grantee, "public");
    assert_eq!(totals.indexes[0].name.as_str(), "totals_n");
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
    assert!(matches!(&one.body, Body::Parsed(e) if e.needs_server && e.text == "RETURN 1"));
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
