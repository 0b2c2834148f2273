//! Into empty tables that are large enough to go without a stage.

use std::time::{Duration, Instant};

use super::{Pair, finished, like, without_noise};

const FROM: &str = "
    CREATE TABLE agents (id int PRIMARY KEY, mail text);
    CREATE TABLE people (id uuid PRIMARY KEY, full_name text, size text, agent text, born text, mood text DEFAULT 'fine');
    CREATE TABLE calls (id int PRIMARY KEY, person uuid, words text);
    INSERT INTO people (id, full_name, size, agent, born) SELECT md5(n::text)::uuid, 'Person ' || n, (ARRAY['11-50', '75', '500+', NULL])[1 + n % 4],
        'a' || n % 3 || '@example.com', '2001-02-' || lpad((1 + n % 28)::text, 2, '0') FROM generate_series(1, 30000) AS n;
    INSERT INTO calls SELECT n, md5(n::text)::uuid, repeat('word ', 12) FROM generate_series(1, 30000) AS n;";
const TO: &str = "
    CREATE TYPE mood AS ENUM ('fine', 'bad');
    CREATE DOMAIN words AS text;
    CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE);
    INSERT INTO users SELECT n, 'a' || n || '@example.com' FROM generate_series(0, 2) AS n;
    CREATE TABLE clients (id uuid PRIMARY KEY, client_name varchar(40) NOT NULL CHECK (client_name <> 'never'), company_size int CHECK (company_size < 9000),
        agent_id int REFERENCES users, birthday date, mood mood, seen timestamptz DEFAULT '2020-01-01', UNIQUE (client_name));
    CREATE INDEX by_agent ON clients (agent_id);
    CREATE INDEX by_name ON clients (lower(client_name::text));
    CREATE TABLE calls (id int PRIMARY KEY, client_id uuid NOT NULL REFERENCES clients, body words);
    CREATE INDEX by_client ON calls (client_id);";
const MAP: &str = "
    [[table]]
    from = \"people\"
    to = \"clients\"
    [[table]]
    from = \"calls\"
    to = \"calls\"
    [[column]]
    from = \"people.full_name\"
    to = \"clients.client_name\"
    [[column]]
    from = \"people.size\"
    to = \"clients.company_size\"
    range = { rule = \"upper\", open = \"end\" }
    [[column]]
    from = \"people.agent\"
    to = \"clients.agent_id\"
    lookup = { table = \"users\", match = \"email\", take = \"id\" }
    [[column]]
    from = \"people.born\"
    to = \"clients.birthday\"
    [[column]]
    from = \"calls.person\"
    to = \"calls.client_id\"
    [[column]]
    from = \"calls.words\"
    to = \"calls.body\"
";
const ROWS: &str =
    "SELECT (SELECT md5(string_agg(c::text, E'\\n' ORDER BY c.id)) FROM clients AS c)
    || (SELECT md5(string_agg(c::text, E'\\n' ORDER BY c.id)) FROM calls AS c)";
const QUARANTINE: &str =
    "SELECT table_name, column_name, code, value, count(*), count(row_data), min(message)
    FROM align.quarantine GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4";
const COUNTS: &str = "SELECT (SELECT count(*) FROM clients) || ' ' || (SELECT count(*) FROM calls)";
/// So that the other road is taken, too.
const A_ROW: &str = "INSERT INTO calls SELECT 0, id, '' FROM clients";

fn pair(name: &str) -> Pair {
    Pair::new(name, FROM, TO, MAP)
}

/// The key of a table is made anew only where its rows came without a stage.
const KEYS: &str = "SELECT 'clients_pkey'::regclass::oid, 'calls_pkey'::regclass::oid";

fn keys(pair: &Pair) -> [String; 2] {
    let keys = pair.to.psql(KEYS);
    let (clients, calls) = keys.split_once('|').expect("two");
    [clients.to_owned(), calls.to_owned()]
}

#[track_caller]
fn left_nothing_of_the_work(pair: &Pair) {
    let left = "SELECT count(*) FROM pg_class WHERE relname ~ '^copy_.*_[0-9]+$' AND relkind = 'r'";
    assert_eq!(pair.to.psql(left), "0");
}

#[test]
fn both_roads_end_in_the_same_rows_and_the_same_quarantine() {
    let pair = pair("roads");
    // Some rows that the source finds bad, and some that only the target does.
    pair.from.psql("
        UPDATE people SET size = 'many' WHERE id IN (SELECT md5(n::text)::uuid FROM generate_series(10, 15) AS n);
        UPDATE people SET full_name = NULL WHERE id = md5('20')::uuid;
        UPDATE people SET agent = 'nobody' WHERE id = md5('21')::uuid;");
    let schema = without_noise(&pair.to.dump_schema("public"));
    let other = like(&pair.to);
    let before = keys(&pair);
    let run = pair.copy(&["--max-errors", "20"]).ends_with(0);
    left_nothing_of_the_work(&pair);
    assert_ne!(keys(&pair)[0], before[0]);
    assert_eq!(keys(&pair)[1], before[1]);
    assert_eq!(run.counts("people"), [30_000, 29_992, 0, 8]);
    // What refers to them cannot go either, which only the foreign key knows.
    assert_eq!(run.counts("calls"), [30_000, 29_992, 0, 8]);
    let run = run.says(&["`calls` does not take every row"]);
    assert!(!run.stderr.contains("`clients` does not"), "{run:#?}");
    assert_eq!(without_noise(&pair.to.dump_schema("public")), schema);
    let (rows, quarantine) = (pair.to.psql(ROWS), pair.to.psql(QUARANTINE));
    assert!(quarantine.contains("range.unreadable"), "{quarantine}");
    assert!(quarantine.contains("key.orphan"), "{quarantine}");

    let again = pair.copy(&["--max-errors", "20"]).ends_with(0);
    assert_eq!(again.counts("people"), [30_000, 0, 29_992, 8]);
    assert_eq!(
        (pair.to.psql(ROWS), pair.to.psql(QUARANTINE)),
        (rows.clone(), quarantine.clone())
    );

    // A rule on the table keeps the other one from it.
    other.psql(
        "CREATE RULE nothing AS ON DELETE TO clients WHERE OLD.id IS NULL DO INSTEAD NOTHING",
    );
    let staged = Pair { to: other, ..pair };
    let run = staged.copy(&["--max-errors", "20"]).ends_with(0);
    assert_eq!(run.counts("calls"), [30_000, 29_992, 0, 8]);
    assert_eq!(
        (staged.to.psql(ROWS), staged.to.psql(QUARANTINE)),
        (rows, quarantine)
    );
}

#[test]
fn what_only_the_target_finds_is_judged() {
    let pair = pair("judged");
    pair.from.psql(
        "
        UPDATE people SET full_name = 'Twin' WHERE id IN (md5('1')::uuid, md5('2')::uuid);
        UPDATE people SET size = '9500' WHERE id = md5('3')::uuid;
        UPDATE people SET full_name = 'never' WHERE id = md5('4')::uuid;
        DELETE FROM calls WHERE id < 5",
    );
    let schema = without_noise(&pair.to.dump_schema("public"));
    let run = pair.copy(&["--max-errors", "20"]).ends_with(0);
    left_nothing_of_the_work(&pair);
    assert_eq!(run.counts("people"), [30_000, 29_997, 0, 3], "{run:#?}");
    assert_eq!(run.counts("calls"), [29_996, 29_996, 0, 0]);
    let codes = pair
        .to
        .psql("SELECT DISTINCT code FROM align.quarantine ORDER BY 1");
    assert!(
        codes.contains("check.violated") && codes.contains("key.duplicate"),
        "{codes}"
    );
    assert_eq!(without_noise(&pair.to.dump_schema("public")), schema);
}

#[test]
fn above_the_limit_no_table_is_published() {
    let pair = pair("straight_limit");
    pair.from
        .psql("UPDATE calls SET person = NULL WHERE id < 100");
    let schema = without_noise(&pair.to.dump_schema("public"));
    pair.copy(&["--max-errors", "50"])
        .ends_with(2)
        .says(&["99 of 30000 rows of `calls` cannot be copied, and 50 is the limit"]);
    assert_eq!(pair.to.psql(COUNTS), "0 0");
    assert_eq!(pair.to.psql("SELECT count(*) FROM align.quarantine"), "0");
    assert_eq!(without_noise(&pair.to.dump_schema("public")), schema);
    let run = pair.copy(&["--max-errors", "100"]).ends_with(0);
    assert_eq!(run.counts("calls"), [30_000, 29_901, 0, 99]);
    pair.from
        .psql("UPDATE calls SET person = md5('1')::uuid WHERE id < 50");
    let run = pair.copy(&["--max-errors", "100"]).ends_with(0);
    assert_eq!(run.counts("calls"), [30_000, 49, 29_901, 50]);
    let open = "SELECT count(*) FROM align.quarantine WHERE resolved_at IS NULL";
    assert_eq!(pair.to.psql(open), "50");
}

#[test]
fn a_trigger_fires_and_what_hangs_on_a_key_keeps_it() {
    let pair = pair("straight_trigger");
    pair.to.psql(
        "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            NEW.body := current_setting('request.jwt.claims', true)::jsonb ->> 'role'; RETURN NEW; END $$;
         CREATE TRIGGER stamp BEFORE INSERT ON calls FOR EACH ROW EXECUTE FUNCTION stamp();
         CREATE VIEW names AS SELECT id, client_name, company_size FROM clients GROUP BY id;",
    );
    // What hangs on a key keeps it where it is, and so does a trigger, which may look rows up by it.
    let before = keys(&pair);
    pair.copy(&[]).ends_with(0);
    left_nothing_of_the_work(&pair);
    assert_eq!(keys(&pair), before);
    assert_eq!(
        pair.to.psql("SELECT DISTINCT body FROM calls"),
        "service_role"
    );
    assert_eq!(pair.to.psql(COUNTS), "30000 30000");
}

#[test]
fn a_table_that_has_rows_is_merged() {
    let pair = pair("straight_merged");
    pair.to
        .psql("INSERT INTO clients (id, client_name) VALUES (md5('7')::uuid, 'Mine')");
    pair.to.psql(A_ROW);
    let run = pair.copy(&[]).ends_with(0);
    assert_eq!(run.counts("people"), [30_000, 29_999, 1, 0]);
    let mine = "SELECT client_name FROM clients WHERE id = md5('7')::uuid";
    assert_eq!(pair.to.psql(mine), "Mine");
}

#[test]
fn a_kill_at_any_moment_leaves_all_or_nothing() {
    let pair = pair("straight_killed");
    let schema = without_noise(&pair.to.dump_schema("public"));
    let base = like(&pair.to);
    // Without a limit each table commits by itself.
    let limit = ["--max-errors", "100%"];
    let began = Instant::now();
    pair.copy(&limit).ends_with(0);
    let took = began.elapsed();
    let rows = pair.to.psql(ROWS);
    let Pair {
        folder, from, map, ..
    } = pair;
    let mut pair = Pair {
        folder,
        from,
        map,
        to: like(&base),
    };
    for moment in 0..3_u32 {
        let mut child = pair.start(&limit);
        std::thread::sleep(
            took.mul_f64((f64::from(moment) + 0.6) / 3.5)
                .max(Duration::from_millis(30)),
        );
        child.kill().expect("it is ours");
        finished(child.wait_with_output().expect("it is ours"));
        let counts = pair.to.psql(COUNTS);
        let all_or_nothing = ["0 0", "30000 0", "30000 30000"].contains(&counts.as_str());
        assert!(all_or_nothing, "{counts} when killed at {moment}");
        pair.copy(&limit).ends_with(0);
        assert_eq!(pair.to.psql(ROWS), rows, "killed at {moment}");
        assert_eq!(without_noise(&pair.to.dump_schema("public")), schema);
        pair.to = like(&base);
    }
}
