//! The road itself: load, measure, for each phase migrate and measure again, and check what is there.

use std::time::{Duration, Instant};

use anyhow::anyhow;
use sqlx::postgres::PgConnection;

use super::super::error::CliError;
use super::super::migrate::{Found, failed};
use super::super::pair::Loaded;
use super::super::runtime::or_stopped;
use super::super::ui::Ui;
use super::super::verify::failed as unverified;
use super::{Profile, Standing};
use crate::mapping::Mapping;
use crate::migrate::{
    Control, Event, Limits, MigrateError, Operator, Phase, Plan, Refusal, Request, Session,
    Severity, Target, Watched, digest, quarantined, survey,
};
use crate::schema::Ident;
use crate::scratch::{self, ROLES, ROWS, SUPABASE};
use crate::source::TextFile;
use crate::source::postgres::{self, ConnectOptions, connect};
use crate::verify::{self, BUDGET, Folder, Schemas, Section, Verification};
use crate::{diff, gate, score};

/// Nobody else is on the server.
const WAIT: Duration = Duration::from_secs(10);

/// Everything that a rehearsal needs but the server.
pub(super) struct Rehearsal<'r> {
    pub(super) ui: &'r Ui,
    pub(super) control: &'r Control,
    pub(super) mapping: &'r Mapping,
    pub(super) found: &'r Found,
    pub(super) from: &'r Loaded,
    pub(super) to: &'r Loaded,
    /// What the schema to arrive at was read from, where that is SQL.
    pub(super) to_files: Option<&'r [TextFile]>,
    /// What makes the rows that the last check rests on: a file's name and its text.
    pub(super) setup: Option<(&'r str, &'r str)>,
    /// Names and texts of what makes the schema to start from.
    pub(super) files: &'r [(String, String)],
    /// The phases, for the check of what was run.
    pub(super) folders: &'r [Folder],
    pub(super) profile: Profile,
    /// Roles belong to a whole server.
    pub(super) makes_roles: bool,
    /// For each table.
    pub(super) rows: Option<u32>,
}

/// Migrations that ask for a backup need none here. Who may not set it is asked.
const REHEARSAL: &str = "DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET align.rehearsal = ''on''', current_database());
EXCEPTION WHEN insufficient_privilege THEN
    RAISE DEBUG '%', SQLERRM;
END
$$";

/// What a phase did beside changing the schema.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) steps: usize,
    /// Words of hazards, sorted.
    pub(super) hazards: Vec<&'static str>,
    /// Tables and how many of their rows could not be converted.
    pub(super) quarantined: Vec<(String, i64)>,
    pub(super) took: Duration,
    /// A migration each.
    pub(super) watched: Vec<Watched>,
}

/// Where the road led.
#[derive(Debug)]
pub(super) struct Rehearsed {
    /// At the start, and after each phase.
    pub(super) standings: Vec<Standing>,
    /// Of what is there in the end.
    pub(super) verification: Verification,
}

impl Rehearsal<'_> {
    /// Goes all the way.
    pub(super) async fn run(&self, options: &ConnectOptions) -> Result<Rehearsed, CliError> {
        self.ui.now("loading the schema to start from");
        let mut connection = connect(options).await.map_err(CliError::failed)?;
        if self.profile == Profile::Supabase {
            if self.makes_roles {
                run(&mut connection, "the roles", ROLES).await?;
            }
            run(&mut connection, "the surroundings", SUPABASE).await?;
        }
        run(&mut connection, "what it is for", REHEARSAL).await?;
        for (name, text) in self.files {
            self.check()?;
            run(&mut connection, name, text).await?;
        }
        if let Some(rows) = self.rows {
            self.check()?;
            self.ui.now("making rows");
            self.fill(&mut connection, rows).await?;
        }
        self.say_fingerprint(&mut connection).await?;
        drop(connection);
        let mut standings = vec![self.measure(options, "start", Done::default()).await?];
        for phase in &self.found.phases {
            let done = self.migrate(options, phase).await;
            // Whatever was changed is thrown away, so nothing is left part way.
            let done = done.map_err(|error| match error {
                MigrateError::Refused(refusal @ Refusal::WrongDatabase { .. }) => {
                    CliError::refused(anyhow!("{refusal}"))
                        .hint("name the schema to start from with `--from`, or another mapping with `--map`")
                }
                error => failed(&Control::default(), error),
            })?;
            self.ui.detail(format_args!(
                "{}: {} steps in {:.1} s",
                phase.name,
                done.steps,
                done.took.as_secs_f64()
            ));
            standings.push(self.measure(options, &phase.name, done).await?);
        }
        let verification = self.verify(options).await?;
        Ok(Rehearsed {
            standings,
            verification,
        })
    }

    /// Everything that `align verify` looks at.
    async fn verify(&self, options: &ConnectOptions) -> Result<Verification, CliError> {
        self.check()?;
        self.ui.now("checking what is there");
        let here = postgres::read(options, &self.from.schema.namespaces).await;
        let schemas = Schemas {
            here: here.map_err(CliError::failed)?,
            target: self.to.schema.clone(),
            files: self.to_files.map(<[TextFile]>::to_vec),
        };
        let request = verify::Request {
            mapping: self.mapping,
            pair: &self.found.pair,
            folders: self.folders,
            sections: Section::ALL.into_iter().collect(),
            writes: true,
            setup: self.setup,
            budget: BUDGET,
            sample: None,
            summaries: false,
            made_up: self.rows.is_some(),
        };
        let mut connection = connect(options).await.map_err(CliError::failed)?;
        let tell = |what: &str| self.ui.now(&format!("checking {what}"));
        let work = verify::run(&mut connection, &request, Some(schemas), &tell);
        or_stopped(self.control, work).await?.map_err(unverified)
    }

    fn check(&self) -> Result<(), CliError> {
        if self.control.is_stopped() {
            return Err(CliError::interrupted());
        }
        Ok(())
    }

    async fn fill(&self, connection: &mut PgConnection, rows: u32) -> Result<(), CliError> {
        let namespaces = self.from.schema.namespaces.iter();
        let namespaces: Vec<&str> = namespaces.map(Ident::as_str).collect();
        let said = sqlx::query(
            "SELECT set_config('align.rows', $1, false), set_config('align.namespaces', $2, false)",
        )
        .persistent(false)
        .bind(rows.to_string())
        .bind(namespaces.join(","))
        .execute(&mut *connection)
        .await;
        said.map_err(CliError::failed)?;
        run(connection, "generated rows", ROWS).await?;
        // A constraint may have refused some.
        let mut made = Vec::new();
        for table in &self.from.schema.tables {
            let name = &table.name;
            let count = scratch::count(connection, name)
                .await
                .map_err(CliError::failed)?;
            made.push(format!("{} {count}", name.name));
        }
        self.ui.status(format_args!("rows: {}", made.join(", ")));
        Ok(())
    }

    /// What `align migrate` prints of a database with this schema, on this kind of server.
    async fn say_fingerprint(&self, connection: &mut PgConnection) -> Result<(), CliError> {
        let found = self.found;
        let fail = |error| failed(&Control::default(), error);
        let standings = survey(connection, &found.pair, &found.phases);
        let standings = standings.await.map_err(fail)?;
        let catalog = digest(connection, &found.namespaces).await.map_err(fail)?;
        let plan = Plan::forward(&found.phases, &standings, None);
        let fingerprint = plan.fingerprint(&found.pair, &found.mapping_text, &catalog);
        self.ui.status(format_args!("fingerprint {fingerprint}"));
        Ok(())
    }

    async fn measure(
        &self,
        options: &ConnectOptions,
        name: &str,
        done: Done,
    ) -> Result<Standing, CliError> {
        self.check()?;
        let schema = postgres::read(options, &self.from.schema.namespaces).await;
        let schema = schema.map_err(CliError::failed)?;
        let comparison = diff::compare(&schema, &self.to.schema, self.mapping);
        let score = score::score(&comparison, self.mapping);
        let verdict = gate::judge(&comparison, &score, &self.mapping.gate);
        Ok(Standing {
            name: name.to_owned(),
            comparison,
            score,
            verdict,
            done,
        })
    }

    /// Runs one phase, with everything allowed that it may cost.
    async fn migrate(&self, options: &ConnectOptions, phase: &Phase) -> Result<Done, MigrateError> {
        let found = self.found;
        let began = Instant::now();
        let limits = Limits {
            wait_lock: WAIT,
            stop_after: None,
            max_rows_per_second: None,
            max_lag: None,
            strict: found.strict.clone(),
            show_values: true,
        };
        let ui = self.ui;
        let tell = Box::new(move |event: Event<'_>| match event {
            Event::Applied { title, took } => ui.detail(format_args!("{title}  {took:.1?}")),
            Event::Note(note) => ui.detail(note),
            Event::Notice {
                severity: Severity::Warning,
                is_own: true,
                message: Some(message),
            } => ui.warning(message),
            Event::Notice {
                is_own: true,
                message: Some(message),
                ..
            } => ui.detail(message),
            Event::Begins { title, .. } => ui.now(&format!("applying {title}")),
            Event::Notice { .. }
            | Event::Waiting { .. }
            | Event::Window { .. }
            | Event::Lags { .. }
            | Event::Retries { .. }
            | Event::Blocked { .. } => {}
        });
        let mut session =
            Session::open(options, &found.pair, limits, self.control.clone(), tell).await?;
        let target = Target::read(session.connection(), &found.tables).await?;
        target
            .check(&found.tables, false)
            .map_err(MigrateError::Refused)?;
        let phases = std::slice::from_ref(phase);
        let standings = session.survey(phases).await?;
        let plan = Plan::forward(phases, &standings, None);
        let hazards: Vec<&str> = plan.hazards().iter().map(|hazard| hazard.word()).collect();
        let request = Request {
            phases,
            tables: &found.tables,
            accept: &[],
            adopt: None,
            operator: Operator {
                user: None,
                host: None,
                reason: Some("rehearsal".to_owned()),
                consents: hazards.iter().map(|word| (*word).to_owned()).collect(),
            },
            fingerprint: String::new(),
        };
        session.watch().await?;
        session.apply(&request, &plan).await?;
        let watched = session.watched();
        let run = session.run().to_owned();
        let quarantined = quarantined(session.connection(), &run).await?;
        let steps = plan.steps.len();
        session.close().await;
        Ok(Done {
            steps,
            hazards,
            quarantined,
            took: began.elapsed(),
            watched,
        })
    }
}

/// Runs a text of SQL as it stands.
async fn run(connection: &mut PgConnection, name: &str, sql: &str) -> Result<(), CliError> {
    match scratch::run(connection, sql).await {
        Ok(()) => Ok(()),
        Err(error) => {
            let said = match &error {
                sqlx::Error::Database(error) => error.message().to_owned(),
                other => other.to_string(),
            };
            let error = CliError::failed(anyhow!(said).context(format!("cannot load `{name}`")));
            Err(error.hint("write what is read of it with `align inspect SOURCE --format sql`, and start from that"))
        }
    }
}
