//! A folder of migrations read whole: what is misnamed, doubled, empty or cannot run as it stands is
//! found before anything runs, all of it at once.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use refinery::Migration;

use super::directive::Directives;
use super::statement::{Statement, line_of, split};
use super::token::Kind;
use crate::source::{LoadError, TextFile, read_file};

/// Where the ways back are, beside the phases.
const UNDO: &str = "undo";
const EXTENSION: &str = "sql";

/// A phase: migrations in the order of their versions, and the way back.
#[derive(Debug, Clone)]
pub struct Phase {
    /// The folder's name.
    pub name: String,
    /// At least one.
    pub files: Vec<MigrationFile>,
    /// `undo/<phase>.sql`, if there is one.
    pub undo: Option<Script>,
}

/// One migration.
#[derive(Debug, Clone)]
pub struct MigrationFile {
    /// The number in its name.
    pub version: i64,
    /// The words in its name.
    pub name: String,
    /// Over name, version and text, as refinery computes it; line ends do not count.
    pub checksum: u64,
    /// What it runs.
    pub script: Script,
    /// The file's name without its extension.
    pub(super) stem: String,
}

/// SQL that was read and can be run.
#[derive(Debug, Clone)]
pub struct Script {
    /// Where it was read.
    pub path: String,
    /// Lines end with a line feed alone.
    pub text: String,
    /// How it wants to be run.
    pub directives: Directives,
    /// At least one.
    pub(super) statements: Vec<Statement>,
}

/// Why a phase cannot be run as it stands; at least one trouble.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.lines())]
pub struct FilesError {
    /// In the order of the files.
    pub troubles: Vec<Trouble>,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// A file or a folder.
    pub path: String,
    /// From 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub cause: String,
}

fn unread(path: &Path, error: LoadError) -> Trouble {
    let shown = path.display().to_string();
    match error {
        LoadError::Text { place, cause, hint } => Trouble {
            path: shown,
            line: usize::try_from(place.line).ok(),
            cause: format!("{cause}; {hint}"),
        },
        error => {
            let cause = error.to_string();
            let cause = cause.strip_prefix(&format!("{shown}: ")).unwrap_or(&cause);
            Trouble {
                cause: cause.to_owned(),
                path: shown,
                line: None,
            }
        }
    }
}

impl FilesError {
    /// Whether all that is wrong is that nothing has been written yet.
    pub fn is_empty_folder(&self) -> bool {
        self.troubles.iter().all(|trouble| trouble.cause == EMPTY)
    }

    fn lines(&self) -> String {
        let lines: Vec<String> = self.troubles.iter().map(ToString::to_string).collect();
        lines.join("\n")
    }

    fn one(path: impl Into<String>, cause: impl Into<String>) -> Self {
        Self {
            troubles: vec![Trouble {
                path: path.into(),
                line: None,
                cause: cause.into(),
            }],
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path, self.cause),
            None => write!(f, "{}: {}", self.path, self.cause),
        }
    }
}

impl Phase {
    /// Reads the folder of that name, and the way back beside it.
    ///
    /// # Errors
    /// Every trouble of every file.
    pub fn read(folder: &Path, name: &str) -> Result<Self, FilesError> {
        check_name(name)?;
        let home = folder.join(name);
        let mut troubles = Vec::new();
        let mut texts = Vec::new();
        for path in paths(&home)? {
            match read_file(&path) {
                Ok(file) => texts.push(file),
                Err(error) => {
                    troubles.push(unread(&path, error));
                }
            }
        }
        let undo = folder.join(UNDO).join(format!("{name}.{EXTENSION}"));
        let undo = undo.is_file().then(|| read_file(&undo));
        let undo = undo
            .transpose()
            .map_err(|error| FilesError::one(UNDO, error.to_string()));
        match (undo, troubles.is_empty()) {
            (Ok(undo), true) => Self::of(name, &home.display().to_string(), texts, undo),
            (Ok(_), false) => Err(FilesError { troubles }),
            (Err(mut error), _) => {
                troubles.append(&mut error.troubles);
                Err(FilesError { troubles })
            }
        }
    }

    /// Makes a phase of files that are read already; `home` is what messages call their folder.
    ///
    /// # Errors
    /// Every trouble of every file.
    pub fn of(
        name: &str,
        home: &str,
        texts: Vec<TextFile>,
        undo: Option<TextFile>,
    ) -> Result<Self, FilesError> {
        check_name(name)?;
        let mut troubles = Vec::new();
        let mut files: Vec<MigrationFile> = Vec::new();
        for text in texts {
            match MigrationFile::of(text) {
                Ok(file) => files.push(file),
                Err(mut found) => troubles.append(&mut found),
            }
        }
        let undo = undo
            .map(Script::of)
            .transpose()
            .unwrap_or_else(|mut found| {
                troubles.append(&mut found);
                None
            });
        files.sort_by_key(|file| file.version);
        for pair in files.windows(2) {
            if let [first, second] = pair
                && first.version == second.version
            {
                troubles.push(Trouble {
                    path: second.script.path.clone(),
                    line: None,
                    cause: format!(
                        "version {} is also that of `{}`",
                        second.version, first.script.path
                    ),
                });
            }
        }
        if files.is_empty() && troubles.is_empty() {
            return Err(FilesError::one(home, EMPTY));
        }
        if troubles.is_empty() {
            Ok(Self {
                name: name.to_owned(),
                files,
                undo,
            })
        } else {
            Err(FilesError { troubles })
        }
    }
}

/// What is said of a phase that nobody wrote yet.
const EMPTY: &str = "the folder has no migration";

/// Names go into the names of tables, where `_` ends them.
fn check_name(name: &str) -> Result<(), FilesError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if name.is_empty() || !name.chars().all(fits) {
        let cause = "the name of a phase is made of letters, digits and `-`";
        return Err(FilesError::one(name, cause));
    }
    if name == UNDO {
        return Err(FilesError::one(
            name,
            "this folder holds the ways back, and is no phase",
        ));
    }
    Ok(())
}

/// The SQL files of a folder, sorted by name.
fn paths(home: &Path) -> Result<Vec<PathBuf>, FilesError> {
    let shown = home.display().to_string();
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => FilesError::one(&shown, "there is no such folder"),
        _ => FilesError::one(&shown, error.to_string()),
    };
    let is_sql = |path: &Path| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        extension.is_some_and(|extension| extension.eq_ignore_ascii_case(EXTENSION))
    };
    let mut found = Vec::new();
    let mut troubles = Vec::new();
    for entry in fs::read_dir(home).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden {
            continue;
        }
        if path.is_dir() {
            let mut inner = fs::read_dir(&path).map_err(failed)?.flatten();
            if inner.any(|entry| is_sql(&entry.path())) {
                troubles.push(Trouble {
                    path: path.display().to_string(),
                    line: None,
                    cause: "migrations lie in the folder of their phase, in none within it"
                        .to_owned(),
                });
            }
        } else if is_sql(&path) {
            found.push(path);
        }
    }
    found.sort();
    if troubles.is_empty() {
        Ok(found)
    } else {
        Err(FilesError { troubles })
    }
}

impl MigrationFile {
    fn of(file: TextFile) -> Result<Self, Vec<Trouble>> {
        let path = file.name.clone();
        let wrong = |cause: String| {
            vec![Trouble {
                path: path.clone(),
                line: None,
                cause,
            }]
        };
        let name = Path::new(&file.name)
            .file_name()
            .and_then(|name| name.to_str());
        let (stem, version, name) = name.and_then(named).ok_or_else(|| {
            wrong(
                "the name is not `V<number>__<words>.sql`, words of letters, digits and `_`"
                    .to_owned(),
            )
        })?;
        let script = Script::of(file)?;
        let migration =
            Migration::unapplied(&stem, &script.text).map_err(|error| wrong(error.to_string()))?;
        Ok(Self {
            version,
            name,
            checksum: migration.checksum(),
            script,
            stem,
        })
    }

    /// `V3__add_agent`
    pub fn title(&self) -> String {
        format!("V{}__{}", self.version, self.name)
    }

    pub(super) fn migration(&self) -> Result<Migration, refinery::Error> {
        Migration::unapplied(&self.stem, &self.script.text)
    }
}

/// The parts of `V3__add_agent.sql`: its stem, 3, and the words. refinery passes over any other name
/// without a word, and cuts one with a hyphen short.
fn named(name: &str) -> Option<(String, i64, String)> {
    let stem = name.strip_suffix(".sql")?;
    let (number, words) = stem.strip_prefix('V')?.split_once("__")?;
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if words.is_empty() || !words.chars().all(is_word) || !is_number {
        return None;
    }
    Some((stem.to_owned(), number.parse().ok()?, words.to_owned()))
}

impl Script {
    fn of(file: TextFile) -> Result<Self, Vec<Trouble>> {
        let TextFile { name: path, text } = file;
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let statements = split(&text);
        let mut troubles = Vec::new();
        let mut trouble = |line, cause| {
            troubles.push(Trouble {
                path: path.clone(),
                line: Some(line),
                cause,
            });
        };
        let directives = match Directives::read(&text) {
            Ok(directives) => directives,
            Err(wrong) => {
                trouble(wrong.line, wrong.cause);
                Directives::default()
            }
        };
        if statements.is_empty() {
            trouble(1, "there is no statement in it".to_owned());
        }
        for statement in &statements {
            if let Some(cause) = unfit(statement, &directives) {
                trouble(line_of(&text, statement.start), cause);
            }
        }
        if troubles.is_empty() {
            Ok(Self {
                path,
                text,
                directives,
                statements,
            })
        } else {
            Err(troubles)
        }
    }
}

/// Why a statement cannot run in such a file.
fn unfit(statement: &Statement, directives: &Directives) -> Option<String> {
    if statement
        .tokens
        .iter()
        .any(|token| token.kind == Kind::Endless)
    {
        return Some("a string, a name or a comment has no end".to_owned());
    }
    if statement
        .tokens
        .first()
        .is_some_and(|token| token.is_sign('\\'))
    {
        return Some("this is a command of psql, and none of SQL".to_owned());
    }
    if statement.begins(&["discard", "all"]) || statement.has("pg_advisory_unlock_all") {
        return Some("it would give away the lock that keeps a second runner out".to_owned());
    }
    if statement.begins(&["copy"]) && statement.has("stdin") {
        return Some("rows after COPY cannot be read here; write INSERT".to_owned());
    }
    if statement.begins(&["copy"]) && statement.has_words(&["to", "stdout"]) {
        return Some("rows of COPY have nowhere to go here".to_owned());
    }
    if statement.begins(&["listen"]) {
        return Some("LISTEN has no place in a migration: nobody reads what would come".to_owned());
    }
    let first = statement.word(0);
    let ends_transaction = [
        "begin",
        "commit",
        "end",
        "rollback",
        "abort",
        "savepoint",
        "release",
    ];
    if ends_transaction.contains(&first)
        || statement.begins(&["start", "transaction"])
        || statement.begins(&["prepare", "transaction"])
    {
        let word = first.to_uppercase();
        return Some(format!(
            "{word} has no place in a migration: it is run in a transaction, or by `-- align: no-transaction` in none"
        ));
    }
    if !directives.no_transaction && runs_alone(statement) {
        return Some(
            "it cannot run in a transaction; the file needs `-- align: no-transaction`".to_owned(),
        );
    }
    let markers = statement
        .tokens
        .iter()
        .filter(|token| matches!(token.kind, Kind::Window(_)));
    match (markers.count(), &directives.batch) {
        (0, None) => None,
        (0, Some(_)) => {
            Some("a statement of a batch needs `/* align:window */` in its WHERE".to_owned())
        }
        (_, Some(_)) => super::window::refusal(statement),
        (_, None) => {
            Some("`/* align:window */` has no meaning without `-- align: batch`".to_owned())
        }
    }
}

/// Whether the server refuses it within a transaction.
fn runs_alone(statement: &Statement) -> bool {
    let concurrent = matches!(statement.word(0), "create" | "drop" | "reindex" | "alter")
        && statement.has("concurrently");
    let alone = matches!(statement.word(0), "vacuum" | "checkpoint")
        || statement.begins(&["alter", "system"])
        || (matches!(statement.word(0), "create" | "drop")
            && matches!(statement.word(1), "database" | "tablespace"));
    concurrent || alone
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> TextFile {
        TextFile {
            name: name.to_owned(),
            text: text.to_owned(),
        }
    }

    fn phase(files: &[(&str, &str)]) -> Result<Phase, String> {
        let files = files.iter().map(|(name, text)| file(name, text)).collect();
        Phase::of("phase1", "m/phase1", files, None).map_err(|error| error.to_string())
    }

    #[test]
    fn goes_by_the_number_and_takes_names_apart() {
        let phase = phase(&[
            ("m/V10__c.sql", "select 1"),
            ("m/V2__b_2.sql", "select 1"),
            ("m/V20240101120000__d.sql", "select 1"),
        ])
        .unwrap();
        let titles: Vec<String> = phase.files.iter().map(MigrationFile::title).collect();
        assert_eq!(titles, ["V2__b_2", "V10__c", "V20240101120000__d"]);
    }

    #[test]
    fn says_what_is_wrong_with_file_and_line() {
        let misnamed = "the name is not `V<number>__<words>.sql`, words of letters, digits and `_`";
        for (name, text, expected) in [
            ("V2__add-col.sql", "select 1", misnamed),
            ("V3_b.sql", "select 1", misnamed),
            ("V4__ok.up.sql", "select 1", misnamed),
            ("v5__lower.sql", "select 1", misnamed),
            ("V7__x.SQL", "select 1", misnamed),
            ("V1.1__x.sql", "select 1", misnamed),
            ("V__x.sql", "select 1", misnamed),
            ("U1__x.sql", "select 1", misnamed),
            ("V99999999999999999999__x.sql", "select 1", misnamed),
        ] {
            let expected = format!("{name}: {expected}");
            assert_eq!(phase(&[(name, text)]).unwrap_err(), expected);
        }
        for (text, expected) in [
            ("-- nothing\n", "1: there is no statement in it"),
            (
                "select 1;\n\nBEGIN;",
                "3: BEGIN has no place in a migration: it is run in a transaction, or by `-- align: no-transaction` in none",
            ),
            (
                "select 1;\ncommit",
                "2: COMMIT has no place in a migration: it is run in a transaction, or by `-- align: no-transaction` in none",
            ),
            (
                "create index concurrently i on t (a)",
                "1: it cannot run in a transaction; the file needs `-- align: no-transaction`",
            ),
            ("select 'x", "1: a string, a name or a comment has no end"),
            ("\\i x.sql", "1: this is a command of psql, and none of SQL"),
            (
                "copy (select 1) to stdout;",
                "1: rows of COPY have nowhere to go here",
            ),
            (
                "listen x;",
                "1: LISTEN has no place in a migration: nobody reads what would come",
            ),
            (
                "copy t from stdin;",
                "1: rows after COPY cannot be read here; write INSERT",
            ),
            (
                "update t set a = 1 where /* align:window */ true",
                "1: `/* align:window */` has no meaning without `-- align: batch`",
            ),
            (
                "-- align: batch table=t key=id\nupdate t set a = 1",
                "2: a statement of a batch needs `/* align:window */` in its WHERE",
            ),
            (
                "-- align: what\nselect 1",
                "1: there is no directive `what`; there are `no-transaction`, `batch`, `lock-timeout`, `statement-timeout`, `owner-of`",
            ),
        ] {
            let expected = format!("V1__a.sql:{expected}");
            assert_eq!(
                phase(&[("V1__a.sql", text)]).unwrap_err(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_an_empty_folder_two_of_a_version_and_a_name_that_is_none() {
        assert_eq!(
            phase(&[]).unwrap_err(),
            "m/phase1: the folder has no migration"
        );
        let doubled = phase(&[("V1__a.sql", "select 1"), ("V01__b.sql", "select 1")]);
        assert_eq!(
            doubled.unwrap_err(),
            "V01__b.sql: version 1 is also that of `V1__a.sql`"
        );
        for name in ["", "a_b", "../x", "a b", "undo"] {
            assert!(Phase::of(name, "x", Vec::new(), None).is_err(), "{name}");
        }
    }

    #[test]
    fn line_ends_change_no_checksum_and_every_other_byte_does() {
        let sum = |text: &str| phase(&[("V1__a.sql", text)]).unwrap().files[0].checksum;
        assert_eq!(
            sum("select 1;\nselect 2;\n"),
            sum("select 1;\r\nselect 2;\r\n")
        );
        assert_ne!(sum("select 1;\nselect 2;\n"), sum("select 1; select 2;\n"));
        let plain = Migration::unapplied("V1__a", "select 1;\n").unwrap();
        assert_eq!(sum("select 1;\r\n"), plain.checksum());
    }
}
