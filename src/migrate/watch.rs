//! What each migration of a run held and wrote anew, for those who ask. Only for a server of one's own:
//! it costs a look into the catalog for every statement.

use std::time::{Duration, Instant};

use super::hazard::{Before, Lock, LockMode, effects};
use super::observe::{Observer, Relations};
use super::session::{Failure, Session, server};
use super::{MigrateError, apply};

/// A migration that was watched.
#[derive(Debug, Default)]
pub struct Watched {
    /// `V3__x`, or `undo`.
    pub name: String,
    /// How long it took.
    pub took: Duration,
    /// On relations that were there when the watch began; strongest first.
    pub locks: Vec<LongestLock>,
    /// Tables and indexes that were written anew.
    pub rewrites: Vec<String>,
}

/// A lock, and how long it kept others out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LongestLock {
    /// What is locked, and how.
    pub lock: Lock,
    /// In the transaction that held it longest, from the begin of the statement that took it; `None`
    /// where a statement runs outside a transaction, and the lock is what the manual says of it.
    pub held: Option<Duration>,
}

#[derive(Debug)]
pub(super) struct Watch {
    observer: Observer,
    /// Of the transaction that is open.
    open: Vec<(Lock, Instant)>,
    open_rewrites: Vec<String>,
    /// Of the migration that runs.
    current: Watched,
    done: Vec<Watched>,
}

impl Session<'_> {
    /// Watches from here on.
    ///
    /// # Errors
    /// [`MigrateError::Server`].
    pub async fn watch(&mut self) -> Result<(), MigrateError> {
        let relations = Relations::read(&mut self.main).await;
        let relations = relations.map_err(|error| server("look at what is there", &error))?;
        self.watch = Some(Watch {
            observer: Observer::new(relations),
            open: Vec::new(),
            open_rewrites: Vec::new(),
            current: Watched::default(),
            done: Vec::new(),
        });
        Ok(())
    }

    /// What was seen since, a migration each.
    pub fn watched(&mut self) -> Vec<Watched> {
        self.watch
            .as_mut()
            .map(|watch| std::mem::take(&mut watch.done))
            .unwrap_or_default()
    }

    /// A transaction begins.
    pub(super) fn watch_begin(&mut self) {
        if let Some(watch) = &mut self.watch {
            watch.observer.forget_locks();
            watch.open.clear();
            watch.open_rewrites.clear();
        }
    }

    /// Looks at the transaction after a statement that began then.
    pub(super) async fn watch_statement(&mut self, began: Instant) -> Result<(), Failure> {
        let Some(watch) = &mut self.watch else {
            return Ok(());
        };
        let seen = watch.observer.look(&mut self.main).await;
        let seen = seen.map_err(|error| Failure::of(&error, false))?;
        watch
            .open
            .extend(seen.locks.into_iter().map(|lock| (lock, began)));
        watch.open_rewrites.extend(seen.rewrites);
        Ok(())
    }

    /// The transaction is committed.
    pub(super) fn watch_commit(&mut self) {
        let Some(watch) = &mut self.watch else {
            return;
        };
        let ended = Instant::now();
        for (lock, began) in watch.open.drain(..) {
            let held = ended - began;
            let known = watch
                .current
                .locks
                .iter_mut()
                .find(|known| known.lock == lock);
            match known {
                Some(known) => known.held = known.held.max(Some(held)),
                None => watch.current.locks.push(LongestLock {
                    lock,
                    held: Some(held),
                }),
            }
        }
        watch.current.rewrites.append(&mut watch.open_rewrites);
    }

    /// The migration is in the history.
    pub(super) fn watch_end(&mut self, step: &apply::Step<'_>, took: Duration) {
        let Some(watch) = &mut self.watch else {
            return;
        };
        let mut done = std::mem::take(&mut watch.current);
        if step.script.directives.no_transaction {
            let effects = effects(step.script, &mut Before::default());
            for lock in effects.into_iter().flat_map(|effects| effects.locks) {
                let found = LongestLock { lock, held: None };
                if !done.locks.contains(&found) {
                    done.locks.push(found);
                }
            }
        }
        done.name.clone_from(&step.name);
        done.took = took;
        done.locks.sort_by(|a, b| {
            strength(b)
                .cmp(&strength(a))
                .then_with(|| name(a).cmp(name(b)))
        });
        watch.done.push(done);
    }
}

fn strength(lock: &LongestLock) -> LockMode {
    lock.lock.mode
}

fn name(lock: &LongestLock) -> &str {
    &lock.lock.relation
}
