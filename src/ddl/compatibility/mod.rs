//! Compatibility views as SQL.
//!
//! The text can be run as often as one likes. It is one transaction: where something is in its way,
//! nothing is changed. A comment marks the schema as made by this program, and no other is touched.

mod trigger;

use std::collections::BTreeSet;

use super::literal::{body, literal, note};
use super::script::{Script, names};
use super::{search_path, security};
use crate::schema::{Ident, QualifiedName, quote};
use crate::transform::sql::ROW;
use crate::views::{Column, Value, View, Views, Writes};

/// How the comment on a schema of ours begins.
const MARK: &str = "align: compatibility views";

/// Writes the views of a plan; `title` says in one line what they are.
pub fn write(views: &Views, title: &str) -> String {
    let mut script = Script::default();
    script.group(&header(views, title));
    let mut statements = Script::default();
    make_all(&mut statements, views);
    let statements = statements.finish();
    let mut begin = vec!["BEGIN;".to_owned()];
    if !statements.is_ascii() {
        begin.push("SET LOCAL client_encoding = 'UTF8';".to_owned());
    }
    begin.push("SET LOCAL check_function_bodies = false;".to_owned());
    if let Some(home) = &views.home {
        begin.push(format!("SET LOCAL search_path = {};", search_path(home)));
    }
    script.group(&begin);
    script.append(&statements);
    script.finish()
}

fn make_all(script: &mut Script, views: &Views) {
    let namespace = &views.namespace;
    script.statement(guard(namespace));
    script.group(&[
        format!("CREATE SCHEMA IF NOT EXISTS {namespace};"),
        format!(
            "COMMENT ON SCHEMA {namespace} IS {};",
            literal(&format!("{MARK}; `align map views` writes them anew"))
        ),
    ]);
    if !views.views.is_empty() {
        script.statement(drop_stale(views));
    }
    let mut functions = BTreeSet::new();
    for view in &views.views {
        let name = QualifiedName::new(namespace.clone(), view.name.clone());
        script.statement(create(&name, view));
        if let Writes::Trigger { key } = &view.writes {
            script.group(&trigger::defaults(&name, view));
            let function = trigger::function_name(&name, &mut functions);
            script.group(&trigger::create(
                &name,
                &function,
                view,
                key,
                views.home.as_ref(),
            ));
        }
        script.group(&comments(&name, view));
    }
    script.group(&grants(views));
    script.statement("NOTIFY pgrst, 'reload schema';".to_owned());
    script.statement("COMMIT;".to_owned());
}

fn header(views: &Views, title: &str) -> Vec<String> {
    let mut lines = vec![note(title)];
    for view in &views.views {
        lines.push(note(&format!(
            "{}: over {}; {}",
            view.name,
            view.base,
            takes(view)
        )));
        for (why, columns) in view.reasons() {
            lines.push(note(&format!("  read-only: {}: {why}", names(columns))));
        }
    }
    for (why, tables) in views.reasons() {
        let tables: Vec<&str> = tables.into_iter().map(String::as_str).collect();
        lines.push(note(&format!("no view: {}: {why}", tables.join(", "))));
    }
    lines
}

/// Which writes a view takes, in words.
pub fn takes(view: &View) -> String {
    let (writes, upserts) = match view.writes {
        Writes::Server => ("takes", " and upserts"),
        Writes::Trigger { .. } => ("its trigger takes", ", no upserts"),
        Writes::Never => return "takes no writes".to_owned(),
    };
    if view.unreachable.is_empty() {
        return format!("{writes} inserts, updates, deletes{upserts}");
    }
    format!(
        "{writes} updates and deletes, and inserts only where something else gives the table's {}",
        names(&view.unreachable)
    )
}

/// Looks whether the views may be made at all.
fn guard(namespace: &Ident) -> String {
    let name = literal(&quote(namespace.as_str()));
    let shown = literal(namespace.as_str());
    let text = format!(
        "\nBEGIN
    IF current_setting('server_version_num')::integer < 150000 THEN
        RAISE EXCEPTION 'PostgreSQL 15 or newer is needed, this is %', current_setting('server_version')
            USING ERRCODE = 'feature_not_supported',
                  HINT = 'before 15 a view reads with its owner''s rights, and would show rows that row level security hides';
    END IF;
    IF EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace({name}))
        AND coalesce(obj_description(to_regnamespace({name}), 'pg_namespace'), '') NOT LIKE '{MARK}%' THEN
        RAISE EXCEPTION 'schema `%` is in use, and its views are not ours', {shown}
            USING ERRCODE = 'duplicate_schema', HINT = 'name another schema with --into';
    END IF;
END
"
    );
    format!("DO {};", body(&text))
}

/// Removes views of earlier runs that a replacement cannot become, so that the rest can be replaced.
fn drop_stale(views: &Views) -> String {
    let planned = views.views.iter().map(|view| {
        let columns = view.columns.iter().map(|c| literal(c.name.as_str()));
        let columns: Vec<String> = columns.collect();
        format!(
            "({}, ARRAY[{}], {})",
            literal(view.name.as_str()),
            columns.join(", "),
            matches!(view.writes, Writes::Trigger { .. })
        )
    });
    let planned: Vec<String> = planned.collect();
    let namespace = literal(&quote(views.namespace.as_str()));
    let text = format!(
        "\nDECLARE
    stale record;
BEGIN
    FOR stale IN
        SELECT c.relname FROM pg_class AS c
        WHERE c.relnamespace = to_regnamespace({namespace}) AND c.relkind = 'v' AND NOT EXISTS (
            SELECT FROM (VALUES
                {}
            ) AS planned (name, columns, has_trigger)
            WHERE planned.name = c.relname
              AND planned.columns = (
                SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute AS a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
              AND planned.has_trigger = EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = c.oid))
    LOOP
        EXECUTE format('DROP VIEW %s.%I', {namespace}, stale.relname);
    END LOOP;
END
",
        planned.join(",\n                ")
    );
    format!("DO {};", body(&text))
}

fn create(name: &QualifiedName, view: &View) -> String {
    let columns: Vec<String> = view.columns.iter().map(selected).collect();
    let mut sql = format!(
        "CREATE OR REPLACE VIEW {name} WITH (security_invoker = true) AS\nSELECT\n    {}\nFROM {} AS {ROW}",
        columns.join(",\n    "),
        view.base
    );
    if let Some(filter) = &view.filter {
        sql.extend(["\nWHERE ", filter]);
        if view.writes == Writes::Server {
            sql.push_str("\nWITH LOCAL CHECK OPTION");
        }
    }
    sql.push(';');
    sql
}

fn selected(column: &Column) -> String {
    match &column.value {
        Value::Plain(base) if base.name == column.name => format!("{ROW}.{}", base.name),
        Value::Plain(base) => format!("{ROW}.{} AS {}", base.name, column.name),
        Value::ReadOnly { read, .. } | Value::Computed { read, .. } => {
            format!("{read} AS {}", column.name)
        }
    }
}

fn comments(name: &QualifiedName, view: &View) -> Vec<String> {
    let mut comments = vec![format!(
        "COMMENT ON VIEW {name} IS {};",
        literal(&format!("over {}", view.base))
    )];
    for column in &view.columns {
        let read_only = view
            .read_only()
            .find(|(other, _)| other.name == column.name);
        let text = match (read_only, &column.remark) {
            (Some((_, why)), _) => literal(&format!("read-only: {why}")),
            (None, Some(remark)) => literal(remark),
            // What an earlier run said of it may hold no more.
            (None, None) => "NULL".to_owned(),
        };
        comments.push(format!(
            "COMMENT ON COLUMN {name}.{} IS {text};",
            column.name
        ));
    }
    comments
}

/// Gives on what others may do with the tables.
fn grants(views: &Views) -> Vec<String> {
    let namespace = &views.namespace;
    if !views.knows_grants {
        return vec![copied_grants(views)];
    }
    let grantees: BTreeSet<&String> = views
        .views
        .iter()
        .flat_map(|view| &view.grants)
        .map(|grant| &grant.grantee)
        .collect();
    let mut statements: Vec<String> = grantees
        .into_iter()
        .map(|role| format!("GRANT USAGE ON SCHEMA {namespace} TO {};", quote(role)))
        .collect();
    for view in &views.views {
        let object = format!("TABLE {namespace}.{}", view.name);
        statements.extend(security::grants(&object, &view.grants));
    }
    statements
}

/// Copies what the catalog says when the text is run, for a source that could not say it.
fn copied_grants(views: &Views) -> String {
    let namespace = quote(views.namespace.as_str());
    let pairs = views.views.iter().map(|view| {
        let name = QualifiedName::new(views.namespace.clone(), view.name.clone());
        let (name, base) = (name.to_string(), view.base.to_string());
        format!("({}, {}::regclass)", literal(&name), literal(&base))
    });
    let pairs: Vec<String> = pairs.collect();
    if pairs.is_empty() {
        return note("no view, and so no grant");
    }
    let text = format!(
        "\nDECLARE
    given record;
BEGIN
    FOR given IN
        SELECT v.name, g.privilege_type,
               CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END AS grantee
        FROM (VALUES
            {}
        ) AS v (name, base)
        JOIN pg_class AS c ON c.oid = v.base
        CROSS JOIN aclexplode(c.relacl) AS g
        WHERE g.grantee <> c.relowner AND g.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
    LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA %s TO %s', {}, given.grantee);
        EXECUTE format('GRANT %s ON %s TO %s', given.privilege_type, given.name, given.grantee);
    END LOOP;
END
",
        pairs.join(",\n            "),
        literal(&namespace)
    );
    format!("DO {};", body(&text))
}
