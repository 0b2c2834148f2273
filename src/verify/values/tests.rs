use super::pair::join;
use super::*;
use crate::mapping::file;
use crate::transform::Shape;

fn relation(name: &str, columns: &[(&str, &str)], key: &[&str]) -> Relation {
    let named = |name: &&str| Ident::new(*name).unwrap();
    let types = columns
        .iter()
        .map(|(name, ty)| (named(name), ColumnType::parse(ty, &|_, _| None)));
    Relation {
        name: name.to_owned(),
        shape: Shape::from_types(types),
        key: key.iter().map(named).collect(),
        generated: Vec::new(),
    }
}

#[test]
fn rows_are_joined_by_the_whole_key_of_the_new_table() {
    let rules = "
        [[column]]
        from = 'o.nr'
        to = 'n.number'
        [[column]]
        from = 'elsewhere.nr'
        to = 'n.part'
        [[column]]
        to = 'n.other'
        value = 1";
    let mapping = file::read(&format!("format = 1\n{rules}")).unwrap();
    let old = relation(
        "o",
        &[
            ("id", "int"),
            ("part", "int"),
            ("a", "text"),
            ("nr", "int"),
            ("other", "int"),
        ],
        &[],
    );
    let columns = [
        ("id", "bigint"),
        ("part", "int"),
        ("number", "int"),
        ("a", "varchar(9)"),
        ("new_part", "int"),
        ("other", "int"),
    ];
    let [from, to]: [TableRef; 2] = ["o", "n"].map(|name| name.parse().unwrap());
    for (key, expected) in [
        (&["id"][..], Some("t.id = s.id")),
        (&["id", "part"], Some("t.id = s.id AND t.part = s.part")),
        (&["number"], Some("t.number = s.nr")),
        (&["a"], Some("t.a = s.a")),
        (&["other"], Some("t.other = s.other")),
        (&["id", "new_part"], None),
        (&[], None),
    ] {
        let new = relation("n", &columns, key);
        let joined = join(&mapping, &from, &to, &old, &new).map(|on| Joined {
            old: old.clone(),
            new,
            on,
            filter: "true".to_owned(),
            is_one: false,
        });
        let found = joined.map(|joined| joined.condition());
        assert_eq!(found.as_deref(), expected, "{key:?}");
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
