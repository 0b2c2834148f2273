use crate::report::sample::{Sample, control_characters};
use crate::report::{Format, render};

#[test]
fn a_page_brings_all_of_it_and_asks_nothing_from_outside() {
    let sample = Sample::of_the_pair();
    let page = render(&sample.report(), Format::Html);
    for part in [
        "<title>clara-backend → TrendtialCRM</title>",
        "under the gate of 90",
        "Core Schema",
        "takes no NULL and has no default",
        "align diff --map &#39;clara-to-trendtialcrm&#39; --format html",
        "&#39;P1&#39; when lead_score &gt;= 70",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for outside in [
        "<script", "http:", "https:", "url(", "@import", " style=", " src=",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn what_blocks_is_open_and_nothing_else_is() {
    let sample = Sample::of_the_pair();
    let page = render(&sample.report(), Format::Html);
    for (table, is_open) in [(1, false), (2, true), (3, true), (4, true), (5, false)] {
        let open = if is_open { " open" } else { "" };
        let block = format!("<details id=\"table-{table}\"{open}>");
        assert!(page.contains(&block), "{block}");
    }
}

#[test]
fn names_do_nothing_in_a_page() {
    let page = render(&control_characters().report(), Format::Html);
    assert!(!page.contains("<b>@team"), "{page}");
    assert!(!page.contains('\u{1b}'), "{page}");
    assert!(page.contains("&lt;b&gt;@team"), "{page}");
}

#[test]
fn a_drawing_says_how_much_it_hides() {
    let mut sample = Sample::of_the_pair();
    let paired = sample.comparison.tables[1].clone();
    let missing = sample.comparison.tables[2].clone();
    sample.comparison.tables.extend(vec![paired; 30]);
    sample.comparison.tables.extend(vec![missing; 40]);
    let page = render(&sample.report(), Format::Html);
    let hidden = "Hidden in the drawing: 12 pairs of tables, 12 tables without a counterpart.";
    assert!(page.contains(hidden), "{page}");

    let mut sample = Sample::of_the_pair();
    let columns = &mut sample.comparison.tables[1].columns;
    let more = vec![columns[0].clone(); 20];
    columns.extend(more);
    let page = render(&sample.report(), Format::Html);
    assert!(
        page.contains("Hidden in the drawing: 14 columns."),
        "{page}"
    );
    assert!(page.contains(">and 14 more</text>"), "{page}");
}

#[test]
fn each_kind_of_line_is_drawn_from_what_it_reads() {
    let page = render(&Sample::of_the_pair().report(), Format::Html);
    for title in [
        "id → id: same",
        "name → contact_person: renamed",
        "assigned_agent → agent_id: lossy",
        "lead_score → status_bucket: derived",
        "qualification_status → status_bucket: derived",
    ] {
        assert!(page.contains(&format!("<title>{title}</title>")), "{title}");
    }
}
