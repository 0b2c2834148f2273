//! The staged rows are judged, on the target.

use std::sync::Arc;

use sqlx::Row;

use super::error::{CopyError, failed};
use super::open::Copy;
use super::plan::TablePlan;
use super::report::{Event, Finding, TableReport};
use super::statement::judge::{self, Judge};
use super::statement::{Conflict, Home, noted, source, stage};
use crate::mapping::OnError;
use crate::source::postgres::count;

impl Copy<'_> {
    /// Judges the tables of the units from that one on.
    pub(super) async fn judge(
        &mut self,
        home: Home,
        first: usize,
        skip: &[bool],
    ) -> Result<(), CopyError> {
        let plan = Arc::clone(&self.plan);
        for unit in plan.units.iter().skip(first) {
            let tables: Vec<&TablePlan> = unit
                .iter()
                .filter(|table| !skip[**table])
                .map(|table| &plan.tables[*table])
                .collect();
            for table in &tables {
                self.check()?;
                self.tell(Event::Judging { name: &table.name });
                let doing = format!("judge the rows of `{}`", table.name);
                self.target
                    .run(&stage::create_judgement(table, home), &doing)
                    .await?;
            }
            // Rows refer to rows of the same unit, so each step is done for all of its tables.
            for table in &tables {
                let steps = self.judge_of(table, home).matches();
                self.take_steps(table, &steps).await?;
                self.part_with_others(table, home).await?;
                self.part_with_rivals(table, home).await?;
                let steps = self.judge_of(table, home).rows();
                self.take_steps(table, &steps).await?;
            }
            let is_circle = tables.iter().any(|table| {
                table.references.iter().any(|reference| {
                    reference
                        .parent
                        .as_ref()
                        .is_some_and(|(parent, _)| unit.contains(parent))
                })
            });
            self.find_orphans(&tables, home, is_circle).await?;
            let mut duplicates = 0;
            for table in &tables {
                let steps = self.judge_of(table, home).duplicates();
                duplicates += self.take_steps(table, &steps).await?;
            }
            if is_circle && duplicates > 0 {
                self.find_orphans(&tables, home, true).await?;
            }
        }
        Ok(())
    }

    fn judge_of<'t>(&'t self, table: &'t TablePlan, home: Home) -> Judge<'t> {
        let name = table.to.to_string();
        let (checks, indexes) = (self.checks.get(&name), self.indexes.get(&name));
        Judge {
            table,
            tables: &self.plan.tables,
            home,
            conflict: self.request.conflict,
            remembered: self.remembers.then_some(self.request.pair.as_str()),
            checks: checks.map(Vec::as_slice).unwrap_or_default(),
            indexes: indexes.map(Vec::as_slice).unwrap_or_default(),
        }
    }

    async fn take_steps(&mut self, table: &TablePlan, steps: &[String]) -> Result<u64, CopyError> {
        let doing = format!("judge the rows of `{}`", table.name);
        let mut rows = 0;
        for step in steps {
            let changed = self.target.run(step, &doing).await?;
            if step.starts_with("INSERT") {
                rows += changed;
            }
        }
        Ok(rows)
    }

    /// A row whose parent is bad is bad itself, and so are its children.
    async fn find_orphans(
        &mut self,
        tables: &[&TablePlan],
        home: Home,
        is_circle: bool,
    ) -> Result<(), CopyError> {
        loop {
            let mut found = 0;
            for table in tables {
                let steps = self.judge_of(table, home).orphans();
                found += self.take_steps(table, &steps).await?;
            }
            if !is_circle || found == 0 {
                return Ok(());
            }
        }
    }

    /// Where only a part of the rows is copied, a row of the target that looks like one of them may be
    /// the copy of another one.
    async fn part_with_others(&mut self, table: &TablePlan, home: Home) -> Result<(), CopyError> {
        let is_part = self.only.is_some() || !table.conditions.is_empty();
        let Some(sql) = judge::alike_keys(table, home).filter(|_| is_part) else {
            return Ok(());
        };
        let doing = format!("judge the rows of `{}`", table.name);
        let rows = self.target.rows(&sql, &doing).await?;
        let keys = rows.iter().map(|row| row.try_get::<Vec<String>, _>("key"));
        let keys = keys
            .collect::<Result<Vec<_>, _>>()
            .map_err(failed(doing.clone()))?;
        for keys in keys.chunks(1000) {
            let columns = (0..table.key.len()).map(|n| format!("s.{}::text", table.key[n].name));
            let columns: Vec<String> = columns.collect();
            let sql = format!(
                "SELECT ARRAY[{}] AS key FROM {} AS s WHERE {}",
                columns.join(", "),
                table.from,
                source::among(table, keys)
            );
            let rows = self.source.rows(&sql, &doing).await?;
            let others = rows.iter().map(|row| row.try_get::<Vec<String>, _>("key"));
            let others = others
                .collect::<Result<Vec<_>, _>>()
                .map_err(failed(doing.clone()))?;
            if let Some(sql) = judge::unmatch(table, home, &others) {
                self.target.run(&sql, &doing).await?;
            }
        }
        Ok(())
    }

    /// What is to become of each table's rows, and whether too many cannot go.
    pub(super) async fn verdict(&mut self, home: Home) -> Result<Vec<TableReport>, CopyError> {
        let mut reports = Vec::new();
        let plan = Arc::clone(&self.plan);
        for table in &plan.tables {
            reports.push(self.verdict_of(table, home).await?);
        }
        Ok(reports)
    }

    pub(super) async fn verdict_of(
        &mut self,
        table: &TablePlan,
        home: Home,
    ) -> Result<TableReport, CopyError> {
        let (rows, matched, bad) = self.counts(table, home).await?;
        Ok(TableReport {
            name: table.name.clone(),
            target: table.target.clone(),
            rows,
            copied: rows.saturating_sub(matched).saturating_sub(bad),
            matched,
            updated: 0,
            quarantined: bad,
            findings: self.findings(table, home).await?,
            notes: self.notes(table, home).await?,
            was_done: false,
            is_counted: false,
        })
    }

    pub(super) async fn findings(
        &mut self,
        table: &TablePlan,
        home: Home,
    ) -> Result<Vec<Finding>, CopyError> {
        let doing = format!("count what is wrong in `{}`", table.name);
        let rows = self
            .target
            .rows(&judge::findings(table, home), &doing)
            .await?;
        let read = |row: &sqlx::postgres::PgRow| -> Result<Finding, sqlx::Error> {
            let column: String = row.try_get("column_name")?;
            Ok(Finding {
                policy: if table.stops_at(&column) {
                    "fail"
                } else {
                    "quarantine"
                },
                column,
                code: row.try_get("code")?,
                rows: count(row, "rows")?,
                keys: row.try_get("keys")?,
                values: row.try_get("samples")?,
            })
        };
        rows.iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map_err(failed(doing))
    }

    async fn notes(&mut self, table: &TablePlan, home: Home) -> Result<Vec<Finding>, CopyError> {
        let Some(sql) = noted::findings(table, home) else {
            return Ok(Vec::new());
        };
        let doing = format!("count what is put NULL in `{}`", table.name);
        let rows = self.target.rows(&sql, &doing).await?;
        let read = |row: &sqlx::postgres::PgRow| -> Result<Finding, sqlx::Error> {
            let rows = count(row, "rows")?;
            let found = note(
                table,
                row.try_get("column_name")?,
                row.try_get("code")?,
                rows,
            );
            Ok(Finding {
                keys: row.try_get("keys")?,
                values: row.try_get("samples")?,
                ..found
            })
        };
        rows.iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map_err(failed(doing))
    }

    /// Whether the rows may be published.
    pub(super) fn allow(&self, reports: &[TableReport]) -> Result<(), CopyError> {
        for report in reports {
            if let Some(finding) = report
                .findings
                .iter()
                .find(|finding| finding.policy == "fail")
            {
                return Err(CopyError::Fails {
                    table: report.name.clone(),
                    column: finding.column.clone(),
                    code: finding.code.clone(),
                    rows: finding.rows,
                });
            }
            if self.request.conflict == Conflict::Fail && report.matched > 0 {
                return Err(CopyError::Conflict {
                    table: report.target.clone(),
                    rows: report.matched,
                });
            }
            if let Some(limit) = self.request.max_errors
                && limit.is_exceeded(report.quarantined, report.rows)
            {
                return Err(CopyError::TooMany {
                    table: report.name.clone(),
                    rows: report.quarantined,
                    all: report.rows,
                    limit,
                });
            }
        }
        Ok(())
    }
}

/// Values of a column that something else was put in place of.
pub(super) fn note(table: &TablePlan, column: String, code: String, rows: u64) -> Finding {
    let field = table
        .fields
        .iter()
        .find(|field| field.name.as_str() == column);
    let takes_default = field.is_some_and(|field| field.on_error == OnError::Default);
    Finding {
        policy: if takes_default { "default" } else { "null" },
        column,
        code,
        rows,
        keys: Vec::new(),
        values: Vec::new(),
    }
}
