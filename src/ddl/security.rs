//! Row level security and privileges.

use crate::schema::{Grant, Policy, PolicyCommand, QualifiedName, Rls, quote};

use super::script::{closed, names};

/// Writes the statements that switch row level security on.
pub(super) fn row_level_security(table: &QualifiedName, rls: Rls) -> Vec<String> {
    let mut statements = Vec::new();
    if rls.enabled {
        statements.push(format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"));
    }
    if rls.forced {
        statements.push(format!("ALTER TABLE {table} FORCE ROW LEVEL SECURITY;"));
    }
    statements
}

pub(super) fn policy(table: &QualifiedName, policy: &Policy) -> String {
    let mut sql = format!("CREATE POLICY {} ON {table}", policy.name);
    if !policy.permissive {
        sql.push_str(" AS RESTRICTIVE");
    }
    sql.push_str(match policy.command {
        PolicyCommand::All => "",
        PolicyCommand::Select => " FOR SELECT",
        PolicyCommand::Insert => " FOR INSERT",
        PolicyCommand::Update => " FOR UPDATE",
        PolicyCommand::Delete => " FOR DELETE",
    });
    let roles: Vec<String> = policy.roles.iter().map(|role| quote(role)).collect();
    if !roles.is_empty() && roles != ["public"] {
        sql.extend([" TO ", &roles.join(", ")]);
    }
    if let Some(using) = &policy.using {
        sql.extend(["\n    USING ", &closed(using)]);
    }
    if let Some(check) = &policy.check {
        sql.extend(["\n    WITH CHECK ", &closed(check)]);
    }
    sql.push(';');
    sql
}

/// Writes the grants on an object, which is named with its kind: `TABLE public.leads`.
pub(super) fn grants(object: &str, grants: &[Grant]) -> Vec<String> {
    grants
        .iter()
        .filter(|grant| !grant.privileges.is_empty())
        .map(|grant| {
            let columns = grant
                .columns
                .as_ref()
                .map(|columns| format!(" ({})", names(columns)));
            let columns = columns.unwrap_or_default();
            let privileges: Vec<String> = grant
                .privileges
                .iter()
                .map(|privilege| format!("{privilege}{columns}"))
                .collect();
            format!(
                "GRANT {} ON {object} TO {}{};",
                privileges.join(", "),
                quote(&grant.grantee),
                if grant.grantable {
                    " WITH GRANT OPTION"
                } else {
                    ""
                }
            )
        })
        .collect()
}

/// Writes the grants on a function, where everybody's `EXECUTE` goes without saying.
pub(super) fn function_grants(object: &str, of_function: &[Grant]) -> Vec<String> {
    let (everybody, others): (Vec<&Grant>, Vec<&Grant>) = of_function
        .iter()
        .partition(|grant| grant.grantee == "public");
    let mut statements = Vec::new();
    if everybody.is_empty() {
        statements.push(format!("REVOKE EXECUTE ON {object} FROM PUBLIC;"));
    }
    for grant in others {
        statements.extend(grants(object, std::slice::from_ref(grant)));
    }
    statements
}
