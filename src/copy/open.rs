//! From two servers and a mapping to a copy that is ready to run.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::Row;
use sqlx::postgres::PgRow;

use super::error::{CopyError, failed};
use super::ledger;
use super::link::Link;
use super::plan::{Plan, Wishes};
use super::report::Event;
use super::statement::Conflict;
use super::statement::index::UniqueIndex;
use super::statement::judge::{CHECK, Check};
use crate::ddl::literal;
use crate::mapping::{Lookup, Mapping, MaxErrors};
use crate::migrate::{Control, Missing, Refusal, Target};
use crate::schema::{Ident, Schema};
use crate::source::postgres::{ConnectOptions, count};
use crate::transform::{Code, LookupRow, LookupSource, LookupTable, Lookups};

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
const SNAPSHOT: &str = include_str!("sql/source.sql");
const IDENTITY: &str = include_str!("sql/identity.sql");
const RIGHTS: &str = include_str!("sql/rights.sql");
const CHECKS: &str = include_str!("sql/checks.sql");
const INDEXES: &str = include_str!("sql/indexes.sql");

/// What a copy is asked to do.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where the rows are.
    pub from: ConnectOptions,
    /// Where they go.
    pub to: ConnectOptions,
    /// What the pair is called.
    pub pair: String,
    /// What is copied of it.
    pub wishes: Wishes,
    /// What becomes of rows that are there.
    pub conflict: Conflict,
    /// How many rows of a table may go to quarantine; `None` is any number.
    pub max_errors: Option<MaxErrors>,
    /// How many sessions read and stage at a time.
    pub jobs: usize,
    /// What the target's triggers see of who writes, as JSON.
    pub claims: String,
    /// Only rows that an earlier copy has put into quarantine.
    pub retries: bool,
    /// Whether nothing may be changed.
    pub is_dry: bool,
}

/// A copy that is ready to run.
pub struct Copy<'a> {
    pub(super) request: Request,
    /// What it does. Whoever walks through it holds it, for each step changes the rest.
    pub plan: Arc<Plan>,
    /// What the target says of itself.
    pub target_facts: Target,
    pub(super) source: Link,
    pub(super) target: Link,
    pub(super) control: Control,
    pub(super) snapshot: Snapshot,
    pub(super) is_one_database: bool,
    pub(super) source_identity: String,
    pub(super) checks: BTreeMap<String, Vec<Check>>,
    pub(super) indexes: BTreeMap<String, Vec<UniqueIndex>>,
    /// Keys of each table's rows to which the copy is limited.
    pub(super) only: Option<BTreeMap<String, Vec<Vec<String>>>>,
    /// Whether earlier copies have left what they matched.
    pub(super) remembers: bool,
    pub(super) tell: Box<dyn FnMut(Event<'_>) + Send + 'a>,
}

/// The state of the source that every session of a run sees.
#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    /// As the server calls it.
    pub(super) name: String,
    /// The first transaction that may be missing in it.
    pub(super) since: u64,
    /// The next transaction's number.
    pub(super) now: u64,
}

/// Which database it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    database: String,
    pub(super) text: String,
}

impl<'a> Copy<'a> {
    /// Connects to both sides, reads what the plan needs, and makes it. Changes nothing.
    ///
    /// # Errors
    /// [`CopyError`].
    pub async fn open(
        mut request: Request,
        (from, to): (&Schema, &Schema),
        mapping: &Mapping,
        control: &Control,
        tell: Box<dyn FnMut(Event<'_>) + Send + 'a>,
    ) -> Result<Self, CopyError> {
        let name = format!("align copy {}", request.pair);
        let mut source = Link::open(&request.from, control, &name).await?;
        let mut target = Link::open(&request.to, control, &name).await?;
        let (here, there) = (identity(&mut source).await?, identity(&mut target).await?);
        let is_one_database = here == there;
        request.wishes.same_database = is_one_database;
        source.run(BEGIN, "open a snapshot of the source").await?;
        let snapshot = snapshot(&mut source).await?;
        let tables: Vec<String> = to
            .tables
            .iter()
            .map(|table| table.name.to_string())
            .collect();
        let facts = Target::read(&mut target.connection, &tables).await?;
        facts.check(&tables, false).map_err(CopyError::Refused)?;
        let found = if is_one_database {
            BTreeMap::new()
        } else {
            lookup_tables(&mut target, mapping, to).await?
        };
        let lookups = Known {
            mapping,
            to,
            tables: &found,
            is_one_database,
        };
        let plan = super::plan::plan(from, to, mapping, &request.wishes, &lookups);
        let mut plan = plan.map_err(CopyError::Plan)?;
        rights(&mut source, &plan, Access::Read).await?;
        rights(&mut target, &plan, Access::Write(&request)).await?;
        let (checks, indexes) = rules(&mut target, &plan).await?;
        let row = target
            .row("SELECT to_regclass('align.matched') IS NOT NULL AS known, to_regclass('align.copies') IS NOT NULL AND to_regclass('align.quarantine') IS NOT NULL AS kept", "look for earlier copies")
            .await?;
        let flag = |name: &str| {
            row.try_get::<bool, _>(name)
                .map_err(failed("look for earlier copies"))
        };
        let (remembers, keeps) = (flag("known")?, flag("kept")?);
        let only = match (request.retries, keeps) {
            (false, _) => None,
            (true, false) => Some(BTreeMap::new()),
            (true, true) => Some(super::quarantine::open_keys(&mut target, &plan).await?),
        };
        if request.retries {
            let left = super::quarantine::left_by_migrations(&mut target, keeps).await?;
            plan.notes.extend(left);
        }
        Ok(Self {
            request,
            plan: Arc::new(plan),
            target_facts: facts,
            source,
            target,
            control: control.clone(),
            snapshot,
            is_one_database,
            source_identity: here.text,
            checks,
            indexes,
            only,
            remembers,
            tell,
        })
    }

    pub(super) fn tell(&mut self, event: Event<'_>) {
        (self.tell)(event);
    }

    /// Whether the run has to end here.
    pub(super) fn check(&self) -> Result<(), CopyError> {
        if self.control.is_stopped() {
            return Err(CopyError::Interrupted);
        }
        Ok(())
    }

    /// Ends both connections, which frees the lock.
    pub async fn close(self) {
        self.source.close().await;
        self.target.close().await;
    }
}

pub(super) async fn identity(link: &mut Link) -> Result<Identity, CopyError> {
    let doing = "ask the database which one it is";
    let row = link.row(IDENTITY, doing).await?;
    let text = |row: &sqlx::postgres::PgRow, name: &str| {
        row.try_get::<String, _>(name).map_err(failed(doing))
    };
    let server = if row.try_get("may_identify").map_err(failed(doing))? {
        let sql = "SELECT system_identifier::text AS id FROM pg_control_system()";
        text(&link.row(sql, doing).await?, "id")?
    } else {
        text(&row, "started")?
    };
    Ok(Identity {
        database: text(&row, "database")?,
        text: format!("{server}/{}", text(&row, "oid")?),
    })
}

async fn snapshot(source: &mut Link) -> Result<Snapshot, CopyError> {
    let doing = "open a snapshot of the source";
    let row = source.row(SNAPSHOT, doing).await?;
    let read = || -> Result<Snapshot, sqlx::Error> {
        Ok(Snapshot {
            name: row.try_get("snapshot")?,
            since: ledger::transaction(&row, "since")?,
            now: ledger::transaction(&row, "now")?,
        })
    };
    read().map_err(failed(doing))
}

/// The table that a lookup reads, by its name on the to side.
fn table_of(lookup: &Lookup, to: &Schema) -> Option<crate::schema::QualifiedName> {
    let namespace = lookup.table.namespace.as_ref().or(to.home())?;
    let name = crate::schema::QualifiedName::new(namespace.clone(), lookup.table.name.clone());
    let table = to.table(&name)?;
    let has = |column: &Ident| table.column(column).is_some();
    (lookup.matches.iter().all(has) && has(&lookup.take)).then_some(name)
}

/// Where the tables of lookups are: beside the source, or read beforehand.
pub(super) struct Known<'a> {
    pub(super) mapping: &'a Mapping,
    pub(super) to: &'a Schema,
    pub(super) tables: &'a BTreeMap<usize, LookupTable>,
    pub(super) is_one_database: bool,
}

impl Lookups for Known<'_> {
    fn source(&self, lookup: &Lookup) -> Option<LookupSource<'_>> {
        if self.is_one_database {
            return table_of(lookup, self.to).map(LookupSource::Table);
        }
        let known = self.mapping.lookups();
        let place = known.iter().position(|known| *known == lookup)?;
        self.tables.get(&place).map(LookupSource::Rows)
    }
}

/// The looked-up tables of the target, for expressions that the source evaluates.
pub(super) async fn lookup_tables(
    target: &mut Link,
    mapping: &Mapping,
    to: &Schema,
) -> Result<BTreeMap<usize, LookupTable>, CopyError> {
    let mut tables = BTreeMap::new();
    for (place, lookup) in mapping.lookups().into_iter().enumerate() {
        let Some(name) = table_of(lookup, to) else {
            continue;
        };
        let doing = format!("read the table `{}` of a lookup", lookup.table);
        let parts = lookup.matches.iter().enumerate().map(|(index, column)| {
            format!(
                "SELECT {}::int8 AS position, t.{column}::text AS key, t.{take}::text AS take FROM {name} AS t \
                 WHERE t.{column} IS NOT NULL AND t.{take} IS NOT NULL",
                index + 1,
                take = lookup.take
            )
        });
        let parts: Vec<String> = parts.collect();
        let rows = target.rows(&parts.join(" UNION ALL "), &doing).await?;
        let mut table = LookupTable::new(lookup, []);
        for row in &rows {
            let position = count(row, "position").map_err(failed(doing.clone()))?;
            let key: &str = row.try_get("key").map_err(failed(doing.clone()))?;
            let take: &str = row.try_get("take").map_err(failed(doing.clone()))?;
            let position = usize::try_from(position).unwrap_or(usize::MAX);
            table.add(
                lookup,
                LookupRow {
                    position,
                    key,
                    take,
                },
            );
        }
        tables.insert(place, table);
    }
    Ok(tables)
}

#[derive(Clone, Copy)]
enum Access<'r> {
    Read,
    Write(&'r Request),
}

/// Whether this role may do it, and sees every row.
async fn rights(link: &mut Link, plan: &Plan, access: Access<'_>) -> Result<(), CopyError> {
    let names = plan.tables.iter().map(|table| match access {
        Access::Read => &table.from,
        Access::Write(_) => &table.to,
    });
    let names: Vec<String> = names.map(ToString::to_string).collect();
    let mut wanted = vec!["SELECT"];
    if let Access::Write(request) = access {
        if !request.is_dry {
            wanted.push("INSERT");
        }
        if request.conflict == Conflict::Update && !request.is_dry {
            wanted.push("UPDATE");
        }
    }
    for right in wanted {
        let rows = sqlx::query(RIGHTS)
            .persistent(false)
            .bind(&names)
            .bind(right)
            .fetch_all(&mut link.connection)
            .await
            .map_err(failed("see what this role may do"))?;
        for row in rows {
            let read = |name| {
                row.try_get::<Option<bool>, _>(name)
                    .map_err(failed("see what this role may do"))
            };
            let name: String = row
                .try_get("name")
                .map_err(failed("see what this role may do"))?;
            let role: String = row
                .try_get("role")
                .map_err(failed("see what this role may do"))?;
            if read("may")? != Some(true) {
                return Err(CopyError::Refused(Refusal::Rights {
                    missing: vec![Missing {
                        what: format!("{right} on `{name}`"),
                        grant: format!("GRANT {right} ON {name} TO {role};"),
                    }],
                }));
            }
            if read("hides_rows")? == Some(true) {
                return Err(CopyError::Refused(Refusal::Rights {
                    missing: vec![Missing {
                        what: format!(
                            "see and write every row of `{name}`, which has row level security"
                        ),
                        grant: format!("ALTER ROLE {role} BYPASSRLS;"),
                    }],
                }));
            }
        }
    }
    Ok(())
}

/// Of each table of the target, what the server tells in SQL of its own.
type Rules<T> = BTreeMap<String, Vec<T>>;

/// What the target asks of rows, beside what the plan knows.
async fn rules(
    target: &mut Link,
    plan: &Plan,
) -> Result<(Rules<Check>, Rules<UniqueIndex>), CopyError> {
    let doing = "read the target's checks and unique indexes";
    let tables = plan.tables.iter();
    let names: Vec<String> = tables.map(|table| table.to.to_string()).collect();
    // What the server prints without a namespace is found without one.
    target
        .run(&format!("SET search_path = {}", literal("")), doing)
        .await?;
    let mut read = [Vec::new(), Vec::new()];
    for (sql, rows) in [CHECKS, INDEXES].into_iter().zip(&mut read) {
        let query = sqlx::query(sql).persistent(false).bind(&names);
        let found = query.fetch_all(&mut target.connection).await;
        *rows = found.map_err(failed(doing))?;
    }
    target.run("RESET search_path", doing).await?;
    let [checks, indexes] = read;
    let read = |error| failed(doing)(error);
    Ok((
        by_table(&checks, check).map_err(read)?,
        by_table(&indexes, index).map_err(read)?,
    ))
}

fn by_table<T>(
    rows: &[PgRow],
    read: impl Fn(&PgRow) -> Result<T, sqlx::Error>,
) -> Result<Rules<T>, sqlx::Error> {
    let mut found: Rules<T> = BTreeMap::new();
    for row in rows {
        let table: String = row.try_get("table_name")?;
        found.entry(table).or_default().push(read(row)?);
    }
    Ok(found)
}

fn columns(row: &PgRow) -> Result<Vec<Ident>, sqlx::Error> {
    let names: Vec<String> = row.try_get("columns")?;
    let names: Result<Vec<Ident>, _> = names.into_iter().map(Ident::new).collect();
    names.map_err(|error| sqlx::Error::Decode(error.into()))
}

fn check(row: &PgRow) -> Result<Check, sqlx::Error> {
    Ok(Check {
        name: row.try_get("name")?,
        expression: row.try_get("expression")?,
        columns: columns(row)?,
        code: if row.try_get("is_null")? {
            Code::NullNotAllowed.as_str()
        } else {
            CHECK
        },
    })
}

fn index(row: &PgRow) -> Result<UniqueIndex, sqlx::Error> {
    let defaults: Vec<Option<String>> = row.try_get("defaults")?;
    Ok(UniqueIndex {
        keys: row.try_get("keys")?,
        predicate: row.try_get("predicate")?,
        nulls_not_distinct: row.try_get("nulls_not_distinct")?,
        columns: columns(row)?.into_iter().zip(defaults).collect(),
    })
}
