//! A database of Clara's as tests make it: owned by a role that is no superuser, with what surrounds
//! it in a project of Supabase's or without.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses its own part of this module"
)]

use crate::cluster::{Cluster, Database};

/// What surrounds Clara's tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Surroundings {
    /// Roles of the API, accounts in schema `auth`.
    Supabase,
    /// Nothing.
    Plain,
}

/// Who works on the database.
#[derive(Debug)]
pub struct Roles {
    /// Owns the database and Clara's tables, and migrates them.
    pub owner: &'static str,
    /// What the owner may beside.
    pub attributes: &'static str,
    /// An application that signs in by itself and is no API role.
    pub app: &'static str,
}

/// An empty database of Clara's.
pub fn make<'c>(
    cluster: &'c Cluster,
    name: &str,
    roles: &Roles,
    surroundings: Surroundings,
) -> Database<'c> {
    let db = cluster.database(name);
    let Roles { owner, app, .. } = roles;
    cluster.role(owner, roles.attributes);
    cluster.role(app, "LOGIN");
    db.psql(&format!("ALTER DATABASE \"{}\" OWNER TO {owner}", db.name));
    if surroundings == Surroundings::Supabase {
        db.load_shim();
        db.psql(&format!(
            "GRANT USAGE ON SCHEMA auth TO {owner};
             GRANT SELECT, INSERT, REFERENCES, TRIGGER ON auth.users TO {owner};
             ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public
                 GRANT ALL ON TABLES TO anon, authenticated, service_role;
             ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public
                 GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
             INSERT INTO auth.users (id, email, raw_user_meta_data) VALUES
                 ('11111111-1111-1111-1111-111111111111', 'ann@x.io', '{{\"full_name\": \"Ann\"}}'),
                 ('22222222-2222-2222-2222-222222222222', 'twin1@x.io', '{{\"full_name\": \"Twin\"}}'),
                 ('33333333-3333-3333-3333-333333333333', 'twin2@x.io', '{{\"full_name\": \"Twin\"}}');"
        ));
    }
    let schema = include_str!("../../mappings/clara-to-trendtialcrm/clara.sql");
    let tables = format!(
        "{schema}
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app};
         COMMENT ON TABLE public.leads IS 'Clara''s own';
         ALTER TABLE public.clients ALTER COLUMN phone SET STATISTICS 7;"
    );
    as_role(&db, owner, &tables).unwrap_or_else(|error| panic!("{error}"));
    db
}

/// Runs SQL as another role.
///
/// # Errors
/// What psql wrote on its standard error.
pub fn as_role(db: &Database<'_>, role: &str, sql: &str) -> Result<String, String> {
    db.try_psql(&format!("SET SESSION AUTHORIZATION {role};\n{sql}"))
}

/// The schema without the lines that `pg_dump` draws by lot.
pub fn dump(db: &Database<'_>, namespace: &str) -> String {
    let dump = db.dump_schema(namespace);
    let lines = dump.lines().filter(|line| !line.contains("restrict "));
    lines.collect::<Vec<&str>>().join("\n")
}

/// Every row of Clara's tables as text.
pub fn rows(db: &Database<'_>) -> String {
    let tables = ["clients", "leads", "activities", "conversations"];
    let each = tables.map(|table| {
        format!("SELECT '{table}', md5(string_agg(t::text, ',' ORDER BY t.id)) FROM public.{table} AS t;")
    });
    db.psql(&each.join("\n"))
}
