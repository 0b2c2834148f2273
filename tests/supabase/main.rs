//! `align` in a Supabase project: exported migrations, types of an application, addresses, and schemas that
//! belong to Supabase.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails where it is"
)]

mod addresses;
#[path = "../clara/mod.rs"]
mod clara;
#[path = "../cluster/mod.rs"]
mod cluster;
mod export;
mod foreign;
mod pushed;
mod types;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use clara::{Roles, Surroundings, as_role};
use cluster::{Cluster, Database};

const OWNER: &str = "supabase_owner";
const ROLES: Roles = Roles {
    owner: OWNER,
    attributes: "LOGIN",
    app: "supabase_app",
};
const AT: [&str; 2] = ["--at", "20260101000000"];
/// Everything that the phases ask leave for.
const LEAVE: [&str; 3] = [
    "--yes",
    "--allow",
    "deletes-data,breaks-clients,blocks-writes,rewrites-table,not-reversible",
];

#[derive(Debug)]
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// A folder, and a database of Clara's.
struct Project {
    db: Database<'static>,
    folder: tempfile::TempDir,
}

impl Project {
    fn new(name: &str, surroundings: Surroundings) -> Self {
        let db = clara::make(Cluster::shared(), name, &ROLES, surroundings);
        let rows = "
            INSERT INTO public.clients (id, name, email, company, company_size, created_at, updated_at)
            SELECT md5('client' || n)::uuid, 'Person ' || n % 90, 'person' || n || '@x.io', 'Acme',
                   (ARRAY['50-200', '10k', '', 'lots', NULL])[1 + n % 5], '2026-01-01', '2026-01-02'
            FROM generate_series(1, 200) AS n;
            INSERT INTO public.leads (id, client_id, name, email, assigned_agent, last_interaction, created_at, updated_at)
            SELECT md5('lead' || id)::uuid, id, name, email, 'sales_agent', '2026-01-02', '2026-01-01', '2026-01-02' FROM public.clients;
            INSERT INTO public.conversations (session_id, lead_id, status)
            SELECT 's' || row_number() OVER (ORDER BY id), id, 'ended' FROM public.leads;";
        as_role(&db, OWNER, rows).unwrap();
        Self {
            db,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.folder.path().join(path)
    }

    fn align(&self, args: &[&str]) -> Run {
        align(self.folder.path(), &self.db.url_as(OWNER), args)
    }

    fn migrate(&self, args: &[&str]) -> Run {
        let pair = &["migrate", "--map", "clara-to-trendtialcrm"][..];
        self.align(&[pair, &LEAVE[..], args].concat())
    }

    fn export(&self, args: &[&str]) -> Run {
        let pair = &["migrate", "--map", "clara-to-trendtialcrm"][..];
        self.align(&[pair, &["--export", "out"][..], args].concat())
    }

    fn status(&self, args: &[&str]) -> Run {
        let pair = &["status", "--map", "clara-to-trendtialcrm"][..];
        self.align(&[pair, args].concat())
    }

    /// The exported files by name, in the order in which they run.
    fn exported(&self) -> Vec<(String, String)> {
        files(&self.path("out"))
    }

    /// Runs the exported files, each in one transaction.
    fn push(&self) {
        for (name, sql) in self.exported() {
            as_role(&self.db, OWNER, &format!("BEGIN;\n{sql}\nCOMMIT;"))
                .unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}

fn files(folder: &Path) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn align(folder: &Path, url: &str, args: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_align"))
        .args(args)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("LC_ALL", "C.UTF-8")
        .env("DATABASE_URL", url)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Run {
    /// Its output, where it ended with this code.
    fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }
}
