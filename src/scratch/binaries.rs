//! Where the server's programs are, and which user may run them.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::ScratchError;

const PROGRAMS: [&str; 3] = ["initdb", "pg_ctl", "postgres"];
/// A folder of versions, what stands before a version in it, and what comes below.
const PLACES: [(&str, &str, &str); 5] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// What the environment says of where programs are.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// `ALIGN_PG_BIN`; nothing else is looked at where it is set.
    pub told: Option<&'a OsStr>,
    /// `PATH`, taken apart.
    pub path: &'a [PathBuf],
}

/// The folder that holds every program that is needed.
pub(super) fn find(search: Search<'_>) -> Result<PathBuf, ScratchError> {
    if let Some(told) = search.told {
        let told = PathBuf::from(told);
        return match lacks(&told) {
            None => Ok(told),
            Some(program) => Err(ScratchError::Told {
                folder: told,
                program,
            }),
        };
    }
    let on_path = search.path.iter().flat_map(|folder| {
        // A folder such as /usr/local/bin may hold a link to `initdb` alone.
        let linked = folder.join("initdb").canonicalize().ok();
        let linked = linked.and_then(|program| program.parent().map(Path::to_path_buf));
        [Some(folder.clone()), linked].into_iter().flatten()
    });
    on_path
        .chain(
            PLACES
                .iter()
                .flat_map(|(base, prefix, below)| versions(Path::new(base), prefix, below)),
        )
        .find(|folder| lacks(folder).is_none())
        .ok_or(ScratchError::NoServer)
}

fn lacks(folder: &Path) -> Option<&'static str> {
    PROGRAMS
        .into_iter()
        .find(|program| !folder.join(program).is_file())
}

/// `base/<prefix><version>/<below>` for every version, the newest first.
fn versions(base: &Path, prefix: &str, below: &str) -> Vec<PathBuf> {
    let Ok(folders) = base.read_dir() else {
        return Vec::new();
    };
    let found: BTreeSet<(u32, PathBuf)> = folders
        .flatten()
        .filter_map(|folder| {
            let name = folder.file_name();
            let version = name.to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((version, folder.path().join(below)))
        })
        .collect();
    found.into_iter().rev().map(|(_, path)| path).collect()
}

/// The user and group that run the server in root's place, whom `initdb` refuses.
pub(super) fn unprivileged_user() -> Option<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd").ok()?;
    ids(&users, "postgres").or_else(|| ids(&users, "nobody"))
}

fn ids(users: &str, wanted: &str) -> Option<(u32, u32)> {
    let line = users
        .lines()
        .find(|line| line.split(':').next() == Some(wanted))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn install(folder: &Path, programs: &[&str]) {
        fs::create_dir_all(folder).unwrap();
        for program in programs {
            fs::write(folder.join(program), "").unwrap();
        }
    }

    #[test]
    fn the_newest_version_comes_first_by_number() {
        let base = tempfile::tempdir().unwrap();
        for name in ["v9", "v15", "v10", "vx", "16"] {
            fs::create_dir(base.path().join(name)).unwrap();
        }
        let found = versions(base.path(), "v", "bin");
        let expected = ["v15", "v10", "v9"].map(|name| base.path().join(name).join("bin"));
        assert_eq!(found, expected);
    }

    #[test]
    fn what_was_told_is_taken_or_refused_and_the_path_needs_every_program() {
        let base = tempfile::tempdir().unwrap();
        let (whole, half) = (base.path().join("whole"), base.path().join("half"));
        install(&whole, &PROGRAMS);
        install(&half, &PROGRAMS[..2]);
        let path = [half.clone(), whole.clone()];
        let told = |told| find(Search { told, path: &path });
        assert_eq!(told(None).unwrap(), whole);
        assert_eq!(told(Some(whole.as_os_str())).unwrap(), whole);
        assert!(matches!(
            told(Some(half.as_os_str())),
            Err(ScratchError::Told {
                program: "postgres",
                ..
            })
        ));
    }

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let users = "postgresql:x:7:8::/:/bin/sh\npostgres:x:101:102::/:/bin/sh\nbroken\n";
        assert_eq!(ids(users, "postgres"), Some((101, 102)));
        assert_eq!(ids(users, "nobody"), None);
        assert_eq!(ids(users, "broken"), None);
    }
}
