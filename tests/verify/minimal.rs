//! `align verify` after the profile minimal: its views under every role.

use serde_json::Value;

use super::cluster::{self, Database};
use super::{align, dump, ended, verify};

/// The checks of `minimal.toml` that failed, and the exit code.
fn verify_minimal(db: &Database<'_>) -> (Value, i32) {
    let args = [
        "--map",
        "mappings/clara-to-trendtialcrm/minimal.toml",
        "--only",
        "access",
        "--only",
        "flow",
        "--only",
        "statements",
    ];
    verify(db, &args)
}

#[test]
fn the_views_of_the_profile_minimal_are_tried_under_every_role() {
    let db = cluster::database("verify_minimal");
    db.load_shim();
    db.load("mappings/clara-to-trendtialcrm/clara.sql");
    db.load("tests/fixtures/verify/rows.sql");
    let minimal = ["migrate", "--yes", "--phase", "minimal"];
    align(&db).args(minimal).assert().success();
    let before = dump(&db);
    let (document, code) = verify_minimal(&db);
    assert_eq!(ended(&document, "failed"), []);
    assert_eq!(ended(&document, "skipped"), []);
    assert_eq!(code, 0);
    assert!(dump(&db) == before, "something stayed behind");
    for (fault, back, check, says) in [
        (
            "ALTER VIEW trendtial.calls SET (security_invoker = false)",
            "ALTER VIEW trendtial.calls SET (security_invoker = true)",
            "access: trendtial.calls",
            "outsider can select",
        ),
        (
            "GRANT USAGE ON SCHEMA trendtial TO anon; GRANT SELECT ON trendtial.leads TO anon",
            "REVOKE ALL ON SCHEMA trendtial FROM anon; REVOKE ALL ON trendtial.leads FROM anon",
            "access: trendtial.leads",
            "anon can select, and should not",
        ),
        (
            "REVOKE UPDATE ON trendtial.clients FROM authenticated",
            "GRANT UPDATE ON trendtial.clients TO authenticated",
            "access: trendtial.clients",
            "agent cannot update",
        ),
        (
            "ALTER TABLE users DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE users ENABLE ROW LEVEL SECURITY",
            "access: trendtial.users",
            "outsider can select",
        ),
    ] {
        db.psql(fault);
        let (document, code) = verify_minimal(&db);
        db.psql(back);
        assert_eq!(code, 1, "{fault}");
        let failed = ended(&document, "failed");
        let found = failed.iter().find(|(name, _)| name == check);
        assert!(
            found.is_some_and(|(_, said)| said.contains(says)),
            "{fault}: {failed:?}"
        );
    }
}
