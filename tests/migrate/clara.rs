//! Clara's database and the bundled pair.
#![expect(unreachable_pub, reason = "one test binary, several files")]

use std::process::{Command, Stdio};

use crate::cluster::{Cluster, Database};
use crate::{Run, finished};

const CLARA: &str = include_str!("../../mappings/clara-to-trendtialcrm/clara.sql");
/// Everything that the bundled phases but `contract` ask leave for.
pub const LEAVE: [&str; 3] = [
    "--yes",
    "--allow",
    "deletes-data,breaks-clients,blocks-writes,rewrites-table,not-reversible",
];

/// What surrounds Clara's tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Surroundings {
    Supabase,
    Plain,
}

/// A database of Clara's whose tables belong to a role that is no superuser and may do nothing else.
pub struct Clara<'c> {
    pub db: Database<'c>,
    folder: tempfile::TempDir,
}

impl<'c> Clara<'c> {
    pub fn new(cluster: &'c Cluster, name: &str, surroundings: Surroundings, owner: &str) -> Self {
        let db = cluster.database(name);
        cluster.role(owner, "NOLOGIN");
        if surroundings == Surroundings::Supabase {
            db.load_shim();
        }
        db.psql(&format!(
            "CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\";
             GRANT CREATE ON SCHEMA public TO {owner};
             SET SESSION AUTHORIZATION {owner};
             {CLARA};
             RESET SESSION AUTHORIZATION;
             REVOKE CREATE ON SCHEMA public FROM {owner};"
        ));
        db.psql(
            "INSERT INTO public.clients (name, email, company, company_size)
             SELECT 'Person ' || n % 90, 'person' || n || '@x.io', 'Acme',
                    (ARRAY['50-200', '10k', '', 'lots', NULL])[1 + n % 5]
             FROM generate_series(1, 200) AS n;
             INSERT INTO public.leads (client_id, name, email, assigned_agent)
             SELECT id, name, email, 'sales_agent' FROM public.clients;
             INSERT INTO public.conversations (session_id, lead_id, status)
             SELECT 's' || row_number() OVER (), id, 'ended' FROM public.leads;",
        );
        Self {
            db,
            folder: tempfile::tempdir().expect("the machine does its part"),
        }
    }

    pub fn command(&self, role: &str, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_align"));
        command
            .args(args)
            .args(["--map", "clara-to-trendtialcrm"])
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("DATABASE_URL", self.db.url_as(role))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn align(&self, role: &str, args: &[&str]) -> Run {
        finished(&self.command(role, args).output().expect("align runs"))
    }

    /// `align migrate` with every leave.
    pub fn migrate(&self, role: &str, args: &[&str]) -> Run {
        self.align(role, &[&["migrate"], &LEAVE[..], args].concat())
    }

    /// Every schema of the database and all of Clara's rows.
    pub fn dump(&self) -> String {
        let rows = ["clients", "leads", "activities", "conversations"].map(|table| {
            format!("SELECT md5(string_agg(t::text, ',' ORDER BY t.id)) FROM public.{table} AS t;")
        });
        let schema = crate::without_noise(&self.db.dump_schema("*"));
        format!("{schema}\n{}", self.db.psql(&rows.concat()))
    }
}
