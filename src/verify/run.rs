//! A verification from its first check to its last, in one connection.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;

use super::error::VerifyError;
use super::history::{self, Folder};
use super::integrity;
use super::probe::{Probes, Roles, lacks_namespace};
use super::promised::{promised, stand_in};
use super::reading;
use super::structure;
use super::target::GRANTS;
use super::values::Values;
use super::{
    Check, Finding, Promise, Section, Verification, check_access, check_flow, check_select,
    check_statement, check_structure, check_target, check_values,
};
use crate::diff::Comparison;
use crate::mapping::Mapping;
use crate::schema::{Schema, quote};
use crate::source::{TextFile, sql};
use crate::{diff, gate, score};

/// The most that one check may take, unless somebody says otherwise.
pub const BUDGET: Duration = Duration::from_secs(600);

/// Takes what is looked at.
type Tell<'a> = &'a dyn Fn(&str);

/// What is checked, and how much of it.
#[derive(Debug)]
pub struct Request<'a> {
    /// The mapping.
    pub mapping: &'a Mapping,
    /// What the ledger calls the pair.
    pub pair: &'a str,
    /// The phases whose files are known.
    pub folders: &'a [Folder],
    /// Sections that are wanted.
    pub sections: BTreeSet<Section>,
    /// Whether writes are tried; each is rolled back.
    pub writes: bool,
    /// What makes the rows that the probes rest on: a file's name and its text.
    pub setup: Option<(&'a str, &'a str)>,
    /// The most that one question of a check may take; a check that needs longer fails.
    pub budget: Duration,
    /// About how many rows of a table are looked at; `None` is all of them.
    pub sample: Option<u64>,
    /// Whether the columns of a correspondence are summarised although it holds.
    pub summaries: bool,
    /// Whether the rows are made up, so that nobody has to settle what lies in quarantine.
    pub made_up: bool,
}

/// Both schemas, for the checks that compare them.
#[derive(Debug)]
pub struct Schemas {
    /// The database's.
    pub here: Schema,
    /// What was promised of it.
    pub target: Schema,
    /// The target's files where it is SQL, to be read anew with a stand-in for what is not there.
    pub files: Option<Vec<TextFile>>,
}

/// The database's schema, held against what was promised.
struct Compared {
    comparison: Comparison,
    schema: Schema,
    target: Schema,
}

impl Request<'_> {
    fn takes(&self, section: Section) -> bool {
        self.sections.contains(&section)
    }

    /// Whether a check that is wanted compares the schemas.
    pub fn compares(&self) -> bool {
        let compare = [Section::Structure, Section::Values, Section::Selects];
        compare.into_iter().any(|section| self.takes(section))
    }
}

/// Runs every check that is wanted. Those that compare need `schemas`. What is looked at is told as it
/// begins: a section, and of some the check's name.
///
/// # Errors
/// [`VerifyError::Server`], or the target cannot be read with its stand-ins.
pub async fn run(
    connection: &mut PgConnection,
    request: &Request<'_>,
    schemas: Option<Schemas>,
    tell: &dyn Fn(&str),
) -> Result<Verification, VerifyError> {
    let mapping = request.mapping;
    let mut verification = Verification {
        sample: request.sample,
        budget: Some(request.budget),
        left_out: Section::ALL
            .into_iter()
            .filter(|section| !request.takes(*section))
            .collect(),
        ..Verification::default()
    };
    let checks = &mut verification.checks;
    let roles = Roles::read(connection, &mapping.actors).await?;
    let compared = match schemas {
        Some(schemas) => Some(schemas.compare(connection, mapping, &roles).await?),
        None => None,
    };
    if let Some(compared) = &compared
        && request.takes(Section::Structure)
    {
        tell(Section::Structure.word());
        let comparison = &compared.comparison;
        let score = score::score(comparison, mapping);
        let verdict = gate::judge(comparison, &score, &mapping.gate);
        let promised = Promise {
            mapping,
            absent: &roles.absent(),
        };
        checks.extend(check_target(
            comparison,
            &verdict,
            &promised,
            &compared.schema,
        ));
        let grants = checks.iter_mut().find(|check| check.name == GRANTS);
        let found = catalog(connection, request, compared, grants).await;
        finish(
            connection,
            checks,
            Section::Structure,
            "the catalog is read",
            found,
        )
        .await?;
    }
    if request.takes(Section::Values) {
        tell(Section::Values.word());
        let values = Values {
            mapping,
            pair: request.pair,
            budget: request.budget,
            sample: request.sample,
            summaries: request.summaries,
            made_up: request.made_up,
        };
        let found = check_values(connection, &values).await;
        finish(
            connection,
            checks,
            Section::Values,
            "the rows are read",
            found,
        )
        .await?;
    }
    if let Some(compared) = &compared
        && request.takes(Section::Values)
    {
        let found = rows(connection, request, compared).await;
        let name = "the rows are held against one another";
        finish(connection, checks, Section::Values, name, found).await?;
    }
    let compared = compared.as_ref();
    probe(connection, request, compared, &roles, (checks, tell)).await?;
    Ok(verification)
}

/// What the catalog and the ledger show by themselves.
async fn catalog(
    connection: &mut PgConnection,
    request: &Request<'_>,
    compared: &Compared,
    grants: Option<&mut Check>,
) -> Result<Vec<Check>, VerifyError> {
    let home = request.mapping.to.home();
    let namespaces = [home.to_owned()];
    reading::begin(connection, Some(home), request.budget).await?;
    let mut checks = check_structure(connection, &namespaces).await?;
    if let Some(grants) = grants {
        let open = open(connection, request.mapping, &compared.target).await?;
        grants.also(open);
    }
    checks.push(history::check(connection, request.pair, request.folders).await?);
    let left = history::left(connection, request.pair, request.folders, &namespaces);
    checks.push(left.await?);
    reading::end(connection).await?;
    Ok(checks)
}

/// What visitors reach beyond what the target and the mapping speak of.
async fn open(
    connection: &mut PgConnection,
    mapping: &Mapping,
    target: &Schema,
) -> Result<Vec<Finding>, VerifyError> {
    let home = mapping.to.home();
    let Some(visitor) = mapping.actors.iter().find(|actor| actor.name == "anon") else {
        return Ok(Vec::new());
    };
    let tables = target.tables.iter().map(|table| table.name.to_string());
    let views = target.views.iter().map(|view| view.name.to_string());
    let expected = mapping.expect_access.iter().map(|expect| {
        let space = quote(expect.table.namespace_or(home));
        format!("{space}.{}", expect.table.name)
    });
    let known: Vec<String> = tables.chain(views).chain(expected).collect();
    let namespaces = [home.to_owned()];
    structure::exposed(connection, &namespaces, visitor.role.as_str(), &known).await
}

/// What rows show among one another.
async fn rows(
    connection: &mut PgConnection,
    request: &Request<'_>,
    compared: &Compared,
) -> Result<Vec<Check>, VerifyError> {
    let home = request.mapping.to.home();
    let namespaces = [home.to_owned()];
    reading::begin(connection, Some(home), request.budget).await?;
    let checks = integrity::check(connection, &compared.schema, &compared.target, &namespaces);
    let checks = checks.await?;
    reading::end(connection).await?;
    Ok(checks)
}

/// Takes the checks of a part, or says that it was broken off: then nothing is known of it, and the next
/// part goes on.
async fn finish(
    connection: &mut PgConnection,
    checks: &mut Vec<Check>,
    section: Section,
    name: &str,
    found: Result<Vec<Check>, VerifyError>,
) -> Result<(), VerifyError> {
    match found {
        Ok(found) => checks.extend(found),
        Err(VerifyError::OutOfTime { .. }) => {
            reading::end(connection).await?;
            checks.push(Check::unfinished(section, name));
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

impl Schemas {
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
            target,
        })
    }
}

/// The checks that would try something, each skipped by its name.
fn unprobed(request: &Request<'_>) -> Vec<Check> {
    let mapping = request.mapping;
    let access = mapping.expect_access.iter();
    let access = access.map(|one| (Section::Access, one.table.to_string(), one.at));
    let flows = mapping.expect_flows.iter();
    let flows = flows.map(|one| (Section::Flow, one.name.clone(), one.at));
    let statements = mapping.expect_statements.iter();
    let statements = statements.map(|one| (Section::Statements, one.name.clone(), one.at));
    let selects = mapping.expect_selects.iter();
    let selects = selects.map(|one| (Section::Selects, super::select::name(one), one.at));
    let all = access.chain(flows).chain(statements).chain(selects);
    let wanted = all.filter(|(section, ..)| request.takes(*section));
    let skipped = wanted.map(|(section, name, at)| Check {
        at: Some(at),
        ..Check::skipped(
            section,
            name,
            "it tries something, which `--no-write-probe` leaves out",
        )
    });
    skipped.collect()
}

async fn probe(
    connection: &mut PgConnection,
    request: &Request<'_>,
    compared: Option<&Compared>,
    roles: &Roles,
    (checks, tell): (&mut Vec<Check>, Tell<'_>),
) -> Result<(), VerifyError> {
    let tell = |section: Section, name: &str| tell(&format!("{}: {name}", section.word()));
    let tries = [
        Section::Access,
        Section::Flow,
        Section::Statements,
        Section::Selects,
    ];
    if !tries.into_iter().any(|section| request.takes(section)) {
        return Ok(());
    }
    if !request.writes {
        checks.extend(unprobed(request));
        return Ok(());
    }
    let mapping = request.mapping;
    let home = mapping.to.home();
    let actors = &mapping.actors;
    let mut probes = match Probes::begin(connection, home, request.budget, request.setup).await {
        Ok(probes) => probes,
        Err(error @ VerifyError::Setup { .. }) => {
            checks.push(Check::without_rows(&error));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let first = tries.into_iter().find(|section| request.takes(*section));
    if let Some(section) = first.filter(|_| !probes.moving.is_empty()) {
        let why = probes.moving.join("; ");
        let name = "sequences stay where they are while inserts are tried";
        checks.push(Check::skipped(section, name, why));
    }
    if request.takes(Section::Access) {
        for expect in &mapping.expect_access {
            tell(Section::Access, &expect.table.to_string());
            let begun = Instant::now();
            let mut check = check_access(&mut probes, expect, home, actors, roles).await?;
            check.took = begun.elapsed();
            check.at = Some(expect.at);
            checks.push(check);
        }
    }
    if request.takes(Section::Flow) {
        for expect in &mapping.expect_flows {
            tell(Section::Flow, &expect.name);
            let begun = Instant::now();
            let mut check = check_flow(&mut probes, expect, actors, roles).await?;
            check.took = begun.elapsed();
            check.at = Some(expect.at);
            checks.push(check);
        }
    }
    if request.takes(Section::Statements) {
        for expect in &mapping.expect_statements {
            tell(Section::Statements, &expect.name);
            let begun = Instant::now();
            let mut check = check_statement(&mut probes, expect, actors, roles).await?;
            check.took = begun.elapsed();
            check.at = Some(expect.at);
            checks.push(check);
        }
    }
    if let Some(Compared {
        comparison, schema, ..
    }) = compared
        && request.takes(Section::Selects)
    {
        for (expect, outcome) in mapping.expect_selects.iter().zip(&comparison.selects) {
            tell(Section::Selects, &expect.table.to_string());
            let begun = Instant::now();
            let check = check_select(&mut probes, expect, outcome, schema, mapping, roles);
            let mut check = check.await?;
            check.took = begun.elapsed();
            check.at = Some(expect.at);
            checks.push(check);
        }
    }
    probes.end().await
}
