//! Servers that hash bytes in other ways, and ranges that are too large to be listed.

use align::copy::{Asked, planned};
use align::mapping::Mapping;
use align::migrate::Control;
use align::schema::Ident;
use align::source::postgres::{ConnectOptions, read};
use align::verify::{Against, Check, RANGE_ROWS, Verdict, check_against};

use super::Pair;

const TABLES: &str = "
    CREATE TABLE big (id bigint PRIMARY KEY, name text, n numeric);
    CREATE TABLE pairs (kind text, id uuid, x int, PRIMARY KEY (kind, id));
    INSERT INTO big SELECT n, repeat('name ', 20) || n, n / 8.0 FROM generate_series(1, 20000) AS n;
    INSERT INTO pairs SELECT 'k' || n % 2, md5(n::text)::uuid, n FROM generate_series(1, 20000) AS n;
    ANALYZE;";

/// Compares both, with ranges of that size.
fn compare(pair: &Pair, range_rows: u64, may_hash: bool) -> Vec<Check> {
    let options = |url: &str| {
        let environment = |_: &str| None;
        ConnectOptions::from_url(url, &environment).expect("it is a URL")
    };
    let (source, target) = (options(&pair.from.url()), options(&pair.to.url()));
    let public = [Ident::new("public").expect("a name")];
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let from = read(&source, &public).await.expect("a schema");
        let to = read(&target, &public).await.expect("a schema");
        let (mapping, control) = (Mapping::default(), Control::default());
        let asked = Asked {
            pair: None,
            conditions: &[],
            only: &[],
            each: true,
        };
        let planned = planned((&source, &target), (&from, &to), &mapping, &asked, &control);
        let planned = planned.await.expect("a plan");
        let against = Against {
            source: &source,
            target: &target,
            pair: None,
            budget: std::time::Duration::from_secs(600),
            keys: 100,
            show_values: false,
            allow_extra: false,
            range_rows,
            may_hash,
        };
        check_against(&against, &planned.plan)
            .await
            .expect("an answer")
    })
}

#[test]
fn every_way_gives_the_same_rows() {
    let pair = Pair::new("digests", TABLES, TABLES);
    for (range_rows, may_hash) in [(RANGE_ROWS, true), (RANGE_ROWS, false), (10, true)] {
        for check in compare(&pair, range_rows, may_hash) {
            assert_eq!(check.verdict, Verdict::Passed, "{check:#?}");
            assert_eq!(check.looked_at, 20_000);
        }
    }
    pair.to.psql(
        "UPDATE big SET n = n + 1 WHERE id IN (1, 20000); UPDATE big SET n = n * 1.000 WHERE id = 7; DELETE FROM big WHERE id IN (2, 10000);
         INSERT INTO big SELECT n, 'extra' FROM generate_series(30001, 30080) AS n;
         UPDATE pairs AS a SET x = b.x FROM pairs AS b WHERE (a.x, b.x) IN ((5, 6), (6, 5)); DELETE FROM pairs WHERE x = 19999",
    );
    let found = |range_rows, may_hash| -> Vec<Vec<String>> {
        let checks = compare(&pair, range_rows, may_hash);
        let found = checks.iter().map(|check| {
            let findings = check.findings.iter();
            findings.map(|finding| finding.message.clone()).collect()
        });
        found.collect()
    };
    let expected = found(RANGE_ROWS, true);
    assert_eq!(
        expected[0][..3],
        [
            "2 rows are missing in this database",
            "{\"id\": 2} is missing",
            "{\"id\": 10000} is missing"
        ]
    );
    assert_eq!(expected[0][3], "80 rows are in this database alone");
    assert_eq!(
        expected[0][84..],
        [
            "2 rows are different (n in 2)",
            "{\"id\": 1} differs in n",
            "{\"id\": 20000} differs in n"
        ]
    );
    assert_eq!(expected[1][0], "1 row is missing in this database");
    assert_eq!(expected[1][2], "2 rows are different (x in 2)");
    assert_eq!(found(RANGE_ROWS, false), expected);
    assert_eq!(found(10, true), expected);
    assert_eq!(found(10, false), expected);
}
