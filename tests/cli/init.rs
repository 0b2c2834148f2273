//! `align map init`: what is taken, what is asked, and what is never written over.

use crate::run::{Place, Run};

const SHOP: &str = r#"
    CREATE TABLE "Customers" (id int PRIMARY KEY, "FirstName" text, mood text, zip int, "A" int, a int);
    CREATE TABLE sales (id int PRIMARY KEY, qty int, price int);
    CREATE TABLE same (id int);
    CREATE TABLE odd (id int);
"#;
const WAREHOUSE: &str = r#"
    CREATE TABLE customer (id int PRIMARY KEY, first_name text, mood text CHECK (mood IN ('good')),
        zip smallint, a text);
    CREATE TABLE sale_lines (id int PRIMARY KEY, quantity int, price int);
    CREATE TABLE same (id int);
"#;
const FILE: &str = "mappings/shop-to-warehouse/mapping.toml";
const INIT: [&str; 6] = [
    "map",
    "init",
    "--from",
    "sql/shop.sql",
    "--to",
    "warehouse.sql",
];

fn place() -> Place {
    Place::with(&[("sql/shop.sql", SHOP), ("warehouse.sql", WAREHOUSE)])
}

#[test]
fn what_is_beyond_doubt_is_taken_and_the_rest_is_asked() {
    let place = place();
    let run = place.align(&INIT).ends_with(0);
    assert_eq!(
        run.stdout,
        format!(
            "wrote {FILE}, and mappings/shop-to-warehouse/migrations/phase1 for its migrations\n\
             2 tables and 4 columns of warehouse have a counterpart\n\
             2 tables and 4 columns are undecided\n"
        )
    );
    assert!(
        place
            .path()
            .join("mappings/shop-to-warehouse/migrations/phase1")
            .is_dir()
    );
    let text = place.text(FILE);
    for part in [
        "source = \"../../sql/shop.sql\"\n",
        "[[table]]\nfrom = '\"Customers\"'\nto = \"customer\"\n",
        "[[column]]\nfrom = '\"Customers\".\"FirstName\"'\nto = \"customer.first_name\"\n",
        "[[table]]\nto = \"sale_lines\"\nstatus = \"undecided\"\n# from = \"sales\"",
        "[[table]]\nfrom = \"odd\"\nstatus = \"undecided\"\n",
        "to = \"customer.mood\"\nstatus = \"undecided\"\n# from = '\"Customers\".mood'               # text, other values are allowed\n",
        "to = \"customer.zip\"\nstatus = \"undecided\"\n# from = '\"Customers\".zip'                # integer, values may be lost\n",
        "to = \"sale_lines.quantity\"\nstatus = \"undecided\"\n# from = \"sales.qty\" ",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    // The same to the letter needs no line.
    assert!(!text.contains("\"same\""), "{text}");

    let check = place.align(&["map", "check"]).ends_with(1);
    assert!(check.stdout.ends_with(" undecided\n"), "{check:#?}");
    let json = place
        .align(&["map", "check", "--format", "json"])
        .ends_with(1);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["counts"]["undecided"], 6);
    assert_eq!(json["passed"], false);

    let decided = text
        .replace("status = \"undecided\"\n# from", "from")
        .replace("[[table]]\nfrom = \"odd\"\nstatus = \"undecided\"\n", "")
        .replace("from = \"sales\"", "from = \"sales\" ");
    std::fs::write(place.path().join(FILE), &decided).unwrap();
    let check = place.align(&["map", "check"]).ends_with(1);
    assert!(check.stdout.contains("undecided"), "{check:#?}");
    let left = decided.replace("status = \"undecided\"", "keep = true");
    std::fs::write(place.path().join(FILE), left).unwrap();
    place.align(&["map", "check"]).ends_with(0);
}

#[test]
fn nothing_that_exists_is_overwritten() {
    let place = place();
    place.align(&INIT).ends_with(0);
    std::fs::write(place.path().join(FILE), "mine").unwrap();
    let run = place.align(&INIT).ends_with(3);
    assert_eq!(
        run.stderr,
        format!(
            "error: `{FILE}` is there already, and is not overwritten\n\n\
             hint: name another folder: `align map init … mappings/NAME`\n\
             hint: see what is left to decide in it with `align map check`\n\
             hint: ask about the columns of tables decided since with `align map init --more`\n"
        )
    );
    assert_eq!(run.stdout, "");
    assert_eq!(place.text(FILE), "mine");
    // A folder that is there is used; what lies in it stays.
    let folder = place.path().join("pair");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("notes.txt"), "mine").unwrap();
    place.align(&[&INIT[..], &["pair"]].concat()).ends_with(0);
    assert_eq!(place.text("pair/notes.txt"), "mine");
    assert!(
        place
            .text("pair/mapping.toml")
            .contains("\"../warehouse.sql\"")
    );
    place.align(&["diff", "--map", "pair"]).ends_with(0);
}

/// The names of two tables may have nothing in common: nothing is asked of their columns until somebody
/// has said that they are one.
#[test]
fn columns_of_tables_that_were_decided_are_asked_about_afterwards() {
    let place = Place::with(&[
        (
            "gym.sql",
            "CREATE TABLE \"Trainers\" (\"ID\" int PRIMARY KEY, \"Tel.\" text, pay real);",
        ),
        (
            "club.sql",
            "CREATE TABLE coaches (id int PRIMARY KEY, tel text, hourly_rate numeric);",
        ),
    ]);
    let init = ["map", "init", "--from", "gym.sql", "--to", "club.sql"];
    place.align(&init).ends_with(0);
    let path = "mappings/gym-to-club/mapping.toml";
    let begun = place.text(path);
    assert!(!begun.contains("[[column]]"), "{begun}");
    let more = place.align(&["map", "init", "--more"]).ends_with(0);
    assert_eq!(
        more.stdout,
        format!("{path}: 0 columns taken and 0 undecided, of 0 tables more\n")
    );
    assert_eq!(place.text(path), begun);

    let (head, _) = begun.split_once("[[table]]").unwrap();
    let decided = format!("{head}[[table]]\nfrom = '\"Trainers\"'\nto = \"coaches\"\n");
    std::fs::write(place.path().join(path), &decided).unwrap();
    let more = place
        .align(&["map", "init", "--more", "mappings/gym-to-club"])
        .ends_with(0);
    assert_eq!(
        more.stdout,
        format!("{path}: 2 columns taken and 2 undecided, of 1 table more\n")
    );
    let text = place.text(path);
    let added = text.strip_prefix(&decided).unwrap();
    for part in [
        "# ---- \"Trainers\" -> coaches ----",
        "from = '\"Trainers\".\"ID\"'\nto = \"coaches.id\"",
        "to = \"coaches.hourly_rate\"\nstatus = \"undecided\"",
        "from = '\"Trainers\".pay'\nstatus = \"undecided\"",
    ] {
        assert!(added.contains(part), "{part:?} is not in\n{added}");
    }
    // Asked once, and not again.
    place.align(&["map", "init", "--more"]).ends_with(0);
    assert_eq!(place.text(path), text);
    place
        .align(&["map", "init", "--more", "clara-to-trendtialcrm"])
        .fails_with(&["cannot add to `clara-to-trendtialcrm`: it is inside this program"]);
}

#[test]
fn a_source_that_cannot_be_read_leaves_no_folder() {
    let place = place();
    let args = [
        "map",
        "init",
        "--from",
        "nothing.sql",
        "--to",
        "warehouse.sql",
    ];
    let run = place.align(&args).ends_with(2);
    assert!(run.stderr.contains("cannot read `nothing.sql`"), "{run:#?}");
    place.align(&args[..4]).ends_with(2);
    assert!(!place.path().join("mappings").exists());
}

#[test]
fn standard_input_is_no_source_of_a_mapping() {
    let place = place();
    let args = [
        "map",
        "init",
        "--from",
        "sql:-",
        "--to",
        "warehouse.sql",
        "pair",
    ];
    let shop = std::fs::File::open(place.path().join("sql/shop.sql")).unwrap();
    let run = Run::of(place.command(&args).stdin(shop)).ends_with(0);
    assert!(
        run.stderr
            .starts_with("warning: `sql:-` is not written into the mapping"),
        "{run:#?}"
    );
    assert!(
        place
            .text("pair/mapping.toml")
            .contains("[from]\n# source = \"env:NAME\"\n")
    );
}

#[test]
fn an_undecided_entry_says_no_more_than_names() {
    for (entry, error) in [
        (
            "[[column]]\nfrom = \"a.b\"\nkeep = true",
            "`keep` has no place beside `status = \"undecided\"`",
        ),
        ("[[column]]", "what is undecided needs `from` or `to`"),
        (
            "[[table]]\nto = \"a\"\nmatch = [\"id\"]",
            "`match` has no place",
        ),
    ] {
        let text = format!("format = 1\n{entry}\nstatus = \"undecided\"\n");
        let place = Place::with(&[("mapping.toml", text)]);
        let run = place
            .align(&["map", "show", "--map", "mapping.toml"])
            .ends_with(2);
        assert!(run.stderr.contains(error), "{run:#?}");
    }
}

#[test]
fn a_pair_beside_its_schema_names_its_own_folder() {
    let place = Place::with(&[("pair it/V1__a.sql", SHOP), ("new.sql", WAREHOUSE)]);
    let run = place.align(&[
        "map",
        "init",
        "--from",
        "sql:pair it",
        "--to",
        "new.sql",
        "pair it",
    ]);
    let run = run.ends_with(0);
    assert!(
        run.stderr.contains("`align map check --map 'pair it'`"),
        "{run:#?}"
    );
    let text = place.text("pair it/mapping.toml");
    assert!(text.contains("source = \"sql:.\""), "{text}");
    place
        .align(&["map", "show", "--map", "pair it"])
        .ends_with(0);
}

#[test]
fn a_file_is_no_folder_for_a_pair() {
    let mut init = INIT.to_vec();
    init.push("warehouse.sql");
    place().align(&init).fails_with(&[
        "cannot write `warehouse.sql/mapping.toml`",
        "`warehouse.sql` is a file",
        "hint: name a folder",
    ]);
}
