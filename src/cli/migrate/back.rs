//! The way back of a phase, and what stands on it.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Found;
use crate::migrate::{
    Entry, MigrateError, Phase, Plan, Refusal, State, history_table, read_history,
};

/// The way back of a phase, if anything of it is applied and nothing stands on it.
pub(super) async fn back<'p>(
    connection: &mut PgConnection,
    found: &'p Found,
    phase: &'p Phase,
    standings: &[Vec<Entry>],
) -> Result<Plan<'p>, MigrateError> {
    let applied = standings.iter().flatten();
    let applied = applied.filter_map(|entry| match &entry.state {
        State::Applied { on } => Some(on.as_str()),
        _ => None,
    });
    let applied: Vec<&str> = applied.collect();
    if applied.is_empty() {
        return Ok(Plan { steps: Vec::new() });
    }
    let began = first(applied);
    let stands = |later: &str| {
        let (phase, later) = (phase.name.clone(), later.to_owned());
        MigrateError::Refused(Refusal::LaterPhase { phase, later })
    };
    // The last that was run is the first that has to go.
    let mut apart = Vec::new();
    for other in &found.apart {
        let on = times(connection, found, other).await?;
        if let Some(on) = first(on.iter().map(String::as_str)) {
            apart.push((on, other));
        }
    }
    apart.sort();
    if let Some((_, other)) = apart
        .last()
        .filter(|(on, _)| began.is_some_and(|began| *on > began))
    {
        return Err(stands(other));
    }
    for later in &found.later {
        if !times(connection, found, later).await?.is_empty() {
            return Err(stands(later));
        }
    }
    Ok(match &phase.undo {
        Some(script) => Plan::back(phase, script),
        None => Plan { steps: Vec::new() },
    })
}

/// When each migration of a phase was applied.
async fn times(
    connection: &mut PgConnection,
    found: &Found,
    phase: &str,
) -> Result<Vec<String>, MigrateError> {
    let table = history_table(&found.pair, phase).map_err(|error| MigrateError::Server {
        doing: "name the history",
        cause: error.to_string(),
    })?;
    let rows = read_history(connection, &table).await?;
    Ok(rows.into_iter().map(|row| row.on).collect())
}

fn first<'t>(times: impl IntoIterator<Item = &'t str>) -> Option<OffsetDateTime> {
    let read = |time: &str| OffsetDateTime::parse(time, &Rfc3339).ok();
    times.into_iter().filter_map(read).min()
}
