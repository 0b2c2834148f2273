//! Standbys that fall behind: a batch waits for them between two windows.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use sqlx::Row;

use super::error::MigrateError;
use super::session::{Event, Session, server};

const STANDBYS: &str = include_str!("sql/standbys.sql");
/// How often they are looked at.
const EVERY: Duration = Duration::from_secs(1);
/// While a batch waits.
const PATIENCE: Duration = Duration::from_millis(500);

/// What is known of standbys in this run.
#[derive(Debug)]
pub(super) struct Lag {
    limit: Option<Duration>,
    looked: Option<Instant>,
    /// Up to where the log was written at which moment, where some standby is not there yet.
    written: VecDeque<(Instant, i64)>,
    is_blind: bool,
}

/// A standby, or whoever else takes the log.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Standby {
    name: String,
    /// Up to where it has replayed the log.
    replayed: i64,
    /// How far it says that it is behind. It says nothing new while its replay is paused.
    reported: Duration,
}

impl Lag {
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self {
            limit,
            looked: None,
            written: VecDeque::new(),
            is_blind: false,
        }
    }

    /// Waits while a standby is too far behind.
    pub(super) async fn wait(&mut self, session: &mut Session<'_>) -> Result<(), MigrateError> {
        let Some(limit) = self.limit else {
            return Ok(());
        };
        if self.looked.is_some_and(|looked| looked.elapsed() < EVERY) {
            return Ok(());
        }
        let mut is_said = false;
        loop {
            let standbys = self.look(session).await?;
            self.looked = Some(Instant::now());
            let worst = self.worst(Instant::now(), &standbys);
            let Some((standby, behind)) = worst.filter(|(_, behind)| *behind > limit) else {
                return Ok(());
            };
            if !is_said {
                is_said = true;
                session.tell(Event::Lags {
                    standby: &standby.name,
                    behind,
                    limit,
                });
            }
            session.check()?;
            session.sleep(PATIENCE).await?;
        }
    }

    async fn look(&mut self, session: &mut Session<'_>) -> Result<Vec<Standby>, MigrateError> {
        let failed = |error| server("look how far standbys are", &error);
        let query = sqlx::query(STANDBYS).persistent(false);
        let rows = query.fetch_all(&mut session.main).await.map_err(failed)?;
        let mut standbys = Vec::new();
        let mut hidden = 0_u32;
        for row in &rows {
            if row.try_get("hidden").map_err(failed)? {
                hidden += 1;
                continue;
            }
            let written: i64 = row.try_get("written").map_err(failed)?;
            self.wrote(Instant::now(), written);
            // Who only stores the log replays nothing.
            let replayed: Option<i64> = row.try_get("replayed").map_err(failed)?;
            let reported: Option<i64> = row.try_get("reported").map_err(failed)?;
            if let Some(replayed) = replayed {
                let reported = u64::try_from(reported.unwrap_or_default()).unwrap_or_default();
                standbys.push(Standby {
                    name: row.try_get("name").map_err(failed)?,
                    replayed,
                    reported: Duration::from_millis(reported),
                });
            }
        }
        if hidden > 0 && !self.is_blind {
            self.is_blind = true;
            session.tell(Event::Note(format!(
                "cannot see how far {hidden} standby{} behind, and wait for none of them: this role is no member of `pg_monitor`",
                if hidden == 1 { " is" } else { "s are" }
            )));
        }
        Ok(standbys)
    }

    fn wrote(&mut self, now: Instant, written: i64) {
        if self.written.back().is_none_or(|(_, last)| *last < written) {
            self.written.push_back((now, written));
        }
    }

    /// The one that is the furthest behind.
    fn worst<'s>(
        &mut self,
        now: Instant,
        standbys: &'s [Standby],
    ) -> Option<(&'s Standby, Duration)> {
        let last = standbys.iter().map(|standby| standby.replayed).min();
        while let (Some(last), Some((_, written))) = (last, self.written.front()) {
            if *written > last {
                break;
            }
            self.written.pop_front();
        }
        let behind = |standby: &'s Standby| {
            let mut missing = self.written.iter();
            let missing = missing.find(|(_, written)| *written > standby.replayed);
            let behind = missing.map_or(Duration::ZERO, |(at, _)| {
                now.saturating_duration_since(*at).max(standby.reported)
            });
            (standby, behind)
        };
        standbys
            .iter()
            .map(behind)
            .max_by_key(|(_, behind)| *behind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn standby(name: &str, replayed: i64, reported: u64) -> Standby {
        Standby {
            name: name.to_owned(),
            replayed,
            reported: Duration::from_secs(reported),
        }
    }

    #[test]
    fn a_standby_is_as_far_behind_as_the_oldest_that_it_lacks() {
        let start = Instant::now();
        let after = |seconds: u32| start + SECOND * seconds;
        let mut lag = Lag::new(None);
        for (at, written) in [(0, 100), (1, 100), (2, 200), (4, 300)] {
            lag.wrote(after(at), written);
        }
        for (replayed, reported, behind) in [
            (50, 0, 10),
            (100, 0, 8),
            (199, 0, 8),
            (250, 0, 6),
            (250, 9, 9),
            (300, 9, 0),
            (301, 0, 0),
        ] {
            let standbys = [standby("far", 40, 0), standby("near", replayed, reported)];
            assert_eq!(lag.written.len(), 3, "the far one lacks it all");
            let alone = std::slice::from_ref(&standbys[1]);
            let mut fresh = Lag {
                written: lag.written.clone(),
                ..Lag::new(None)
            };
            let worst = fresh.worst(after(10), alone);
            assert_eq!(worst, Some((&standbys[1], SECOND * behind)), "{replayed}");
            let worst = lag.worst(after(10), &standbys);
            assert_eq!(worst.map(|(_, behind)| behind), Some(SECOND * 10));
        }
    }

    #[test]
    fn what_all_have_is_forgotten() {
        let start = Instant::now();
        let mut lag = Lag::new(None);
        for written in 1..=5 {
            lag.wrote(start, written * 100);
        }
        lag.worst(start, &[standby("a", 300, 0), standby("b", 450, 0)]);
        assert_eq!(lag.written.len(), 2);
        assert_eq!(lag.worst(start, &[]), None);
    }
}
