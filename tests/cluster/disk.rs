//! A file system of a fixed size, for a server that is to run out of space.

use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A file system of a fixed size, for the server's user. It goes when this goes, in whatever way.
pub struct SmallDisk {
    folder: PathBuf,
    watchdog: Child,
}

impl SmallDisk {
    /// `None` where this process may not mount one. `owner` is a file of the server's user.
    pub fn mount(owner: &Path, size: &str) -> Option<Self> {
        let folder = tempfile::Builder::new()
            .prefix("align-disk-")
            .tempdir_in("/tmp")
            .expect("a folder in /tmp")
            .keep();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(&folder)
            .stderr(Stdio::null())
            .status();
        if !mounted.is_ok_and(|status| status.success()) {
            std::fs::remove_dir(&folder).expect("it is empty");
            return None;
        }
        let watchdog = Command::new("sh")
            .args([
                "-c",
                "cat >/dev/null; umount -l \"$1\"; rmdir \"$1\"",
                "watchdog",
            ])
            .arg(&folder)
            .stdin(Stdio::piped())
            .spawn()
            .expect("a shell");
        let place = folder.join("space");
        std::fs::create_dir(&place).expect("it is ours");
        let owner = std::fs::metadata(owner).expect("the server's folder").uid();
        std::os::unix::fs::chown(&place, Some(owner), None).expect("root gives it away");
        for (path, mode) in [(&folder, 0o755), (&place, 0o700)] {
            std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("root may");
        }
        Some(Self { folder, watchdog })
    }

    /// Says that a test was not run: the harness keeps what a test that passes prints.
    pub fn skip(test: &str) {
        writeln!(
            std::io::stderr().lock(),
            "skipped: {test}: cannot mount a tmpfs"
        )
        .expect("stderr is open");
    }

    /// The folder in it that the server may write.
    pub fn space(&self) -> String {
        self.folder.join("space").display().to_string()
    }

    /// Gives it another size.
    pub fn grow(&self, size: &str) {
        let grown = Command::new("mount")
            .args(["-o", &format!("remount,size={size}")])
            .arg(&self.folder)
            .status()
            .expect("it was there before");
        assert!(grown.success(), "the disk does not grow");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        self.watchdog.wait().expect("the watchdog ends");
    }
}
