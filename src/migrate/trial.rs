//! Everything that is pending in one transaction that is rolled back: what it locks, writes anew, and how
//! long it takes, measured on the database itself.
//!
//! The locks are real, and are held until the end. What the server refuses within a transaction runs in
//! its plain form. Deferred constraints are checked where each file ends, as its commit would.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sqlx::Executor;
use sqlx::postgres::PgConnection;

use super::apply::{LOCK_TIMEOUT, Step, step_error};
use super::error::MigrateError;
use super::hazard::{Lock, LockMode};
use super::ledger::{self, Run, quarantined};
use super::notice::Formats;
use super::observe::{Observer, Relations};
use super::plain::{Plain, plain};
use super::plan::{self, Plan, Planned};
use super::progress::Progress;
use super::run::{Request, still_pending};
use super::session::{Event, Failure, Session, server};
use super::statement::line_of;
use super::target::{Target, relations};
use super::window::fill_with;
use super::{begun, lock};

const SEQUENCES: &str = include_str!("sql/sequences.sql");
const DEFERRED: &str = include_str!("sql/deferred.sql");
/// Said where a batch that is tried whole fails by a value.
const PUT_ASIDE: &str = "a run puts the rows that fail so into quarantine and goes on; tried whole, a batch fails with the first";
/// The server waits so much longer than this process.
const GRACE: Duration = Duration::from_secs(1);

/// What was seen before it was rolled back.
#[derive(Debug, Default)]
pub struct Trial {
    /// Those that ran, the one that failed included.
    pub steps: Vec<TriedStep>,
    /// The strongest lock on each relation that was there before, strongest first.
    pub held: Vec<Held>,
    /// Rows that could not be converted, by table.
    pub quarantined: Vec<(String, i64)>,
    /// Values of sequences that a rollback does not take back.
    pub advanced: Vec<Advanced>,
    /// Tables that are larger than before: rows that were rolled back stay until VACUUM.
    pub grown: Vec<Grown>,
    /// From the first lock to the rollback.
    pub took: Duration,
    /// What the server wrote meanwhile; `None` where the role may not ask.
    pub wal_bytes: Option<i64>,
    /// Why it went no further.
    pub failure: Option<MigrateError>,
}

/// One migration.
#[derive(Debug)]
pub struct TriedStep {
    /// Where it stands in the plan.
    pub at: usize,
    /// Those that ran.
    pub statements: Vec<Tried>,
    /// All of them together.
    pub took: Duration,
    /// All of them together.
    pub wal_bytes: Option<i64>,
}

/// One statement.
#[derive(Debug)]
pub struct Tried {
    /// Within its file, from 1.
    pub line: usize,
    /// Where another form ran, which and why.
    pub substituted: Option<Substitution>,
    /// How long it took.
    pub took: Duration,
    /// What the server wrote meanwhile.
    pub wal_bytes: Option<i64>,
    /// Rows that it changed.
    pub rows: u64,
    /// Those that were not held before it.
    pub locks: Vec<Lock>,
    /// Tables and indexes that were written anew.
    pub rewrites: Vec<String>,
}

/// What ran in place of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Substitution {
    /// This, without CONCURRENTLY.
    Plain(String),
    /// The statement as it stands, in place of windows.
    Whole,
    /// Nothing: the server refuses it in a transaction.
    Nothing,
}

/// A lock that was held to the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The strongest.
    pub lock: Lock,
    /// The step that took it, where it stands in the plan.
    pub step: usize,
    /// The line of the statement that took it.
    pub line: usize,
    /// From the begin of that statement to the rollback.
    pub held: Duration,
}

/// A sequence that is not set back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advanced {
    /// As SQL names it.
    pub name: String,
    /// Its last value before; `None` where it had not been used.
    pub before: Option<i64>,
    /// And after.
    pub after: Option<i64>,
}

/// A table that takes more room than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grown {
    /// As the migrations name it.
    pub name: String,
    /// By so much, with indexes.
    pub bytes: i64,
}

/// What is asked before and after, outside the transaction.
struct Surroundings {
    sequences: BTreeMap<String, Option<i64>>,
    bytes: BTreeMap<String, i64>,
}

/// What goes from statement to statement.
struct Course {
    run: Run,
    observer: Observer,
    deadline: Instant,
    may_ask_wal: bool,
    wal: Option<i64>,
    since: BTreeMap<(String, LockMode), (usize, usize, Instant)>,
}

impl Session<'_> {
    /// Runs the plan in one transaction within the time, and rolls it back.
    ///
    /// # Errors
    /// [`MigrateError`] of what comes before the first statement; a statement's own is in the [`Trial`].
    pub async fn try_out(
        &mut self,
        request: &Request<'_>,
        plan: &Plan<'_>,
        limit: Duration,
    ) -> Result<Trial, MigrateError> {
        lock::take(self).await?;
        self.formats = Formats::of(request.phases);
        let target = Target::read(&mut self.main, request.tables).await?;
        target
            .check(request.tables, false)
            .map_err(MigrateError::Refused)?;
        let standings = self.survey(request.phases).await?;
        plan::check(request.phases, &standings, request.accept).map_err(MigrateError::Refused)?;
        let begun = self.begun(&target).await?;
        let undo = plan.steps.iter().find(|step| step.file.is_none());
        let undo = undo.map(|step| step.script);
        begun::check(request.phases, &standings, &begun, undo, request.accept)
            .map_err(MigrateError::Refused)?;
        let pending = still_pending(plan, request.phases, &standings)?;
        let names = plan.relations();
        let before = Surroundings::read(&mut self.main, &names).await?;
        let failed = |error| server("look at what is there", &error);
        let relations = Relations::read(&mut self.main).await.map_err(failed)?;
        let may_ask_wal = may_ask_wal(&mut self.main).await.map_err(failed)?;
        let began = Instant::now();
        let deadline = began + limit;
        let mut course = Course {
            run: Run {
                id: self.run.clone(),
                pair: self.pair.clone(),
                operator: request.operator.clone(),
                fingerprint: request.fingerprint.clone(),
            },
            observer: Observer::new(relations),
            deadline,
            may_ask_wal,
            wal: None,
            since: BTreeMap::new(),
        };
        let mut trial = Trial::default();
        self.deadline = Some(deadline);
        let done = self
            .run_inside(&target, plan, &pending, &mut course, &mut trial)
            .await;
        self.deadline = None;
        self.roll_back().await;
        let ended = Instant::now();
        trial.took = ended - began;
        trial.held = course.held(ended);
        let mut written = trial.steps.iter().map(|step| step.wal_bytes);
        trial.wal_bytes = written.try_fold(0_i64, |sum, bytes| Some(sum.saturating_add(bytes?)));
        trial.failure = match done {
            Ok(()) => None,
            Err(_) if self.control.is_stopped() => return Err(MigrateError::Interrupted),
            Err(_) if ended >= deadline => Some(MigrateError::OverLimit { limit }),
            Err(error) => Some(error),
        };
        match Surroundings::read(&mut self.main, &names).await {
            Ok(after) => (trial.advanced, trial.grown) = before.until(&after),
            // A trial that lost its connection says so already.
            Err(_) if trial.failure.is_some() => {}
            Err(error) => return Err(error),
        }
        Ok(trial)
    }

    async fn run_inside(
        &mut self,
        target: &Target,
        plan: &Plan<'_>,
        pending: &[&Planned<'_>],
        course: &mut Course,
        trial: &mut Trial,
    ) -> Result<(), MigrateError> {
        let begun = self.main.execute("BEGIN").await;
        begun.map_err(|error| server("begin the transaction", &error))?;
        if target.ledger.is_none() {
            ledger::make(&mut self.main, target).await?;
        }
        for planned in pending {
            let Some(at) = plan
                .steps
                .iter()
                .position(|step| std::ptr::eq(step, *planned))
            else {
                continue;
            };
            self.check()?;
            self.settle(&planned.phase.name).await?;
            let title = planned.title();
            self.tell(Event::Begins {
                title: &title,
                resumes_after: None,
            });
            let began = Instant::now();
            trial.steps.push(TriedStep {
                at,
                statements: Vec::new(),
                took: Duration::ZERO,
                wal_bytes: course.may_ask_wal.then_some(0),
            });
            let done = self.try_step(planned, at, course, trial).await;
            if let Some(step) = trial.steps.last_mut() {
                step.took = began.elapsed();
                let mut written = step.statements.iter().map(|statement| statement.wal_bytes);
                step.wal_bytes =
                    written.try_fold(0_i64, |sum, bytes| Some(sum.saturating_add(bytes?)));
            }
            done?;
        }
        trial.quarantined = quarantined(&mut self.main, &course.run.id).await?;
        Ok(())
    }

    async fn try_step(
        &mut self,
        planned: &Planned<'_>,
        at: usize,
        course: &mut Course,
        trial: &mut Trial,
    ) -> Result<(), MigrateError> {
        let script = planned.script;
        let step = Step {
            run: &course.run.clone(),
            phase: &planned.phase.name,
            name: planned.name(),
            version: planned.file.map(|file| file.version),
            checksum: String::new(),
            script,
        };
        let failed = |at, failure| step_error(&step, &Progress::default(), at, failure);
        // One try is all there is, so that it waits as long as several would.
        let patience = script.directives.lock_timeout.unwrap_or_default();
        let patience = patience.max(LOCK_TIMEOUT).as_millis();
        let patience = format!("SET LOCAL lock_timeout = {patience}");
        self.execute(&patience)
            .await
            .map_err(|failure| failed(None, failure))?;
        for (index, statement) in script.statements.iter().enumerate() {
            self.check()?;
            let line = line_of(&script.text, statement.start);
            let substituted = match plain(&script.text, statement) {
                Plain::Never => Some(Substitution::Nothing),
                Plain::Instead(sql) => Some(Substitution::Plain(sql)),
                Plain::AsIs if script.directives.batch.is_some() => Some(Substitution::Whole),
                Plain::AsIs => None,
            };
            let sql = match (&substituted, &script.directives.batch) {
                (Some(Substitution::Nothing), _) => None,
                (Some(Substitution::Plain(sql)), _) => Some(sql.clone()),
                (Some(Substitution::Whole), Some(batch)) => {
                    let all = |_: &str| "true".to_owned();
                    Some(fill_with(&script.text, statement, batch, all))
                }
                (_, _) => Some(statement.text(&script.text).to_owned()),
            };
            let here = |failure| failed(Some(index), failure);
            let lost = |error: sqlx::Error| here(Failure::of(&error, false));
            // The server ends it, too, when this process no longer can.
            let left = course.left() + GRACE;
            let longest = script.directives.statement_timeout.unwrap_or(left);
            let limits = format!(
                "SET LOCAL statement_timeout = {}; SET LOCAL idle_in_transaction_session_timeout = {}",
                longest.min(left).as_millis(),
                left.as_millis()
            );
            self.execute(&limits).await.map_err(here)?;
            course.wal = course.ask_wal(&mut self.main).await.map_err(lost)?;
            let began = Instant::now();
            let is_whole = matches!(substituted, Some(Substitution::Whole));
            let tried = |mut failure: Failure| {
                if is_whole && failure.is_of_data() {
                    failure.hint = Some(PUT_ASIDE.to_owned());
                }
                here(failure)
            };
            let rows = match sql {
                Some(sql) => self.execute(&sql).await.map_err(tried)?,
                None => 0,
            };
            let took = began.elapsed();
            let wal = course.ask_wal(&mut self.main).await.map_err(lost)?;
            let seen = course.observer.look(&mut self.main).await.map_err(lost)?;
            for lock in &seen.locks {
                let key = (lock.relation.clone(), lock.mode);
                course.since.entry(key).or_insert((at, line, began));
            }
            if let Some(step) = trial.steps.last_mut() {
                step.statements.push(Tried {
                    line,
                    substituted,
                    took,
                    wal_bytes: wal.zip(course.wal).map(|(after, before)| after - before),
                    rows,
                    locks: seen.locks,
                    rewrites: seen.rewrites,
                });
            }
        }
        let closed = self.close_step().await;
        closed.map_err(|failure| failed(None, failure))
    }

    /// Does what a commit would do to deferred constraints.
    async fn close_step(&mut self) -> Result<(), Failure> {
        let owner = "RESET SESSION AUTHORIZATION; RESET ROLE; SET CONSTRAINTS ALL IMMEDIATE";
        self.execute(owner).await?;
        let deferred = sqlx::query_scalar(DEFERRED).persistent(false);
        let deferred: Option<String> = deferred
            .fetch_one(&mut self.main)
            .await
            .map_err(|error| Failure::of(&error, false))?;
        if let Some(deferred) = deferred {
            self.execute(&format!("SET CONSTRAINTS {deferred} DEFERRED"))
                .await?;
        }
        Ok(())
    }
}

impl Course {
    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    async fn ask_wal(&self, connection: &mut PgConnection) -> Result<Option<i64>, sqlx::Error> {
        if !self.may_ask_wal {
            return Ok(None);
        }
        let sql =
            "SELECT (pg_catalog.pg_current_wal_insert_lsn() - '0/0'::pg_catalog.pg_lsn)::bigint";
        let asked = sqlx::query_scalar(sql).persistent(false);
        asked.fetch_one(connection).await.map(Some)
    }

    fn held(&self, ended: Instant) -> Vec<Held> {
        let mut strongest: BTreeMap<&str, Held> = BTreeMap::new();
        for ((relation, mode), (step, line, since)) in &self.since {
            let held = Held {
                lock: Lock {
                    mode: *mode,
                    relation: relation.clone(),
                },
                step: *step,
                line: *line,
                held: ended - *since,
            };
            // Modes of one relation come weakest first.
            strongest.insert(relation, held);
        }
        let mut held: Vec<Held> = strongest.into_values().collect();
        held.sort_by_key(|held| std::cmp::Reverse(held.lock.mode));
        held
    }
}

impl Surroundings {
    async fn read(connection: &mut PgConnection, names: &[String]) -> Result<Self, MigrateError> {
        let sequences: Result<Vec<(String, Option<i64>)>, _> = sqlx::query_as(SEQUENCES)
            .persistent(false)
            .fetch_all(&mut *connection)
            .await;
        let sequences = sequences.map_err(|error| server("read the sequences", &error))?;
        let sizes = relations(connection, names).await?.into_iter();
        Ok(Self {
            sequences: sequences.into_iter().collect(),
            bytes: sizes.map(|found| (found.name, found.bytes)).collect(),
        })
    }

    fn until(&self, after: &Self) -> (Vec<Advanced>, Vec<Grown>) {
        let moved = |(name, before): (&String, &Option<i64>)| {
            let after = *after.sequences.get(name)?;
            (after != *before).then(|| Advanced {
                name: name.clone(),
                before: *before,
                after,
            })
        };
        let larger = |(name, before): (&String, &i64)| {
            let bytes = after.bytes.get(name)? - before;
            (bytes > 0).then(|| Grown {
                name: name.clone(),
                bytes,
            })
        };
        (
            self.sequences.iter().filter_map(moved).collect(),
            self.bytes.iter().filter_map(larger).collect(),
        )
    }
}

async fn may_ask_wal(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let sql = "SELECT has_function_privilege('pg_catalog.pg_current_wal_insert_lsn()', 'EXECUTE')";
    let asked = sqlx::query_scalar(sql).persistent(false);
    asked.fetch_one(connection).await
}
