//! What a run would do, told from files and history alone.

use std::collections::BTreeSet;
use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::error::Refusal;
use super::files::{MigrationFile, Phase, Script};
use super::hazard::{Before, Effects, Hazard, Need, effects, ledger_needs, made};
use super::standing::{Entry, State};

/// What a run would do, in order.
#[derive(Debug)]
pub struct Plan<'p> {
    /// Nothing when all is applied.
    pub steps: Vec<Planned<'p>>,
}

/// One step.
#[derive(Debug)]
pub struct Planned<'p> {
    /// Of which phase.
    pub phase: &'p Phase,
    /// Which migration; `None` is the phase's way back.
    pub file: Option<&'p MigrationFile>,
    /// What it runs.
    pub script: &'p Script,
    /// By statement.
    pub effects: Vec<Effects>,
}

impl Planned<'_> {
    /// `V3__x`, or `undo`.
    pub fn name(&self) -> String {
        self.file
            .map_or_else(|| "undo".to_owned(), MigrationFile::title)
    }

    /// `phase1 V3__x`
    pub fn title(&self) -> String {
        format!("{} {}", self.phase.name, self.name())
    }

    /// Everything that one of its statements may cost.
    pub fn hazards(&self) -> BTreeSet<Hazard> {
        self.effects
            .iter()
            .flat_map(|effects| &effects.hazards)
            .copied()
            .collect()
    }

    /// Each statement's text, its line from 1, and what it does.
    pub fn statements(&self) -> impl Iterator<Item = (&str, usize, &Effects)> {
        let text = &self.script.text;
        let statements = self.script.statements.iter().zip(&self.effects);
        // Counted on from the one before: a file may hold a statement for each of its lines.
        let (mut at, mut line) = (0, 1);
        statements.map(move |(statement, effects)| {
            let between = text.get(at..statement.start).unwrap_or_default();
            line += between.bytes().filter(|byte| *byte == b'\n').count();
            at = statement.start;
            (statement.text(text), line, effects)
        })
    }
}

impl<'p> Plan<'p> {
    /// The pending migrations of the phases, in order, up to a version of the last phase.
    pub fn forward(phases: &'p [Phase], standings: &[Vec<Entry>], target: Option<i64>) -> Self {
        Self::onward(phases, standings, target, BTreeSet::new())
    }

    /// The same, where some are applied. `empty`: of what they have [made](Self::made_before), the tables
    /// that have no row, on which no statement takes long. So a run that goes on asks for no consent that
    /// was not asked for at its beginning.
    pub fn onward(
        phases: &'p [Phase],
        standings: &[Vec<Entry>],
        target: Option<i64>,
        empty: BTreeSet<String>,
    ) -> Self {
        let mut before = Before::with_empty(empty);
        let mut steps = Vec::new();
        for (phase, entries) in phases.iter().zip(standings) {
            for file in &phase.files {
                let entry = entries.iter().find(|entry| entry.version == file.version);
                let pending = entry.is_some_and(|entry| entry.state == State::Pending);
                if !pending {
                    before.learn(&file.script);
                } else if target.is_none_or(|target| file.version <= target) {
                    let effects = effects(&file.script, &mut before);
                    steps.push(Planned {
                        phase,
                        file: Some(file),
                        script: &file.script,
                        effects,
                    });
                }
            }
        }
        Self { steps }
    }

    /// What the migrations have made that are applied already, as they name it.
    pub fn made_before(phases: &[Phase], standings: &[Vec<Entry>]) -> Vec<String> {
        let mut names = BTreeSet::new();
        for (phase, entries) in phases.iter().zip(standings) {
            for file in &phase.files {
                let entry = entries.iter().find(|entry| entry.version == file.version);
                if entry.is_none_or(|entry| entry.state != State::Pending) {
                    names.extend(made(&file.script));
                }
            }
        }
        names.into_iter().collect()
    }

    /// The way back of a phase.
    pub fn back(phase: &'p Phase, script: &'p Script) -> Self {
        let effects = effects(script, &mut Before::default());
        Self {
            steps: vec![Planned {
                phase,
                file: None,
                script,
                effects,
            }],
        }
    }

    /// Everything that one of its steps may cost.
    pub fn hazards(&self) -> BTreeSet<Hazard> {
        self.steps.iter().flat_map(Planned::hazards).collect()
    }

    /// Whether it only adds what nobody can miss.
    pub fn only_adds(&self) -> bool {
        self.steps
            .iter()
            .flat_map(|step| &step.effects)
            .all(|effects| effects.adds)
    }

    /// The relations that are locked, each once, in the order in which they are.
    pub fn relations(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for lock in self
            .steps
            .iter()
            .flat_map(|step| &step.effects)
            .flat_map(|effects| &effects.locks)
        {
            if !found.contains(&lock.relation) {
                found.push(lock.relation.clone());
            }
        }
        found
    }

    /// What the role that runs it must be allowed to do, the ledger of these histories included.
    pub fn needs(&self, histories: &[String]) -> BTreeSet<Need> {
        let effects = self.steps.iter().flat_map(|step| &step.effects);
        let mut needs: BTreeSet<Need> = effects.flat_map(|effects| effects.needs.clone()).collect();
        needs.extend(ledger_needs(histories));
        needs
    }
    /// Over what runs, the mapping, and a digest of what it runs on.
    pub fn fingerprint(&self, pair: &str, mapping: &str, catalog: &str) -> String {
        let mut hash = Sha256::new();
        let mut part = |text: &str| {
            // The length in front keeps two texts from being read as another two.
            hash.update(text.len().to_be_bytes());
            hash.update(text.as_bytes());
        };
        part("align 1");
        part(pair);
        part(mapping);
        part(catalog);
        for step in &self.steps {
            part(&step.title());
            part(&step.script.text);
        }
        hex(&hash.finalize(), 8)
    }
}

/// A text's digest, for what has no checksum of refinery's.
pub(super) fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()), 8)
}

pub(super) fn hex(bytes: &[u8], first: usize) -> String {
    let mut text = String::new();
    for byte in bytes.iter().take(first) {
        write!(text, "{byte:02x}").expect("a String takes everything");
    }
    text
}

/// Where files and history contradict each other, but for what is accepted.
///
/// # Errors
/// [`Refusal::Divergent`].
pub fn check(phases: &[Phase], standings: &[Vec<Entry>], accept: &[i64]) -> Result<(), Refusal> {
    let mut lines = Vec::new();
    let mut hints: Vec<String> = Vec::new();
    for (phase, entries) in phases.iter().zip(standings) {
        for entry in entries {
            let (line, hint) = match &entry.state {
                State::Edited { .. } if accept.contains(&entry.version) => continue,
                State::Applied { .. } | State::Pending => continue,
                state => told(phase, entry, state),
            };
            lines.push(line);
            if !hints.contains(&hint) {
                hints.push(hint);
            }
        }
    }
    if lines.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Divergent { lines, hints })
    }
}

/// What contradicts what, and what to do.
fn told(phase: &Phase, entry: &Entry, state: &State) -> (String, String) {
    let (version, name) = (entry.version, &entry.name);
    let title = format!("{} V{version}__{name}", phase.name);
    match state {
        State::Edited {
            applied,
            file,
            renamed_from,
        } => {
            let renamed = match renamed_from {
                Some(old) => format!(", and its name then was `V{version}__{old}`"),
                None => String::new(),
            };
            (
                format!(
                    "`{title}` was applied with checksum {applied:016x} and is {file:016x} now{renamed}"
                ),
                format!(
                    "bring the file back as it was, or take it as it is with `--phase {} --accept {version}`",
                    phase.name
                ),
            )
        }
        State::Missing { applied } => (
            format!(
                "`{title}` was applied with checksum {applied:016x}, and there is no such file"
            ),
            "bring the file back; the folder may be another version's".to_owned(),
        ),
        State::TooLate { last } => (
            format!("`{title}` was never applied, and V{last} was"),
            format!("give it a version after V{last}"),
        ),
        State::Applied { .. } | State::Pending => (title, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::standing::{Applied, standing};
    use crate::source::TextFile;

    fn phase(name: &str, files: &[(&str, &str)]) -> Phase {
        let file = |(name, text): &(&str, &str)| TextFile {
            name: format!("{name}.sql"),
            text: (*text).to_owned(),
        };
        Phase::of(name, name, files.iter().map(file).collect(), None).unwrap()
    }

    #[test]
    fn pending_steps_run_in_the_order_of_phases_and_versions() {
        let phases = [
            phase("one", &[("V2__b", "select 1"), ("V1__a", "select 1")]),
            phase("two", &[("V1__c", "select 1"), ("V2__d", "drop table t")]),
        ];
        let applied = Applied {
            version: 1,
            name: "a".to_owned(),
            checksum: phases[0].files[0].checksum,
            on: String::new(),
        };
        let standings = [standing(&phases[0], &[applied]), standing(&phases[1], &[])];
        let titles = |plan: &Plan<'_>| plan.steps.iter().map(Planned::title).collect::<Vec<_>>();
        let plan = Plan::forward(&phases, &standings, None);
        assert_eq!(titles(&plan), ["one V2__b", "two V1__c", "two V2__d"]);
        assert!(!plan.only_adds() && plan.hazards().contains(&Hazard::DeletesData));
        let owns = Need::Own("t".to_owned());
        assert!(plan.needs(&[]).contains(&owns), "{:?}", plan.needs(&[]));
        let plan = Plan::forward(&phases[1..], &standings[1..], Some(1));
        assert_eq!(titles(&plan), ["two V1__c"]);
        assert!(plan.only_adds() && plan.hazards().is_empty());
    }

    #[test]
    fn the_fingerprint_is_of_everything_that_was_approved() {
        let of = |text: &str, mapping: &str, catalog: &str, pair: &str| {
            let phases = [phase("one", &[("V1__a", text)])];
            let standings = [standing(&phases[0], &[])];
            Plan::forward(&phases, &standings, None).fingerprint(pair, mapping, catalog)
        };
        let first = of("select 1", "m", "c", "p");
        assert_eq!(first.len(), 16);
        assert_eq!(first, of("select 1", "m", "c", "p"));
        for other in [
            of("select 2", "m", "c", "p"),
            of("select 1", "n", "c", "p"),
            of("select 1", "m", "d", "p"),
            of("select 1", "m", "c", "q"),
            of("select 1", "mc", "", "p"),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn contradictions_are_told_with_both_checksums() {
        let phases = [phase(
            "one",
            &[("V1__a", "select 1"), ("V3__c", "select 1")],
        )];
        let row = |version, name: &str, checksum| Applied {
            version,
            name: name.to_owned(),
            checksum,
            on: String::new(),
        };
        let sum = phases[0].files[0].checksum;
        let edited = [standing(&phases[0], &[row(1, "a", 255)])];
        let Err(Refusal::Divergent { lines, hints }) = check(&phases, &edited, &[]) else {
            panic!("an edited file passed");
        };
        assert_eq!(
            lines,
            [format!(
                "`one V1__a` was applied with checksum 00000000000000ff and is {sum:016x} now"
            )]
        );
        assert!(hints[0].contains("--accept 1"), "{hints:?}");
        assert!(check(&phases, &edited, &[1]).is_ok());
        let late = [standing(&phases[0], &[row(1, "a", sum), row(4, "d", 1)])];
        let Err(Refusal::Divergent { lines, .. }) = check(&phases, &late, &[1, 3, 4]) else {
            panic!("a file that comes too late passed");
        };
        assert_eq!(lines.len(), 2, "{lines:?}");
    }
}
