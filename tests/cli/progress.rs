//! The line that moves: on a terminal, while something lasts, and nowhere else.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::run::Place;
use crate::{OLD, place};

/// So long that only a program that shows nothing at all takes it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program on a terminal of 80 columns, with standard input and output in a pipe.
struct Screen {
    program: Child,
    written: Receiver<Vec<u8>>,
    seen: String,
}

impl Screen {
    fn with(place: &Place, args: &str, environment: &[(&str, &str)]) -> Self {
        let align = env!("CARGO_BIN_EXE_align");
        // `script` makes the terminal; what it writes is what stood on the screen.
        let command = format!("stty cols 80; cat rows | {align} {args} >answer");
        let mut script = Command::new("script");
        script
            .args(["-qefc", &command, "/dev/null"])
            .current_dir(place.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("SHELL", "/bin/sh")
            .env("HOME", place.path())
            .env("LC_ALL", "C.UTF-8")
            .env("TERM", "xterm")
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        for (name, value) in environment {
            script.env(name, value);
        }
        let made = Command::new("mkfifo")
            .arg(place.path().join("rows"))
            .status();
        assert!(made.unwrap().success());
        let mut program = script.spawn().unwrap();
        let mut output = program.stdout.take().unwrap();
        let (sender, written) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = output.read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            program,
            written,
            seen: String::new(),
        }
    }

    /// Waits until these words are on the screen.
    fn shows(&mut self, words: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.seen.contains(words) {
            let left = end.saturating_duration_since(Instant::now());
            match self.written.recv_timeout(left) {
                Ok(more) => self.seen += &String::from_utf8_lossy(&more),
                Err(error) => panic!("no `{words}`: {error}"),
            }
        }
    }

    /// All that was on the screen until the program ended.
    fn ends(mut self) -> String {
        assert!(self.program.wait().unwrap().success(), "{}", self.seen);
        while let Ok(more) = self.written.recv() {
            self.seen += &String::from_utf8_lossy(&more);
        }
        self.seen
    }
}

/// The other end of what the program reads; it ends when this is dropped.
fn input(place: &Place) -> std::fs::File {
    let path = place.path().join("rows");
    std::fs::OpenOptions::new().write(true).open(path).unwrap()
}

/// What stands on each line in the end.
fn lines(screen: &str) -> Vec<&str> {
    let last = |line: &'_ str| -> Option<usize> { line.rfind('\r').map(|at| at + 1) };
    screen
        .split('\n')
        .map(|line| line.trim_end_matches('\r'))
        .map(|line| &line[last(line).unwrap_or(0)..])
        .collect()
}

#[test]
fn a_long_reading_moves_a_line_and_leaves_none() {
    for (environment, spinner) in [
        (&[][..], "⠁"),
        (&[("LC_ALL", "C")][..], "|"),
        (&[("LC_ALL", "POSIX"), ("NO_COLOR", "1")][..], "|"),
    ] {
        let place = place(&["a"]);
        let mut screen = Screen::with(&place, "inspect -v sql:-", environment);
        let mut input = input(&place);
        screen.shows("reading sql:-");
        input.write_all(OLD.as_bytes()).unwrap();
        drop(input);
        let seen = screen.ends();
        let ascii = spinner == "|";
        assert_eq!(seen.is_ascii(), ascii, "{environment:?} {seen:?}");
        // Even where it is cleared: there is nothing that a terminal could not understand.
        assert!(!seen.contains('\u{1b}'), "{seen:?}");
        // It never reaches the last column, and nothing of it stays before what is said.
        for drawn in seen.split(['\r', '\n']) {
            assert!(drawn.chars().count() < 80, "{drawn:?}");
        }
        let left: Vec<&str> = lines(&seen);
        assert!(
            left.iter().all(|line| !line.contains("reading")),
            "{left:?}"
        );
        assert!(
            left.iter().any(|line| line.starts_with("sql:-: schema")),
            "{left:?}"
        );
        assert!(place.text("answer").contains("clients"));
    }
}

#[test]
fn nothing_moves_where_nobody_looks_or_nothing_may() {
    for (args, environment) in [
        ("inspect -q sql:-", &[][..]),
        ("inspect sql:-", &[("TERM", "dumb")][..]),
        ("inspect sql:-", &[("CI", "true")][..]),
        ("inspect sql:- 2>errors", &[][..]),
    ] {
        let place = place(&["a"]);
        let screen = Screen::with(&place, args, environment);
        let mut input = input(&place);
        // Long enough that a line would have come.
        thread::sleep(Duration::from_millis(1200));
        input.write_all(OLD.as_bytes()).unwrap();
        drop(input);
        assert_eq!(screen.ends(), "", "{args} {environment:?}");
        if args.ends_with("errors") {
            assert_eq!(place.text("errors"), "");
        }
    }
}
