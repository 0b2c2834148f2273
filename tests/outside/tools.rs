//! Programs that are not ours.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where `.ci/outside` puts the npm packages.
pub(crate) fn package(path: &str) -> PathBuf {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = top.join("target/outside/node_modules").join(path);
    assert!(
        found.exists(),
        "`{}` is not there; run `.ci/outside`",
        found.display()
    );
    found
}

/// Runs a program that is expected to succeed, and gives its standard output.
pub(crate) fn tool(name: &str, arguments: &[&str]) -> String {
    let done = Command::new(name).args(arguments).output();
    let done =
        done.unwrap_or_else(|error| panic!("cannot run `{name}`: {error}; run `.ci/outside`"));
    let [out, err] =
        [done.stdout, done.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(
        done.status.success(),
        "`{name} {}` fails ({}):\n{out}\n{err}",
        arguments.join(" "),
        done.status
    );
    out
}
