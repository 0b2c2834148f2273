//! What is said when there is nothing to read.

use std::net::TcpListener;

use align::source::LoadError;

use crate::cluster::{self, Cluster, Settings};
use crate::{read, try_read};

/// The whole message, and proof that it holds no password.
fn refused(url: &str, namespaces: &[&str]) -> String {
    let error = try_read(url, namespaces).expect_err(url);
    assert!(matches!(error, LoadError::Server { .. }), "{error:?}");
    let hint = error.hint().expect("a server's error has a hint");
    let text = format!("{error}; {hint}");
    assert!(!text.contains("p@ss") && !text.contains("p%40ss"), "{text}");
    text
}

#[test]
fn each_way_to_get_no_connection_has_its_own_words() {
    let own = Cluster::start(&Settings {
        tcp: true,
        ..Settings::default()
    });
    let db = own.database("refusals");
    own.role("nologin", "NOLOGIN");
    own.role("limited", "LOGIN");
    db.psql(&format!(
        "REVOKE CONNECT ON DATABASE \"{}\" FROM PUBLIC",
        db.name
    ));
    let (name, port) = (&db.name, own.port());
    let folder = own.socket().display();
    read(&db.tcp_url(), &["public"]);

    // Bound and never answered, and bound no more.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent_port = silent.local_addr().expect("bound").port();
    let closed_port = {
        let closed = TcpListener::bind("127.0.0.1:0").expect("a port");
        closed.local_addr().expect("bound").port()
    };

    for (url, expected) in [
        (
            format!("postgres://postgres:wrong@127.0.0.1:{port}/{name}"),
            vec![
                format!("postgres@127.0.0.1:{port}/{name}: "),
                "the password for `postgres` is wrong".to_owned(),
            ],
        ),
        (
            format!("postgres://postgres@127.0.0.1:{port}/{name}"),
            vec![
                "wants a password for `postgres`, and none was given".to_owned(),
                "PGPASSWORD".to_owned(),
            ],
        ),
        (
            db.tcp_url() + "?sslmode=require",
            vec![
                "the server offers no TLS".to_owned(),
                "sslmode=disable".to_owned(),
            ],
        ),
        (
            format!("postgres://postgres@127.0.0.1:{closed_port}/x"),
            vec![format!(
                "nothing listens at `127.0.0.1`, port {closed_port}"
            )],
        ),
        (
            format!("postgres://postgres@127.0.0.1:{silent_port}/x?connect_timeout=1"),
            vec![
                "no answer within 1 s".to_owned(),
                "connect_timeout".to_owned(),
            ],
        ),
        (
            "postgres://postgres@no-such-host.invalid/x".to_owned(),
            vec!["host `no-such-host.invalid` cannot be resolved".to_owned()],
        ),
        (
            "postgres://postgres@/x?host=/nowhere".to_owned(),
            vec!["there is no socket `/nowhere/.s.PGSQL.5432`".to_owned()],
        ),
        (
            format!("postgres://postgres@/nothing?host={folder}&port={port}"),
            vec![
                "there is no database `nothing`".to_owned(),
                "psql -l".to_owned(),
            ],
        ),
        (
            format!("postgres://nobody@/{name}?host={folder}&port={port}"),
            vec!["there is no role `nobody`".to_owned()],
        ),
        (
            db.url_as("nologin"),
            vec!["not permitted to log in".to_owned()],
        ),
        (
            db.url_as("limited"),
            vec![
                "permission denied for database".to_owned(),
                "GRANT".to_owned(),
            ],
        ),
    ] {
        let text = refused(&url, &["public"]);
        for part in expected {
            assert!(text.contains(&part), "{url}\n gave: {text}\n not: {part}");
        }
    }
}

#[test]
fn a_server_that_wants_tls_is_told_from_one_that_offers_none() {
    let own = Cluster::start(&Settings {
        tcp: true,
        hba: Some(&[
            "local all all trust",
            "hostssl all all 127.0.0.1/32 scram-sha-256",
        ]),
        ..Settings::default()
    });
    let db = own.database("tls");
    let text = refused(&(db.tcp_url() + "?sslmode=prefer"), &["public"]);
    assert!(
        text.contains("lets `postgres` in with TLS only, or not at all"),
        "{text}"
    );
    assert!(text.contains("sslmode=require"), "{text}");
}

#[test]
fn an_unknown_namespace_is_answered_with_those_that_exist() {
    let db = cluster::database("namespaces");
    db.psql("CREATE SCHEMA app; CREATE SCHEMA \"Zed\"");
    let text = refused(&db.url(), &["public", "ap"]);
    assert!(
        text.contains("there is no schema `ap`; there is `Zed`, `app`, `public`"),
        "{text}"
    );
    assert!(text.contains("--schema"), "{text}");
}
