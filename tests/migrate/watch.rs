//! `align status` beside a run, and what it says of the old form.

use std::process::Stdio;

use crate::resume::{hurry, signal, slow, wait_for_windows};
use crate::{Shop, cluster, output, read_until};

fn watch(shop: &Shop, args: &[&str]) -> std::process::Child {
    let mut command = shop.command(&[&["status", "--watch", "--phase", "one"], args].concat());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program starts")
}

/// Takes so long that it is looked at more than once.
fn long(name: &str) -> Shop {
    let shop = slow(name);
    shop.db
        .psql("INSERT INTO clients SELECT n, 'x', '1' FROM generate_series(10001, 50000) AS n");
    shop
}

#[test]
fn a_run_is_followed_from_beside_until_it_ends() {
    let shop = long("watched");
    let child = shop.start(&["--phase", "one"]);
    wait_for_windows(&shop);
    let mut beside = watch(&shop, &[]);
    let mut json = watch(&shop, &["--format", "json"]);
    let mut text = read_until(beside.stdout.as_mut().unwrap(), " rows a second");
    let first = read_until(json.stdout.as_mut().unwrap(), "\"running\":");
    hurry(&shop);
    output(child).ends_with(0);
    text += &output(beside).ends_with(0).stdout;
    for words in [
        ": running: pid ",
        "one V2__fill_names  ",
        " rows, ",
        " rows a second",
        "one  3 applied, 0 pending",
        ": the run has ended",
        "last: ok fill_names",
    ] {
        let wanted = words.replace("fill_names", "V3__index_names");
        assert!(
            text.contains(words) || text.contains(&wanted),
            "no `{words}` in {text}"
        );
    }
    assert!(!text.contains('\u{1b}'), "{text}");
    let mut lines: Vec<&str> = text.lines().collect();
    let all = lines.len();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), all, "{text}");
    assert_eq!(text.matches(": running: pid ").count(), 1, "{text}");
    let json = first + &output(json).ends_with(0).stdout;
    assert!(json.lines().count() > 1, "{json}");
    for line in json.lines() {
        let document: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(document["command"], "status");
    }
}

#[test]
fn without_a_run_there_is_nothing_to_wait_for() {
    let shop = Shop::new("unwatched");
    let run = output(watch(&shop, &["--check"])).ends_with(1);
    assert!(run.stdout.contains("no run is under way"), "{run:#?}");
}

#[test]
fn ctrl_c_ends_the_watch_and_not_the_run() {
    let shop = long("left");
    let mut child = shop.start(&["--phase", "one"]);
    wait_for_windows(&shop);
    let mut watch = watch(&shop, &[]);
    read_until(watch.stdout.as_mut().unwrap(), ": running: pid ");
    signal(&watch, "-INT");
    output(watch).ends_with(130);
    assert!(child.try_wait().unwrap().is_none(), "it goes on");
    hurry(&shop);
    output(child).ends_with(0);
}

#[test]
fn a_failed_run_is_said_at_the_end() {
    let shop = slow("failed");
    shop.write("migrations/one/V3__index_names.sql", "SELECT 1 / 0;\n");
    let child = shop.start(&["--phase", "one"]);
    wait_for_windows(&shop);
    let mut watch = watch(&shop, &[]);
    read_until(watch.stdout.as_mut().unwrap(), ": running: pid ");
    hurry(&shop);
    output(child).ends_with(4);
    let run = output(watch).ends_with(0);
    assert!(
        run.stdout.contains("last: failed V3__index_names 22012"),
        "{run:#?}"
    );
}

#[test]
fn status_tells_who_reaches_and_who_writes_the_old_form() {
    let shop = Shop::new("old_form");
    shop.migrate(&[]).ends_with(0);
    let plain = shop.align(&["status"]).ends_with(0).stdout;
    assert!(!plain.contains("old form"), "{plain}");
    let roles = ["old_app", "new_app", "web"].map(|role| format!("{role}_{}", shop.db.name));
    for role in &roles {
        cluster::Cluster::shared().role(role, "LOGIN");
    }
    let [old, new, web] = &roles;
    shop.db.psql(
        "CREATE SCHEMA shop; CREATE VIEW shop.clients AS SELECT id, name, size FROM public.clients",
    );
    let nobody = shop.align(&["status"]).ends_with(0).stdout;
    for words in [
        "old form in schema shop",
        "no role's settings lead to it",
        "nobody was seen writing it",
    ] {
        assert!(nobody.contains(words), "no `{words}` in {nobody}");
    }
    shop.db.psql(&format!(
        "ALTER ROLE {old} IN DATABASE {db} SET search_path = shop, public;
         ALTER ROLE {new} SET search_path = public, shop;
         ALTER ROLE {web} SET pgrst.db_schemas = 'public, shop';
         CREATE TABLE align.old_writers (
             table_name text, column_name text, role text, application text, last_seen timestamptz
         );
         INSERT INTO align.old_writers VALUES
             ('clients', 'name', '{old}', 'till', now() - interval '1 hour'),
             ('clients', 'size', '{old}', 'report', now() - interval '3 days')",
        db = shop.db.name
    ));
    let text = shop.align(&["status"]).ends_with(0).stdout;
    for words in [
        format!(
            "reached by role {old} in database {}: search_path = shop, public",
            shop.db.name
        ),
        format!("passed by  role {new}: search_path = public, shop"),
        format!("reached by role {web}: pgrst.db_schemas = public, shop"),
        format!("written by `till` as {old}: clients.name, last at "),
        "; contract waits for it".to_owned(),
    ] {
        assert!(text.contains(&words), "no `{words}` in {text}");
    }
    let json = shop
        .align(&["status", "--format", "json"])
        .ends_with(0)
        .stdout;
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    let writers = &document["databases"][0]["old_form"]["writers"];
    assert_eq!(writers[0]["recent"], true);
    assert_eq!(
        (&writers[1]["application"], &writers[1]["recent"]),
        (&"report".into(), &false.into())
    );
    shop.db.psql(&format!("DROP ROLE {old}, {new}, {web}"));
}
