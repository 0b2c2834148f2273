//! What the server says while migrations run.

use crate::Shop;

#[test]
fn a_raise_is_shown_and_the_words_of_others_only_when_asked_for() {
    let shop = Shop::new("notice");
    shop.db.psql(
        "CREATE FUNCTION chatty() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             RAISE NOTICE 'sees %', NEW.name; RAISE WARNING 'beware of %', NEW.name; RETURN NEW;
         END $$;
         CREATE TRIGGER chatty BEFORE UPDATE ON clients FOR EACH ROW WHEN (NEW.id = 7)
             EXECUTE FUNCTION chatty()",
    );
    shop.write(
        "migrations/two/V2__says.sql",
        "CREATE TABLE IF NOT EXISTS clients (id int);\n\
         DO $$ BEGIN\n\
           RAISE NOTICE 'moved % rows, 100 %%', 12;\n\
           RAISE INFO 'it''s said';\n\
           RAISE WARNING 'the owner types %', 'ALTER x';\n\
           RAISE NOTICE '%', 'secret';\n\
         END $$;\n",
    );
    let trial = shop.migrate(&["--dry-run=rollback"]).ends_with(0);
    let run = shop.migrate(&[]).ends_with(0);
    for run in [trial, run] {
        let run = run.says(&[
            "\nnotice: two V2__says: moved 12 rows, 100 %\n",
            "\nnotice: two V2__says: it's said\n",
            "\nwarning: two V2__says: the owner types ALTER x\n",
            "\nwarning: one V2__fill_names: the server warned, in words that may hold values",
        ]);
        for words in ["client 7", "secret", "skipping"] {
            assert!(!run.stderr.contains(words), "`{words}` in {}", run.stderr);
            assert!(!run.stdout.contains(words), "`{words}` in {}", run.stdout);
        }
    }

    let shop = Shop::new("notice_all");
    shop.write(
        "migrations/two/V2__says.sql",
        "CREATE TABLE IF NOT EXISTS clients (id int);\nDO 'BEGIN RAISE NOTICE ''%'', 4711; END';\n",
    );
    shop.migrate(&["--show-values"]).ends_with(0).says(&[
        "notice: two V2__says: relation \"clients\" already exists, skipping",
        "notice: two V2__says: 4711",
    ]);
}
