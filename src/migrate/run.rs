//! From a plan to a changed database: lock, ledger, and each step in its turn.

use refinery::{Migration, Runner, Target as Version};
use sqlx::postgres::PgConnection;

use super::apply::{self, Step};
use super::driver::Driver;
use super::error::{MigrateError, Refusal};
use super::files::{MigrationFile, Phase};
use super::ledger::{self, Happened, Line, Operator, Run, record};
use super::notice::Formats;
use super::plan::{self, Plan, Planned};
use super::progress::{self, UnderWay};
use super::pushed::Pushed;
use super::session::{Session, server};
use super::standing::{Entry, State, standing};
use super::target::Target;
use super::{begun, history, lock};

/// What a run is asked to do beside the plan.
#[derive(Debug)]
pub struct Request<'r> {
    /// What the plan was made of.
    pub phases: &'r [Phase],
    /// The tables of the from side, as SQL names them.
    pub tables: &'r [String],
    /// Versions whose files are taken as they are now.
    pub accept: &'r [i64],
    /// The version up to which everything counts as applied.
    pub adopt: Option<i64>,
    /// Who, and by whose leave.
    pub operator: Operator,
    /// Of the plan.
    pub fingerprint: String,
}

/// Where each phase stands.
///
/// # Errors
/// [`MigrateError::Server`].
pub async fn survey(
    connection: &mut PgConnection,
    pair: &str,
    phases: &[Phase],
) -> Result<Vec<Vec<Entry>>, MigrateError> {
    let pushed = Pushed::read(connection, pair).await?;
    let mut standings = Vec::new();
    for phase in phases {
        let table = named(pair, &phase.name)?;
        let mut applied = history::read(connection, &table).await?;
        applied.extend(pushed.beside(&phase.name, &applied));
        standings.push(standing(phase, &applied));
    }
    Ok(standings)
}

impl Session<'_> {
    /// Where each phase stands.
    ///
    /// # Errors
    /// [`MigrateError::Server`].
    pub async fn survey(&mut self, phases: &[Phase]) -> Result<Vec<Vec<Entry>>, MigrateError> {
        let pair = self.pair.clone();
        survey(&mut self.main, &pair, phases).await
    }

    /// The connection that works, to read with.
    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.main
    }

    /// Does what the plan says.
    ///
    /// # Errors
    /// [`MigrateError`]; what was done before stays.
    pub async fn apply(
        &mut self,
        request: &Request<'_>,
        plan: &Plan<'_>,
    ) -> Result<(), MigrateError> {
        lock::take(self).await?;
        self.formats = Formats::of(request.phases);
        let adopts = request.adopt.is_some();
        let target = Target::read(&mut self.main, request.tables).await?;
        target
            .check(request.tables, adopts)
            .map_err(MigrateError::Refused)?;
        // Another runner may have worked while this one asked and waited.
        let standings = self.survey(request.phases).await?;
        plan::check(request.phases, &standings, request.accept).map_err(MigrateError::Refused)?;
        let begun = self.begun(&target).await?;
        let undo = plan.steps.iter().find(|step| step.file.is_none());
        let undo = undo.map(|step| step.script);
        begun::check(request.phases, &standings, &begun, undo, request.accept)
            .map_err(MigrateError::Refused)?;
        let steps = still_pending(plan, request.phases, &standings)?;
        if steps.is_empty() && request.accept.is_empty() && !adopts {
            return Ok(());
        }
        ledger::ensure(&mut self.main, &target, adopts).await?;
        let run = Run {
            id: self.run.clone(),
            pair: self.pair.clone(),
            operator: request.operator.clone(),
            fingerprint: request.fingerprint.clone(),
        };
        self.note(&run, Happened::Run, &Line::default()).await?;
        self.take_over(&run, request.phases).await?;
        for (phase, entries) in request.phases.iter().zip(&standings) {
            self.accept(&run, phase, entries, request.accept).await?;
            self.go_on(&run, phase, &begun, request.accept).await?;
            if let Some(version) = request.adopt {
                self.adopt(&run, phase, version).await?;
            }
        }
        for planned in steps {
            self.check()?;
            match planned.file {
                Some(file) => self.forward(&run, planned, file).await?,
                None => self.back(&run, planned).await?,
            }
        }
        Ok(())
    }

    async fn forward(
        &mut self,
        run: &Run,
        planned: &Planned<'_>,
        file: &MigrationFile,
    ) -> Result<(), MigrateError> {
        let doing = "run the migration";
        let table = named(&run.pair, &planned.phase.name)?;
        let runner =
            runner(planned.phase, &table.to_string())?.set_target(Version::Version(file.version));
        let step = Step {
            run,
            phase: &planned.phase.name,
            name: file.title(),
            version: Some(file.version),
            checksum: file.checksum.to_string(),
            script: planned.script,
        };
        let mut driver = Driver::running(self, &step);
        match runner.run_async(&mut driver).await {
            Ok(_) => Ok(()),
            Err(error) => Err(driver.failure(doing, &error)),
        }
    }

    async fn back(&mut self, run: &Run, planned: &Planned<'_>) -> Result<(), MigrateError> {
        let table = named(&run.pair, &planned.phase.name)?;
        let step = Step {
            run,
            phase: &planned.phase.name,
            name: planned.name(),
            version: None,
            checksum: plan::digest(&planned.script.text),
            script: planned.script,
        };
        let forget = format!("DELETE FROM {table}");
        let resume = format!(
            "DELETE FROM align.progress WHERE pair = {} AND phase = {}",
            crate::ddl::literal(&run.pair),
            crate::ddl::literal(&planned.phase.name)
        );
        apply::run(self, &step, &[&forget, &resume]).await
    }

    async fn accept(
        &mut self,
        run: &Run,
        phase: &Phase,
        entries: &[Entry],
        accept: &[i64],
    ) -> Result<(), MigrateError> {
        let table = named(&run.pair, &phase.name)?;
        for file in phase
            .files
            .iter()
            .filter(|file| accept.contains(&file.version))
        {
            let entry = entries.iter().find(|entry| entry.version == file.version);
            if !entry.is_some_and(|entry| entry.state.diverges()) {
                continue;
            }
            history::accept(&mut self.main, &table, file).await?;
            self.control.change();
            self.note(run, Happened::Accepted, &of_file(phase, file))
                .await?;
        }
        Ok(())
    }

    /// What earlier runs began and did not end.
    pub(super) async fn begun(&mut self, target: &Target) -> Result<Vec<UnderWay>, MigrateError> {
        match target.ledger {
            Some(_) => progress::read(&mut self.main, &self.pair).await,
            None => Ok(Vec::new()),
        }
    }

    /// What is done of a migration counts for its file as it is now.
    async fn go_on(
        &mut self,
        run: &Run,
        phase: &Phase,
        begun: &[UnderWay],
        accept: &[i64],
    ) -> Result<(), MigrateError> {
        for step in begun
            .iter()
            .filter(|step| step.phase == phase.name && step.is_partly_done())
        {
            let file = phase
                .files
                .iter()
                .find(|file| Some(file.version) == step.version());
            let Some(file) =
                file.filter(|file| accept.contains(&file.version) && !begun::is_of(step, file))
            else {
                continue;
            };
            let checksum = file.checksum.to_string();
            let pair = self.pair.clone();
            step.go_on_as(&mut self.main, &pair, &file.title(), &checksum)
                .await?;
            self.control.change();
            self.note(run, Happened::Accepted, &of_file(phase, file))
                .await?;
        }
        Ok(())
    }

    /// Puts into the history what Supabase alone lists as applied: refinery would run it again.
    async fn take_over(&mut self, run: &Run, phases: &[Phase]) -> Result<(), MigrateError> {
        let pushed = Pushed::read(&mut self.main, &run.pair).await?;
        for phase in phases {
            let table = named(&run.pair, &phase.name)?;
            let applied = history::read(&mut self.main, &table).await?;
            let beside = pushed.beside(&phase.name, &applied);
            if let Some(last) = beside.iter().map(|row| row.version).max() {
                self.adopt(run, phase, last).await?;
            }
        }
        Ok(())
    }

    /// Puts everything up to the version into the history, and runs none of it.
    async fn adopt(&mut self, run: &Run, phase: &Phase, version: i64) -> Result<(), MigrateError> {
        let table = named(&run.pair, &phase.name)?;
        let runner = runner(phase, &table.to_string())?.set_target(Version::FakeVersion(version));
        let mut driver = Driver::reading(&mut self.main);
        if let Err(error) = runner.run_async(&mut driver).await {
            return Err(driver.failure("adopt the database", &error));
        }
        self.control.change();
        for file in phase.files.iter().filter(|file| file.version <= version) {
            self.note(run, Happened::Adopted, &of_file(phase, file))
                .await?;
        }
        Ok(())
    }

    async fn note(
        &mut self,
        run: &Run,
        happened: Happened,
        line: &Line<'_>,
    ) -> Result<(), MigrateError> {
        let recorded = record(&mut self.main, run, happened, line).await;
        recorded.map_err(|error| server("write the ledger", &error))
    }
}

fn of_file<'l>(phase: &'l Phase, file: &'l MigrationFile) -> Line<'l> {
    Line {
        phase: Some(&phase.name),
        version: Some(file.version),
        name: Some(&file.name),
        checksum: Some(file.checksum.to_string()),
        ..Line::default()
    }
}

fn runner(phase: &Phase, table: &str) -> Result<Runner, MigrateError> {
    let migrations: Result<Vec<Migration>, _> =
        phase.files.iter().map(MigrationFile::migration).collect();
    let migrations = migrations.map_err(|error| MigrateError::Server {
        doing: "take the files as migrations",
        cause: error.to_string(),
    })?;
    let mut runner = Runner::new(&migrations);
    runner.set_migration_table_name(table);
    Ok(runner)
}

fn named(pair: &str, phase: &str) -> Result<crate::schema::QualifiedName, MigrateError> {
    history::table(pair, phase).map_err(|error| MigrateError::Server {
        doing: "name the history",
        cause: error.to_string(),
    })
}

/// The steps that nobody has done since; what was added or changed since was not shown to anybody.
pub(super) fn still_pending<'s, 'p>(
    plan: &'s Plan<'p>,
    phases: &[Phase],
    standings: &[Vec<Entry>],
) -> Result<Vec<&'s Planned<'p>>, MigrateError> {
    let mut steps = Vec::new();
    for planned in &plan.steps {
        let entries = phases
            .iter()
            .zip(standings)
            .find(|(phase, _)| phase.name == planned.phase.name);
        let entries = entries
            .map(|(_, entries)| entries.as_slice())
            .unwrap_or_default();
        let is_applied =
            |entry: &Entry| matches!(entry.state, State::Applied { .. } | State::Edited { .. });
        match planned.file {
            Some(file) => match entries.iter().find(|entry| entry.version == file.version) {
                Some(entry) if entry.state == State::Pending => steps.push(planned),
                Some(entry) if is_applied(entry) => {}
                Some(_) | None => return Err(MigrateError::Refused(Refusal::Moved)),
            },
            None if entries.iter().any(is_applied) => steps.push(planned),
            None => {}
        }
    }
    Ok(steps)
}
