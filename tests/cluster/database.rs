//! One database of a cluster, and what a test does with it.

use std::path::Path;
use std::process::Command;

use super::{Cluster, SUPERUSER, finish, program, run};

/// One database of a cluster.
#[derive(Debug)]
pub struct Database<'c> {
    /// The server it is on.
    pub cluster: &'c Cluster,
    /// Its name.
    pub name: String,
}

impl Database<'_> {
    /// A URL for the superuser over the socket.
    pub fn url(&self) -> String {
        self.url_as(SUPERUSER)
    }

    /// A URL for that role over the socket.
    pub fn url_as(&self, role: &str) -> String {
        let folder = self.cluster.folder.display();
        let port = self.cluster.port;
        format!(
            "postgresql://{role}@/{}?host={folder}&port={port}",
            self.name
        )
    }

    /// A URL for the superuser over TCP, with the password.
    pub fn tcp_url(&self) -> String {
        let port = self.cluster.port;
        format!(
            "postgresql://{SUPERUSER}:p%40ss%3Aw%2Frd@127.0.0.1:{port}/{}",
            self.name
        )
    }

    /// Runs SQL and gives its rows, fields apart by `|`; a failure fails the test.
    pub fn psql(&self, sql: &str) -> String {
        self.try_psql(sql)
            .unwrap_or_else(|message| panic!("{message}\nin: {sql}"))
    }

    /// Runs SQL and gives its rows, or psql's error text.
    ///
    /// # Errors
    /// What psql wrote on its standard error.
    pub fn try_psql(&self, sql: &str) -> Result<String, String> {
        let output = run(self.psql_command().args(["-f", "-"]), sql);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(text(&output.stderr))
        }
    }

    /// Runs a file of SQL; a relative path starts at the crate's folder.
    pub fn load(&self, path: impl AsRef<Path>) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let mut psql = self.psql_command();
        psql.arg("-f").arg(path);
        finish(psql, "");
    }

    /// Gives it the smallest part of a Supabase project's surroundings: roles, `auth`, claims.
    pub fn load_shim(&self) {
        let turn = self.cluster.roles_turn();
        self.load("tests/fixtures/supabase/shim.sql");
        drop(turn);
    }

    /// Takes back every default privilege, so that a table made from here on has only the grants
    /// its own file gives.
    pub fn reset_default_privileges(&self) {
        self.psql(include_str!("reset_default_privileges.sql"));
    }

    /// The schema as `pg_dump` writes it, of one namespace.
    pub fn dump_schema(&self, namespace: &str) -> String {
        let mut dump = program(
            &self.cluster.binaries,
            "pg_dump",
            &self.cluster.folder,
            None,
        );
        dump.args(["--schema-only", "--schema", namespace, "--dbname"])
            .arg(self.url());
        String::from_utf8_lossy(&finish(dump, "").stdout).into_owned()
    }

    /// Everything in it, rows and the places of sequences included, as `pg_dump` writes it.
    pub fn dump(&self) -> String {
        let cluster = self.cluster;
        let mut dump = program(&cluster.binaries, "pg_dump", &cluster.folder, None);
        dump.arg("--dbname").arg(self.url());
        String::from_utf8_lossy(&finish(dump, "").stdout).into_owned()
    }

    /// Logs every statement of sessions that begin from here on.
    pub fn log_statements(&self) {
        self.psql(&format!(
            "ALTER DATABASE \"{}\" SET log_statement = 'all'",
            self.name
        ));
    }

    /// What sessions of this database have logged, an entry an item.
    pub fn log(&self) -> Vec<String> {
        let log = self.cluster.log();
        let mark = format!("\u{1}{}\u{1}", self.name);
        let mut entries: Vec<String> = Vec::new();
        let mut ours = false;
        for line in log.lines() {
            // A line that goes on with the entry before begins with a tab.
            match line.strip_prefix('\t') {
                Some(rest) if ours => {
                    let entry = entries.last_mut().expect("an entry began");
                    entry.push('\n');
                    entry.push_str(rest);
                }
                Some(_) => {}
                None => {
                    let entry = line.strip_prefix(&mark);
                    ours = entry.is_some();
                    entries.extend(entry.map(str::to_owned));
                }
            }
        }
        entries
    }

    /// Drops it. Nobody may be connected to it any more.
    pub fn remove(self) {
        let drop = format!("DROP DATABASE \"{}\" WITH (FORCE)", self.name);
        self.cluster.named("postgres").psql(&drop);
    }

    fn psql_command(&self) -> Command {
        let mut psql = program(&self.cluster.binaries, "psql", &self.cluster.folder, None);
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d"])
            // Warnings in front of an error hide it.
            .env("PGOPTIONS", "-c client_min_messages=error")
            .arg(self.url());
        psql
    }
}
