//! Passwords that were typed where no source stands: a message that repeats a word leaves them out.

use std::env;

use crate::report::screen::visible;

/// What stands in front of the colon of a path that may well have an `@`.
const TEXTS: [&str; 4] = ["sql", "ts", "json", "file"];
const PARAMETER: &str = "password=";

/// A message without the passwords of the command line.
pub(super) fn without_typed(message: String) -> String {
    let typed = env::args_os().skip(1);
    typed.fold(message, |message, word| {
        without(message, &word.to_string_lossy())
    })
}

fn without(mut message: String, word: &str) -> String {
    if let Some(password) = of_user(word) {
        for shown in [password, &visible(password)] {
            message = message.replace(&format!(":{shown}@"), ":…@");
        }
    }
    let lower = word.to_ascii_lowercase();
    for (at, _) in lower.match_indices(PARAMETER) {
        let from = word.get(at..).unwrap_or_default();
        let shown = from.split(['&', ' ']).next().unwrap_or(from);
        if shown.len() > PARAMETER.len() {
            message = message.replace(shown, "password=…");
        }
    }
    message
}

/// The password of a word that reads like an address. One that is not encoded may hold any sign.
fn of_user(word: &str) -> Option<&str> {
    let value = match word.split_once('=') {
        Some((flag, value)) if flag.starts_with('-') => value,
        Some(_) | None => word,
    };
    let (address, has_scheme) = match value.split_once("://") {
        Some((_, address)) => (address, true),
        None => (value, false),
    };
    let (user, _) = address.rsplit_once('@')?;
    let (name, password) = user.split_once(':')?;
    let is_path = !has_scheme && TEXTS.iter().any(|text| name.eq_ignore_ascii_case(text));
    (!is_path && !password.is_empty()).then_some(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_repeats_no_password() {
        for (word, message, expected) in [
            (
                "postgres://u:s3cret@h/db",
                "unexpected argument 'postgres://u:s3cret@h/db' found",
                "unexpected argument 'postgres://u:…@h/db' found",
            ),
            (
                "--map=postgres://u:s3cret@h/db",
                "there is no folder `postgres://u:s3cret@h`",
                "there is no folder `postgres://u:…@h`",
            ),
            (
                "u:s3c@ret/@h/db",
                "cannot write `u:s3c@ret/@h/db`",
                "cannot write `u:…@h/db`",
            ),
            (
                "sql:postgres://u:s3cret@h/db",
                "cannot read `sql:postgres://u:s3cret@h/db`",
                "cannot read `sql:postgres://u:…@h/db`",
            ),
            (
                "postgres://u@h/db?Password=s3cret&sslmode=require",
                "cannot read `postgres://u@h/db?Password=s3cret&sslmode=require`",
                "cannot read `postgres://u@h/db?password=…&sslmode=require`",
            ),
            (
                "host=h password=s3cret user=u",
                "cannot write `host=h password=s3cret user=u`",
                "cannot write `host=h password=… user=u`",
            ),
        ] {
            assert_eq!(without(message.to_owned(), word), expected, "{word}");
        }
    }

    #[test]
    fn other_words_stay_as_they_are() {
        for word in [
            "sql:team@v2.sql",
            "public.clients",
            "postgres://u@h/db",
            "postgres://u:@h/db",
            "--map=a",
            "password=",
            "",
        ] {
            let message = format!("cannot read `{word}`");
            assert_eq!(without(message.clone(), word), message, "{word}");
        }
    }
}
