//! Why a run ends early. No variant holds a password, and none a value of a user's row unless that was
//! asked for.

use std::fmt;

use super::rights::Missing;
use crate::source::LoadError;
use crate::source::postgres::ConnectOptions;

/// Why a run ends early.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] LoadError),
    /// It must not run here, or not now; nothing was changed.
    #[error("{0}")]
    Refused(Refusal),
    /// A migration failed.
    #[error("{0}")]
    Step(Box<StepError>),
    /// The server did not do what every run needs.
    #[error("cannot {doing}: {cause}")]
    Server {
        /// What was tried.
        doing: &'static str,
        /// The server's word.
        cause: String,
    },
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// `--stop-after`.
    #[error("the time of `--stop-after` is over")]
    OutOfTime,
    /// `--time-limit`; everything was rolled back.
    #[error("it took longer than {} s and was rolled back", limit.as_secs_f64())]
    OverLimit {
        /// What it was.
        limit: std::time::Duration,
    },
}

/// Why a run is refused.
#[derive(Debug)]
pub enum Refusal {
    /// Neither the from side's tables nor a ledger.
    WrongDatabase {
        /// What was looked for.
        tables: Vec<String>,
    },
    /// The ledger is another server's.
    OtherSystem {
        /// In the ledger.
        ledger: String,
        /// Of this server.
        here: String,
    },
    /// Schema `align` is somebody else's.
    ForeignLedger,
    /// A later version of this program keeps the ledger.
    NewerLedger {
        /// Its format.
        format: i32,
    },
    /// The server takes no writes.
    ReadOnly {
        /// Why not.
        why: &'static str,
    },
    /// The server is older than what is supported.
    OldServer {
        /// As it says itself.
        release: String,
    },
    /// Sessions are shared.
    Pooler,
    /// Sessions are shared, as the address tells.
    SupabasePooler {
        /// Whom it would be written to.
        address: String,
        /// Where sessions are the client's own.
        sessions: String,
    },
    /// Rights are missing.
    Rights {
        /// Which, at least one.
        missing: Vec<Missing>,
    },
    /// Files and history contradict each other.
    Divergent {
        /// A line each.
        lines: Vec<String>,
        /// What to type.
        hints: Vec<String>,
    },
    /// Not what was approved.
    Fingerprint {
        /// What `--expect` says.
        expected: String,
        /// What it is.
        found: String,
        /// When a run began that was approved so; it changed the database itself.
        begun: Option<String>,
    },
    /// Another runner.
    Locked {
        /// Who, if that can be seen.
        holder: Option<Session>,
    },
    /// What is pending changed after it was shown.
    Moved,
    /// Its way back was begun and has not ended.
    HalfWayBack {
        /// The phase.
        phase: String,
    },
    /// A later phase stands on this one.
    LaterPhase {
        /// What was to be undone.
        phase: String,
        /// What stands on it.
        later: String,
    },
}

/// A session of the server, as others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The server's process.
    pub pid: i32,
    /// Its role.
    pub role: String,
    /// How it calls itself.
    pub application: String,
    /// `idle in transaction`, or empty where it may not be seen.
    pub state: String,
    /// How long it has been so, where that may be seen.
    pub seconds: Option<i64>,
}

/// A migration that failed.
#[derive(Debug)]
pub struct StepError {
    /// The migration.
    pub title: String,
    /// The file.
    pub path: String,
    /// The line of the statement that failed, from 1.
    pub line: Option<usize>,
    /// The statement's first line.
    pub statement: Option<String>,
    /// The server's word.
    pub message: String,
    /// The server's code.
    pub sqlstate: Option<String>,
    /// The server's advice.
    pub hint: Option<String>,
    /// Who was in the way.
    pub blocker: Option<Session>,
    /// Whether a part of it is committed.
    pub partly: bool,
    /// The connection is gone, so that a step in flight may have been committed or not.
    pub lost: bool,
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {}, user `{}`", self.pid, self.role)?;
        if !self.application.is_empty() {
            write!(f, ", application `{}`", self.application)?;
        }
        if !self.state.is_empty() {
            write!(f, ", {}", self.state)?;
        }
        match self.seconds {
            Some(seconds) => write!(f, ", since {seconds} s"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.lost {
            "lost its connection"
        } else if self.partly {
            "failed, and what it had committed stays"
        } else {
            "failed and was rolled back"
        };
        write!(f, "migration `{}` {end}", self.title)
    }
}

impl std::error::Error for StepError {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongDatabase { tables } if tables.is_empty() => f.write_str(
                "this database has no ledger of `align`, and the mapping names no table of the from side by which to know it",
            ),
            Self::WrongDatabase { tables } => write!(
                f,
                "this database has neither a ledger of `align` nor one of the tables `{}`",
                tables.join("`, `")
            ),
            Self::OtherSystem { ledger, here } => write!(
                f,
                "the ledger in this database is that of server {ledger}, and this is server {here}"
            ),
            Self::ForeignLedger => f.write_str(
                "schema `align` of this database has a table `ledger` that this program did not make",
            ),
            Self::NewerLedger { format } => {
                write!(f, "the ledger has format {format}, which a later version of `align` keeps")
            }
            Self::ReadOnly { why } => write!(f, "the server takes no writes: {why}"),
            Self::OldServer { release } => {
                write!(f, "the server is PostgreSQL {release}, and 14 is the oldest that is changed")
            }
            Self::Pooler => f.write_str(
                "the connection goes through a pooler that shares sessions, where locks and settings reach others",
            ),
            Self::SupabasePooler { address, .. } => write!(
                f,
                "`{address}` is Supabase's pooler for transactions, where locks and settings reach others"
            ),
            Self::Rights { missing } => {
                let whats: Vec<&str> = missing.iter().map(|missing| missing.what.as_str()).collect();
                match whats.as_slice() {
                    [what] => write!(f, "a right is missing: {what}"),
                    whats => write!(f, "rights are missing\n{}", whats.join("\n")),
                }
            }
            Self::Divergent { lines, .. } => {
                write!(f, "files and history contradict each other\n{}", lines.join("\n"))
            }
            Self::Fingerprint { expected, found, begun: None } => {
                write!(f, "fingerprint {expected} was approved, and this is {found}")
            }
            Self::Fingerprint { expected, found, begun: Some(at) } => write!(
                f,
                "fingerprint {expected} was approved and run at {at}, and what is left of it is {found}"
            ),
            Self::Locked { holder: Some(holder) } => write!(f, "another runner is at work: {holder}"),
            Self::Locked { holder: None } => f.write_str("another runner is at work"),
            Self::Moved => f.write_str("what is pending changed after it was shown"),
            Self::HalfWayBack { phase } => {
                write!(f, "`{phase}` is undone in part, so that nothing can go forward")
            }
            Self::LaterPhase { phase, later } => {
                write!(f, "`{phase}` cannot be undone while `{later}` stands on it")
            }
        }
    }
}

impl Refusal {
    /// Whether the address alone tells that sessions are shared.
    pub fn of_address(options: &ConnectOptions) -> Option<Self> {
        let sessions = options.address().for_sessions()?;
        Some(Self::SupabasePooler {
            address: options.describe(),
            sessions: sessions.to_string(),
        })
    }

    /// What to type or to look at.
    pub fn hints(&self) -> Vec<String> {
        let one = |hint: &str| vec![hint.to_owned()];
        match self {
            Self::WrongDatabase { tables } if tables.is_empty() => one(
                "name a table that is there before the first migration, such as `[[table]]` with `from = \"clients\"` and `to = \"clients\"`",
            ),
            Self::WrongDatabase { .. } => one("name another database with `--database`"),
            Self::OtherSystem { .. } => one(
                "if this is a copy that goes on by itself, take it over with `--adopt V`, V being the last version it has",
            ),
            Self::ForeignLedger => one(
                "this program keeps its records in schema `align`: give that schema another name",
            ),
            Self::NewerLedger { .. } => one("use that version of `align`"),
            Self::ReadOnly { .. } => one("connect to the primary server"),
            Self::OldServer { .. } => one("upgrade the server"),
            Self::Pooler => {
                one("connect to the server itself, or to the pooler's port for sessions")
            }
            Self::SupabasePooler { sessions, .. } => {
                vec![format!(
                    "connect to `{sessions}`: that port is the one for sessions"
                )]
            }
            Self::Rights { missing } => {
                let grants = missing
                    .iter()
                    .map(|missing| format!("grant it with `{}`", missing.grant));
                grants.collect()
            }
            Self::Divergent { hints, .. } => hints.clone(),
            Self::Fingerprint { begun: None, .. } => {
                one("see what changed with `--dry-run`, then approve anew")
            }
            Self::Fingerprint { found, .. } => vec![format!(
                "see what is left with `--dry-run`, then go on with `--expect {found}`"
            )],
            Self::Locked { .. } => one("wait longer with `--wait-lock 30m`"),
            Self::Moved => one("run it again"),
            Self::HalfWayBack { phase } => {
                vec![format!("end the way back with `--undo {phase}`")]
            }
            Self::LaterPhase { later, .. } => {
                vec![format!("undo that first with `--undo {later}`")]
            }
        }
    }
}
