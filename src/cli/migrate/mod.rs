//! `align migrate`

mod ask;
mod back;
mod backup;
mod export;
mod failure;
mod found;
mod json;
mod show;
mod teller;
mod trial;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sqlx::postgres::PgConnection;

pub(super) use failure::{failed, refused};
pub(super) use found::{Found, Scope, connection_options};
pub(super) use teller::time;

use self::ask::Consent;
use self::back::back;
use self::teller::{Story, Teller};
use super::args::ListFormat;
use super::error::{CliError, Outcome};
use super::near::near;
use super::runtime::{block_on, or_stopped};
use super::ui::Ui;
use crate::migrate::{
    Control, Hazard, Limits, MigrateError, Operator, Phase, Plan, Refusal, Request, Session,
    Target, begin_reading, begun_run, check_begun, check_history, check_rights, digest, duration,
    quarantined, read_progress, relations, survey,
};
use crate::source::postgres::{ConnectOptions, connect};

const EXAMPLES: &str = "\
Examples:
  See what would run, and what it would lock:
    align migrate --map mappings/shop-to-crm --dry-run
  Run what was approved, without a terminal:
    align migrate --map mappings/shop-to-crm --expect 0f3c51d2a9e8b746 --yes
  Bring a phase back:
    align migrate --map mappings/shop-to-crm --undo phase2

Exits with 2 on failure, 3 when it refuses to start, 4 when it stopped part way.";

/// Run the pending migrations
///
/// Runs the mapping's phases in order. Each step commits with its line in the history, a batch window by
/// window, so that a run that ended early goes on from there.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct MigrateArgs {
    #[command(flatten)]
    scope: Scope,

    /// Database to change [default: `env:DATABASE_URL`]
    #[arg(
        long,
        value_name = "SOURCE",
        default_value = "env:DATABASE_URL",
        hide_default_value = true
    )]
    #[arg(help_heading = "Connection")]
    database: String,

    #[command(flatten)]
    what: What,

    #[command(flatten)]
    export: export::ExportArgs,

    #[command(flatten)]
    how: How,

    #[command(flatten)]
    leave: Leave,

    #[command(flatten)]
    backup: backup::BackupArg,

    /// What to write: text, json
    ///
    /// JSON is one object at the end; what happens meanwhile is said on standard error.
    #[arg(long, help_heading = "Output", value_enum, default_value = "text")]
    #[arg(hide_possible_values = true)]
    format: ListFormat,
}

/// What to do other than everything that is pending.
#[derive(Debug, Args)]
#[command(next_help_heading = "Migrations")]
struct What {
    /// Only read, and show what would run
    ///
    /// Prints each statement with the locks it takes, the sizes of the tables, and hazards.
    /// `--dry-run=rollback` runs it all in one transaction and rolls it back: its locks are real and
    /// held to the end. It says which, what was rewritten, how long it took and the WAL it wrote. In
    /// place of CONCURRENTLY and of windows the plain forms run.
    #[arg(long, value_name = "HOW", value_enum, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "print", hide_possible_values = true)]
    dry_run: Option<DryRun>,

    /// Last version to run, of the one phase
    #[arg(long, value_name = "V")]
    target: Option<i64>,

    /// Phase to bring back with `undo/<PHASE>.sql`
    #[arg(long, value_name = "PHASE", conflicts_with_all = ["phase", "target", "accept", "adopt"])]
    undo: Option<String>,

    /// Version whose edited file is taken as it is
    ///
    /// Can be repeated.
    #[arg(long, value_name = "V")]
    accept: Vec<i64>,

    /// Version up to which all counts as applied
    ///
    /// Of the one phase that is named. Nothing is run.
    #[arg(long, value_name = "V", conflicts_with_all = ["target", "accept"])]
    adopt: Option<i64>,

    /// Fingerprint that was approved
    ///
    /// Over the pending files, the mapping and the schema; with another one nothing is run.
    #[arg(long, value_name = "FINGERPRINT")]
    expect: Option<String>,
}

/// How to run it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Run")]
struct How {
    /// How long to wait for another runner
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    wait_lock: std::time::Duration,

    /// Time after which no window begins
    ///
    /// Written as 90s, 30m or 2h. The window or the migration that has begun is finished.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    stop_after: Option<std::time::Duration>,

    /// Time after which `--dry-run=rollback` ends
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    #[arg(requires = "dry_run", hide_short_help = true)]
    time_limit: std::time::Duration,

    /// Most rows a second that a batch may change
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    #[arg(hide_short_help = true)]
    max_rows_per_sec: Option<u32>,

    /// How far standbys may be behind
    ///
    /// A batch waits between two windows for the one that is the furthest behind.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    #[arg(hide_short_help = true)]
    max_lag: std::time::Duration,

    /// Show values of rows in the server's messages
    ///
    /// What a RAISE in the migrations says is always shown; what the server and other triggers say only
    /// with this, for it may hold values.
    #[arg(long)]
    show_values: bool,
}

/// By whose leave.
#[derive(Debug, Args)]
#[command(next_help_heading = "Consent")]
struct Leave {
    /// Do not ask; hazards still have to be allowed
    #[arg(long)]
    yes: bool,

    /// Hazard that may happen (can be repeated)
    ///
    /// `deletes-data`: values that stand nowhere else go. `breaks-clients`: a name or a type that others
    /// use goes or changes. `blocks-writes`: writers wait for as long as it takes. `rewrites-table`: the
    /// table is written anew while nobody can use it. `not-reversible`: no later migration brings back
    /// what was. A comma parts several.
    #[arg(long, value_name = "HAZARD", value_delimiter = ',', value_parser = hazard)]
    allow: Vec<Hazard>,

    /// Never ask
    #[arg(long, hide_short_help = true)]
    no_input: bool,

    /// Why, for the ledger
    #[arg(long, value_name = "TEXT", hide_short_help = true)]
    reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DryRun {
    /// Print it
    Print,
    /// Run it and roll it back
    Rollback,
}

/// Everything that is known before anything runs.
struct Prepared<'p> {
    found: &'p Found,
    options: &'p ConnectOptions,
    target: Target,
    plan: Plan<'p>,
    fingerprint: String,
    sizes: Vec<crate::migrate::Relation>,
}

pub(super) fn run(ui: &Ui, args: &MigrateArgs) -> Result<Outcome, CliError> {
    let found = match &args.what.undo {
        Some(phase) => args.scope.find_phases(ui, std::slice::from_ref(phase))?,
        None => args.scope.find(ui)?,
    };
    args.what.check(&found)?;
    if let Some(folder) = &args.export.export {
        return export::run(
            ui,
            &args.export,
            folder,
            &found,
            args.what.target,
            args.format,
        );
    }
    let options = connection_options(ui, &args.database, "--database")?;
    let control = Control::default();
    block_on(ui, &control, migrate(ui, args, &found, &options, &control))
}

async fn migrate(
    ui: &Ui,
    args: &MigrateArgs,
    found: &Found,
    options: &ConnectOptions,
    control: &Control,
) -> Result<Outcome, CliError> {
    let fail = |error| {
        let error = failed(control, error);
        if args.what.expect.is_some() && error.code() == 4 {
            error
                .hint("`--expect` wants the fingerprint of what is left then; `--dry-run` shows it")
        } else {
            error
        }
    };
    let lasting = ui.lasts("looking at what is there");
    if args.what.dry_run == Some(DryRun::Print) {
        let connected = or_stopped(control, connect(options)).await?;
        let mut connection = connected.map_err(|error| fail(error.into()))?;
        begin_reading(&mut connection).await.map_err(fail)?;
        let prepared = prepare(&mut connection, args, found, options)
            .await
            .map_err(fail)?;
        return answer(
            ui,
            &match args.format {
                ListFormat::Text => show::dry_run(&prepared),
                ListFormat::Json => json::plan(&prepared),
            },
        );
    }
    let limits = Limits {
        wait_lock: args.how.wait_lock,
        stop_after: args.how.stop_after,
        max_rows_per_second: args.how.max_rows_per_sec,
        max_lag: Some(args.how.max_lag),
        strict: found.strict.clone(),
        show_values: args.how.show_values,
    };
    let story = Story::default();
    let mut teller = Teller::new(ui, args.format, story.clone());
    let tell = Box::new(move |event: crate::migrate::Event<'_>| teller.tell(&event));
    let opened = or_stopped(
        control,
        Session::open(options, &found.pair, limits, control.clone(), tell),
    )
    .await?;
    let mut session = opened.map_err(fail)?;
    let prepared = prepare(session.connection(), args, found, options)
        .await
        .map_err(fail)?;
    drop(lasting);
    show::announce(ui, &prepared);
    if args.what.dry_run == Some(DryRun::Rollback) {
        let done = try_out(ui, args, &mut session, &prepared, control).await;
        session.close().await;
        return done;
    }
    let nothing =
        prepared.plan.steps.is_empty() && args.what.accept.is_empty() && args.what.adopt.is_none();
    if nothing {
        let standings = show::standings(&mut session, found).await;
        session.close().await;
        let words = match (args.format, &args.what.undo) {
            (ListFormat::Json, _) => json::run(
                &prepared,
                &json::Ended {
                    run: None,
                    story: &story,
                    standings: standings.as_deref(),
                    quarantined: &[],
                    error: None,
                },
            ),
            (ListFormat::Text, Some(phase)) => format!("nothing of {phase} is applied\n"),
            (ListFormat::Text, None) => "nothing is pending\n".to_owned(),
        };
        return answer(ui, &words);
    }
    args.backup.check(&prepared)?;
    let consent = Consent {
        ui,
        leave: &args.leave,
        control,
    };
    let mut consents = consent.get(&prepared, args.what.adopt.is_some()).await?;
    let backup = &args.backup;
    backup.confirm(&mut session, control, &mut consents).await?;
    let request = Request {
        phases: &found.phases,
        tables: &found.tables,
        accept: &args.what.accept,
        adopt: args.what.adopt,
        operator: operator(args, consents),
        fingerprint: prepared.fingerprint.clone(),
    };
    let lasting = ui.lasts("applying");
    let applied = session.apply(&request, &prepared.plan).await;
    let standings = show::standings(&mut session, found).await;
    let run = session.run().to_owned();
    let quarantine = match &applied {
        Ok(()) => quarantined(session.connection(), &run)
            .await
            .map_err(fail)?,
        Err(_) => Vec::new(),
    };
    session.close().await;
    drop(lasting);
    for (table, rows) in &quarantine {
        ui.warning(format_args!(
            "{rows} rows of `{table}` went to align.quarantine"
        ));
    }
    let failure = applied.map_err(fail).err();
    let closing = match args.format {
        ListFormat::Text => standings.as_deref().map(show::closing),
        ListFormat::Json => Some(json::run(
            &prepared,
            &json::Ended {
                run: Some(&run),
                story: &story,
                standings: standings.as_deref(),
                quarantined: &quarantine,
                error: failure.as_ref(),
            },
        )),
    };
    let answered = closing.map_or(Ok(Outcome::Yes), |closing| answer(ui, &closing));
    // The failure of the run is the news.
    failure.map_or(answered, Err)
}

/// Runs the plan and rolls it back.
async fn try_out(
    ui: &Ui,
    args: &MigrateArgs,
    session: &mut Session<'_>,
    prepared: &Prepared<'_>,
    control: &Control,
) -> Result<Outcome, CliError> {
    let limit = args.how.time_limit;
    if prepared.plan.steps.is_empty() && args.format == ListFormat::Text {
        return answer(ui, "nothing is pending\n");
    }
    if !prepared.plan.steps.is_empty() {
        trial::warn(ui, limit);
        let leave = &args.leave;
        let consent = Consent { ui, leave, control };
        consent.to_locks().await?;
    }
    let request = Request {
        phases: &prepared.found.phases,
        tables: &prepared.found.tables,
        accept: &args.what.accept,
        adopt: None,
        operator: Operator::default(),
        fingerprint: prepared.fingerprint.clone(),
    };
    let lasting = ui.lasts("trying it out");
    let tried = session.try_out(&request, &prepared.plan, limit).await;
    drop(lasting);
    let mut tried = tried.map_err(|error| failed(control, error))?;
    let failure = tried.failure.take().map(|error| failed(control, error));
    let text = match args.format {
        ListFormat::Text => trial::text(ui, prepared, &tried),
        ListFormat::Json => json::trial(prepared, limit, &tried, failure.as_ref()),
    };
    let answered = answer(ui, &text);
    failure.map_or(answered, Err)
}

fn answer(ui: &Ui, text: &str) -> Result<Outcome, CliError> {
    match ui.answer(text) {
        Ok(()) => Ok(Outcome::Yes),
        Err(error) => Err(CliError::write("the answer", error)),
    }
}

/// Reads what the plan needs. Only reads, in one transaction.
async fn prepare<'p>(
    connection: &mut PgConnection,
    args: &MigrateArgs,
    found: &'p Found,
    options: &'p ConnectOptions,
) -> Result<Prepared<'p>, MigrateError> {
    let target = Target::read(connection, &found.tables).await?;
    let adopts = args.what.adopt.is_some();
    target
        .check(&found.tables, adopts)
        .map_err(MigrateError::Refused)?;
    let histories = found.histories()?;
    if target.ledger.is_some() {
        // Without these, it cannot even be told what is pending.
        let needs = Plan { steps: Vec::new() }.needs(&histories);
        check_rights(connection, &target.database, &target.acts_as, &needs).await?;
    }
    let standings = survey(connection, &found.pair, &found.phases).await?;
    check_history(&found.phases, &standings, &args.what.accept).map_err(MigrateError::Refused)?;
    let begun = match target.ledger {
        Some(_) => read_progress(connection, &found.pair).await?,
        None => Vec::new(),
    };
    let undo = args.what.undo.as_ref().and(found.phases.first());
    let undo = undo.and_then(|phase| phase.undo.as_ref());
    check_begun(&found.phases, &standings, &begun, undo, &args.what.accept)
        .map_err(MigrateError::Refused)?;
    let plan = match (&args.what.undo, found.phases.first()) {
        (Some(_), Some(phase)) => back(connection, found, phase, &standings).await?,
        _ if adopts => Plan { steps: Vec::new() },
        _ => {
            let made = Plan::made_before(&found.phases, &standings);
            let made = relations(connection, &made).await?.into_iter();
            let empty = made.filter(|relation| relation.is_empty);
            let empty = empty.map(|relation| relation.name).collect();
            Plan::onward(&found.phases, &standings, args.what.target, empty)
        }
    };
    let catalog = digest(connection, &found.namespaces).await?;
    let fingerprint = plan.fingerprint(&found.pair, &found.mapping_text, &catalog);
    if let Some(expected) = args
        .what
        .expect
        .as_ref()
        .filter(|expected| **expected != fingerprint)
    {
        let begun = match target.ledger {
            Some(_) => begun_run(connection, &found.pair, expected).await?,
            None => None,
        };
        return Err(MigrateError::Refused(Refusal::Fingerprint {
            expected: expected.clone(),
            found: fingerprint,
            begun,
        }));
    }
    check_rights(
        connection,
        &target.database,
        &target.acts_as,
        &plan.needs(&histories),
    )
    .await?;
    let sizes = relations(connection, &plan.relations()).await?;
    Ok(Prepared {
        found,
        options,
        target,
        plan,
        fingerprint,
        sizes,
    })
}

impl What {
    /// What clap cannot tell.
    fn check(&self, found: &Found) -> Result<(), CliError> {
        let of_one = [
            ("--target", self.target),
            ("--adopt", self.adopt),
            ("--accept", self.accept.first().copied()),
        ];
        for (flag, version) in of_one {
            let Some(version) = version else {
                continue;
            };
            let [phase] = found.phases.as_slice() else {
                let names: Vec<String> = found
                    .phases
                    .iter()
                    .map(|phase| format!("`--phase {}`", phase.name))
                    .collect();
                let message = format!(
                    "`{flag} {version}` is a version of one phase, and there are {}",
                    found.phases.len()
                );
                return Err(
                    CliError::say(message).hint(format!("name one of {}", names.join(", ")))
                );
            };
            if !phase.files.iter().any(|file| file.version == version) {
                let message = format!("phase `{}` has no version {version}", phase.name);
                let versions = || phase.files.iter().map(|file| file.version);
                let (first, last) = (versions().min(), versions().max());
                let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
                return Err(CliError::say(message)
                    .hint(format!("its versions go from V{first} to V{last}")));
            }
        }
        match (&self.undo, found.phases.as_slice()) {
            (
                Some(_),
                [
                    Phase {
                        name, undo: None, ..
                    },
                ],
            ) => {
                let home = found.folder.join("undo").join(format!("{name}.sql"));
                let message = format!(
                    "phase `{name}` has no way back: there is no `{}`",
                    home.display()
                );
                Err(CliError::say(message))
            }
            _ => Ok(()),
        }
    }
}

fn operator(args: &MigrateArgs, consents: Vec<String>) -> Operator {
    let first = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| super::environment(name))
            .filter(|value| !value.is_empty())
    };
    let host = std::fs::read_to_string(PathBuf::from("/proc/sys/kernel/hostname")).ok();
    let host = host
        .map(|host| host.trim().to_owned())
        .or_else(|| first(&["HOSTNAME", "COMPUTERNAME"]));
    Operator {
        user: first(&["USER", "LOGNAME", "USERNAME"]),
        host,
        reason: args.leave.reason.clone(),
        consents,
    }
}

fn hazard(text: &str) -> Result<Hazard, String> {
    let found = Hazard::ALL.into_iter().find(|hazard| hazard.word() == text);
    found.ok_or_else(|| {
        let words: Vec<&str> = Hazard::ALL.iter().map(|hazard| hazard.word()).collect();
        match near(text, &words) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("there are {}", words.join(", ")),
        }
    })
}
