//! The one yes-or-no answer: is the pair aligned enough?

use crate::diff::Comparison;
use crate::mapping::Gate;
use crate::score::Score;

/// The answer, and every reason for a no.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The lowest score that passes.
    pub threshold: f64,
    /// Whether everything that the gate asks holds.
    pub passed: bool,
    /// Why it does not, one sentence each; empty when it does.
    pub reasons: Vec<String>,
}

/// Asks for the score, the blockers and the unknowns that the gate allows.
pub fn judge(comparison: &Comparison, score: &Score, gate: &Gate) -> Verdict {
    let mut reasons = Vec::new();
    match &score.overall {
        None => reasons.push("nothing was scored".to_owned()),
        Some(_) if score.reaches(gate.score) => {}
        Some(_) => reasons.push(format!(
            "the score is {}, under {}",
            score.printed(),
            gate.score
        )),
    }
    let mut limit = |found: usize, allowed: u32, one: &str, many: &str| {
        if found > allowed as usize {
            let word = if found == 1 { one } else { many };
            reasons.push(format!("{found} {word}, {allowed} allowed"));
        }
    };
    limit(
        comparison.blockers.len(),
        gate.blockers,
        "blocker",
        "blockers",
    );
    limit(
        comparison.unknowns.len(),
        gate.unknown,
        "unknown",
        "unknowns",
    );
    Verdict {
        threshold: gate.score,
        passed: reasons.is_empty(),
        reasons,
    }
}
