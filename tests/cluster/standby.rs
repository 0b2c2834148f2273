//! A second server that follows the first.

use std::process::Stdio;

use super::{Cluster, SUPERUSER, finish, program};

/// A running standby; it ends with its cluster.
#[derive(Debug)]
pub struct Standby<'c> {
    cluster: &'c Cluster,
    port: u16,
}

impl Cluster {
    /// A standby under that name.
    pub fn standby(&self, name: &str) -> Standby<'_> {
        let data = self.folder.join(name);
        let port = self.port + 1;
        let mut backup = program(&self.binaries, "pg_basebackup", &self.folder, self.user);
        backup
            .args([
                "--write-recovery-conf",
                "--checkpoint=fast",
                "--no-sync",
                "--pgdata",
            ])
            .arg(&data)
            .arg("--dbname")
            .arg(format!(
                "host={} port={} user={SUPERUSER} application_name={name}",
                self.folder.display(),
                self.port
            ));
        finish(backup, "");
        let mut start = program(&self.binaries, "pg_ctl", &self.folder, self.user);
        start
            .args(["start", "--wait", "--silent", "--pgdata"])
            .arg(&data)
            .arg("--options")
            .arg(format!("-p {port}"))
            .arg("--log")
            .arg(self.folder.join("log-of-standby"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        assert!(start.status().expect("pg_ctl runs").success());
        Standby {
            cluster: self,
            port,
        }
    }
}

impl Standby<'_> {
    /// Runs SQL on it.
    pub fn psql(&self, sql: &str) -> String {
        let folder = &self.cluster.folder;
        let mut psql = program(&self.cluster.binaries, "psql", folder, None);
        psql.args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            sql,
            "-d",
        ])
        .arg(format!(
            "host={} port={} user={SUPERUSER} dbname=postgres",
            folder.display(),
            self.port
        ));
        let output = finish(psql, "");
        String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned()
    }
}
