//! How a file wants to be run: `-- align: …` in the comments at its head.
//!
//! ```text
//! -- align: no-transaction
//! -- align: batch table=clients key=id size=10000 passes=1
//! -- align: lock-timeout=2s
//! -- align: owner-of=clients
//! ```

use std::time::Duration;

use crate::mapping::TableRef;
use crate::schema::Ident;

const PREFIX: &str = "align:";
const DEFAULT_SIZE: u32 = 10_000;
const PASSES: [u32; 5] = [1, 2, 4, 8, 16];
const KNOWN: [&str; 5] = [
    "no-transaction",
    "batch",
    "lock-timeout",
    "statement-timeout",
    "owner-of",
];

/// How a file wants to be run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Directives {
    /// Each statement by itself, outside any transaction.
    pub no_transaction: bool,
    /// In windows of a key.
    pub batch: Option<Batch>,
    /// How long one of its statements may wait for a lock, where not as usual.
    pub lock_timeout: Option<Duration>,
    /// How long one of its statements may run; `None` is without end.
    pub statement_timeout: Option<Duration>,
    /// Tables whose owner the role has to act as, beside those that can be read from the statements: code
    /// may put a table's name together when it runs.
    pub owner_of: Vec<TableRef>,
}

/// The windows of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The table whose rows the windows count.
    pub table: TableRef,
    /// Its key: unique enough to cut the table into windows, and never NULL.
    pub key: Ident,
    /// Rows in a window, at most.
    pub size: u32,
    /// How often the key is walked through, each time with another share of the rows; where it is not
    /// said, the table decides.
    pub passes: Option<u32>,
}

/// What is wrong with a directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misspelled {
    /// From 1.
    pub(super) line: usize,
    pub(super) cause: String,
}

impl Directives {
    /// Reads the comments at the head of a file. Directives further down are an error: nobody looks
    /// for them there.
    pub(super) fn read(text: &str) -> Result<Self, Misspelled> {
        let mut found = Self::default();
        let mut at_head = true;
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            let comment = line.strip_prefix("--").map(str::trim_start);
            let directive = comment.and_then(|comment| comment.strip_prefix(PREFIX));
            let wrong = |cause| Misspelled {
                line: number + 1,
                cause,
            };
            match directive {
                Some(_) if !at_head => {
                    return Err(wrong(
                        "a directive stands after the first statement".to_owned(),
                    ));
                }
                Some(directive) => found.take(directive).map_err(wrong)?,
                None => at_head &= line.is_empty() || comment.is_some(),
            }
        }
        if found.no_transaction && found.batch.is_some() {
            let cause = "`no-transaction` and `batch` exclude each other".to_owned();
            return Err(Misspelled { line: 1, cause });
        }
        Ok(found)
    }

    fn take(&mut self, directive: &str) -> Result<(), String> {
        let mut words = words(directive).into_iter();
        let Some(first) = words.next() else {
            return Err("the directive is empty".to_owned());
        };
        let (name, value) = pair(&first);
        match (name, value) {
            ("no-transaction", None) => self.no_transaction = true,
            ("batch", None) => {
                self.batch = Some(batch(&mut words)?);
            }
            ("lock-timeout", Some(value)) => self.lock_timeout = Some(duration(value)?),
            ("statement-timeout", Some(value)) => self.statement_timeout = Some(duration(value)?),
            ("owner-of", Some(value)) => self.owner_of.push(table(value)?),
            ("lock-timeout" | "statement-timeout", None) => {
                return Err(format!("`{name}` wants a time, such as `{name}=2s`"));
            }
            ("owner-of", None) => {
                return Err("`owner-of` wants a table, such as `owner-of=clients`".to_owned());
            }
            ("no-transaction" | "batch", Some(_)) => {
                return Err(format!("`{name}` takes no value"));
            }
            _ => return Err(unknown("directive", name, &KNOWN)),
        }
        match words.next() {
            Some(more) => Err(format!("`{more}` is one word too many")),
            None => Ok(()),
        }
    }
}

fn batch(words: &mut impl Iterator<Item = String>) -> Result<Batch, String> {
    let (mut about, mut key, mut size, mut passes) = (None, None, DEFAULT_SIZE, None);
    for word in words {
        let (name, value) = pair(&word);
        let value = value.ok_or_else(|| format!("`{word}` is no `name=value`"))?;
        match name {
            "table" => about = Some(table(value)?),
            "key" => {
                let parsed = value.parse::<TableRef>();
                let parsed =
                    parsed.map_err(|error| format!("`{value}` names no column: {error}"))?;
                if parsed.namespace.is_some() {
                    return Err(format!("`{value}` is more than the name of a column"));
                }
                key = Some(parsed.name);
            }
            "size" => {
                let parsed = value.parse().ok().filter(|size: &u32| *size > 0);
                size = parsed.ok_or_else(|| format!("`{value}` is no number of rows"))?;
            }
            "passes" => {
                let parsed = value.parse().ok().filter(|passes| PASSES.contains(passes));
                let wrong = || format!("`{value}` is no number of passes; it is 1, 2, 4, 8 or 16");
                passes = Some(parsed.ok_or_else(wrong)?);
            }
            _ => {
                let known = ["table", "key", "size", "passes"];
                return Err(unknown("word of `batch`", name, &known));
            }
        }
    }
    match (about, key) {
        (Some(table), Some(key)) => Ok(Batch {
            table,
            key,
            size,
            passes,
        }),
        (None, _) => Err("`batch` wants a `table=`".to_owned()),
        (_, None) => Err("`batch` wants a `key=`".to_owned()),
    }
}

fn table(name: &str) -> Result<TableRef, String> {
    let parsed = name.parse::<TableRef>();
    parsed.map_err(|error| format!("`{name}` names no table: {error}"))
}

fn pair(word: &str) -> (&str, Option<&str>) {
    match word.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    }
}

/// Cut at blanks that stand in no quotes.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for c in text.chars() {
        quoted ^= c == '"';
        if c.is_whitespace() && !quoted {
            words.push(std::mem::take(&mut word));
        } else {
            word.push(c);
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    let near = known
        .iter()
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((_, near)) => format!("there is no {what} `{name}`; there is `{near}`"),
        None => format!(
            "there is no {what} `{name}`; there are `{}`",
            known.join("`, `")
        ),
    }
}

/// Reads `500ms`, `2s`, `5m`, `2h`; a number alone counts seconds.
///
/// # Errors
/// What is wrong, and how a time is written.
pub fn duration(text: &str) -> Result<Duration, String> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "s" | "" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => 0,
    };
    let number = number.parse::<u64>().ok().filter(|_| milliseconds > 0);
    let total = number.and_then(|number| number.checked_mul(milliseconds));
    total
        // The server counts in 32 bits.
        .filter(|total| i32::try_from(*total).is_ok())
        .map(Duration::from_millis)
        .ok_or_else(|| format!("`{text}` is no time; write `500ms`, `2s`, `5m` or `2h`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_stands_at_the_head() {
        let read = |text| Directives::read(text).unwrap();
        assert_eq!(read("-- a file\nselect 1;"), Directives::default());
        assert!(read("\n-- words\n--align: no-transaction\nselect 1").no_transaction);
        assert_eq!(
            read("-- align: lock-timeout=500ms").lock_timeout,
            Some(Duration::from_millis(500))
        );
        let batch = read("-- align: batch table=sales.\"Or \"\"der\" key=\"Id\" size=7").batch;
        let batch = batch.unwrap();
        assert_eq!(batch.table.to_string(), "sales.\"Or \"\"der\"");
        assert_eq!((batch.key.as_str(), batch.size), ("Id", 7));
        let batch = read("-- align: batch table=clients key=id").batch.unwrap();
        assert_eq!((batch.size, batch.passes), (DEFAULT_SIZE, None));
        let batch = read("-- align: batch table=t key=id passes=4").batch;
        assert_eq!(batch.unwrap().passes, Some(4));
        let tables = read("-- align: owner-of=clients\n-- align: owner-of=\"Old one\".leads");
        let names: Vec<String> = tables.owner_of.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["clients", "\"Old one\".leads"]);
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        for (text, line, cause) in [
            (
                "-- align: no-transactions",
                1,
                "there is no directive `no-transactions`; there is `no-transaction`",
            ),
            ("\n-- align:", 2, "the directive is empty"),
            (
                "-- align: lock-timeout",
                1,
                "`lock-timeout` wants a time, such as `lock-timeout=2s`",
            ),
            (
                "-- align: lock-timeout=2d",
                1,
                "`2d` is no time; write `500ms`, `2s`, `5m` or `2h`",
            ),
            (
                "-- align: owner-of",
                1,
                "`owner-of` wants a table, such as `owner-of=clients`",
            ),
            ("-- align: batch key=id", 1, "`batch` wants a `table=`"),
            ("-- align: batch table=t", 1, "`batch` wants a `key=`"),
            (
                "-- align: batch table=t key=a.b",
                1,
                "`a.b` is more than the name of a column",
            ),
            (
                "-- align: batch table=t key=id size=0",
                1,
                "`0` is no number of rows",
            ),
            (
                "-- align: batch table=t key=id passes=3",
                1,
                "`3` is no number of passes; it is 1, 2, 4, 8 or 16",
            ),
            (
                "-- align: no-transaction now",
                1,
                "`now` is one word too many",
            ),
            (
                "select 1;\n-- align: no-transaction",
                2,
                "a directive stands after the first statement",
            ),
            (
                "-- align: no-transaction\n-- align: batch table=t key=id",
                1,
                "`no-transaction` and `batch` exclude each other",
            ),
        ] {
            let cause = cause.to_owned();
            assert_eq!(
                Directives::read(text),
                Err(Misspelled { line, cause }),
                "{text}"
            );
        }
    }

    #[test]
    fn reads_times_that_the_server_can_hold() {
        for (text, milliseconds) in [
            ("0s", 0),
            ("250ms", 250),
            ("2s", 2_000),
            ("3", 3_000),
            ("5m", 300_000),
            ("2h", 7_200_000),
        ] {
            assert_eq!(
                duration(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
        for text in [
            "",
            "s",
            "-1s",
            "1.5s",
            "2 s",
            "99999999999999999999s",
            "9999h",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
