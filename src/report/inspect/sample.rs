//! A schema with one of nearly everything.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::{
    Action, Body, Check, Column, ColumnType, Composite, Deferral, Domain, Enum, Exclusion,
    Expression, Extension, Facet, Family, ForeignKey, Function, Generated, Grant, Ident, Identity,
    Index, IndexElement, IndexKey, Key, ObjectPath, Parallel, Place, Policy, PolicyCommand,
    Publication, QualifiedName, Rls, Schema, Sequence, Sighting, Signature, Table, Trigger,
    TriggerState, TriggerTiming, View, Volatility,
};

pub(crate) fn schema() -> Schema {
    let facets = Facet::ALL.into_iter().filter(|f| *f != Facet::Comments);
    let mut schema = Schema::new(vec![ident("public"), ident("app")], facets);
    schema.tables = vec![orders(), logs()];
    schema.enums.push(Enum {
        name: named("mood"),
        labels: vec!["sad".to_owned(), "ok".to_owned()],
        comment: None,
    });
    schema.domains.push(Domain {
        name: named("cents"),
        base: ColumnType::Bigint,
        not_null: true,
        default: Some(expression("0")),
        checks: vec![check("cents_check", "VALUE >= 0")],
        collation: None,
        comment: None,
    });
    schema.composites.push(Composite {
        name: named("point2"),
        fields: vec![
            (ident("x"), ColumnType::Real),
            (ident("y"), ColumnType::Real),
        ],
        comment: None,
    });
    schema.sequences.push(Sequence {
        name: named("orders_no_seq"),
        ty: ColumnType::Bigint,
        start: 1,
        increment: 1,
        min: 1,
        max: i64::MAX,
        cache: 1,
        cycle: false,
        owned_by: Some((named("orders"), ident("no"))),
        grants: Vec::new(),
        comment: None,
    });
    schema.views.push(View {
        name: named("open_orders"),
        materialized: true,
        query: expression("SELECT 1"),
        columns: Vec::new(),
        options: BTreeMap::new(),
        indexes: Vec::new(),
        triggers: Vec::new(),
        grants: Vec::new(),
        comment: None,
    });
    schema.functions.push(touch());
    schema.extensions.push(Extension {
        name: ident("uuid-ossp"),
    });
    schema.publications.push(Publication {
        name: ident("live"),
        all_tables: false,
        tables: BTreeSet::from([named("orders")]),
        namespaces: BTreeSet::new(),
        operations: BTreeSet::from(["insert".to_owned()]),
    });
    schema.unmodelled.push(Sighting {
        what: "aggregate".to_owned(),
        name: "median".to_owned(),
        place: Some(Place {
            file: "shop.sql".to_owned(),
            line: 12,
        }),
    });
    schema.unreadable.push(Sighting {
        what: "statement that cannot be parsed".to_owned(),
        name: "CREATE TABEL x".to_owned(),
        place: None,
    });
    schema.places.insert(
        ObjectPath {
            table: named("orders"),
            column: None,
        },
        Place {
            file: "shop.sql".to_owned(),
            line: 3,
        },
    );
    schema.normalise();
    schema
}

fn orders() -> Table {
    let mut table = Table::new(named("orders"));
    let column = |name: &str, ty| Column::new(ident(name), ty);
    table.columns = vec![
        Column {
            nullable: Some(false),
            default: Some(expression("gen_random_uuid()")),
            ..column("id", ColumnType::Uuid)
        },
        Column {
            nullable: Some(false),
            identity: Some(Identity::Always),
            ..column("no", ColumnType::Bigint)
        },
        Column {
            nullable: None,
            values: Some(BTreeSet::from(["new".to_owned(), "paid".to_owned()])),
            ..column(
                "State",
                ColumnType::Unknown {
                    family: Family::String,
                    spelling: "string".to_owned(),
                },
            )
        },
        column(
            "moods",
            ColumnType::Array(Box::new(ColumnType::Named(named("mood")))),
        ),
        Column {
            generated: Some(Generated {
                expression: expression("price * amount"),
                stored: true,
            }),
            collation: Some("C".to_owned()),
            ..column(
                "total",
                ColumnType::Numeric {
                    precision: Some(12),
                    scale: Some(2),
                },
            )
        },
        column("client_id", ColumnType::Uuid),
    ];
    table.primary_key = Some(key("orders_pkey", &["id"]));
    table.unique.push(key("orders_no_key", &["no", "State"]));
    table.foreign_keys.push(ForeignKey {
        name: ident("orders_client_id_fkey"),
        columns: vec![ident("client_id")],
        references: QualifiedName::new(ident("auth"), ident("users")),
        referenced_columns: vec![ident("id")],
        on_update: None,
        on_delete: Some(Action::SetNull(Vec::new())),
        match_full: false,
        deferral: Deferral::NotDeferrable,
        not_valid: true,
    });
    table.checks.push(check("orders_total_check", "total >= 0"));
    table.exclusions.push(Exclusion {
        name: ident("orders_excl"),
        method: "gist".to_owned(),
        elements: vec![(element("id"), "=".to_owned())],
        predicate: None,
        deferral: Deferral::NotDeferrable,
    });
    table.indexes.push(Index {
        name: ident("orders_total_idx"),
        method: "btree".to_owned(),
        unique: true,
        elements: vec![
            IndexElement {
                descending: true,
                nulls_first: true,
                ..element("total")
            },
            IndexElement {
                key: IndexKey::Expression(expression("lower(note)")),
                ..element("id")
            },
        ],
        include: vec![ident("no")],
        predicate: Some(expression("total > 0")),
        nulls_not_distinct: false,
        invalid: false,
    });
    table.rls = Rls {
        enabled: true,
        forced: false,
    };
    table.policies.push(Policy {
        name: ident("own orders"),
        command: PolicyCommand::All,
        roles: BTreeSet::from(["authenticated".to_owned()]),
        permissive: true,
        using: Some(expression("true")),
        check: None,
        comment: None,
    });
    table.triggers.push(Trigger {
        name: ident("touch_orders"),
        timing: TriggerTiming::Before,
        events: BTreeSet::from(["UPDATE".to_owned()]),
        each_row: true,
        when: None,
        function: named("touch"),
        arguments: Vec::new(),
        constraint: None,
        old_table: None,
        new_table: None,
        enabled: TriggerState::Enabled,
        comment: None,
    });
    table.grants.push(Grant {
        grantee: "anon".to_owned(),
        privileges: BTreeSet::from(["SELECT".to_owned()]),
        columns: Some(BTreeSet::from([ident("no")])),
        grantable: false,
    });
    table
}

fn logs() -> Table {
    let mut table = Table::new(QualifiedName::new(ident("app"), ident("Log\u{1b}")));
    table.unlogged = true;
    table.inherits.push(named("orders"));
    table
}

fn touch() -> Function {
    Function {
        signature: Signature {
            name: named("touch"),
            arguments: vec![ColumnType::Text],
        },
        procedure: false,
        parameters: Vec::new(),
        returns: Some(ColumnType::Other("trigger".to_owned())),
        returns_set: false,
        language: "plpgsql".to_owned(),
        volatility: Volatility::Volatile,
        strict: false,
        security_definer: true,
        leakproof: false,
        parallel: Parallel::Unsafe,
        settings: BTreeMap::from([("search_path".to_owned(), "\"\"".to_owned())]),
        body: Body::Text("BEGIN RETURN NEW; END".to_owned()),
        grants: Vec::new(),
        comment: None,
    }
}

fn key(name: &str, columns: &[&str]) -> Key {
    Key {
        name: ident(name),
        columns: columns.iter().map(|c| ident(c)).collect(),
        include: Vec::new(),
        nulls_not_distinct: false,
        deferral: Deferral::NotDeferrable,
    }
}

fn check(name: &str, text: &str) -> Check {
    Check {
        name: ident(name),
        expression: expression(text),
        not_valid: false,
        no_inherit: false,
    }
}

fn element(name: &str) -> IndexElement {
    IndexElement {
        key: IndexKey::Column(ident(name)),
        collation: None,
        opclass: None,
        descending: false,
        nulls_first: false,
    }
}

fn expression(text: &str) -> Expression {
    Expression::written(text, &ident("public"))
}

fn named(name: &str) -> QualifiedName {
    QualifiedName::new(ident("public"), ident(name))
}

fn ident(name: &str) -> Ident {
    Ident::new(name).unwrap()
}
