//! Who is in the way of a statement in flight.

use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;

use super::error::Session;
use super::session::seen;

const BLOCKER: &str = include_str!("sql/blocker.sql");
/// Longer than most statements wait before they let others pass: it is told of those that go on waiting, as
/// CREATE INDEX CONCURRENTLY does for every transaction that is older.
const LONG: Duration = Duration::from_secs(4);

/// Who is in the way of a statement, as far as it was seen.
#[derive(Debug, Default)]
pub(super) struct Blocker {
    /// The last one.
    pub(super) seen: Option<Session>,
    since: Option<Instant>,
    is_told: bool,
}

impl Blocker {
    /// Asks the server, on another connection than the one that waits.
    pub(super) async fn look(&mut self, side: &mut PgConnection, pid: i32) {
        let query = sqlx::query(BLOCKER).persistent(false).bind(pid);
        let row = query.fetch_optional(side).await;
        let Some(found) = row.ok().flatten().and_then(|row| seen(&row).ok()) else {
            return;
        };
        self.found(found, Instant::now());
    }

    fn found(&mut self, found: Session, now: Instant) {
        if self.seen.as_ref().is_none_or(|seen| seen.pid != found.pid) {
            self.since = Some(now);
            self.is_told = false;
        }
        self.seen = Some(found);
    }

    /// One that has been in the way for long, once.
    pub(super) fn news(&mut self) -> Option<&Session> {
        self.news_at(Instant::now())
    }

    fn news_at(&mut self, now: Instant) -> Option<&Session> {
        let is_long = self
            .since
            .is_some_and(|since| now.duration_since(since) >= LONG);
        if !is_long || self.is_told {
            return None;
        }
        self.is_told = true;
        self.seen.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_that_is_in_the_way_for_long_is_told_once() {
        let began = Instant::now();
        let mut blocker = Blocker::default();
        let at = |seconds: u64| began + Duration::from_secs(seconds);
        let mut told = Vec::new();
        for (second, pid) in [
            (0, 7),
            (1, 7),
            (3, 7),
            (4, 7),
            (5, 7),
            (9, 7),
            (10, 8),
            (13, 8),
            (14, 8),
            (15, 7),
            (18, 7),
            (19, 7),
        ] {
            blocker.found(
                Session {
                    pid,
                    role: String::new(),
                    application: String::new(),
                    state: String::new(),
                    seconds: None,
                },
                at(second),
            );
            told.extend(blocker.news_at(at(second)).map(|found| (second, found.pid)));
        }
        assert_eq!(told, [(4, 7), (14, 8), (19, 7)]);
        assert_eq!(blocker.seen.map(|seen| seen.pid), Some(7));
    }
}
