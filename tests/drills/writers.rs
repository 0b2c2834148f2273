//! Applications go on writing while the phases run: none fails, and none waits long.

mod applications;
mod statement;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::clara::{Surroundings, dump};
use crate::cluster::Database;
use crate::ground::{ground, start, take_back, turn};
use applications::Application;
use statement::Entry;

/// How long a statement of a migration waits for a lock: all that wait behind it do, too.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
/// What the migration may do with the lock once it has it.
const WORK: Duration = Duration::from_millis(500);
/// How long the applications are alone.
const QUIET: Duration = Duration::from_secs(3);
const VERSION: &str = "SELECT max(version) FROM align.\"clara-to-trendtialcrm_phase1_history\"";

/// What the applications know of the migration.
#[derive(Debug, Default)]
struct Scene {
    /// The last version of phase 1 that is applied.
    version: AtomicI64,
    stage: AtomicU8,
}

/// Where the drill stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Before,
    During,
    After,
    Over,
}

impl Scene {
    fn version(&self) -> i64 {
        self.version.load(Ordering::Relaxed)
    }

    fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Relaxed) {
            0 => Stage::Before,
            1 => Stage::During,
            2 => Stage::After,
            _ => Stage::Over,
        }
    }

    fn next_stage(&self) {
        self.stage.fetch_add(1, Ordering::Relaxed);
    }
}

/// Lets the migration run, and says on the way how far it is.
fn migrate_meanwhile(db: &Database<'_>, scene: &Scene) -> Duration {
    sleep(QUIET);
    scene.next_stage();
    let began = Instant::now();
    let mut child = start(db);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        let version = db.try_psql(VERSION).ok().and_then(|said| said.parse().ok());
        scene
            .version
            .store(version.unwrap_or_default(), Ordering::Relaxed);
        sleep(Duration::from_millis(50));
    };
    let took = began.elapsed();
    scene.next_stage();
    sleep(QUIET);
    scene.next_stage();
    assert!(status.success(), "`align migrate` ends with {status}");
    took
}

/// No statement waited longer than the migration's lock timeout and what is done under the lock.
///
/// What the same statement took at most before anything was migrated is added: that much a slow or busy
/// machine takes by itself, and the promise is about what the migration adds. For a statement of the new
/// form it is what any took.
fn waited(entries: &[Entry]) -> String {
    let mut alone: BTreeMap<&str, Duration> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.stage == Stage::Before) {
        let longest = alone.entry(entry.what).or_default();
        *longest = entry.took.max(*longest);
    }
    let any = alone.values().max().copied().unwrap();
    let during: Vec<&Entry> = entries
        .iter()
        .filter(|entry| entry.stage != Stage::Before)
        .collect();
    let mut late: Vec<&&Entry> = during
        .iter()
        .filter(|entry| {
            let alone = alone.get(entry.what).copied().unwrap_or(any);
            entry.took > LOCK_TIMEOUT + WORK + alone
        })
        .collect();
    late.sort_by_key(|entry| entry.took);
    assert!(
        late.is_empty(),
        "{} statements waited too long: {late:#?}",
        late.len()
    );
    let longest = during.iter().max_by_key(|entry| entry.took).unwrap();
    let mut times: Vec<Duration> = during.iter().map(|entry| entry.took).collect();
    times.sort();
    format!(
        "{} statements of {} kinds while the phases ran, the longest took {:.0} ms ({}), one in a hundred more than {:.1} ms; \
         before it the longest took {:.0} ms",
        during.len(),
        during
            .iter()
            .map(|entry| entry.what)
            .collect::<BTreeSet<&str>>()
            .len(),
        longest.took.as_secs_f64() * 1000.0,
        longest.what,
        times[times.len() * 99 / 100].as_secs_f64() * 1000.0,
        any.as_secs_f64() * 1000.0,
    )
}

fn while_the_phases_run(surroundings: Surroundings) {
    let turn = turn();
    let ground = ground(surroundings);
    let db = ground.copy("live");
    let scene = Scene::default();
    let (took, reports) = std::thread::scope(|scope| {
        let applications: Vec<_> = Application::ALL
            .into_iter()
            .map(|one| {
                scope.spawn({
                    let (db, scene) = (&db, &scene);
                    move || one.work(db, scene, surroundings)
                })
            })
            .collect();
        let took = migrate_meanwhile(&db, &scene);
        let reports: Vec<_> = applications
            .into_iter()
            .map(|one| one.join().unwrap())
            .collect();
        (took, reports)
    });
    let failed: Vec<&String> = reports.iter().flat_map(|report| &report.failed).collect();
    assert!(failed.is_empty(), "applications failed: {failed:#?}");

    let broken = db.psql(include_str!("../fixtures/phases/in_step.sql"));
    assert_eq!(broken, "", "rows whose forms differ");
    let gone = db.psql("SELECT count(*) FROM before.clients AS b WHERE NOT EXISTS (SELECT FROM public.clients AS c WHERE c.id = b.id)");
    assert_eq!(gone, "0", "clients that are gone");
    let mut rows = 0;
    for report in &reports {
        rows += report.wrote.check(&db);
    }
    let entries: Vec<Entry> = reports
        .iter()
        .flat_map(|report| report.entries.clone())
        .collect();
    let figures = waited(&entries);
    eprintln!(
        "{surroundings:?}: {} applications beside a migration of {:.1} s; {figures}; {rows} rows of theirs hold what they wrote last",
        reports.len(),
        took.as_secs_f64()
    );

    take_back(&db);
    assert_eq!(dump(&db, "public"), ground.schema);
    for report in &reports {
        report.wrote.check_old_form(&db);
    }
    db.remove();
    drop(turn);
}

#[test]
fn applications_go_on_with_supabase() {
    while_the_phases_run(Surroundings::Supabase);
}

#[test]
fn applications_go_on_without_supabase() {
    while_the_phases_run(Surroundings::Plain);
}
