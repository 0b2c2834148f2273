//! What the applications send, and what must work from end to end.

use super::error::VerifyError;
use super::probe::{Answer, Probes, Roles, Turn};
use super::{Check, Finding, Section, Verdict};
use crate::mapping::{Actor, ExpectFlow, ExpectStatement, Outcome, Step};

/// Sends one statement as its actor, and takes it back.
///
/// # Errors
/// [`VerifyError::Server`].
pub async fn check_statement(
    probes: &mut Probes<'_>,
    expect: &ExpectStatement,
    actors: &[Actor],
    roles: &Roles,
) -> Result<Check, VerifyError> {
    let section = Section::Statements;
    let steps = std::slice::from_ref(&expect.step);
    let mut check = walk(probes, section, &expect.name, steps, actors, roles).await?;
    if let (Verdict::Failed, Some(why)) = (&check.verdict, &expect.known_failure) {
        check.verdict = Verdict::Known { why: why.clone() };
    }
    if let (Some(used_by), [finding, ..]) = (&expect.used_by, check.findings.as_mut_slice()) {
        finding.message = format!("{} (sent by {used_by})", finding.message);
    }
    Ok(check)
}

/// Sends the statements of a flow after one another, and takes them back. A step whose role is not there
/// is left out, unless who is connected stands in for it.
///
/// # Errors
/// [`VerifyError::Server`].
pub async fn check_flow(
    probes: &mut Probes<'_>,
    expect: &ExpectFlow,
    actors: &[Actor],
    roles: &Roles,
) -> Result<Check, VerifyError> {
    let (section, steps) = (Section::Flow, &expect.steps);
    walk(probes, section, &expect.name, steps, actors, roles).await
}

async fn walk(
    probes: &mut Probes<'_>,
    section: Section,
    name: &str,
    steps: &[Step],
    actors: &[Actor],
    roles: &Roles,
) -> Result<Check, VerifyError> {
    let mut turns = Vec::new();
    let mut untried: Vec<(usize, String)> = Vec::new();
    for (at, step) in (1..).zip(steps) {
        let named = step.actor.as_deref();
        let actor = named.and_then(|name| actors.iter().find(|actor| actor.name == name));
        let stands_in = actor.is_some_and(|actor| actor.stand_in && roles.lacks(actor));
        match actor.and_then(|actor| roles.trouble(actor)) {
            Some(why) if !stands_in => untried.push((at, why)),
            Some(_) | None => turns.push(Turn {
                at,
                step,
                actor,
                stands_in,
            }),
        }
    }
    if turns.is_empty()
        && let Some((_, why)) = untried.first()
    {
        return Ok(Check::skipped(section, name, why.clone()));
    }
    let found = probes.walk(&turns, fits).await?;
    let count = u64::try_from(turns.len()).unwrap_or(u64::MAX);
    let finding = found.and_then(|(at, answer)| Some((at, steps.get(at - 1)?, answer)));
    let findings = finding.map(|(at, step, answer)| {
        let place = match steps.len() {
            1 => String::new(),
            all => format!("step {at} of {all}: "),
        };
        let who = step.actor.as_deref().unwrap_or("who is connected");
        let expected = expected(&step.outcome);
        Finding::new(format!(
            "{place}as {who}: {}, and {expected}",
            gave(&answer)
        ))
        .shown_by(step.sql.trim())
    });
    let mut check = Check::of(section, name, count, findings.into_iter().collect());
    let all = steps.len();
    check.findings.extend(
        untried
            .into_iter()
            .map(|(at, why)| Finding::new(format!("step {at} of {all} is left out as {why}"))),
    );
    Ok(check)
}

fn fits(step: &Step, answer: &Answer) -> bool {
    match (&step.outcome, answer) {
        (Outcome::Runs, Answer::Rows(_)) => true,
        (Outcome::Rows(expected), Answer::Rows(found)) => u64::from(*expected) == *found,
        (Outcome::Fails(expected), Answer::Failed { sqlstate, .. }) => expected == sqlstate,
        (Outcome::Runs | Outcome::Rows(_), Answer::Failed { .. })
        | (Outcome::Fails(_), Answer::Rows(_)) => false,
    }
}

fn gave(answer: &Answer) -> String {
    match answer {
        Answer::Rows(count) => format!("gave {}", rows(*count)),
        Answer::Failed { sqlstate, message } => format!("{message} ({sqlstate})"),
    }
}

fn expected(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Runs => "it should run".to_owned(),
        Outcome::Rows(count) => format!("{} should come", rows(u64::from(*count))),
        Outcome::Fails(code) => format!("it should fail with {code}"),
    }
}

fn rows(count: u64) -> String {
    match count {
        1 => "1 row".to_owned(),
        _ => format!("{count} rows"),
    }
}
