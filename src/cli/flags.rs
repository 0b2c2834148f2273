//! Every flag that the help offers is typed by a test or on the README's page, for the command it is of.

use std::fs;
use std::path::Path;

use clap::{Arg, Command, CommandFactory};

use super::Cli;

/// What tests and readers type: each text, and whether it is the README's.
struct Typed {
    sources: Vec<String>,
    commands: Vec<String>,
}

impl Typed {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut sources = Vec::new();
        collect(&root.join("tests"), &mut sources);
        let readme = fs::read_to_string(root.join("README.md")).unwrap();
        let typed = readme.lines().filter_map(|line| line.strip_prefix("$ "));
        let commands = typed.map(|line| format!("{line} ")).collect();
        Self { sources, commands }
    }

    /// A source that names the command as an argument, or calls what is named after it, and the flag as an
    /// argument of its own: words in prose and comments stand in no quotes.
    fn has(&self, path: &[&str], names: &[String]) -> bool {
        let last = path.last().copied().unwrap_or_default();
        let called = [
            format!("\"{last}\""),
            format!(".{last}("),
            format!(" {last} "),
        ];
        let calls = |source: &str| called.iter().any(|word| source.contains(word));
        let types = |source: &str| {
            names.iter().any(|name| {
                let quoted = [
                    format!("\"{name}\""),
                    format!("\"{name}="),
                    format!(" {name} "),
                    format!(" {name}\""),
                ];
                quoted.iter().any(|word| source.contains(word))
            })
        };
        let call = format!("align {} ", path.join(" "));
        self.sources
            .iter()
            .any(|source| calls(source) && types(source))
            || self.commands.iter().any(|line| {
                let typed = |name: &String| {
                    line.contains(&format!(" {name} ")) || line.contains(&format!(" {name}="))
                };
                line.contains(&call) && names.iter().any(typed)
            })
    }
}

fn collect(folder: &Path, sources: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(without_comments(&fs::read_to_string(&path).unwrap()));
        }
    }
}

fn without_comments(source: &str) -> String {
    let lines = source.lines();
    let code: Vec<&str> = lines
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    code.join("\n")
}

fn names(flag: &Arg) -> Vec<String> {
    let long = flag.get_long_and_visible_aliases().unwrap_or_default();
    let short = flag.get_short().map(|short| format!("-{short}"));
    let long = long.into_iter().map(|long| format!("--{long}"));
    long.chain(short).collect()
}

fn untested<'c>(
    command: &'c Command,
    path: &mut Vec<&'c str>,
    typed: &Typed,
    found: &mut Vec<String>,
) {
    for flag in command.get_arguments() {
        let is_own = path.is_empty() || !flag.is_global_set();
        let is_help = ["help", "version"].contains(&flag.get_id().as_str());
        let names = names(flag);
        if names.is_empty() || !is_own || is_help {
            continue;
        }
        if !typed.has(path, &names) {
            found.push(format!("align {}: {}", path.join(" "), names.join(", ")));
        }
    }
    for inner in command.get_subcommands() {
        path.push(inner.get_name());
        untested(inner, path, typed, found);
        path.pop();
    }
}

#[test]
fn every_flag_is_used_by_a_test() {
    let mut command = Cli::command();
    command.build();
    let mut found = Vec::new();
    untested(&command, &mut Vec::new(), &Typed::read(), &mut found);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_flag_that_no_test_types_would_be_found() {
    let typed = Typed {
        sources: vec![without_comments(
            "// \"--quietly\" does it\nrun(&[\"diff\", \"--loud\"])",
        )],
        commands: vec!["align diff --wide ".to_owned()],
    };
    let flag = |name: &str| [name.to_owned()];
    assert!(typed.has(&["diff"], &flag("--loud")));
    assert!(typed.has(&["diff"], &flag("--wide")));
    for (path, name) in [
        ("map", "--loud"),
        ("diff", "--quietly"),
        ("diff", "--lou"),
        ("diff", "--wid"),
        ("map", "--wide"),
    ] {
        assert!(!typed.has(&[path], &flag(name)), "{path} {name}");
    }
}
