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
