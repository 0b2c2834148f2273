//! What is new beside an earlier report.

use super::Section;
use super::escape::{code, prose};
use crate::known::{Finding, Standing};
use crate::report::known::{GONE, counts, score};
use crate::report::standing::count;

/// The most that are listed of what is new.
const NEW: usize = 50;

/// A section of a comment.
pub(super) fn section(standing: &Standing) -> Section {
    let mut lines = vec![
        "### Beside the known report".to_owned(),
        String::new(),
        format!("{}; {}.", counts(standing), score(standing)),
    ];
    let entry = |finding: &Finding| {
        format!(
            "- {} {}: {}",
            code(&finding.kind),
            code(&finding.place()),
            prose(&finding.message)
        )
    };
    for (title, findings, most) in [
        ("New", &standing.new, NEW),
        ("Resolved", &standing.resolved, GONE),
    ] {
        if findings.is_empty() {
            continue;
        }
        lines.extend([String::new(), format!("**{title}**"), String::new()]);
        lines.extend(findings.iter().take(most).map(entry));
        if findings.len() > most {
            let more = count(findings.len() - most, "more", "more");
            lines.push(format!("- and {more}"));
        }
    }
    lines
}
