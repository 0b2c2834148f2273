use super::*;

fn read_sql(text: &str) -> Result<Schema, LoadError> {
    let file = TextFile {
        name: "a.sql".to_owned(),
        text: text.to_owned(),
    };
    read(&[file], &[])
}

#[test]
fn depth_scratch() {
    let n = 9_900;
    for (what, text) in [
        (
            "not",
            format!("create view v as select {} a", "not ".repeat(n)),
        ),
        (
            "minus",
            format!("create view v as select {} a", "- ".repeat(n)),
        ),
        (
            "plus",
            format!("create view v as select 1{}", " + 1".repeat(n / 2)),
        ),
        (
            "check not",
            format!("create table t (a int check ({} a))", "not ".repeat(n)),
        ),
        (
            "check plus",
            format!(
                "create table t (a int check (a {} > 1))",
                "+ 1".repeat(n / 2)
            ),
        ),
        (
            "check minus",
            format!("create table t (a int check ({} a > 1))", "- ".repeat(n)),
        ),
        (
            "parens",
            format!(
                "create table t (a int check ({}a{} > 1))",
                "(".repeat(190),
                ")".repeat(190)
            ),
        ),
        (
            "dots",
            format!("create table t (a int check (a{} > 1))", ".a".repeat(n / 2)),
        ),
        (
            "casts",
            format!(
                "create table t (a int check (a{} > 1))",
                "::int".repeat(n / 3)
            ),
        ),
        (
            "index",
            format!(
                "create table t (a int check (a{} > 1))",
                "[1]".repeat(n / 3)
            ),
        ),
        (
            "union",
            format!(
                "create view v as select 1 {}",
                "union select 1 ".repeat(n / 3)
            ),
        ),
        (
            "join",
            format!(
                "create view v as select 1 from a {}",
                "join b on c ".repeat(n / 4)
            ),
        ),
        (
            "isnull",
            format!(
                "create table t (a int check (a {}))",
                "is null ".repeat(n / 2)
            ),
        ),
        (
            "collate",
            format!(
                "create table t (a int check (a {}))",
                "collate \"C\" ".repeat(n / 2)
            ),
        ),
        (
            "case",
            format!(
                "create table t (a int check ({} 1))",
                "case when a then ".repeat(190)
            ),
        ),
        (
            "subselect",
            format!(
                "create view v as select {} 1 {}",
                "(select ".repeat(190),
                ")".repeat(190)
            ),
        ),
        (
            "and",
            format!("create table t (a int check (a{}))", " and a".repeat(n / 2)),
        ),
        (
            "array",
            format!("create table t (a int[]{})", "[]".repeat(n / 2)),
        ),
        (
            "setof",
            format!(
                "create function f() returns {} int language sql as ''",
                "setof ".repeat(n)
            ),
        ),
        (
            "comments",
            format!("create table t (a int {} )", "/*".repeat(n)),
        ),
        (
            "in",
            format!(
                "create table t (a int check (a {} (1)))",
                "in (1) = a ".repeat(n / 8)
            ),
        ),
    ] {
        let t = std::time::Instant::now();
        let r = read_sql(&text);
        println!(
            "{what} {:?} {:?}",
            t.elapsed(),
            r.map(|s| s.unreadable.len()).map_err(|e| e.to_string())
        );
    }
}
#[test]
fn perf_scratch() {
    for p in ["/tmp/big.sql"] {
        let text = std::fs::read_to_string(p).unwrap();
        let t = std::time::Instant::now();
        let s = split::split(&text).len();
        println!("split {s} {:?}", t.elapsed());
        let t = std::time::Instant::now();
        for st in split::split(&text) {
            cursor::parse(&text[st.start..st.end]).unwrap();
        }
        println!("parse {:?}", t.elapsed());
        let t = std::time::Instant::now();
        let h = Ident::new("public").unwrap();
        for _ in 0..5000 {
            crate::schema::Expression::written("'{}'::jsonb", &h);
        }
        println!("5000 expr {:?}", t.elapsed());
        let t = std::time::Instant::now();
        let r = read_sql(&text).unwrap();
        println!(
            "all {:?} {} {}",
            t.elapsed(),
            r.tables.len(),
            r.unreadable.len()
        );
    }
}
