//! Where the answer goes: standard output, or a file.

use std::fs;
use std::path::Path;

use anstream::adapter::strip_str;

use super::args::OutputArg;
use super::error::CliError;
use super::ui::Ui;

impl OutputArg {
    /// Writes the whole answer. A file is opened when all of it is known, so that no failure before
    /// leaves half of one.
    pub(super) fn write(&self, ui: &Ui, answer: &str) -> Result<(), CliError> {
        let path = match self.output.as_deref() {
            Some(path) if path != Path::new("-") => path,
            Some(_) | None => {
                let written = ui.answer(answer);
                return written.map_err(|error| CliError::write("the answer", error));
            }
        };
        let written = if ui.colors_files() {
            fs::write(path, answer)
        } else {
            fs::write(path, strip_str(answer).to_string())
        };
        written.map_err(|error| CliError::write(&format!("`{}`", path.display()), error))?;
        ui.status(format_args!("wrote {}", path.display()));
        Ok(())
    }
}
