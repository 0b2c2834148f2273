//! `align verify --against`

use clap::Args;

use super::super::copy::{condition, does_not_fit, failed as copy_failed, schema, table};
use super::super::error::{CliError, Outcome};
use super::super::migrate::connection_options;
use super::super::pair::{self, FoundMapping};
use super::super::runtime::{block_on, or_stopped};
use super::super::ui::Ui;
use super::{VerifyArgs, answer, failed};
use crate::copy::{Asked, CopyError, planned};
use crate::mapping::{Mapping, TableRef};
use crate::migrate::Control;
use crate::schema::{Ident, QualifiedName, Schema};
use crate::verify::{Against, RANGE_ROWS, Verification, check_against, uneven};

#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct AgainstArgs {
    /// Database whose rows this one is to have
    ///
    /// Nothing else is checked then. Each row is held against what the mapping makes of it, by sums of digests that the servers
    /// compute: no table is pulled over. Rows that `align copy` has put into quarantine or found under
    /// another key are counted as such. Without a mapping, tables and columns of the same names are
    /// compared.
    #[arg(long, value_name = "SOURCE", conflicts_with_all = ["only", "skip", "sample", "no_write_probe", "to"])]
    pub(super) against: Option<String>,

    /// Compare tables and columns of the same names, without a mapping
    #[arg(
        long,
        requires = "against",
        conflicts_with = "map",
        hide_short_help = true
    )]
    no_map: bool,

    /// Table of the other database to compare (can be repeated) [default: all]
    #[arg(
        long,
        value_name = "NAME",
        value_parser = table,
        requires = "against",
        hide_short_help = true
    )]
    table: Vec<TableRef>,

    /// Rows that this database alone has are no difference
    #[arg(long, requires = "against", hide_short_help = true)]
    allow_extra: bool,

    /// SQL condition over the rows of a table of `--against` (can be repeated) [default: what `align copy` was asked]
    ///
    /// Its columns go by their names, such as `--where "leads=created_at > '2026-01-01'"`. Of a table of which
    /// only a part was copied, that part is compared; `--where leads=true` compares all of it.
    #[arg(long = "where", value_name = "TABLE=COND", value_parser = condition, requires = "against", hide_short_help = true)]
    conditions: Vec<(TableRef, String)>,

    /// Most rows of a table that are listed of each kind of difference
    #[arg(
        long,
        value_name = "N",
        default_value = "100",
        requires = "against",
        hide_short_help = true
    )]
    keys: usize,

    /// Show the values that differ
    #[arg(long, requires = "against", hide_short_help = true)]
    show_values: bool,
}

pub(super) fn run(ui: &Ui, args: &VerifyArgs, source: &str) -> Result<Outcome, CliError> {
    let found = if args.against.no_map {
        None
    } else {
        pair::find_mapping(args.map.map.as_deref())?
    };
    if let Some(found) = &found {
        found.announce(ui);
    } else {
        ui.status("without a mapping: tables and columns of the same names are compared");
    }
    let from = connection_options(ui, source, "--against")?;
    let to = connection_options(ui, &args.database, "--database")?;
    let pair = found.as_ref().map(FoundMapping::pair).transpose()?;
    let file = found
        .as_ref()
        .and_then(FoundMapping::file)
        .map(str::to_owned);
    let mapping = found.map(|found| found.mapping).unwrap_or_default();
    let namespaces = |stated: &[Ident]| -> Vec<Ident> {
        let typed = &args.namespaces.schemas;
        match (typed.is_empty(), stated.is_empty()) {
            (false, _) => typed.clone(),
            (true, false) => stated.to_vec(),
            (true, true) => Ident::new("public").into_iter().collect(),
        }
    };
    let (from_namespaces, to_namespaces) = (
        namespaces(&mapping.from.schemas),
        namespaces(&mapping.to.schemas),
    );
    if from.address() == to.address() && from_namespaces == to_namespaces {
        let message = "both sides are the same schema of the same database";
        return Err(CliError::say(message).hint("name another one with `--against`"));
    }
    ui.status(format_args!(
        "comparing {} with {}",
        to.describe(),
        from.describe()
    ));
    let control = Control::default();
    let against = Against {
        source: &from,
        target: &to,
        pair: pair.as_deref(),
        budget: args.budget,
        keys: args.against.keys,
        show_values: args.against.show_values,
        allow_extra: args.against.allow_extra,
        range_rows: RANGE_ROWS,
        may_hash: true,
    };
    let work = compare(
        ui,
        &against,
        &mapping,
        &args.against.conditions,
        (&from_namespaces, &to_namespaces),
        &args.against.table,
        &control,
    );
    let lasting = ui.lasts("comparing the rows");
    let verification = block_on(ui, &control, work);
    drop(lasting);
    answer(ui, args, &verification?, &to, file.as_deref())
}

async fn compare(
    ui: &Ui,
    against: &Against<'_>,
    mapping: &Mapping,
    conditions: &[(TableRef, String)],
    (from, to): (&[Ident], &[Ident]),
    only: &[TableRef],
    control: &Control,
) -> Result<Verification, CliError> {
    let work = async {
        let (from, to) = tokio::join!(schema(against.source, from), schema(against.target, to));
        let (from, to) = (from?, to?);
        let is_plain = against.pair.is_none();
        let sides = (against.source, against.target);
        let asked = Asked {
            pair: against.pair,
            conditions,
            only,
            each: is_plain,
        };
        let planned = planned(sides, (&from, &to), mapping, &asked, control);
        let planned = planned.await.map_err(|error| match error {
            CopyError::Plan(troubles) => does_not_fit("compare", &troubles),
            error => copy_failed(control, error),
        })?;
        for note in &planned.plan.notes {
            ui.status(note);
        }
        let mut verification = Verification {
            budget: Some(against.budget),
            ..Verification::default()
        };
        if is_plain {
            verification.checks = uneven(&named(from, only), &named(to, only), &planned);
        }
        let checks = check_against(against, &planned.plan).await;
        let mut checks = checks.map_err(failed)?;
        for (check, plan) in checks.iter_mut().zip(&planned.plan.tables) {
            let pairings = mapping.tables.iter();
            let mut of_both = pairings.filter(|pairing| {
                is_named(&pairing.from, mapping.from.home(), &plan.from)
                    && is_named(&pairing.to, mapping.to.home(), &plan.to)
            });
            check.at = of_both.next().map(|pairing| pairing.at);
        }
        verification.checks.extend(checks);
        Ok(verification)
    };
    or_stopped(control, work).await?
}

/// The tables that are asked for; all of them where none is.
fn named(mut schema: Schema, only: &[TableRef]) -> Schema {
    if !only.is_empty() {
        let home = schema.home().map_or("public", Ident::as_str).to_owned();
        schema.tables.retain(|table| {
            let name = TableRef {
                namespace: Some(table.name.namespace.clone()),
                name: table.name.name.clone(),
            };
            only.iter().any(|wanted| wanted.is_same(&name, &home))
        });
    }
    schema
}

fn is_named(name: &TableRef, home: &str, table: &QualifiedName) -> bool {
    name.name == table.name && name.namespace_or(home) == table.namespace.as_str()
}
