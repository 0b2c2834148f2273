//! Where a Supabase project is.

use super::*;

#[test]
fn the_port_of_the_local_database_is_that_of_the_project() {
    let project = Project::new("local", Surroundings::Plain);
    let inspect = ["inspect", "supabase:local"];
    let none = project.align(&inspect).expect(2);
    assert!(
        none.stderr
            .contains("there is no `supabase/config.toml` here or above"),
        "{}",
        none.stderr
    );

    fs::create_dir(project.path("supabase")).unwrap();
    // Nobody listens on the discard port.
    fs::write(project.path("supabase/config.toml"), "[db]\nport = 9\n").unwrap();
    let there = project.align(&inspect).expect(2);
    assert!(
        there.stderr.contains("postgres@127.0.0.1:9/postgres"),
        "{}",
        there.stderr
    );
    for args in [
        &[
            "status",
            "--map",
            "clara-to-trendtialcrm",
            "--database",
            "supabase:local",
        ][..],
        &[
            "diff",
            "--no-map",
            "--from",
            "supabase:local",
            "--to",
            "env:DATABASE_URL",
        ],
    ] {
        let there = project.align(args).expect(2);
        assert!(there.stderr.contains("127.0.0.1:9"), "{}", there.stderr);
    }
    let remote = project.align(&["inspect", "supabase:abcdef"]).expect(2);
    assert!(
        remote.stderr.contains("write `supabase:local`"),
        "{}",
        remote.stderr
    );
}

#[test]
fn a_pooler_for_transactions_is_known_by_its_address() {
    let project = Project::new("pooler", Surroundings::Plain);
    for (host, sessions) in [
        (
            "postgres.abc@aws-0-eu-west-1.pooler.supabase.com:6543",
            "aws-0-eu-west-1.pooler.supabase.com:5432",
        ),
        (
            "postgres@db.abc.supabase.co:6543",
            "db.abc.supabase.co:5432",
        ),
    ] {
        let url = format!("postgres://{host}/postgres");
        let refused = project.migrate(&["--database", &url]).expect(3);
        assert!(
            refused
                .stderr
                .contains("is Supabase's pooler for transactions"),
            "{}",
            refused.stderr
        );
        assert!(refused.stderr.contains(sessions), "{}", refused.stderr);
    }
}
