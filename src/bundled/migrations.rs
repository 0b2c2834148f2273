//! The bundled pair's migrations, phase by phase.

/// A phase's files, and its way back.
#[derive(Debug)]
pub struct Folder {
    /// The phase.
    pub name: &'static str,
    /// File names and texts.
    pub files: &'static [(&'static str, &'static str)],
    /// The name and text of its way back.
    pub undo: Option<(&'static str, &'static str)>,
}

macro_rules! folder {
    ($name:literal, undo: $undo:expr, $($file:literal),+ $(,)?) => {
        Folder {
            name: $name,
            files: &[$((
                concat!("migrations/", $name, "/", $file),
                include_str!(concat!("../../migrations/", $name, "/", $file)),
            )),+],
            undo: $undo,
        }
    };
}

macro_rules! undo {
    ($file:literal) => {
        Some((
            concat!("migrations/undo/", $file),
            include_str!(concat!("../../migrations/undo/", $file)),
        ))
    };
}

pub(super) const FOLDERS: &[Folder] = &[
    folder!(
        "phase1",
        undo: undo!("phase1.sql"),
        "V1__align.sql",
        "V2__clara_views.sql",
        "V3__rules.sql",
        "V4__quiet_updates.sql",
        "V5__users.sql",
        "V6__users_accounts.sql",
        "V7__who_is_asking.sql",
        "V8__sign_up.sql",
        "V9__users_rows.sql",
        "V10__clients_columns.sql",
        "V11__clients_size_column.sql",
        "V12__clients_name_index.sql",
        "V13__clients_sizes.sql",
        "V14__clients_sizes_listed.sql",
        "V15__clients_sizes_kept_equal.sql",
        "V16__clients_names.sql",
        "V17__clients_names_listed.sql",
        "V18__clients_names_kept_equal.sql",
        "V19__clients_rows.sql",
        "V20__clients_rows_shared_name.sql",
        "V21__clients_times.sql",
        "V22__clients_sizes_quarantined.sql",
        "V23__clients_unique_name.sql",
        "V24__clients_unique_name_key.sql",
        "V25__clients_names_by_key.sql",
        "V26__clients_not_null.sql",
        "V27__clients_not_null_valid.sql",
        "V28__clients_required.sql",
        "V29__clients_not_null_done.sql",
        "V30__clients_size_swap.sql",
        "V31__leads_columns.sql",
        "V32__leads_forms.sql",
        "V33__leads_kept_equal.sql",
        "V34__leads_rows.sql",
        "V35__leads_qualification.sql",
        "V36__leads_times.sql",
        "V37__leads_clients.sql",
        "V38__leads_checks.sql",
        "V39__leads_agent_key.sql",
        "V40__leads_valid.sql",
        "V41__leads_required.sql",
        "V42__leads_checks_done.sql",
        "V43__indexes.sql",
        "V44__calls.sql",
        "V45__voice_flow.sql",
        "V46__conversations_make_calls.sql",
        "V47__calls_rows.sql",
        "V48__clients_rule.sql",
        "V49__leads_rule.sql",
        "V50__direct_access.sql",
        "V51__clients_security.sql",
        "V52__leads_security.sql",
        "V53__activities_security.sql",
        "V54__conversations_security.sql",
        "V55__done.sql",
    ),
    folder!(
        "phase2",
        undo: undo!("phase2.sql"),
        "V1__needs.sql",
        "V2__pipeline_stages.sql",
        "V3__leads_stage_key.sql",
        "V4__leads_stage_key_valid.sql",
        "V5__engagement_rules.sql",
        "V6__follow_ups.sql",
        "V7__meetings.sql",
        "V8__lead_activities.sql",
        "V9__activities_flow.sql",
        "V10__activities_kept_equal.sql",
        "V11__activities_rows.sql",
        "V12__realtime.sql",
    ),
    folder!(
        "phase3",
        undo: undo!("phase3.sql"),
        "V1__needs.sql",
        "V2__scoring.sql",
        "V3__nurturing.sql",
        "V4__todos.sql",
        "V5__notifications.sql",
        "V6__team.sql",
        "V7__office.sql",
        "V8__realtime.sql",
    ),
    folder!(
        "minimal",
        undo: undo!("minimal.sql"),
        "V1__needs.sql",
        "V2__align.sql",
        "V3__rules.sql",
        "V4__users.sql",
        "V5__users_accounts.sql",
        "V6__who_is_asking.sql",
        "V7__sign_up.sql",
        "V8__users_rows.sql",
        "V9__calls.sql",
        "V10__voice_flow.sql",
        "V11__conversations_make_calls.sql",
        "V12__calls_rows.sql",
        "V13__trendtial_views.sql",
    ),
    folder!(
        "contract",
        undo: None,
        "V1__ready.sql",
        "V2__archive.sql",
        "V3__clients.sql",
        "V4__leads.sql",
        "V5__clients_types.sql",
        "V6__leads_types.sql",
        "V7__leads_types_valid.sql",
        "V8__statistics.sql",
        "V9__done.sql",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    #[test]
    fn every_file_of_the_folder_is_in_the_program() {
        let top = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = BTreeSet::new();
        for folder in fs::read_dir(top.join("migrations")).unwrap() {
            let folder = folder.unwrap().path();
            for file in fs::read_dir(&folder).unwrap() {
                let path = file.unwrap().path();
                let path = path.strip_prefix(top).unwrap();
                found.insert(path.to_str().unwrap().to_owned());
            }
        }
        let files = FOLDERS
            .iter()
            .flat_map(|folder| folder.files.iter().chain(&folder.undo));
        let bundled: BTreeSet<String> = files.map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(bundled, found);
    }
}
