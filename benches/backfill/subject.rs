//! What is backfilled: Clara's own clients by the bundled phase, whose keys are random, and a table whose
//! keys were counted up, so that rows of one window lie side by side.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Align;
use crate::cluster::Database;

/// A table, and the migration that backfills it.
pub(crate) struct Subject {
    pub(crate) title: &'static str,
    pub(crate) table: &'static str,
    /// Rows of it, and what comes before it.
    fill: String,
    /// Arguments of `align migrate` for what comes before the backfill.
    pub(crate) before: &'static [&'static str],
    /// The same for the backfill.
    pub(crate) backfill: &'static [&'static str],
    /// The file of the backfill, which is valid SQL by itself.
    pub(crate) statement: String,
    /// The shortest UPDATE that writes the same values into rows without surprises.
    pub(crate) floor: &'static str,
    /// Counts rows that are not done.
    pub(crate) open: String,
    /// An UPDATE of one row, by a number from 1 to the number of rows.
    pub(crate) write: &'static str,
    folder: Option<tempfile::TempDir>,
}

impl Subject {
    pub(crate) fn all() -> [Self; 2] {
        [Self::clara(), Self::counted()]
    }

    fn clara() -> Self {
        let read = |path: &str| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
            std::fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let schema = read("mappings/clara-to-trendtialcrm/clara.sql");
        let rows = "
            INSERT INTO public.clients (id, name, email, phone, company, industry, company_size, website, notes, tags)
            SELECT md5('client ' || n)::uuid, 'Client number ' || n, 'client' || n || '@example.com', '+49 30 ' || n,
                   'Company ' || n % 20000, (ARRAY['retail', 'health', 'software'])[1 + n % 3],
                   (ARRAY['1-10', '11-50', '50-200', '201-500', '10k', '500+', '75', NULL])[1 + n % 8],
                   'https://www.example.com/' || n, repeat('note ', (n % 12)::integer), ARRAY['a', 'b']
            FROM generate_series(1, :rows) AS n;";
        Self {
            title: "clients of the bundled phase, random keys",
            table: "public.clients",
            fill: format!("{schema}\n{rows}"),
            before: &[
                "--map",
                "clara-to-trendtialcrm",
                "--phase",
                "phase1",
                "--target",
                "18",
            ],
            backfill: &[
                "--map",
                "clara-to-trendtialcrm",
                "--phase",
                "phase1",
                "--target",
                "19",
            ],
            statement: read("migrations/phase1/V19__clients_rows.sql"),
            floor: "SET LOCAL align.backfill = 'on';
                UPDATE public.clients
                SET client_name = name, company_size_number = align.company_size(company_size)",
            open: "SELECT count(*) FROM public.clients WHERE client_name IS NULL".to_owned(),
            write: "UPDATE public.clients SET phone = $2 WHERE id = md5('client ' || $1::bigint)::uuid",
            folder: None,
        }
    }

    fn counted() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let statement = "-- align: batch table=clients key=id size=10000
UPDATE public.clients AS c
SET client_name = c.name, size_number = nullif(regexp_replace(c.size, '\\D.*', ''), '')::integer
WHERE c.client_name IS NULL /* align:window */;
";
        for (path, text) in [
            (
                "mappings/counted/mapping.toml",
                "format = 1\n[from]\nsource = \"env:DATABASE_URL\"\n[to]\nsource = \"sql:to.sql\"\n[migrate]\ndir = \"../../migrations\"\nphases = [\"one\"]\n[[table]]\nfrom = \"clients\"\nto = \"clients\"\n",
            ),
            (
                "migrations/one/V1__columns.sql",
                "ALTER TABLE public.clients ADD COLUMN client_name text, ADD COLUMN size_number integer;\n",
            ),
            ("migrations/one/V2__rows.sql", statement),
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("it has one")).expect("it is writable");
            std::fs::write(path, text).expect("it is writable");
        }
        Self {
            title: "clients with keys that were counted up",
            table: "public.clients",
            fill: "CREATE TABLE public.clients (
                    id bigint PRIMARY KEY, name text NOT NULL, email text UNIQUE, phone text, company text, size text
                );
                INSERT INTO public.clients
                SELECT n, 'Client number ' || n, 'client' || n || '@example.com', '+49 30 ' || n, 'Company ' || n % 20000,
                       (ARRAY['1-10', '11-50', '50-200', '75', NULL])[1 + n % 5]
                FROM generate_series(1, :rows) AS n;
                CREATE INDEX ON public.clients (company);"
                .to_owned(),
            before: &["--map", "mappings/counted", "--target", "1"],
            backfill: &["--map", "mappings/counted", "--target", "2"],
            statement: statement.to_owned(),
            floor: "UPDATE public.clients
                SET client_name = name, size_number = nullif(regexp_replace(size, '\\D.*', ''), '')::integer",
            open: "SELECT count(*) FROM public.clients WHERE client_name IS NULL".to_owned(),
            write: "UPDATE public.clients SET phone = $2 WHERE id = $1",
            folder: Some(folder),
        }
    }

    pub(crate) fn fill(&self, database: &Database<'_>, rows: u64) {
        database.psql(&self.fill.replace(":rows", &rows.to_string()));
    }

    /// `align migrate` with these, for whom everything is allowed.
    pub(crate) fn align(&self, database: &Database<'_>, args: &[&str]) -> Align {
        let mut command = Command::new(env!("CARGO_BIN_EXE_align"));
        command
            .arg("migrate")
            .args(args)
            .args(["--yes", "--allow"])
            .arg("deletes-data,breaks-clients,blocks-writes,rewrites-table,not-reversible")
            .env("DATABASE_URL", database.url())
            .current_dir(match &self.folder {
                Some(folder) => folder.path(),
                None => Path::new(env!("CARGO_MANIFEST_DIR")),
            })
            .stdin(Stdio::null());
        Align(command)
    }
}
