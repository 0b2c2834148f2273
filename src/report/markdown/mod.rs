//! The report as a comment on a pull request, in the order of an alignment analysis: what matches, what
//! is missing, field by field, what is critical, what is to be done, the score.

mod escape;
mod known;
mod sides;
mod todo;

use super::Report;
use super::standing::{count, tenths};
use crate::score::{Counted, Score, Share};
use escape::{header, prose, row};

/// GitHub refuses a comment of 65,536 characters; some room is left for what a caller puts around it.
const LIMIT: usize = 60_000;

/// The whole report. Field tables are left out, the last ones first, where a comment would grow too
/// long.
pub(super) fn render(report: &Report<'_>) -> String {
    let before: Vec<Section> = vec![
        vec![marker(report)],
        summary(report),
        report.known.map(known::section).unwrap_or_default(),
        sides::matching(report),
        sides::missing(report),
    ];
    let after: Vec<Section> = vec![
        todo::critical(report),
        todo::modules(report),
        todo::checklist(report),
        scores(report),
        todo::unknown(report),
    ];
    let taken: usize = before
        .iter()
        .chain(&after)
        .flatten()
        .map(|line| line.chars().count() + 1)
        .sum();
    let mut room = LIMIT.saturating_sub(taken);
    let mut fields: Section = Vec::new();
    let mut left_out = 0;
    for table in sides::fields(report) {
        let size: usize = table.iter().map(|line| line.chars().count() + 1).sum();
        if size > room {
            left_out += 1;
            continue;
        }
        room -= size;
        if fields.is_empty() {
            fields.extend(["### Field by field".to_owned(), String::new()]);
        }
        fields.extend(table);
    }
    if left_out > 0 {
        let tables = count(left_out, "table is", "tables are");
        fields.push(format!(
            "{tables} left out here, since a comment has an end: see `align diff`."
        ));
    }
    let sections = before.into_iter().chain([fields]).chain(after);
    let texts: Vec<String> = sections
        .filter(|section| !section.is_empty())
        .map(|section| section.join("\n").trim_end().to_owned())
        .collect();
    texts.join("\n\n") + "\n"
}

/// What a bot knows its own comment by: the first line, which nobody sees, one a pair.
fn marker(report: &Report<'_>) -> String {
    let name = |name: &str| {
        name.replace("--", "__")
            .replace(['<', '>', '\n', '\r'], "_")
    };
    format!(
        "<!-- align:diff {} to {} -->",
        name(report.from.name),
        name(report.to.name)
    )
}

/// Lines of one part.
type Section = Vec<String>;

fn summary(report: &Report<'_>) -> Section {
    let coverage = report.score.coverage;
    let of =
        |counted: Counted, noun: &str| format!("{} of {} {noun}", counted.matched, counted.total);
    let by = match report.map {
        Some(map) => format!("mapped by {}", escape::code(map)),
        None => "by name alone".to_owned(),
    };
    vec![
        format!(
            "## {} and {}",
            prose(report.from.name),
            prose(report.to.name)
        ),
        String::new(),
        format!(
            "**{}.** {} and {} of {} have a counterpart, {by}; {}{}.",
            headline(report),
            of(coverage.tables, "tables"),
            of(coverage.columns, "columns"),
            prose(report.to.name),
            count(report.comparison.blockers.len(), "blocker", "blockers"),
            answered(report),
        ),
    ]
}

/// How many queries of the other application find their way.
fn answered(report: &Report<'_>) -> String {
    let selects = &report.comparison.selects;
    let answered = selects
        .iter()
        .filter(|s| s.problems().next().is_none())
        .count();
    if selects.is_empty() {
        String::new()
    } else {
        let queries = count(selects.len(), "query", "queries");
        format!("; {answered} of {queries} of the application answered")
    }
}

fn headline(report: &Report<'_>) -> String {
    let (score, threshold) = (report.score, report.verdict.threshold);
    match &score.overall {
        None => "Nothing was scored".to_owned(),
        Some(_) if score.reaches(threshold) => {
            format!(
                "Alignment {} of 100, which reaches the gate of {threshold}",
                score.printed()
            )
        }
        Some(_) => format!(
            "Alignment {} of 100, under the gate of {threshold}",
            score.printed()
        ),
    }
}

/// The score by category, the stricter lines, and what the gate says.
fn scores(report: &Report<'_>) -> Section {
    let score = report.score;
    let titles = ["Category", "Share", "Points", "Weight", "Status"].map(str::to_owned);
    let mut lines = vec!["### Alignment score".to_owned(), String::new()];
    lines.extend(header(&titles));
    for category in &score.categories {
        let weight = category.weight.to_string();
        let name = prose(&category.name);
        lines.push(match &category.share {
            Some(share) => row([
                name,
                format!("{}%", share.percent()),
                share.to_string(),
                weight,
                status(report, share.permille()).to_owned(),
            ]),
            None => row([
                name,
                "-".to_owned(),
                "-".to_owned(),
                weight,
                "no table".to_owned(),
            ]),
        });
    }
    lines.push(overall(report, score));
    let printed = |share: &Option<Share>| share.as_ref().map_or("-".to_owned(), Share::to_string);
    lines.extend([
        String::new(),
        format!(
            "By name only {}; with renames and nothing derived {}.",
            printed(&score.strict.by_name),
            printed(&score.strict.renames)
        ),
        String::new(),
    ]);
    if report.verdict.passed {
        lines.push("The gate passes.".to_owned());
    } else {
        lines.extend(["The gate fails:".to_owned(), String::new()]);
        lines.extend(
            report
                .verdict
                .reasons
                .iter()
                .map(|reason| format!("- {}", prose(reason))),
        );
    }
    lines
}

fn overall(report: &Report<'_>, score: &Score) -> String {
    let cells = match (score.permille(), &score.overall) {
        (Some(printed), Some(share)) => {
            let whole = share.percent().min(if score.is_capped { 99 } else { 100 });
            [
                "**Overall**".to_owned(),
                format!("**{whole}%**"),
                format!("**{}**", tenths(printed)),
                String::new(),
                status(report, printed).to_owned(),
            ]
        }
        _ => ["**Overall**", "-", "-", "", "not scored"].map(str::to_owned),
    };
    row(cells)
}

/// What a share means for the reader who decides.
fn status(report: &Report<'_>, permille: u32) -> &'static str {
    if f64::from(permille) / 10.0 >= report.verdict.threshold {
        "aligned"
    } else if permille > 0 {
        "needs work"
    } else {
        "gap"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{Sample, control_characters};

    #[test]
    fn a_pair_as_a_comment() {
        insta::assert_snapshot!(render(&Sample::of_the_pair().report()), @r#"
        <!-- align:diff clara-backend to TrendtialCRM -->

        ## clara-backend and TrendtialCRM

        **Alignment 52.8 of 100, under the gate of 90.** 2 of 4 tables and 6 of 13 columns of TrendtialCRM have a counterpart, mapped by `clara-to-trendtialcrm`; 4 blockers; 1 of 3 queries of the application answered.

        ### Tables that match

        | Table | clara-backend | TrendtialCRM | Alignment | Columns |
        | --- | --- | --- | --- | --- |
        | `lead_activities` | `activities` | `lead_activities` | High, 100.0 | 2 same; one row of either is one thing done |
        | `leads` | `leads` | `leads` | High, 58.3 | 1 same, 1 renamed, 1 derived, 1 lossy, 2 missing |

        High is half of the columns and more, medium a quarter and more.

        ### Tables only in TrendtialCRM

        | Table | Columns | Impact | Priority | Phase |
        | --- | --- | --- | --- | --- |
        | `users` | 3 | authentication and roles | high | phase1 |
        | `todos` | 2 |  |  |  |

        Only in clara-backend: `conversations`.

        ### Field by field

        <details><summary><code>lead_activities</code>: 2 of 2 columns</summary>

        | clara-backend | Type | TrendtialCRM | Type | How |
        | --- | --- | --- | --- | --- |
        | `id` | `uuid` | `id` | `uuid` | same |
        | `activity_type` | `varchar(50)` | `activity_type` | `text` | same |

        </details>

        <details><summary><code>leads</code>: 3.5 of 6 columns</summary>

        | clara-backend | Type | TrendtialCRM | Type | How |
        | --- | --- | --- | --- | --- |
        | `id` | `uuid` | `id` | `uuid` | same |
        | `name` | `varchar(255)` | `contact_person` | `text` | renamed |
        | `assigned_agent` | `varchar(50)` | `agent_id` | `uuid` | lossy: values, then the `id` of the `users` row |
        | `lead_score`, `qualification_status` | `integer`, `varchar(50)` | `status_bucket` | `text` | derived: 'P1' when lead\_score \>= 70, 'P2' when lead\_score \>= 50, else 'P3' (stated) |
        |  |  | `location` | `text` | missing |
        |  |  | `sync_lock` | `boolean` | missing |
        | `score_grade` | `varchar(2)` |  |  | only in clara-backend, kept under its own name |

        And 5 differences in nullability, defaults, keys, checks, indexes, policies and the like.

        </details>

        ### Critical mismatches

        **4 blockers**

        - 2 tables are missing whole, see above
        - `leads.sync_lock`: takes no NULL and has no default
        - `leads`: row level security is on in TrendtialCRM and off here

        **1 conversion lossy**

        - `leads.agent_id` (`uuid`) from `assigned_agent` (`varchar(50)`): renamed, values, then the `id` of the `users` row

        ### Modules missing in clara-backend

        **High priority**

        - User authentication: `users`, authentication and roles (phase1)

        ### Checklist

        - [x] Keep `id`
        - [ ] Rename `leads.name` to `contact_person`

        **phase1**

        - [ ] Add `users` with roles

        ### Alignment score

        | Category | Share | Points | Weight | Status |
        | --- | --- | --- | --- | --- |
        | Core Schema | 79% | 79.2 | 2 | needs work |
        | User/Auth | 0% | 0.0 | 1 | gap |
        | **Overall** | **53%** | **52.8** |  | needs work |

        By name only 11.1; with renames and nothing derived 25.0.

        The gate fails:

        - the score is 52.8, under 90
        - 4 blockers, 0 allowed
        - 1 unknown, 0 allowed

        <details><summary>2 facts were not compared</summary>

        - `leads.id`: nullability not compared
        - TrendtialCRM: aggregate `median` not modelled

        </details>
        "#);
    }

    #[test]
    fn names_do_nothing_in_a_comment() {
        let text = render(&control_characters().report());
        assert!(text.contains("``\"\\u{1b}[31m\\|`<b>@team\"``"), "{text}");
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn a_comment_has_an_end() {
        let mut sample = Sample::of_the_pair();
        let table = sample.comparison.tables[1].clone();
        sample.comparison.tables.extend(vec![table; 200]);
        let text = render(&sample.report());
        assert!(text.chars().count() < 65_536, "{}", text.len());
        assert!(text.contains("tables are left out here"), "{text}");
        assert!(text.contains("### Alignment score"));
    }
}
