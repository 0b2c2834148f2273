//! Where the server's programs are, and which user may run them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

const PROGRAMS: [&str; 5] = ["initdb", "pg_ctl", "postgres", "psql", "pg_dump"];

/// The folder that holds every program a test needs. No server is a failure, never a skip.
pub fn find() -> PathBuf {
    if let Some(told) = std::env::var_os("ALIGN_PG_BIN") {
        let told = PathBuf::from(told);
        assert!(
            is_complete(&told),
            "ALIGN_PG_BIN is `{}`, which lacks one of {PROGRAMS:?}",
            told.display()
        );
        return told;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).flat_map(|folder| {
        // A folder such as /usr/local/bin may hold a link to `initdb` alone.
        let linked = folder.join("initdb").canonicalize().ok();
        let linked = linked.and_then(|program| program.parent().map(Path::to_path_buf));
        [Some(folder), linked].into_iter().flatten()
    });
    on_path
        .chain(versions("/usr/lib/postgresql", "", "bin"))
        .chain(versions("/usr", "pgsql-", "bin"))
        .chain(versions("/opt/homebrew/opt", "postgresql@", "bin"))
        .chain(versions("/usr/local/opt", "postgresql@", "bin"))
        .chain(versions(
            "/Applications/Postgres.app/Contents/Versions",
            "",
            "bin",
        ))
        .find(|folder| is_complete(folder))
        .expect(
            "no PostgreSQL server is installed: run `apt-get install -y postgresql` \
             (or `brew install postgresql@17`), or name its folder of programs in ALIGN_PG_BIN",
        )
}

fn is_complete(folder: &Path) -> bool {
    PROGRAMS
        .iter()
        .all(|program| folder.join(program).is_file())
}

/// `base/<prefix><version>/<below>` for every version, the newest first.
fn versions(base: &str, prefix: &str, below: &str) -> Vec<PathBuf> {
    let Ok(folders) = std::fs::read_dir(base) else {
        return Vec::new();
    };
    let mut found: Vec<(u32, PathBuf)> = folders
        .flatten()
        .filter_map(|folder| {
            let name = folder.file_name();
            let version = name.to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((version, folder.path().join(below)))
        })
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, path)| path).collect()
}

/// The user that runs the server when the test runs as root, whom `initdb` refuses.
pub fn unprivileged_user() -> (u32, u32) {
    let users = std::fs::read_to_string("/etc/passwd").expect("root's tests need /etc/passwd");
    let ids = |wanted: &str| {
        let line = users
            .lines()
            .find(|line| line.split(':').next() == Some(wanted))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    ids("postgres")
        .or_else(|| ids("nobody"))
        .expect("neither `postgres` nor `nobody` is a user here, and initdb refuses root")
}

/// Whether libpq would read this variable.
pub fn is_libpq_variable(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("PG"))
}
