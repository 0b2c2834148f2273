//! The workflows of the README are run as far as a machine without GitHub and GitLab can: every step's
//! shell lines, in a project that has a pair, with what installs replaced by nothing and the services'
//! own programs by ones that write down how they were called.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails where it is"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

struct Project {
    folder: tempfile::TempDir,
}

/// The YAML under a marker.
fn workflow(name: &str) -> String {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"));
    let readme = readme.unwrap();
    let marker = format!("<!-- workflow: {name} -->\n```yaml\n");
    let (_, rest) = readme.split_once(&marker).expect("the workflow is marked");
    rest.split_once("\n```\n").unwrap().0.to_owned()
}

/// The scripts behind a key, or of the entries of a list: one line, or the block under `|`.
fn scripts(yaml: &str, opens: &str) -> Vec<String> {
    let lines: Vec<&str> = yaml.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        at += 1;
        let Some(rest) = line.trim_start().strip_prefix(opens) else {
            continue;
        };
        if rest != "|" {
            found.push(rest.to_owned());
            continue;
        }
        let indent = |line: &str| line.len() - line.trim_start().len();
        let depth = indent(lines[at]);
        let mut block = String::new();
        while at < lines.len() && (lines[at].is_empty() || indent(lines[at]) >= depth) {
            block += lines[at].get(depth..).unwrap_or_default();
            block.push('\n');
            at += 1;
        }
        found.push(block);
    }
    found
}

/// The lines of a key and what stands under it, in a job.
fn under<'a>(yaml: &'a str, key: &str) -> &'a str {
    let start = yaml.find(&format!("\n  {key}:\n")).unwrap() + 1;
    let rest = &yaml[start..];
    let mut end = rest.find('\n').unwrap() + 1;
    while let Some(line) = rest[end..].lines().next()
        && line.starts_with("    ")
    {
        end += line.len() + 1;
    }
    &rest[..end.min(rest.len())]
}

impl Project {
    /// A project whose pair is decided, with a report that knows all of it.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = Self { folder };
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop-and-warehouse");
        project.runs(&format!(
            "cp {0}/*.sql . && mkdir -p mappings && cp -r {0}/decided mappings/shop-to-warehouse",
            example.display()
        ));
        fs::create_dir(project.path().join("bin")).unwrap();
        for name in ["cargo", "apt-get"] {
            project.program(name, "exit 0");
        }
        project.runs("align diff --format json -o known.json");
        project
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A program that writes its words into `calls`, and then does that.
    fn program(&self, name: &str, does: &str) {
        let path = self.path().join("bin").join(name);
        let text = format!("#!/bin/sh\necho \"{name} $*\" >> calls\n{does}\n");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn shell(&self, script: &str) -> Output {
        let align = Path::new(env!("CARGO_BIN_EXE_align")).parent().unwrap();
        let path = std::env::var("PATH").unwrap();
        let own = self.path().join("bin");
        Command::new("bash")
            .args(["-e", "-c", script])
            .current_dir(self.path())
            .env(
                "PATH",
                format!("{}:{}:{path}", own.display(), align.display()),
            )
            .env("LC_ALL", "C.UTF-8")
            .env("GITHUB_REPOSITORY", "us/shop")
            .env("PULL_REQUEST", "7")
            .env("CI_API_V4_URL", "https://gitlab.example/api/v4")
            .env("CI_PROJECT_ID", "3")
            .env("CI_MERGE_REQUEST_IID", "7")
            .env("ALIGN_TOKEN", "t")
            .output()
            .unwrap()
    }

    #[track_caller]
    fn runs(&self, script: &str) -> String {
        let output = self.shell(script);
        assert!(output.status.success(), "{script}\n{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn calls(&self) -> String {
        let path = self.path().join("calls");
        let calls = fs::read_to_string(&path).unwrap_or_default();
        fs::write(path, "").unwrap();
        calls
    }

    /// The next change: a column of the shop's goes, which nobody knew.
    fn loses_a_column(&self) {
        let path = self.path().join("shop.sql");
        let shop = fs::read_to_string(&path).unwrap();
        let less = shop.replace("    descr text,\n", "");
        assert_ne!(less, shop);
        fs::write(path, less).unwrap();
    }
}

#[test]
fn the_steps_for_github_run() {
    let steps = scripts(&workflow("github"), "run: ");
    let [install, mapping, compare, comment, rehearse] = steps.as_slice() else {
        panic!("{steps:#?}");
    };
    let project = Project::new();
    // The comments on the pull request: none at first.
    project.program("gh", "case \"$*\" in *--jq*) cat ids 2>/dev/null ;; esac");
    project.runs("touch ids");
    for step in [install, mapping, compare, comment, rehearse] {
        project.runs(step);
    }
    let calls = project.calls();
    assert!(calls.starts_with("cargo install --locked "), "{calls}");
    let posted = "gh api --method POST repos/us/shop/issues/7/comments --field body=@align.md\n";
    assert!(calls.ends_with(posted), "{calls}");
    assert!(
        calls.contains("startswith(\"<!-- align:diff shop to warehouse -->\")"),
        "{calls}"
    );

    project.runs("echo 41 > ids");
    project.loses_a_column();
    assert_eq!(project.shell(compare).status.code(), Some(1));
    project.runs(comment);
    let patched = "gh api --method PATCH repos/us/shop/issues/comments/41 --field body=@align.md\n";
    assert!(project.calls().ends_with(patched));
    let comment = fs::read_to_string(project.path().join("align.md")).unwrap();
    assert!(
        comment.contains("`column.missing` `products.description`"),
        "{comment}"
    );
}

#[test]
fn the_steps_for_gitlab_run() {
    let yaml = workflow("gitlab");
    let part = |key: &str| scripts(under(&yaml, key), "- ");
    let (before, script, after) = (part("before_script"), part("script"), part("after_script"));
    assert_eq!((before.len(), script.len(), after.len()), (2, 3, 1));
    let project = Project::new();
    project.program("curl", "cat notes");
    // What `jq` would find in the notes.
    project.program("jq", "cat");
    project.runs("touch notes");
    for step in before.iter().chain(&script).chain(&after) {
        project.runs(step);
    }
    let notes = "https://gitlab.example/api/v4/projects/3/merge_requests/7/notes";
    let calls = project.calls();
    assert!(
        calls.starts_with("apt-get update\napt-get install -y "),
        "{calls}"
    );
    let sent = |method: &str, notes: &str| {
        format!(
            "curl --silent --request {method} --header PRIVATE-TOKEN: t --data-urlencode body@align.md {notes}\n"
        )
    };
    assert!(calls.ends_with(&sent("POST", notes)), "{calls}");
    assert!(
        calls.contains("jq --arg marker <!-- align:diff shop to warehouse --> "),
        "{calls}"
    );

    project.runs("echo 41 > notes");
    project.loses_a_column();
    assert_eq!(project.shell(&script[1]).status.code(), Some(1));
    project.runs(&after[0]);
    let calls = project.calls();
    assert!(
        calls.ends_with(&sent("PUT", &format!("{notes}/41"))),
        "{calls}"
    );
}
