//! Programs that are not ours.

use std::path::Path;
use std::process::Command;

/// Where `.ci/outside` puts the npm packages.
pub(crate) fn packages() -> String {
    there("target/outside/node_modules")
}

/// A file beside these tests.
pub(crate) fn source(name: &str) -> String {
    there(&format!("tests/outside/{name}"))
}

fn there(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    assert!(
        path.exists(),
        "`{}` is not there; run `.ci/outside`",
        path.display()
    );
    path.to_str().unwrap().to_owned()
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
