//! One schema as text or as JSON.

mod json;
mod object;
mod table;

#[cfg(test)]
mod sample;

pub use json::{JsonError, json, schema_from_json};

use super::Options;
use super::screen::Screen;
use super::standing::count;
use super::style::{HEADING, paint};
use crate::schema::{Facet, Schema};

/// The schema for a terminal of so many columns: its tables, then everything else, then how much there
/// is and what is not known.
pub fn text(schema: &Schema, columns: u16, is_unicode: bool) -> String {
    let screen = Screen::of(Options {
        all: true,
        width: usize::from(columns),
        unicode: is_unicode,
    });
    let names: Vec<String> = schema.namespaces.iter().map(ToString::to_string).collect();
    let noun = if names.len() == 1 {
        "schema"
    } else {
        "schemas"
    };
    let title = format!("{noun} {}", screen.clean(&names.join(", ")));
    let opening = screen.wrap(&title, screen.width);
    let opening = opening.iter().map(|line| paint(HEADING, line)).collect();
    let tables = schema
        .tables
        .iter()
        .map(|table| table::block(schema, table, screen));
    let blocks = std::iter::once(opening)
        .chain(tables)
        .chain(object::blocks(schema, screen))
        .chain([
            unknown(schema, screen),
            screen.wrap(&counts(schema), screen.width),
        ]);
    let mut shown = String::new();
    for block in blocks.filter(|block| !block.is_empty()) {
        if !shown.is_empty() {
            shown.push('\n');
        }
        for line in block {
            shown.push_str(line.trim_end());
            shown.push('\n');
        }
    }
    shown
}

/// What the source cannot say, what is not part of the model, what could not be read.
fn unknown(schema: &Schema, screen: Screen) -> Vec<String> {
    let silent: Vec<&str> = Facet::ALL
        .iter()
        .filter(|facet| !schema.facets.contains(facet))
        .map(|facet| facet.label())
        .collect();
    let mut lines = Vec::new();
    if !silent.is_empty() {
        let text = format!("This source does not say: {}", silent.join(", "));
        lines.extend(screen.wrap(&text, screen.width));
    }
    for (sightings, fate) in [
        (&schema.unmodelled, "not modelled"),
        (&schema.unreadable, "not read"),
    ] {
        for seen in sightings {
            let name = if seen.name.is_empty() {
                String::new()
            } else {
                format!(" `{}`", seen.name)
            };
            let place = seen
                .place
                .as_ref()
                .map_or(String::new(), |place| format!(", {place}"));
            let text = screen.clean(&format!("? {}{name} {fate}{place}", seen.what));
            lines.extend(screen.wrap(&text, screen.width));
        }
    }
    lines
}

/// `4 tables, 60 columns, 5 foreign keys, …`
fn counts(schema: &Schema) -> String {
    let each =
        |of: &dyn Fn(&crate::schema::Table) -> usize| schema.tables.iter().map(of).sum::<usize>();
    let secured = schema.tables.iter().filter(|t| t.rls.enabled).count();
    let rest = [
        (
            each(&|t| t.foreign_keys.len()),
            "foreign key",
            "foreign keys",
        ),
        (each(&|t| t.unique.len()), "unique key", "unique keys"),
        (each(&|t| t.checks.len()), "check", "checks"),
        (each(&|t| t.exclusions.len()), "exclusion", "exclusions"),
        (each(&|t| t.indexes.len()), "index", "indexes"),
        (
            secured,
            "table with row level security",
            "tables with row level security",
        ),
        (each(&|t| t.policies.len()), "policy", "policies"),
        (each(&|t| t.triggers.len()), "trigger", "triggers"),
        (schema.enums.len(), "enum", "enums"),
        (schema.domains.len(), "domain", "domains"),
        (schema.composites.len(), "composite type", "composite types"),
        (schema.sequences.len(), "sequence", "sequences"),
        (schema.views.len(), "view", "views"),
        (schema.functions.len(), "function", "functions"),
        (schema.extensions.len(), "extension", "extensions"),
        (schema.publications.len(), "publication", "publications"),
    ];
    let mut parts = vec![
        count(schema.tables.len(), "table", "tables"),
        count(schema.column_count(), "column", "columns"),
    ];
    parts.extend(
        rest.iter()
            .filter(|(n, _, _)| *n > 0)
            .map(|(n, one, many)| count(*n, one, many)),
    );
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(columns: u16, is_unicode: bool) -> String {
        let text = text(&sample::schema(), columns, is_unicode);
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn a_schema_for_a_reader() {
        insta::assert_snapshot!(shown(100, true), @r#"
        schemas public, app

        app."Log\u{1b}"  0 columns, unlogged, inherits orders

        orders  6 columns
          id         uuid              not null, default gen_random_uuid()
          no         bigint            not null, generated always as identity
          "State"    unknown (string)  null or not is not said, one of new, paid
          moods      mood[]
          total      numeric(12,2)     generated as (price * amount) stored, collate C
          client_id  uuid
          primary key         (id)
          unique              orders_no_key (no, "State")
          foreign key         orders_client_id_fkey (client_id) → auth.users(id) on delete set null not
                              valid
          check               orders_total_check total >= 0
          exclusion           orders_excl gist (id with =)
          index               orders_total_idx unique (total desc, (lower(note))) include (no) where total >
                              0
          row level security  on, 1 policy
          triggers            touch_orders
          grants              anon may SELECT (no)

        enums
          mood: sad, ok

        domains
          cents: bigint, not null, default 0, check value >= 0

        composite types
          point2 (x real, y real)

        sequences
          orders_no_seq: bigint, owned by orders.no

        views
          open_orders, materialized

        functions
          touch(text) → trigger, plpgsql, security definer

        extensions
          "uuid-ossp"

        publications
          live: orders

        This source does not say: comments
        ? aggregate `median` not modelled, shop.sql:12
        ? statement that cannot be parsed `CREATE TABEL x` not read

        2 tables, 6 columns, 1 foreign key, 1 unique key, 1 check, 1 exclusion, 1 index, 1 table with row
        level security, 1 policy, 1 trigger, 1 enum, 1 domain, 1 composite type, 1 sequence, 1 view, 1
        function, 1 extension, 1 publication
        "#);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for columns in [40, 80, 120] {
            let text = shown(columns, false);
            let widest = text.lines().map(crate::report::screen::width).max();
            assert!(widest <= Some(usize::from(columns)), "{columns}\n{text}");
        }
    }
}
