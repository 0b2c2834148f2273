//! SQL text to a schema: files are cut into statements, each is replayed onto one state, and the state
//! after the last one is the schema.
//!
//! What the parser understands and what the statements mean to the catalog is decided here; which
//! files are read, and in what order, by the caller. Expressions are made canonical by the model.

mod acl;
mod action;
mod alter;
mod block;
mod column;
mod comment;
mod constraint;
mod context;
mod cursor;
mod domain;
mod drop;
mod expression;
mod finish;
mod function;
mod grant;
mod index;
mod keys;
mod lexed;
mod like;
mod literal;
mod names;
mod partition;
mod policy;
mod publication;
mod rename;
mod sequence;
mod setting;
mod split;
mod state;
mod statement;
mod table;
mod trigger;
mod types;
mod view;
mod walk;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use self::cursor::Misread;
use self::split::{Flaw, Statement};
use self::state::{Lines, Spot, State, Trouble};
use self::statement::Outcome;
use super::{LoadError, TextFile};
use crate::schema::{Ident, Place, Schema, Sighting};

/// Enough for the deepest statement that [`split`] lets through.
const STACK_BYTES: usize = 256 * 1024 * 1024;

/// Reads SQL files, in the order given, as one history of one database.
///
/// The schema holds the objects of `namespaces`, the first being home; of none, those of `public`.
/// Statements that cannot be understood are listed in it, the rest is read.
///
/// # Errors
/// [`LoadError::Text`] when a file holds text of which nothing is SQL, or when no file holds a
/// statement; [`LoadError::Io`] when the system gives no thread to read in.
pub fn read(files: &[TextFile], namespaces: &[Ident]) -> Result<Schema, LoadError> {
    let path = || files.first().map_or("-", |f| f.name.as_str()).into();
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || read_all(files, namespaces))
            .map_err(|source| LoadError::Io {
                path: path(),
                source,
            })?;
        match reader.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn read_all(files: &[TextFile], namespaces: &[Ident]) -> Result<Schema, LoadError> {
    let public = Ident::new("public").map_err(|e| no_statement(files, &e.to_string()))?;
    let wanted = if namespaces.is_empty() {
        vec![public.clone()]
    } else {
        namespaces.to_vec()
    };
    let mut state = State::new(wanted, public);
    let mut is_empty = true;
    let mut context_only = false;
    for (at, file) in files.iter().enumerate() {
        state.context_only = context::is_context_only(&file.text);
        context_only |= state.context_only;
        is_empty &= !read_file(&mut state, at, file)?;
    }
    if is_empty {
        return Err(no_statement(files, "holds no SQL statement"));
    }
    Ok(finish::finish(state, files, context_only))
}

fn no_statement(files: &[TextFile], cause: &str) -> LoadError {
    LoadError::Text {
        place: Place {
            file: files.first().map_or("-", |f| &f.name).to_owned(),
            line: 1,
        },
        cause: cause.to_owned(),
        hint: "give a file with CREATE TABLE statements, such as the output of `pg_dump --schema-only`",
    }
}

/// Replays one file; whether it held any statement.
fn read_file(state: &mut State, file: usize, source: &TextFile) -> Result<bool, LoadError> {
    let text = if state.context_only {
        context::mask(&source.text)
    } else {
        Cow::Borrowed(source.text.as_str())
    };
    let statements = split::split(&text);
    let mut line = 1_u32;
    let mut counted = 0;
    let mut understood = false;
    let mut passed_over: Vec<(&Statement, u32)> = Vec::new();
    let mut first_misread = None;
    for statement in &statements {
        let breaks = text[counted..statement.start].matches('\n').count();
        line = line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        counted = statement.start;
        let body = &text[statement.start..statement.end];
        state.spot = Spot { file, line };
        state.lines = Lines::of(line, body);
        if let Some(flaw) = statement.flaw {
            understood = true;
            note_flaw(state, source, body, flaw);
            continue;
        }
        match statement::replay(state, body) {
            Outcome::Replayed => understood = true,
            Outcome::PassedOver => passed_over.push((statement, line)),
            Outcome::Failed(trouble) => {
                match &trouble {
                    Trouble::Misread(misread) => {
                        let at = state.lines.at(misread.at);
                        first_misread.get_or_insert_with(|| (misread.clone(), at));
                    }
                    Trouble::Unknown { .. } | Trouble::Taken { .. } => understood = true,
                    // Told by its first word alone.
                    Trouble::NotFollowed => {}
                }
                note_unreadable(state, source, what(&trouble), body);
            }
        }
    }
    if !understood && !statements.is_empty() {
        is_sql(&text, source, &passed_over, first_misread)?;
    }
    Ok(!statements.is_empty())
}

/// Parses what was passed over by its first word alone, when the file holds nothing else: prose begins
/// with such words, too.
fn is_sql(
    text: &str,
    source: &TextFile,
    passed_over: &[(&Statement, u32)],
    mut misread: Option<(Misread, u32)>,
) -> Result<(), LoadError> {
    for (statement, line) in passed_over {
        let body = &text[statement.start..statement.end];
        match statement::check(body) {
            Ok(()) => return Ok(()),
            Err(found) => {
                let at = Lines::of(*line, body).at(found.at);
                misread.get_or_insert((found, at));
            }
        }
    }
    let Some((misread, line)) = misread else {
        return Ok(());
    };
    Err(LoadError::Text {
        place: Place {
            file: source.name.clone(),
            line,
        },
        cause: format!("not SQL: {}", misread.cause),
        hint: "give a file of SQL statements, each ended by `;`",
    })
}

fn what(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Misread(_) => "statement that cannot be parsed".to_owned(),
        Trouble::Unknown { kind, name } => format!("statement on an unknown {kind} `{name}`"),
        Trouble::Taken { name } => format!("statement that creates `{name}` again"),
        Trouble::NotFollowed => "statement that is not followed".to_owned(),
    }
}

fn note_flaw(state: &mut State, source: &TextFile, body: &str, flaw: Flaw) {
    let what = match flaw {
        Flaw::Nested => "statement that is nested too deeply",
        Flaw::Variable if statement::is_harmless(body) => return,
        Flaw::Variable => "statement with a psql variable",
        Flaw::Include => "file that is included by psql",
    };
    note_unreadable(state, source, what.to_owned(), body);
}

fn note_unreadable(state: &mut State, source: &TextFile, what: String, body: &str) {
    state.unreadable.push(Sighting {
        what,
        name: first_words(body),
        place: Some(Place {
            file: source.name.clone(),
            line: state.spot.line,
        }),
    });
}

/// The beginning of a statement, on one line.
fn first_words(body: &str) -> String {
    const MOST: usize = 60;
    let mut text = String::new();
    for word in body.split_whitespace() {
        if text.len() + word.len() > MOST {
            if text.is_empty() {
                text.push_str(&word[..word.floor_char_boundary(MOST)]);
            }
            text.push('…');
            break;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}
