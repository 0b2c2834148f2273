//! The flags that several commands share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::schema::Ident;

/// When to use colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// When the stream is a terminal, as `NO_COLOR`, `CLICOLOR_FORCE` and `TERM` allow
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Global")]
pub(super) struct GlobalArgs {
    /// When to use colors: auto, always, never
    #[arg(long, global = true, value_name = "WHEN", value_enum)]
    #[arg(default_value = "auto", hide_possible_values = true)]
    pub(super) color: Color,

    /// Say nothing but errors beside the answer
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,

    /// Say how every input was resolved
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
}

/// Both sides of a comparison.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(super) struct Sides {
    /// Schema to start from [default: the mapping's]
    ///
    /// `env:NAME` is a live Postgres whose URL is in the environment variable NAME, `supabase:local` that
    /// of `supabase start`, `sql:PATH` a file or a folder of migrations, `ts:PATH` TypeScript, `json:PATH`
    /// a model that `align inspect` wrote. A bare path goes by its extension, and `sql:-` is standard input.
    #[arg(long, value_name = "SOURCE")]
    pub(super) from: Option<String>,

    /// Schema to arrive at [default: the mapping's]
    ///
    /// Written as `--from` is.
    #[arg(long, value_name = "SOURCE")]
    pub(super) to: Option<String>,

    #[command(flatten)]
    pub(super) namespaces: Namespaces,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(super) struct Namespaces {
    /// Postgres schema to read (can be repeated) [default: public]
    ///
    /// The first is home: its name goes without saying, and the homes of both sides correspond.
    #[arg(long = "schema", value_name = "NAME", value_parser = ident)]
    pub(super) schemas: Vec<Ident>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Mapping")]
pub(super) struct MapArg {
    /// Mapping file, its folder, or `clara-to-trendtialcrm`
    ///
    /// Without it, the one pair under `mappings/` is taken. `clara-to-trendtialcrm` is the pair that
    /// comes inside this program.
    #[arg(long, value_name = "PATH|NAME")]
    pub(super) map: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArg {
    /// File to write instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

/// What a list is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// For a terminal
    Text,
    /// For a program
    Json,
}

/// What the answer of a check is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    /// For a terminal
    Text,
    /// For a program
    Json,
    /// For a browser: one file
    Html,
    /// For a CI that shows test results
    Junit,
    /// For code scanning, and editors
    Sarif,
    /// For annotations in a GitHub workflow
    Github,
}

pub(super) fn ident(text: &str) -> Result<Ident, String> {
    Ident::new(text).map_err(|error| error.to_string())
}
