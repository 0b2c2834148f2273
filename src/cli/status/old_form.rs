//! What `align status` says of the old form: who reaches it, and who still writes it.

use serde::Serialize;

use crate::migrate::{OldForm, OldWriter, Way};
use crate::schema::quote;

/// The compatibility schema.
#[derive(Debug, Serialize)]
pub(super) struct OldFormStatus {
    schema: String,
    settings: Vec<SettingStatus>,
    /// Missing where this role may not see them.
    #[serde(skip_serializing_if = "Option::is_none")]
    writers: Option<Vec<WriterStatus>>,
}

#[derive(Debug, Serialize)]
struct SettingStatus {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<String>,
    name: String,
    value: String,
    reaches: bool,
}

#[derive(Debug, Serialize)]
struct WriterStatus {
    application: String,
    role: String,
    table: String,
    column: String,
    last_seen: String,
    recent: bool,
}

impl OldFormStatus {
    pub(super) fn lines(&self) -> Vec<String> {
        let schema = quote(&self.schema);
        let mut lines = vec![format!("old form in schema {schema}")];
        for setting in &self.settings {
            let word = if setting.reaches {
                "reached by"
            } else {
                "passed by "
            };
            lines.push(format!("  {word} {}", setting.line()));
        }
        if !self.settings.iter().any(|setting| setting.reaches) {
            lines.push("  no role's settings lead to it".to_owned());
            lines.push(format!(
                "  an old client needs `ALTER ROLE its_role SET search_path = {schema}, public`"
            ));
        }
        let Some(writers) = &self.writers else {
            lines.push(
                "  who writes it cannot be seen: SELECT on `align.old_writers` is missing"
                    .to_owned(),
            );
            return lines;
        };
        for writer in writers {
            let weight = if writer.recent {
                "; contract waits for it"
            } else {
                ""
            };
            lines.push(format!(
                "  written by `{}` as {}: {}.{}, last at {}{weight}",
                writer.application, writer.role, writer.table, writer.column, writer.last_seen
            ));
        }
        if writers.is_empty() {
            lines.push("  nobody was seen writing it".to_owned());
        }
        lines
    }
}

impl SettingStatus {
    fn line(&self) -> String {
        let whose = match (&self.role, &self.database) {
            (Some(role), Some(database)) => format!("role {role} in database {database}"),
            (Some(role), None) => format!("role {role}"),
            (None, Some(database)) => format!("everybody in database {database}"),
            (None, None) => "everybody".to_owned(),
        };
        format!("{whose}: {} = {}", self.name, self.value)
    }
}

impl From<OldForm> for OldFormStatus {
    fn from(form: OldForm) -> Self {
        Self {
            schema: form.schema,
            settings: form.ways.into_iter().map(SettingStatus::from).collect(),
            writers: form
                .writers
                .map(|writers| writers.into_iter().map(WriterStatus::from).collect()),
        }
    }
}

impl From<Way> for SettingStatus {
    fn from(way: Way) -> Self {
        let Way {
            role,
            database,
            setting,
            value,
            reaches,
        } = way;
        Self {
            role,
            database,
            name: setting,
            value,
            reaches,
        }
    }
}

impl From<OldWriter> for WriterStatus {
    fn from(writer: OldWriter) -> Self {
        let OldWriter {
            application,
            role,
            table,
            column,
            last_seen,
            is_recent,
        } = writer;
        Self {
            application,
            role,
            table,
            column,
            last_seen,
            recent: is_recent,
        }
    }
}
