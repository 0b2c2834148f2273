//! What tables are read as.

use align::schema::{
    Action, ColumnType, Deferral, Identity, Index, IndexKey, PolicyCommand, TableKind,
    TriggerState, TriggerTiming,
};

use crate::model::{all, set, table, text};
use crate::{ident, public};

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
