//! A schema as JSON, and back: what `json:PATH` reads is what `align inspect --format json` wrote.

use serde::{Deserialize, Serialize};

use crate::schema::Schema;

/// The one version that this program writes and reads. Members are only ever added to it.
const FORMAT_VERSION: u64 = 1;

/// Why a text is not a schema in JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct JsonError {
    /// From 1.
    pub line: u32,
    /// What is wrong there, with the column where the line has one to point at.
    pub message: String,
    /// What to do.
    pub hint: &'static str,
}

const WRITE_ONE: &str = "write one with `align inspect SOURCE --format json`";

#[derive(Serialize)]
struct Document<'a> {
    format_version: u64,
    command: &'static str,
    align_version: &'static str,
    schema: &'a Schema,
}

/// What tells whether a JSON text is one of ours, before the rest is looked at.
#[derive(Deserialize)]
struct Head {
    format_version: Option<u64>,
    command: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    schema: Schema,
}

/// The schema as JSON, indented, with a line end.
pub fn json(schema: &Schema) -> String {
    let document = Document {
        format_version: FORMAT_VERSION,
        command: "inspect",
        align_version: env!("CARGO_PKG_VERSION"),
        schema,
    };
    let mut text = serde_json::to_string_pretty(&document)
        .expect("a schema has lists and string keys alone, which always become JSON");
    text.push('\n');
    text
}

/// Reads what [`json`] wrote.
///
/// # Errors
/// [`JsonError`] for a text that is no JSON, for other JSON, and for a newer version.
pub fn schema_from_json(text: &str) -> Result<Schema, JsonError> {
    // A byte order mark is what some editors put in front of what they save.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let head: Head = serde_json::from_str(text).map_err(|error| {
        if error.is_data() {
            foreign(&error)
        } else {
            at(
                &error,
                &format!("cannot be read as JSON: {}", bare(&error)),
                WRITE_ONE,
            )
        }
    })?;
    match (head.command.as_deref(), head.format_version) {
        (Some("inspect"), Some(FORMAT_VERSION)) => {}
        (Some("inspect"), Some(version)) => {
            return Err(JsonError {
                line: 1,
                message: format!(
                    "format {version}, and this program reads format {FORMAT_VERSION}"
                ),
                hint: "read it with the release of align that wrote it, or write it again with this one",
            });
        }
        (Some(command), Some(_)) => {
            return Err(JsonError {
                line: 1,
                message: format!("written by `align {command}`, and holds no schema"),
                hint: WRITE_ONE,
            });
        }
        _ => {
            return Err(JsonError {
                line: 1,
                message: NOT_OURS.to_owned(),
                hint: WRITE_ONE,
            });
        }
    }
    let body: Body = serde_json::from_str(text).map_err(|error| {
        at(
            &error,
            &format!("not a schema: {}", bare(&error)),
            WRITE_ONE,
        )
    })?;
    let mut schema = body.schema;
    schema.normalise();
    Ok(schema)
}

const NOT_OURS: &str = "JSON, but not a schema that `align inspect` wrote";

fn foreign(error: &serde_json::Error) -> JsonError {
    at(error, NOT_OURS, WRITE_ONE)
}

fn at(error: &serde_json::Error, cause: &str, hint: &'static str) -> JsonError {
    let column = match error.column() {
        0 => String::new(),
        column => format!(" (column {column})"),
    };
    JsonError {
        line: u32::try_from(error.line().max(1)).unwrap_or(u32::MAX),
        message: format!("{cause}{column}"),
        hint,
    }
}

/// The error without its place, which stands in front.
fn bare(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::inspect::sample;

    #[test]
    fn what_is_written_is_read_back() {
        let schema = sample::schema();
        let text = json(&schema);
        let mut expected = schema;
        expected.places.clear();
        assert_eq!(schema_from_json(&text).unwrap(), expected);
        assert_eq!(
            schema_from_json(&format!("\u{feff}{text}")).unwrap(),
            expected
        );
    }

    #[test]
    fn the_head_says_what_it_is() {
        let text = json(&sample::schema());
        let lines: Vec<&str> = text.lines().take(3).collect();
        assert_eq!(
            lines,
            [
                "{",
                "  \"format_version\": 1,",
                "  \"command\": \"inspect\","
            ]
        );
        assert!(text.ends_with("}\n"));
    }

    #[test]
    fn other_texts_are_refused_with_their_place() {
        let whole = json(&sample::schema());
        let newer = whole.replacen("\"format_version\": 1", "\"format_version\": 2", 1);
        let misspelt = whole.replacen("\"columns\"", "\"colums\"", 1);
        let line =
            u32::try_from(misspelt.lines().position(|l| l.contains("colums")).unwrap()).unwrap();
        for (text, message) in [
            (
                "",
                "line 1: cannot be read as JSON: EOF while parsing a value",
            ),
            (
                "{\n  \"a\": }",
                "line 2: cannot be read as JSON: expected value (column 8)",
            ),
            (
                "[]",
                "line 1: JSON, but not a schema that `align inspect` wrote (column 2)",
            ),
            (
                "{}",
                "line 1: JSON, but not a schema that `align inspect` wrote",
            ),
            (
                "{\"name\": \"x\", \"format_version\": 3}",
                "line 1: JSON, but not a schema that `align inspect` wrote",
            ),
            (
                "{\"command\": \"diff\", \"format_version\": 1}",
                "line 1: written by `align diff`, and holds no schema",
            ),
            (&newer, "line 1: format 2, and this program reads format 1"),
            (
                "{\"command\": \"inspect\", \"format_version\": 1}",
                "line 1: not a schema: missing field `schema` (column 43)",
            ),
        ] {
            assert_eq!(schema_from_json(text).unwrap_err().to_string(), message);
        }
        let error = schema_from_json(&misspelt).unwrap_err();
        assert!(error.line > line, "{error}");
        assert!(error.message.contains("missing field `columns`"), "{error}");
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_crash() {
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        let text =
            format!("{{\"command\": \"inspect\", \"format_version\": 1, \"schema\": {deep}}}");
        assert!(schema_from_json(&text).is_err());
    }
}
