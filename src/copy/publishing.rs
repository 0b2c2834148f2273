//! From judged rows to rows that everybody sees: each unit of tables in one transaction.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::Row;

use super::behind::{Behind, Extent, WORTH};
use super::error::{CopyError, failed};
use super::ledger::{self, Run};
use super::open::Copy;
use super::plan::TablePlan;
use super::report::{Event, Report, TableReport};
use super::statement::archive;
use super::statement::judge;
use super::statement::kept;
use super::statement::noted;
use super::statement::publish;
use super::statement::{Conflict, Home};
use crate::migrate::{LOCK, OtherSession, Refusal, holder};
use crate::transform::Code;

const PAUSE: Duration = Duration::from_millis(200);
/// Held by every session that stages.
pub(super) const WORKERS: i64 = LOCK + 1;
/// How often a unit is judged anew when another writer came in between.
const TRIES: u32 = 4;
/// What a row is called whose foreign key leads nowhere.
const ORPHAN: &str = "23503";

/// What the quarantine says of codes that only the target can tell.
const MESSAGES: [(&str, &str); 4] = [
    (
        judge::ORPHAN,
        "the row it refers to is neither in the target nor copied",
    ),
    (judge::DUPLICATE, "another row has the same unique key"),
    (judge::CHECK, "a check of the target refuses the row"),
    (judge::AMBIGUOUS, "several rows of the target look like it"),
];

/// What an earlier process has published takes its report.
fn with_done(
    mut reports: Vec<TableReport>,
    published: Vec<Option<TableReport>>,
    skip: &[bool],
) -> Vec<TableReport> {
    for (index, done) in published.into_iter().enumerate() {
        if let (true, Some(done)) = (skip[index], done) {
            reports[index] = done;
        }
    }
    reports
}

impl Copy<'_> {
    /// Tells what a copy would do. Changes nothing.
    ///
    /// # Errors
    /// [`CopyError`].
    pub async fn dry_run(&mut self) -> Result<Report, CopyError> {
        self.stage_all(Home::Session).await?;
        let skip = vec![false; self.plan.tables.len()];
        self.judge(Home::Session, 0, &skip).await?;
        let plan = Arc::clone(&self.plan);
        for table in &plan.tables {
            self.complete(table, Home::Session, true).await?;
        }
        Ok(Report {
            run: String::new(),
            tables: self.verdict(Home::Session).await?,
        })
    }

    /// Whether a run would publish what was found.
    ///
    /// # Errors
    /// Why not.
    pub fn may_publish(&self, report: &Report) -> Result<(), CopyError> {
        self.allow(&report.tables)
    }

    /// Copies.
    ///
    /// # Errors
    /// [`CopyError`]; tables that were published before stay.
    pub async fn run(&mut self, wait_lock: Duration) -> Result<Report, CopyError> {
        self.lock(wait_lock).await?;
        let run = self.begin().await?;
        let mut published = Vec::new();
        let plan = Arc::clone(&self.plan);
        for table in &plan.tables {
            published.push(self.published_and_unchanged(&run, table).await?);
        }
        let mut skip = vec![false; self.plan.tables.len()];
        for unit in &self.plan.units {
            let is_done = unit.iter().all(|table| published[*table].is_some());
            for table in unit {
                skip[*table] = is_done;
            }
        }
        let reports = match self.go_straight(&run, &skip).await? {
            Some(reports) => with_done(reports, published, &skip),
            None => self.go_by_stage(&run, &skip, published).await?,
        };
        for (table, report) in plan.tables.iter().zip(&reports) {
            if report.copied > 0 && !report.was_done && !report.is_counted {
                let doing = format!("count what is in `{}`", table.target);
                self.target
                    .run(&format!("ANALYZE {}", table.to), &doing)
                    .await?;
            }
        }
        self.end(&run, "done").await?;
        Ok(Report {
            run: run.id,
            tables: reports,
        })
    }

    async fn go_by_stage(
        &mut self,
        run: &Run,
        skip: &[bool],
        published: Vec<Option<TableReport>>,
    ) -> Result<Vec<TableReport>, CopyError> {
        self.stage(run, skip).await?;
        self.judge(Home::Kept, 0, skip).await?;
        let mut reports = with_done(self.verdict(Home::Kept).await?, published, skip);
        if let Err(error) = self.allow(&reports) {
            self.end(run, "failed").await?;
            return Err(error);
        }
        let plan = Arc::clone(&self.plan);
        for table in &plan.tables {
            if !skip[table.number - 1] {
                self.complete(table, Home::Kept, false).await?;
            }
        }
        for unit in 0..self.plan.units.len() {
            if skip[self.plan.units[unit][0]] {
                continue;
            }
            self.check()?;
            self.publish(run, unit, skip, &mut reports).await?;
        }
        Ok(reports)
    }

    async fn lock(&mut self, patience: Duration) -> Result<(), CopyError> {
        self.take_lock(LOCK, patience).await?;
        // What a run that was killed has left of sessions ends by itself.
        self.take_lock(WORKERS, patience).await?;
        let sql = format!("SELECT pg_advisory_unlock({WORKERS})");
        self.target.rows(&sql, "take the lock").await?;
        Ok(())
    }

    async fn take_lock(&mut self, key: i64, patience: Duration) -> Result<(), CopyError> {
        let end = Instant::now() + patience;
        let mut told: Option<OtherSession> = None;
        loop {
            let sql = format!("SELECT pg_try_advisory_lock({key}) AS taken");
            let row = self.target.row(&sql, "take the lock").await?;
            if row.try_get("taken").map_err(failed("take the lock"))? {
                return Ok(());
            }
            let holder = holder(&mut self.target.connection).await?;
            if Instant::now() >= end {
                return Err(CopyError::Refused(Refusal::Locked { holder }));
            }
            if holder.is_some() && holder != told {
                self.tell(Event::Waiting {
                    holder: holder.as_ref(),
                });
                told = holder;
            }
            self.check()?;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// What became of the rows of a table that this run has published, if the source has not changed
    /// since.
    async fn published_and_unchanged(
        &mut self,
        run: &Run,
        table: &TablePlan,
    ) -> Result<Option<TableReport>, CopyError> {
        if !run.is_resumed {
            return Ok(None);
        }
        let Some(done) = self.published(run, table).await? else {
            return Ok(None);
        };
        let (filenode, _) = ledger::layout(&mut self.source, table).await?;
        let is_same = filenode == done.filenode
            && self
                .is_unchanged(table, None, done.since, done.report.rows)
                .await?;
        Ok(is_same.then_some(done.report))
    }

    /// Fetches the source rows of what is bad: of a few samples, or of all; of what is put NULL or a default,
    /// samples alone.
    pub(super) async fn complete(
        &mut self,
        table: &TablePlan,
        home: Home,
        samples: bool,
    ) -> Result<(), CopyError> {
        let doing = format!("read the bad rows of `{}`", table.name);
        let noted = noted::keys_of_samples(table, home).filter(|_| samples);
        let questions = std::iter::once(judge::bad_keys(table, home, samples)).chain(noted);
        for question in questions {
            let rows = self.target.rows(&question, &doing).await?;
            let keys = rows.iter().map(|row| row.try_get::<Vec<String>, _>("key"));
            let keys = keys.collect::<Result<Vec<_>, _>>();
            let keys = keys.map_err(failed(doing.clone()))?;
            self.fetch_rows(table, home, &keys).await?;
        }
        Ok(())
    }

    async fn publish(
        &mut self,
        run: &Run,
        unit: usize,
        skip: &[bool],
        reports: &mut [TableReport],
    ) -> Result<(), CopyError> {
        let began = Instant::now();
        let plan = Arc::clone(&self.plan);
        let members = &plan.units[unit];
        let publishing = self.publishing(members);
        let mut tries = 0;
        loop {
            tries += 1;
            for table in members {
                let name = &plan.tables[*table].target;
                self.tell(Event::Publishing { name });
            }
            // A foreign key that comes back looks at rows that were there before, too, and they may break it.
            let may_lock = tries == 1;
            match self.publish_once(run, members, reports, may_lock).await {
                Ok(()) => break,
                Err(CopyError::Server { answer, doing })
                    if answer.is_contradiction() && tries < TRIES =>
                {
                    self.target.roll_back().await;
                    let has_orphans =
                        answer.sqlstate.as_deref() == Some(ORPHAN) && doing != publishing;
                    let why = if has_orphans {
                        "rows that were there before break a foreign key, which stays where it is"
                    } else {
                        "another session wrote in between"
                    };
                    let words = format!("{why} ({answer}); judging anew");
                    self.tell(Event::Note(words));
                    self.judge(Home::Kept, unit, skip).await?;
                    let anew = self.verdict(Home::Kept).await?;
                    for table in plan.units[unit..].iter().flatten() {
                        if !skip[*table] {
                            reports[*table] = anew[*table].clone();
                        }
                    }
                    self.allow(reports)?;
                    for table in plan.units[unit..].iter().flatten() {
                        if !skip[*table] {
                            let table = &plan.tables[*table];
                            self.complete(table, Home::Kept, false).await?;
                        }
                    }
                }
                Err(error) => {
                    self.target.roll_back().await;
                    return Err(error);
                }
            }
        }
        for table in members {
            self.tell(Event::Published {
                table: &reports[*table],
                took: began.elapsed(),
            });
        }
        Ok(())
    }

    async fn publish_once(
        &mut self,
        run: &Run,
        members: &[usize],
        reports: &mut [TableReport],
        may_lock: bool,
    ) -> Result<(), CopyError> {
        let doing = self.publishing(members);
        self.target.run("BEGIN", &doing).await?;
        self.claim(&doing).await?;
        self.put(run, members, Home::Kept, reports, may_lock)
            .await?;
        self.check()?;
        // A commit whose answer never comes may have happened.
        self.control.change();
        self.target.run("COMMIT", &doing).await?;
        Ok(())
    }

    /// What a failure says was being done.
    pub(super) fn publishing(&self, members: &[usize]) -> String {
        let names = members.iter().map(|table| &self.plan.tables[*table].target);
        let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
        format!("publish {}", names.join(", "))
    }

    /// Tells the triggers of the target who writes, for the transaction at hand.
    pub(super) async fn claim(&mut self, doing: &str) -> Result<(), CopyError> {
        let sql = publish::claims(&self.request.claims);
        self.target.row(&sql, doing).await?;
        Ok(())
    }

    /// Puts the judged rows of a unit where they go, within the transaction at hand. With `may_lock`, indexes
    /// and foreign keys of a table may go and come back after its rows.
    pub(super) async fn put(
        &mut self,
        run: &Run,
        members: &[usize],
        home: Home,
        reports: &mut [TableReport],
        may_lock: bool,
    ) -> Result<(), CopyError> {
        let doing = self.publishing(members);
        let plan = Arc::clone(&self.plan);
        let tables: Vec<&TablePlan> = members.iter().map(|table| &plan.tables[*table]).collect();
        let pair = self.request.pair.clone();
        let behind = match (tables.as_slice(), members) {
            ([table], [number]) if may_lock && reports[*number].copied >= WORTH => {
                let rows = reports[*number].copied;
                self.put_behind(table, Extent::Plain, rows).await?
            }
            _ => Behind::default(),
        };
        let sql = publish::insert(&tables, &plan.tables, home, &pair);
        let row = self.target.row(&sql, &doing).await?;
        let copied: Vec<i64> = row.try_get("rows").map_err(failed(doing.clone()))?;
        if let ([table], [number]) = (tables.as_slice(), members) {
            reports[*number].is_counted = self.bring_back(table, behind).await?;
        }
        for ((table, number), copied) in tables.iter().zip(members).zip(copied) {
            let report = &mut reports[*number];
            report.copied = u64::try_from(copied)
                .map_err(|error| failed(doing.clone())(sqlx::Error::Decode(error.into())))?;
            if self.request.conflict == Conflict::Update
                && let Some(sql) = publish::update(table, &plan.tables, home, &pair)
            {
                report.updated = self.target.run(&sql, &doing).await?;
            }
            self.note_down(run, table, home, report).await?;
        }
        Ok(())
    }

    /// Quarantine, memory, sequences and ledger follow the rows of a table.
    pub(super) async fn note_down(
        &mut self,
        run: &Run,
        table: &TablePlan,
        home: Home,
        report: &TableReport,
    ) -> Result<(), CopyError> {
        let doing = format!("publish `{}`", table.target);
        let messages = Code::ALL.iter().map(|code| (code.as_str(), code.message()));
        let messages: Vec<(String, String)> = messages
            .chain(MESSAGES)
            .map(|(code, message)| (code.to_owned(), message.to_owned()))
            .collect();
        let (filenode, _) = ledger::layout(&mut self.source, table).await?;
        let mut steps = publish::remember(table, home, &self.request.pair);
        let wishes = &self.request.wishes;
        let is_whole = self.only.is_none()
            && wishes.conditions.is_empty()
            && wishes.sample.is_none()
            && table.rivals.is_empty();
        let conflict = self.request.conflict;
        let pair = &self.request.pair;
        let row = self.target.row(&kept::has(table, pair), &doing).await?;
        let kept = kept::Kept {
            has_lines: row.try_get("has").map_err(failed(doing.clone()))?,
            is_whole,
        };
        steps.extend(kept::steps(table, home, pair, conflict, kept));
        steps.extend(archive::put(table, home, &run.id, conflict));
        steps.push(publish::quarantine(table, home, &run.id, &messages));
        steps.push(publish::resolved(table, home));
        for step in &steps {
            self.target.run(step, &doing).await?;
        }
        for sql in publish::sequences(table) {
            self.target.rows(&sql, &doing).await?;
        }
        let since = self.snapshot.since;
        // Rows that go once more were asked for before.
        let asked = match self.only {
            Some(_) => Some("false".to_owned()),
            None => table.asked(),
        };
        let line = ledger::line(&run.id, since, filenode, table, report, asked.as_deref());
        self.target.run(&line, &doing).await?;
        Ok(())
    }
}
