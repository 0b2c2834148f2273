use proptest::prelude::*;

use super::*;
use crate::mapping::file;
use crate::schema::quote;

fn head() -> Head<'static> {
    Head {
        pair: "a\nb",
        from: Some("a\\b \"c\".sql"),
        to: None,
        schemas: &[],
        migrations: "migrations",
        phase: "phase1",
    }
}

fn name() -> impl Strategy<Value = String> {
    "[^\0]{1,12}".prop_filter_map("a name", |text| {
        Ident::new(text).ok().map(|i| quote(i.as_str()))
    })
}

proptest! {
    #[test]
    fn whatever_the_names_the_file_reads_back(names in prop::collection::vec(name(), 6)) {
        let column = |at: usize| format!("{}.{}", names[0], names[at]);
        let columns = Columns {
            plain: 0,
            same: vec![(column(1), column(2))],
            only_to: vec![OpenColumn {
                to: column(3),
                about: names[3].clone(),
                candidates: vec![(column(4), names[4].clone())],
            }],
            only_from: vec![(column(5), names[5].clone())],
        };
        let draft = Draft {
            tables: vec![TablePair {
                from: names[0].clone(),
                to: names[0].clone(),
                is_plain: false,
                columns,
            }],
            only_to: vec![OpenTable {
                to: names[1].clone(),
                count: 1,
                candidates: vec![TableCandidate { from: names[2].clone(), alike: 0 }],
                columns: Columns::default(),
            }],
            only_from: vec![names[3].clone()],
        };
        let text = render(&draft, &head());
        let mapping = file::read(&text).unwrap_or_else(|errors| panic!("{errors:#?}\n{text}"));
        prop_assert_eq!(mapping.tables.len(), 1);
        prop_assert_eq!(mapping.columns.len(), 1);
        prop_assert_eq!(mapping.undecided.len(), 4);
        prop_assert_eq!(&mapping.undecided[0].to, &names[1]);
        // A `#` taken away is an answer: the file still reads.
        let answered = text.replace("# from = ", "from = ");
        prop_assert!(file::read(&answered).is_ok(), "{}", answered);
    }
}

#[test]
fn a_name_twice_is_no_pair() {
    let keys = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let (from, to) = (keys(&["a", "b", "b", "c"]), keys(&["a", "b", "c", "c"]));
    assert_eq!(
        same_keys(&from, &[0, 1, 2, 3], &to, &[0, 1, 2, 3]),
        [(0, 0)]
    );
    assert_eq!(same_keys(&from, &[1, 2, 3], &to, &[0, 1, 2, 3]), []);
}
