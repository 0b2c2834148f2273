//! The bundled migrations, run by psql as the owner of a database who is no superuser: with the
//! surroundings of a Supabase project and without, over awkward rows, and back.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails where it is"
)]

mod access;
#[path = "../clara/mod.rs"]
mod clara;
#[path = "../cluster/mod.rs"]
mod cluster;
mod contract;
mod names;
mod realtime;
mod refusal;
mod road;
mod writers;

use std::fs;
use std::path::{Path, PathBuf};

use clara::{Roles, Surroundings, as_role, rows};
use cluster::{Cluster, Database};

const OWNER: &str = "phases_owner";
/// An application that signs in by itself and is no API role.
const APP: &str = "phases_app";

/// One file of a phase.
struct File {
    name: String,
    sql: String,
    version: u32,
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The files of a phase in the order of their versions.
fn files(phase: &str) -> Vec<File> {
    let mut files: Vec<File> = fs::read_dir(root("migrations").join(phase))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let version = name
                .strip_prefix('V')
                .and_then(|rest| rest.split_once("__"));
            let version = version.unwrap_or_else(|| panic!("{name} is no name of refinery's"));
            File {
                version: version.0.parse().unwrap(),
                sql: fs::read_to_string(&path).unwrap(),
                name: format!("{phase}/{name}"),
            }
        })
        .collect();
    files.sort_by_key(|file| file.version);
    let versions: Vec<u32> = files.iter().map(|file| file.version).collect();
    let through = u32::try_from(files.len()).unwrap();
    assert_eq!(versions, (1..=through).collect::<Vec<u32>>(), "{phase}");
    files
}

fn undo(phase: &str) -> File {
    let name = format!("undo/{phase}.sql");
    let sql = fs::read_to_string(root("migrations").join(&name)).unwrap();
    File {
        name,
        sql,
        version: 0,
    }
}

/// A database of Clara's, owned by a role that is no superuser.
fn clara<'c>(cluster: &'c Cluster, name: &str, surroundings: Surroundings) -> Database<'c> {
    let roles = Roles {
        owner: OWNER,
        attributes: "LOGIN",
        app: APP,
    };
    clara::make(cluster, name, &roles, surroundings)
}

fn awkward(db: &Database<'_>) {
    as_role(db, OWNER, include_str!("../fixtures/phases/awkward.sql")).unwrap();
}

/// Runs a file as the driver does: in one transaction, unless it asks for none.
fn run(db: &Database<'_>, file: &File) -> Result<String, String> {
    let no_transaction = file.sql.contains("-- align: no-transaction");
    if no_transaction {
        as_role(db, OWNER, &file.sql)
    } else {
        as_role(db, OWNER, &format!("BEGIN;\n{}\nCOMMIT;", file.sql))
    }
}

/// Runs a batch file window by window, each in its own transaction.
fn run_in_windows(db: &Database<'_>, file: &File) -> Result<String, String> {
    let marker = "/* align:window */";
    assert!(file.sql.contains(marker), "{} has no window", file.name);
    let edges = ["00", "40", "41", "a0", "ff"];
    let uuid = |edge: &str| format!("'{edge}{}'", "f".repeat(30));
    let windows = [
        format!(" AND id <= {}", uuid(edges[0])),
        format!(" AND id > {} AND id <= {}", uuid(edges[0]), uuid(edges[1])),
        format!(" AND id > {} AND id <= {}", uuid(edges[1]), uuid(edges[2])),
        format!(" AND id > {} AND id <= {}", uuid(edges[2]), uuid(edges[3])),
        format!(" AND id > {} AND id <= {}", uuid(edges[3]), uuid(edges[4])),
    ];
    let all: Vec<String> = windows
        .iter()
        .map(|window| format!("BEGIN;\n{}\nCOMMIT;", file.sql.replace(marker, window)))
        .collect();
    as_role(db, OWNER, &all.join("\n"))
}

/// Every file of the phase, each twice: the second time must change nothing and fail at nothing.
fn apply_twice(db: &Database<'_>, phase: &str, windows: bool) {
    for file in files(phase) {
        let is_batch = file.sql.contains("-- align: batch");
        for turn in 0..2 {
            let result = if is_batch && windows && turn == 0 {
                run_in_windows(db, &file)
            } else {
                run(db, &file)
            };
            result.unwrap_or_else(|error| panic!("{}, turn {turn}: {error}", file.name));
        }
    }
}

fn apply(db: &Database<'_>, phase: &str) {
    for file in files(phase) {
        run(db, &file).unwrap_or_else(|error| panic!("{}: {error}", file.name));
    }
}

fn take_back(db: &Database<'_>, phase: &str) {
    let file = undo(phase);
    run(db, &file).unwrap_or_else(|error| panic!("{}: {error}", file.name));
}

fn holds(db: &Database<'_>, claims: &str) {
    let broken = db.psql(claims);
    assert_eq!(broken, "", "claims that do not hold, with their rows");
}

fn dump(db: &Database<'_>) -> String {
    clara::dump(db, "public")
}

/// Everything the phases could have changed: schemas, grants, and every row of every table.
fn everything(db: &Database<'_>) -> String {
    let schemas = ["public", "align", "clara", "trendtial", "auth"];
    let dumps = schemas.map(|schema| {
        let known = db.psql(&format!(
            "SELECT count(*) FROM pg_namespace WHERE nspname = '{schema}'"
        ));
        if known == "0" {
            return String::new();
        }
        let dump = db.dump_schema(schema);
        let lines = dump.lines().filter(|line| !line.contains("restrict "));
        lines.collect::<Vec<&str>>().join("\n")
    });
    let each = db.psql(
        "SELECT string_agg(format('SELECT %L, md5(string_agg(t::text, E''\\n'' ORDER BY t::text)) FROM %s AS t;',
                                  c.oid::regclass, c.oid::regclass), ' ' ORDER BY c.oid::regclass::text)
         FROM pg_class AS c
         WHERE c.relkind = 'r' AND c.relnamespace::regnamespace::text IN ('public', 'align', 'auth')",
    );
    format!("{}\n{}", dumps.join("\n"), db.psql(&each))
}

/// The whole phase as plain scripts, as somebody with psql alone runs it.
fn as_scripts(db: &Database<'_>, phase: &str) {
    for file in files(phase) {
        as_role(db, OWNER, &file.sql)
            .unwrap_or_else(|error| panic!("{} once more: {error}", file.name));
    }
}

/// Roles belong to a server: one that never had the API's is another server.
#[test]
fn without_supabase() {
    let cluster = Cluster::start(&cluster::Settings::default());
    std::thread::scope(|scope| {
        scope.spawn(|| road::there_and_back(&cluster, Surroundings::Plain));
        scope.spawn(|| writers::while_others_write(&cluster, Surroundings::Plain));
        scope.spawn(|| road::once_more(&cluster, Surroundings::Plain));
    });
}
