//! Passwords kept in `~/.pgpass`, by the rules of libpq.

use std::io::ErrorKind;
use std::path::Path;

/// What a password is asked for.
pub(super) struct Login<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) database: &'a str,
    pub(super) user: &'a str,
}

/// What a password file had to say.
pub(super) enum Answer {
    /// The first entry that fits.
    Password(String),
    /// No such file, or no entry that fits.
    Nothing,
    /// The file is not to be used, and the user should know why.
    Ignored(String),
}

/// Looks the login up in a file. One that others may read is not trusted.
pub(super) fn look_up(path: &Path, login: &Login<'_>) -> Answer {
    let shown = path.display();
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Answer::Nothing,
        Err(error) => {
            return Answer::Ignored(format!("password file `{shown}` is not read: {error}"));
        }
    };
    if !metadata.is_file() {
        return Answer::Ignored(format!(
            "password file `{shown}` is not read: it is no plain file"
        ));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if metadata.permissions().mode() & 0o077 != 0 {
            return Answer::Ignored(format!(
                "password file `{shown}` is not read: others have access to it; \
                 shut them out with `chmod 0600 {shown}`"
            ));
        }
    }
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            return Answer::Ignored(format!("password file `{shown}` is not read: {error}"));
        }
    };
    let text = String::from_utf8_lossy(&bytes);
    text.lines()
        .find_map(|line| password(line, login))
        .map_or(Answer::Nothing, Answer::Password)
}

/// The password of `host:port:database:user:password` when the first four fit.
fn password(line: &str, login: &Login<'_>) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let port = login.port.to_string();
    let mut rest = line;
    for wanted in [login.host, &port, login.database, login.user] {
        let (field, after) = field(rest)?;
        // An escaped star is a star; only a bare one stands for anything.
        if !rest.starts_with("*:") && field != wanted {
            return None;
        }
        rest = after;
    }
    let mut password = String::new();
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        // libpq lets the password end at a colon, too.
        match c {
            ':' => break,
            '\\' => password.extend(chars.next()),
            c => password.push(c),
        }
    }
    (!password.is_empty()).then_some(password)
}

/// The text up to the next bare colon, without its backslashes, and what follows the colon.
fn field(text: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            ':' => return Some((field, text.get(at + 1..)?)),
            '\\' => field.extend(chars.next().map(|(_, c)| c)),
            c => field.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGIN: Login<'static> = Login {
        host: "db.example",
        port: 5432,
        database: "crm",
        user: "ada",
    };

    #[test]
    fn the_first_four_fields_decide() {
        for (line, expected) in [
            ("db.example:5432:crm:ada:secret", Some("secret")),
            ("*:*:*:*:secret", Some("secret")),
            ("*:5433:*:*:secret", None),
            ("*:*:*:bob:secret", None),
            ("# db.example:5432:crm:ada:secret", None),
            (r"*:*:crm:ada:a\:b\\c", Some(r"a:b\c")),
            (r"\*:*:*:*:secret", None),
            ("*:*:*:*:", None),
            ("*:*:*:ada", None),
            ("", None),
            ("ü:*:*:*:x", None),
        ] {
            assert_eq!(password(line, &LOGIN).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn a_file_that_others_may_read_is_not_trusted() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pass");
        assert!(matches!(look_up(&path, &LOGIN), Answer::Nothing));
        std::fs::write(&path, "other:*:*:*:no\r\n*:*:*:ada:secret\r\n").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        let Answer::Ignored(why) = look_up(&path, &LOGIN) else {
            panic!("a group may read it");
        };
        assert!(why.contains("chmod 0600"), "{why}");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        assert!(matches!(look_up(&path, &LOGIN), Answer::Password(p) if p == "secret"));
        assert!(matches!(look_up(folder.path(), &LOGIN), Answer::Ignored(_)));
    }
}
