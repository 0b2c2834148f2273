use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Condition {
    text.parse()
        .unwrap_or_else(|error| panic!("`{text}`: {error}"))
}

/// Written text, and how it is written back.
const WRITTEN: &[(&str, &str)] = &[
    ("lead_score >= 70", "lead_score >= 70"),
    ("Lead_Score>=70", "lead_score >= 70"),
    (
        "a=1 AND b<>'x' Or c < -2.5",
        "a = 1 and b <> 'x' or c < -2.5",
    ),
    ("a = 1 and (b = 2 or c = 3)", "a = 1 and (b = 2 or c = 3)"),
    ("(a = 1 and b = 2) or c = 3", "a = 1 and b = 2 or c = 3"),
    ("((a = 1))", "a = 1"),
    ("not (a = 1 or b = 2)", "not (a = 1 or b = 2)"),
    ("not a = 1", "not a = 1"),
    ("not a in (1, 2)", "a not in (1, 2)"),
    ("a NOT IN ('x','it''s')", "a not in ('x', 'it''s')"),
    ("a is null", "a is null"),
    ("a IS NOT NULL", "a is not null"),
    ("done = TRUE and open=false", "done = true and open = false"),
    (
        "\"Order\" = 1 and \"a\"\"b\" is null",
        "\"Order\" = 1 and \"a\"\"b\" is null",
    ),
    ("\"null\" = 'x'", "\"null\" = 'x'"),
    ("größe > 1e3", "\"größe\" > 1000.0"),
    ("a = 'two\nlines'", "a = 'two\nlines'"),
    ("a = ''", "a = ''"),
    ("a = -9223372036854775808", "a = -9223372036854775808"),
    ("a <-5", "a < -5"),
    ("a != 5", "a <> 5"),
];

#[test]
fn writes_back_what_it_read() {
    for (text, written) in WRITTEN {
        let condition = read(text);
        assert_eq!(condition.to_string(), *written);
        assert_eq!(read(written), condition);
    }
}

#[test]
fn says_where_and_why_a_text_is_no_condition() {
    for (text, at, part) in [
        ("", 1, "expected a column, found the end"),
        ("a", 2, "found the end"),
        ("a = ", 5, "expected a value"),
        ("a == 1", 4, "found `=`"),
        ("a ! 1", 3, "`!` has no place"),
        ("a like 'x%'", 3, "found `like`"),
        ("a = \"x\"", 5, "found the name `\"x\"`"),
        ("a = b", 5, "in single quotes"),
        ("a = null", 5, "write `is null`"),
        ("a <> NULL", 6, "write `is null`"),
        ("a in ()", 7, "expected a value"),
        ("a in (1, null)", 10, "write `is null`"),
        ("a in (1", 8, "expected `,` or `)`"),
        ("a in 1", 6, "expected `(`"),
        ("a not = 1", 7, "expected `in`"),
        ("a is 1", 6, "`null` or `not null`"),
        ("a is not true", 10, "expected `null`"),
        ("(a = 1", 7, "`)`"),
        ("a = 1)", 6, "the end"),
        ("a = 1 b = 2", 7, "`and`, `or` or the end"),
        ("a = 1 and", 10, "expected a column"),
        ("and a = 1", 1, "expected a column, found `and`"),
        ("70 <= a", 1, "expected a column, found `70`"),
        ("a = 'x", 5, "has no end"),
        ("\"a = 1", 1, "has no end"),
        ("leads.a = 1", 6, "goes without its table"),
        ("a = 12ab", 5, "`12ab` is not a number"),
        ("a = 1.2.3", 5, "`1.2.3` is not a number"),
        ("a = 1e", 5, "`1e` is not a number"),
        ("a = 1e999", 5, "out of range"),
        ("a = 9223372036854775808", 5, "out of range"),
        ("a = 1; drop", 6, "`;` has no place"),
        ("größe ü 1", 7, "found `ü`"),
        ("\"\" = 1", 1, "empty"),
        ("a = 'x\0'", 5, "NUL"),
    ] {
        let error = text.parse::<Condition>().expect_err(text);
        assert_eq!(error.at, at, "`{text}`: {error}");
        assert!(error.message.contains(part), "`{text}`: {error}");
    }
}

#[test]
fn refuses_what_nests_too_deep_instead_of_running_out_of_stack() {
    for deep in [
        format!("{}a = 1{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("{}a = 1", "not ".repeat(100_000)),
    ] {
        let error = deep.parse::<Condition>().unwrap_err();
        assert!(error.message.contains("nested deeper"), "{error}");
    }
    let allowed = format!("{}a = 1{}", "(".repeat(MAX_DEPTH), ")".repeat(MAX_DEPTH));
    assert_eq!(read(&allowed).to_string(), "a = 1");
}

#[test]
fn names_every_column_it_reads() {
    let condition = read("b = 1 and not (a in (1) or c is null) and b > 0");
    let columns: Vec<&str> = condition.columns().into_iter().map(Ident::as_str).collect();
    assert_eq!(columns, ["a", "b", "c"]);
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        "[^\0]{0,8}".prop_map(Literal::Text),
        any::<i64>().prop_map(Literal::Integer),
        proptest::num::f64::NORMAL.prop_map(Literal::Float),
        any::<bool>().prop_map(Literal::Boolean),
    ]
}

fn ident() -> impl Strategy<Value = Ident> {
    prop_oneof![
        "[^\0]{1,12}",
        "[a-z_]{1,6}",
        Just("not".to_owned()),
        Just("Select".to_owned()),
    ]
    .prop_map(|name| Ident::new(name).unwrap())
}

fn condition() -> impl Strategy<Value = Condition> {
    let comparator = prop_oneof![
        Just(Comparator::Equal),
        Just(Comparator::NotEqual),
        Just(Comparator::Less),
        Just(Comparator::LessOrEqual),
        Just(Comparator::Greater),
        Just(Comparator::GreaterOrEqual),
    ];
    let leaf = prop_oneof![
        (ident(), comparator, literal()).prop_map(|(c, o, v)| Condition::Compare(c, o, v)),
        (ident(), prop::collection::vec(literal(), 1..4)).prop_map(|(c, v)| Condition::In(c, v)),
        ident().prop_map(Condition::IsNull),
    ];
    leaf.prop_recursive(6, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Condition::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Condition::Or),
            inner.prop_map(|part| Condition::Not(Box::new(part))),
        ]
    })
}

proptest! {
    #[test]
    fn reads_back_what_it_wrote(condition in condition()) {
        prop_assert_eq!(read(&condition.to_string()), condition);
    }

    #[test]
    fn takes_any_text_without_a_panic(text in "(not|in|is|null|and|or|a|'|\"|\\(|\\)|=|<|1|\\.|e|-| |é){0,30}") {
        if let Ok(condition) = text.parse::<Condition>() {
            prop_assert_eq!(read(&condition.to_string()), condition);
        }
    }
}
