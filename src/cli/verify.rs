//! `align verify`

use std::time::{Duration, Instant};

use anyhow::anyhow;
use clap::{Args, ValueEnum};
use sqlx::postgres::PgConnection;

use super::args::{ListFormat, MapArg, Namespaces, OutputArg, Sides};
use super::error::{CliError, Outcome};
use super::migrate::connection_options;
use super::pair::{self, FoundMapping};
use super::runtime::{block_on, or_stopped};
use super::ui::Ui;
use crate::diff::Comparison;
use crate::mapping::Mapping;
use crate::migrate::{Control, duration};
use crate::report::{Options, verify as report};
use crate::schema::Schema;
use crate::source::postgres::{ConnectOptions, connect};
use crate::source::{TextFile, sql};
use crate::verify::{
    Check, Probes, Roles, Section, Values, Verdict, Verification, VerifyError, check_access,
    check_flow, check_select, check_statement, check_structure, check_target, check_values,
    lacks_namespace, promised, stand_in,
};
use crate::{diff, gate, score};

const EXAMPLES: &str = "\
Examples:
  Check a migrated database:
    align verify --map mappings/shop-to-crm
  Check who may do what, and nothing else:
    align verify --map mappings/shop-to-crm --only access
  Check without trying a write:
    align verify --map mappings/shop-to-crm --no-write-probe

Exits with 1 when a check fails, with 2 on failure.";

/// Check that a database is what the mapping needs
///
/// Structure, who may do what, what both applications send, and what works from end to end. Every write
/// that is tried is rolled back; nothing stays behind.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    map: MapArg,

    /// Schema that was promised [default: the mapping's `[to]`]
    #[arg(long, value_name = "SOURCE", help_heading = "Input")]
    to: Option<String>,

    #[command(flatten)]
    namespaces: Namespaces,

    /// Database to check [default: `env:DATABASE_URL`]
    #[arg(long, value_name = "SOURCE", default_value = "env:DATABASE_URL")]
    #[arg(hide_default_value = true, help_heading = "Connection")]
    database: String,

    /// Section to check (can be repeated) [default: all]
    #[arg(long, value_name = "SECTION", value_enum, help_heading = "Checks")]
    only: Vec<Part>,

    /// Section to leave out (can be repeated)
    #[arg(
        long,
        value_name = "SECTION",
        value_enum,
        hide_possible_values = true,
        help_heading = "Checks"
    )]
    skip: Vec<Part>,

    /// Look at N rows of each table, chosen by a digest of their keys
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Checks")]
    sample: Option<u64>,

    /// The most that one check of rows may take
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10m", help_heading = "Checks")]
    budget: Duration,

    /// Leave out every check that tries a write
    #[arg(long, help_heading = "Checks")]
    no_write_probe: bool,

    /// What to write
    #[arg(long, help_heading = "Output", value_enum, default_value = "text")]
    format: ListFormat,

    #[command(flatten)]
    output: OutputArg,

    /// Show every finding
    #[arg(long, help_heading = "Output")]
    all: bool,

    /// Ask every section, and exit 1 when a check fails
    #[arg(long, help_heading = "Output", conflicts_with_all = ["only", "skip"])]
    gate: bool,
}

/// What is to be compared, with the target's files where it is SQL.
struct Loaded {
    here: Schema,
    target: Schema,
    files: Option<Vec<TextFile>>,
}

/// The database's schema, held against what was promised.
struct Compared {
    comparison: Comparison,
    schema: Schema,
}

/// A section, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Tables, constraints, rights
    Structure,
    /// Rows against the mapping
    Values,
    /// Who may do what
    Access,
    /// What must work from end to end
    Flow,
    /// What the applications send
    Statements,
    /// What the other application asks for
    Selects,
}

pub(super) fn run(ui: &Ui, args: &VerifyArgs) -> Result<Outcome, CliError> {
    let found = pair::find_mapping(args.map.map.as_deref())?.ok_or_else(|| {
        CliError::say("cannot find a mapping: there is none under `mappings/`")
            .hint("name one with `--map PATH`")
    })?;
    found.announce(ui);
    let setup = match &found.mapping.verify.setup {
        Some(path) if !args.no_write_probe => Some((path.clone(), found.beside(path)?)),
        Some(_) | None => None,
    };
    let options = connection_options(ui, &args.database, "--database")?;
    ui.status(format_args!("checking {}", options.describe()));
    let loaded = if args.takes(Section::Structure) || args.takes(Section::Selects) {
        Some(args.load(ui, &found)?)
    } else {
        None
    };
    let control = Control::default();
    let pair = found.pair()?;
    let work = verify(
        args,
        &found.mapping,
        &pair,
        loaded,
        setup,
        &options,
        &control,
    );
    let verification = block_on(ui, &control, work)?;
    let answer = match args.format {
        ListFormat::Text => report::text(
            &verification,
            Options {
                all: args.all,
                ..ui.options()
            },
        ),
        ListFormat::Json => report::json(&verification, &options.describe()),
    };
    args.output.write(ui, &answer)?;
    let failed = verification.count(|verdict| *verdict == Verdict::Failed);
    if failed > 0 {
        let by = if args.gate { " (--gate)" } else { "" };
        ui.no(format_args!(
            "{failed} of {} checks fail{by}",
            verification.checks.len()
        ));
    }
    Ok(Outcome::no_if(failed > 0))
}

impl VerifyArgs {
    fn takes(&self, section: Section) -> bool {
        let named = |parts: &[Part]| parts.iter().any(|part| Section::from(*part) == section);
        (self.only.is_empty() || named(&self.only)) && !named(&self.skip)
    }

    fn load(&self, ui: &Ui, found: &FoundMapping) -> Result<Loaded, CliError> {
        let sides = Sides {
            from: Some(self.database.clone()),
            to: self.to.clone(),
            namespaces: Namespaces {
                schemas: self.namespaces.schemas.clone(),
            },
        };
        let (here, target) = pair::sides(ui, &sides, Some(found))?;
        let here = here.load(ui)?.schema;
        let (target, files) = target.load_with_sql(ui)?;
        Ok(Loaded {
            here,
            target: target.schema,
            files,
        })
    }
}

impl Loaded {
    /// Holds the database against the target as it can be there.
    async fn compare(
        self,
        connection: &mut PgConnection,
        mapping: &Mapping,
        roles: &Roles,
    ) -> Result<Compared, VerifyError> {
        let mut missing = Vec::new();
        let mut files = self.files;
        for (name, instead) in &mapping.verify.stand_in {
            if lacks_namespace(connection, name).await? {
                missing.extend([name.clone(), instead.clone()]);
                for file in files.iter_mut().flatten() {
                    file.text = stand_in(&file.text, name, instead);
                }
            }
        }
        let target = match files {
            Some(files) if !missing.is_empty() => sql::read(&files, &self.target.namespaces)?,
            _ => self.target,
        };
        let absent = roles.absent();
        let target = promised(target, &absent, &missing);
        Ok(Compared {
            comparison: diff::compare(&self.here, &target, mapping),
            schema: self.here,
        })
    }
}

async fn verify(
    args: &VerifyArgs,
    mapping: &Mapping,
    pair: &str,
    loaded: Option<Loaded>,
    setup: Option<(String, String)>,
    options: &ConnectOptions,
    control: &Control,
) -> Result<Verification, CliError> {
    let connected = or_stopped(control, connect(options)).await?;
    let mut connection = connected.map_err(|error| failed(error.into()))?;
    let mut verification = Verification::default();
    let work = async {
        let roles = Roles::read(&mut connection, &mapping.actors).await?;
        let compared = match loaded {
            Some(loaded) => Some(loaded.compare(&mut connection, mapping, &roles).await?),
            None => None,
        };
        if let Some(Compared { comparison, .. }) = &compared
            && args.takes(Section::Structure)
        {
            let score = score::score(comparison, mapping);
            let verdict = gate::judge(comparison, &score, &mapping.gate);
            verification
                .checks
                .extend(check_target(comparison, &verdict, &roles.absent()));
            let namespaces = [mapping.to.home().to_owned()];
            let checks = check_structure(&mut connection, &namespaces).await?;
            verification.checks.extend(checks);
        }
        if args.takes(Section::Values) {
            let values = Values {
                mapping,
                pair,
                budget: args.budget,
                sample: args.sample,
            };
            let checks = check_values(&mut connection, &values).await?;
            verification.checks.extend(checks);
        }
        let setup = setup
            .as_ref()
            .map(|(file, text)| (file.as_str(), text.as_str()));
        probe(
            args,
            mapping,
            compared.as_ref(),
            &roles,
            setup,
            &mut connection,
            &mut verification.checks,
        )
        .await
    };
    or_stopped(control, work).await?.map_err(failed)?;
    Ok(verification)
}

async fn probe(
    args: &VerifyArgs,
    mapping: &Mapping,
    compared: Option<&Compared>,
    roles: &Roles,
    setup: Option<(&str, &str)>,
    connection: &mut PgConnection,
    checks: &mut Vec<Check>,
) -> Result<(), VerifyError> {
    let tries = [
        Section::Access,
        Section::Flow,
        Section::Statements,
        Section::Selects,
    ];
    if args.no_write_probe || !tries.into_iter().any(|section| args.takes(section)) {
        return Ok(());
    }
    let home = mapping.to.home();
    let actors = &mapping.actors;
    let mut probes = match Probes::begin(connection, home, setup).await {
        Ok(probes) => probes,
        Err(error @ VerifyError::Setup { .. }) => {
            checks.push(Check::without_rows(&error));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    if args.takes(Section::Access) {
        for expect in &mapping.expect_access {
            let begun = Instant::now();
            let mut check = check_access(&mut probes, expect, home, actors, roles).await?;
            check.took = begun.elapsed();
            checks.push(check);
        }
    }
    if args.takes(Section::Flow) {
        for expect in &mapping.expect_flows {
            let begun = Instant::now();
            let mut check = check_flow(&mut probes, expect, actors, roles).await?;
            check.took = begun.elapsed();
            checks.push(check);
        }
    }
    if args.takes(Section::Statements) {
        for expect in &mapping.expect_statements {
            let begun = Instant::now();
            let mut check = check_statement(&mut probes, expect, actors, roles).await?;
            check.took = begun.elapsed();
            checks.push(check);
        }
    }
    if let Some(Compared { comparison, schema }) = compared
        && args.takes(Section::Selects)
    {
        for (expect, outcome) in mapping.expect_selects.iter().zip(&comparison.selects) {
            let begun = Instant::now();
            let check = check_select(&mut probes, expect, outcome, schema, mapping, roles);
            let mut check = check.await?;
            check.took = begun.elapsed();
            checks.push(check);
        }
    }
    probes.end().await
}

fn failed(error: VerifyError) -> CliError {
    match error {
        VerifyError::Connect(error) => {
            let hint = error.hint();
            let error = CliError::failed(anyhow!(error).context("cannot connect"));
            hint.into_iter().fold(error, CliError::hint)
        }
        VerifyError::Setup { .. } | VerifyError::Server { .. } => CliError::failed(error),
    }
}

impl From<Part> for Section {
    fn from(part: Part) -> Self {
        match part {
            Part::Structure => Self::Structure,
            Part::Values => Self::Values,
            Part::Access => Self::Access,
            Part::Flow => Self::Flow,
            Part::Statements => Self::Statements,
            Part::Selects => Self::Selects,
        }
    }
}
