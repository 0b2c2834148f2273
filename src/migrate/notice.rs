//! What the server says beside its answer: RAISE NOTICE of a migration, and much else.
//!
//! The driver gives these messages to `tracing` alone, so a subscriber of our own listens while a
//! statement runs. A migration's author chose the words of its RAISE, as those of its SQL, and they are
//! shown. What the server or other people's triggers say may hold values of rows, and is shown only to
//! those who asked for values.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

use super::files::Phase;

const TARGET: &str = "sqlx::postgres::notice";
/// A format with fewer letters would take the words of others for its own.
const LEAST_LETTERS: usize = 3;
/// A migration that raises one for every row must not fill the memory.
const MOST_WAITING: usize = 1000;

/// How serious a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Something may be wrong.
    Warning,
    /// All else.
    Notice,
}

/// A message that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) severity: Severity,
    pub(super) message: String,
}

/// Listens, and keeps what it heard.
#[derive(Debug, Clone)]
pub(super) struct Listener {
    heard: Arc<Mutex<Vec<Notice>>>,
    dispatch: Dispatch,
}

#[derive(Debug)]
struct Ear(Arc<Mutex<Vec<Notice>>>);

impl Listener {
    pub(super) fn new() -> Self {
        let heard = Arc::default();
        let dispatch = Dispatch::new(Ear(Arc::clone(&heard)));
        Self { heard, dispatch }
    }

    /// Through which a future is listened to.
    pub(super) fn dispatch(&self) -> Dispatch {
        self.dispatch.clone()
    }

    /// To be called within the future. Who is not listened to when the server says its first word is
    /// taken for somebody whom nobody will ever listen to.
    pub(super) fn wake() {
        tracing::callsite::rebuild_interest_cache();
    }

    /// What was heard since.
    pub(super) fn take(&self) -> Vec<Notice> {
        std::mem::take(&mut *held(&self.heard))
    }
}

/// A list is whole whatever happened to who held it.
fn held(heard: &Mutex<Vec<Notice>>) -> MutexGuard<'_, Vec<Notice>> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Subscriber for Ear {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET && *metadata.level() != Level::DEBUG
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut words = Words(String::new());
        event.record(&mut words);
        let severity = match *event.metadata().level() {
            Level::WARN | Level::ERROR => Severity::Warning,
            _ => Severity::Notice,
        };
        let mut heard = held(&self.0);
        if heard.len() < MOST_WAITING {
            let Words(message) = words;
            heard.push(Notice { severity, message });
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Words(String);

impl Visit for Words {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.0);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

/// The formats of every RAISE in some files: what stands between the places of values.
#[derive(Debug, Default)]
pub(super) struct Formats(Vec<Vec<String>>);

impl Formats {
    pub(super) fn of(phases: &[Phase]) -> Self {
        let files = phases.iter().flat_map(|phase| {
            let files = phase.files.iter().map(|file| &file.script);
            files.chain(&phase.undo)
        });
        Self(files.flat_map(|script| formats(&script.text)).collect())
    }

    /// Whether one of them makes the message.
    pub(super) fn make(&self, message: &str) -> bool {
        self.0.iter().any(|format| makes(format, message))
    }
}

fn formats(text: &str) -> Vec<Vec<String>> {
    const RAISE: &str = "raise";
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for (at, _) in lower.match_indices(RAISE) {
        let in_a_word = |c: char| c.is_alphanumeric() || c == '_';
        if text[..at].ends_with(in_a_word) {
            continue;
        }
        let after = &text[at + RAISE.len()..];
        let blank = after.len() - after.trim_start().len();
        let rest = after.trim_start();
        let word = rest.find(|c: char| !in_a_word(c)).unwrap_or(rest.len());
        let (level, rest) = rest.split_at(word);
        // Without a level it is an exception.
        let speaks = ["", "exception", "notice", "warning", "info", "log", "debug"];
        if blank == 0 || !speaks.iter().any(|word| level.eq_ignore_ascii_case(word)) {
            continue;
        }
        let Some(quoted) = rest.trim_start().strip_prefix('\'') else {
            continue;
        };
        let format = parts(quoted);
        let letters = format.iter().flat_map(|part| part.chars());
        if letters.filter(|c| c.is_alphabetic()).count() >= LEAST_LETTERS {
            found.push(format);
        }
    }
    found
}

/// What follows an opening quote, up to the closing one, cut at each `%`.
fn parts(quoted: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = quoted.chars().peekable();
    while let Some(c) = chars.next() {
        let is_double = matches!(c, '\'' | '%') && chars.next_if_eq(&c).is_some();
        match (c, parts.last_mut()) {
            ('\'', _) if !is_double => break,
            ('%', _) if !is_double => parts.push(String::new()),
            (_, Some(part)) => part.push(c),
            (_, None) => {}
        }
    }
    parts
}

fn makes(format: &[String], message: &str) -> bool {
    let [first, between @ .., last] = format else {
        return format.first().is_some_and(|whole| whole == message);
    };
    let Some(mut rest) = message
        .strip_prefix(first.as_str())
        .and_then(|rest| rest.strip_suffix(last.as_str()))
    else {
        return false;
    };
    for part in between {
        let Some((_, after)) = rest.split_once(part.as_str()) else {
            return false;
        };
        rest = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raise_makes_its_messages_and_no_others() {
        let text = "DO $$ BEGIN
            RAISE NOTICE 'moved % of % rows', a, b;
            raise  warning 'it''s 5 %% of %', c;
            RAISE EXCEPTION 'thrown for %', d;
            RAISE 'no good: %' USING HINT = 'x';
            RAISE division_by_zero USING MESSAGE = 'made up';
            RAISE NOTICE '%: %', e, f;
            PERFORM praise notice 'nor this';
            RAISE INFO 'done';
        END $$;";
        let formats = Formats(formats(text));
        for (message, expected) in [
            ("moved 3 of 10 rows", true),
            ("moved  of  rows", true),
            ("moved 3 of 10 rows, and more", false),
            ("moved 3 rows", false),
            ("it's 5 % of ten", true),
            ("thrown for x", true),
            ("no good: x", true),
            ("made up", false),
            ("secret: value", false),
            ("nor this", false),
            ("done", true),
            ("done it", false),
            ("relation \"clients\" already exists, skipping", false),
        ] {
            assert_eq!(formats.make(message), expected, "{message}");
        }
    }

    #[test]
    fn what_overlaps_is_no_match() {
        let formats = Formats(vec![vec!["abcd".to_owned(), "cdef".to_owned()]]);
        assert!(formats.make("abcdcdef"));
        assert!(!formats.make("abcdef"));
    }

    #[test]
    fn nothing_that_can_be_written_is_too_much() {
        for text in [
            "raise notice '",
            "raise",
            "raise notice",
            "ü raise notice 'ü%",
            "RAISE NOTICE '%%%",
        ] {
            assert!(formats(text).len() <= 1, "{text}");
        }
    }
}
