use super::*;
use crate::mapping::file;

fn relation(name: &str, columns: &[(&str, &str)], key: &[&str]) -> Relation {
    let named = |name: &&str| Ident::new(*name).unwrap();
    let types = columns
        .iter()
        .map(|(name, ty)| (named(name), ColumnType::parse(ty, &|_, _| None)));
    Relation {
        name: name.to_owned(),
        shape: Shape::from_types(types),
        key: key.iter().map(named).collect(),
    }
}

#[test]
fn rows_are_joined_by_the_whole_key_of_the_new_table() {
    let old = relation("o", &[("id", "int"), ("part", "int"), ("a", "text")], &[]);
    for (key, expected) in [
        (&["id"][..], Some("t.id = s.id")),
        (&["id", "part"], Some("t.id = s.id AND t.part = s.part")),
        (&["id", "new_part"], None),
        (&[], None),
    ] {
        let new = relation("n", &[("id", "int")], key);
        assert_eq!(join(&old, &new).as_deref(), expected, "{key:?}");
    }
}

#[test]
fn a_number_that_stands_as_its_text_is_enough_for_a_plain_rule_alone() {
    for (rule, from, to, expected) in [
        ("", "text", "integer", true),
        ("", "varchar(20)", "bigint", true),
        ("", "text", "numeric", false),
        ("", "integer", "bigint", false),
        ("nulls = ['0']", "text", "integer", false),
        ("default = 7", "text", "integer", false),
        ("scale = { factor = 2 }", "text", "integer", false),
    ] {
        let text = format!("format = 1\n[[column]]\nfrom = 't.a'\nto = 't.b'\n{rule}\n");
        let mapping = file::read(&text).unwrap_or_else(|errors| panic!("{errors:?}"));
        let entry = &mapping.columns[0];
        let (old, new) = (
            relation("t", &[("a", from)], &[]),
            relation("t", &[("b", to)], &[]),
        );
        let expressions = columns(entry, &old.shape, &new.shape, &()).unwrap();
        let found = doubt(entry, &expressions[0], &old, &new);
        let wanted = expected.then(|| "t.b::text IS DISTINCT FROM s.a".to_owned());
        assert_eq!(found, wanted, "{rule} {from} {to}");
    }
}
