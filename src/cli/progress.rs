//! The line that moves on standard error while something lasts.

use std::io::{self, Write};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::ui::Ui;
use crate::report::screen::visible;

/// A line moves only when something takes longer.
const PATIENCE: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(125);
/// How often a second the line is drawn at most.
const DRAWN: u8 = 10;
/// A whole, in thousandths.
const TOTAL: u64 = 1000;
/// How wide the screen is where it does not say.
const WIDTH: u16 = 80;

const UNMEASURED: &str = "{spinner} {elapsed} {wide_msg}";
const MEASURED: &str = "{bar:20} {percent:>3}% {wide_msg}";
const ENDING: &str = "{bar:20} {percent:>3}% {eta} left, {wide_msg}";

/// What is told of something that lasts, where a line may move.
#[derive(Debug, Default)]
pub(super) struct Line(Mutex<Option<Moving>>);

#[derive(Debug)]
struct Moving {
    bar: ProgressBar,
    is_measured: bool,
}

/// Something lasts until this is dropped, which must be before the user is asked.
#[derive(Debug)]
pub(super) struct Lasting<'u> {
    line: &'u Line,
    clock: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Line {
    /// A line that was left by a panic is one, too.
    fn moving(&self) -> MutexGuard<'_, Option<Moving>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes where no line moves.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &*self.moving() {
            Some(moving) => moving.bar.suspend(write),
            None => write(),
        }
    }
}

impl Ui {
    /// Something begins that may last; within something else that does, it is a part of that.
    pub(super) fn lasts(&self, words: &str) -> Lasting<'_> {
        let line = self.line();
        let is_part = line.moving().is_some();
        if is_part || !self.moves(&super::environment) {
            self.now(words);
            return Lasting { line, clock: None };
        }
        let bar = ProgressBar::with_draw_target(Some(TOTAL), ProgressDrawTarget::hidden());
        bar.set_style(self.style(UNMEASURED));
        bar.set_message(visible(words));
        *line.moving() = Some(Moving {
            bar: bar.clone(),
            is_measured: false,
        });
        Lasting {
            line,
            clock: Some(started(bar)),
        }
    }

    /// What is done now; how much of it is not known.
    pub(super) fn now(&self, words: &str) {
        if let Some(moving) = &mut *self.line().moving() {
            if moving.is_measured {
                moving.is_measured = false;
                moving.bar.set_style(self.style(UNMEASURED));
            }
            moving.bar.set_message(visible(words));
        }
    }

    /// As `now`, with a time of its own.
    pub(super) fn next(&self, words: &str) {
        if let Some(moving) = &*self.line().moving() {
            moving.bar.reset();
        }
        self.now(words);
    }

    /// How much of it is done, in thousandths.
    pub(super) fn at(&self, permille: u64, words: &str) {
        self.measured(permille, words, MEASURED);
    }

    /// As `at`, with the time that is left.
    pub(super) fn at_and_left(&self, permille: u64, words: &str) {
        self.measured(permille, words, ENDING);
    }

    fn measured(&self, permille: u64, words: &str, template: &str) {
        if let Some(moving) = &mut *self.line().moving() {
            if !moving.is_measured {
                moving.is_measured = true;
                moving.bar.set_style(self.style(template));
            }
            moving.bar.set_message(visible(words));
            moving.bar.set_position(permille.min(TOTAL));
        }
    }

    fn style(&self, template: &str) -> ProgressStyle {
        let style = ProgressStyle::with_template(template);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        if self.is_utf8() {
            style
        } else {
            style.progress_chars("#.").tick_chars("|/-\\ ")
        }
    }
}

impl Drop for Lasting<'_> {
    fn drop(&mut self) {
        let Some((stop, clock)) = self.clock.take() else {
            return;
        };
        drop(stop);
        // A clock that broke has nothing left to show.
        match clock.join() {
            Ok(()) | Err(_) => {}
        }
        if let Some(moving) = self.line.moving().take() {
            moving.bar.finish_and_clear();
        }
    }
}

/// Waits for a while, then shows the line, and that it lives.
fn started(bar: ProgressBar) -> (Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = mpsc::channel::<()>();
    let clock = thread::spawn(move || {
        let mut pause = PATIENCE;
        while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            if pause == PATIENCE {
                let line = ProgressDrawTarget::term_like_with_hz(Box::new(Screen), DRAWN);
                bar.set_draw_target(line);
                pause = TICK;
            }
            bar.tick();
        }
    });
    (stop, clock)
}

/// One line of standard error, written over without any sequence of escape, so that it looks the same on
/// every terminal.
#[derive(Debug)]
struct Screen;

impl TermLike for Screen {
    /// Without the last column, for some terminals go to the next line after it.
    fn width(&self) -> u16 {
        let size = terminal_size::terminal_size_of(io::stderr());
        size.map_or(WIDTH, |(width, _)| width.0).max(2) - 1
    }

    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        writeln!(io::stderr(), "{text}")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        io::stderr().write_all(text.as_bytes())
    }

    fn clear_line(&self) -> io::Result<()> {
        let blank = usize::from(self.width());
        write!(io::stderr(), "\r{:blank$}\r", "")
    }

    fn flush(&self) -> io::Result<()> {
        io::stderr().flush()
    }
}
