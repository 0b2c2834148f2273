//! Reports that the program made: each command in each format, once a test run.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::cluster;

/// Everything that was made, kept under `target/outside` to look at.
pub(crate) struct Made {
    /// Where the program ran: the places in the reports are relative to it.
    pub(crate) folder: PathBuf,
    files: Vec<PathBuf>,
}

impl Made {
    /// The files of one format.
    pub(crate) fn of(&self, format: &str) -> Vec<&Path> {
        let of = |path: &&PathBuf| path.extension().is_some_and(|found| found == format);
        let found: Vec<&Path> = self.files.iter().filter(of).map(PathBuf::as_path).collect();
        assert!(found.len() >= 8, "{found:?}");
        found
    }
}

/// Text that does something wherever it is not escaped. A name in Postgres has 63 bytes.
const HOSTILE: [&str; 6] = [
    "<script>alerted=true</script>",
    "<img src=x onerror=alerted=true>",
    "a\"b'c]]>&amp;",
    "%0A::error::x,y:z%",
    "[link](javascript:alerted=true)",
    "größe 顧客 {0}",
];

fn hostile(from: bool) -> String {
    let mut sql = String::new();
    for (at, name) in HOSTILE.iter().enumerate() {
        let name = name.replace('"', "\"\"");
        let ty = if from {
            "varchar(20)"
        } else {
            "integer NOT NULL"
        };
        let extra = if from { "gone" } else { "new\"\"<b>" };
        if from && at == 0 {
            continue;
        }
        writeln!(
            sql,
            "CREATE TABLE \"{name}\" (id int PRIMARY KEY, \"{name}\" {ty}, \"{extra}\" text NOT NULL);"
        )
        .unwrap();
    }
    sql
}

fn large(from: bool) -> String {
    let mut sql = String::new();
    for table in 0..60 {
        let name = format!("table_{table:02}_{}", "long_".repeat(10));
        let columns: Vec<String> = (0..40)
            .map(|column| {
                let ty = if from { "text" } else { "varchar(10)" };
                let side = if from && column % 3 == 0 { "x" } else { "y" };
                format!("{}_{column}_{side} {ty}", "wide".repeat(12))
            })
            .collect();
        if !from || table % 5 != 0 {
            writeln!(sql, "CREATE TABLE {name} ({});", columns.join(", ")).unwrap();
        }
    }
    sql
}

const TYPES: &str =
    "export interface Lead {\n  id: string;\n  name: string;\n  score: number;\n}\n";
const LEADS: &str = "CREATE TABLE leads (\n  id uuid PRIMARY KEY,\n  name text NOT NULL,\n  grade text NOT NULL\n);\n";

/// Makes them when the first test asks.
pub(crate) fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/outside/reports");
        if top.exists() {
            fs::remove_dir_all(&top).unwrap();
        }
        let folder = top.join("run");
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in [
            ("hostile-from.sql", hostile(true)),
            ("hostile-to.sql", hostile(false)),
            ("large-from.sql", large(true)),
            ("large-to.sql", large(false)),
            ("types.ts", TYPES.to_owned()),
            ("leads.sql", LEADS.to_owned()),
        ] {
            fs::write(folder.join(name), text).unwrap();
        }
        let db = cluster::database("outside");
        db.load_shim();
        db.load("mappings/clara-to-trendtialcrm/clara.sql");
        let bundled = ["--map", "clara-to-trendtialcrm"];
        let files = |from, to| vec!["diff", "--no-map", "--from", from, "--to", to];
        let runs: [(&str, Vec<&str>); 8] = [
            ("pair", [&["diff"][..], &bundled].concat()),
            ("hostile", files("hostile-from.sql", "hostile-to.sql")),
            ("large", files("large-from.sql", "large-to.sql")),
            ("types", files("types.ts", "leads.sql")),
            ("same", files("leads.sql", "sql:leads.sql")),
            (
                "rehearse",
                [&["rehearse", "--phase", "phase1"][..], &bundled].concat(),
            ),
            ("verify", [&["verify"][..], &bundled].concat()),
            ("status", [&["status", "--check"][..], &bundled].concat()),
        ];
        let mut written = Vec::new();
        for (name, arguments) in &runs {
            for format in ["html", "junit", "sarif", "github"] {
                let file = top.join(format!("{name}.{format}"));
                let done = Command::new(env!("CARGO_BIN_EXE_align"))
                    .args(arguments)
                    .args(["--format", format, "-o"])
                    .arg(&file)
                    .current_dir(&folder)
                    .env("DATABASE_URL", db.url())
                    .env("LC_ALL", "C.UTF-8")
                    .output()
                    .unwrap();
                let said = String::from_utf8_lossy(&done.stderr);
                assert!(matches!(done.status.code(), Some(0 | 1)), "{name}: {said}");
                written.push(file);
            }
        }
        Made {
            folder,
            files: written,
        }
    })
}
