//! Every way in which an input is wrong: code 2, nothing on standard output, the object, the cause and
//! the next move on standard error.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::process::Stdio;

use crate::run::{Place, Run};
use crate::{MAPPING, NEW, OLD, place};

const NESTED: usize = 100_000;

fn inspect(name: &str, content: &[u8]) -> Run {
    Place::with(&[(name, content)]).align(&["inspect", name])
}

#[test]
fn an_error_is_a_page_of_its_own() {
    let place = Place::with(&[("shema.sql", OLD)]);
    let run = place.align(&["inspect", "schema.sql"]).ends_with(2);
    assert_eq!(
        run.stderr,
        "error: cannot read `schema.sql`\n  \
         cause: schema.sql: No such file or directory (os error 2)\n\n\
         hint: there is `shema.sql`\n"
    );
}

#[test]
fn files_that_hold_no_schema() {
    for (name, content, words) in [
        ("a.sql", &b"this is not SQL, it is a letter."[..], "a.sql:1"),
        ("a.ts", b"export interface { id:", "a.ts:1"),
        ("a.json", b"{\"format_version\": 1", "a.json:1"),
        ("a.json", b"[]", "a.json:1"),
        ("a.sql", b"", "a.sql:1: the file is empty"),
        ("a.ts", b"\n \n", "a.ts:1: the file is empty"),
        ("a.sql", b"CREATE\nTABLE\0", "a.sql:2: a NUL byte"),
        (
            "a.sql",
            b"-- caf\xc3\xa9\n-- caf\xe9\n",
            "a.sql:2: the byte 0xE9 is not UTF-8",
        ),
        ("a.sql", b"\xff\xfeC\0", "a.sql:1: it is UTF-16"),
        ("a.sql", b"PGDMP\x01\x0e", "custom format of pg_dump"),
        (
            "a.txt",
            b"CREATE TABLE t ();",
            "nothing is known of `.txt` files",
        ),
        ("schema", b"CREATE TABLE t ();", "its name has no extension"),
    ] {
        let run = inspect(name, content);
        run.fails_with(&[&format!("cannot read `{name}`"), words, "\nhint: "]);
    }
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_no_trouble() {
    let bytes = [b"\xef\xbb\xbf", OLD.replace(' ', "\r\n").as_bytes()].concat();
    let run = inspect("a.sql", &bytes).ends_with(0);
    assert!(run.stdout.contains("clients"), "{run:#?}");
}

#[test]
fn folders_that_hold_no_schema() {
    let place = Place::with(&[
        ("empty/readme.md", "x"),
        ("blank/1.sql", "\n"),
        ("twice/V1__a.sql", OLD),
        ("twice/V01__b.sql", NEW),
        ("nested/down/1.sql", OLD),
    ]);
    for (source, words) in [
        ("empty", "the folder has no `.sql` or `.ts` file"),
        ("sql:empty", "the folder has no `.sql` file of its own"),
        ("sql:nested", "the folder has no `.sql` file of its own"),
        ("ts:empty", "no `.sql` or `.ts` file"),
        ("json:empty", "it is a folder"),
        ("blank", "every file of the folder is empty"),
        ("twice", "`V01__b.sql` and `V1__a.sql` have one version"),
        ("sql:gone", "No such file or directory"),
    ] {
        let run = place.align(&["inspect", source]);
        run.fails_with(&[&format!("cannot read `{source}`"), words]);
    }
}

#[test]
fn sources_that_are_none() {
    let place = Place::empty();
    for (source, words, hint) in [
        (
            "mysql://root:hunter2@db/crm",
            "Postgres is the only database",
            "hint: write its schema",
        ),
        (
            "https://x.org/schema.sql",
            "nothing is read over HTTP",
            "hint: download it",
        ),
        (
            "sqll:x.sql",
            "there is no `sqll:`, but `sql:`",
            "hint: write `env:NAME`",
        ),
        ("pg:crm", "there is no `pg:`", "hint: a live Postgres is"),
        (
            "-",
            "does not say what standard input holds",
            "hint: write `sql:-`",
        ),
        (
            "env:CRM_URL",
            "the environment variable `CRM_URL` is not set",
            "hint: set it",
        ),
    ] {
        let run = place.align(&["inspect", source]).fails_with(&[words, hint]);
        assert!(!run.stderr.contains("hunter2"), "{run:#?}");
    }
}

#[test]
fn a_variable_holds_a_url_that_no_error_shows() {
    let place = Place::empty();
    for (value, words) in [
        ("", "is empty"),
        ("hunter2", "does not hold a `postgres://` URL"),
        (
            "mysql://u:hunter2@db/crm",
            "does not hold a `postgres://` URL",
        ),
        (
            "postgres://u:hunter2@db:port/crm",
            "cannot read `env:CRM_URL`",
        ),
        (
            "postgres://u:hunter2@127.0.0.1:1/crm",
            "cannot read `env:CRM_URL`",
        ),
    ] {
        let run = Run::of(
            place
                .command(&["inspect", "env:CRM_URL"])
                .env("CRM_URL", value),
        );
        let run = run.fails_with(&[words, "\nhint: "]);
        assert!(!run.stderr.contains("hunter2"), "{run:#?}");
    }
}

#[test]
fn a_refused_connection_names_the_server_and_not_the_password() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let url = format!("postgres://u:hunter2@127.0.0.1:{port}/crm");
    let server = format!("u@127.0.0.1:{port}/crm");
    let run = Place::empty().align(&["diff", "--no-map", "--from", &url, "--to", &url]);
    let run = run.fails_with(&[
        &server,
        "warning: the password of",
        "nothing listens",
        "hint: ",
    ]);
    assert!(!run.stderr.contains("hunter2"), "{run:#?}");
}

#[test]
fn a_url_where_none_belongs_shows_no_password() {
    let url = "postgres://u:hunter2@127.0.0.1:1/crm";
    let place = Place::with(&[("old.sql", OLD), ("new.sql", NEW)]);
    let sides = ["--no-map", "--from", "old.sql", "--to", "new.sql"];
    let sources = [
        "//u:hunter2@127.0.0.1/crm",
        "postgres//u:hunter2@127.0.0.1/crm",
        "u:hunter2@127.0.0.1:1/crm",
        "sql:postgres://u:hunter2@127.0.0.1:1/crm",
        "\npostgres://u:hunter2@127.0.0.1:1/crm ",
    ];
    let mut runs: Vec<Run> = sources
        .iter()
        .map(|source| place.align(&["inspect", source]))
        .collect();
    runs.extend([
        place.align(&["diff", url]),
        place.align(&[url]),
        place.align(&["diff", "--map", url]),
        place.align(&["diff", "--format", url]),
        place.align(&[&["diff", "--known", url], &sides[..]].concat()),
        place.align(&[&["diff", "--explain", url], &sides[..]].concat()),
        place.align(&[&["diff", "-o", url], &sides[..]].concat()),
        place.align(&["map", "rows", "--table", url]),
        place.align(&["help", url]),
    ]);
    for run in runs {
        let run = run.fails_with(&[]);
        assert!(!run.stderr.contains("hunter2"), "{run:#?}");
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf8_is_said_to_be_that() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let place = Place::empty();
    let value = OsStr::from_bytes(b"postgres://u:hunter2\xff@db/crm");
    let mut command = place.command(&["inspect", "env:CRM_URL"]);
    let run = Run::of(command.env("CRM_URL", value));
    run.fails_with(&["`CRM_URL` is not set", "`CRM_URL` is not UTF-8"]);
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_told_from_a_file_that_is_not_there() {
    let place = Place::with(&[("folder/x.sql", OLD)]);
    std::os::unix::fs::symlink("gone.sql", place.path().join("link.sql")).unwrap();
    let run = place.align(&["inspect", "link.sql"]);
    run.fails_with(&["hint: it is a link to `gone.sql`, which is not there"]);
    let run = place.align(&["inspect", "folder/quite-another"]);
    run.fails_with(&["hint: see what there is with `ls folder`"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_without_an_end_is_not_read_to_it() {
    let place = Place::with(&[("old.sql", OLD), ("new.sql", NEW)]);
    for source in ["sql:/dev/zero", "ts:/dev/zero", "json:/dev/zero"] {
        let run = place.align(&["inspect", source]);
        run.fails_with(&[":1: a NUL byte"]);
    }
    let zero = [
        "--known",
        "/dev/zero",
        "--from",
        "old.sql",
        "--to",
        "new.sql",
    ];
    let run = place.align(&[&["diff", "--no-map"], &zero[..]].concat());
    run.fails_with(&["cannot read known report `/dev/zero`", "a NUL byte"]);
}

#[test]
fn deep_nesting_is_no_crash() {
    let sql = |open: &str, close: &str| {
        let (open, close) = (open.repeat(NESTED), close.repeat(NESTED));
        format!("{OLD}CREATE VIEW v AS SELECT {open}1{close};\n")
    };
    let json = |open: &str| format!("{{\"tables\": {}", open.repeat(NESTED));
    for (name, text) in [
        ("a.sql", sql("(", ")")),
        ("a.sql", sql("CASE WHEN true THEN ", " END")),
        ("a.sql", sql("(", "")),
        ("a.sql", format!("{OLD}{}", "/*".repeat(NESTED))),
        (
            "a.ts",
            format!("interface A {{ id: {}string }}", "(".repeat(NESTED)),
        ),
        (
            "a.ts",
            format!("interface A {{ id: {}string }}", "{ a: ".repeat(NESTED)),
        ),
        (
            "a.ts",
            format!(
                "type A = {}string{};",
                "Array<".repeat(NESTED),
                ">".repeat(NESTED)
            ),
        ),
        ("a.json", json("[")),
        ("a.json", json("{\"a\":")),
    ] {
        let run = inspect(name, text.as_bytes());
        let start: String = text.chars().skip(OLD.len()).take(60).collect();
        assert!(
            matches!(run.code, Some(0 | 2)),
            "{name} {start}: {:?} {}",
            run.code,
            run.stderr
        );
        let told = run.stdout.contains("cannot be") || run.stderr.contains("error: ");
        assert!(
            told || run.stdout.contains("clients"),
            "{name} {start}: {run:?}"
        );
    }
}

#[test]
fn mapping_files_that_are_wrong() {
    let unknown = MAPPING.replace("[from]\nname", "[from]\nnmae");
    let newer = MAPPING.replace("format = 1", "format = 99");
    for (text, words) in [
        (unknown.as_str(), "m.toml:4:1: "),
        (newer.as_str(), "m.toml:1:"),
        ("format = 1\n[from\n", "m.toml:2:"),
        ("", "m.toml:1: the file is empty"),
    ] {
        let place = Place::with(&[("m.toml", text), ("old.sql", OLD), ("new.sql", NEW)]);
        for command in [&["diff"][..], &["map", "check"], &["map", "show"]] {
            let run = place.align(&[command, &["--map", "m.toml"]].concat());
            run.fails_with(&["cannot read mapping `m.toml`", words]);
        }
    }
    let place = Place::with(&[("m.toml", &unknown), ("old.sql", &OLD.into())]);
    let run = place.align(&["diff", "--map", "m.toml"]).ends_with(2);
    assert!(run.stderr.contains("name"), "{run:#?}");
}

#[test]
fn mappings_that_are_not_there() {
    let run = Place::empty().align(&["diff", "--map", "gone.toml"]);
    run.fails_with(&[
        "cannot read mapping `gone.toml`",
        "No such file",
        "hint: the pair inside this program is `--map clara-to-trendtialcrm`",
    ]);
    let run = Place::with(&[("folder/x.sql", OLD)]).align(&["diff", "--map", "folder"]);
    run.fails_with(&["cannot read mapping `folder/mapping.toml`", "No such file"]);
    let run = place(&["b", "a"]).align(&["diff"]);
    run.fails_with(&[
        "`mappings/a/mapping.toml`, `mappings/b/mapping.toml`",
        "hint: name one with `--map mappings/a`",
    ]);
    for command in ["check", "show"] {
        let run = Place::empty().align(&["map", command]);
        run.fails_with(&[
            "there is none under `mappings/`",
            "--map clara-to-trendtialcrm",
        ]);
    }
}

#[test]
fn a_missing_side_is_asked_for() {
    let mapping = "format = 1\n[to]\nsource = \"sql:new.sql\"\n";
    let place = Place::with(&[
        ("mappings/a/mapping.toml", mapping),
        ("mappings/a/new.sql", NEW),
    ]);
    place.align(&["diff"]).fails_with(&[
        "`--from` is missing, and mapping `mappings/a/mapping.toml` names no `from` source",
        "hint: name a schema, such as `--from sql:schema.sql`",
    ]);
    let place = Place::with(&[("old.sql", OLD)]);
    let run = place.align(&["diff", "--no-map", "--from", "old.sql"]);
    run.fails_with(&["`--to` is missing, and there is no mapping"]);
    let run = place.align(&["diff", "--no-map", "--from", "sql:-", "--to", "sql:-"]);
    run.fails_with(&["cannot read both sides from standard input"]);
}

#[test]
fn an_unknown_target_of_explain_is_an_error_with_near_names() {
    let run = place(&["a"]).align(&["diff", "--explain", "clients.client_nam"]);
    run.fails_with(&["`clients.client_nam`", "client_name"]);
}

#[test]
fn an_answer_that_cannot_be_written_is_a_failure() {
    let place = Place::with(&[("old.sql", OLD)]);
    let run = place.align(&["inspect", "old.sql", "-o", "no/such/folder.txt"]);
    run.fails_with(&[
        "cannot write `no/such/folder.txt`",
        "No such file",
        "hint: make its folder with `mkdir -p no/such`",
    ]);
    let run = place.align(&["inspect", "old.sql", "-o", "."]);
    run.fails_with(&["cannot write `.`", "hint: name a file in it"]);
}

#[test]
fn a_check_of_nothing_is_no_yes() {
    let place = place(&["a"]);
    let run = place.align(&["verify", "--only", "values", "--skip", "values"]);
    run.fails_with(&["nothing is left to check", "hint: leave `--skip` out"]);
}

#[test]
fn an_output_is_left_as_it_was_when_the_rows_cannot_be_read() {
    let place = Place::with(&[
        ("old.sql", OLD),
        ("new.sql", NEW),
        ("m.toml", MAPPING),
        ("out.csv", "from yesterday\n"),
    ]);
    let table = ["map", "rows", "--map", "m.toml", "--table", "clients"];
    let sides = ["--from", "old.sql", "--to", "new.sql", "--format", "csv"];
    for (header, words) in [
        ("a,a\n", "the header names `a` twice"),
        ("id;name\n1;x\n", "the header names no column of the table"),
    ] {
        let input = place.path().join("in.csv");
        fs::write(&input, header).unwrap();
        let mut command = place.command(&[&table[..], &sides, &["-o", "out.csv"]].concat());
        command.stdin(fs::File::open(&input).unwrap());
        Run::of(&mut command).fails_with(&["cannot read the rows", words, "separated by commas"]);
        assert_eq!(place.text("out.csv"), "from yesterday\n");
        fs::remove_file(input).unwrap();
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 4);
    }
    let same = ["-o", "out.csv", "--rejects", "out.csv"];
    let run = place.align(&[&table[..], &sides, &same].concat());
    run.fails_with(&["cannot write rows and rejects into `out.csv`"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure() {
    let place = Place::with(&[("old.sql", OLD)]);
    for (args, said) in [
        (&["inspect", "old.sql"][..], "cannot write the answer"),
        (&["--help"], "cannot write the help"),
        (&["--version"], "cannot write the help"),
    ] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = place.command(args).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains(said), "{stderr}");
    }
}

#[test]
fn nothing_in_a_name_reaches_the_terminal_as_a_command() {
    let place = Place::empty();
    let mut child = place
        .command(&["inspect", "ts:-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin
        .write_all(b"interface A { id: string; '\x1b]0;owned\x07': string }")
        .unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    for stream in [output.stdout, output.stderr] {
        assert!(
            !stream.contains(&0x1b) && !stream.contains(&0x07),
            "{stream:?}"
        );
    }
    let run = place.align(&["inspect", "\u{1b}[31m.sql"]).ends_with(2);
    assert!(!run.stderr.contains('\u{1b}'), "{run:#?}");
}
