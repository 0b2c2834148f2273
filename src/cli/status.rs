//! `align status`

mod findings;
mod old_form;
mod watch;

use std::fmt::Write;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use sqlx::postgres::PgConnection;

use self::old_form::OldFormStatus;
use super::args::{CheckFormat, OutputArg};
use super::error::{CliError, Outcome};
use super::migrate::{Found, Scope, connection_options, failed};
use super::runtime::{block_on, or_stopped};
use super::ui::Ui;
use crate::migrate::{
    Control, Entry, MigrateError, Missing, Plan, Recorded, Refusal, State, Target, begin_reading,
    holder, missing_rights, own_sessions, read_events, read_old_form, role_sql, standing, survey,
};
use crate::report::screen::{Screen, visible, width};
use crate::source::LoadError;
use crate::source::postgres::{ConnectOptions, connect};

const EXAMPLES: &str = "\
Examples:
  Show what is applied and what is pending:
    align status --map mappings/shop-to-crm
  Fail in CI while something is pending:
    align status --map mappings/shop-to-crm --check
  Make a role for it that may no more than it needs:
    align status --map mappings/shop-to-crm --grants | psql
  Follow a run from beside:
    align status --map mappings/shop-to-crm --watch
  Compare two environments:
    align status --database env:STAGING --database env:PRODUCTION

Exits with 1 when --check says no, with 2 on failure.";
/// How much of the ledger `--history` shows.
const LATEST: i64 = 200;
/// How long a second connection is waited for.
const SECOND: Duration = Duration::from_secs(3);

/// Show what is applied, pending and running
///
/// Only reads. What an applied file says now against what it said when it was applied is shown, too.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    scope: Scope,

    /// Database to look at (can be repeated) [default: `env:DATABASE_URL`]
    #[arg(
        long,
        value_name = "SOURCE",
        default_value = "env:DATABASE_URL",
        hide_default_value = true
    )]
    #[arg(help_heading = "Connection")]
    database: Vec<String>,

    /// What to write
    #[arg(long, help_heading = "Output", value_enum, default_value = "text")]
    format: CheckFormat,

    #[command(flatten)]
    output: OutputArg,

    /// Show the ledger, too: who did what, and when
    #[arg(long, help_heading = "Output")]
    history: bool,

    /// Write the SQL of a role that may do what the phases need, and no more
    ///
    /// Nothing else is written, so that psql can read it. An administrator runs it.
    #[arg(long, help_heading = "Output", conflicts_with_all = ["history", "check"])]
    grants: bool,

    /// Look again every 2 seconds until the run ends
    ///
    /// On a terminal in place, elsewhere a line for each change.
    #[arg(long, help_heading = "Output", conflicts_with_all = ["history", "output", "grants"])]
    watch: bool,

    /// Exit 1 when something is pending, or files and history differ
    #[arg(long, visible_alias = "gate", help_heading = "Output")]
    check: bool,
}

/// The answer as JSON, version 1.
#[derive(Debug, Serialize)]
struct Document {
    format_version: u32,
    command: &'static str,
    align_version: &'static str,
    pair: String,
    databases: Vec<Database>,
}

#[derive(Debug, Serialize)]
struct Database {
    database: String,
    server_version: String,
    role: String,
    ready: bool,
    /// Why nothing could be migrated here.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
    /// What would have to be granted first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing_rights: Vec<MissingRight>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grants: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    running: Option<String>,
    phases: Vec<PhaseStatus>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    progress: Vec<ProgressStatus>,
    /// The tables' old form, where the pair keeps one.
    #[serde(skip_serializing_if = "Option::is_none")]
    old_form: Option<OldFormStatus>,
    #[serde(skip)]
    has_ledger: bool,
    /// Who is `running`, without what changes all the time.
    #[serde(skip)]
    runner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<Line>>,
}

#[derive(Debug, Serialize)]
struct MissingRight {
    what: String,
    grant: String,
}

#[derive(Debug, Serialize)]
struct PhaseStatus {
    name: String,
    applied: usize,
    pending: usize,
    divergent: usize,
    migrations: Vec<MigrationStatus>,
}

#[derive(Debug, Serialize)]
struct MigrationStatus {
    version: i64,
    name: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// A step that an earlier run began, or that one is at now.
#[derive(Debug, Serialize)]
struct ProgressStatus {
    phase: String,
    step: String,
    statements_done: i32,
    rows_done: i64,
    quarantined: i64,
    /// Thousandths of the rows, by the server's estimate.
    #[serde(skip_serializing_if = "Option::is_none")]
    permille: Option<u64>,
    windows_done: i64,
    at: String,
}

#[derive(Debug, Serialize)]
struct Line {
    at: String,
    run: String,
    event: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sqlstate: Option<String>,
    by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

pub(super) fn run(ui: &Ui, args: &StatusArgs) -> Result<Outcome, CliError> {
    args.check_format()?;
    let found = args.scope.find(ui)?;
    let mut servers = Vec::new();
    for typed in &args.database {
        servers.push(connection_options(ui, typed, "--database")?);
    }
    let control = Control::default();
    let document = if args.watch {
        let watch = watch::run(ui, args, &found, &servers, &control);
        block_on(ui, &control, watch)?
    } else {
        let lasting = ui.lasts("looking at what is there");
        let document = block_on(ui, &control, read(args, &found, &servers, &control));
        drop(lasting);
        let document = document?;
        let told = findings::of(&document, &found, args.check);
        let answer = match (args.format, findings::render(&told, args.format)) {
            (_, Some(answer)) => answer,
            (CheckFormat::Json, None) => {
                let json = serde_json::to_string_pretty(&document).map_err(CliError::failed)?;
                json + "\n"
            }
            (_, None) if args.grants => grants(&document),
            (_, None) => text(&document, Screen::of(ui.options())),
        };
        args.output.write(ui, &answer)?;
        document
    };
    if !args.check {
        return Ok(Outcome::Yes);
    }
    Ok(Outcome::no_if(findings::is_behind(ui, &document)))
}

async fn read(
    args: &StatusArgs,
    found: &Found,
    servers: &[ConnectOptions],
    control: &Control,
) -> Result<Document, CliError> {
    let mut databases = Vec::new();
    for options in servers {
        let fail = |error: LoadError| failed(control, error.into());
        let connected = or_stopped(control, connect(options)).await?;
        let mut connection = connected.map_err(fail)?;
        let one = database(&mut connection, args, found, options);
        databases.push(
            or_stopped(control, one)
                .await?
                .map_err(|error| failed(control, error))?,
        );
    }
    Ok(document(found, databases))
}

fn document(found: &Found, databases: Vec<Database>) -> Document {
    Document {
        format_version: 1,
        command: "status",
        align_version: env!("CARGO_PKG_VERSION"),
        pair: found.pair.clone(),
        databases,
    }
}

async fn database(
    connection: &mut PgConnection,
    args: &StatusArgs,
    found: &Found,
    options: &ConnectOptions,
) -> Result<Database, MigrateError> {
    let shared = is_shared(connection, options).await?;
    if shared {
        // It lends one server for a transaction: all that follows is asked of the same.
        begin_reading(connection).await?;
    }
    let target = Target::read(connection, &found.tables).await?;
    let refusal = match target.check(&found.tables, false) {
        Ok(()) if shared => Some(Refusal::of_address(options).unwrap_or(Refusal::Pooler)),
        checked => checked.err(),
    };
    let standings = survey(connection, &found.pair, &found.phases).await?;
    let needs = Plan::forward(&found.phases, &standings, None).needs(&found.histories()?);
    let missing = missing_rights(
        connection,
        &target.database,
        Some(&target.acts_as),
        &target.acts_as,
        &needs,
    )
    .await?;
    let grants = if args.grants {
        let fresh: Vec<Vec<Entry>> = found
            .phases
            .iter()
            .map(|phase| standing(phase, &[]))
            .collect();
        let needs = Plan::forward(&found.phases, &fresh, None).needs(&found.histories()?);
        Some(role_sql(connection, &target.database, &found.tables, &needs).await?)
    } else {
        None
    };
    let phases = found
        .phases
        .iter()
        .zip(standings)
        .map(|(phase, entries)| status(&phase.name, &entries));
    let has_ledger = target.ledger.is_some();
    let history = if args.history && has_ledger {
        let lines = read_events(connection, &found.pair, LATEST).await?;
        Some(lines.into_iter().map(Line::from).collect())
    } else {
        args.history.then(Vec::new)
    };
    let holder = holder(connection).await?;
    Ok(Database {
        database: options.describe(),
        server_version: target.release.clone(),
        role: target.role.clone(),
        ready: refusal.is_none() && missing.is_empty(),
        refusal: refusal.map(|refusal| refusal.to_string()),
        missing_rights: missing
            .into_iter()
            .map(|Missing { what, grant }| MissingRight { what, grant })
            .collect(),
        grants,
        running: holder.as_ref().map(ToString::to_string),
        runner: holder.map(|holder| format!("pid {}, `{}`", holder.pid, holder.application)),
        phases: phases.collect(),
        progress: if has_ledger {
            progress(connection, &found.pair).await?
        } else {
            Vec::new()
        },
        old_form: read_old_form(connection, &found.pair)
            .await?
            .map(OldFormStatus::from),
        has_ledger,
        history,
    })
}

/// Whether a pooler shares sessions, where a second connection can be had to tell it by.
async fn is_shared(
    connection: &mut PgConnection,
    options: &ConnectOptions,
) -> Result<bool, MigrateError> {
    if Refusal::of_address(options).is_some() {
        return Ok(true);
    }
    match tokio::time::timeout(SECOND, connect(options)).await {
        Ok(Ok(mut second)) => Ok(own_sessions(connection, &mut second).await?.is_none()),
        Ok(Err(_)) | Err(_) => Ok(false),
    }
}

async fn progress(
    connection: &mut PgConnection,
    pair: &str,
) -> Result<Vec<ProgressStatus>, MigrateError> {
    let rows = crate::migrate::read_progress(connection, pair).await?;
    let status = |row: crate::migrate::UnderWay| ProgressStatus {
        phase: row.phase,
        step: row.step,
        statements_done: row.statements_done,
        rows_done: row.rows_done,
        quarantined: row.quarantined,
        permille: row.permille,
        windows_done: row.windows_done,
        at: row.at,
    };
    Ok(rows.into_iter().map(status).collect())
}

fn status(name: &str, entries: &[Entry]) -> PhaseStatus {
    let count =
        |wanted: fn(&State) -> bool| entries.iter().filter(|entry| wanted(&entry.state)).count();
    PhaseStatus {
        name: name.to_owned(),
        applied: count(|state| matches!(state, State::Applied { .. })),
        pending: count(|state| *state == State::Pending),
        divergent: count(State::diverges),
        migrations: entries.iter().map(MigrationStatus::from).collect(),
    }
}

impl From<&Entry> for MigrationStatus {
    fn from(entry: &Entry) -> Self {
        let (state, applied_on, message) = match &entry.state {
            State::Applied { on } => ("applied", Some(on.clone()), None),
            State::Pending => ("pending", None, None),
            State::Edited {
                applied,
                file,
                renamed_from,
            } => {
                let renamed = renamed_from
                    .as_ref()
                    .map(|old| format!(", named `{old}` then"))
                    .unwrap_or_default();
                (
                    "edited",
                    None,
                    Some(format!(
                        "applied with checksum {applied:016x}, now {file:016x}{renamed}"
                    )),
                )
            }
            State::Missing { applied } => (
                "missing",
                None,
                Some(format!(
                    "applied with checksum {applied:016x}, and there is no file"
                )),
            ),
            State::TooLate { last } => (
                "too_late",
                None,
                Some(format!("never applied, and V{last} was")),
            ),
        };
        Self {
            version: entry.version,
            name: entry.name.clone(),
            state,
            applied_on,
            message,
        }
    }
}

impl From<Recorded> for Line {
    fn from(recorded: Recorded) -> Self {
        let Recorded {
            at,
            run,
            phase,
            name,
            event,
            duration_ms,
            sqlstate,
            by,
            reason,
        } = recorded;
        Self {
            at,
            run,
            event,
            phase,
            name,
            duration_ms,
            sqlstate,
            by,
            reason,
        }
    }
}

/// SQL for psql, one database after the other.
fn grants(document: &Document) -> String {
    let mut text = String::new();
    for database in &document.databases {
        let mut line = |line: &str| {
            writeln!(text, "{line}").expect("a String takes everything");
        };
        line(&visible(&format!(
            "-- {}, pair {}",
            database.database, document.pair
        )));
        line(
            "-- its password: \\password align_migrator; when all is done: DROP ROLE align_migrator;",
        );
        for statement in database.grants.iter().flatten() {
            line(statement);
        }
    }
    text
}

fn text(document: &Document, screen: Screen) -> String {
    let mut text = String::new();
    let mut line = |line: String| {
        writeln!(text, "{}", visible(&line)).expect("a String takes everything");
    };
    for (at, database) in document.databases.iter().enumerate() {
        if at > 0 {
            line(String::new());
        }
        let server = format!(
            "{} (PostgreSQL {}), ",
            database.database, database.server_version
        );
        let pair = format!("pair {}", document.pair);
        if width(&server) + width(&pair) > screen.width {
            line(server.trim_end().to_owned());
            line(format!("  {pair}"));
        } else {
            line(server + &pair);
        }
        if let Some(refusal) = &database.refusal {
            line(format!("  cannot be migrated: {refusal}"));
        }
        for missing in &database.missing_rights {
            line(format!(
                "  a right is missing: {}: {}",
                missing.what, missing.grant
            ));
        }
        if let Some(running) = &database.running {
            line(format!("  running: {running}"));
        }
        for phase in &database.phases {
            let divergent = if phase.divergent == 0 {
                String::new()
            } else {
                format!(", {} divergent", phase.divergent)
            };
            line(format!(
                "{}  {} applied, {} pending{divergent}",
                phase.name, phase.applied, phase.pending
            ));
            for migration in &phase.migrations {
                let more = match (&migration.applied_on, &migration.message) {
                    (Some(moment), _) => format!("  {}", to_the_second(moment)),
                    (None, Some(message)) => format!("  {message}"),
                    (None, None) => String::new(),
                };
                line(format!(
                    "  {:<8} V{}__{}{more}",
                    migration.state, migration.version, migration.name
                ));
            }
        }
        for step in &database.progress {
            let share = step
                .permille
                .map(|permille| format!(" ({} %)", permille / 10))
                .unwrap_or_default();
            let aside = match step.quarantined {
                0 => String::new(),
                rows => format!(", {rows} in quarantine"),
            };
            line(format!(
                "under way: {} {}, {} rows{share} in {} windows{aside}, {} statements, last at {}",
                step.phase,
                step.step,
                step.rows_done,
                step.windows_done,
                step.statements_done,
                step.at
            ));
        }
        let old_form = database.old_form.as_ref().map(OldFormStatus::lines);
        old_form.into_iter().flatten().for_each(&mut line);
        for recorded in database.history.iter().flatten() {
            let what = [
                recorded.phase.as_deref(),
                recorded.name.as_deref(),
                recorded.sqlstate.as_deref(),
                recorded.reason.as_deref(),
            ];
            let what: Vec<&str> = what.into_iter().flatten().collect();
            let took = recorded
                .duration_ms
                .map(|took| format!("  {took} ms"))
                .unwrap_or_default();
            let run = recorded.run.get(..8).unwrap_or_default();
            line(format!(
                "{}  {run}  {:<8} {}{took}  by {}",
                recorded.at,
                recorded.event,
                what.join(" "),
                recorded.by
            ));
        }
    }
    text
}

/// A moment of the history, such as `2026-11-22T19:20:50.665Z`, as people read it.
fn to_the_second(moment: &str) -> String {
    match moment.split_once('T') {
        Some((day, time)) => format!(
            "{day} {} UTC",
            time.split(['.', 'Z', '+']).next().unwrap_or(time)
        ),
        None => moment.to_owned(),
    }
}
