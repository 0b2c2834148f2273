//! The command line that was typed, for a report that says how it was made.

use std::env;

use super::pair;
use crate::report::screen::visible;

/// The words as a POSIX shell takes them, without a password.
pub(super) fn command() -> String {
    let typed = env::args_os().skip(1);
    let typed: Vec<String> = typed
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    line(&typed)
}

fn line(typed: &[String]) -> String {
    let words = typed.iter().map(|word| quoted(&without_password(word)));
    ["align".to_owned()]
        .into_iter()
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

/// A source as it is shown elsewhere; what looks like an address and is none is not shown at all.
fn without_password(word: &str) -> String {
    let (flag, value) = match word.split_once('=') {
        Some((flag, value)) if flag.starts_with("--") => (format!("{flag}="), value),
        Some(_) | None => (String::new(), word),
    };
    if !value.contains("://") {
        return word.to_owned();
    }
    match pair::parse(value) {
        Ok(source) => format!("{flag}{}", source.shown()),
        Err(_) => format!("{flag}…"),
    }
}

/// A word as a POSIX shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./:=,@%+-".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", visible(&word.replace('\'', "'\\''")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_typed_again_and_tells_no_password() {
        for (typed, expected) in [
            (&["diff"][..], "align diff"),
            (
                &["diff", "--from", "sql:my schema.sql", "--map=it's"],
                "align diff --from 'sql:my schema.sql' '--map=it'\\''s'",
            ),
            (
                &["diff", "--from=postgres://a:s3cret@h/db?sslmode=require"],
                "align diff '--from=postgres://a@h/db?sslmode=require'",
            ),
            (
                &["diff", "--from", "postgres://a@h/db?password=s3cret"],
                "align diff --from postgres://a@h/db",
            ),
            (
                &["diff", "--to", "mysql://a:s3cret@h/db"],
                "align diff --to '…'",
            ),
        ] {
            let typed: Vec<String> = typed.iter().map(|word| (*word).to_owned()).collect();
            let shown = line(&typed);
            assert!(!shown.contains("s3cret"), "{shown}");
            assert_eq!(shown, expected);
        }
    }
}
