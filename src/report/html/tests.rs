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
