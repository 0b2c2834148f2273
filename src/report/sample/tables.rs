//! The tables of the sample.

use super::{change, column, parse, qualified};
use crate::diff::{
    Change, ColumnComparison, Conversion, Counterpart, Object, RuleText, TableComparison, What,
};
use crate::mapping::{At, Class};

pub(super) fn leads() -> TableComparison {
    let rule = |text: &str, why: Option<&str>| RuleText {
        text: text.to_owned(),
        why: why.map(str::to_owned),
        at: At {
            line: 31,
            column: 1,
        },
    };
    let mapped = |from: &[(&str, &str)], rule| Counterpart::Mapped {
        from: from.iter().map(|(name, _)| (*name).to_owned()).collect(),
        from_types: from.iter().map(|(_, ty)| parse(ty)).collect(),
        rule,
    };
    let same = Counterpart::Same {
        from_type: parse("uuid"),
        rule: None,
    };
    let named = mapped(&[("name", "varchar(255)")], rule("rename", None));
    let agent = mapped(
        &[("assigned_agent", "varchar(50)")],
        rule(
            "values, then the `id` of the `users` row",
            Some("Clara knows kinds of agents, not people"),
        ),
    );
    let bucket = mapped(
        &[
            ("lead_score", "integer"),
            ("qualification_status", "varchar(50)"),
        ],
        rule(
            "'P1' when lead_score >= 70, 'P2' when lead_score >= 50, else 'P3'",
            None,
        ),
    );
    let typed = |from: &str, to: &str, change: Change| Change {
        from_type: Some(from.to_owned()),
        to_type: Some(to.to_owned()),
        ..change
    };
    let only = |what, name: &str, ty: &str, message: &str| Change {
        from_type: Some(ty.to_owned()).filter(|_| what == What::Extra),
        to_type: Some(ty.to_owned()).filter(|_| what == What::Missing),
        ..match what {
            What::Extra => column_change(what, Some(name), None, message),
            _ => column_change(what, None, Some(name), message),
        }
    };
    let policy = |name| {
        change(
            Object::Policy,
            What::Missing,
            "leads",
            None,
            Some(name),
            "only in the to side",
        )
    };
    TableComparison {
        name: "leads".to_owned(),
        to: Some(qualified("leads")),
        from: Some(qualified("leads")),
        from_name: Some("leads".to_owned()),
        why: None,
        columns: vec![
            ColumnComparison {
                conversion: Some(Conversion::Identical),
                by_name: Class::Same,
                ..column("id", "uuid", same, Class::Same)
            },
            ColumnComparison {
                conversion: Some(Conversion::Widening),
                ..column("contact_person", "text", named, Class::Renamed)
            },
            column("agent_id", "uuid", agent, Class::Lossy),
            ColumnComparison {
                stated: true,
                ..column("status_bucket", "text", bucket, Class::Derived)
            },
            column("location", "text", Counterpart::None, Class::Missing),
            column("sync_lock", "boolean", Counterpart::None, Class::Missing),
        ],
        changes: vec![
            typed(
                "varchar(255)",
                "text",
                column_change(
                    What::Renamed,
                    Some("name"),
                    Some("contact_person"),
                    "renamed, widened",
                ),
            ),
            typed(
                "varchar(50)",
                "uuid",
                column_change(
                    What::Lossy,
                    Some("assigned_agent"),
                    Some("agent_id"),
                    "renamed, values, then the `id` of the `users` row",
                ),
            ),
            typed(
                "integer, varchar(50)",
                "text",
                column_change(
                    What::Derived,
                    Some("lead_score, qualification_status"),
                    Some("status_bucket"),
                    "derived: 'P1' when lead_score >= 70, 'P2' when lead_score >= 50, else 'P3', stated",
                ),
            ),
            only(What::Missing, "location", "text", "only in the to side"),
            only(
                What::Missing,
                "sync_lock",
                "boolean",
                "only in the to side, required",
            ),
            only(
                What::Extra,
                "score_grade",
                "varchar(2)",
                "only in the from side, kept under its own name",
            ),
            change(
                Object::Nullability,
                What::Changed,
                "leads",
                Some("name"),
                Some("contact_person"),
                "takes NULL here, not there",
            ),
            Change {
                to_type: Some("(client_id) → clients(id)".to_owned()),
                ..change(
                    Object::ForeignKey,
                    What::Missing,
                    "leads",
                    None,
                    Some("leads_client_id_fkey"),
                    "(client_id) → clients(id) only in the to side",
                )
            },
            change(
                Object::Rls,
                What::Changed,
                "leads",
                None,
                None,
                "row level security off → on",
            ),
            policy("leads_read"),
            policy("leads_write"),
        ],
    }
}

fn column_change(what: What, from: Option<&str>, to: Option<&str>, message: &str) -> Change {
    change(Object::Column, what, "leads", from, to, message)
}

pub(super) fn lead_activities() -> TableComparison {
    let same = |ty| Counterpart::Same {
        from_type: parse(ty),
        rule: None,
    };
    TableComparison {
        name: "lead_activities".to_owned(),
        to: Some(qualified("lead_activities")),
        from: Some(qualified("activities")),
        from_name: Some("activities".to_owned()),
        why: Some("one row of either is one thing done".to_owned()),
        columns: vec![
            column("id", "uuid", same("uuid"), Class::Same),
            column("activity_type", "text", same("varchar(50)"), Class::Same),
        ],
        changes: vec![
            change(
                Object::Table,
                What::Renamed,
                "lead_activities",
                Some("activities"),
                Some("lead_activities"),
                "renamed from `activities`",
            ),
            Change {
                from_type: Some("varchar(50)".to_owned()),
                to_type: Some("text".to_owned()),
                ..change(
                    Object::Column,
                    What::Widened,
                    "lead_activities",
                    Some("activity_type"),
                    Some("activity_type"),
                    "widened",
                )
            },
        ],
    }
}

pub(super) fn missing(name: &str, columns: usize) -> TableComparison {
    let names = ["id", "email", "role"];
    TableComparison {
        name: name.to_owned(),
        to: Some(qualified(name)),
        from: None,
        from_name: None,
        why: None,
        columns: names
            .iter()
            .take(columns)
            .map(|name| column(name, "text", Counterpart::None, Class::Missing))
            .collect(),
        changes: vec![change(
            Object::Table,
            What::Missing,
            name,
            None,
            Some(name),
            "only in the to side",
        )],
    }
}

pub(super) fn conversations() -> TableComparison {
    TableComparison {
        name: "conversations".to_owned(),
        to: None,
        from: Some(qualified("conversations")),
        from_name: Some("conversations".to_owned()),
        why: None,
        columns: Vec::new(),
        changes: vec![change(
            Object::Table,
            What::Extra,
            "conversations",
            Some("conversations"),
            None,
            "only in the from side, 11 columns",
        )],
    }
}
