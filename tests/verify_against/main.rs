//! `align verify --against` between real databases.

#[path = "../cluster/mod.rs"]
mod cluster;
mod copied;
mod digests;
mod plain;

use std::process::{Command, Stdio};

use cluster::Database;

/// A folder, and two databases.
struct Pair {
    folder: tempfile::TempDir,
    from: Database<'static>,
    to: Database<'static>,
}

#[derive(Debug)]
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Pair {
    /// Two databases of that SQL.
    fn new(name: &str, from: &str, to: &str) -> Self {
        let (source, target) = (
            cluster::database(&format!("{name}_from")),
            cluster::database(&format!("{name}_to")),
        );
        source.psql(from);
        target.psql(to);
        Self {
            folder: tempfile::tempdir().expect("the machine does its part"),
            from: source,
            to: target,
        }
    }

    fn map(&self, mapping: &str) {
        let pair = self.folder.path().join("mappings/shop-to-crm");
        std::fs::create_dir_all(&pair).expect("the machine does its part");
        std::fs::write(pair.join("mapping.toml"), format!("format = 1\n{mapping}"))
            .expect("the machine does its part");
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_align"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("LC_ALL", "C.UTF-8")
            .env("FROM", self.from.url())
            .env("TO", self.to.url())
            .stdin(Stdio::null());
        command
    }

    fn align(&self, args: &[&str]) -> Run {
        let output = self.command(args).output();
        let output = output.expect("the machine does its part");
        Run {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("the machine does its part"),
            stderr: String::from_utf8(output.stderr).expect("the machine does its part"),
        }
    }

    fn verify(&self, args: &[&str]) -> Run {
        let verify = [
            "verify",
            "--against",
            "env:FROM",
            "--database",
            "env:TO",
            "--format",
            "json",
        ];
        self.align(&[&verify, args].concat())
    }
}

impl Run {
    #[track_caller]
    fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// What was found about a table, or by the check of that name.
    #[track_caller]
    fn found(&self, name: &str) -> Vec<String> {
        let page: serde_json::Value = serde_json::from_str(&self.stdout).expect("JSON");
        let checks = page["checks"].as_array().expect("a list");
        let check = checks.iter().find(|check| {
            let found = check["name"].as_str().expect("a name");
            found == name || found.starts_with(&format!("rows of {name} are in "))
        });
        let check = check.unwrap_or_else(|| panic!("no `{name}` in {page}"));
        let findings = check["findings"].as_array().expect("a list");
        findings
            .iter()
            .map(|finding| finding["message"].as_str().expect("a text").to_owned())
            .collect()
    }

    #[track_caller]
    fn passed(&self, name: &str) -> u64 {
        let page: serde_json::Value = serde_json::from_str(&self.stdout).expect("JSON");
        let checks = page["checks"].as_array().expect("a list");
        let start = format!("rows of {name} are in ");
        let check = checks.iter().find(|check| {
            check["name"]
                .as_str()
                .is_some_and(|n| n.starts_with(&start))
        });
        let check = check.unwrap_or_else(|| panic!("no `{name}` in {page}"));
        assert_eq!(check["verdict"], "passed", "{check}");
        check["looked_at"].as_u64().expect("a number")
    }
}
