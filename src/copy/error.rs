//! Why a copy ends early. No variant holds a password, and none a value of a row unless that was asked for.

use std::fmt;

use sqlx::postgres::PgDatabaseError;

use super::plan::Trouble;
use super::trigger::{Raised, Trigger};
use crate::mapping::MaxErrors;
use crate::migrate::{MigrateError, Refusal};
use crate::source::LoadError;
use crate::source::postgres::ends_session;

/// Why a copy ends early.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] LoadError),
    /// It must not run here, or not now; nothing was changed.
    #[error("{0}")]
    Refused(Refusal),
    /// The mapping and the two schemas do not go together.
    #[error("nothing can be copied")]
    Plan(Vec<Trouble>),
    /// A server did not do what it was asked.
    #[error("cannot {doing}: {answer}")]
    Server {
        /// What was tried.
        doing: String,
        /// The server's word.
        answer: Answer,
    },
    /// More rows than may be are bad.
    #[error("{rows} of {all} rows of `{table}` cannot be copied, and {limit} is the limit")]
    TooMany {
        /// The table.
        table: String,
        /// Bad ones.
        rows: u64,
        /// All.
        all: u64,
        /// What may be.
        limit: MaxErrors,
    },
    /// A value failed whose rule says that the run stops there.
    #[error(
        "{rows} rows of `{table}` fail at `{column}` ({code}), whose rule says `on_error = \"fail\"`"
    )]
    Fails {
        /// The table.
        table: String,
        /// The target's column.
        column: String,
        /// Why.
        code: String,
        /// How many.
        rows: u64,
    },
    /// Rows are there already.
    #[error("{rows} rows of `{table}` are in the target already")]
    Conflict {
        /// The table.
        table: String,
        /// How many.
        rows: u64,
    },
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

/// What a server said when it did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its code; `None` when there is no answer at all.
    pub sqlstate: Option<String>,
    /// Its words.
    pub message: String,
    /// Its advice.
    pub hint: Option<String>,
    /// Whether the connection is gone.
    pub is_lost: bool,
    /// Where within functions of the server it failed, if it did.
    pub raised: Option<Box<Raised>>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(trigger) = self.trigger() {
            write!(
                f,
                "trigger `{}` of `{}` refuses a row: ",
                trigger.name, trigger.table
            )?;
        }
        match &self.sqlstate {
            Some(code) => write!(f, "{} ({code})", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl Answer {
    /// The trigger of the target that refused a row.
    pub fn trigger(&self) -> Option<&Trigger> {
        self.raised.as_ref()?.trigger.as_ref()
    }

    /// Whether another writer came in between, so that judging anew may help.
    pub(super) fn is_contradiction(&self) -> bool {
        matches!(
            self.sqlstate.as_deref(),
            Some("23505" | "23503" | "40001" | "40P01")
        )
    }

    pub(super) fn of(error: &sqlx::Error, show_values: bool) -> Self {
        let Some(error) = error
            .as_database_error()
            .and_then(|error| error.try_downcast_ref::<PgDatabaseError>())
        else {
            let (message, is_lost) = crate::migrate::unanswered(error);
            return Self {
                sqlstate: None,
                message: message.to_owned(),
                hint: None,
                is_lost,
                raised: None,
            };
        };
        let code = error.code();
        // The server quotes the value that it cannot take, and so does what a trigger raises; in class 42
        // the quoted words are the statement's.
        let quotes = !show_values && !code.starts_with("42");
        let detail = error.detail().filter(|_| show_values);
        Self {
            sqlstate: Some(code.to_owned()),
            message: match detail {
                Some(detail) => format!("{}\n{detail}", error.message()),
                None if quotes => crate::migrate::without_values(code, error.message(), ""),
                None => error.message().to_owned(),
            },
            hint: error.hint().map(str::to_owned),
            raised: error
                .r#where()
                .map(|context| Box::new(Raised::new(context))),
            is_lost: ends_session(code),
        }
    }
}

/// A failure while something was tried.
pub(super) fn failed(doing: impl Into<String>) -> impl FnOnce(sqlx::Error) -> CopyError {
    let doing = doing.into();
    move |error| CopyError::Server {
        doing,
        answer: Answer::of(&error, false),
    }
}

impl From<MigrateError> for CopyError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Connect(error) => Self::Connect(error),
            MigrateError::Refused(refusal) => Self::Refused(refusal),
            MigrateError::Interrupted
            | MigrateError::OutOfTime
            | MigrateError::OverLimit { .. } => Self::Interrupted,
            MigrateError::Server { doing, cause } => Self::Server {
                doing: doing.to_owned(),
                answer: Answer {
                    sqlstate: None,
                    message: cause,
                    hint: None,
                    is_lost: false,
                    raised: None,
                },
            },
            MigrateError::Step(step) => Self::Server {
                doing: "keep the ledger".to_owned(),
                answer: Answer {
                    sqlstate: step.sqlstate.clone(),
                    message: step.message.clone(),
                    hint: step.hint.clone(),
                    is_lost: step.lost,
                    raised: None,
                },
            },
        }
    }
}
