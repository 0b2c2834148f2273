use super::*;

fn read(url: &str, environment: &[(&str, &str)]) -> Result<ConnectOptions, LoadError> {
    ConnectOptions::from_url(url, &|name| {
        let found = environment.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn the_url_beats_the_environment_and_that_the_defaults() {
    for (url, environment, expected) in [
        ("postgres://u@h:6543/d", &[][..], "u@h:6543/d Require"),
        ("postgres://u@h", &[], "u@h:5432/u Require"),
        (
            "postgres://",
            &[
                ("PGUSER", "u"),
                ("PGHOST", "h"),
                ("PGPORT", "1"),
                ("PGDATABASE", "d"),
            ],
            "u@h:1/d Require",
        ),
        (
            "postgres://u@h:2/d?sslmode=verify-full",
            &[
                ("PGUSER", "x"),
                ("PGHOST", "x"),
                ("PGPORT", "1"),
                ("PGSSLMODE", "disable"),
            ],
            "u@h:2/d VerifyFull",
        ),
        (
            "postgres://u@h/d",
            &[("PGSSLMODE", "prefer")],
            "u@h:5432/d Prefer",
        ),
        (
            "postgres://u@h/d",
            &[("PGSSLMODE", "")],
            "u@h:5432/d Require",
        ),
        ("postgres://u@localhost/d", &[], "u@localhost:5432/d Prefer"),
        ("postgres://u@127.8.8.8/d", &[], "u@127.8.8.8:5432/d Prefer"),
        ("postgres://u@[::1]/d", &[], "u@[::1]:5432/d Prefer"),
        (
            "postgres://u@[fd00::1]/d",
            &[],
            "u@[fd00::1]:5432/d Require",
        ),
        (
            "postgres://u@/d?host=/tmp/s",
            &[],
            "u@/tmp/s:5432/d Disable",
        ),
        ("postgres://u@%2Ftmp%2Fs:7/d", &[], "u@/tmp/s:7/d Disable"),
        (
            "postgres://u@h/d?dbname=e&user=v&port=9",
            &[],
            "v@h:9/e Require",
        ),
        ("postgres://u@h/d?ssl=true", &[], "u@h:5432/d Require"),
        (
            "postgres://u@h/d?sslrootcert=system",
            &[],
            "u@h:5432/d VerifyFull",
        ),
        (
            "postgres://u@h/d?sslrootcert=Cargo.toml",
            &[],
            "u@h:5432/d VerifyCa",
        ),
        ("postgres://u@h/d?sslmode=allow", &[], "u@h:5432/d Prefer"),
    ] {
        let options = read(url, environment).unwrap();
        let shown = format!("{} {:?}", options.describe(), options.driver.get_ssl_mode());
        assert_eq!(shown, expected, "{url} {environment:?}");
        assert!(
            options.warnings().is_empty(),
            "{url}: {:?}",
            options.warnings()
        );
    }
}

#[test]
fn a_wrong_url_says_what_is_wrong_and_shows_no_password() {
    for (url, cause) in [
        ("postgres://u:secret@h:x/d", "the port is no number"),
        ("postgres://u:secret@h:0/d", "the port is no number"),
        ("postgres://u:se/cret@h/d", "needs to be encoded"),
        (
            "postgres://u:secret@h/d?sslmod=require",
            "`sslmod`; `sslmode` is near",
        ),
        (
            "postgres://u:secret@h/d?sslmode=on",
            "`sslmode` has no such value",
        ),
        (
            "postgres://u:secret@h/d?connect_timeout=soon",
            "`connect_timeout`",
        ),
        ("postgres://u:secret@a,b/d", "several hosts"),
        (
            "postgres://u:secret@h/d?service=x",
            "`service` is not supported",
        ),
        (
            "postgres://u:secret@h/d?sslcert=/nowhere.crt",
            "`sslcert` is `/nowhere.crt`, and there is no such file",
        ),
        (
            "postgres://u:secret@h/d?sslmode=require&sslrootcert=system",
            "`sslrootcert=system`",
        ),
    ] {
        let error = read(url, &[]).unwrap_err();
        let text = format!("{error} {}", error.hint().unwrap());
        assert!(text.contains(cause), "{url}: {text}");
        assert!(!text.contains("secret"), "{url}: {text}");
        assert!(matches!(error, LoadError::Spec { .. }));
    }
}

#[test]
fn a_wrong_variable_is_named() {
    for (variable, value) in [
        ("PGPORT", "soon"),
        ("PGSSLMODE", "on"),
        ("PGCONNECT_TIMEOUT", "soon"),
        ("PGSSLCERT", "/nowhere.crt"),
    ] {
        let error = read("postgres://u@h/d", &[(variable, value)]).unwrap_err();
        let named = format!("(from `{variable}`)");
        assert!(error.to_string().contains(&named), "{error}");
    }
    let options = read("postgres://u@h/d", &[("PGSERVICE", "crm")]).unwrap();
    assert_eq!(options.warnings(), ["`PGSERVICE` has no effect here"]);
}

#[test]
fn no_view_of_the_options_shows_the_password() {
    for url in [
        "postgres://u:secret@h/d",
        "postgres://u@h/d?password=secret",
    ] {
        let options = read(url, &[]).unwrap();
        assert!(options.has_password);
        let shown = format!("{options:?} {}", options.describe());
        assert!(!shown.contains("secret"), "{shown}");
    }
    assert!(!read("postgres://u@h/d", &[]).unwrap().has_password);
    let from_variable = read("postgres://u@h/d", &[("PGPASSWORD", "secret")]);
    assert!(from_variable.unwrap().has_password);
}

#[test]
fn the_password_file_is_asked_last() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join(".pgpass");
    std::fs::write(&file, "h:5432:d:u:secret\nlocalhost:*:*:u:local\n").unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    let folder = home.path().to_str().unwrap();
    let environment = [("HOME", folder)];
    assert!(read("postgres://u@h/d", &environment).unwrap().has_password);
    assert!(!read("postgres://u@h/e", &environment).unwrap().has_password);
    let socket = "postgres://u@/d?host=/var/run/postgresql";
    assert!(read(socket, &environment).unwrap().has_password);

    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let path = file.to_str().unwrap();
    for environment in [environment, [("PGPASSFILE", path)]] {
        let options = read("postgres://u@h/d", &environment).unwrap();
        assert!(!options.has_password);
        assert!(options.warnings()[0].contains("others have access"));
    }
}

#[test]
fn parameters_of_other_clients_draw_a_warning_and_stop_nothing() {
    let options = read(
        "postgres://u@h/d?pgbouncer=true&keepalives=1&schema=public",
        &[],
    )
    .unwrap();
    assert_eq!(
        options.warnings(),
        [
            "`pgbouncer` in the URL has no effect here",
            "`schema` in the URL has no effect here"
        ]
    );
}

#[test]
fn waits_ten_seconds_unless_told() {
    for (url, seconds) in [
        ("postgres://u@h/d", Some(10)),
        ("postgres://u@h/d?connect_timeout=3", Some(3)),
        ("postgres://u@h/d?connect_timeout=0", None),
        ("postgres://u@h/d?connect_timeout=-1", None),
    ] {
        let options = read(url, &[]).unwrap();
        assert_eq!(options.timeout, seconds.map(Duration::from_secs), "{url}");
    }
}

#[test]
fn hands_on_what_the_server_is_told() {
    let options = read(
        "postgres://u@h/d?options=-c%20a%3Db%20--c%3Dd&application_name=x",
        &[("PGOPTIONS", "-c ignored=1")],
    );
    let options = options.unwrap();
    assert_eq!(options.driver.get_options(), Some("-c a=b --c=d"));
    assert_eq!(options.driver.get_application_name(), Some("x"));
    let named = read("postgres://u@h/d", &[]).unwrap();
    assert_eq!(named.driver.get_application_name(), Some("align"));
    assert_eq!(named.with_database("e").describe(), "u@h:5432/e");
}
