//! Rows among one another: references that lead nowhere, keys that occur twice, values outside the
//! target's checks.
//!
//! What the database guarantees by a key or a check of its own is not asked again. A foreign key is: its
//! triggers can be off while rows are written.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Executor, Row};

use super::error::{VerifyError, server, words};
use super::{Check, Finding, Section};
use crate::schema::{Check as Rule, Ident, IndexKey, Key, Schema, Table};

const REFERENCES: &str = include_str!("sql/references.sql");

/// Columns that tell rows apart, and a condition on the rows where there is one.
struct Unique {
    name: String,
    columns: Vec<Ident>,
    condition: Option<String>,
    nulls_are_same: bool,
}

/// Looks at the rows of every table that is both here and in the target.
///
/// # Errors
/// [`VerifyError`].
pub(super) async fn check(
    connection: &mut PgConnection,
    here: &Schema,
    target: &Schema,
    namespaces: &[String],
) -> Result<Vec<Check>, VerifyError> {
    let (mut twice, mut outside) = (Vec::new(), Vec::new());
    let (mut keys, mut rules) = (0, 0);
    for promised in &target.tables {
        let Some(table) = here.table(&promised.name) else {
            continue;
        };
        for unique in uniques(promised) {
            keys += 1;
            if !guarantees(table, &unique) && has(table, &unique.columns) {
                twice.extend(duplicates(connection, table, &unique).await?);
            }
        }
        for rule in &promised.checks {
            rules += 1;
            if !holds(table, rule) {
                outside.extend(breaches(connection, table, rule).await?);
            }
        }
    }
    let section = Section::Values;
    Ok(vec![
        orphans(connection, namespaces).await?,
        Check::of(section, "no key of the target occurs twice", keys, twice),
        Check::of(
            section,
            "every value is one that the target takes",
            rules,
            outside,
        ),
    ])
}

fn uniques(table: &Table) -> Vec<Unique> {
    let of_key = |key: &Key| Unique {
        name: key.name.to_string(),
        columns: key.columns.clone(),
        condition: None,
        nulls_are_same: key.nulls_not_distinct,
    };
    let keys = table.primary_key.iter().chain(&table.unique).map(of_key);
    let indexes = table.indexes.iter().filter(|index| index.unique);
    let indexes = indexes.filter_map(|index| {
        let columns = index.elements.iter().map(|element| match &element.key {
            IndexKey::Column(column) => Some(column.clone()),
            IndexKey::Expression(_) => None,
        });
        Some(Unique {
            name: index.name.to_string(),
            columns: columns.collect::<Option<_>>()?,
            condition: index.predicate.as_ref().map(|sql| sql.text.clone()),
            nulls_are_same: index.nulls_not_distinct,
        })
    });
    keys.chain(indexes).collect()
}

/// Whether a key of the database itself keeps these columns apart.
fn guarantees(table: &Table, wanted: &Unique) -> bool {
    let invalid = |unique: &Unique| {
        let index = table.indexes.iter();
        let mut index = index.filter(|index| index.name.to_string() == unique.name);
        index.any(|index| index.invalid)
    };
    let is_same = |unique: &Unique| {
        unique.columns == wanted.columns
            && (unique.condition.is_none() || unique.condition == wanted.condition)
            && unique.nulls_are_same == wanted.nulls_are_same
    };
    uniques(table)
        .iter()
        .any(|unique| is_same(unique) && !invalid(unique))
}

fn has(table: &Table, columns: &[Ident]) -> bool {
    columns.iter().all(|column| table.column(column).is_some())
}

fn holds(table: &Table, rule: &Rule) -> bool {
    let mut own = table.checks.iter().filter(|own| !own.not_valid);
    own.any(|own| own.expression == rule.expression)
}

async fn duplicates(
    connection: &mut PgConnection,
    table: &Table,
    unique: &Unique,
) -> Result<Option<Finding>, VerifyError> {
    let columns: Vec<String> = unique.columns.iter().map(ToString::to_string).collect();
    let condition = unique.condition.iter().map(|sql| format!("({sql})"));
    let given = columns.iter().map(|column| format!("{column} IS NOT NULL"));
    let given = given.filter(|_| !unique.nulls_are_same);
    let mut conditions: Vec<String> = condition.chain(given).collect();
    if conditions.is_empty() {
        conditions.push("true".to_owned());
    }
    let list = columns.join(", ");
    let sql = format!(
        "SELECT count(*) FROM (SELECT FROM {} WHERE {} GROUP BY {list} HAVING count(*) > 1) AS d",
        table.name,
        conditions.join(" AND ")
    );
    let words = format!(
        "values of {} ({list}) occur more than once, which {} does not let in",
        table.name.name, unique.name
    );
    ask(connection, &sql, &words).await
}

async fn breaches(
    connection: &mut PgConnection,
    table: &Table,
    rule: &Rule,
) -> Result<Option<Finding>, VerifyError> {
    let sql = format!(
        "SELECT count(*) FROM {} WHERE NOT ({})",
        table.name, rule.expression.text
    );
    let words = format!(
        "rows of {} are outside the target's {}",
        table.name.name, rule.name
    );
    ask(connection, &sql, &words).await
}

async fn orphans(
    connection: &mut PgConnection,
    namespaces: &[String],
) -> Result<Check, VerifyError> {
    let doing = "read the foreign keys";
    let failed = |error: sqlx::Error| server(doing, &error);
    let query = sqlx::query(REFERENCES).persistent(false).bind(namespaces);
    let rows = query.fetch_all(&mut *connection).await.map_err(failed)?;
    let read = |row: &PgRow| -> Result<[String; 5], sqlx::Error> {
        Ok([
            row.try_get("name")?,
            row.try_get("of_table")?,
            row.try_get("to_table")?,
            row.try_get("same")?,
            row.try_get("given")?,
        ])
    };
    let mut findings = Vec::new();
    for row in &rows {
        let [name, of_table, to_table, same, given] = read(row).map_err(failed)?;
        let sql = format!(
            "SELECT count(*) FROM {of_table} AS c WHERE {given} AND NOT EXISTS (SELECT FROM {to_table} AS p WHERE {same})"
        );
        let words = format!("rows of {name} refer to a row of {to_table} that is not there");
        findings.extend(ask(connection, &sql, &words).await?);
    }
    let seen = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let name = "no row refers to one that is not there";
    Ok(Check::of(Section::Values, name, seen, findings))
}

/// A count that should be 0; a question that the server cannot answer is a finding itself.
async fn ask(
    connection: &mut PgConnection,
    sql: &str,
    words_of_it: &str,
) -> Result<Option<Finding>, VerifyError> {
    let doing = "count rows";
    let failed = |error: sqlx::Error| server(doing, &error);
    let save = connection.execute("SAVEPOINT align_count").await;
    save.map_err(failed)?;
    let query = sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).persistent(false);
    let message = match query.fetch_one(&mut *connection).await {
        Ok(0_i64) => return Ok(None),
        Ok(count) => format!("{count} {words_of_it}"),
        Err(error) if error.as_database_error().is_some() => {
            let back = "ROLLBACK TO SAVEPOINT align_count";
            connection.execute(back).await.map_err(failed)?;
            format!("{words_of_it}: {}", words(&error))
        }
        Err(error) => return Err(failed(error)),
    };
    Ok(Some(Finding::new(message).shown_by(sql)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{TextFile, sql};

    fn table(body: &str) -> Table {
        let file = TextFile {
            name: "t.sql".to_owned(),
            text: format!("CREATE TABLE t (a int, b int); {body}"),
        };
        let mut schema = sql::read(&[file], &[Ident::new("public").unwrap()]).unwrap();
        schema.tables.remove(0)
    }

    #[test]
    fn a_key_is_guaranteed_only_by_one_that_refuses_no_less() {
        let (key, distinct) = ("UNIQUE (a)", "UNIQUE NULLS NOT DISTINCT (a)");
        let add = |key: &str| format!("ALTER TABLE t ADD {key}");
        let index = |rest: &str| format!("CREATE UNIQUE INDEX k ON t {rest}");
        for (here, target, expected) in [
            (add(key), add(key), true),
            (index("(a)"), add(key), true),
            (add(key), index("(a) WHERE b > 0"), true),
            (index("(a) WHERE b > 0"), index("(a) WHERE b > 0"), true),
            (index("(a) WHERE b > 0"), index("(a) WHERE b > 1"), false),
            (index("(a) WHERE b > 0"), add(key), false),
            (add(key), add(distinct), false),
            (add("UNIQUE (a, b)"), add(key), false),
            ("CREATE INDEX k ON t (a)".to_owned(), add(key), false),
        ] {
            let wanted = uniques(&table(&target)).remove(0);
            let found = guarantees(&table(&here), &wanted);
            assert_eq!(found, expected, "{here} for {target}");
        }
        let mut broken = table(&index("(a)"));
        broken.indexes[0].invalid = true;
        assert!(!guarantees(&broken, &uniques(&table(&add(key)))[0]));
    }

    #[test]
    fn a_check_that_was_not_validated_says_nothing_of_the_rows() {
        let add = "ALTER TABLE t ADD CHECK (a > 0)";
        let rule = table(add).checks.remove(0);
        assert!(holds(&table(add), &rule));
        assert!(!holds(&table(&format!("{add} NOT VALID")), &rule));
        assert!(!holds(&table("ALTER TABLE t ADD CHECK (a > 1)"), &rule));
    }
}
