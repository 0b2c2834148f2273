//! Waiting, and what Ctrl-C does meanwhile.

use std::time::Duration;

use anyhow::Context;
use tokio::runtime;

use super::error::CliError;
use super::ui::Ui;
use crate::migrate::Control;

/// How often somebody who waits looks whether the run was asked to end.
const TICK: Duration = Duration::from_millis(50);

/// Runs it to its end. The first Ctrl-C asks the run to end, the second ends it.
pub(super) fn block_on<T>(
    ui: &Ui,
    control: &Control,
    work: impl Future<Output = Result<T, CliError>>,
) -> Result<T, CliError> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a runtime")
        .map_err(CliError::failed)?;
    let done = runtime.block_on(async {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                signal = signal() => {
                    signal.context("cannot watch for Ctrl-C").map_err(CliError::failed)?;
                }
            }
            if control.is_stopped() {
                return Err(ended_at_once(control));
            }
            control.stop();
            ui.status("ending: the statement in flight is called off; Ctrl-C again ends at once");
        }
    });
    // A question that nobody answers, and the look-up of a name, cannot be called off.
    runtime.shutdown_background();
    done
}

fn ended_at_once(control: &Control) -> CliError {
    if control.has_changed() {
        CliError::say("interrupted part way; the server rolls back what was in flight").stopped()
    } else {
        CliError::interrupted()
    }
}

/// What comes first: the work, or the wish to end.
pub(super) async fn or_stopped<T>(
    control: &Control,
    work: impl Future<Output = T>,
) -> Result<T, CliError> {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Ok(done),
            () = tokio::time::sleep(TICK) => {}
        }
        if control.is_stopped() {
            return Err(CliError::interrupted());
        }
    }
}

#[cfg(unix)]
async fn signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn signal() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
