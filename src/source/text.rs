//! Files, folders and standard input as text: everything here is UTF-8, and has something in it.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::order::{SameVersion, order};
use super::{Form, Input, LoadError, TextFile};
use crate::schema::Place;

/// The text of a source, in the order in which it is read.
#[derive(Debug, PartialEq, Eq)]
pub struct Texts {
    pub(super) form: Form,
    /// At least one, none of them blank.
    pub(super) files: Vec<TextFile>,
}

const FORMS: &str = "say what it is: `sql:PATH`, `ts:PATH` or `json:PATH`";

/// The most bytes of one text. What has more is a dump with its rows, or has no end.
const LIMIT: usize = 256 * 1024 * 1024;

/// Reads one file.
///
/// # Errors
/// [`LoadError::Io`], and [`LoadError::Text`] for what is no text, or blank.
pub fn read_file(path: &Path) -> Result<TextFile, LoadError> {
    not_blank(read_text(path)?)
}

fn read_text(path: &Path) -> Result<TextFile, LoadError> {
    let failed = |source| io_error(path, source);
    let file = fs::File::open(path).map_err(failed)?;
    let bytes = bytes(file, LIMIT).map_err(failed)?;
    decode(&path.display().to_string(), bytes)
}

/// The bytes up to the first that shows that they are no text, and to one beyond the limit: devices
/// and pipes have no end.
fn bytes(mut from: impl Read, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let count = match from.read(&mut chunk) {
            Ok(0) => return Ok(bytes),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let read = chunk.get(..count).unwrap_or_default();
        bytes.extend_from_slice(read);
        if read.contains(&0) {
            return Ok(bytes);
        }
        if bytes.len() > limit {
            let limit = limit / (1024 * 1024);
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("more than {limit} MiB"),
            ));
        }
    }
}

pub(super) fn read(shown: &str, form: Option<Form>, input: &Input) -> Result<Texts, LoadError> {
    let wrong = |cause: String, hint| LoadError::Spec {
        spec: shown.to_owned(),
        cause,
        hint,
    };
    let unnamed = || wrong("nothing says what it holds".to_owned(), FORMS);
    let path = match input {
        Input::Text(file) => {
            let files = vec![file.clone()];
            let form = form.ok_or_else(unnamed)?;
            return Ok(Texts { form, files });
        }
        Input::Stdin => {
            let bytes = bytes(io::stdin().lock(), LIMIT)
                .map_err(|source| io_error(Path::new("-"), source))?;
            let files = vec![not_blank(decode("-", bytes)?)?];
            let form = form.ok_or_else(unnamed)?;
            return Ok(Texts { form, files });
        }
        Input::Path(path) => path,
    };
    let metadata = fs::metadata(path).map_err(|source| io_error(path, source))?;
    if !metadata.is_dir() {
        let form = form.or_else(|| Form::of(path)).ok_or_else(|| {
            let cause = match path.extension() {
                Some(extension) => format!("nothing is known of `.{}` files", extension.display()),
                None => "its name has no extension".to_owned(),
            };
            wrong(cause, FORMS)
        })?;
        let files = vec![read_file(path)?];
        return Ok(Texts { form, files });
    }
    let sql = match form {
        Some(Form::TypeScript) => Vec::new(),
        Some(Form::Json) => {
            let cause = "it is a folder".to_owned();
            return Err(wrong(
                cause,
                "name the one file that `align inspect --format json` wrote",
            ));
        }
        Some(Form::Sql) | None => sql_files(path, shown)?,
    };
    let (form, paths) = match form {
        None if sql.is_empty() => (Form::TypeScript, typescript_files(path)?),
        Some(Form::TypeScript) => (Form::TypeScript, typescript_files(path)?),
        Some(Form::Sql | Form::Json) | None => (Form::Sql, sql),
    };
    if paths.is_empty() {
        let cause = match form {
            Form::Sql => "the folder has no `.sql` file of its own".to_owned(),
            Form::TypeScript | Form::Json => "the folder has no `.sql` or `.ts` file".to_owned(),
        };
        return Err(wrong(cause, "name the folder that holds them, or one file"));
    }
    let mut files = Vec::new();
    for path in paths {
        files.push(read_text(&path)?);
    }
    files.retain(|file| !is_blank(&file.text));
    if files.is_empty() {
        let cause = "every file of the folder is empty".to_owned();
        return Err(wrong(
            cause,
            "name the folder that holds the schema, or one file",
        ));
    }
    Ok(Texts { form, files })
}

/// The folder's own `.sql` files in the order in which they run.
fn sql_files(folder: &Path, shown: &str) -> Result<Vec<PathBuf>, LoadError> {
    let mut names = Vec::new();
    for entry in entries(folder)? {
        if Form::of(&entry) != Some(Form::Sql) || !entry.is_file() {
            continue;
        }
        // A name that is not UTF-8 says nothing about its place in the order.
        let name = entry.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| LoadError::Spec {
            spec: shown.to_owned(),
            cause: format!("the name of `{}` is not UTF-8", entry.display()),
            hint: "rename the file",
        })?;
        names.push(name.to_owned());
    }
    let names = order(names).map_err(|SameVersion(one, another)| LoadError::Spec {
        spec: shown.to_owned(),
        cause: format!("`{one}` and `{another}` have one version"),
        hint: "give each migration a version of its own",
    })?;
    Ok(names.iter().map(|name| folder.join(name)).collect())
}

/// Every TypeScript file of the folder and of the folders in it, but for installed packages and what is
/// hidden, sorted.
fn typescript_files(folder: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in entries(&folder)? {
            let name = entry.file_name().unwrap_or_default();
            let hidden = name.as_encoded_bytes().starts_with(b".");
            if entry.is_dir() {
                // A linked folder may lead back to this one.
                if !hidden && name != "node_modules" && !entry.is_symlink() {
                    folders.push(entry);
                }
            } else if Form::of(&entry) == Some(Form::TypeScript) {
                found.push(entry);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, LoadError> {
    fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(|source| io_error(folder, source))
}

fn io_error(path: &Path, source: io::Error) -> LoadError {
    LoadError::Io {
        path: path.to_owned(),
        source,
    }
}

fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

fn not_blank(file: TextFile) -> Result<TextFile, LoadError> {
    if is_blank(&file.text) {
        let hint = "fill it, or name another file";
        return Err(text_error(&file.name, 1, "the file is empty", hint));
    }
    Ok(file)
}

fn text_error(name: &str, line: u32, cause: &str, hint: &'static str) -> LoadError {
    LoadError::Text {
        place: Place {
            file: name.to_owned(),
            line,
        },
        cause: cause.to_owned(),
        hint,
    }
}

/// Bytes as text, without a byte order mark.
fn decode(name: &str, bytes: Vec<u8>) -> Result<TextFile, LoadError> {
    if bytes.starts_with(b"PGDMP") {
        let cause = "it is a dump in the custom format of pg_dump";
        let hint = "make SQL of it with `pg_restore --schema-only -f schema.sql FILE`";
        return Err(text_error(name, 1, cause, hint));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let hint = "convert it with `iconv -f UTF-16 -t UTF-8`";
        return Err(text_error(name, 1, "it is UTF-16, not UTF-8", hint));
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        let cause = "a NUL byte: this is no text";
        let hint = "name a text file";
        return Err(text_error(name, line_of(&bytes[..at]), cause, hint));
    }
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let (before, after) = error.as_bytes().split_at(valid);
        let byte = after.first().copied().unwrap_or_default();
        let cause = format!("the byte 0x{byte:02X} is not UTF-8");
        let hint = "convert it, such as with `iconv -f WINDOWS-1252 -t UTF-8`";
        text_error(name, line_of(before), &cause, hint)
    })?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(TextFile {
        name: name.to_owned(),
        text,
    })
}

fn line_of(before: &[u8]) -> u32 {
    let lines = before.iter().filter(|byte| **byte == b'\n').count();
    u32::try_from(lines).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests;
