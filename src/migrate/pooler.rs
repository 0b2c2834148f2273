//! Whether sessions are the client's own, seen by what they do: a pooler between has no name of its own.
//!
//! One that lends a server for a transaction keeps the free ones in some order. Whatever that is, two
//! connections that speak in turns, and twice in a row, come to share a server or to change theirs.

use sqlx::Executor;
use sqlx::postgres::PgConnection;

use super::error::MigrateError;
use super::session::{number, server};

/// Which of the two speaks.
const TURNS: [usize; 10] = [0, 0, 1, 1, 0, 1, 0, 0, 1, 1];

/// The servers of both, or `None` where sessions are shared.
///
/// # Errors
/// [`MigrateError::Server`].
pub async fn own_sessions(
    first: &mut PgConnection,
    second: &mut PgConnection,
) -> Result<Option<[i32; 2]>, MigrateError> {
    let mut seen = Vec::new();
    for turn in TURNS {
        // One message: with two, the second may reach a server that has not seen the first.
        let query = sqlx::raw_sql("SELECT pg_backend_pid() AS pid");
        let row = match turn {
            0 => query.fetch_one(&mut *first).await,
            _ => query.fetch_one(&mut *second).await,
        };
        let row = row.map_err(|error| server("ask the server who is asking", &error))?;
        seen.push(number(&row, "pid")?);
    }
    Ok(judge(&seen))
}

/// Begins a transaction that only reads, so that all that is asked in it is asked of one server.
///
/// # Errors
/// [`MigrateError::Server`].
pub async fn begin_reading(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let begun = connection.execute("BEGIN READ ONLY").await;
    begun
        .map(|_| ())
        .map_err(|error| server("begin to read", &error))
}

/// Each its own throughout, and not the same.
fn judge(seen: &[i32]) -> Option<[i32; 2]> {
    let of = |turn: usize| {
        let mut pids = TURNS
            .iter()
            .zip(seen)
            .filter(move |(speaks, _)| **speaks == turn)
            .map(|(_, pid)| *pid);
        let first = pids.next()?;
        pids.all(|pid| pid == first).then_some(first)
    };
    let (first, second) = (of(0)?, of(1)?);
    (first != second).then_some([first, second])
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// What both see when a server is lent for each query: `take` is the place it is taken from.
    fn lent(servers: i32, take: impl Fn(usize, usize) -> usize) -> Vec<i32> {
        let mut free: VecDeque<i32> = (1..=servers).collect();
        let speak = |turn: usize| {
            let pid = free.remove(take(turn, free.len())).unwrap();
            free.push_back(pid);
            pid
        };
        (0..TURNS.len()).map(speak).collect()
    }

    #[test]
    fn sessions_of_ones_own_are_taken() {
        let seen: Vec<i32> = TURNS.iter().map(|turn| [71, 72][*turn]).collect();
        assert_eq!(judge(&seen), Some([71, 72]));
    }

    #[test]
    fn a_pooler_of_any_order_is_seen() {
        for servers in 1..6 {
            assert_eq!(
                judge(&lent(servers, |_, free| free - 1)),
                None,
                "last of {servers}"
            );
            assert_eq!(judge(&lent(servers, |_, _| 0)), None, "first of {servers}");
            for step in 1..4 {
                let some = lent(servers, |turn, free| (turn * step) % free);
                assert_eq!(judge(&some), None, "{step} of {servers}");
            }
        }
    }
}
