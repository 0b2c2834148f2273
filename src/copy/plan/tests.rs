use super::*;
use crate::copy::statement::source;
use crate::mapping::file;
use crate::schema::Ident;
use crate::source::TextFile;

const FROM: &str = "
    CREATE TABLE notes (id int PRIMARY KEY, lead int, body text);
    CREATE TABLE clients (id int PRIMARY KEY, name text, size text);
    CREATE TABLE leads (id int PRIMARY KEY, client int REFERENCES clients, agent text);";
const TO: &str = "
    CREATE TABLE users (id uuid PRIMARY KEY, email text);
    CREATE TABLE clients (id int PRIMARY KEY, client_name text NOT NULL UNIQUE, size int);
    CREATE TABLE leads (id int PRIMARY KEY, client_id int REFERENCES clients, agent_id uuid REFERENCES users);
    CREATE TABLE notes (id int PRIMARY KEY, lead int REFERENCES leads, body text);";
const MAPPING: &str = r#"
    [[table]]
    from = "clients"
    to = "clients"
    match = ["client_name"]
    [[table]]
    from = "notes"
    to = "notes"
    where = "body is not null"
    [[column]]
    from = "clients.name"
    to = "clients.client_name"
    [[column]]
    from = "clients.size"
    to = "clients.size"
    range = { rule = "lower" }
    [[column]]
    from = "leads.client"
    to = "leads.client_id"
    [[column]]
    from = "leads.agent"
    to = "leads.agent_id"
    lookup = { table = "users", match = ["email"], take = "id" }
"#;

fn schema(text: &str) -> Schema {
    let file = TextFile {
        name: "a.sql".to_owned(),
        text: text.to_owned(),
    };
    crate::source::sql::read(&[file], &[Ident::new("public").unwrap()]).unwrap()
}

/// Every lookup is answered by an empty table.
struct Empty(crate::transform::LookupTable);

impl Lookups for Empty {
    fn source(&self, _: &crate::mapping::Lookup) -> Option<crate::transform::LookupSource<'_>> {
        Some(crate::transform::LookupSource::Rows(&self.0))
    }
}

fn planned(from: &str, to: &str, mapping: &str, wishes: &Wishes) -> Result<Plan, Vec<Trouble>> {
    let mapping = file::read(&format!("format = 1\n{mapping}")).unwrap();
    let lookups = Empty(crate::transform::LookupTable::default());
    plan(&schema(from), &schema(to), &mapping, wishes, &lookups)
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.tables
        .iter()
        .map(|table| table.name.as_str())
        .collect()
}

#[test]
fn parents_go_first_and_their_keys_are_followed() {
    let plan = planned(FROM, TO, MAPPING, &Wishes::default()).unwrap();
    assert_eq!(names(&plan), ["clients", "leads", "notes"]);
    assert_eq!(plan.units, [vec![0], vec![1], vec![2]]);
    let leads = &plan.tables[1];
    let [client, agent] = leads.references.as_slice() else {
        panic!("{:?}", leads.references);
    };
    // A client's key may be another one over there; what a lookup gives is a key of over there.
    let (client, agent) = if client.is_carried {
        (client, agent)
    } else {
        (agent, client)
    };
    assert_eq!(client.parent, Some((0, vec![0])));
    assert!(client.is_carried && !agent.is_carried);
    assert_eq!(agent.parent, None);
    assert_eq!(plan.tables[0].matching.keys, [[1]]);
    assert_eq!(plan.tables[0].identity, [0]);
}

#[test]
fn the_source_makes_what_the_target_takes() {
    let plan = planned(FROM, TO, MAPPING, &Wishes::default()).unwrap();
    let [clients, _, notes] = plan.tables.as_slice() else {
        panic!("{:?}", names(&plan));
    };
    let pages = source::Pages {
        from: 7,
        to: Some(9),
    };
    let sql = source::select(clients, Some(pages), None);
    for part in [
        "7::bigint AS page",
        "(s.name)::text AS v2",
        "s.ctid >= '(7,0)'::tid) AND (s.ctid < '(9,0)'::tid",
        "jsonb_build_object('client_name', r.e2, 'size', r.e3)",
        "OFFSET 0",
    ] {
        assert!(sql.contains(part), "no `{part}` in {sql}");
    }
    assert!(source::select(notes, None, None).contains("IS NULL"));
    let keys = [vec!["a\"b\\".to_owned()], vec!["o'c".to_owned()]];
    let among = source::among(clients, &keys);
    assert!(
        among.contains(r#"E'{"a\\"b\\\\","o''c"}'::integer[]"#),
        "{among}"
    );
}

#[test]
fn what_stays_behind_is_named() {
    let from = "CREATE TABLE t (id int PRIMARY KEY, a text, b text, c text, d text, e text, f text,
        g text GENERATED ALWAYS AS (a) STORED); CREATE TABLE u (id int PRIMARY KEY);";
    let to = "CREATE TABLE t (id int PRIMARY KEY, a text, other text);";
    let notes = |mapping: &str| {
        planned(from, to, mapping, &Wishes::default())
            .unwrap()
            .notes
    };
    let named = "[[column]]\nfrom = \"t.c\"\nto = \"t.other\"\n[[column]]\nfrom = \"t.d\"\narchive = true\n\
        [[column]]\nfrom = \"t.e\"\ndrop = true\nreason = \"old\"\n[[column]]\nfrom = \"t.f\"\nkeep = true\n";
    let whole = "`u` has no counterpart, and stays where it is";
    assert_eq!(
        notes(named),
        [
            whole,
            "`t.b`, `t.f` have no counterpart, and stay where they are",
            "`t.d` goes to align.archive"
        ]
    );
    assert_eq!(
        notes(&format!(
            "{named}[[column]]\nfrom = \"t.b\"\ndrop = true\nreason = \"old\"\n"
        ))[1],
        "`t.f` has no counterpart, and stays where it is"
    );
}

#[test]
fn a_sample_of_children_is_of_the_parents_sample() {
    let wishes = Wishes {
        sample: Some(3),
        conditions: vec![("clients".parse().unwrap(), "size > ''".to_owned())],
        ..Wishes::default()
    };
    let plan = planned(FROM, TO, MAPPING, &wishes).unwrap();
    let leads = plan.tables[1].conditions.concat();
    let parents = "(s.client) IN (SELECT s.id FROM public.clients AS s WHERE (size > '') ORDER BY s.id LIMIT 3)";
    assert!(leads.contains(parents), "{leads}");
}

#[test]
fn only_what_holds_every_row_apart_is_a_key() {
    let to = "CREATE TABLE t (id int PRIMARY KEY, a text, b int);";
    for (key, expected) in [
        ("CREATE UNIQUE INDEX k ON t (a)", &[vec![1]][..]),
        ("CREATE UNIQUE INDEX k ON t (b, a)", &[vec![2, 1]]),
        ("CREATE UNIQUE INDEX k ON t (a) WHERE b > 0", &[]),
        ("CREATE UNIQUE INDEX k ON t (lower(a))", &[]),
        ("CREATE INDEX k ON t (a)", &[]),
    ] {
        let plan = planned(to, &format!("{to} {key};"), "", &Wishes::default()).unwrap();
        let found: Vec<Vec<usize>> = plan.tables[0]
            .uniques
            .iter()
            .map(|unique| unique.fields.clone())
            .collect();
        assert_eq!(found, expected, "{key}");
    }
    let mut broken = schema(&format!("{to} CREATE UNIQUE INDEX k ON t (a);"));
    broken.tables[0].indexes[0].invalid = true;
    let lookups = Empty(crate::transform::LookupTable::default());
    let mapping = file::read("format = 1").unwrap();
    let plan = plan(&schema(to), &broken, &mapping, &Wishes::default(), &lookups).unwrap();
    assert_eq!(plan.tables[0].uniques, []);
    // A source without a primary key has one in a unique key that no NULL slips through.
    for (columns, expected) in [
        ("id int, a text NOT NULL UNIQUE, b int", &["a"][..]),
        ("id int UNIQUE, a text, b int NOT NULL UNIQUE", &["b"]),
        ("id int NOT NULL, a text, b int, UNIQUE (id, b)", &[]),
    ] {
        let from = format!("CREATE TABLE t ({columns})");
        let found: Vec<String> = match planned(&from, to, "", &Wishes::default()) {
            Ok(plan) => plan.tables[0]
                .key
                .iter()
                .map(|column| column.name.to_string())
                .collect(),
            Err(_) => Vec::new(),
        };
        assert_eq!(found, expected, "{columns}");
    }
}

#[test]
fn a_foreign_key_goes_by_one_of_the_source_over_all_its_columns() {
    let table =
        "CREATE TABLE t (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a) REFERENCES one (id))";
    let one = "CREATE TABLE one (id int PRIMARY KEY);";
    let two = "CREATE TABLE two (id int, part int, PRIMARY KEY (id, part));";
    for (from, expected) in [
        (table.to_owned(), Some("public.one")),
        (
            table.replace(
                "(a) REFERENCES one (id)",
                "(a, b) REFERENCES two (id, part)",
            ),
            None,
        ),
        (table.replace("(a) REFERENCES", "(b) REFERENCES"), None),
    ] {
        let from = format!("{one} {two} {from};");
        let to = format!("{one} {two} {table};");
        let plan = planned(&from, &to, "", &Wishes::default()).unwrap();
        let table = plan.tables.iter().find(|table| table.name == "t").unwrap();
        let found = table.references[0].source.as_ref().map(ToString::to_string);
        assert_eq!(found.as_deref(), expected, "{from}");
    }
}

#[test]
fn what_does_not_go_together_is_told_all_at_once() {
    let only = |name: &str| Wishes {
        only: vec![name.parse().unwrap()],
        ..Wishes::default()
    };
    for (from, to, mapping, wishes, parts) in [
        (
            FROM,
            TO,
            "",
            Wishes::default(),
            &["`clients.client_name` takes no NULL"][..],
        ),
        (FROM, TO, MAPPING, only("lead"), &["no table `lead`"]),
        (
            "CREATE TABLE t (a int)",
            "CREATE TABLE t (a int PRIMARY KEY)",
            "",
            Wishes::default(),
            &["`t` has no primary key"],
        ),
        (
            "CREATE TABLE t (a int PRIMARY KEY, b text)",
            "CREATE TABLE t (id serial PRIMARY KEY, b text)",
            "",
            Wishes::default(),
            &["nothing tells whether a row of `t` is in `t` already"],
        ),
        (
            "CREATE TABLE t (a int PRIMARY KEY)",
            "CREATE TABLE t (a int PRIMARY KEY, b text)",
            "[[table]]\nfrom = \"t\"\nto = \"t\"\nmatch = [\"b\"]",
            Wishes::default(),
            &["cannot be matched by `b`"],
        ),
        (
            "CREATE TABLE t (a int PRIMARY KEY)",
            TO,
            "",
            Wishes::default(),
            &["no table of the from side"],
        ),
    ] {
        let troubles = planned(from, to, mapping, &wishes).expect_err(parts[0]);
        let text: Vec<&str> = troubles
            .iter()
            .map(|trouble| trouble.message.as_str())
            .collect();
        for part in parts {
            assert!(
                text.iter().any(|line| line.contains(part)),
                "no `{part}` in {text:?}"
            );
        }
    }
}

#[test]
fn a_partition_comes_with_its_table_unless_it_is_named() {
    let parts = "
        CREATE TABLE part (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
        CREATE TABLE part_old PARTITION OF part FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
        CREATE TABLE part_rest PARTITION OF part DEFAULT;";
    let plan = planned(parts, parts, "", &Wishes::default()).unwrap();
    assert_eq!(names(&plan), ["part"]);
    let named = Wishes {
        only: vec!["part_old".parse().unwrap()],
        ..Wishes::default()
    };
    let troubles = planned(parts, parts, "", &named).unwrap_err();
    assert!(troubles[0].message.contains("`part_old` is a partition"));
    // Whose table is not copied has no rows that come with it.
    let alone = "
        CREATE TABLE other (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
        CREATE TABLE part_old PARTITION OF other DEFAULT;";
    assert!(planned(parts, alone, "", &Wishes::default()).is_err());
}
