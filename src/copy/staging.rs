//! The rows of the source on their way to the stage: several ranges of pages at a time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::Row;
use tokio::task::JoinSet;

use super::error::{CopyError, failed};
use super::forward::forward;
use super::ledger::{self, Run};
use super::link::Link;
use super::open::{Copy, Snapshot};
use super::plan::{Plan, TablePlan};
use super::publishing::WORKERS;
use super::report::Event;
use super::statement::source::Pages;
use super::statement::{Home, source, stage};
use crate::ddl::literal;
use crate::migrate::Control;
use crate::source::postgres::{ConnectOptions, count};

/// Pages of a range: 8 MB, a fraction of a second.
const RANGE: u64 = 1024;
const TICK: Duration = Duration::from_millis(200);

/// A range of pages that is to be staged.
#[derive(Debug, Clone)]
struct Task {
    /// Index into the plan's tables.
    table: usize,
    pages: Pages,
    filenode: Option<i64>,
    /// Whether the rows can be told apart by pages.
    has_pages: bool,
}

/// What every worker needs.
struct Shared {
    tasks: Mutex<VecDeque<Task>>,
    rows: AtomicU64,
    done: AtomicU64,
    plan: Arc<Plan>,
    run: String,
    from: ConnectOptions,
    to: ConnectOptions,
    snapshot: Snapshot,
    is_one_database: bool,
    control: Control,
}

impl Copy<'_> {
    /// Stages what is not staged. `skip` are tables that are published and unchanged.
    pub(super) async fn stage(&mut self, run: &Run, skip: &[bool]) -> Result<(), CopyError> {
        if self.only.is_some() {
            return self.stage_all(Home::Kept).await;
        }
        let (mut tasks, mut kept, mut changed) = (Vec::new(), 0, 0);
        let plan = Arc::clone(&self.plan);
        for (index, _) in skip.iter().enumerate().filter(|(_, skipped)| !**skipped) {
            let table = &plan.tables[index];
            let (filenode, pages) = ledger::layout(&mut self.source, table).await?;
            let staged = self.windows(run, table).await?;
            if staged.is_none() {
                let forget = format!(
                    "DELETE FROM align.copy_windows WHERE run = {} AND table_name = {}",
                    literal(&run.id),
                    literal(&table.name)
                );
                let sql = format!(
                    "BEGIN; {}; {forget}; COMMIT",
                    stage::create(table, Home::Kept)
                );
                self.target
                    .run(&sql, &format!("make the stage of `{}`", table.name))
                    .await?;
            }
            let mut staged = staged.unwrap_or_default();
            for range in ranges(pages, table.has_pages) {
                let known = staged
                    .iter()
                    .position(|w| w.pages == range && w.filenode == filenode);
                if let Some(known) = known {
                    let window = staged.remove(known);
                    let is_same = self
                        .is_unchanged(table, Some(range), window.since, window.rows)
                        .await?;
                    if is_same {
                        kept += 1;
                        continue;
                    }
                    changed += 1;
                    staged.push(window);
                }
                tasks.push(Task {
                    table: index,
                    pages: range,
                    filenode,
                    has_pages: table.has_pages,
                });
            }
            // What is left is of a table that was rewritten, or has grown or shrunk.
            for window in staged {
                let page = window.pages.from;
                let sql = format!(
                    "BEGIN; {}; {}; COMMIT",
                    stage::forget(table, Home::Kept, page),
                    ledger::unstaged(&run.id, table, page)
                );
                self.target
                    .run(&sql, &format!("clear the stage of `{}`", table.name))
                    .await?;
            }
        }
        if run.is_resumed {
            let published = skip.iter().filter(|skipped| **skipped).count();
            self.tell(Event::Resumes {
                windows: kept,
                changed,
                published: u64::try_from(published).unwrap_or_default(),
            });
        }
        self.work(run, tasks).await?;
        for (index, _) in skip.iter().enumerate().filter(|(_, skipped)| !**skipped) {
            let table = &self.plan.tables[index];
            let doing = format!("count what is staged of `{}`", table.name);
            self.target
                .run(&stage::analyze(table, Home::Kept), &doing)
                .await?;
        }
        Ok(())
    }

    /// Whether the source's rows are those that were seen by a snapshot in which `since` was missing.
    pub(super) async fn is_unchanged(
        &mut self,
        table: &TablePlan,
        pages: Option<Pages>,
        since: u64,
        rows: u64,
    ) -> Result<bool, CopyError> {
        if !table.has_pages {
            return Ok(false);
        }
        let doing = format!("look what changed in `{}`", table.name);
        let sql = source::recheck(table, pages, since, self.snapshot.now);
        let row = self.source.row(&sql, &doing).await?;
        let changed: bool = row.try_get("changed").map_err(failed(doing.clone()))?;
        Ok(!changed && count(&row, "rows").map_err(failed(doing))? == rows)
    }

    async fn work(&mut self, run: &Run, tasks: Vec<Task>) -> Result<(), CopyError> {
        let all = u64::try_from(tasks.len()).unwrap_or(u64::MAX);
        let jobs = self.request.jobs.clamp(1, tasks.len().max(1));
        let shared = Arc::new(Shared {
            tasks: Mutex::new(tasks.into()),
            rows: AtomicU64::new(0),
            done: AtomicU64::new(0),
            plan: Arc::clone(&self.plan),
            run: run.id.clone(),
            from: self.request.from.clone(),
            to: self.request.to.clone(),
            snapshot: self.snapshot.clone(),
            is_one_database: self.is_one_database,
            control: self.control.clone(),
        });
        let mut workers = JoinSet::new();
        for _ in 0..if all == 0 { 0 } else { jobs } {
            workers.spawn(worker(Arc::clone(&shared)));
        }
        loop {
            tokio::select! {
                ended = workers.join_next() => match ended {
                    None => return Ok(()),
                    Some(Ok(done)) => done?,
                    // A worker that panicked has printed why.
                    Some(Err(_)) => return Err(failed("stage rows")(sqlx::Error::WorkerCrashed)),
                },
                () = tokio::time::sleep(TICK) => {}
            }
            let done = shared.done.load(Ordering::Relaxed);
            self.tell(Event::Staged {
                rows: shared.rows.load(Ordering::Relaxed),
                permille: done.saturating_mul(1000) / all.max(1),
            });
        }
    }

    /// Stages all tables by the connections of the run itself; of a copy that is limited to some keys, the
    /// rows of these.
    pub(super) async fn stage_all(&mut self, home: Home) -> Result<(), CopyError> {
        let plan = Arc::clone(&self.plan);
        for table in &plan.tables {
            let name = &table.name;
            self.target
                .run(
                    &stage::create(table, home),
                    &format!("make the stage of `{name}`"),
                )
                .await?;
            let selects: Vec<String> = match &self.only {
                None => vec![source::select(table, None, None)],
                Some(only) => {
                    let keys = only.get(name).map(Vec::as_slice).unwrap_or_default();
                    let parts = keys.chunks(5000).map(|keys| source::among(table, keys));
                    let selects = parts.map(|among| source::select(table, None, Some(&among)));
                    selects.collect()
                }
            };
            for select in selects {
                self.stage_here(table, home, &select).await?;
            }
            let doing = format!("count what is staged of `{name}`");
            self.target
                .run(&stage::analyze(table, home), &doing)
                .await?;
        }
        Ok(())
    }

    /// Stages what a query of the source gives, by the connections of the run itself.
    pub(super) async fn stage_here(
        &mut self,
        table: &TablePlan,
        home: Home,
        select: &str,
    ) -> Result<u64, CopyError> {
        forward(
            &mut self.source,
            &source::copy_out(select),
            &mut self.target,
            &stage::copy_in(table, home),
            &table.name,
            &self.control,
        )
        .await
    }

    /// Brings whole source rows of those keys to the target.
    pub(super) async fn fetch_rows(
        &mut self,
        table: &TablePlan,
        home: Home,
        keys: &[Vec<String>],
    ) -> Result<(), CopyError> {
        for keys in keys.chunks(5000) {
            let out = source::copy_out(&source::rows(table, keys));
            let into = stage::copy_in_rows(table, home);
            let (source, target) = (&mut self.source, &mut self.target);
            forward(source, &out, target, &into, &table.name, &self.control).await?;
        }
        Ok(())
    }
}

/// The ranges of a table, the last without an end: rows may have come since its size was read.
pub(super) fn ranges(pages: u64, has_pages: bool) -> Vec<Pages> {
    if !has_pages {
        return vec![Pages { from: 0, to: None }];
    }
    let count = pages.div_ceil(RANGE).max(1);
    (0..count)
        .map(|n| Pages {
            from: n * RANGE,
            to: (n + 1 < count).then_some((n + 1) * RANGE),
        })
        .collect()
}

/// Takes one task after the other, with connections of its own.
async fn worker(shared: Arc<Shared>) -> Result<(), CopyError> {
    let name = "align copy: stage";
    let mut source = Link::open(&shared.from, &shared.control, name).await?;
    let mut target = Link::open(&shared.to, &shared.control, name).await?;
    // The next run waits until the last of these sessions is gone, for it may have a commit on its way.
    let lock = format!("SELECT pg_advisory_lock_shared({WORKERS})");
    target.rows(&lock, "take the lock").await?;
    let reader = if shared.is_one_database {
        &mut target
    } else {
        &mut source
    };
    if !shared.is_one_database {
        enter(reader, &shared.snapshot, "READ ONLY").await?;
    }
    while let Some(task) = next(&shared) {
        let rows = stage_range(&shared, &task, &mut source, &mut target).await?;
        shared.rows.fetch_add(rows, Ordering::Relaxed);
        shared.done.fetch_add(1, Ordering::Relaxed);
    }
    source.close().await;
    target.close().await;
    Ok(())
}

fn next(shared: &Shared) -> Option<Task> {
    let mut tasks = shared.tasks.lock().unwrap_or_else(PoisonError::into_inner);
    tasks.pop_front()
}

/// Sees the source as all sessions of the run do.
pub(super) async fn enter(
    link: &mut Link,
    snapshot: &Snapshot,
    mode: &str,
) -> Result<(), CopyError> {
    let sql = format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ {mode}; SET TRANSACTION SNAPSHOT {}",
        literal(&snapshot.name)
    );
    link.run(&sql, "share the snapshot of the source").await?;
    Ok(())
}

async fn stage_range(
    shared: &Shared,
    task: &Task,
    source: &mut Link,
    target: &mut Link,
) -> Result<u64, CopyError> {
    let table = &shared.plan.tables[task.table];
    let doing = format!("stage rows of `{}`", table.name);
    let select = source::select(table, task.has_pages.then_some(task.pages), None);
    let rows = if shared.is_one_database {
        enter(target, &shared.snapshot, "READ WRITE").await?;
        target
            .run(&stage::insert(table, Home::Kept, &select), &doing)
            .await?
    } else {
        target.run("BEGIN", &doing).await?;
        let (out, into) = (source::copy_out(&select), stage::copy_in(table, Home::Kept));
        forward(source, &out, target, &into, &table.name, &shared.control).await?
    };
    let line = ledger::staged(
        &shared.run,
        table,
        task.pages,
        task.filenode,
        &shared.snapshot,
        rows,
    );
    target.run(&format!("{line}; COMMIT"), &doing).await?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_every_page_once() {
        assert_eq!(ranges(0, true), [Pages { from: 0, to: None }]);
        assert_eq!(ranges(1024, true), [Pages { from: 0, to: None }]);
        assert_eq!(
            ranges(2050, true),
            [
                Pages {
                    from: 0,
                    to: Some(1024)
                },
                Pages {
                    from: 1024,
                    to: Some(2048)
                },
                Pages {
                    from: 2048,
                    to: None
                },
            ]
        );
        assert_eq!(ranges(9999, false), [Pages { from: 0, to: None }]);
    }
}
