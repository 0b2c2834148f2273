//! In text, what is no table: a line each, under one heading a kind.

use crate::report::screen::Screen;
use crate::report::standing::count;
use crate::report::style::{HEADING, paint};
use crate::schema::{Domain, Function, Publication, Schema, Sequence};

pub(super) fn blocks(schema: &Schema, screen: Screen) -> Vec<Vec<String>> {
    let enums = schema
        .enums
        .iter()
        .map(|e| format!("{}: {}", schema.show(&e.name), e.labels.join(", ")));
    let composites = schema.composites.iter().map(|composite| {
        let fields: Vec<String> = composite
            .fields
            .iter()
            .map(|(name, ty)| format!("{name} {ty}"))
            .collect();
        format!("{} ({})", schema.show(&composite.name), fields.join(", "))
    });
    let views = schema.views.iter().map(|view| {
        let kind = if view.materialized {
            ", materialized"
        } else {
            ""
        };
        format!("{}{kind}", schema.show(&view.name))
    });
    let extensions = schema.extensions.iter().map(|e| e.name.to_string());
    vec![
        list(screen, "enums", enums.collect()),
        list(
            screen,
            "domains",
            schema.domains.iter().map(|d| domain(schema, d)).collect(),
        ),
        list(screen, "composite types", composites.collect()),
        list(
            screen,
            "sequences",
            schema
                .sequences
                .iter()
                .map(|s| sequence(schema, s))
                .collect(),
        ),
        list(screen, "views", views.collect()),
        list(
            screen,
            "functions",
            schema
                .functions
                .iter()
                .map(|f| function(schema, f))
                .collect(),
        ),
        list(screen, "extensions", extensions.collect()),
        list(
            screen,
            "publications",
            schema
                .publications
                .iter()
                .map(|p| publication(schema, p))
                .collect(),
        ),
    ]
}

fn list(screen: Screen, title: &str, entries: Vec<String>) -> Vec<String> {
    if entries.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![paint(HEADING, title)];
    for entry in entries {
        let wrapped = screen.wrap(&screen.clean(&entry), screen.width - 6);
        let indented = wrapped.into_iter().enumerate();
        lines.extend(
            indented.map(|(at, line)| format!("{}{line}", if at == 0 { "  " } else { "      " })),
        );
    }
    lines
}

fn domain(schema: &Schema, domain: &Domain) -> String {
    let base = schema
        .home()
        .map_or_else(|| domain.base.to_string(), |home| domain.base.within(home));
    let mut text = format!("{}: {base}", schema.show(&domain.name));
    if domain.not_null {
        text.push_str(", not null");
    }
    let default = domain
        .default
        .iter()
        .map(|d| format!(", default {}", d.text));
    let checks = domain
        .checks
        .iter()
        .map(|c| format!(", check {}", c.expression.text));
    text.extend(default.chain(checks));
    text
}

fn sequence(schema: &Schema, sequence: &Sequence) -> String {
    let owner = sequence.owned_by.as_ref();
    let owner = owner.map_or(String::new(), |(t, c)| {
        format!(", owned by {}.{c}", schema.show(t))
    });
    format!("{}: {}{owner}", schema.show(&sequence.name), sequence.ty)
}

fn function(schema: &Schema, function: &Function) -> String {
    let shown = |ty: &crate::schema::ColumnType| {
        schema
            .home()
            .map_or_else(|| ty.to_string(), |home| ty.within(home))
    };
    let arguments: Vec<String> = function.signature.arguments.iter().map(shown).collect();
    let result = match (&function.returns, function.procedure) {
        (Some(ty), _) if function.returns_set => format!(" → setof {}", shown(ty)),
        (Some(ty), _) => format!(" → {}", shown(ty)),
        (None, true) => ", procedure".to_owned(),
        (None, false) => " → record".to_owned(),
    };
    let security = if function.security_definer {
        ", security definer"
    } else {
        ""
    };
    format!(
        "{}({}){result}, {}{security}",
        schema.show(&function.signature.name),
        arguments.join(", "),
        function.language
    )
}

fn publication(schema: &Schema, publication: &Publication) -> String {
    let of = if publication.all_tables {
        "all tables".to_owned()
    } else {
        let tables = publication.tables.iter().map(|t| schema.show(t));
        let namespaces = publication
            .namespaces
            .iter()
            .map(|n| format!("tables in schema {n}"));
        let all: Vec<String> = tables.chain(namespaces).collect();
        if all.is_empty() {
            count(0, "table", "tables")
        } else {
            all.join(", ")
        }
    };
    format!("{}: {of}", publication.name)
}
