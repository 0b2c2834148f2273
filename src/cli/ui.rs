//! The streams by what they are for: the answer on standard output, all else on standard error.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use super::args::{Color, GlobalArgs};
use super::progress::Line;
use super::secret::without_typed;
use crate::report::Options;
use crate::report::screen::visible;
use crate::source::Environment;

pub(super) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(super) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const HINT: Style = AnsiColor::Cyan.on_default().bold();
const NO: Style = Style::new().bold();

/// How wide a page is where no terminal says it.
const PAGE_WIDTH: u16 = 100;

/// What the user sees, and how.
#[derive(Debug)]
pub(super) struct Ui {
    color: ColorChoice,
    volume: Volume,
    width: u16,
    utf8: bool,
    line: Line,
}

/// How much is said beside the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Volume {
    /// Errors alone.
    Quiet,
    /// What was decided for the user, and warnings.
    Normal,
    /// How every input was resolved, too.
    Verbose,
}

impl Ui {
    pub(super) fn new(global: &GlobalArgs, environment: &Environment<'_>) -> Self {
        let volume = match (global.quiet, global.verbose) {
            (true, _) => Volume::Quiet,
            (false, false) => Volume::Normal,
            (false, true) => Volume::Verbose,
        };
        let terminal = || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0);
        let columns = || {
            environment("COLUMNS")?
                .parse()
                .ok()
                .filter(|width| *width > 0)
        };
        Self {
            color: global.color.into(),
            volume,
            width: terminal().or_else(columns).unwrap_or(PAGE_WIDTH),
            utf8: is_utf8(environment),
            line: Line::default(),
        }
    }

    /// Columns of a line of standard output.
    pub(super) fn width(&self) -> u16 {
        self.width
    }

    /// How a report is printed; what agrees is summed up.
    pub(super) fn options(&self) -> Options {
        Options {
            all: false,
            width: usize::from(self.width),
            unicode: self.utf8,
        }
    }

    /// Whether signs beyond ASCII can be shown.
    pub(super) fn is_utf8(&self) -> bool {
        self.utf8
    }

    /// Whether colors were asked for wherever the answer goes.
    pub(super) fn colors_files(&self) -> bool {
        matches!(self.color, ColorChoice::Always | ColorChoice::AlwaysAnsi)
    }

    /// Whether all is to be told.
    pub(super) fn is_verbose(&self) -> bool {
        self.volume >= Volume::Verbose
    }

    /// Whether a line that moves may be shown.
    pub(super) fn moves(&self, environment: &Environment<'_>) -> bool {
        self.volume >= Volume::Normal
            && io::stderr().is_terminal()
            && environment("CI").is_none()
            && environment("TERM").is_none_or(|term| term != "dumb")
    }

    /// The line that tells how it goes.
    pub(super) fn line(&self) -> &Line {
        &self.line
    }

    /// Whether the answer may be written over what it was.
    pub(super) fn redraws(&self, environment: &Environment<'_>) -> bool {
        let choice = match self.color {
            ColorChoice::Auto => AutoStream::choice(&io::stdout()),
            choice => choice,
        };
        io::stdout().is_terminal() && choice != ColorChoice::Never && environment("CI").is_none()
    }

    /// Whether the user can be asked.
    pub(super) fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks, and leaves the cursor behind the question.
    pub(super) fn ask(&self, question: &str) {
        let mut stderr = AutoStream::new(io::stderr(), self.color).lock();
        let written = write!(stderr, "{} ", visible(question)).and_then(|()| stderr.flush());
        // When standard error is gone, the answer will not come either.
        match written {
            Ok(()) | Err(_) => {}
        }
    }

    /// Writes the answer, and sees that it arrived.
    pub(super) fn answer(&self, text: &str) -> io::Result<()> {
        self.line.aside(|| {
            let mut stdout = AutoStream::new(io::stdout(), self.color).lock();
            stdout.write_all(text.as_bytes())?;
            stdout.flush()
        })
    }

    /// Says what was decided or done.
    pub(super) fn status(&self, text: impl Display) {
        if self.volume >= Volume::Normal {
            self.say(format_args!("{}", visible(&text.to_string())));
        }
    }

    /// Says how an input was resolved.
    pub(super) fn detail(&self, text: impl Display) {
        if self.volume >= Volume::Verbose {
            self.say(format_args!("{}", visible(&text.to_string())));
        }
    }

    pub(super) fn warning(&self, text: impl Display) {
        if self.volume >= Volume::Normal {
            let text = visible(&text.to_string());
            self.say(format_args!("{WARNING}warning:{WARNING:#} {text}"));
        }
    }

    /// Says what to do next.
    pub(super) fn hint(&self, text: impl Display) {
        if self.volume >= Volume::Normal {
            let text = visible(&text.to_string());
            self.say(format_args!("{HINT}hint:{HINT:#} {text}"));
        }
    }

    /// Says why the answer is no.
    pub(super) fn no(&self, reason: impl Display) {
        if self.volume >= Volume::Normal {
            let reason = visible(&reason.to_string());
            self.say(format_args!("{NO}no:{NO:#} {reason}"));
        }
    }

    /// Writes a line to standard error.
    pub(super) fn say(&self, line: impl Display) {
        let written = self.line.aside(|| {
            let mut stderr = AutoStream::new(io::stderr(), self.color).lock();
            writeln!(stderr, "{}", without_typed(line.to_string()))
        });
        // When standard error is gone, there is nowhere left to say so.
        match written {
            Ok(()) | Err(_) => {}
        }
    }
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// By the rules of POSIX: the first that is set and not empty decides, and without any it is not.
fn is_utf8(environment: &Environment<'_>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(environment)
        .find(|value| !value.is_empty());
    let locale = locale.map(|value| value.to_ascii_lowercase());
    locale.is_some_and(|value| value.contains("utf-8") || value.contains("utf8"))
}
