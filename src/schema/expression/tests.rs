use proptest::prelude::*;

use super::*;

fn home() -> Ident {
    Ident::new("public").unwrap()
}

fn written(text: &str) -> Expression {
    Expression::written(text, &home())
}

#[test]
fn what_is_written_is_what_the_server_prints() {
    let mut count = 0;
    let corpus = include_str!("corpus.txt");
    for block in corpus.split("\n\n").filter(|b| !b.starts_with('#')) {
        let lines: Vec<&str> = block.lines().map(str::trim).collect();
        let [_, text, printed, canonical] = lines.as_slice() else {
            panic!("a block of four lines, not {block}");
        };
        let from_file = written(text);
        let from_server = Expression::deparsed(printed, &home());
        assert_eq!(from_file.text, *canonical, "from a file: {text}");
        assert_eq!(from_server.text, *canonical, "from a server: {printed}");
        // A dump is a file that the server spelled.
        assert_eq!(written(printed).text, *canonical, "from a dump: {printed}");
        assert_eq!(written(canonical).text, *canonical, "read again");
        let selects = canonical.contains("FROM ") && canonical.contains("SELECT ");
        assert_eq!(from_file.needs_server, selects, "{text}");
        assert_eq!(from_server.needs_server, selects, "{printed}");
        assert_eq!(from_file.agrees(&from_server), Agreement::Same);
        count += 1;
    }
    assert!(count > 800, "{count} pairs");
}

#[test]
fn the_pretty_printing_of_the_server_is_read_too() {
    for (printed, canonical) in [
        (
            "(quantity::numeric * price) >= 100::numeric",
            "quantity * price >= 100",
        ),
        (
            "price / NULLIF(quantity, 0)::numeric",
            "price / NULLIF(quantity, 0)",
        ),
        (
            "quantity::numeric / 100::numeric",
            "quantity::numeric / 100",
        ),
        (
            "status::text = ANY (ARRAY['a'::character varying, 'b'::character varying]::text[])",
            "status IN ('a', 'b')",
        ),
        (
            "(data ->> 'n'::text)::integer > 5",
            "(data ->> 'n')::integer > 5",
        ),
        ("NOT (a AND b OR c)", "NOT ((a AND b) OR c)"),
    ] {
        assert_eq!(Expression::deparsed(printed, &home()).text, canonical);
    }
}

/// One shape nested to a depth.
fn nested(depth: usize, open: &str, core: &str, close: &str) -> String {
    format!("{}{core}{}", open.repeat(depth), close.repeat(depth))
}

#[test]
fn no_depth_overflows_the_stack() {
    assert!(written(&nested(100_000, "(", "a", ")")).needs_server);
    for (open, core, close) in [
        ("(", "a", ")"),
        ("(", "a = 1", ")"),
        ("(", "a", " + 1)"),
        ("(", "a", " || (b + 1))"),
        ("NOT ", "a", ""),
        ("- ", "a", ""),
        ("~ ", "a", ""),
        ("f(", "a", ")"),
        ("(SELECT ", "a", ")"),
        ("EXISTS (SELECT 1 FROM a WHERE ", "b", ")"),
        ("(SELECT 1 FROM (a JOIN b ON ", "c", "))"),
        ("(a IN (SELECT ", "b", " FROM c))"),
        ("ARRAY[", "a", "]"),
        ("ARRAY(SELECT ", "a", ")"),
        ("CASE WHEN ", "a", " THEN 1 END"),
        ("CASE WHEN a THEN 1 ELSE ", "a", " END"),
        ("CAST(", "a", " AS text)"),
        ("COALESCE(", "a", ", 1)"),
        ("EXTRACT(day FROM ", "a", ")"),
        ("substring(", "a", " from 1)"),
        ("a[", "1", "]"),
        ("(", "a", ").b"),
        ("(a AND (b OR ", "c", "))"),
        ("a IN (1, ", "a", ")"),
        ("((", "a", ")::text)::varchar"),
        ("(", "a", " BETWEEN 1 AND 2)"),
        ("", "a", " + 1"),
        ("", "a", "[1]"),
        ("", "(a)", ".b"),
        ("", "a", "::text"),
        ("", "a", " COLLATE c"),
        ("", "a", " IS NULL"),
        ("", "a", " AND b"),
        ("", "a", " AT TIME ZONE 'utc'"),
        ("", "(SELECT 1", " UNION SELECT 1"),
        ("", "(SELECT 1 FROM a", " JOIN b ON true"),
        ("", "(", ""),
        ("", "", ")"),
        ("[", "", ""),
        ("case ", "", ""),
        ("'", "", ""),
        ("a.", "b", ""),
        ("{", "", ""),
        ("a = '{", "", "}'"),
    ] {
        for depth in [1, 20, 42, 63, 127, 128, 5_000] {
            let text = nested(depth, open, core, close);
            let expression = written(&text);
            let again = written(&expression.text);
            assert_eq!(again.text, expression.text, "{open}…{close} {depth} deep");
            assert_eq!(expression.columns(), again.columns());
            expression.domain_of();
            assert_eq!(
                expression.agrees(&Expression::deparsed(&text, &home())),
                Agreement::Same
            );
        }
    }
}

/// Definitions that a person could mean to tell apart, however alike they look.
const DIFFERENT: &[(&str, &str)] = &[
    ("x::integer", "x"),
    ("x::integer = 1", "x = 1"),
    ("x::text", "x"),
    ("x::date = y", "x = y"),
    ("x::date", "x::timestamptz"),
    ("lower(x)::varchar(3) = 'abc'", "lower(x) = 'abc'"),
    ("x::varchar(3) = 'abc'", "x = 'abc'"),
    ("'abc'::varchar(2)", "'abc'"),
    ("auth.uid()::text = x", "auth.uid() = x"),
    ("now()::date", "now()"),
    ("now()", "CURRENT_TIMESTAMP"),
    ("CURRENT_TIMESTAMP(3)", "CURRENT_TIMESTAMP"),
    ("CURRENT_DATE", "now()"),
    ("CURRENT_USER", "SESSION_USER"),
    ("now() AT TIME ZONE 'utc'", "now()"),
    ("timezone('utc', now())", "timezone('cet', now())"),
    ("now() + interval '1 day'", "now() + interval '1 month'"),
    ("now() + interval '1 day'", "now() - interval '1 day'"),
    ("'1'", "1"),
    ("''", "NULL"),
    ("'a'", "'A'"),
    ("'a '", "'a'"),
    ("true", "'true'"),
    ("-1", "1"),
    ("0.5", "0.05"),
    ("1.0", "1"),
    ("'{}'", "'[]'"),
    ("'{\"a\": 1}'", "'{\"a\": 2}'"),
    ("ARRAY['a', 'b']", "ARRAY['b', 'a']"),
    ("ARRAY['a,b']", "ARRAY['a', 'b']"),
    ("x IN ('a', 'b')", "x IN ('a', 'b', 'c')"),
    ("x IN ('a', 'b')", "x NOT IN ('a', 'b')"),
    ("x IN (1, 2)", "x IN ('1', '2')"),
    ("x = ANY (y)", "x = ALL (y)"),
    ("x BETWEEN 1 AND 2", "x > 1 AND x < 2"),
    ("x BETWEEN 1 AND 2", "x NOT BETWEEN 1 AND 2"),
    ("x LIKE 'a%'", "x ILIKE 'a%'"),
    ("x LIKE 'a%'", "x NOT LIKE 'a%'"),
    ("x LIKE 'a' ESCAPE '!'", "x LIKE 'a'"),
    ("x ~ 'a'", "x ~* 'a'"),
    ("x ~ '[1, 2]'", "x ~ '[1,2]'"),
    ("x ~ '{2,3}'", "x ~ '{2, 3}'"),
    ("a AND b OR c", "a AND (b OR c)"),
    ("NOT a AND b", "NOT (a AND b)"),
    ("a - (b - c)", "a - b - c"),
    ("a - b", "b - a"),
    ("a * (b + c)", "a * b + c"),
    ("-(a + b)", "-a + b"),
    ("(a || b) = c", "a || (b = c)"),
    ("(a = b) IS NULL", "a = (b IS NULL)"),
    ("a::numeric / b", "a / b"),
    ("a / b::numeric", "a / b"),
    ("a / 100.0", "a / 100"),
    ("a::numeric / 100", "a / 100"),
    ("((a)::numeric / (b)::numeric)", "a / b"),
    ("x IS NULL", "x IS NOT NULL"),
    ("x IS TRUE", "x IS NOT FALSE"),
    ("x IS DISTINCT FROM y", "x IS NOT DISTINCT FROM y"),
    ("x IS DISTINCT FROM y", "x <> y"),
    (
        "old.x IS DISTINCT FROM new.x",
        "new.x IS DISTINCT FROM old.x",
    ),
    ("new.x", "x"),
    ("x = 'a'", "\"X\" = 'a'"),
    ("f(x)", "\"F\"(x)"),
    ("f(x)", "app.f(x)"),
    ("f(x, y)", "f(y, x)"),
    ("f(a => 1)", "f(1)"),
    ("'x'::app.level::text", "'x'::text || ''"),
    ("x::app.level = y", "x::level = y"),
    ("nextval('a_seq')", "nextval('b_seq')"),
    ("nextval('app.a_seq')", "nextval('a_seq')"),
    ("nextval('\"A_seq\"')", "nextval('a_seq')"),
    ("nextval('a_seq')", "currval('a_seq')"),
    ("uuid_generate_v4()", "gen_random_uuid()"),
    ("data -> 'a'", "data ->> 'a'"),
    ("data ->> 'a'", "data ->> 'b'"),
    ("data @> x", "data <@ x"),
    ("tags[1]", "tags[2]"),
    ("tags[1:2]", "tags[1]"),
    ("trim(x)", "ltrim(x)"),
    ("trim(x)", "x"),
    ("lower(x)", "x"),
    ("substring(x from 2)", "substring(x for 2)"),
    ("position('a' in x)", "position(x in 'a')"),
    ("x COLLATE \"C\"", "x"),
    ("x COLLATE \"C\"", "x COLLATE \"POSIX\""),
    ("EXTRACT(year FROM x)", "EXTRACT(month FROM x)"),
    ("CASE WHEN a THEN 1 ELSE 0 END", "CASE WHEN a THEN 1 END"),
    ("CASE a WHEN 1 THEN 2 END", "CASE WHEN a = 1 THEN 2 END"),
    ("COALESCE(a, b)", "COALESCE(b, a)"),
    ("(SELECT auth.uid()) = x", "auth.uid() = x"),
    ("(x).a", "(x).b"),
    ("(home).zip", "zip"),
    ("x OPERATOR(app.=) y", "x = y"),
    ("X'1F'", "B'1111'"),
    ("EXISTS (SELECT 1 FROM a)", "NOT EXISTS (SELECT 1 FROM a)"),
    ("EXISTS (SELECT 1 FROM a)", "EXISTS (SELECT 1 FROM app.a)"),
    (
        "EXISTS (SELECT 1 FROM a WHERE a.id = t.id)",
        "EXISTS (SELECT 1 FROM a WHERE a.id = a.id)",
    ),
    (
        "EXISTS (SELECT 1 FROM a x WHERE x.id = a.id)",
        "EXISTS (SELECT 1 FROM a x WHERE x.id = x.id)",
    ),
    (
        "x IN (SELECT y FROM a JOIN b ON a.id = b.id)",
        "x IN (SELECT y FROM a LEFT JOIN b ON a.id = b.id)",
    ),
    ("x IN (SELECT y FROM a)", "x IN (SELECT z FROM a)"),
    ("x IN (SELECT y FROM a)", "x NOT IN (SELECT y FROM a)"),
    ("x < ANY (SELECT y FROM a)", "x < ALL (SELECT y FROM a)"),
    ("(SELECT y FROM a LIMIT 1)", "(SELECT y FROM a LIMIT 2)"),
    (
        "(SELECT y FROM a ORDER BY z)",
        "(SELECT y FROM a ORDER BY z DESC)",
    ),
    (
        "(SELECT count(x) FROM a)",
        "(SELECT count(DISTINCT x) FROM a)",
    ),
];

#[test]
fn what_means_something_else_reads_otherwise() {
    for (one, other) in DIFFERENT {
        let (one, other) = (written(one), written(other));
        assert_ne!(one.text, other.text);
        assert_eq!(one.agrees(&other), Agreement::Different);
    }
}

#[test]
fn only_what_types_may_explain_is_left_open() {
    for (text, printed, agreement) in [
        // `age` takes a timestamp, `d` is a date.
        (
            "age(d) > interval '18 years'",
            "(age((d)::timestamp with time zone) > '18 years'::interval)",
            Agreement::Unresolved,
        ),
        (
            "auth.uid()::uuid = x",
            "(auth.uid() = x)",
            Agreement::Unresolved,
        ),
        // `owner` may be a `varchar`, or a uuid that somebody cast.
        (
            "auth.uid()::text = owner",
            "((auth.uid())::text = (owner)::text)",
            Agreement::Unresolved,
        ),
        (
            "total / quantity",
            "((total)::numeric / quantity)",
            Agreement::Unresolved,
        ),
        ("'0'", "0", Agreement::Unresolved),
        ("'t'", "true", Agreement::Unresolved),
        ("'{a, \"b\"}'", "'{a,b}'::text[]", Agreement::Unresolved),
        ("'{a, b}'", "'{a,c}'::text[]", Agreement::Different),
        (
            "'90 minutes'",
            "'01:30:00'::interval",
            Agreement::Unresolved,
        ),
        ("x", "(x)::integer", Agreement::Different),
        ("x > 0", "(x > 1)", Agreement::Different),
        ("'1'", "2", Agreement::Different),
        ("x = y", "((x)::uuid = y)", Agreement::Different),
        ("x::uuid = y", "((x)::uuid = y)", Agreement::Same),
        (
            "EXISTS (SELECT 1 FROM a JOIN b ON x = y)",
            "(EXISTS ( SELECT 1 FROM (public.a JOIN public.b ON ((a.x = b.y)))))",
            Agreement::Unresolved,
        ),
    ] {
        let (text, printed) = (written(text), Expression::deparsed(printed, &home()));
        assert_eq!(text.agrees(&printed), agreement, "{text:?} {printed:?}");
        assert_eq!(printed.agrees(&text), agreement, "{text:?} {printed:?}");
    }
}

#[test]
fn names_at_home_need_no_namespace() {
    let app = Ident::new("app").unwrap();
    let at = |text: &str| Expression::written(text, &app).text;
    assert_eq!(at("app.f(x) = 'a'::app.level"), "f(x) = 'a'");
    assert_eq!(at("x::app.level = y"), "x::level = y");
    assert_eq!(at("nextval('app.s'::regclass)"), "nextval('s')");
    assert_eq!(at("x IN (SELECT y FROM app.a)"), "x IN (SELECT y FROM a)");
    assert_eq!(
        at("x IN (SELECT y FROM public.a)"),
        "x IN (SELECT y FROM public.a)"
    );
}

#[test]
fn what_is_not_understood_is_kept_as_words() {
    for (text, kept) in [
        ("a  B\n c", "a b c"),
        ("f(x) OVER (Partition BY y)", "f(x) OVER (PARTITION BY y)"),
        ("x = 'it''s  A' foo", "x = 'it''s  A' foo"),
        (" 'open  end", "'open  end"),
        ("a = (", "a = ("),
        ("", ""),
        ("é ü 'ß' ,", "é ü 'ß',"),
    ] {
        let expression = written(text);
        assert_eq!(expression.text, kept);
        assert!(expression.needs_server, "{text}");
    }
    let query = Expression::query(
        "select  a.ID,\n \"B\" from PUBLIC.a where x='Y' ;",
        Spelling::Written,
        &home(),
    );
    assert_eq!(query.text, "SELECT a.id, \"B\" FROM a WHERE x = 'Y'");
    assert!(query.needs_server);
}

/// Expressions as a person may write them, with words and operators of every kind.
fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "a",
        "b",
        "\"Odd\"",
        "t.c",
        "1",
        "-2",
        "1.50",
        "1e3",
        "'x'",
        "'it''s'",
        "''",
        "'{a, b}'",
        "'7'::int",
        "NULL",
        "TRUE",
        "now()",
        "CURRENT_DATE",
        "interval '1 week'",
        "'[]'::jsonb",
        "ARRAY[]::text[]",
        "date '2020-01-01'",
        "(SELECT auth.uid())",
        "public.f(a)",
        "E'\\\\d'",
        "'2020-01-01 00:00:00+00'::timestamptz",
        "B'01'",
        "$1",
        "nextval('s'::regclass)",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 3, |inner| {
        let binary = prop::sample::select(vec![
            "+",
            "-",
            "*",
            "/",
            "%",
            "^",
            "||",
            "->",
            "->>",
            "=",
            "<>",
            "!=",
            "<",
            ">=",
            "AND",
            "OR",
            "and",
            "LIKE",
            "NOT ILIKE",
            "~",
            "~~",
            "@>",
            "IS DISTINCT FROM",
            "IS NOT DISTINCT FROM",
            "AT TIME ZONE",
            "OPERATOR(pg_catalog.+)",
            "OPERATOR(app.@@)",
            "<@",
            "= ANY",
            "<> ALL",
            "SIMILAR TO",
            "OVERLAPS",
        ]);
        let wrap = prop::sample::select(vec![
            ("(", ")"),
            ("((", "))"),
            ("NOT ", ""),
            ("- ", ""),
            ("@ ", ""),
            ("lower(", ")"),
            ("(", ")::text"),
            ("(", ")::numeric"),
            ("(", ")::integer"),
            ("CAST(", " AS double precision)"),
            ("COALESCE(", ", 0)"),
            ("(", ") IS NULL"),
            ("(", ") IS NOT TRUE"),
            ("(", ") COLLATE \"C\""),
            ("(", ") IN ('a', 'b')"),
            ("(", ") NOT IN (1, a)"),
            ("a IN (", ")"),
            ("(", ")[1]"),
            ("(", ").f"),
            ("ARRAY[", "]"),
            ("ARRAY[", "]::text[]"),
            ("EXTRACT(year FROM ", ")"),
            ("trim(", ")"),
            ("substring(", " FROM 2)"),
            ("(SELECT ", " AS x)"),
            ("EXISTS (SELECT 1 FROM public.u WHERE ", ")"),
            ("a IN (SELECT u.a FROM u x WHERE ", ")"),
            ("CASE WHEN ", " THEN 1 ELSE NULL END"),
            ("CASE a WHEN 1 THEN ", " END"),
            ("a BETWEEN 1 AND ", ""),
        ]);
        prop_oneof![
            (inner.clone(), binary, inner.clone()).prop_map(|(l, op, r)| match op {
                "= ANY" | "<> ALL" => format!("({l}) {op} ({r})"),
                _ => format!("{l} {op} {r}"),
            }),
            (inner.clone(), wrap).prop_map(|(x, (open, close))| format!("{open}{x}{close}")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| { format!("CASE WHEN {a} THEN {b} ELSE {c} END") }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_canonical_text_is_its_own(text in expressions()) {
        let once = written(&text);
        let twice = written(&once.text);
        prop_assert_eq!(&twice.text, &once.text, "{}", text);
        // Parentheses around the whole, and the case of words, say nothing.
        prop_assert_eq!(&written(&format!("(\n({text}) )")).text, &once.text);
        // What is printed reads as the tree that was printed.
        if let Some(tree) = once.tree() {
            prop_assert_eq!(print::sql(&tree), once.text);
        }
    }

    #[test]
    fn any_text_is_taken(text in "\\PC{0,40}") {
        let once = written(&text);
        prop_assert_eq!(&written(&once.text).text, &once.text);
    }

    #[test]
    fn any_words_are_taken(words in prop::collection::vec(prop::sample::select(vec![
        "a", "\"B\"", "1", ".5", "'x'", "E'\\n'", "(", ")", "[", "]", ",", ".", "::", ":", "=>", "+", "-",
        "<", ">", "=", "@>", "->>", "NOT", "AND", "OR", "IN", "IS", "NULL", "LIKE", "ESCAPE", "BETWEEN",
        "CASE", "WHEN", "THEN", "ELSE", "END", "CAST", "AS", "int", "interval", "ARRAY", "ROW", "ANY",
        "SELECT", "FROM", "WHERE", "EXISTS", "EXTRACT", "trim", "substring", "public", "COLLATE", "AT",
        "TIME", "ZONE", "OPERATOR", "DISTINCT", "day", "UNION", "JOIN", "ON", "LIMIT", "ORDER", "BY",
        "--", "/*", "*/", "*", "\n", ";", "$1", "$$", "now()",
    ]), 0..14)) {
        let once = written(&words.join(" "));
        prop_assert_eq!(&written(&once.text).text, &once.text);
    }
}
