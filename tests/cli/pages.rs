//! Man pages and completions: whole, and of use to what reads them.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::run::Place;

/// The requests that the pages may use; what is no request is text.
const REQUESTS: [&str; 10] = [
    ".ie", ".el", ".TH", ".SH", ".PP", ".IP", ".TP", ".br", ".RS", ".RE",
];

/// The shown commands below one, as its help lists them.
fn below(place: &Place, path: &[&str]) -> Vec<String> {
    let help = place.align(&[path, &["-h"]].concat()).ends_with(0).stdout;
    let Some((_, list)) = help.split_once("Commands:\n") else {
        return Vec::new();
    };
    let names = list.lines().take_while(|line| !line.is_empty());
    // What is folded into a second line stands further right.
    names
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .collect()
}

/// Checks a page as a reader of roff would, by its structure.
fn check(page: &str, name: &str) {
    let lines: Vec<&str> = page.lines().collect();
    assert_eq!(page.matches("\n.TH ").count(), 1, "{name}");
    assert!(page.contains(&format!("\n.TH {name} 1 ")), "{name}");
    let mut sections = Vec::new();
    for line in &lines {
        assert!(!line.starts_with('\''), "{name}: `{line}` is a request");
        if line.starts_with('.') {
            let request = line.split(' ').next().unwrap();
            assert!(REQUESTS.contains(&request), "{name}: {line}");
        }
        sections.extend(line.strip_prefix(".SH "));
        let (bold, roman) = (line.matches("\\fB").count(), line.matches("\\fR").count());
        assert!(roman >= bold, "{name}: a font is left open in {line}");
        // Signs that are no ASCII are at the mercy of the reader's locale.
        assert!(!line.contains('\u{1b}'), "{name}: {line}");
    }
    for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"] {
        assert!(sections.contains(&section), "{name}: {sections:?}");
    }
    assert!(!sections.contains(&"EXTRA"), "{name}");
    let summary = lines.iter().position(|line| *line == ".SH NAME").unwrap() + 1;
    let shown = name.replace('-', "\\-");
    assert!(
        lines[summary].starts_with(&format!("{shown} \\- ")),
        "{name}: {}",
        lines[summary]
    );
}

#[test]
fn man_writes_a_page_of_every_command_that_is_shown() {
    let place = Place::empty();
    let run = place.align(&["man", "pages/man1"]).ends_with(0);
    assert_eq!(run.stdout, "");

    let mut names = BTreeSet::from(["align".to_owned()]);
    for command in below(&place, &[]) {
        names.insert(format!("align-{command}"));
        if command != "help" {
            let inner = below(&place, &[&command]);
            names.extend(inner.iter().map(|inner| format!("align-{command}-{inner}")));
        }
    }
    names.retain(|name| !name.ends_with("-help") || name == "align-help");
    assert!(names.contains("align-map-check") && names.contains("align-quarantine-list"));
    assert!(!names.contains("align-man") && !names.contains("align-completions"));
    assert!(
        run.stderr.contains(&format!("wrote {} pages", names.len())),
        "{run:#?}"
    );

    let folder = place.path().join("pages/man1");
    let written: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| name.trim_end_matches(".1").to_owned())
        .collect();
    assert_eq!(written, names);
    for name in &names {
        check(&place.text(&format!("pages/man1/{name}.1")), name);
    }
    let diff = place.text("pages/man1/align-diff.1");
    let head = format!(
        ".TH align-diff 1 \"\" \"align {}\"",
        env!("CARGO_PKG_VERSION")
    );
    assert!(diff.contains(&head), "{diff}");
    assert!(
        diff.contains("\n.SH EXAMPLES\n") && diff.contains("\\-\\-fail\\-under"),
        "{diff}"
    );
    let alone = place.align(&["man"]).ends_with(0);
    assert_eq!(alone.stdout, place.text("pages/man1/align.1"));
    assert!(
        alone.stdout.contains("\n.SH \"EXIT STATUS\"\n"),
        "{}",
        alone.stdout
    );
}

#[test]
fn man_says_where_it_could_not_write() {
    let place = Place::with(&[("taken", "a file")]);
    place
        .align(&["man", "taken"])
        .fails_with(&["cannot write `taken`"]);
}

/// What bash offers for these words.
fn offered(place: &Place, words: &[&str]) -> Vec<String> {
    let script = format!(
        "source ./completions.bash\nCOMP_WORDS=({words})\nCOMP_CWORD={at}\n_align align '{last}' '{before}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words = words
            .iter()
            .map(|word| format!("'{word}'"))
            .collect::<Vec<_>>()
            .join(" "),
        at = words.len() - 1,
        last = words[words.len() - 1],
        before = words[words.len() - 2],
    );
    let output = Command::new("bash")
        .args(["--norc", "-c", &script])
        .current_dir(place.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    let offered = String::from_utf8(output.stdout).unwrap();
    offered.lines().map(ToOwned::to_owned).collect()
}

#[test]
fn bash_completes_commands_and_flags() {
    let place = Place::empty();
    let script = place.align(&["completions", "bash"]).ends_with(0).stdout;
    fs::write(place.path().join("completions.bash"), script).unwrap();
    let parsed = Command::new("bash")
        .args(["-n", "completions.bash"])
        .current_dir(place.path())
        .status();
    assert!(parsed.unwrap().success());
    for (words, wanted) in [
        (&["align", "di"][..], &["diff"][..]),
        (&["align", "map", "ch"], &["check"]),
        (&["align", "migrate", "--dry"], &["--dry-run"]),
        (&["align", "diff", "--color", "a"], &["auto", "always"]),
    ] {
        assert_eq!(offered(&place, words), wanted, "{words:?}");
    }
    let all = offered(&place, &["align", ""]);
    for command in below(&place, &[]) {
        assert!(all.contains(&command), "{command}: {all:?}");
    }
}

#[test]
fn each_shell_has_completions_and_no_other() {
    let place = Place::empty();
    for (shell, sign) in [
        ("zsh", "#compdef align"),
        ("fish", "complete -c align"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion:arg-completer[align]"),
    ] {
        let run = place.align(&["completions", shell]).ends_with(0);
        assert!(run.stdout.contains(sign), "{shell}");
        assert!(run.stdout.contains("fail-under"), "{shell}");
    }
    let wrong = place.align(&["completions", "bsh"]).ends_with(2);
    assert!(wrong.stderr.contains("'bash'"), "{}", wrong.stderr);
}
