//! The pair that comes inside the program, so that it works in an empty folder.

mod migrations;

pub use migrations::Folder;

/// A mapping with the files that it names.
#[derive(Debug)]
pub struct Pair {
    /// What `--map` calls it.
    pub name: &'static str,
    /// The text of its `mapping.toml`.
    pub mapping: &'static str,
    files: &'static [(&'static str, &'static str)],
}

/// The bundled pair.
pub const PAIR: Pair = Pair {
    name: "clara-to-trendtialcrm",
    mapping: include_str!("../../mappings/clara-to-trendtialcrm/mapping.toml"),
    files: &[
        (
            "clara.sql",
            include_str!("../../mappings/clara-to-trendtialcrm/clara.sql"),
        ),
        (
            "trendtialcrm.sql",
            include_str!("../../mappings/clara-to-trendtialcrm/trendtialcrm.sql"),
        ),
        (
            "verify.sql",
            include_str!("../../mappings/clara-to-trendtialcrm/verify.sql"),
        ),
    ],
};

impl Pair {
    /// The text of a file beside the mapping, by the path that the mapping names it with.
    pub fn file(&self, path: &str) -> Option<&'static str> {
        let path = path.strip_prefix("./").unwrap_or(path);
        let found = self.files.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| *text)
    }

    /// The migrations of a phase.
    pub fn phase(&self, name: &str) -> Option<&'static Folder> {
        migrations::FOLDERS
            .iter()
            .find(|folder| folder.name == name)
    }

    /// The phases that there are.
    pub fn phases(&self) -> impl Iterator<Item = &'static str> {
        migrations::FOLDERS.iter().map(|folder| folder.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::file;
    use crate::source::{Input, Kind, SourceSpec};

    #[test]
    fn every_source_of_the_mapping_is_bundled() {
        let mapping = file::read(PAIR.mapping).unwrap();
        for side in [mapping.from, mapping.to] {
            let written = side.source.unwrap();
            let spec = SourceSpec::parse(&written).unwrap();
            let spec = spec.embedded(|path| PAIR.file(path));
            let input = match spec.kind() {
                Kind::Text { input, .. } => Some(input),
                Kind::Environment(_) | Kind::Url(_) | Kind::SupabaseLocal => None,
            };
            assert!(matches!(input, Some(Input::Text(_))), "{written}");
        }
    }
}
