//! Writers beside a backfill, who come at fixed moments whether or not the one before is served: a wait
//! counts for everybody who had to stand in line.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions};

use crate::cluster::{Database, SUPERUSER};
use crate::subject::Subject;

const CONNECTIONS: u64 = 4;
const EVERY: Duration = Duration::from_millis(20);

/// Writers at work.
pub(crate) struct Writer {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Vec<Duration>>>,
}

/// How long they waited.
pub(crate) struct Waits(Vec<Duration>);

impl Writer {
    pub(crate) fn start(database: &Database<'_>, subject: &Subject, rows: u64) -> Self {
        let options = PgConnectOptions::new_without_pgpass()
            .socket(database.cluster.socket())
            .port(database.cluster.port())
            .username(SUPERUSER)
            .database(&database.name);
        let stop = Arc::new(AtomicBool::new(false));
        let threads = (0..CONNECTIONS).map(|seed| {
            let (options, stop, write) = (options.clone(), Arc::clone(&stop), subject.write);
            std::thread::spawn(move || {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime")
                    .block_on(write_until(&stop, &options, write, seed, rows))
            })
        });
        Self {
            threads: threads.collect(),
            stop,
        }
    }

    pub(crate) fn end(self) -> Waits {
        self.stop.store(true, Ordering::Relaxed);
        let waits = self.threads.into_iter();
        let mut waits: Vec<Duration> = waits
            .flat_map(|thread| thread.join().expect("no write fails"))
            .collect();
        waits.sort();
        Waits(waits)
    }
}

async fn write_until(
    stop: &AtomicBool,
    options: &PgConnectOptions,
    write: &'static str,
    seed: u64,
    rows: u64,
) -> Vec<Duration> {
    let mut connection = options.connect().await.expect("the server is there");
    let mut waits = Vec::new();
    let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut due = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        due += EVERY;
        tokio::time::sleep(due.saturating_duration_since(Instant::now())).await;
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let row = i64::try_from(random % rows).expect("rows are fewer") + 1;
        sqlx::query(AssertSqlSafe(write))
            .bind(row)
            .bind(format!("+1 {random}"))
            .execute(&mut connection)
            .await
            .expect("no write fails");
        waits.push(due.elapsed());
    }
    waits
}

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |share: usize| {
            let at = (self.0.len() * share / 1000).min(self.0.len().saturating_sub(1));
            self.0
                .get(at)
                .map_or(0.0, |wait| wait.as_secs_f64() * 1000.0)
        };
        write!(
            f,
            "{} writes, p50 {:.1} ms, p99 {:.1} ms, longest {:.0} ms",
            self.0.len(),
            at(500),
            at(990),
            at(1000)
        )
    }
}
