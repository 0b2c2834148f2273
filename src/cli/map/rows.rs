//! `align map rows`

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::input::{BUFFER, stdin};
use crate::cli::args::{MapArg, OutputArg, Sides};
use crate::cli::error::{CliError, Outcome};
use crate::cli::near::near;
use crate::cli::output::WholeFile;
use crate::cli::pair::{self, FoundMapping, Loaded};
use crate::cli::ui::Ui;
use crate::mapping::{At, ColumnCorrespondence, Lookup, Rule, TableRef, Transform};
use crate::report::standing::count;
use crate::rows::{Form, InputError, Reject, Run, RunError, Summary, Transfer, read_lookup};
use crate::schema::{QualifiedName, Schema, Table};
use crate::transform::row::Program;
use crate::transform::{self, LookupSource, LookupTable, Lookups, Shape, TransformError, inverse};

const EXAMPLES: &str = "\
Examples:
  Rows of Clara's leads as the CRM's, lookups among users of a file:
    align map rows --table leads --lookup users=users.jsonl < in > out
  CSV, what does not come through kept for later:
    align map rows --table clients --format csv --rejects bad.jsonl < in.csv
  Rows of the CRM's back into Clara's form, as far as that can be told:
    align map rows --table clients --reverse --partial < in > out

Exits with 1 when a row did not come through.";

/// Take rows through the mapping, one by one
///
/// Reads JSON lines or CSV from standard input and writes the same to standard output, with the names and
/// values of the other side. A member that a row lacks, or a column that CSV lacks, stays lacking. Rows that do not come through are
/// left out, and go to `--rejects`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RowsArgs {
    /// Table whose rows come in
    #[arg(long, value_name = "NAME", help_heading = "Rows")]
    table: TableRef,

    /// Table whose rows go out, where the mapping names several
    #[arg(long, value_name = "NAME", help_heading = "Rows")]
    into: Option<TableRef>,

    /// Read rows of the to side, and write those of the from side
    ///
    /// Only what has a way back: new names, casts, one-to-one `values`, `scale`, a `lookup` by one
    /// column.
    #[arg(long, help_heading = "Rows")]
    reverse: bool,

    /// Leave out columns that cannot be told here
    ///
    /// Without it, a rule that only a server evaluates, a lookup without its rows, and with `--reverse`
    /// a rule without a way back are refused.
    #[arg(long, help_heading = "Rows")]
    partial: bool,

    /// Rows of a table to look up in: JSON lines, or CSV by `.csv` (can be repeated)
    #[arg(long = "lookup", value_name = "TABLE=FILE", help_heading = "Rows", value_parser = lookup_file)]
    lookups: Vec<(TableRef, PathBuf)>,

    /// File for rows that do not come through: JSON lines with line, column and code
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    rejects: Option<PathBuf>,

    /// Form of the rows, in and out
    #[arg(long, help_heading = "Output", value_enum, default_value = "jsonl")]
    format: RowsFormat,

    #[command(flatten)]
    output: OutputArg,

    #[command(flatten)]
    sides: Sides,

    #[command(flatten)]
    map: MapArg,
}

/// The form of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RowsFormat {
    /// A JSON object a line
    Jsonl,
    /// Comma-separated values with a header
    Csv,
}

/// The most rejects that are told of one by one.
const TOLD: u64 = 5;

fn lookup_file(text: &str) -> Result<(TableRef, PathBuf), String> {
    let (table, file) = text
        .split_once('=')
        .ok_or("expected `TABLE=FILE`, such as `users=users.jsonl`")?;
    let table = table
        .parse()
        .map_err(|error: crate::mapping::ReferenceError| error.to_string())?;
    Ok((table, PathBuf::from(file)))
}

/// The tables of lookups, by the lookup.
struct Read(Vec<(Lookup, LookupTable)>);

impl Lookups for Read {
    fn source(&self, lookup: &Lookup) -> Option<LookupSource<'_>> {
        let found = self.0.iter().find(|(known, _)| known == lookup);
        found.map(|(_, table)| LookupSource::Rows(table))
    }
}

pub(super) fn run(ui: &Ui, args: &RowsArgs) -> Result<Outcome, CliError> {
    let found = args.map.find()?;
    found.announce(ui);
    let sides = pair::sides(ui, &args.sides, Some(&found))?;
    let (from, to) = pair::load(ui, sides)?;
    let (from_table, to_table) = tables(args, &found, &from, &to)?;
    let forward = transform::rules(
        &found.mapping,
        (&from.schema, from_table),
        (&to.schema, to_table),
    );
    let shapes = (
        Shape::of(from_table, &from.schema),
        Shape::of(to_table, &to.schema),
    );
    let (rules, input, output) = if args.reverse {
        let rules = backward(ui, args, &found, &forward, &shapes.0)?;
        (rules, &shapes.1, &shapes.0)
    } else {
        (forward, &shapes.0, &shapes.1)
    };
    let lookups = read_lookups(args, &found, &rules, &to.schema)?;
    let pairing = found.mapping.tables.iter().find(|pair| {
        !args.reverse
            && is_named(&pair.from, from_table, &from)
            && is_named(&pair.to, to_table, &to)
    });
    let filter = pairing.and_then(|pair| pair.filter.as_ref().map(|filter| (filter, pair.at)));
    let rules = if args.partial {
        applicable(ui, &found, rules, (input, output), &lookups)
    } else {
        rules
    };
    let transfer = Transfer::new(&rules, filter, input, output, &lookups)
        .map_err(|errors| cannot_apply(&found, &errors))?;
    let summary = transferred(ui, args, &transfer)?;
    tell(ui, args, &summary);
    if let Some(line) = summary.stopped {
        let message = format!("stopped at line {line}: the mapping says `on_error = \"fail\"`");
        return Err(CliError::say(message).hint("rows before it were written"));
    }
    Ok(Outcome::no_if(summary.rejected > 0))
}

/// Both tables, in the mapping's direction.
fn tables<'a>(
    args: &RowsArgs,
    found: &FoundMapping,
    from: &'a Loaded,
    to: &'a Loaded,
) -> Result<(&'a Table, &'a Table), CliError> {
    let (near, far) = if args.reverse { (to, from) } else { (from, to) };
    let here = table(&args.table, near)?;
    if let Some(into) = &args.into {
        let there = table(into, far)?;
        return Ok(if args.reverse {
            (there, here)
        } else {
            (here, there)
        });
    }
    let pairs = found.mapping.tables.iter().filter_map(|pair| {
        let (one, other) = if args.reverse {
            (&pair.to, &pair.from)
        } else {
            (&pair.from, &pair.to)
        };
        is_named(one, here, near).then_some(other)
    });
    let mut there: Vec<&Table> = pairs.filter_map(|other| find(other, &far.schema)).collect();
    if there.is_empty() {
        let same = TableRef {
            namespace: None,
            name: here.name.name.clone(),
        };
        there.extend(find(&same, &far.schema));
    }
    match there.as_slice() {
        [there] if args.reverse => Ok((there, here)),
        [there] => Ok((here, there)),
        [] => Err(CliError::say(format!(
            "`{}` has no counterpart in {}",
            args.table, far.name
        ))
        .hint("name it with `--into TABLE`, or pair them with `[[table]]` in the mapping")),
        several => {
            let names: Vec<String> = several.iter().map(|t| far.schema.show(&t.name)).collect();
            let message = format!("`{}` has several counterparts", args.table);
            Err(CliError::say(message)
                .hint(format!("name one with `--into`: {}", names.join(", "))))
        }
    }
}

fn table<'a>(name: &TableRef, side: &'a Loaded) -> Result<&'a Table, CliError> {
    find(name, &side.schema).ok_or_else(|| {
        let tables = side.schema.tables.iter();
        let tables: Vec<String> = tables.map(|table| side.schema.show(&table.name)).collect();
        let error = CliError::say(format!("{} has no table `{name}`", side.name));
        match near(&name.to_string(), &tables) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("its tables are {}", tables.join(", "))),
        }
    })
}

fn find<'a>(name: &TableRef, schema: &'a Schema) -> Option<&'a Table> {
    let namespace = name.namespace.as_ref().or_else(|| schema.home())?;
    schema.table(&QualifiedName::new(namespace.clone(), name.name.clone()))
}

fn is_named(name: &TableRef, table: &Table, side: &Loaded) -> bool {
    find(name, &side.schema).is_some_and(|found| found.name == table.name)
}

/// The rules the other way round. A source column that no rule leads back to is refused, or left out
/// where that was asked for.
fn backward(
    ui: &Ui,
    args: &RowsArgs,
    found: &FoundMapping,
    forward: &[ColumnCorrespondence],
    from: &Shape,
) -> Result<Vec<ColumnCorrespondence>, CliError> {
    let mut rules: Vec<ColumnCorrespondence> = Vec::new();
    let mut refused: BTreeMap<String, TransformError> = BTreeMap::new();
    for rule in forward {
        match inverse(rule, from) {
            Ok(back) if rules.iter().any(|known| known.to == back.to) => {}
            Ok(back) => rules.push(back),
            Err(error) => {
                for column in &rule.from {
                    let name = column.name.as_str().to_owned();
                    refused.entry(name).or_insert_with(|| error.clone());
                }
            }
        }
    }
    refused.retain(|name, _| {
        !rules
            .iter()
            .any(|rule| rule.to.iter().any(|to| to.name.as_str() == name))
    });
    if refused.is_empty() {
        return Ok(rules);
    }
    let lines = refused
        .iter()
        .map(|(name, error)| format!("{}: `{name}`: {}", place(found, error), error.message));
    if args.partial {
        lines.for_each(|line| ui.warning(format_args!("left out: {line}")));
        return Ok(rules);
    }
    let lines: Vec<String> = lines.collect();
    let top = format!(
        "{} of `{}` cannot be told from the to side's row",
        count(lines.len(), "column", "columns"),
        args.table
    );
    Err(listed(top, lines).hint("`--partial` leaves them out"))
}

fn read_lookups(
    args: &RowsArgs,
    found: &FoundMapping,
    rules: &[ColumnCorrespondence],
    to: &Schema,
) -> Result<Read, CliError> {
    let steps = rules.iter().flat_map(|rule| match &rule.rule {
        Rule::Convert(steps) => steps.as_slice(),
        Rule::Keep | Rule::Archive | Rule::Drop { .. } => &[],
    });
    let home = found.mapping.to.home();
    let mut read: Vec<(Lookup, LookupTable)> = Vec::new();
    for step in steps {
        let Transform::Lookup(lookup) = step else {
            continue;
        };
        let file = args.lookups.iter();
        let file = file
            .rev()
            .find(|(table, _)| table.is_same(&lookup.table, home));
        let Some((_, path)) = file else {
            continue;
        };
        if read.iter().any(|(known, _)| known == lookup) {
            continue;
        }
        let cannot = |error: anyhow::Error| {
            let what = format!("cannot read `{}` for `{}`", path.display(), lookup.table);
            CliError::failed(error.context(what))
        };
        let shape = match find(&lookup.table, to) {
            Some(table) => Shape::of(table, to),
            None => untyped(lookup),
        };
        let stream = File::open(path).map_err(|error| cannot(error.into()))?;
        let form = if path.extension().is_some_and(|extension| extension == "csv") {
            Form::Csv
        } else {
            Form::JsonLines
        };
        let table = read_lookup(lookup, &shape, form, BufReader::new(stream));
        read.push((lookup.clone(), table.map_err(|error| cannot(error.into()))?));
    }
    Ok(Read(read))
}

/// The columns of a looked-up table that the to side does not show.
fn untyped(lookup: &Lookup) -> Shape {
    let names = lookup.matches.iter().chain([&lookup.take]);
    Shape::from_types(names.map(|name| (name.clone(), crate::schema::ColumnType::Text)))
}

/// The rules that can be evaluated here; of the others is said why not.
fn applicable(
    ui: &Ui,
    found: &FoundMapping,
    rules: Vec<ColumnCorrespondence>,
    (input, output): (&Shape, &Shape),
    lookups: &dyn Lookups,
) -> Vec<ColumnCorrespondence> {
    let mut applicable = Vec::new();
    for rule in rules {
        match Program::new(&rule, input, output, lookups) {
            Ok(_) => applicable.push(rule),
            Err(error) => {
                let columns = rule.to.iter().map(|column| format!("`{}`", column.name));
                let columns: Vec<String> = columns.collect();
                ui.warning(format_args!(
                    "left out: {}: {}: {}",
                    place(found, &error),
                    columns.join(", "),
                    error.message
                ));
            }
        }
    }
    applicable
}

/// Where the rule stands; one that no file holds has no place.
fn place(found: &FoundMapping, error: &TransformError) -> String {
    if error.at == At::default() {
        found.label.clone()
    } else {
        format!("{}:{}", found.label, error.at)
    }
}

fn cannot_apply(found: &FoundMapping, errors: &[TransformError]) -> CliError {
    let lines = errors
        .iter()
        .map(|error| format!("{}: {}", place(found, error), error.message));
    let lines: Vec<String> = lines.collect();
    let error = listed("rows cannot be taken through the mapping".to_owned(), lines);
    let mut hints: Vec<&String> = errors
        .iter()
        .filter_map(|error| error.hint.as_ref())
        .collect();
    hints.sort();
    hints.dedup();
    hints
        .into_iter()
        .fold(error, |error, hint| error.hint(hint.clone()))
}

/// An error with its reasons, each on a line of its own.
fn listed(top: String, reasons: Vec<String>) -> CliError {
    let mut reasons = reasons.into_iter().rev().map(anyhow::Error::msg);
    let Some(last) = reasons.next() else {
        return CliError::say(top);
    };
    let chain = reasons.fold(last, |chain, reason| chain.context(reason.to_string()));
    CliError::failed(chain.context(top))
}

fn transferred(ui: &Ui, args: &RowsArgs, transfer: &Transfer<'_>) -> Result<Summary, CliError> {
    if let (Some(rows), Some(rejects)) = (&args.output.output, &args.rejects)
        && rows == rejects
    {
        let message = format!("cannot write rows and rejects into `{}`", rows.display());
        return Err(CliError::say(message).hint("give each a file of its own"));
    }
    let mut rejects = match &args.rejects {
        Some(path) => Some(create(path)?),
        None => None,
    };
    let mut told = 0;
    let mut reject = |reject: &Reject<'_>| {
        told += 1;
        if told <= TOLD && rejects.is_none() {
            let column = reject
                .column
                .map_or_else(String::new, |column| format!("`{column}`: "));
            ui.warning(format_args!(
                "line {}: {column}{} ({})",
                reject.line, reject.message, reject.code
            ));
        }
        match &mut rejects {
            Some(file) => {
                serde_json::to_writer(&mut *file, reject)?;
                file.write_all(b"\n")
            }
            None => Ok(()),
        }
    };
    let form = match args.format {
        RowsFormat::Jsonl => Form::JsonLines,
        RowsFormat::Csv => Form::Csv,
    };
    let path = args.output.output.as_deref();
    let path = path.filter(|path| *path != Path::new("-"));
    let (input, lasting) = stdin(ui, path.is_none());
    let summary = match path {
        Some(path) => {
            let mut output = create(path)?;
            let summary = transfer.run(Run {
                input,
                output: &mut output,
                form,
                reject: &mut reject,
            });
            summary.and_then(|summary| {
                finish(output).map_err(RunError::Output)?;
                Ok(summary)
            })
        }
        None => transfer.run(Run {
            input,
            output: BufWriter::with_capacity(BUFFER, io::stdout().lock()),
            form,
            reject: &mut reject,
        }),
    };
    drop(lasting);
    let summary = summary.map_err(|error| match error {
        RunError::Output(error) => CliError::write("the rows", error),
        RunError::Input(error @ InputError::Io(_)) => {
            CliError::failed(anyhow::Error::new(error).context("cannot read the rows"))
        }
        RunError::Input(error @ InputError::Header { .. }) => {
            let error = anyhow::Error::new(error).context("cannot read the rows");
            CliError::failed(error).hint("CSV begins with its column names, separated by commas")
        }
    })?;
    if let (Some(file), Some(path)) = (rejects, &args.rejects) {
        let written = finish(file);
        written.map_err(|error| CliError::write_file(path, error))?;
    }
    Ok(summary)
}

fn finish(file: BufWriter<WholeFile>) -> io::Result<()> {
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.finish()
}

fn create(path: &Path) -> Result<BufWriter<WholeFile>, CliError> {
    let file = WholeFile::create(path).map_err(|error| CliError::write_file(path, error))?;
    Ok(BufWriter::with_capacity(BUFFER, file))
}

/// Says on standard error what came of the rows; no value is shown.
fn tell(ui: &Ui, args: &RowsArgs, summary: &Summary) {
    if !summary.strangers.is_empty() {
        ui.warning(format_args!(
            "not columns of `{}`, and left out: {}",
            args.table,
            summary.strangers.join(", ")
        ));
    }
    for ((column, code), times) in &summary.replaced {
        ui.warning(format_args!(
            "`{column}`: {times} times replaced as the mapping says: {} ({code})",
            code.message()
        ));
    }
    let mut line = format!("{} rows read, {} written", summary.read, summary.written);
    if summary.left_out > 0 {
        let left_out = format!(", {} left out by the mapping's `where`", summary.left_out);
        line += &left_out;
    }
    if summary.rejected == 0 {
        ui.status(line);
        return;
    }
    ui.no(format_args!("{line}, {} rejected", summary.rejected));
    match &args.rejects {
        Some(path) => ui.hint(format_args!("the rejects are in {}", path.display())),
        None => ui.hint("`--rejects FILE` keeps them"),
    }
}
