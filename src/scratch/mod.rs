//! A server for one run, or a database on another's ([`Borrowed`]).
//!
//! [`Cluster`] is started from the programs that are installed, gone with the value.
//!
//! It has a folder of its own under `/tmp` with its data, its log and its socket, listens nowhere else,
//! and a file in the folder is locked as long as this process lives. A process that is killed leaves
//! folder and server behind, but not the lock: so the next one knows what may be removed.

mod binaries;
mod borrowed;
mod load;

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub use load::{count, run};

pub use binaries::Search;
pub use borrowed::{BorrowError, Borrowed};

/// Roles that every Supabase project has.
pub const ROLES: &str = include_str!("roles.sql");

/// Schemas and functions that every Supabase project has.
pub const SUPABASE: &str = include_str!("supabase.sql");

/// Fills every table of the namespaces in `align.namespaces`, with `align.rows` rows each.
pub const ROWS: &str = include_str!("rows.sql");

/// The path of a socket may have 107 bytes, and the temporary folder of a Mac is long.
const BASE: &str = "/tmp";
const PREFIX: &str = "align-scratch-";
/// Ends the name of a folder whose lock is not taken yet.
const UNLOCKED: &str = ".new";
const LOCK: &str = "lock";
const DATA: &str = "data";
const LOG: &str = "log";
const SUPERUSER: &str = "postgres";
const PORT: u16 = 5432;

/// Why there is no scratch server.
#[derive(Debug, thiserror::Error)]
pub enum ScratchError {
    /// None is installed.
    #[error("no PostgreSQL server is installed here")]
    NoServer,
    /// The folder that was told has none.
    #[error("`ALIGN_PG_BIN` is `{}`, and there is no `{program}` in it", folder.display())]
    Told {
        /// The folder.
        folder: PathBuf,
        /// What it lacks.
        program: &'static str,
    },
    /// Root has nobody to run it.
    #[error(
        "neither `postgres` nor `nobody` is a user here, and the server refuses to run as root"
    )]
    NoUser,
    /// A file or folder is in the way.
    #[error("cannot {doing} `{}`", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// One of the server's programs failed.
    #[error("`{program}` failed: {said}")]
    Program {
        /// Its name.
        program: &'static str,
        /// What it said, and what the server's log says.
        said: String,
    },
}

/// A running server.
#[derive(Debug)]
pub struct Cluster {
    place: Place,
    binaries: PathBuf,
    /// Held as long as the process lives.
    _lock: File,
}

/// A folder, and who runs the server in it.
#[derive(Debug)]
struct Place {
    folder: PathBuf,
    user: Option<(u32, u32)>,
}

impl Cluster {
    /// Starts one, and removes what runs that were killed have left.
    ///
    /// # Errors
    /// [`ScratchError`]; then nothing is left of it.
    pub fn start(search: Search<'_>) -> Result<Self, ScratchError> {
        let binaries = binaries::find(search)?;
        let (folder, lock) = locked_folder()?;
        let mut cluster = Self {
            place: Place { folder, user: None },
            binaries,
            _lock: lock,
        };
        cluster.run()?;
        Ok(cluster)
    }

    fn run(&mut self) -> Result<(), ScratchError> {
        let folder = &self.place.folder;
        let owner = fs::metadata(folder)
            .map_err(|error| io_error("read", folder, error))?
            .uid();
        sweep(&self.binaries, owner);
        if owner == 0 {
            let (user, group) = binaries::unprivileged_user().ok_or(ScratchError::NoUser)?;
            chown(folder, Some(user), Some(group))
                .map_err(|error| io_error("give away", folder, error))?;
            self.place.user = Some((user, group));
        }
        let place = &self.place;
        let mut initdb = place.program(&self.binaries, "initdb");
        initdb
            .args([
                "--no-sync",
                "--no-locale",
                "--encoding=UTF8",
                "--auth=trust",
            ])
            .arg(format!("--username={SUPERUSER}"))
            .arg("--pgdata")
            .arg(place.data());
        let done = initdb.output();
        let done = done.map_err(|error| io_error("run", &self.binaries.join("initdb"), error))?;
        if !done.status.success() {
            return Err(ScratchError::Program {
                program: "initdb",
                said: String::from_utf8_lossy(&done.stderr).trim().to_owned(),
            });
        }
        let mut start = place.program(&self.binaries, "pg_ctl");
        start
            .args(["start", "--wait", "--silent", "--pgdata"])
            .arg(place.data())
            .arg("--log")
            .arg(place.folder.join(LOG))
            .arg("--options")
            .arg(self.settings());
        // The server must not inherit a pipe of this process: reading it would never end.
        let status = start
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .map_err(|error| io_error("run", &self.binaries.join("pg_ctl"), error))?;
        if status.success() {
            return Ok(());
        }
        let log = fs::read_to_string(place.folder.join(LOG)).unwrap_or_default();
        Err(ScratchError::Program {
            program: "pg_ctl",
            said: log.trim().to_owned(),
        })
    }

    /// Durability is of no use to what is removed at the end.
    fn settings(&self) -> String {
        let socket = self.place.folder.display();
        let settings = [
            format!("port={PORT}"),
            format!("unix_socket_directories={socket}"),
            "listen_addresses=".to_owned(),
            "fsync=off".to_owned(),
            "synchronous_commit=off".to_owned(),
            "full_page_writes=off".to_owned(),
            "autovacuum=off".to_owned(),
            "shared_buffers=32MB".to_owned(),
        ];
        settings.map(|setting| format!("-c {setting}")).join(" ")
    }

    /// The URL of its one database.
    pub fn url(&self) -> String {
        let socket = self.place.folder.display();
        format!("postgresql://{SUPERUSER}@/postgres?host={socket}&port={PORT}")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.place.remove(&self.binaries);
    }
}

impl Place {
    fn data(&self) -> PathBuf {
        self.folder.join(DATA)
    }

    /// One of the server's programs, with nothing of this process's environment.
    fn program(&self, binaries: &Path, name: &str) -> Command {
        let mut command = Command::new(binaries.join(name));
        command
            .current_dir(&self.folder)
            .env_clear()
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            // Ctrl-C is for this process; it stops the server itself.
            .process_group(0);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    /// Stops the server, if it runs, and removes the folder. What cannot be removed is left to the
    /// next run.
    fn remove(&self, binaries: &Path) {
        // The number in a pid file may belong to another process by now; an open socket does not lie.
        let socket = self.folder.join(format!(".s.PGSQL.{PORT}"));
        if UnixStream::connect(socket).is_ok() {
            let mut stop = self.program(binaries, "pg_ctl");
            stop.args(["stop", "--wait", "--silent", "--mode=immediate", "--pgdata"])
                .arg(self.data())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            match stop.status() {
                Ok(_) | Err(_) => {}
            }
        }
        match fs::remove_dir_all(&self.folder) {
            Ok(()) | Err(_) => {}
        }
    }
}

/// A new folder of this process's own, with the lock in it taken before the folder gets its name.
fn locked_folder() -> Result<(PathBuf, File), ScratchError> {
    let process = std::process::id();
    let mut number = 0_u32;
    let fresh = loop {
        let fresh = Path::new(BASE).join(format!("{PREFIX}{process}-{number}{UNLOCKED}"));
        match DirBuilder::new().mode(0o700).create(&fresh) {
            Ok(()) if !fresh.with_extension("").exists() => break fresh,
            Ok(()) => {
                fs::remove_dir(&fresh).map_err(|error| io_error("remove", &fresh, error))?;
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 1000 => {}
            Err(error) => return Err(io_error("make", &fresh, error)),
        }
        number += 1;
    };
    let folder = fresh.with_extension("");
    let path = fresh.join(LOCK);
    let lock = File::create(&path).map_err(|error| io_error("make", &path, error))?;
    lock.lock()
        .map_err(|error| io_error("lock", &path, error))?;
    fs::rename(&fresh, &folder).map_err(|error| io_error("rename", &fresh, error))?;
    Ok((folder, lock))
}

/// Removes the folders whose process is gone, of this process's user, and of the one that runs root's
/// servers.
fn sweep(binaries: &Path, user: u32) {
    let Ok(entries) = fs::read_dir(BASE) else {
        return;
    };
    let server = binaries::unprivileged_user();
    let is_ours = |owner: u32| {
        owner == user || (user == 0 && server.is_some_and(|(server, _)| server == owner))
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let named = name
            .to_str()
            .is_some_and(|name| name.starts_with(PREFIX) && !name.ends_with(UNLOCKED));
        // Anybody may make a folder here, and a link to one.
        let Some(metadata) = named
            .then(|| entry.metadata().ok())
            .flatten()
            .filter(fs::Metadata::is_dir)
        else {
            continue;
        };
        let folder = entry.path();
        let Ok(lock) = File::options().write(true).open(folder.join(LOCK)) else {
            continue;
        };
        if is_ours(metadata.uid()) && lock.try_lock().is_ok() {
            let user = (metadata.uid() != user).then_some((metadata.uid(), metadata.gid()));
            Place { folder, user }.remove(binaries);
        }
    }
}

fn io_error(doing: &'static str, path: &Path, source: io::Error) -> ScratchError {
    ScratchError::Io {
        doing,
        path: path.to_owned(),
        source,
    }
}
