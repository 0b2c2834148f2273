//! Rows from one server to the other as they come: no value is looked at.

use futures_util::StreamExt;

use super::error::{CopyError, failed};
use super::link::{Link, or_stopped};
use crate::migrate::Control;

/// Rows are sent on in pieces of this size: a piece a row would cost more than the rows.
pub(super) const PIECE: usize = 128 * 1024;

/// Runs a COPY TO on one side and a COPY FROM on the other, and tells how many rows went through.
pub(super) async fn forward(
    source: &mut Link,
    out: &str,
    target: &mut Link,
    into: &str,
    name: &str,
    control: &Control,
) -> Result<u64, CopyError> {
    let reading = || format!("read `{name}`");
    let writing = || format!("stage rows of `{name}`");
    let rows = source.connection.copy_out_raw(out);
    let mut rows = or_stopped(control, rows)
        .await?
        .map_err(failed(reading()))?;
    let sink = target.connection.copy_in_raw(into);
    let mut sink = or_stopped(control, sink)
        .await?
        .map_err(failed(writing()))?;
    let mut piece: Vec<u8> = Vec::with_capacity(PIECE + 8192);
    loop {
        let next = or_stopped(control, rows.next()).await?;
        let is_end = next.is_none();
        match next {
            Some(Ok(bytes)) => piece.extend_from_slice(&bytes),
            Some(Err(error)) => {
                // What the target says of it is no news.
                match sink.abort("the source failed").await {
                    Ok(()) | Err(_) => {}
                }
                return Err(failed(reading())(error));
            }
            None => {}
        }
        if piece.len() >= PIECE || (is_end && !piece.is_empty()) {
            match or_stopped(control, sink.send(piece.as_slice())).await? {
                Ok(_) => {}
                // The server says why when it is asked for the end.
                Err(error) => return Err(last_words(sink, error, writing()).await),
            }
            piece.clear();
        }
        if is_end {
            break;
        }
    }
    drop(rows);
    or_stopped(control, sink.finish())
        .await?
        .map_err(failed(writing()))
}

pub(super) async fn last_words(
    sink: sqlx::postgres::PgCopyIn<&mut sqlx::PgConnection>,
    error: sqlx::Error,
    doing: String,
) -> CopyError {
    match sink.finish().await {
        Err(said) if said.as_database_error().is_some() => failed(doing)(said),
        Ok(_) | Err(_) => failed(doing)(error),
    }
}
