//! Rows straight into empty tables, without a stage.
//!
//! The rows are told apart on their way: what the source's expressions find bad goes to quarantine, the
//! rest into the table itself, whose keys, indexes and foreign keys come when the rows are there. What
//! those find bad, the server says without telling which rows it is: then that table alone goes by a stage
//! of this session.
//!
//! Nothing may be published above a limit that a later table may still pass, so all of it is one
//! transaction; where no later table can stop the copy, each unit is one.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use sqlx::Row;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::behind::Extent;
use super::error::{Answer, CopyError, failed};
use super::forward::{PIECE, last_words};
use super::judging::note;
use super::ledger::{self, Run};
use super::link::{Link, or_stopped};
use super::open::{Copy, Snapshot};
use super::plan::TablePlan;
use super::report::{Event, TableReport};
use super::split::{HEAD, Split, TAIL};
use super::staging::{enter, ranges};
use super::statement::{Conflict, Home, source, stage};
use crate::mapping::{MaxErrors, OnError};
use crate::migrate::Control;
use crate::source::postgres::ConnectOptions;

const MAY: &str = include_str!("sql/straight.sql");
/// Pages of a table for which a stage is not worth avoiding: 2 MB.
const SMALL: u64 = 256;
/// Pieces that wait for the target.
const WAITING: usize = 8;
const TICK: Duration = Duration::from_millis(200);
/// Bad rows of one table that this road takes along.
const MANY: u64 = 100_000;
/// More memory to build indexes with, where the server's setting is the one it came with.
const MEMORY: &str = "SELECT set_config('maintenance_work_mem', '128MB', true) \
    WHERE pg_size_bytes(current_setting('maintenance_work_mem')) < pg_size_bytes('128MB')";

/// What would only be looked at when the transaction ends is looked at while the table can still go by a
/// stage.
const DEFERRED: &str = "SAVEPOINT checked; SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK TO checked";

/// A table on this road.
#[derive(Debug, Clone, Copy)]
struct Way {
    is_straight: bool,
    pages: u64,
}

/// What all readers of a table share.
struct Reading {
    selects: Mutex<VecDeque<String>>,
    table: TablePlan,
    from: ConnectOptions,
    snapshot: Snapshot,
    control: Control,
    done: AtomicU64,
    rows: AtomicU64,
    bad: AtomicU64,
}

/// What has come of a table's rows.
#[derive(Default)]
struct Came {
    rows: u64,
    copied: u64,
    bad: Vec<String>,
    notes: BTreeMap<String, u64>,
    is_counted: bool,
}

impl Copy<'_> {
    /// Copies what is not `skip`ped without a stage; `None` where that is not the way.
    pub(super) async fn go_straight(
        &mut self,
        run: &Run,
        skip: &[bool],
    ) -> Result<Option<Vec<TableReport>>, CopyError> {
        let Some(ways) = self.ways(run, skip).await? else {
            return Ok(None);
        };
        match self.try_straight(run, skip, &ways).await {
            Ok(reports) => Ok(Some(reports)),
            Err(CopyError::Server { answer, .. }) if answer.is_contradiction() => {
                self.target.roll_back().await;
                let words =
                    format!("another session wrote in between ({answer}); staging the rows");
                self.tell(Event::Note(words));
                Ok(None)
            }
            Err(error) => {
                self.target.roll_back().await;
                if let CopyError::TooMany { .. } | CopyError::Fails { .. } = &error {
                    self.end(run, "failed").await?;
                }
                Err(error)
            }
        }
    }

    /// How each table goes; `None` when a large one has to be staged, or none is large.
    async fn ways(&mut self, run: &Run, skip: &[bool]) -> Result<Option<Vec<Way>>, CopyError> {
        if self.only.is_some() || self.is_one_database {
            return Ok(None);
        }
        let mut ways = vec![
            Way {
                is_straight: false,
                pages: 0
            };
            skip.len()
        ];
        let mut has_large = false;
        let plan = Arc::clone(&self.plan);
        for unit in &plan.units {
            for &number in unit.iter().filter(|number| !skip[**number]) {
                let table = &plan.tables[number];
                let staged = self.windows(run, table).await?;
                if staged.is_some_and(|windows| !windows.is_empty()) {
                    return Ok(None);
                }
                let (_, pages) = ledger::layout(&mut self.source, table).await?;
                let is_straight = unit.len() == 1 && self.may_go_straight(table).await?;
                let is_large = !table.has_pages || pages >= SMALL;
                if is_large && !is_straight {
                    return Ok(None);
                }
                has_large |= is_large;
                ways[number] = Way { is_straight, pages };
            }
        }
        Ok(has_large.then_some(ways))
    }

    async fn may_go_straight(&mut self, table: &TablePlan) -> Result<bool, CopyError> {
        let can_be_sent = table.fields.iter().all(|field| field.sent.is_some());
        if !can_be_sent || !table.archived.is_empty() || !table.rivals.is_empty() {
            return Ok(false);
        }
        let doing = format!("see whether `{}` is empty", table.target);
        let row = sqlx::query(MAY)
            .persistent(false)
            .bind(table.to.to_string())
            .bind(&table.name)
            .bind(&self.request.pair)
            .fetch_one(&mut self.target.connection)
            .await
            .map_err(failed(doing.clone()))?;
        let may: bool = row.try_get("may").map_err(failed(doing))?;
        Ok(may && self.is_empty(&table.to.to_string()).await?)
    }

    async fn try_straight(
        &mut self,
        run: &Run,
        skip: &[bool],
        ways: &[Way],
    ) -> Result<Vec<TableReport>, CopyError> {
        let mut reports = vec![TableReport::default(); skip.len()];
        let plan = Arc::clone(&self.plan);
        let units: Vec<(usize, &Vec<usize>)> = plan
            .units
            .iter()
            .enumerate()
            .filter(|(_, unit)| !skip[unit[0]])
            .collect();
        let mut is_open = false;
        for (place, (number, unit)) in units.iter().enumerate() {
            self.check()?;
            let doing = self.publishing(unit);
            let began = Instant::now();
            if !is_open {
                self.begin_straight(&doing).await?;
                is_open = true;
            }
            self.unit_straight(run, (*number, unit), ways, &mut reports)
                .await?;
            let rest = units.get(place + 1..).unwrap_or_default();
            if !rest.iter().any(|(_, unit)| self.may_stop(unit)) || rest.is_empty() {
                self.commit_straight(&doing).await?;
                is_open = false;
            }
            for table in *unit {
                self.tell(Event::Published {
                    table: &reports[*table],
                    took: began.elapsed(),
                });
            }
        }
        Ok(reports)
    }

    /// Whether what becomes of these tables can stop the copy.
    fn may_stop(&self, unit: &[usize]) -> bool {
        let is_limited = match self.request.max_errors {
            None => false,
            Some(MaxErrors::Share(share)) => share < 100_000,
            Some(MaxErrors::Rows(_)) => true,
        };
        is_limited
            || self.request.conflict == Conflict::Fail
            || unit.iter().any(|table| {
                let fields = &self.plan.tables[*table].fields;
                fields.iter().any(|field| field.on_error == OnError::Fail)
            })
    }

    async fn begin_straight(&mut self, doing: &str) -> Result<(), CopyError> {
        self.target.run("BEGIN", doing).await?;
        self.claim(doing).await?;
        self.target.rows(MEMORY, doing).await?;
        let plan = Arc::clone(&self.plan);
        for table in &plan.tables {
            let home = Home::Session;
            let sql = format!(
                "{}; {}",
                stage::create(table, home),
                stage::create_judgement(table, home)
            );
            self.target.run(&sql, doing).await?;
        }
        Ok(())
    }

    async fn commit_straight(&mut self, doing: &str) -> Result<(), CopyError> {
        let tables = self.plan.tables.iter();
        let drops = tables.map(|table| stage::drop(table.number, Home::Session));
        let drops = drops.collect::<Vec<_>>().join("; ");
        self.target.run(&drops, doing).await?;
        self.check()?;
        // A commit whose answer never comes may have happened.
        self.control.change();
        self.target.run("COMMIT", doing).await?;
        Ok(())
    }

    async fn unit_straight(
        &mut self,
        run: &Run,
        (number, unit): (usize, &[usize]),
        ways: &[Way],
        reports: &mut [TableReport],
    ) -> Result<(), CopyError> {
        if let [only] = unit
            && ways[*only].is_straight
            && let Some(report) = self.load(run, *only, ways[*only].pages).await?
        {
            reports[*only] = report;
            return Ok(());
        }
        let plan = Arc::clone(&self.plan);
        let home = Home::Session;
        for table in unit {
            let table = &plan.tables[*table];
            let doing = format!("count what is staged of `{}`", table.name);
            let select = source::select(table, None, None);
            self.stage_here(table, home, &select).await?;
            self.target
                .run(&stage::analyze(table, home), &doing)
                .await?;
        }
        let others: Vec<bool> = (0..plan.tables.len())
            .map(|table| !unit.contains(&table))
            .collect();
        self.judge(home, number, &others).await?;
        for table in unit {
            let planned = &plan.tables[*table];
            reports[*table] = self.verdict_of(planned, home).await?;
            self.allow(std::slice::from_ref(&reports[*table]))?;
            self.complete(planned, home, false).await?;
        }
        for table in unit {
            let name = &plan.tables[*table].target;
            self.tell(Event::Publishing { name });
        }
        self.put(run, unit, home, reports, true).await
    }

    /// Loads a table; `None` when it is as before, for the server takes not all of the rows.
    async fn load(
        &mut self,
        run: &Run,
        number: usize,
        pages: u64,
    ) -> Result<Option<TableReport>, CopyError> {
        let plan = Arc::clone(&self.plan);
        let table = &plan.tables[number];
        let doing = format!("publish `{}`", table.target);
        self.target.run("SAVEPOINT load", &doing).await?;
        match self.load_all(table, pages).await {
            Ok(Some(came)) => {
                self.target.run("RELEASE load", &doing).await?;
                let report = self.came(table, came).await?;
                self.allow(std::slice::from_ref(&report))?;
                self.complete(table, Home::Session, false).await?;
                self.note_down(run, table, Home::Session, &report).await?;
                Ok(Some(report))
            }
            Ok(None) => {
                self.target.run("ROLLBACK TO load", &doing).await?;
                Ok(None)
            }
            Err(CopyError::Server { answer, .. }) if is_of_rows(&answer) => {
                self.target.run("ROLLBACK TO load", &doing).await?;
                let words = format!(
                    "`{}` does not take every row ({answer}); judging them",
                    table.target
                );
                self.tell(Event::Note(words));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// What became of the rows that went straight.
    async fn came(&mut self, table: &TablePlan, came: Came) -> Result<TableReport, CopyError> {
        let doing = format!("note what is wrong in `{}`", table.name);
        for rows in came.bad.chunks(5000) {
            let sql = stage::note_bad(table, Home::Session, rows);
            self.target.run(&sql, &doing).await?;
        }
        let mut notes: BTreeMap<(String, String), u64> = BTreeMap::new();
        for (text, rows) in came.notes {
            let codes = serde_json::from_str::<BTreeMap<String, String>>(&text)
                .map_err(|error| failed(doing.clone())(sqlx::Error::Decode(error.into())))?;
            for key in codes {
                *notes.entry(key).or_default() += rows;
            }
        }
        let notes = notes.into_iter();
        let bad = u64::try_from(came.bad.len()).unwrap_or(u64::MAX);
        Ok(TableReport {
            name: table.name.clone(),
            target: table.target.clone(),
            rows: came.rows + bad,
            copied: came.copied,
            quarantined: bad,
            is_counted: came.is_counted,
            findings: self.findings(table, Home::Session).await?,
            notes: notes
                .map(|((column, code), rows)| note(table, column, code, rows))
                .collect(),
            ..TableReport::default()
        })
    }

    /// `None` when so many rows are bad that they need a stage.
    async fn load_all(&mut self, table: &TablePlan, pages: u64) -> Result<Option<Came>, CopyError> {
        let doing = format!("publish `{}`", table.target);
        let extent = Extent::Keys;
        let behind = if table.has_pages && pages < SMALL {
            super::behind::Behind::default()
        } else {
            self.put_behind(table, extent, 0).await?
        };
        let ranges = ranges(pages, table.has_pages).into_iter();
        let selects = ranges.map(|range| source::straight(table, table.has_pages.then_some(range)));
        let reading = Arc::new(Reading {
            selects: Mutex::new(selects.collect()),
            table: table.clone(),
            from: self.request.from.clone(),
            snapshot: self.snapshot.clone(),
            control: self.control.clone(),
            done: AtomicU64::new(0),
            rows: AtomicU64::new(0),
            bad: AtomicU64::new(0),
        });
        let Some(mut came) = self.pour(&reading).await? else {
            return Ok(None);
        };
        self.tell(Event::Publishing {
            name: &table.target,
        });
        came.is_counted = self.bring_back(table, behind).await?;
        self.target.run(DEFERRED, &doing).await?;
        Ok(Some(came))
    }

    /// From several readers into one COPY.
    async fn pour(&mut self, reading: &Arc<Reading>) -> Result<Option<Came>, CopyError> {
        let all = reading.waiting();
        let mut readers = JoinSet::new();
        let (give, mut take) = mpsc::channel::<Vec<u8>>(WAITING);
        for _ in 0..self.request.jobs.clamp(1, all.max(1)) {
            readers.spawn(read(Arc::clone(reading), give.clone()));
        }
        drop(give);
        let writing = || format!("publish `{}`", reading.table.target);
        let into = stage::copy_straight(&reading.table);
        let control = self.control.clone();
        let sink = self.target.connection.copy_in_raw(&into);
        let mut sink = or_stopped(&control, sink)
            .await?
            .map_err(failed(writing()))?;
        let mut next = Some(HEAD.to_vec());
        let mut told = Instant::now();
        let permille =
            |done: u64| done.saturating_mul(1000) / u64::try_from(all.max(1)).unwrap_or(1);
        while let Some(piece) = next {
            if let Err(error) = or_stopped(&control, sink.send(piece.as_slice())).await? {
                // The server says why when it is asked for the end.
                return Err(last_words(sink, error, writing()).await);
            }
            if told.elapsed() >= TICK {
                told = Instant::now();
                (self.tell)(Event::Staged {
                    rows: reading.rows.load(Ordering::Relaxed),
                    permille: permille(reading.done.load(Ordering::Relaxed)),
                });
            }
            if reading.bad.load(Ordering::Relaxed) > MANY {
                break;
            }
            next = or_stopped(&control, take.recv()).await?;
        }
        drop(take);
        let mut came = Came::default();
        let mut trouble = None;
        while let Some(ended) = or_stopped(&control, readers.join_next()).await? {
            match ended {
                Ok(Ok(part)) => came.add(part),
                Ok(Err(error)) => trouble = Some(error),
                // A reader that panicked has printed why.
                Err(_) => trouble = Some(failed(writing())(sqlx::Error::WorkerCrashed)),
            }
        }
        let is_too_much = reading.bad.load(Ordering::Relaxed) > MANY;
        if trouble.is_some() || is_too_much {
            // What the target says of it is no news.
            match sink.abort("the rows did not come").await {
                Ok(()) | Err(_) => {}
            }
            return trouble.map_or(Ok(None), Err);
        }
        or_stopped(&control, sink.send(TAIL))
            .await?
            .map_err(failed(writing()))?;
        came.copied = or_stopped(&control, sink.finish())
            .await?
            .map_err(failed(writing()))?;
        Ok(Some(came))
    }
}

impl Reading {
    fn waiting(&self) -> usize {
        let selects = self.selects.lock();
        selects.unwrap_or_else(PoisonError::into_inner).len()
    }

    fn next(&self) -> Option<String> {
        let selects = self.selects.lock();
        selects.unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

impl Came {
    fn add(&mut self, part: Self) {
        self.rows += part.rows;
        self.bad.extend(part.bad);
        for (note, rows) in part.notes {
            *self.notes.entry(note).or_default() += rows;
        }
    }
}

/// Reads one range after the other, with a connection of its own.
async fn read(reading: Arc<Reading>, give: mpsc::Sender<Vec<u8>>) -> Result<Came, CopyError> {
    let doing = format!("read `{}`", reading.table.name);
    let mut source = Link::open(&reading.from, &reading.control, "align copy: read").await?;
    enter(&mut source, &reading.snapshot, "READ ONLY").await?;
    let has_notes = reading
        .table
        .fields
        .iter()
        .any(|field| field.note.is_some());
    let mut came = Came::default();
    while let Some(select) = reading.next() {
        let mut split = Split::new(reading.table.fields.len(), has_notes);
        let broken =
            |_| failed(doing.clone())(sqlx::Error::Protocol("not the rows of COPY".into()));
        {
            let mut rows = source
                .connection
                .copy_out_raw(&source::copy_out(&select))
                .await
                .map_err(failed(doing.clone()))?;
            let mut counted = (0, 0);
            while let Some(bytes) = rows.next().await {
                split
                    .take(&bytes.map_err(failed(doing.clone()))?)
                    .map_err(broken)?;
                if split.good.len() < PIECE {
                    continue;
                }
                let piece = std::mem::replace(&mut split.good, Vec::with_capacity(PIECE + 8192));
                let bad = u64::try_from(split.bad.len()).unwrap_or(u64::MAX);
                reading
                    .rows
                    .fetch_add(split.rows - counted.0, Ordering::Relaxed);
                reading.bad.fetch_add(bad - counted.1, Ordering::Relaxed);
                counted = (split.rows, bad);
                if give.send(piece).await.is_err() {
                    // Nobody wants the rest.
                    return Ok(came);
                }
            }
            let bad = u64::try_from(split.bad.len()).unwrap_or(u64::MAX);
            reading
                .rows
                .fetch_add(split.rows - counted.0, Ordering::Relaxed);
            reading.bad.fetch_add(bad - counted.1, Ordering::Relaxed);
        }
        if !split.is_whole() {
            return Err(broken(super::split::Broken));
        }
        let piece = std::mem::take(&mut split.good);
        if !piece.is_empty() && give.send(piece).await.is_err() {
            return Ok(came);
        }
        came.add(Came {
            rows: split.rows,
            copied: 0,
            bad: split.bad,
            notes: split.notes,
            is_counted: false,
        });
        reading.done.fetch_add(1, Ordering::Relaxed);
        if reading.bad.load(Ordering::Relaxed) > MANY {
            break;
        }
    }
    source.close().await;
    Ok(came)
}

/// Whether it is about what is in the rows.
fn is_of_rows(answer: &Answer) -> bool {
    let code = answer.sqlstate.as_deref().unwrap_or_default();
    !answer.is_lost
        && ["22", "23", "P0"]
            .iter()
            .any(|class| code.starts_with(class))
}
