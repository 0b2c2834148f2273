//! Where the answer goes: standard output, or a file that is there as a whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;

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
            write(path, answer)
        } else {
            write(path, &strip_str(answer).to_string())
        };
        written.map_err(|error| CliError::write_file(path, error))?;
        ui.status(format_args!("wrote {}", path.display()));
        Ok(())
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = WholeFile::create(path)?;
    file.write_all(text.as_bytes())?;
    file.finish()
}

/// A file that takes its place when it is finished. What was there stays until then, and for good when
/// writing fails.
#[derive(Debug)]
pub(super) struct WholeFile {
    file: File,
    /// Where it is written, and the place it takes. A device, or a file in a folder that takes no other,
    /// is written in its place.
    aside: Option<(PathBuf, PathBuf)>,
}

impl WholeFile {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        // A link keeps leading to its file, which is the one to be written.
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let before = fs::metadata(&place).ok();
        let is_special = before.as_ref().is_some_and(|before| !before.is_file());
        let name = place
            .file_name()
            .filter(|_| !is_special && !place.is_symlink());
        let Some(name) = name else {
            return File::create(path).map(|file| Self { file, aside: None });
        };
        if before.is_some() {
            // Taking the place of a file that may not be written needs only a right to its folder.
            File::options().write(true).open(&place)?;
        }
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.part", process::id()));
        let part = place.with_file_name(hidden);
        let Ok(file) = File::create_new(&part) else {
            return File::create(&place).map(|file| Self { file, aside: None });
        };
        if let Some(before) = before {
            file.set_permissions(before.permissions())?;
        }
        let aside = Some((part, place));
        Ok(Self { file, aside })
    }

    /// Puts it in its place.
    pub(super) fn finish(mut self) -> io::Result<()> {
        match self.aside.take() {
            Some((part, place)) => fs::rename(&part, &place).or_else(|error| {
                fs::remove_file(&part)?;
                Err(error)
            }),
            None => Ok(()),
        }
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if let Some((part, _)) = &self.aside {
            // There is nobody to tell, and the failure that led here is told.
            match fs::remove_file(part) {
                Ok(()) | Err(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<String> = entries
            .map(|entry| name(entry).into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_there_as_a_whole_or_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.txt");
        for (before, finishes, after) in [
            (None, false, None),
            (None, true, Some("new")),
            (Some("old"), false, Some("old")),
            (Some("old"), true, Some("new")),
        ] {
            match before {
                Some(before) => fs::write(&path, before).unwrap(),
                None => assert!(!path.exists()),
            }
            let mut file = WholeFile::create(&path).unwrap();
            file.write_all(b"new").unwrap();
            if finishes {
                file.finish().unwrap();
            } else {
                drop(file);
            }
            assert_eq!(fs::read_to_string(&path).ok().as_deref(), after);
            let left: Vec<&str> = after.map(|_| "report.txt").into_iter().collect();
            assert_eq!(names(folder.path()), left);
            if after.is_some() {
                fs::remove_file(&path).unwrap();
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_and_the_rights_of_a_file_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("a", &link).unwrap();
        write(&link, "new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        // A link to a file that is not there yet makes it, as ever.
        let (gone, ahead) = (folder.path().join("c"), folder.path().join("d"));
        symlink("c", &ahead).unwrap();
        write(&ahead, "new").unwrap();
        assert!(ahead.is_symlink());
        assert_eq!(fs::read_to_string(gone).unwrap(), "new");
        assert_eq!(names(folder.path()), ["a", "b", "c", "d"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_written_in_its_place() {
        write(Path::new("/dev/null"), "new").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        assert!(write(Path::new("/dev/full"), "new").is_err());
    }
}
