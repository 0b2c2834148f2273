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
        Some(_) => reasons.push(too_low(score, gate.score)),
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

/// Why the score does not pass. Rounding may print what was asked for, and then it is said.
pub(crate) fn too_low(score: &Score, threshold: f64) -> String {
    let printed = score.printed();
    let is_rounded_up = score
        .permille()
        .is_some_and(|tenths| f64::from(tenths) / 10.0 >= threshold);
    let rounded = if is_rounded_up { " rounded" } else { "" };
    format!("the score is {printed}{rounded}, under {threshold}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{Blocker, BlockerKind, Unknown};
    use crate::schema::{Facet, Schema};
    use crate::score::tests::scored;

    fn comparison(blockers: usize, unknowns: usize) -> Comparison {
        let schema = Schema::new(Vec::new(), Facet::ALL);
        let mut comparison =
            crate::diff::compare(&schema, &schema, &crate::mapping::Mapping::default());
        comparison.blockers = vec![
            Blocker {
                kind: BlockerKind::RlsOff,
                table: "t".to_owned(),
                column: String::new(),
                message: String::new(),
            };
            blockers
        ];
        comparison.unknowns = vec![
            Unknown {
                table: "t".to_owned(),
                name: String::new(),
                message: String::new(),
            };
            unknowns
        ];
        comparison
    }

    #[test]
    fn each_limit_is_what_still_passes() {
        let gate = Gate {
            score: 90.0,
            blockers: 1,
            unknown: 2,
        };
        for (score, blockers, unknowns, reasons) in [
            (Some((9, 10)), 1, 2, &[][..]),
            (
                Some((899, 1000)),
                1,
                2,
                &["the score is 89.9, under 90"][..],
            ),
            (
                Some((8996, 10_000)),
                0,
                0,
                &["the score is 90.0 rounded, under 90"],
            ),
            (Some((1, 1)), 2, 2, &["2 blockers, 1 allowed"]),
            (Some((1, 1)), 0, 3, &["3 unknowns, 2 allowed"]),
            (
                None,
                2,
                3,
                &[
                    "nothing was scored",
                    "2 blockers, 1 allowed",
                    "3 unknowns, 2 allowed",
                ],
            ),
        ] {
            let verdict = judge(
                &comparison(blockers, unknowns),
                &scored(score, false),
                &gate,
            );
            assert_eq!(verdict.reasons, reasons, "{score:?}");
            assert_eq!(verdict.passed, reasons.is_empty(), "{score:?}");
        }
        let verdict = judge(
            &comparison(1, 0),
            &scored(Some((1, 1)), true),
            &Gate::default(),
        );
        assert_eq!(verdict.reasons, ["1 blocker, 0 allowed"]);
    }
}
