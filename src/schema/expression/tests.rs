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
    assert!(count > 550, "{count} pairs");
}

/// One shape nested to a depth.
fn nested(depth: usize, open: &str, core: &str, close: &str) -> String {
    format!("{}{core}{}", open.repeat(depth), close.repeat(depth))
}

#[test]
fn no_depth_overflows_the_stack() {
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
        for depth in [1, 20, 83, 124, 249, 250, 5_000, 100_000] {
            eprintln!("{open} {close} {depth}"); let text = nested(depth, open, core, close);
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
