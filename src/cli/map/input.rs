//! Rows from standard input, and how far they are read.

#[cfg(unix)]
use std::fs::File;
#[cfg(unix)]
use std::io::Seek;
use std::io::{self, BufRead, BufReader, IsTerminal, Read};

use crate::cli::progress::Lasting;
use crate::cli::ui::Ui;

/// How much is read and written at once.
pub(super) const BUFFER: usize = 1 << 16;
const MEGABYTE: u64 = 1_000_000;

/// What was read, and how much there is where that is known.
struct Told<'u, R> {
    ui: &'u Ui,
    input: R,
    read: u64,
    size: Option<u64>,
}

/// The rows, buffered. Where they are typed, or come out on the same screen, nothing else moves there.
pub(super) fn stdin(ui: &Ui, to_screen: bool) -> (impl BufRead, Option<Lasting<'_>>) {
    let is_seen = io::stdin().is_terminal() || to_screen && io::stdout().is_terminal();
    let lasting = (!is_seen).then(|| ui.lasts("reading rows"));
    let told = Told {
        ui,
        input: io::stdin().lock(),
        read: 0,
        size: size(),
    };
    (BufReader::with_capacity(BUFFER, told), lasting)
}

/// What is left of a file that standard input comes from.
#[cfg(unix)]
fn size() -> Option<u64> {
    use std::os::fd::AsFd;
    let mut file = File::from(io::stdin().as_fd().try_clone_to_owned().ok()?);
    let found = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    found.len().checked_sub(file.stream_position().ok()?)
}

#[cfg(not(unix))]
fn size() -> Option<u64> {
    None
}

impl<R: Read> Read for Told<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.read += read as u64;
        let megabytes = self.read / MEGABYTE;
        match self.size.filter(|size| *size > 0) {
            Some(size) => self.ui.at_and_left(
                self.read.saturating_mul(1000) / size,
                &format!("{megabytes} MB of rows read"),
            ),
            None => self.ui.now(&format!("{megabytes} MB of rows read")),
        }
        Ok(read)
    }
}
