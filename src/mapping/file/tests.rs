use super::*;
use crate::mapping::{
    Class, Condition, Fallback, Gate, JsonPath, Literal, OnAmbiguous, OnError, OnMissing,
    OpenRange, PackForm, Priority, RangeRule, Rule, Status, Sync, Transform,
};

fn good(text: &str) -> Mapping {
    read(&format!("format = 1\n{text}")).unwrap_or_else(|errors| panic!("{errors:#?}\n{text}"))
}

/// The one column entry of a text that holds nothing else.
fn column(entry: &str) -> crate::mapping::ColumnCorrespondence {
    let mut columns = good(&format!("[[column]]\n{entry}")).columns;
    assert_eq!(columns.len(), 1);
    columns.remove(0)
}

fn steps(entry: &str) -> Vec<Transform> {
    match column(entry).rule {
        Rule::Convert(steps) => steps,
        rule => panic!("{rule:?}"),
    }
}

fn one(entry: &str) -> Transform {
    let mut steps = steps(&format!("from = \"t.a\"\nto = \"t.b\"\n{entry}"));
    assert_eq!(steps.len(), 1, "{entry}");
    steps.remove(0)
}

fn text(text: &str) -> Literal {
    Literal::Text(text.to_owned())
}

#[test]
fn a_file_with_its_format_alone_takes_every_default() {
    let mapping = good("");
    assert_eq!(mapping, Mapping::default());
    assert_eq!(
        mapping.gate,
        Gate {
            score: 90.0,
            blockers: 0,
            unknown: 0
        }
    );
    assert_eq!(mapping.to.home(), "public");
}

#[test]
fn reads_what_is_said_once() {
    let mapping = good(
        r#"
        [from]
        source = "sql:a.sql"
        name = "a"
        schemas = ["crm", '"Old CRM"']
        [from.interfaces]
        UserProfile = "users"
        [to]
        source = "env:TARGET"
        [migrate]
        dir = "../m"
        phases = ["one", "two"]
        [gate]
        score = 87.5
        blockers = 3
        [credit]
        derived = 0.75
        lossy = 0.125
        missing = 0
        same = 1.000
        [ignore]
        tables = ["_prisma_*"]
        columns = ["*.legacy_?"]
        "#,
    );
    assert_eq!(mapping.from.home(), "crm");
    assert_eq!(mapping.from.schemas[1].as_str(), "Old CRM");
    assert_eq!(mapping.from.interfaces["UserProfile"], "users");
    assert_eq!(mapping.to.source.as_deref(), Some("env:TARGET"));
    assert_eq!(mapping.migrate.unwrap().phases, ["one", "two"]);
    assert_eq!(
        mapping.gate,
        Gate {
            score: 87.5,
            blockers: 3,
            unknown: 0
        }
    );
    assert_eq!(
        Class::ALL.map(|class| mapping.credit.of(class)),
        [1000, 1000, 750, 125, 0]
    );
    assert_eq!(mapping.ignore.columns, ["*.legacy_?"]);
}

#[test]
fn reads_categories_and_expectations_in_the_files_order() {
    let mapping = good(
        r#"
        [[category]]
        name = "Zeta"
        tables = ["leads"]
        [[category]]
        name = "Alpha"
        weight = 2
        tables = ["crm.leads", "leads"]
        [[expect.table]]
        table = "calls"
        priority = "low"
        impact = "no calls"
        checklist = [{ text = "Add", columns = ["id", '"Odd Name"'] }, { text = "Check", phase = "two" }]
        [[expect.select]]
        table = "leads"
        select = "*,users(*)"
        known_failure = "never worked"
        "#,
    );
    let names: Vec<_> = mapping
        .categories
        .iter()
        .map(|c| (c.name.as_str(), c.weight))
        .collect();
    assert_eq!(names, [("Zeta", 1), ("Alpha", 2)]);
    assert_eq!(mapping.categories[1].at, At { line: 6, column: 9 });
    assert_eq!(mapping.expect_tables[0].priority, Priority::Low);
    assert_eq!(
        mapping.expect_tables[0].checklist[0].columns[1].as_str(),
        "Odd Name"
    );
    let second = &mapping.expect_tables[0].checklist[1];
    assert_eq!(
        (second.columns.len(), second.phase.as_deref()),
        (0, Some("two"))
    );
    assert_eq!(
        mapping.expect_selects[0].known_failure.as_deref(),
        Some("never worked")
    );
}

#[test]
fn reads_a_table_correspondence() {
    let mapping = good(
        r#"
        [[table]]
        from = "activities"
        to = "crm.lead_activities"
        where = "lead_id is not null"
        status = "proposed"
        confidence = 0.91
        by = "dana"
        at = 2026-11-22
        "#,
    );
    let table = &mapping.tables[0];
    assert_eq!(table.to.to_string(), "crm.lead_activities");
    assert_eq!(
        table.filter,
        Some("lead_id is not null".parse::<Condition>().unwrap())
    );
    assert_eq!(table.status, Status::Proposed);
    assert_eq!(table.note.confidence, Some(910));
    assert_eq!(table.note.on.as_deref(), Some("2026-11-22"));
}

#[test]
fn a_column_without_a_verb_is_taken_as_it_is() {
    let entry = column("from = \"clients.name\"\nto = \"clients.client_name\"");
    assert_eq!(entry.rule, Rule::Convert(Vec::new()));
    assert_eq!(
        (entry.on_error, entry.status),
        (OnError::Quarantine, Status::Accepted)
    );
    assert_eq!((entry.sync, entry.credit), (Sync::Always, None));
    assert_eq!(entry.at, At { line: 2, column: 1 });
}

#[test]
fn reads_what_stands_beside_the_verb() {
    let entry = column(
        r#"
        from = "t.a"
        to = "t.b"
        cast = "integer"
        nulls = ["", "n/a"]
        default = 7
        on_error = "default"
        credit = "same"
        why = "because"
        sync = "once"
        status = "rejected"
        "#,
    );
    assert_eq!(entry.nulls, ["", "n/a"]);
    assert_eq!(entry.default, Some(Literal::Integer(7)));
    assert_eq!((entry.on_error, entry.sync), (OnError::Default, Sync::Once));
    assert_eq!(
        (entry.credit, entry.status),
        (Some(Class::Same), Status::Rejected)
    );
}

#[test]
fn reads_every_verb() {
    assert_eq!(
        one("cast = \"timestamptz\"\nformat = \"DD/MM/YYYY\"\nzone = \"Europe/Paris\""),
        Transform::Cast {
            ty: "timestamptz".into(),
            format: Some("DD/MM/YYYY".into()),
            zone: Some("Europe/Paris".into()),
        }
    );
    assert_eq!(
        one("values = { zeta = 1, alpha = true, \"a b\" = \"x\" }\non_unknown = { value = 0 }"),
        Transform::Values {
            pairs: vec![
                ("zeta".into(), Literal::Integer(1)),
                ("alpha".into(), Literal::Boolean(true)),
                ("a b".into(), text("x")),
            ],
            on_unknown: Fallback::Value(Literal::Integer(0)),
        }
    );
    assert_eq!(
        one("range = { rule = \"upper\", open = \"end\", words = { small = 25, big = 500 } }"),
        Transform::Range {
            rule: RangeRule::Upper,
            open: OpenRange::End,
            words: vec![("small".into(), 25), ("big".into(), 500)],
        }
    );
    let lookup = "table = \"users\", match = [\"email\", \"full_name\"], take = \"id\"";
    let Transform::Lookup(lookup) = one(&format!(
        "lookup = {{ {lookup}, normalize = [\"lower\"], on_missing = \"null\" }}"
    )) else {
        panic!("not a lookup");
    };
    assert_eq!(lookup.matches.len(), 2);
    assert_eq!((lookup.trim, lookup.lower), (false, true));
    assert_eq!(
        (lookup.on_missing, lookup.on_ambiguous),
        (OnMissing::Null, OnAmbiguous::Error)
    );
    let path: JsonPath = "$.budget.amount".parse().unwrap();
    assert_eq!(one("json = \"$.budget.amount\""), Transform::Json { path });
    assert_eq!(one("pack = \"text\""), Transform::Pack(PackForm::Text));
    assert_eq!(
        one("scale = { factor = 0.45359237 }"),
        Transform::Scale {
            factor: "0.45359237".into(),
            offset: "0".into()
        }
    );
    let Transform::When { cases, otherwise } =
        one("when = [{ if = \"a > 1\", value = 1.5 }]\notherwise = \"x\"")
    else {
        panic!("not a when");
    };
    assert_eq!(
        (cases[0].value.clone(), otherwise),
        (Literal::Float(1.5), Some(text("x")))
    );
    assert_eq!(
        one("sql = \"s.a || 'x'\""),
        Transform::Sql("s.a || 'x'".into())
    );
    assert_eq!(
        steps("from = [\"t.a\", \"t.b\"]\nto = \"t.c\"\nconcat = { sep = \", \" }"),
        [Transform::Concat {
            separator: ", ".into(),
            skip_null: true
        }]
    );
    assert_eq!(
        steps("from = \"t.a\"\nto = [\"t.b\", \"t.c\"]\nsplit = { on = \" \", limit = 2 }"),
        [Transform::Split {
            on: Some(" ".into()),
            regex: None,
            limit: Some(2)
        }]
    );
    assert_eq!(
        steps("to = \"t.c\"\nvalue = 2026-01-02"),
        [Transform::Value(text("2026-01-02"))]
    );
}

#[test]
fn a_cast_beside_another_verb_comes_last() {
    let steps = steps("from = \"t.a\"\nto = \"t.b\"\ncast = \"numeric\"\njson = \"$.x\"");
    let verbs: Vec<&str> = steps.iter().map(Transform::verb).collect();
    assert_eq!(verbs, ["json", "cast"]);
}

#[test]
fn keeps_the_order_of_steps() {
    let steps = steps(
        "from = \"t.a\"\nto = \"t.b\"\nsteps = [{ values = { a = \"b\" }, on_unknown = \"keep\" }, { cast = \"uuid\" }]",
    );
    let verbs: Vec<&str> = steps.iter().map(Transform::verb).collect();
    assert_eq!(verbs, ["values", "cast"]);
}

#[test]
fn reads_what_has_no_counterpart() {
    assert_eq!(
        column("from = [\"t.a\", \"u.b\"]\nkeep = true").rule,
        Rule::Keep
    );
    assert_eq!(column("from = \"t.a\"\narchive = true").rule, Rule::Archive);
    let reason = "never filled".to_owned();
    assert_eq!(
        column("from = \"t.a\"\ndrop = true\nreason = \"never filled\"").rule,
        Rule::Drop { reason }
    );
}

#[test]
fn a_remembered_no_is_no_second_rule() {
    let mapping = good(
        "[[column]]\nfrom = \"t.a\"\nto = \"t.c\"\n[[column]]\nfrom = \"t.b\"\nto = \"t.c\"\nstatus = \"rejected\"",
    );
    assert_eq!(mapping.columns.len(), 2);
    assert_eq!(mapping.accepted_columns().count(), 1);
}

#[test]
fn rows_of_two_tables_may_make_one_column() {
    let merged = |first: &str| {
        format!(
            "format = 1
             [[table]]\nfrom = \"people\"\nto = \"users\"\n[[table]]\nfrom = \"staff\"\nto = \"users\"
             [[column]]\n{first}\nto = \"users.full_name\"
             [[column]]\nfrom = \"staff.name\"\nto = \"users.full_name\""
        )
    };
    read(&merged("from = \"people.name\"")).unwrap();
    // a constant speaks for the rows of every table
    let errors = read(&merged("value = \"nobody\"")).unwrap_err();
    assert!(errors[0].message.contains("is said twice"), "{errors:?}");
}

#[test]
fn counts_lines_and_columns_whatever_ends_the_lines() {
    for text in [
        "format = 1\n[gate]\n é = 1\n",
        "format = 1\r\n[gate]\r\n é = 1\r\n",
        "\u{feff}format = 1\n[gate]\n é = 1\n",
    ] {
        let errors = read(text).unwrap_err();
        let at = errors[0].at;
        assert_eq!((at.line, at.column), (3, 2), "{errors:?}");
    }
    let errors = read("\u{feff}form = 1").unwrap_err();
    assert_eq!(errors[0].at, At { line: 1, column: 1 });
}

#[test]
fn refuses_what_nests_too_deep_instead_of_running_out_of_stack() {
    for text in [
        format!(
            "format = 1\nx = {}{}",
            "[".repeat(100_000),
            "]".repeat(100_000)
        ),
        format!("format = 1\nx = {}", "{a=".repeat(100_000)),
        format!("format = 1\n{}x = 1", "a.".repeat(100_000)),
        format!("format = 1\n[{}x]", "a.".repeat(100_000)),
    ] {
        assert!(!read(&text).unwrap_err().is_empty());
    }
}

#[test]
fn rows_are_matched_by_columns_and_few_may_be_left_behind() {
    let mapping = good(
        r#"
        [copy]
        max_errors = "0.25%"
        [[table]]
        from = "clients"
        to = "clients"
        match = ["email", ["client_name", "location"]]
        normalize = ["lower"]
        [[table]]
        from = "a"
        to = "b"
        "#,
    );
    let [clients, other] = mapping.tables.as_slice() else {
        panic!("{:?}", mapping.tables);
    };
    let shown = format!("{:?}", clients.matching.keys);
    assert_eq!(
        shown,
        r#"[[Ident("email")], [Ident("client_name"), Ident("location")]]"#
    );
    assert!(clients.matching.lower && !clients.matching.trim);
    assert_eq!(other.matching, crate::mapping::Matching::default());
    let limit = mapping.copy.max_errors;
    assert_eq!(limit.to_string(), "0.25%");
    assert!(!limit.is_exceeded(1, 400) && limit.is_exceeded(1, 399) && limit.is_exceeded(1, 0));
    let count = good("[copy]\nmax_errors = 3").copy.max_errors;
    assert!(!count.is_exceeded(3, 3) && count.is_exceeded(4, 9999));
    assert_eq!(good("").copy.max_errors.to_string(), "0.5%");
}

#[test]
fn a_limit_and_a_match_that_say_nothing_are_told() {
    for (text, part) in [
        ("[copy]\nmax_errors = -1", "`max_errors`"),
        ("[copy]\nmax_errors = 0.5", "`max_errors`"),
        ("[copy]\nmax_errors = \"101%\"", "`max_errors`"),
        ("[copy]\nmax_errors = \"%\"", "`max_errors`"),
        ("[copy]\nmaxerrors = 1", "maxerrors"),
        (
            "[[table]]\nfrom = \"a\"\nto = \"b\"\nmatch = [[]]",
            "empty list",
        ),
        (
            "[[table]]\nfrom = \"a\"\nto = \"b\"\nmatch = [\"x\", \"x\"]",
            "twice",
        ),
        (
            "[[table]]\nfrom = \"a\"\nto = \"b\"\nnormalize = [\"trim\"]",
            "belongs to `match`",
        ),
    ] {
        let errors = read(&format!("format = 1\n{text}")).expect_err(text);
        assert!(
            errors.iter().any(|error| error.message.contains(part)),
            "{text}: {errors:?}"
        );
    }
}
