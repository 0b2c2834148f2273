//! Cases that a person worked out, through both back-ends.

use align::mapping::{Rule, Transform};
use align::transform::row::{Outcome, Program};
use align::transform::{SESSION, sql};

use super::{Columns, Drive, People, Seen, cluster, correspondence, shape, target};

const TEXT: &Columns<'static> = &[("a", "text")];

/// A rule, the target's type, and what it makes of texts: `!code` is a failure, `~code` a count.
type Case = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const CASES: &[Case] = &[
    (
        "",
        "integer",
        &[
            ("42", "42"),
            (" 7 ", "7"),
            ("1.0", "1"),
            ("1e3", "1000"),
            ("1.5", "!cast.inexact"),
            ("2147483648", "!cast.out_of_range"),
            ("1,000", "!cast.invalid"),
            ("", "!cast.invalid"),
            ("١٢", "!cast.invalid"),
        ],
    ),
    (
        "",
        "numeric(12,2)",
        &[
            ("9999999999.994", "9999999999.99"),
            ("9999999999.995", "!cast.out_of_range"),
            ("-0.005", "-0.01"),
            ("NaN", "NaN"),
        ],
    ),
    (
        "on_error = 'null'\nnulls = ['', 'unknown', 'low']",
        "numeric",
        &[
            ("1500.50", "1500.50"),
            ("unknown", "NULL"),
            ("lots", "NULL ~cast.invalid"),
        ],
    ),
    (
        "on_error = 'default'\ndefault = 0\nnulls = ['-']",
        "integer not null",
        &[("5", "5"), ("-", "0"), ("x", "0 ~cast.invalid")],
    ),
    (
        "nulls = ['-']",
        "integer not null",
        &[("5", "5"), ("-", "!null.not_allowed")],
    ),
    (
        "range = { rule = 'lower', open = 'end', words = { startup = 10, small = 25 } }\nnulls = ['', '-', 'n/a']",
        "integer",
        &[
            ("11-50", "11"),
            ("11–50", "11"),
            ("50+", "50"),
            ("<10", "10"),
            ("1,000-5,000", "1000"),
            ("10k", "10000"),
            ("Startup", "10"),
            ("n/a", "NULL"),
            ("big", "!range.unreadable"),
            ("1.5k-2.25k", "1500"),
            ("1.000", "!range.unreadable"),
            ("1.000-5.000", "!range.unreadable"),
            ("1-5.000", "!range.unreadable"),
            ("1.000+", "!range.unreadable"),
            ("<1.000", "!range.unreadable"),
            ("1.000k", "!range.unreadable"),
            ("50-11", "!range.reversed"),
            ("1000000000000000000000000000000", "!cast.out_of_range"),
        ],
    ),
    (
        "range = { rule = 'midpoint' }",
        "integer",
        &[("11-50", "31"), ("1-2", "2"), ("50+", "!range.open")],
    ),
    (
        "[column.values]\nnew = 'P3'\nhot = 'P1'",
        "text",
        &[
            ("new", "P3"),
            ("New", "!values.unknown"),
            ("", "!values.unknown"),
        ],
    ),
    (
        "lookup = { table = 'people', match = ['email', 'full_name'], normalize = ['trim', 'lower'], take = 'id' }",
        "integer",
        &[
            ("CLARA@trendtialcrm.ai ", "1"),
            ("ÉMILE zola", "4"),
            ("Sam Doe", "!lookup.ambiguous"),
            ("nobody", "!lookup.missing"),
        ],
    ),
    (
        "lookup = { table = 'people', match = ['email', 'full_name'], normalize = ['lower'], take = 'id', on_missing = 'null', on_ambiguous = 'null' }",
        "integer",
        &[
            ("Clara@trendtialcrm.ai", "1"),
            ("Clara@trendtialcrm.ai ", "NULL ~lookup.missing"),
            ("Sam Doe", "NULL ~lookup.ambiguous"),
        ],
    ),
    (
        "json = '$.budget.amount'\ncast = 'numeric'",
        "numeric",
        &[
            ("{\"budget\":{\"amount\":1500.50}}", "1500.50"),
            ("{\"budget\":{\"amount\":\"12\"}}", "12"),
            ("{\"budget\":[1]}", "NULL"),
            ("{\"budget\":{\"amount\":\"much\"}}", "!cast.invalid"),
            ("{budget:1}", "!json.unreadable"),
        ],
    ),
    (
        "scale = { factor = 0.45359237, offset = 0 }",
        "numeric",
        &[
            ("10", "4.53592370"),
            ("x", "!scale.invalid"),
            ("NaN", "!scale.invalid"),
        ],
    ),
    (
        "cast = 'timestamptz'\nzone = 'Europe/Paris'",
        "timestamptz",
        &[
            ("2024-03-31 02:30", "2024-03-31 01:30:00+00"),
            ("2024-10-27 02:30", "2024-10-27 01:30:00+00"),
            ("2024-07-01T12:00:00.5Z", "2024-07-01 12:00:00.5+00"),
            ("2023-02-29", "!cast.out_of_range"),
            ("0000-01-01", "!cast.out_of_range"),
            ("01/02/2024", "!cast.invalid"),
        ],
    ),
    (
        "cast = 'date'\nformat = 'DD/MM/YYYY'",
        "date",
        &[
            ("1/2/2024", "2024-02-01"),
            ("30/02/2024", "!cast.out_of_range"),
            ("2024-02-01", "!cast.invalid"),
        ],
    ),
    (
        "when = [ { if = \"a = 'opportunity'\", value = 'P1' }, { if = 'a >= 50', value = 'P2' } ]\notherwise = 'P3'",
        "text",
        &[
            ("opportunity", "P1"),
            ("50", "P2"),
            ("49.9", "P3"),
            ("x", "P3"),
        ],
    ),
    (
        "",
        "jsonb",
        &[
            ("{\"b\":1.0,\"a\":[ ]}", "{\"a\": [], \"b\": 1.0}"),
            ("{\"a\":1", "!cast.invalid"),
            ("\"\\u0000\"", "!cast.invalid"),
        ],
    ),
    (
        "",
        "varchar(3)",
        &[
            ("ééé", "ééé"),
            ("abc   ", "abc"),
            ("abcd", "!cast.too_long"),
        ],
    ),
];

fn shown(outcome: &Outcome) -> String {
    match (outcome.code, outcome.note) {
        (Some(code), _) => format!("!{code}"),
        (None, note) => {
            let value = outcome.value.as_deref().unwrap_or("NULL");
            note.map_or_else(|| value.to_owned(), |note| format!("{value} ~{note}"))
        }
    }
}

#[test]
fn both_give_what_a_person_expects() {
    let db = cluster::database("fixture");
    db.psql(&People::sql());
    for (rule, ty, values) in CASES {
        for seen in [Seen::Rows, Seen::Relation, Seen::Table] {
            if seen != Seen::Rows && !rule.contains("lookup") {
                continue;
            }
            let to = [("b", *ty)];
            let drive = Drive {
                from: TEXT,
                to: &to,
                rule,
                seen,
            };
            let inputs = values
                .iter()
                .map(|(text, _)| vec![Some((*text).to_owned())]);
            let inputs: Vec<_> = inputs.collect();
            let served = drive.served(&db, &inputs);
            let here = drive.evaluated(inputs.iter().map(Vec::as_slice));
            for ((served, here), (text, expected)) in served.iter().zip(here).zip(*values) {
                assert_eq!(
                    shown(&served.outcomes[0]),
                    *expected,
                    "server: {text:?} {rule}"
                );
                assert_eq!(shown(&here[0]), *expected, "here: {text:?} {rule}");
            }
        }
    }
}

#[test]
fn names_of_any_kind_are_quoted() {
    let db = cluster::database("fixture");
    let from: &Columns<'_> = &[("user", "text"), ("My Column", "integer")];
    let rule = "concat = { sep = \"'; drop table t; --\" }";
    let rule = correspondence(
        &[("\"user\"", ""), ("\"My Column\"", "")],
        &[("b", "")],
        rule,
    );
    let rendered = sql::columns(&rule, &shape(from), &target(&[("b", "text")]), &()).unwrap();
    let row = "SELECT 'x' AS \"user\", 5 AS \"My Column\"";
    let value = &rendered[0].value;
    let answer = db.psql(&format!("SELECT {value} FROM ({row}) AS s"));
    assert_eq!(answer, "x'; drop table t; --5");
}

#[test]
fn what_cannot_be_guarded_is_refused_beforehand() {
    for (from, to, rule, part) in [
        (TEXT, "interval", "", "cannot be cast to `interval` safely"),
        (TEXT, "inet", "", "cannot be cast to `inet` safely"),
        (TEXT, "text[]", "", "cannot be cast to `text[]` safely"),
        (TEXT, "integer", "default = 'x'", "`x` cannot be `integer`"),
        (
            TEXT,
            "integer",
            "default = 99999999999",
            "`99999999999` cannot be `integer`",
        ),
        (
            TEXT,
            "timestamptz",
            "cast = 'timestamptz'\nzone = 'Mars/Base'",
            "no time zone",
        ),
        (
            TEXT,
            "date",
            "cast = 'date'\nformat = 'DD/MM'",
            "it has no year",
        ),
        (
            TEXT,
            "date",
            "cast = 'date'\nformat = 'Q YYYY'",
            "cannot be read",
        ),
        (
            TEXT,
            "text",
            "when = [ { if = 'z = 1', value = 1 } ]",
            "no column `z`",
        ),
        (&[("z", "text")], "text", "", "no column `z`"),
        (
            TEXT,
            "integer",
            "lookup = { table = 'people', match = 'email', take = 'id' }",
            "looked up",
        ),
    ] {
        // the row has no column but `a`
        let correspondence = correspondence_of(from, to, rule);
        let to = [("b", to)];
        let error = sql::columns(&correspondence, &shape(TEXT), &target(&to), &()).unwrap_err();
        assert!(error.message.contains(part), "{rule}: {error}");
        assert_eq!(error.at, correspondence.at);
        let error = Program::new(&correspondence, &shape(TEXT), &target(&to), &()).unwrap_err();
        assert_eq!(error.at, correspondence.at, "{error}");
    }
}

fn correspondence_of(
    from: &Columns<'_>,
    to: &str,
    rule: &str,
) -> align::mapping::ColumnCorrespondence {
    // The file's reader asks that a condition reads columns of `from`; the renderer has to ask again.
    let known = rule.replace("'z = 1'", "'a = 1'");
    let mut made = correspondence(from, &[("b", to)], &known);
    if known != rule
        && let Rule::Convert(steps) = &mut made.rule
        && let Some(Transform::When { cases, .. }) = steps.first_mut()
    {
        cases[0].condition = "z = 1".parse().unwrap();
    }
    made
}

#[test]
fn sql_is_for_the_server_alone() {
    let rule = correspondence(TEXT, &[("b", "integer")], "sql = 'length(s.a) + 1'");
    let to = target(&[("b", "integer")]);
    let refused = Program::new(&rule, &shape(TEXT), &to, &()).unwrap_err();
    assert!(refused.message.contains("`sql`"), "{refused}");
    let db = cluster::database("fixture");
    let rendered = sql::columns(&rule, &shape(TEXT), &to, &()).unwrap();
    let value = &rendered[0].value;
    assert_eq!(
        db.psql(&format!(
            "SELECT {value} FROM (SELECT 'abc'::text AS a) AS s"
        )),
        "4"
    );
}

#[test]
fn a_column_that_only_has_a_new_name_is_read_as_it_is() {
    let to = [("b", "bigint")];
    let rule = correspondence(TEXT, &to, "");
    let rendered = sql::columns(&rule, &shape(&[("a", "integer")]), &target(&to), &()).unwrap();
    assert_eq!(rendered[0].value, "s.a::bigint");
    assert_eq!((&rendered[0].code, &rendered[0].note), (&None, &None));
    // and the settings of the session are such as the server takes
    let db = cluster::database("fixture");
    for (name, value) in SESSION {
        db.psql(&format!("SET {name} = '{value}'"));
    }
}
