//! The program; see the library for the map of the house.

use std::process::ExitCode;

fn main() -> ExitCode {
    align::cli::run()
}
