//! A run that is killed again and again comes to the same end as one that nobody disturbed.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::accounted::account;
use crate::clara::{Surroundings, dump, rows};
use crate::cluster::Database;
use crate::ground::{Ground, ground, migrate, size, start, take_back, turn};

/// Another seed tries other moments.
const SEED: u64 = 20;
/// The runner's lock, as `pg_locks` shows it.
const LOCK: &str =
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
const AT_MOST: Duration = Duration::from_secs(5);

/// Counts how often a row got its converted form.
const COUNTER: &str = "
    CREATE TABLE before.converted (table_name text, id uuid);
    CREATE FUNCTION before.count_conversion() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        IF to_jsonb(OLD) ->> TG_ARGV[0] IS NULL AND to_jsonb(NEW) ->> TG_ARGV[0] IS NOT NULL THEN
            INSERT INTO before.converted VALUES (TG_TABLE_NAME, NEW.id);
        END IF;
        RETURN NULL;
    END
    $$;
    CREATE TRIGGER count_conversion AFTER UPDATE ON public.clients FOR EACH ROW EXECUTE FUNCTION before.count_conversion('client_name');
    CREATE TRIGGER count_conversion AFTER UPDATE ON public.leads FOR EACH ROW EXECUTE FUNCTION before.count_conversion('status_bucket');";

/// Tables of the run itself, which tell when and by whom.
const LEDGER: &str = "'events', 'progress', 'cluster', 'old_writers'";

/// Numbers as good as chance, the same each time.
struct Chance(u64);

impl Chance {
    /// 0 to 1.
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        f64::from(u32::try_from(self.0 >> 32).unwrap()) / f64::from(u32::MAX)
    }
}

/// Every row of every table, a line each; of what a clock or a counter has made, no more than that.
fn data(db: &Database<'_>) -> Vec<String> {
    let tables = db.psql(&format!(
        "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.relkind = 'r' AND n.nspname IN ('public', 'align') AND c.relname NOT IN ({LEDGER})
           AND c.relname NOT LIKE '%_history' ORDER BY 1",
    ));
    let mut all = Vec::new();
    for table in tables.lines() {
        let gone = if table.starts_with("align.") {
            " - 'id' - 'at' - 'run'"
        } else {
            ""
        };
        // The rows of the drill are from years long past.
        let rows = db.psql(&format!(
            "SELECT '{table} ' || line FROM (
                 SELECT regexp_replace((to_jsonb(t){gone})::text, '\"20(2[4-9]|[3-9][0-9])-[^\"]*\"', '\"clock\"', 'g') COLLATE \"C\" AS line
                 FROM {table} AS t) AS lines ORDER BY line"
        ));
        all.extend(rows.lines().map(str::to_owned));
    }
    all
}

fn schema(db: &Database<'_>) -> Vec<String> {
    let dump = dump(db, "(public|align|clara)");
    dump.lines().map(str::to_owned).collect()
}

/// Both are the same, or the first lines that are not.
#[track_caller]
fn same(disturbed: &[String], calm: &[String]) {
    let differing: Vec<_> = disturbed
        .iter()
        .zip(calm)
        .filter(|(a, b)| a != b)
        .take(5)
        .collect();
    assert!(
        differing.is_empty() && disturbed.len() == calm.len(),
        "seed {SEED}: {} lines where an undisturbed run has {}; the first that differ: {differing:#?}",
        disturbed.len(),
        calm.len()
    );
}

fn counted(ground: &'static Ground, name: &str) -> Database<'static> {
    let db = ground.copy(name);
    db.psql(COUNTER);
    db
}

/// Kills and starts again until the run is through or has been killed that often; gives how often, and
/// how long the lock stayed at most.
fn disturb(
    db: &Database<'_>,
    chance: &mut Chance,
    longest: Duration,
    kills: u32,
) -> (u32, Duration) {
    let mut held = Duration::ZERO;
    for killed in 0..kills {
        let mut child = start(db);
        let end = Instant::now() + longest.mul_f64(chance.next());
        while Instant::now() < end {
            if let Some(status) = child.try_wait().unwrap() {
                assert!(
                    status.success(),
                    "after {killed} kills a run ends with {status}"
                );
                return (killed, held);
            }
            sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let began = Instant::now();
        while db.psql(LOCK) != "0" {
            assert!(
                began.elapsed() < AT_MOST,
                "the lock is still held {AT_MOST:?} after a kill"
            );
        }
        held = held.max(began.elapsed());
    }
    (kills, held)
}

fn killed_at_random_moments(surroundings: Surroundings, kills: u32) {
    let turn = turn();
    let ground = ground(surroundings);
    let calm = counted(ground, "calm");
    let (_, took) = migrate(&calm);
    let (wanted, expected) = (schema(&calm), data(&calm));
    calm.remove();

    let mut chance = Chance(SEED.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    // So that the kills come all over the length of the run.
    let longest = (took.mul_f64(1.5) / kills).max(Duration::from_millis(400));
    let (mut survived, mut held, mut databases) = (0, Duration::ZERO, 0);
    while survived < kills {
        let db = counted(ground, "killed");
        let (killed, lock) = disturb(&db, &mut chance, longest, kills - survived);
        survived += killed;
        held = held.max(lock);
        databases += 1;
        migrate(&db);
        same(&schema(&db), &wanted);
        same(&data(&db), &expected);
        let twice = db.psql("SELECT table_name, id, count(*) FROM before.converted GROUP BY 1, 2 HAVING count(*) > 1 LIMIT 5");
        assert_eq!(twice, "", "rows that were converted twice");
        let missing = db.psql("SELECT (SELECT count(*) FROM before.clients) + (SELECT count(*) FROM before.leads) - count(*) FROM before.converted");
        assert_eq!(missing, "0", "rows that nobody saw converted");
        account(&db);
        take_back(&db);
        db.psql("DROP SCHEMA before CASCADE");
        assert_eq!(dump(&db, "public"), ground.schema);
        assert_eq!(rows(&db), ground.rows);
        db.remove();
    }
    eprintln!(
        "{surroundings:?}: {survived} kills survived in {databases} databases, the lock was free after {} ms at most; \
         an undisturbed run takes {:.1} s",
        held.as_millis(),
        took.as_secs_f64()
    );
    drop(turn);
}

#[test]
fn killed_at_random_moments_with_supabase() {
    killed_at_random_moments(Surroundings::Supabase, size().kills.div_ceil(2));
}

#[test]
fn killed_at_random_moments_without_supabase() {
    killed_at_random_moments(Surroundings::Plain, size().kills / 2);
}
