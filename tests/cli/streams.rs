//! What goes where: the answer to standard output or a file, all else to standard error.

use std::io::Write;
use std::process::Stdio;

use crate::run::{Place, Run};
use crate::{NEW, OLD, place};

const ESCAPE: char = '\u{1b}';

#[test]
fn the_answer_alone_is_on_standard_output() {
    let place = place(&["a"]);
    let run = place.align(&["diff", "--format", "json"]).ends_with(0);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["format_version"], 1);
    assert_eq!(json["command"], "diff");
    assert_eq!(json["from"]["tables"], 1);
    assert_eq!(run.stderr, "mapping mappings/a/mapping.toml\n");
}

#[test]
fn quiet_leaves_the_answer_and_verbose_adds_how_it_came_about() {
    let place = place(&["a"]);
    let normal = place.align(&["diff"]).ends_with(0);
    let quiet = place.align(&["-q", "diff"]).ends_with(0);
    let verbose = place.align(&["diff", "--verbose"]).ends_with(0);
    assert_eq!(quiet.stderr, "");
    assert_eq!(
        (&quiet.stdout, &verbose.stdout),
        (&normal.stdout, &normal.stdout)
    );
    assert!(
        verbose.stderr.contains("sql:old.sql: mappings/a/old.sql\n"),
        "{verbose:#?}"
    );
    assert!(!normal.stderr.contains("old.sql"), "{normal:#?}");
    let failed = place
        .align(&["diff", "-q", "--from", "gone.sql"])
        .ends_with(2);
    assert!(
        failed.stderr.contains("error: cannot read `gone.sql`"),
        "{failed:#?}"
    );
}

#[test]
fn one_input_gives_the_same_bytes_every_time() {
    let place = place(&["a"]);
    for format in ["text", "json", "markdown"] {
        let once = place.align(&["diff", "--format", format]).ends_with(0);
        let again = place.align(&["diff", "--format", format]).ends_with(0);
        assert_eq!(once.stdout, again.stdout);
        assert!(!once.stdout.contains(&place.path().display().to_string()));
    }
}

#[test]
fn colors_are_for_those_who_see_or_ask() {
    let place = place(&["a"]);
    let run = |flags: &[&str], variable: Option<(&str, &str)>| {
        let mut command = place.command(&[&["diff", "--exit-code"], flags].concat());
        command.envs(variable);
        let run = Run::of(&mut command).ends_with(1);
        let (out, err) = (run.stdout.contains(ESCAPE), run.stderr.contains(ESCAPE));
        assert_eq!(out, err, "{flags:?} {variable:?}");
        out
    };
    for (flags, variable, colored) in [
        (&[][..], None, false),
        (&["--color", "auto"], None, false),
        (&["--color", "never"], None, false),
        (&["--color", "always"], None, true),
        (&["--color=always"], Some(("NO_COLOR", "1")), true),
        (&["--color", "never"], Some(("CLICOLOR_FORCE", "1")), false),
        (&[], Some(("CLICOLOR_FORCE", "1")), true),
        (&[], Some(("NO_COLOR", "1")), false),
    ] {
        assert_eq!(run(flags, variable), colored, "{flags:?} {variable:?}");
    }
    for format in ["json", "markdown"] {
        let run = place.align(&["diff", "--color", "always", "--format", format]);
        assert!(!run.stdout.contains(ESCAPE), "{format}");
    }
    let usage = place.align(&["--color", "always", "dif"]).ends_with(2);
    assert!(usage.stderr.contains(ESCAPE), "{usage:#?}");
    let list = place
        .align(&["map", "check", "--color", "always"])
        .ends_with(0);
    assert!(list.stdout.contains(ESCAPE), "{list:#?}");
}

#[test]
fn a_locale_without_utf8_gets_ascii() {
    let place = place(&["a"]);
    for command in [
        &["diff"][..],
        &["diff", "--explain", "clients"],
        &["map", "check"],
        &["map", "show"],
    ] {
        let plain = Run::of(place.command(command).env("LC_ALL", "C")).ends_with(0);
        assert!(plain.stdout.is_ascii(), "{plain:#?}");
        let unset = Run::of(place.command(command).env_remove("LC_ALL")).ends_with(0);
        assert_eq!(unset.stdout, plain.stdout);
        let empty = place
            .command(command)
            .env("LC_ALL", "")
            .env("LANG", "de_DE.UTF-8")
            .output();
        let utf8 = place.align(command).ends_with(0).stdout;
        assert_eq!(String::from_utf8(empty.unwrap().stdout).unwrap(), utf8);
        assert!(!utf8.is_ascii(), "{utf8}");
    }
}

#[test]
fn lines_are_as_wide_as_the_page() {
    let place = place(&["a"]);
    for command in [&["diff", "--all"][..], &["map", "check"], &["map", "show"]] {
        for width in ["80", "120"] {
            let run = Run::of(place.command(command).env("COLUMNS", width)).ends_with(0);
            let widest = run.stdout.lines().map(|line| line.chars().count()).max();
            assert!(widest <= width.parse().ok(), "{command:?} {}", run.stdout);
        }
        let odd = Run::of(place.command(command).env("COLUMNS", "wide")).ends_with(0);
        assert_eq!(odd.stdout, place.align(command).stdout);
    }
}

#[test]
fn a_file_gets_what_standard_output_would_have() {
    let place = place(&["a"]);
    for format in ["text", "json", "markdown"] {
        let shown = place.align(&["diff", "--format", format]).ends_with(0);
        let kept = place
            .align(&["diff", "--format", format, "-o", "report"])
            .ends_with(0);
        assert_eq!(kept.stdout, "");
        assert_eq!(place.text("report"), shown.stdout);
        assert!(kept.stderr.contains("wrote report\n"), "{kept:#?}");
    }
    let forced = Run::of(
        place
            .command(&["diff", "-o", "report"])
            .env("CLICOLOR_FORCE", "1"),
    );
    assert!(!place.text("report").contains(ESCAPE), "{forced:#?}");
    let asked = place
        .align(&["diff", "-o", "report", "--color", "always"])
        .ends_with(0);
    assert!(place.text("report").contains(ESCAPE), "{asked:#?}");
    let dash = place.align(&["diff", "-o", "-"]).ends_with(0);
    assert_eq!(dash.stdout, place.align(&["diff"]).stdout);
    let failed = place
        .align(&["diff", "--from", "gone.sql", "-o", "report"])
        .ends_with(2);
    assert!(
        place.text("report").contains(ESCAPE),
        "a failure leaves the file alone: {failed:#?}"
    );
}

#[test]
fn standard_input_is_a_source() {
    let place = Place::with(&[("new.sql", NEW)]);
    let mut child = place
        .command(&[
            "diff", "--no-map", "--from", "sql:-", "--to", "new.sql", "--format", "json",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(OLD.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["from"]["source"], "sql:-");
    assert_eq!(json["from"]["columns"], 2);
}

#[test]
fn who_stops_reading_has_had_enough() {
    let place = Place::empty();
    for format in ["text", "json", "sql"] {
        let mut child = place
            .command(&["inspect", "sql:-", "--format", format])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        child
            .stdin
            .take()
            .unwrap()
            .write_all(OLD.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_while_a_server_is_silent_ends_with_130() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let child = Place::empty()
        .command(&[
            "inspect",
            &format!("postgres://u@127.0.0.1:{port}/crm?sslmode=disable"),
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let connection = listener.accept().unwrap();
    let id = child.id().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-INT", &id])
        .status()
        .unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    drop(connection);
    assert_eq!(output.status.code(), Some(130));
    assert!(output.stdout.is_empty());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr, "error: interrupted; nothing was changed\n");
}
