//! The README tells the truth: every command in it is run, and what it shows is what is printed.
//!
//! In a `console` block a line that begins with `$ ` is a command, the lines under it are its answer (its
//! errors, when it has no answer), and a line `[…]` stands for any lines. A duration stands for any.
//! Blocks marked `<!-- command: … -->` are the two commands of a fresh machine: the first is run here as
//! the program it builds, the second is what runs this test. A block marked `<!-- in: FOLDER -->` is run in
//! a copy of that folder, those marked `<!-- on: … -->` on a database of their own, one after another.

mod cluster;

use std::path::Path;
use std::process::{Command, Output};

const SKIPPED: &str = "[…]";

/// The folder of the walk-through with a pair of one's own.
const WALK: &str = "examples/shop-and-warehouse";

struct Shown {
    command: String,
    lines: Vec<String>,
}

/// What marks the blocks of a day in production.
const DAY: &str = "<!-- on: a database of Clara's with rows -->";

/// The README without the blocks that are run elsewhere, and those blocks by themselves.
fn divided(text: &str, marker: &str) -> (String, String) {
    let (mut here, mut there) = (String::new(), String::new());
    let (mut is_marked, mut is_open) = (false, false);
    for line in text.lines() {
        let is_fence = line.starts_with("```");
        if line == marker {
            is_marked = true;
        }
        let part = if is_marked { &mut there } else { &mut here };
        part.push_str(line);
        part.push('\n');
        if is_fence {
            is_marked &= !is_open;
            is_open = !is_open;
        }
    }
    (here, there)
}

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"))
        .expect("README.md")
}

/// The commands of every block of that language, with the lines shown under each.
fn blocks(text: &str, language: &str) -> Vec<Vec<String>> {
    let mut blocks = Vec::new();
    let mut open: Option<Vec<String>> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(found)) if found == language => open = Some(Vec::new()),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.push(line.to_owned()),
            (None, _) => {}
        }
    }
    blocks
}

fn shown(text: &str) -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    for line in blocks(text, "console").into_iter().flatten() {
        match line.strip_prefix("$ ") {
            Some(command) => all.push(Shown {
                command: command.to_owned(),
                lines: Vec::new(),
            }),
            None => all
                .last_mut()
                .expect("a command comes first")
                .lines
                .push(line),
        }
    }
    all
}

/// Runs it in the repository as `sh` would, with `align` found first and Clara's database at hand.
fn run(command: &str, database: &str) -> Output {
    run_in(Path::new(env!("CARGO_MANIFEST_DIR")), command, database)
}

fn run_in(folder: &Path, command: &str, database: &str) -> Output {
    let programs = Path::new(env!("CARGO_BIN_EXE_align"))
        .parent()
        .expect("a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut shell = Command::new("sh");
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("PG") || name == "NO_COLOR" {
            shell.env_remove(name);
        }
    }
    shell
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", programs.display()))
        .env("DATABASE_URL", database)
        .env("LC_ALL", "C.UTF-8")
        .env("COLUMNS", "100");
    shell.output().expect("sh runs")
}

/// `38 ms` and `4.2 s`, with the blanks that bring them into their column, as `_`.
fn without_durations(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_time = |at: usize| {
        let number = words[at].parse::<f64>().is_ok();
        let unit = words.get(at + 1).map(|unit| unit.trim_end_matches(','));
        number && matches!(unit, Some("ms" | "s"))
    };
    if !(0..words.len()).any(is_time) {
        // The head of a column is as wide as its longest time.
        let parts = line.trim_end().split("  ").filter(|part| !part.is_empty());
        return parts.map(str::trim).collect::<Vec<_>>().join("  ");
    }
    let mut kept = Vec::new();
    let mut at = 0;
    while at < words.len() {
        kept.push(if is_time(at) { "_" } else { words[at] });
        at += if is_time(at) { 2 } else { 1 };
    }
    kept.join(" ")
}

/// Whether the lines are those shown, where `[…]` stands for any.
fn matches(shown: &[String], printed: &[&str]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((line, rest)) if line.trim() == SKIPPED => {
            (0..=printed.len()).any(|at| matches(rest, &printed[at..]))
        }
        Some((line, rest)) => printed.split_first().is_some_and(|(first, after)| {
            without_durations(first) == without_durations(line) && matches(rest, after)
        }),
    }
}

#[test]
fn every_command_prints_what_the_readme_shows() {
    let database = cluster::database("readme");
    database.load("mappings/clara-to-trendtialcrm/clara.sql");
    let url = database.url();
    let (here, _) = divided(&readme(), &walk());
    let (here, _) = divided(&here, DAY);
    prints_what_it_shows(&here, 6, |command| run(command, &url));
}

fn walk() -> String {
    format!("<!-- in: {WALK} -->")
}

/// On rows of which one cannot be converted: there, proven, and back to the schema and the rows before.
#[test]
fn the_day_in_production_is_run_as_it_stands() {
    let database = cluster::database("readme_day");
    database.load("mappings/clara-to-trendtialcrm/clara.sql");
    database.load("tests/fixtures/verify/rows.sql");
    database.psql("UPDATE clients SET company_size = 'lots' WHERE name = 'Jane Roe'");
    let rows = "SELECT c FROM clients AS c ORDER BY id";
    let before = (database.dump_schema("public"), database.psql(rows));
    let url = database.url();
    let (_, there) = divided(&readme(), DAY);
    prints_what_it_shows(&there, 10, |command| run(command, &url));
    let is_drawn_by_lot = |line: &&str| !line.contains("restrict ");
    let kept = |dump: &str| {
        dump.lines()
            .filter(is_drawn_by_lot)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(kept(&database.dump_schema("public")), kept(&before.0));
    assert_eq!(database.psql(rows), before.1);
}

/// What the shop sold before.
const SOLD: &str = r#"
    INSERT INTO "Customers" ("FirstName", "LastName", email, "CreatedAt")
        VALUES ('Ann', 'Lee', 'ann@x.example', '2026-01-01');
    INSERT INTO "Product" ("SKU", title, "UnitPrice", weight_g) VALUES ('A-1', 'Lamp', 19.90, 1250);
    INSERT INTO "Order" (customer_id, "Status", "placedAt")
        VALUES (1, 'PAID', '2026-01-02'), (1, 'DONE', '2026-01-03');
    INSERT INTO "OrderItem" (order_id, product_id, qty, "UnitPrice") VALUES (1, 1, 2, 19.90);"#;

/// In a copy of the example, with the shop's own database: from two schemas to a gate that passes, and every
/// row where it belongs.
#[test]
fn the_walk_through_is_run_as_it_stands() {
    let database = cluster::database("readme_walk");
    let before = cluster::database("readme_walk_before");
    for one in [&database, &before] {
        one.load(format!("{WALK}/shop.sql"));
        one.psql(SOLD);
    }
    let url = database.url();
    let before = before.url();
    let folder = tempfile::tempdir().expect("a folder");
    let copied = run(&format!("cp -r {WALK}/. {}", folder.path().display()), "");
    assert!(copied.status.success(), "{copied:?}");
    let (_, there) = divided(&readme(), &walk());
    prints_what_it_shows(&there, 10, |command| {
        let command = format!("export BEFORE='{before}'\n{command}");
        run_in(folder.path(), &command, &url)
    });
    let again = run_in(
        folder.path(),
        "align diff --gate --from env:DATABASE_URL",
        &url,
    );
    assert_eq!(again.status.code(), Some(0), "{again:?}");
}

fn prints_what_it_shows(text: &str, least: usize, run: impl Fn(&str) -> Output) {
    let mut wrong = Vec::new();
    let all = shown(text);
    assert!(
        all.len() >= least,
        "the README shows {} commands",
        all.len()
    );
    for Shown { command, lines } in all {
        let output = run(&command);
        let answer = if output.stdout.is_empty() {
            &output.stderr
        } else {
            &output.stdout
        };
        let printed = String::from_utf8_lossy(answer).into_owned();
        if !matches(&lines, &printed.lines().collect::<Vec<_>>()) {
            wrong.push(format!("$ {command}\n{printed}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "the README shows something else than:\n{}",
        wrong.join("\n")
    );
}

/// The build is left to Cargo: the program that it gives is run with the same words.
#[test]
fn the_first_command_runs_the_main_job() {
    let readme = readme();
    let block = readme
        .split("<!-- command: main -->")
        .nth(1)
        .expect("the README marks its first command");
    let command = blocks(block, "sh").remove(0).join("\n");
    let words = command
        .strip_prefix("cargo run --release -- ")
        .expect("it is run by cargo");
    let output = run(&format!("align {words}"), "");
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8_lossy(&output.stdout);
    for line in ["Alignment 48.4 of 100", "Core Schema", "22 blockers"] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
}

#[test]
fn what_is_no_console_is_run_too() {
    let database = cluster::database("readme_sh");
    database.load("mappings/clara-to-trendtialcrm/clara.sql");
    let url = database.url();
    let text = readme();
    for block in blocks(&text, "sh") {
        for command in block.iter().filter(|line| line.starts_with("align ")) {
            let code = run(command, &url).status.code();
            assert!(
                matches!(code, Some(0 | 1)),
                "`{command}` ends with {code:?}"
            );
        }
    }
}

/// What the program writes before what it has to say.
const SAYS: [&str; 4] = ["error: ", "  cause: ", "hint: ", "warning: "];

/// Every page that a reader of this repository finds.
fn pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = Command::new("git")
        .args(["ls-files", "*.md"])
        .current_dir(root)
        .output();
    let listed = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let mut names: Vec<String> = listed
        .iter()
        .flat_map(|names| names.lines())
        .map(str::to_owned)
        .collect();
    if names.is_empty() {
        names.push("README.md".to_owned());
    }
    let read = |name: &String| std::fs::read_to_string(root.join(name)).unwrap_or_default();
    names
        .iter()
        .map(|name| (name.clone(), read(name)))
        .collect()
}

/// What stands in a console block is compared with what is printed, so an error text anywhere else is one
/// that nothing holds to the program.
fn told_elsewhere(text: &str) -> Vec<&str> {
    let mut is_console = false;
    let mut is_open = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if let Some(language) = line.strip_prefix("```") {
            is_open = !is_open;
            is_console = is_open && language == "console";
        } else if !is_console {
            let words = line.trim_start_matches(['>', '|', '-', '`', ' ']);
            let tells = SAYS.iter().any(|says| {
                words.starts_with(says.trim_start())
                    || line.contains(&format!("`{}", says.trim_start()))
            });
            let quotes = line
                .split('`')
                .skip(1)
                .step_by(2)
                .any(|code| code.starts_with("cannot "));
            if tells || quotes {
                found.push(line);
            }
        }
    }
    found
}

#[test]
fn every_error_text_is_one_that_the_program_prints() {
    for (name, text) in pages() {
        assert_eq!(told_elsewhere(&text), Vec::<&str>::new(), "{name}");
        // Only the README's blocks are run.
        let elsewhere = blocks(&text, "console");
        assert!(
            name == "README.md" || elsewhere.is_empty(),
            "{name} shows commands that nothing runs"
        );
    }
    // None of them hides behind `[…]`, which stands for any line: each is compared as it stands.
    let text = readme();
    let errors = shown(&text).into_iter().flat_map(|shown| shown.lines);
    let errors: Vec<String> = errors
        .filter(|line| SAYS.iter().any(|says| line.starts_with(says)))
        .collect();
    assert!(errors.len() >= 4, "{errors:?}");
    assert!(errors.iter().all(|line| !line.contains('…')), "{errors:?}");

    let page = "error: a\n```console\n$ align\nerror: b\n```\n- `hint: c`\n```text\nerror: d\n```\nthen `cannot read e` is said\nan error: f";
    assert_eq!(
        told_elsewhere(page),
        [
            "error: a",
            "- `hint: c`",
            "error: d",
            "then `cannot read e` is said"
        ]
    );
}
