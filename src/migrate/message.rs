//! What of a server's message may be shown: names, but no values of rows.

/// What the server's languages put around a value.
const QUOTES: [char; 12] = [
    '"', '«', '»', '„', '“', '”', '‹', '›', '「', '」', '『', '』',
];
/// Classes of errors whose quoted words may come from a row: what a statement casts or builds.
const TELLING: [&str; 4] = ["22", "38", "39", "42"];
/// Of those, the one where they always do.
const OF_VALUES: &str = "22";

/// Why there is no answer where the server did not say it. A value that was read is not shown.
pub(crate) fn unanswered(error: &sqlx::Error) -> (&'static str, bool) {
    match error {
        sqlx::Error::RowNotFound => ("there is no line in it", false),
        sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_)
        | sqlx::Error::TypeNotFound { .. } => ("what is there has another form", false),
        _ => ("the connection to the server is lost", true),
    }
}

/// The message without what may be a value: a quoted word that does not stand in the statement itself.
///
/// A value may hold quotes in turn, so that all from the first of such words to the last quote goes.
pub(crate) fn without_values(code: &str, message: &str, sql: &str) -> String {
    if !TELLING.iter().any(|class| code.starts_with(class)) {
        return message.to_owned();
    }
    let known = if code.starts_with(OF_VALUES) { "" } else { sql };
    let quotes: Vec<(usize, char)> = message
        .char_indices()
        .filter(|(_, c)| QUOTES.contains(c))
        .collect();
    let unknown = quotes.chunks(2).find_map(|pair| match pair {
        [(open, left), (close, _)] => {
            let within = &message[open + left.len_utf8()..*close];
            (!stands_in(within, known)).then_some((*open, *left))
        }
        [(open, left)] => Some((*open, *left)),
        _ => None,
    });
    let Some((open, left)) = unknown else {
        return message.to_owned();
    };
    // An odd one is left open, and nothing after it is known to be the server's.
    let after = match quotes.last() {
        Some((close, _)) if quotes.len().is_multiple_of(2) => &message[*close..],
        _ => "",
    };
    format!("{}{left}…{after}", &message[..open])
}

/// Whether it stands there as words of its own; the server writes names in small letters.
fn stands_in(words: &str, sql: &str) -> bool {
    let (words, sql) = (words.to_lowercase(), sql.to_lowercase());
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    !words.is_empty()
        && sql.match_indices(&words).any(|(at, _)| {
            let before = sql[..at].chars().next_back();
            let after = sql[at + words.len()..].chars().next();
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_connection_that_is_lost_is_said_to_be() {
        let decode = sqlx::Error::Decode("jane@x.io".into());
        for (error, words, lost) in [
            (sqlx::Error::RowNotFound, "no line", false),
            (decode, "another form", false),
            (sqlx::Error::WorkerCrashed, "is lost", true),
        ] {
            let (said, is_lost) = unanswered(&error);
            assert!(said.contains(words) && is_lost == lost, "{said}");
        }
    }

    #[test]
    fn a_value_is_not_shown_and_a_name_is() {
        let sql = "ALTER TABLE clients ADD COLUMN Name text, ADD x int";
        for (code, message, shown) in [
            (
                "22P02",
                "invalid input syntax for type integer: \"10k\"",
                "invalid input syntax for type integer: \"…\"",
            ),
            (
                "22P02",
                "invalid input syntax for type integer: \"a\"b\"c\"",
                "invalid input syntax for type integer: \"…\"",
            ),
            (
                "22P02",
                "invalid input syntax for type integer: \"a\"b\"",
                "invalid input syntax for type integer: \"…",
            ),
            (
                "22P02",
                "Ungültige Eingabe: „10k“",
                "Ungültige Eingabe: „…“",
            ),
            (
                "22P02",
                "entrée invalide : « 10k » !",
                "entrée invalide : «…» !",
            ),
            (
                "22P02",
                "value for clients: \"clients\"",
                "value for clients: \"…\"",
            ),
            (
                "22003",
                "value \"a\" is out of range for \"b\"",
                "value \"…\"",
            ),
            ("22012", "division by zero", "division by zero"),
            ("22P02", "never \"ends", "never \"…"),
            (
                "42701",
                "column \"name\" of relation \"clients\" already exists",
                "column \"name\" of relation \"clients\" already exists",
            ),
            (
                "42P01",
                "relation \"jane@x.io\" does not exist",
                "relation \"…\" does not exist",
            ),
            (
                "42P01",
                "relation \"client\" does not exist",
                "relation \"…\" does not exist",
            ),
            (
                "42703",
                "column \"name\" and \"jane\" and \"x\" differ",
                "column \"name\" and \"…\" differ",
            ),
            ("P0001", "no agent \"jane\"", "no agent \"jane\""),
            (
                "23505",
                "could not create unique index \"i\"",
                "could not create unique index \"i\"",
            ),
            (
                "53100",
                "could not extend file \"base/1\"",
                "could not extend file \"base/1\"",
            ),
        ] {
            assert_eq!(without_values(code, message, sql), shown);
        }
    }
}
