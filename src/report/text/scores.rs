//! The score, where its points were lost, and the stricter lines beside it.

use comfy_table::{CellAlignment, Table, presets};

use super::Block;
use super::bar::bar;
use crate::report::Report;
use crate::report::screen::Screen;
use crate::report::standing::{apportion, permille, tenths};
use crate::report::style::{ADDED, HEADING, REMOVED, paint};
use crate::score::{Counted, Share};

pub(super) fn blocks(report: &Report<'_>, screen: Screen) -> Vec<Block> {
    vec![
        headline(report, screen),
        categories(report, screen),
        strict(report),
        coverage(report, screen),
    ]
}

/// `Alignment 48.4 of 100, under the gate of 90`, and every reason for a no.
fn headline(report: &Report<'_>, screen: Screen) -> Block {
    let (score, verdict) = (report.score, report.verdict);
    let title = match &score.overall {
        None => "Alignment: nothing was scored".to_owned(),
        Some(_) if score.reaches(verdict.threshold) => {
            format!(
                "Alignment {} of 100, which reaches the gate of {}",
                score.printed(),
                verdict.threshold
            )
        }
        Some(_) => {
            format!(
                "Alignment {} of 100, under the gate of {}",
                score.printed(),
                verdict.threshold
            )
        }
    };
    let mut block = vec![paint(HEADING, &title)];
    if score.is_capped && score.overall.as_ref().is_some_and(Share::is_all) {
        block.push("  not 100, since not everything was compared".to_owned());
    }
    if verdict.passed {
        block.push(format!("  the gate {}", paint(ADDED, "passes")));
    } else {
        let reasons = screen.clean(&verdict.reasons.join("; "));
        let text = format!("the gate fails: {reasons}");
        for (at, line) in screen.wrap(&text, screen.width - 4).into_iter().enumerate() {
            let line = match line.strip_prefix("the gate fails:") {
                Some(rest) if at == 0 => format!("the gate {}:{rest}", paint(REMOVED, "fails")),
                _ => line,
            };
            block.push(format!("  {line}"));
        }
    }
    block
}

/// A category each with its bar, and what it costs; the costs add up to what the score lacks.
fn categories(report: &Report<'_>, screen: Screen) -> Block {
    let score = report.score;
    let Some(overall) = &score.overall else {
        return Vec::new();
    };
    let parts: Vec<&Share> = score.categories.iter().map(|c| &c.lost).collect();
    let lost = apportion(&parts, 1000 - overall.permille());
    let mut table = plain_table(&["", "", "share", "points", "weight", "lost"]);
    for (category, lost) in score.categories.iter().zip(&lost) {
        let name = screen.cut(&screen.clean(&category.name), 24);
        let weight = category.weight.to_string();
        table.add_row(match &category.share {
            Some(share) => vec![
                name,
                bar(screen, share.permille()),
                format!("{}%", share.percent()),
                share.to_string(),
                weight,
                tenths(*lost),
            ],
            None => vec![
                name,
                String::new(),
                "-".to_owned(),
                "-".to_owned(),
                weight,
                "-".to_owned(),
            ],
        });
    }
    let counted = score.categories.iter().filter(|c| c.share.is_some());
    let weights: u64 = counted.map(|c| u64::from(c.weight)).sum();
    let printed = score.permille().unwrap_or(0);
    table.add_row(vec![
        "overall".to_owned(),
        bar(screen, printed),
        format!(
            "{}%",
            overall
                .percent()
                .min(if score.is_capped { 99 } else { 100 })
        ),
        tenths(printed),
        weights.to_string(),
        tenths(lost.iter().sum()),
    ]);
    let mut block = lines(&table);
    for category in score.categories.iter().filter(|c| !c.absent.is_empty()) {
        let absent = screen.clean(&category.absent.join(", "));
        let text = format!(
            "{} names what {} does not have, and counts it nowhere: {absent}",
            screen.clean(&category.name),
            screen.clean(report.to.name)
        );
        let wrapped = screen.wrap(&text, screen.width - 4);
        block.extend(wrapped.into_iter().map(|line| format!("  {line}")));
    }
    block
}

fn strict(report: &Report<'_>) -> Block {
    let printed = |share: &Option<Share>| share.as_ref().map_or("-".to_owned(), Share::to_string);
    if report.score.overall.is_none() {
        return Vec::new();
    }
    let mut table = plain_table(&["the same mean, stricter", "points"]);
    table.add_row(vec![
        "by name only".to_owned(),
        printed(&report.score.strict.by_name),
    ]);
    table.add_row(vec![
        "with renames, nothing derived".to_owned(),
        printed(&report.score.strict.renames),
    ]);
    lines(&table)
}

fn coverage(report: &Report<'_>, screen: Screen) -> Block {
    let all = format!("all of {}", screen.clean(report.to.name));
    let mut table = plain_table(&[&screen.cut(&all, 32), "matched", "share", "by name"]);
    let coverage = &report.score.coverage;
    for (label, counted) in [
        ("tables", coverage.tables),
        ("columns", coverage.columns),
        ("types that take every value", coverage.types),
    ] {
        table.add_row(vec![
            label.to_owned(),
            format!("{} / {}", counted.matched, counted.total),
            share(counted),
            counted.by_name.to_string(),
        ]);
    }
    lines(&table)
}

fn share(counted: Counted) -> String {
    let whole = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    if counted.total == 0 {
        "-".to_owned()
    } else {
        tenths(permille(whole(counted.matched), whole(counted.total)))
    }
}

/// A table without borders, names to the left and numbers to the right.
fn plain_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .force_no_tty()
        .set_header(header.to_vec());
    for (at, column) in table.column_iter_mut().enumerate() {
        let is_bar = at == 1 && header.get(1).is_some_and(|h| h.is_empty());
        column.set_padding((2, 0));
        column.set_cell_alignment(if at == 0 || is_bar {
            CellAlignment::Left
        } else {
            CellAlignment::Right
        });
    }
    table
}

fn lines(table: &Table) -> Block {
    table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect()
}
