//! The Supabase CLI on a plain Postgres. What it does over the API or in Docker (`--linked`, `db dump`, `db diff`,
//! `start`) has no part here.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use super::clara::{self, Roles, Surroundings, as_role};
use super::cluster::{Cluster, Database, Settings};
use super::tools::packages;

const PHASES: [&str; 3] = ["phase1", "phase2", "phase3"];
const LEAVE: [&str; 3] = [
    "--yes",
    "--allow",
    "deletes-data,breaks-clients,blocks-writes,rewrites-table,not-reversible",
];
const ROLES: Roles = Roles {
    owner: "outside_owner",
    attributes: "LOGIN",
    app: "outside_app",
};

/// The CLI knows no sockets.
fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        Cluster::start(&Settings {
            tcp: true,
            ..Settings::default()
        })
    })
}

/// Clara's database, and a folder with a project of Supabase's.
struct Project {
    db: Database<'static>,
    folder: tempfile::TempDir,
}

impl Project {
    fn new(name: &str) -> Self {
        let db = clara::make(cluster(), name, &ROLES, Surroundings::Supabase);
        let rows = "
            INSERT INTO public.clients (name, email, company_size)
            SELECT 'Person ' || n % 9, 'person' || n || '@x.io', '50-200' FROM generate_series(1, 20) AS n;
            INSERT INTO public.leads (client_id, name) SELECT id, name FROM public.clients;";
        as_role(&db, ROLES.owner, rows).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("supabase")).unwrap();
        let config = "project_id = \"align\"\n[db]\nport = 54322\nmajor_version = 15\n";
        fs::write(folder.path().join("supabase/config.toml"), config).unwrap();
        Self { db, folder }
    }

    fn align(&self, args: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_align"));
        self.run(command.args(args).env("DATABASE_URL", self.db.tcp_url()))
    }

    fn migrate(&self, args: &[&str]) -> String {
        let phases = PHASES.iter().flat_map(|phase| ["--phase", phase]);
        let phases: Vec<&str> = phases.collect();
        let migrate = ["migrate", "--map", "clara-to-trendtialcrm"];
        self.align(&[&migrate[..], &phases, args].concat())
    }

    /// The CLI on this database.
    fn supabase(&self, args: &[&str]) -> String {
        let remote = format!("--remote={}", self.db.tcp_url());
        let mut command = Command::new(format!(
            "{}/@supabase/cli-linux-x64/bin/supabase",
            packages()
        ));
        command.args(args).arg(remote).env("DO_NOT_TRACK", "1");
        self.run(&mut command)
    }

    fn run(&self, command: &mut Command) -> String {
        command
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .stdin(Stdio::null());
        let output = command.output().unwrap();
        let [out, err] =
            [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
        assert!(output.status.success(), "{command:?}:\n{out}\n{err}");
        out
    }

    fn dump(&self) -> Vec<(String, String)> {
        let namespaces = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'
                          AND nspname NOT IN ('information_schema', 'supabase_migrations') ORDER BY 1";
        let namespaces = self.db.psql(namespaces);
        let dumps = namespaces
            .lines()
            .map(|name| (name.to_owned(), clara::dump(&self.db, name)));
        dumps.collect()
    }

    /// What the CLI's advisors say; of an index that nobody has used yet nothing can be said.
    fn findings(&self) -> BTreeSet<String> {
        let advisors = [
            "db",
            "advisors",
            "--level",
            "info",
            "--output-format",
            "json",
        ];
        let answer: Value = serde_json::from_str(&self.supabase(&advisors)).unwrap();
        let found = answer["results"].as_array().unwrap();
        found
            .iter()
            .filter(|finding| finding["name"] != "unused_index")
            .map(|finding| format!("{}: {}", finding["name"], finding["detail"]))
            .collect()
    }
}

#[test]
fn pushed_migrations_give_the_same_schema_as_a_run() {
    let migrated = Project::new("migrated");
    migrated.migrate(&LEAVE);
    let pushed = Project::new("pushed");
    pushed.migrate(&["--export", "supabase/migrations"]);
    let dry = pushed.supabase(&["db", "push", "--dry-run", "--yes"]);
    pushed.supabase(&["db", "push", "--yes"]);
    for (one, other) in migrated.dump().iter().zip(&pushed.dump()) {
        // The CLI connects as the superuser, and so does the run here.
        assert_eq!(one, other);
    }
    assert_eq!(migrated.dump().len(), pushed.dump().len());
    let list = "SELECT count(*) FROM supabase_migrations.schema_migrations";
    assert_eq!(pushed.db.psql(list), "76", "{dry}");

    // Known as applied by the history, and without it by Supabase's own list.
    let phases: Vec<&str> = PHASES.iter().flat_map(|phase| ["--phase", phase]).collect();
    let status = ["status", "--map", "clara-to-trendtialcrm", "--check"];
    pushed.align(&[&status[..], &phases].concat());
    let forget =
        PHASES.map(|phase| format!("DROP TABLE align.\"clara-to-trendtialcrm_{phase}_history\";"));
    pushed.db.psql(&forget.join("\n"));
    let told = pushed.align(&[&status[..], &phases].concat());
    assert!(told.contains("by Supabase"), "{told}");
    let again = pushed.migrate(&LEAVE);
    assert!(again.contains("nothing is pending"), "{again}");
}

#[test]
fn the_advisors_find_nothing_in_what_was_made() {
    for phases in [&["minimal"][..], &PHASES] {
        let project = Project::new("advised");
        let before = project.findings();
        let phases: Vec<&str> = phases.iter().flat_map(|phase| ["--phase", phase]).collect();
        let migrate = ["migrate", "--map", "clara-to-trendtialcrm"];
        project.align(&[&migrate[..], &LEAVE, &phases].concat());
        let after = project.findings();
        let new: Vec<&String> = after.difference(&before).collect();
        assert!(new.is_empty(), "{new:#?}");
        assert!(
            !before.is_empty(),
            "the advisors look at Clara's own tables"
        );
    }
}

/// What must be the same type on both sides, as the compiler of TypeScript judges it.
const EQUAL: &str = "
type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false
// Without a form of its own, so that members from different unions of types compare by what they are.
type Flat<T> = T extends readonly unknown[] ? { [K in keyof T]: Flat<T[K]> }
  : T extends object ? { [K in keyof T]: T[K] } : T
type Of<D, T> = D extends { public: { Tables: infer Tables } } ? T extends keyof Tables ? Tables[T] : never : never
type Seen<D, T> = D extends { public: { Views: infer Views } } ? T extends keyof Views ? Views[T] : never : never
";

/// One that takes writes to some of its columns, one that takes none, and one that is kept. None shows a key or
/// what is NOT NULL in its table: the CLI adds relationships that lead to a view and follows NOT NULL through it,
/// and we do not.
const VIEWS: &str = r#"
CREATE VIEW public.typed_writable AS SELECT phone AS "Phone", lower(email) AS email, tags FROM public.clients;
CREATE VIEW public.typed_counted AS SELECT status, count(*) AS rows FROM public.todos GROUP BY status;
CREATE MATERIALIZED VIEW public.typed_kept AS SELECT name, extracted_info FROM public.leads;
"#;

#[test]
fn our_types_are_those_of_the_cli_table_by_table() {
    let project = Project::new("typed");
    project.migrate(&LEAVE);
    project.db.psql(VIEWS);
    project.align(&[
        "inspect",
        "env:DATABASE_URL",
        "--format",
        "ts",
        "-o",
        "ours.ts",
    ]);
    let theirs = project.supabase(&["gen", "types", "--lang", "typescript"]);
    // A frame for terminals stands in front of it.
    let start = theirs.find("export type Json").unwrap();
    write(project.folder.path(), "theirs.ts", &theirs[start..]);
    let tables = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1";
    let tables = project.db.psql(tables);
    assert_eq!(tables.lines().count(), 23, "{tables}");
    let mut check = format!(
        "import type {{ Database as Ours, Tables, TablesInsert, Enums }} from './ours'\n\
         import {{ Constants as ourConstants }} from './ours'\n\
         import type {{ Database as Theirs }} from './theirs'\n\
         import {{ Constants as theirConstants }} from './theirs'\n{EQUAL}
         const tables: Equal<keyof Ours['public']['Tables'], keyof Theirs['public']['Tables']> = true\n\
         const enums: Equal<Ours['public']['Enums'], Theirs['public']['Enums']> = true\n\
         const constants: Equal<typeof ourConstants, typeof theirConstants> = true\n\
         const row: Tables<'leads'> = {{}} as Ours['public']['Tables']['leads']['Row']\n\
         const insert: TablesInsert<'leads'> = {{}} as Ours['public']['Tables']['leads']['Insert']\n\
         const status: Enums<'todo_status'> = 'pending'\n"
    );
    for (number, table) in tables.lines().enumerate() {
        for part in ["Row", "Insert", "Update", "Relationships"] {
            writeln!(
                check,
                "const t{number}{part}: Equal<Flat<Of<Ours, '{table}'>['{part}']>, Flat<Of<Theirs, '{table}'>['{part}']>> = true"
            )
            .unwrap();
        }
    }
    for (view, parts) in [
        ("typed_writable", &["Row", "Insert", "Update"][..]),
        ("typed_counted", &["Row"]),
        ("typed_kept", &["Row"]),
    ] {
        writeln!(
            check,
            "const {view}: Equal<Exclude<keyof Seen<Ours, '{view}'>, 'Relationships'>, Exclude<keyof Seen<Theirs, '{view}'>, 'Relationships' | 'ComputedFields'>> = true"
        )
        .unwrap();
        for part in parts {
            writeln!(
                check,
                "const {view}{part}: Equal<Flat<Seen<Ours, '{view}'>['{part}']>, Flat<Seen<Theirs, '{view}'>['{part}']>> = true"
            )
            .unwrap();
        }
    }
    let folder = project.folder.path();
    write(folder, "check.ts", &check);
    assert_eq!(compiles(folder), Ok(()));

    // And it does look: one column that may not be NULL, one relationship that is another.
    let ours = fs::read_to_string(folder.join("ours.ts")).unwrap();
    for (right, wrong) in [
        ("due_date: string | null", "due_date: string"),
        ("isOneToOne: false", "isOneToOne: true"),
    ] {
        let changed = ours.replacen(right, wrong, 1);
        assert_ne!(ours, changed, "{right}");
        write(folder, "ours.ts", &changed);
        let error = compiles(folder).expect_err(wrong);
        assert!(
            error.contains("Type 'true' is not assignable to type 'false'"),
            "{error}"
        );
    }
}

/// What the compiler of TypeScript says of `check.ts`.
fn compiles(folder: &Path) -> Result<(), String> {
    let output = Command::new("node")
        .arg(format!("{}/typescript/bin/tsc", packages()))
        .args(["--strict", "--noEmit", "--target", "es2022"])
        .args([
            "--module",
            "es2022",
            "--moduleResolution",
            "bundler",
            "check.ts",
        ])
        .current_dir(folder)
        .output()
        .unwrap();
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
}
