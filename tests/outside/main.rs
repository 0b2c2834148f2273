//! What others say of what `align` writes: validators, a browser. Needs the feature `outside` and the
//! tools that `.ci/outside` installs into `target/outside`.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails where it is"
)]

#[path = "../clara/mod.rs"]
mod clara;
#[path = "../cluster/mod.rs"]
mod cluster;
mod supabase;
mod tools;

use tools::tool;

#[test]
fn the_tools_are_installed() {
    for (name, arguments) in [
        ("node", &["--version"][..]),
        ("xmllint", &["--version"]),
        ("chromium", &["--version", "--no-sandbox"]),
    ] {
        tool(name, arguments);
    }
}
