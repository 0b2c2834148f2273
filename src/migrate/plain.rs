//! The form of a statement that can run within a transaction, where its own cannot.

use super::statement::Statement;

/// How a statement runs within a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Plain {
    /// As it is.
    AsIs,
    /// In this form.
    Instead(String),
    /// In no form.
    Never,
}

/// Statements that the server refuses in a transaction, and that have no form that it takes there.
const NEVER: [&[&str]; 13] = [
    &["vacuum"],
    &["create", "database"],
    &["drop", "database"],
    &["create", "tablespace"],
    &["drop", "tablespace"],
    &["create", "subscription"],
    &["drop", "subscription"],
    &["alter", "system"],
    &["discard", "all"],
    &["reindex", "database"],
    &["reindex", "system"],
    &["reindex", "schema"],
    &["checkpoint"],
];

/// How the statement runs within a transaction. `file` is the text that it is cut from.
pub(super) fn plain(file: &str, statement: &Statement) -> Plain {
    let tokens = &statement.tokens;
    if NEVER.iter().any(|words| statement.begins(words))
        || (statement.begins(&["cluster"]) && tokens.len() == 1)
    {
        return Plain::Never;
    }
    let may_be_concurrent = match statement.word(0) {
        "create" | "drop" | "reindex" => true,
        "alter" => statement.has("detach"),
        _ => false,
    };
    let Some(at) = tokens
        .iter()
        .position(|token| may_be_concurrent && token.is("concurrently"))
    else {
        return Plain::AsIs;
    };
    let word = &tokens[at];
    let before = &file[statement.start..word.start];
    let after = &file[word.end..statement.end];
    Plain::Instead(if word.depth == 0 {
        format!("{before}{}", after.trim_start())
    } else {
        // An option of REINDEX, which may have its value behind it.
        let has_value = tokens
            .get(at + 1)
            .is_some_and(|next| !next.is_sign(',') && !next.is_sign(')'));
        let value_end = tokens.get(at + 1).map_or(word.end, |next| next.end);
        let rest = if has_value {
            &file[value_end..statement.end]
        } else {
            after
        };
        format!("{before}CONCURRENTLY false{rest}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::statement::split;

    #[test]
    fn what_no_transaction_takes_is_written_plainly_or_left_out() {
        let instead = |sql: &str| Plain::Instead(sql.to_owned());
        for (sql, expected) in [
            (
                "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)",
                instead("CREATE UNIQUE INDEX IF NOT EXISTS i ON t (a)"),
            ),
            (
                "DROP INDEX CONCURRENTLY IF EXISTS i",
                instead("DROP INDEX IF EXISTS i"),
            ),
            ("REINDEX INDEX CONCURRENTLY i", instead("REINDEX INDEX i")),
            (
                "REINDEX (CONCURRENTLY, VERBOSE) TABLE t",
                instead("REINDEX (CONCURRENTLY false, VERBOSE) TABLE t"),
            ),
            (
                "REINDEX (VERBOSE, CONCURRENTLY true) TABLE t",
                instead("REINDEX (VERBOSE, CONCURRENTLY false) TABLE t"),
            ),
            (
                "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
                instead("ALTER TABLE t DETACH PARTITION p "),
            ),
            ("REFRESH MATERIALIZED VIEW CONCURRENTLY m", Plain::AsIs),
            ("CREATE TABLE \"concurrently\" (a int)", Plain::AsIs),
            ("UPDATE t SET concurrently = 1", Plain::AsIs),
            ("ANALYZE t", Plain::AsIs),
            ("CLUSTER t USING i", Plain::AsIs),
            ("CLUSTER", Plain::Never),
            ("VACUUM (ANALYZE) t", Plain::Never),
            ("ALTER SYSTEM SET x = 1", Plain::Never),
        ] {
            assert_eq!(plain(sql, &split(sql)[0]), expected, "{sql}");
        }
        let file = "SELECT 1; DROP INDEX CONCURRENTLY i; SELECT 2";
        assert_eq!(plain(file, &split(file)[1]), instead("DROP INDEX i"));
    }
}
