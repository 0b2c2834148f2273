//! A real PostgreSQL server that a test process starts, owns and removes.
//!
//! One server a test binary ([`Cluster::shared`]), one database a test ([`database`]), so that tests
//! run side by side. The server listens on a socket in a folder of its own, with `fsync` off. A
//! watchdog process holds a pipe to the test process: when that ends, in whatever way, the pipe
//! closes, and the watchdog stops the server and removes the folder.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "each test binary uses its own part of this module"
)]

mod binaries;
mod database;
mod disk;
mod standby;

pub use database::Database;
pub use disk::SmallDisk;

use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// The superuser of every cluster.
pub const SUPERUSER: &str = "postgres";
/// The superuser's password over TCP; the socket asks for none.
pub const PASSWORD: &str = "p@ss:w/rd";

/// A new, empty database on the shared server. The name is a hint; a number makes it unique.
pub fn database(name: &str) -> Database<'static> {
    Cluster::shared().database(name)
}

/// How a server differs from the shared one.
#[derive(Debug, Default)]
pub struct Settings<'a> {
    /// Listens on 127.0.0.1, too, where roles need their passwords.
    pub tcp: bool,
    /// Lines of `pg_hba.conf` in place of those that let the socket in without a password.
    pub hba: Option<&'a [&'a str]>,
    /// Lines of `postgresql.conf`, such as `wal_level = logical`.
    pub configuration: &'a [&'a str],
}

/// A running server.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    binaries: PathBuf,
    /// Who runs the server, where the test's own user may not.
    user: Option<(u32, u32)>,
    port: u16,
    databases: AtomicU32,
    /// Roles belong to the whole cluster; two tests that make the same ones take turns.
    roles: Mutex<()>,
    watchdog: Child,
}

impl Cluster {
    /// The server of this test process, started when first asked for.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&Settings::default()))
    }

    /// A server of its own, gone when the value is dropped or the process ends.
    pub fn start(settings: &Settings<'_>) -> Self {
        let binaries = binaries::find();
        // The path of a socket may have 107 bytes at most, and macOS has long temporary folders.
        let base = Path::new("/tmp");
        let folder = tempfile::Builder::new()
            .prefix("align-pg-")
            .tempdir_in(base)
            .expect("a folder in /tmp")
            .keep();
        let owner = folder.metadata().expect("the new folder").uid();
        let user = (owner == 0).then(binaries::unprivileged_user);
        if let Some((uid, gid)) = user {
            std::os::unix::fs::chown(&folder, Some(uid), Some(gid)).expect("root gives it away");
        }
        std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o700)).expect("its owner may");
        // From here on the folder goes away with this process, whatever fails.
        let watchdog = watch(&binaries, &folder, user);

        let port = if settings.tcp { free_port() } else { 5432 };
        let secret = folder.join("password");
        std::fs::write(&secret, PASSWORD).expect("the folder is writable");
        if let Some((uid, gid)) = user {
            std::os::unix::fs::chown(&secret, Some(uid), Some(gid)).expect("root gives it away");
        }
        let mut initdb = program(&binaries, "initdb", &folder, user);
        initdb
            .args(["--no-sync", "--no-locale", "--encoding=UTF8"])
            .args(["--auth-local=trust", "--auth-host=scram-sha-256"])
            .arg(format!("--username={SUPERUSER}"))
            .arg("--pwfile")
            .arg(&secret)
            .arg("--pgdata")
            .arg(folder.join("data"));
        finish(initdb, "");

        let mut configuration = vec![
            format!("port = {port}"),
            format!("unix_socket_directories = '{}'", folder.display()),
            format!(
                "listen_addresses = '{}'",
                if settings.tcp { "127.0.0.1" } else { "" }
            ),
            // A crash of the machine may cost the data, a slow disk may not cost the tests.
            "fsync = off".to_owned(),
            "synchronous_commit = off".to_owned(),
            "full_page_writes = off".to_owned(),
            "shared_buffers = 32MB".to_owned(),
            "max_connections = 200".to_owned(),
            "autovacuum = off".to_owned(),
            "log_line_prefix = '%q\u{1}%d\u{1}'".to_owned(),
        ];
        configuration.extend(settings.configuration.iter().map(|&line| line.to_owned()));
        append(
            &folder.join("data/postgresql.conf"),
            &configuration.join("\n"),
        );
        if let Some(lines) = settings.hba {
            let hba = folder.join("data/pg_hba.conf");
            std::fs::write(hba, lines.join("\n") + "\n").expect("initdb made the folder");
        }
        let mut start = program(&binaries, "pg_ctl", &folder, user);
        start
            .args(["start", "--wait", "--silent", "--pgdata"])
            .arg(folder.join("data"))
            .arg("--log")
            .arg(folder.join("log"));
        // The server must not inherit a pipe of this process: reading it would never end.
        let status = start
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("pg_ctl runs");
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert!(status.success(), "the server does not start:\n{log}");

        Self {
            folder,
            binaries,
            user,
            port,
            databases: AtomicU32::new(0),
            roles: Mutex::new(()),
            watchdog,
        }
    }

    /// The folder of the socket.
    pub fn socket(&self) -> &Path {
        &self.folder
    }

    /// The TCP port, and the number in the socket's name.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A new, empty database.
    pub fn database(&self, name: &str) -> Database<'_> {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("{name}_{number}");
        // `template0` has no sessions; `template1` may have one, and then CREATE DATABASE fails.
        let create = format!("CREATE DATABASE \"{name}\" TEMPLATE template0");
        self.named("postgres").psql(&create);
        self.named(&name)
    }

    /// A new database with everything that another one holds, which nobody may be connected to.
    pub fn copy(&self, of: &str, name: &str) -> Database<'_> {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("{name}_{number}");
        // By files, since by log a large one takes long.
        self.named("postgres").psql(&format!(
            "CREATE DATABASE \"{name}\" TEMPLATE \"{of}\" STRATEGY file_copy"
        ));
        self.named(&name)
    }

    /// A database that exists already.
    pub fn named(&self, name: &str) -> Database<'_> {
        Database {
            cluster: self,
            name: name.to_owned(),
        }
    }

    /// Makes a role unless another test already did.
    pub fn role(&self, name: &str, attributes: &str) {
        let turn = self.roles_turn();
        let literal = name.replace('\'', "''");
        let quoted = name.replace('"', "\"\"");
        let known = format!("SELECT count(*) FROM pg_roles WHERE rolname = '{literal}'");
        let postgres = self.named("postgres");
        if postgres.psql(&known) == "0" {
            postgres.psql(&format!("CREATE ROLE \"{quoted}\" {attributes}"));
        }
        drop(turn);
    }

    /// Waits for the turn to change roles; a test that failed meanwhile does no harm.
    fn roles_turn(&self) -> MutexGuard<'_, ()> {
        self.roles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything the server has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).expect("the server logs here")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Closing its input is the sign; waiting keeps a test from seeing the server half stopped.
        drop(self.watchdog.stdin.take());
        self.watchdog.wait().expect("the watchdog ends");
    }
}

/// A program of the server in the cluster's folder, without the caller's own `PG*` settings.
fn program(binaries: &Path, name: &str, folder: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(binaries.join(name));
    command.current_dir(folder).env("LC_ALL", "C");
    for (name, _) in std::env::vars_os() {
        if binaries::is_libpq_variable(&name) {
            command.env_remove(name);
        }
    }
    if let Some((uid, gid)) = user {
        // The standard library also drops root's other groups when it changes the user.
        command.uid(uid).gid(gid);
    }
    command
}

/// Runs it to its end with the given input.
fn run(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut stdin = child.stdin.take().expect("its input is a pipe");
    std::thread::scope(|scope| {
        // A program may write much before it has read all; both ways must flow. One that ends
        // early closes its input, which its status tells better.
        scope.spawn(move || stdin.write_all(input.as_bytes()).is_ok());
        child.wait_with_output().expect("it ends")
    })
}

fn finish(mut command: Command, input: &str) -> Output {
    let output = run(&mut command, input);
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Stops the server and removes its folder as soon as its standard input ends.
fn watch(binaries: &Path, folder: &Path, user: Option<(u32, u32)>) -> Child {
    let script = r#"
        cat >/dev/null
        for data in "$2"/*/; do
            if [ -f "$data/postmaster.pid" ]; then
                "$1/pg_ctl" stop -m immediate -D "$data"
            fi
        done
        rm -rf "$2"
    "#;
    let mut shell = program(Path::new("/bin"), "sh", folder, user);
    shell
        .args(["-c", script, "watchdog"])
        .args([binaries, folder])
        .current_dir("/")
        // Ctrl-C goes to the whole group of the test process, and must not end the watchdog.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    shell.spawn().expect("a shell")
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("it is bound").port()
}

fn append(path: &Path, text: &str) {
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(path)
        .expect("initdb made it");
    writeln!(file, "\n{text}").expect("it is writable");
}
