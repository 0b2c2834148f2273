//! `supabase:local`: the database that `supabase start` runs, found by the project's `supabase/config.toml`.

use std::path::{Path, PathBuf};

use super::{Environment, LoadError, read_file};

const CONFIG: &str = "supabase/config.toml";
/// Where the file names no port.
const PORT: u16 = 54322;

/// The URL of the database. Its password is the same for everybody.
pub(super) fn local(environment: &Environment<'_>) -> Result<String, LoadError> {
    let here = std::fs::canonicalize(".").map_err(|source| LoadError::Io {
        path: PathBuf::from("."),
        source,
    })?;
    let config = find(&here).ok_or_else(|| {
        wrong(
            format!("there is no `{CONFIG}` here or above"),
            "go to the project's folder, or name the database with `env:NAME`",
        )
    })?;
    let port = port(&read_file(&config)?.text, environment)?;
    Ok(format!(
        "postgresql://postgres:postgres@127.0.0.1:{port}/postgres"
    ))
}

fn wrong(cause: String, hint: &'static str) -> LoadError {
    LoadError::Spec {
        spec: "supabase:local".to_owned(),
        cause,
        hint,
    }
}

fn find(from: &Path) -> Option<PathBuf> {
    let mut folders = from.ancestors().map(|folder| folder.join(CONFIG));
    folders.find(|config| config.is_file())
}

fn port(text: &str, environment: &Environment<'_>) -> Result<u16, LoadError> {
    const HINT: &str = "write it as `[db]` and `port = 54322`";
    let config: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        wrong(
            format!("`{CONFIG}` is no TOML: {}", error.message()),
            "mend the file; `supabase start` would not read it either",
        )
    })?;
    let Some(value) = config.get("db").and_then(|db| db.get("port")) else {
        return Ok(PORT);
    };
    let number = match value {
        toml::Value::Integer(number) => u16::try_from(*number).ok(),
        // As the Supabase CLI reads it, a value may stand in the environment.
        toml::Value::String(text) => {
            let name = text
                .strip_prefix("env(")
                .and_then(|text| text.strip_suffix(')'));
            let value = name.and_then(environment);
            value.and_then(|value| value.trim().parse().ok())
        }
        _ => None,
    };
    number.filter(|port| *port > 0).ok_or_else(|| {
        wrong(
            format!("`{CONFIG}` names no port of the database: `db.port` is {value}"),
            HINT,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_that_of_the_file() {
        let environment = |name: &str| (name == "DB_PORT").then(|| "6000".to_owned());
        for (text, expected) in [
            ("", Some(54322)),
            ("[db]\nmajor_version = 15", Some(54322)),
            (
                "project_id = \"x\"\n[api]\nport = 1\n[db]\nport = 55001\n",
                Some(55001),
            ),
            ("[db]\nport = \"env(DB_PORT)\"", Some(6000)),
            ("[db]\nport = \"env(ELSEWHERE)\"", None),
            ("[db]\nport = 0", None),
            ("[db]\nport = 70000", None),
            ("[db]\nport = true", None),
            ("[db", None),
        ] {
            assert_eq!(port(text, &environment).ok(), expected, "{text}");
        }
    }

    #[test]
    fn the_file_is_looked_for_upwards() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("apps/web");
        std::fs::create_dir_all(&deep).unwrap();
        assert_eq!(find(&deep), None);
        let config = folder.path().join(CONFIG);
        std::fs::create_dir_all(config.parent().unwrap()).unwrap();
        std::fs::write(&config, "").unwrap();
        assert_eq!(find(&deep), Some(config));
    }
}
