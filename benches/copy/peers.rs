//! Who else copies a table from one database to another.

use std::process::{Command, Stdio};

use crate::cluster::Database;
use crate::finish;
use crate::subject::Subject;

/// Foreign keys to tables that are not copied, which those leave out that copy a part of a database.
const KEYS: &str = "
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'leads'::regclass AND contype = 'f') THEN
            ALTER TABLE leads ADD FOREIGN KEY (client_id) REFERENCES clients, ADD FOREIGN KEY (agent_id) REFERENCES users;
        END IF;
    END $$";

/// Another way to copy a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// `pg_dump | pg_restore`: rows that are mapped already.
    Dump,
    /// pgcopydb: rows that are mapped already.
    Pgcopydb,
    /// pgloader: rows that are mapped already.
    Pgloader,
    /// `INSERT … SELECT` over `postgres_fdw`, with the mapping written by hand.
    Fdw,
}

impl Peer {
    pub(crate) const ALL: [Self; 4] = [Self::Dump, Self::Pgcopydb, Self::Pgloader, Self::Fdw];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Dump => "pg_dump -Fc | pg_restore",
            Self::Pgcopydb => "pgcopydb",
            Self::Pgloader => "pgloader",
            Self::Fdw => "postgres_fdw INSERT … SELECT",
        }
    }

    /// Whether it leaves rows that are there.
    pub(crate) fn merges(self) -> bool {
        self == Self::Fdw
    }

    pub(crate) fn makes_the_table(self) -> bool {
        self != Self::Fdw
    }

    /// The line that installs it, where it is not.
    pub(crate) fn missing(self) -> Option<&'static str> {
        let (program, line) = match self {
            Self::Pgcopydb => ("pgcopydb", "apt-get install -y pgcopydb"),
            Self::Pgloader => ("pgloader", "apt-get install -y pgloader"),
            Self::Dump | Self::Fdw => return None,
        };
        let found = Command::new(program)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        found.is_err().then_some(line)
    }

    pub(crate) fn copy(self, subject: &Subject<'_>, to: &Database<'_>) {
        match self {
            Self::Dump => {
                let mut shell = Command::new("bash");
                shell
                    .args(["-c", "set -o pipefail; PATH=/usr/lib/postgresql/15/bin:$PATH; pg_dump -Fc --table leads --dbname \"$FROM\" | pg_restore --exit-on-error --dbname \"$TO\""])
                    .env("FROM", subject.plain.url())
                    .env("TO", to.url());
                finish(shell);
            }
            Self::Pgcopydb => {
                let filters = subject.folder.path().join("only.ini");
                std::fs::write(&filters, "[include-only-table]\npublic.leads\n")
                    .expect("it is writable");
                let work = subject.folder.path().join("pgcopydb");
                let mut command = Command::new("pgcopydb");
                command
                    .args([
                        "clone",
                        "--no-owner",
                        "--no-acl",
                        "--no-comments",
                        "--restart",
                    ])
                    .args(["--table-jobs", "2", "--index-jobs", "2", "--dir"])
                    .arg(&work)
                    .arg("--filters")
                    .arg(&filters)
                    .env("PGCOPYDB_SOURCE_PGURI", subject.plain.url())
                    .env("PGCOPYDB_TARGET_PGURI", to.url());
                finish(command);
                to.psql(KEYS);
                std::fs::remove_dir_all(&work).expect("it is ours");
            }
            Self::Pgloader => {
                let script = format!(
                    "LOAD DATABASE FROM pgsql://postgres@127.0.0.1:{port}/{} INTO pgsql://postgres@127.0.0.1:{port}/{}
                     WITH include drop, create tables, create indexes, foreign keys, reset no sequences, workers = 4, concurrency = 2
                     INCLUDING ONLY TABLE NAMES MATCHING 'leads' IN SCHEMA 'public';",
                    subject.plain.name,
                    to.name,
                    port = subject.port,
                );
                let file = subject.folder.path().join("leads.load");
                std::fs::write(&file, script).expect("it is writable");
                let mut command = Command::new("pgloader");
                command
                    .args(["--on-error-stop", "--root-dir"])
                    .arg(subject.folder.path().join("pgloader"))
                    .arg(&file);
                finish(command);
                to.psql(KEYS);
            }
            Self::Fdw => {
                to.psql(&subject.fdw());
            }
        }
    }
}

impl Subject<'_> {
    /// The mapping as somebody would write it, where no text is a surprise.
    fn fdw(&self) -> String {
        let url = self.from.url();
        let (_, options) = url.split_once('?').expect("a socket");
        let options: Vec<String> = options
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| format!("{name} '{value}'"))
            .collect();
        format!(
            "CREATE EXTENSION postgres_fdw;
             CREATE SERVER clara FOREIGN DATA WRAPPER postgres_fdw
                OPTIONS ({}, dbname '{}', fetch_size '10000');
             CREATE USER MAPPING FOR CURRENT_USER SERVER clara OPTIONS (user 'postgres');
             CREATE SCHEMA clara;
             IMPORT FOREIGN SCHEMA public LIMIT TO (leads) FROM SERVER clara INTO clara;
             INSERT INTO leads (id, client_id, lead_name, email, source, team_size, agent_id, remarks, created_at)
             SELECT l.id, l.client_id, l.name, l.email, l.source,
                replace(substring(l.company_size FROM '^[0-9,]+'), ',', '')::integer, u.id, l.notes, l.added_at
             FROM clara.leads AS l LEFT JOIN users AS u ON u.email = l.agent
             ON CONFLICT (id) DO NOTHING;",
            options.join(", "),
            self.from.name
        )
    }
}
