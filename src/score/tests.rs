use super::*;
use crate::schema::{Ident, Schema};
use crate::source::TextFile;

/// A score of nothing but its overall share.
pub(crate) fn scored(overall: Option<(u64, u64)>, is_capped: bool) -> Score {
    let none = Counted {
        by_name: 0,
        matched: 0,
        total: 0,
    };
    Score {
        overall: overall.map(|(numerator, denominator)| Share::of(numerator, denominator)),
        is_capped,
        categories: Vec::new(),
        strict: Strict {
            by_name: None,
            renames: None,
        },
        coverage: Coverage {
            tables: none,
            columns: none,
            types: none,
        },
    }
}

fn schema(sql: &str) -> Schema {
    let file = TextFile {
        name: "a.sql".to_owned(),
        text: sql.to_owned(),
    };
    crate::source::sql::read(&[file], &[Ident::new("public").unwrap()]).unwrap()
}

fn of(from: &str, to: &str, mapping: &str) -> Score {
    let mapping = crate::mapping::file::read(&format!("format = 1\n{mapping}")).unwrap();
    score(
        &crate::diff::compare(&schema(from), &schema(to), &mapping),
        &mapping,
    )
}

#[test]
fn printing_rounds_half_up_and_never_up_to_all() {
    for (numerator, denominator, tenths, whole) in [
        (0, 1, "0.0", 0),
        (4, 10_000, "0.0", 0),
        (49_999, 100_000_000, "0.0", 0),
        (5, 10_000, "0.1", 0),
        (45, 10_000, "0.5", 0),
        (5, 1000, "0.5", 1),
        (4949, 10_000, "49.5", 49),
        (495, 1000, "49.5", 50),
        (1, 3, "33.3", 33),
        (2, 3, "66.7", 67),
        (9994, 10_000, "99.9", 99),
        (9995, 10_000, "99.9", 99),
        (9996, 10_000, "99.9", 99),
        (999_999, 1_000_000, "99.9", 99),
        (1, 1, "100.0", 100),
    ] {
        let share = Share::of(numerator, denominator);
        assert_eq!(share.to_string(), tenths, "{numerator}/{denominator}");
        assert_eq!(share.percent(), whole, "{numerator}/{denominator}");
        assert_eq!(share.is_all(), whole == 100, "{numerator}/{denominator}");
    }
    assert_eq!(Share::of(50, 200).fraction(), "1/4");
}

#[test]
fn what_was_not_compared_keeps_the_score_from_100() {
    for (share, capped, printed) in [
        (Some((1, 1)), false, "100.0"),
        (Some((1, 1)), true, "99.9"),
        (Some((1, 2)), true, "50.0"),
        (None, true, "-"),
    ] {
        assert_eq!(scored(share, capped).printed(), printed, "{share:?}");
    }
}

#[test]
fn a_threshold_is_the_decimal_number_that_was_written() {
    for (share, capped, threshold, reached) in [
        (Some((896, 1000)), false, 89.6, true),
        // As binary numbers these are above what was written.
        (Some((161, 1000)), false, 16.1, true),
        (Some((1, 1000)), false, 0.1, true),
        (Some((823, 1000)), false, 82.3, true),
        (Some((82_299, 100_000)), false, 82.3, false),
        // Printed as 89.6, and less.
        (Some((8957, 10_000)), false, 89.6, false),
        (Some((0, 1)), false, 0.0, true),
        (Some((1, 1)), false, 100.0, true),
        (Some((1, 1)), true, 100.0, false),
        (Some((1, 1)), true, 99.9, true),
        (Some((9999, 10_000)), false, 100.0, false),
        (Some((1, 1)), false, f64::NAN, false),
        (Some((1, 1)), false, f64::INFINITY, false),
        (None, false, 0.0, false),
    ] {
        let score = scored(share, capped);
        assert_eq!(score.reaches(threshold), reached, "{share:?} {threshold}");
    }
}

/// By hand: `a` earns 1 + 1 + 1 + 1/4 of 5, `b` 1/4 of 2, `c` is not there; so (13/20 + 1/8) / 2 =
/// 31/80 with weight 3, and 0 with weight 1; together 93/320.
#[test]
fn weights_and_credits_are_the_ones_of_the_mapping() {
    let score = of(
        "create table a (same int, old text, word text, odd text); create table b (x text);",
        "create table a (same bigint, new text, made text, odd int, gone int);
         create table b (x int, y int); create table c (z int);",
        r#"
        [credit]
        lossy = 0.25
        [[category]]
        name = "first"
        weight = 3
        tables = ["a", "b"]
        [[category]]
        name = "second"
        weight = 1
        tables = ["c"]
        [[category]]
        name = "none of it is there"
        weight = 7
        tables = ["d"]
        [[column]]
        from = "a.old"
        to = "a.new"
        [[column]]
        from = "a.word"
        to = "a.made"
        concat = { sep = " " }
        "#,
    );
    let [first, second, third] = &score.categories[..] else {
        panic!("{:?}", score.categories);
    };
    let earned: Vec<_> = first.tables.iter().map(|t| (t.earned, t.columns)).collect();
    assert_eq!(earned, [(3250, 5), (250, 2)]);
    assert_eq!(first.share, Some(Share::of(31, 80)));
    assert_eq!(first.lost, Share::of(3 * 49, 80 * 4));
    assert_eq!(second.share, Some(Share::of(0, 1)));
    assert_eq!(second.lost, Share::of(1, 4));
    assert_eq!((&third.share, &third.lost), (&None, &Share::of(0, 1)));
    assert_eq!(third.absent, ["d"]);
    assert_eq!(score.overall, Some(Share::of(93, 320)));
    // By name `a` has `same` alone; with renames `new` and a quarter of `odd`, too.
    assert_eq!(score.strict.by_name, Some(Share::of(3, 40)));
    assert_eq!(score.strict.renames, Some(Share::of(69, 320)));
    let counted = |c: Counted| (c.by_name, c.matched, c.total);
    assert_eq!(counted(score.coverage.tables), (2, 2, 3));
    assert_eq!(counted(score.coverage.columns), (1, 5, 8));
    assert_eq!(counted(score.coverage.types), (1, 2, 4));
}

#[test]
fn a_table_without_columns_is_all_there_or_not_at_all() {
    for (from, share) in [
        ("create table t ();", Share::of(1, 1)),
        ("create table t (x int);", Share::of(1, 1)),
        ("create table u ();", Share::of(0, 1)),
    ] {
        assert_eq!(of(from, "create table t ();", "").overall, Some(share));
    }
}
