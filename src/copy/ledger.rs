//! How far a copy has come: lines on the target that commit with what they tell.

use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::error::{CopyError, failed};
use super::link::Link;
use super::open::{Copy, Request, Snapshot};
use super::plan::{Plan, TablePlan};
use super::report::TableReport;
use super::statement::source::Pages;
use super::statement::{Home, judge, source, stage};
use crate::ddl::literal;
use crate::source::postgres::count;

/// The quarantine is the one that migrations keep, with more columns; so is the archive.
const LEDGER: &str = concat!(
    include_str!("../migrate/sql/quarantine.sql"),
    ";\n",
    include_str!("sql/archive.sql"),
    include_str!("sql/ledger.sql")
);
const LEFTOVERS: &str = "SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class AS c \
    JOIN pg_namespace AS n ON n.oid = c.relnamespace \
    WHERE n.nspname = 'align' AND c.relname ~ '^copy_(stage|bad|match|row)_[0-9]+$' AND c.relkind = 'r'";

/// A run that is under way.
#[derive(Debug, Clone)]
pub(super) struct Run {
    /// A uuid.
    pub(super) id: String,
    /// Whether an earlier process began it.
    pub(super) is_resumed: bool,
}

/// A range of pages that is staged.
#[derive(Debug, Clone)]
pub(super) struct Window {
    pub(super) pages: Pages,
    pub(super) filenode: Option<i64>,
    pub(super) since: u64,
    pub(super) rows: u64,
}

/// A table that is published.
#[derive(Debug, Clone)]
pub(super) struct Published {
    pub(super) since: u64,
    pub(super) filenode: Option<i64>,
    pub(super) report: TableReport,
}

/// What a copy is, so that another one is not taken for its beginning.
pub(super) fn digest(plan: &Plan, request: &Request) -> String {
    let mut hash = Sha256::new();
    for table in &plan.tables {
        let parts = [
            table.name.clone(),
            table.to.to_string(),
            source::select(table, None, None),
            stage::create(table, Home::Kept),
            format!(
                "{:?} {:?} {:?}",
                table.matching, table.identity, table.references
            ),
        ];
        for part in parts {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
    }
    hash.update(format!("{:?} {}", request.conflict, request.retries));
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

impl Copy<'_> {
    /// Finds the run that ended early and goes on with it, or begins a new one.
    pub(super) async fn begin(&mut self) -> Result<Run, CopyError> {
        let doing = "keep the ledger of copies";
        crate::migrate::keep_ledger(&mut self.target.connection, &self.target_facts).await?;
        self.target.run(LEDGER, doing).await?;
        self.remembers = true;
        let digest = digest(&self.plan, &self.request);
        let (pair, from) = (literal(&self.request.pair), literal(&self.source_identity));
        let known = format!(
            "SELECT run::text AS run FROM align.copies WHERE state = 'under way' AND pair = {pair} \
             AND source = {from} AND digest = {} ORDER BY began_at DESC LIMIT 1",
            literal(&digest)
        );
        let known = self.target.rows(&known, doing).await?;
        if let (Some(row), false) = (known.first(), self.request.retries) {
            let id = row.try_get("run").map_err(failed(doing))?;
            return Ok(Run {
                id,
                is_resumed: true,
            });
        }
        let leftovers = self.target.rows(LEFTOVERS, doing).await?;
        let names = leftovers.iter().map(|row| row.try_get::<String, _>("name"));
        let names: Result<Vec<String>, sqlx::Error> = names.collect();
        let mut sql = vec![
            "BEGIN".to_owned(),
            "UPDATE align.copies SET state = 'abandoned', ended_at = clock_timestamp() WHERE state = 'under way'"
                .to_owned(),
            "TRUNCATE align.copy_windows".to_owned(),
        ];
        for name in names.map_err(failed(doing))? {
            sql.push(format!("DROP TABLE {name}"));
        }
        let id: String = {
            let row = self
                .target
                .row("SELECT gen_random_uuid()::text AS run", doing)
                .await?;
            row.try_get("run").map_err(failed(doing))?
        };
        sql.push(format!(
            "INSERT INTO align.copies (run, pair, source, digest, state) VALUES ({}, {pair}, {from}, {}, 'under way')",
            literal(&id),
            literal(&digest)
        ));
        sql.push("COMMIT".to_owned());
        self.target.run(&sql.join("; "), doing).await?;
        Ok(Run {
            id,
            is_resumed: false,
        })
    }

    /// What is staged of a table, as far as its stage is still there.
    pub(super) async fn windows(
        &mut self,
        run: &Run,
        table: &TablePlan,
    ) -> Result<Option<Vec<Window>>, CopyError> {
        let doing = "read how far the copy has come";
        let there = self
            .target
            .row(&stage::exists(table, Home::Kept), doing)
            .await?;
        if !there.try_get::<bool, _>(0).map_err(failed(doing))? {
            return Ok(None);
        }
        let sql = format!(
            "SELECT page, to_page, filenode, since, rows FROM align.copy_windows \
             WHERE run = {} AND table_name = {} ORDER BY page",
            literal(&run.id),
            literal(&table.name)
        );
        let rows = self.target.rows(&sql, doing).await?;
        let windows = rows.iter().map(window).collect::<Result<Vec<Window>, _>>();
        windows.map(Some).map_err(failed(doing))
    }

    /// Whether a table of this run is published, and what became of its rows.
    pub(super) async fn published(
        &mut self,
        run: &Run,
        table: &TablePlan,
    ) -> Result<Option<Published>, CopyError> {
        let doing = "read how far the copy has come";
        let sql = format!(
            "SELECT since, filenode, rows, copied, matched, updated, quarantined FROM align.copy_tables \
             WHERE run = {} AND table_name = {}",
            literal(&run.id),
            literal(&table.name)
        );
        let rows = self.target.rows(&sql, doing).await?;
        let read = |row: &PgRow| -> Result<Published, sqlx::Error> {
            Ok(Published {
                since: transaction(row, "since")?,
                filenode: row.try_get("filenode")?,
                report: TableReport {
                    name: table.name.clone(),
                    target: table.target.clone(),
                    rows: count(row, "rows")?,
                    copied: count(row, "copied")?,
                    matched: count(row, "matched")?,
                    updated: count(row, "updated")?,
                    quarantined: count(row, "quarantined")?,
                    was_done: true,
                    is_counted: false,
                    ..TableReport::default()
                },
            })
        };
        rows.first().map(read).transpose().map_err(failed(doing))
    }

    /// The run is done: nothing is left to go on with.
    pub(super) async fn end(&mut self, run: &Run, state: &str) -> Result<(), CopyError> {
        let doing = "end the copy in its ledger";
        let mut sql: Vec<String> = vec!["BEGIN".to_owned()];
        for table in &self.plan.tables {
            sql.push(stage::drop(table.number, Home::Kept));
        }
        let id = literal(&run.id);
        sql.push(format!("DELETE FROM align.copy_windows WHERE run = {id}"));
        sql.push(format!(
            "UPDATE align.copies SET state = {}, ended_at = clock_timestamp() WHERE run = {id}",
            literal(state)
        ));
        sql.push("COMMIT".to_owned());
        self.target.run(&sql.join("; "), doing).await?;
        Ok(())
    }

    /// How many rows of a table there are to judge by, what is there, and what is bad.
    pub(super) async fn counts(
        &mut self,
        table: &TablePlan,
        home: Home,
    ) -> Result<(u64, u64, u64), CopyError> {
        let doing = format!("count the rows of `{}`", table.name);
        let row = self.target.row(&judge::count(table, home), &doing).await?;
        let read = |name: &str| count(&row, name).map_err(failed(doing.clone()));
        Ok((read("rows")?, read("matched")?, read("bad")?))
    }
}

fn window(row: &PgRow) -> Result<Window, sqlx::Error> {
    let to: Option<i64> = row.try_get("to_page")?;
    Ok(Window {
        pages: Pages {
            from: count(row, "page")?,
            to: to.map(|_| count(row, "to_page")).transpose()?,
        },
        filenode: row.try_get("filenode")?,
        since: transaction(row, "since")?,
        rows: count(row, "rows")?,
    })
}

/// The number of a transaction, which goes beyond the server's integers and so travels as text.
pub(super) fn transaction(row: &PgRow, field: &str) -> Result<u64, sqlx::Error> {
    let number: &str = row.try_get(field)?;
    number
        .parse()
        .map_err(|error: std::num::ParseIntError| sqlx::Error::Decode(error.into()))
}

/// The line of a staged range.
pub(super) fn staged(
    run: &str,
    table: &TablePlan,
    pages: Pages,
    filenode: Option<i64>,
    snapshot: &Snapshot,
    rows: u64,
) -> String {
    let or_null = |number: Option<String>| number.unwrap_or_else(|| "NULL".to_owned());
    format!(
        "INSERT INTO align.copy_windows (run, table_name, page, to_page, filenode, since, rows) \
         VALUES ({}, {}, {}, {}, {}, '{}', {rows})",
        literal(run),
        literal(&table.name),
        pages.from,
        or_null(pages.to.map(|page| page.to_string())),
        or_null(filenode.map(|node| node.to_string())),
        snapshot.since
    )
}

/// Takes back the line of a range that is staged anew.
pub(super) fn unstaged(run: &str, table: &TablePlan, page: u64) -> String {
    format!(
        "DELETE FROM align.copy_windows WHERE run = {} AND table_name = {} AND page = {page}",
        literal(run),
        literal(&table.name)
    )
}

/// The condition for the rows of a table that copies of the pair from that source were asked for; `None`
/// where one was of all of them, or there was none.
pub(super) async fn asked(
    target: &mut Link,
    (pair, source): (&str, &str),
    table: &TablePlan,
) -> Result<Option<String>, CopyError> {
    let doing = "read what earlier copies were asked for";
    let there = "SELECT to_regclass('align.copies') IS NOT NULL AND to_regclass('align.copy_tables') IS NOT NULL";
    let there = target.row(there, doing).await?;
    if !there.try_get::<bool, _>(0).map_err(failed(doing))? {
        return Ok(None);
    }
    let sql = format!(
        "SELECT DISTINCT to_jsonb(t) ->> 'only_where' FROM align.copy_tables AS t JOIN align.copies AS c ON c.run = t.run \
         WHERE c.pair = {} AND c.source = {} AND t.table_name = {} AND t.target = {} ORDER BY 1",
        literal(pair),
        literal(source),
        literal(&table.name),
        literal(&table.to.to_string())
    );
    let rows = target.rows(&sql, doing).await?;
    let conditions = rows.iter().map(|row| row.try_get(0));
    let conditions: Result<Option<Vec<String>>, _> = conditions.collect();
    let conditions = conditions.map_err(failed(doing))?.unwrap_or_default();
    Ok((!conditions.is_empty()).then(|| either(&conditions)))
}

fn either(conditions: &[String]) -> String {
    match conditions {
        [one] => one.clone(),
        several => format!("({})", several.join(") OR (")),
    }
}

/// The line of a published table.
pub(super) fn line(
    run: &str,
    since: u64,
    filenode: Option<i64>,
    table: &TablePlan,
    report: &TableReport,
    only_where: Option<&str>,
) -> String {
    format!(
        "INSERT INTO align.copy_tables AS t (run, table_name, target, since, filenode, rows, copied, matched, updated, quarantined, only_where) \
         VALUES ({}, {}, {}, '{since}', {}, {}, {}, {}, {}, {}, {}) ON CONFLICT (run, table_name) DO UPDATE SET \
         since = excluded.since, filenode = excluded.filenode, rows = excluded.rows, \
         copied = t.copied + excluded.copied, matched = excluded.matched - t.copied, \
         updated = excluded.updated, quarantined = excluded.quarantined, published_at = clock_timestamp()",
        literal(run),
        literal(&table.name),
        literal(&table.to.to_string()),
        filenode.map_or_else(|| "NULL".to_owned(), |node| node.to_string()),
        report.rows,
        report.copied,
        report.matched,
        report.updated,
        report.quarantined,
        only_where.map_or_else(|| "NULL".to_owned(), literal)
    )
}

/// The file of each source table, which another one takes the place of when its rows are moved.
pub(super) async fn layout(
    source: &mut Link,
    table: &TablePlan,
) -> Result<(Option<i64>, u64), CopyError> {
    let doing = format!("see how large `{}` is", table.name);
    let name = literal(&table.from.to_string());
    let sql = format!(
        "SELECT pg_relation_filenode({name}::regclass)::bigint AS filenode, \
         coalesce(pg_relation_size({name}::regclass), 0) / current_setting('block_size')::bigint AS pages"
    );
    let row = source.row(&sql, &doing).await?;
    let filenode = row.try_get("filenode").map_err(failed(doing.clone()))?;
    Ok((filenode, count(&row, "pages").map_err(failed(doing))?))
}
