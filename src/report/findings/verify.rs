//! The findings of a verification: its own checks.

use super::{Check, Finding, Findings, Level, Outcome, Spot};
use crate::report::verify::{not_asked, worth};
use crate::verify::{self, Verdict, Verification};

/// What `align verify` found out about `database`; `mapping` is the mapping's file.
pub(crate) fn of_verification(
    verification: &Verification,
    database: &str,
    mapping: Option<&str>,
) -> Findings {
    let checks = verification.checks.iter().map(|check| {
        let level = match check.verdict {
            Verdict::Failed => Level::Error,
            Verdict::Known { .. } => Level::Warning,
            Verdict::Passed | Verdict::Skipped { .. } => Level::Note,
        };
        let rule = format!("verify.{}", check.section.word());
        let spot = check.at.and_then(|at| Spot::in_mapping(mapping, at));
        let mut findings: Vec<Finding> = check
            .findings
            .iter()
            .map(|seen| {
                let own = match &seen.spot {
                    Some(verify::Spot::Mapping(at)) => Spot::in_mapping(mapping, *at),
                    Some(verify::Spot::File(file)) => Some(Spot::file(file)),
                    None => None,
                };
                Finding {
                    sql: seen.sql.clone(),
                    ..Finding::new(&rule, level, &check.name, &seen.message)
                        .at(own.or_else(|| spot.clone()))
                }
            })
            .collect();
        if check.verdict == Verdict::Failed && findings.is_empty() {
            findings.push(Finding::new(&rule, level, &check.name, "does not hold").at(spot));
        }
        Check {
            group: check.section.word().to_owned(),
            name: check.name.clone(),
            outcome: match &check.verdict {
                Verdict::Passed => Outcome::Passed,
                Verdict::Failed => Outcome::Failed,
                Verdict::Known { why } => Outcome::Skipped(format!("known to fail: {why}")),
                Verdict::Skipped { why } => Outcome::Skipped(why.clone()),
            },
            took: Some(u64::try_from(check.took.as_millis()).unwrap_or(u64::MAX)),
            said: (check.looked_at > 0).then(|| format!("{} looked at", check.looked_at)),
            findings,
        }
    });
    Findings {
        command: "verify",
        subject: database.to_owned(),
        file: mapping.map(str::to_owned),
        terms: terms(verification),
        checks: checks.collect(),
    }
}

fn terms(verification: &Verification) -> Vec<(&'static str, String)> {
    let sample = verification
        .confidence()
        .map(|sure| ("sample", worth(sure)));
    let budget = verification.budget;
    let budget = budget.map(|budget| ("budget", format!("{budget:?}")));
    let left_out =
        (!verification.left_out.is_empty()).then(|| ("not asked for", not_asked(verification)));
    sample.into_iter().chain(budget).chain(left_out).collect()
}
