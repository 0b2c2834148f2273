//! What is new beside an earlier report.

use super::screen::Screen;
use super::style::{ADDED, HEADING, REMOVED, paint};
use crate::known::{Finding, Standing};

/// The most that are listed of what is gone: it is good news, and no work.
pub(super) const GONE: usize = 10;

/// `3 known, 1 new, 2 resolved`
pub(super) fn counts(standing: &Standing) -> String {
    format!(
        "{} known, {} new, {} resolved",
        standing.known.len(),
        standing.new.len(),
        standing.resolved.len()
    )
}

pub(super) fn score(standing: &Standing) -> String {
    match (standing.before, standing.now) {
        (Some(before), Some(now)) => format!("the score was {before:.1} and is {now:.1}"),
        (Some(before), None) => format!("the score was {before:.1}, and nothing is scored now"),
        (None, _) => "nothing was scored then".to_owned(),
    }
}

/// A block for a terminal.
pub(super) fn text(standing: &Standing, screen: Screen) -> Vec<String> {
    let mut lines = vec![format!(
        "{} {}; {}",
        paint(
            HEADING,
            &format!("Beside {}:", screen.clean(&standing.label))
        ),
        counts(standing),
        score(standing)
    )];
    let line = |sign: &str, finding: &Finding| {
        let words = format!("{}  {}", finding.kind, finding.place());
        format!(
            "  {sign} {}",
            screen.cut(&screen.clean(&words), screen.width.saturating_sub(4))
        )
    };
    for finding in &standing.new {
        lines.push(line(&paint(REMOVED, "new"), finding));
    }
    for finding in standing.resolved.iter().take(GONE) {
        lines.push(line(&paint(ADDED, "gone"), finding));
    }
    if standing.resolved.len() > GONE {
        let more = standing.resolved.len() - GONE;
        lines.push(format!("  and {more} more are gone"));
    }
    lines
}
