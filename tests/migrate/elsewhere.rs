//! `--migrations`: the phases lie elsewhere than the mapping says.

use crate::Shop;

#[test]
fn the_phases_are_those_of_the_folder_that_is_named() {
    let shop = Shop::new("elsewhere");
    shop.write(
        "other/one/V1__only.sql",
        "CREATE TABLE elsewhere (id int);\n",
    );
    let flags = ["--migrations", "other", "--phase", "one"];
    let status = shop.align(&[&["status"], &flags[..]].concat()).ends_with(0);
    assert!(status.stdout.contains("V1__only"), "{}", status.stdout);
    assert!(
        !status.stdout.contains("V2__fill_names"),
        "{}",
        status.stdout
    );
    shop.migrate(&flags).ends_with(0);
    assert_eq!(
        shop.db.psql("SELECT to_regclass('elsewhere') IS NOT NULL"),
        "t"
    );
    let added = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'clients'::regclass AND attname = 'client_name'";
    assert_eq!(shop.db.psql(added), "0");
    shop.migrate(&["--migrations", "nowhere", "--phase", "one"])
        .ends_with(2)
        .says(&["nowhere"]);
}
