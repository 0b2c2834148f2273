use super::*;
use crate::gate::judge;
use crate::report::sample::{Sample, control_characters};
use crate::score::Share;

fn shown(sample: &Sample) -> String {
    anstream::adapter::strip_str(&render(&sample.report())).to_string()
}

#[test]
fn a_pair_at_a_hundred_columns() {
    insta::assert_snapshot!(shown(&Sample::of_the_pair()), @r#"
    clara-backend → TrendtialCRM, 2 correspondences from clara-to-trendtialcrm
      clara-backend  3 tables, 20 columns      sql:clara.sql
      TrendtialCRM   4 tables, 13 columns      sql:trendtialcrm.sql
      ! lossy or blocking  ~ differs  + only in TrendtialCRM  - only in clara-backend

    activities → lead_activities              2 of 2 columns, 100.0
      ~ activity_type                         varchar(50) → text   widened

    leads                                     3.5 of 6 columns, 58.3
      ! assigned_agent        agent_id        varchar(50) → uuid   renamed, values, then the `id` of the
                                                                   `users` row
      ! sync_lock                             boolean              only in TrendtialCRM, required
      ~ name                  contact_person  varchar(255) → text  renamed, widened, takes NULL here,
                                                                   not there
      ~ lead_score,           status_bucket   text                 derived: 'P1' when lead_score >= 70,
        qualification_status                                       'P2' when lead_score >= 50, else…
      + location                              text                 only in TrendtialCRM
      - score_grade                           varchar(2)           kept under its own name
      + foreign key           leads_client_id_fkey (client_id) → clients(id) only in TrendtialCRM
      ! row level security    off → on
      + 2 policies only in TrendtialCRM

    2 tables only in TrendtialCRM
      ! users  3 columns  high  phase1  authentication and roles
      ! todos  2 columns

    1 table only in clara-backend
      - conversations  11 columns

    outside of tables
      + enum                  todo_status only in TrendtialCRM
      - function              touch() only in clara-backend

    Alignment 52.8 of 100, under the gate of 90
      the gate fails: the score is 52.8, under 90; 4 blockers, 0 allowed; 1 unknown, 0 allowed

                                         share  points  weight  lost
      Core Schema  ███████████████░░░░░    79%    79.2       2  13.9
      User/Auth    ░░░░░░░░░░░░░░░░░░░░     0%     0.0       1  33.3
      overall      ██████████░░░░░░░░░░    53%    52.8       3  47.2

      the same mean, stricter        points
      by name only                     11.1
      with renames, nothing derived    25.0

      all of TrendtialCRM          matched  share  by name
      tables                         2 / 4   50.0        1
      columns                       6 / 13   46.2        2
      types that take every value    3 / 4   75.0        2

    4 blockers
      ! 2 tables         are missing whole, marked ! above
      ! leads.sync_lock  takes no NULL and has no default
      ! leads            row level security is on in TrendtialCRM and off here

    1 fact not compared
      ? leads.id  nullability not compared

    1 thing seen and not compared
      ? TrendtialCRM  aggregate `median` not modelled, trendtialcrm.sql:12

    1 correspondence stale
      ? leads.owner → leads.agent_id  clara-backend has no column `leads.owner`, near it score_owner
                                      (line 31)

    1 of 3 queries of the application is answered, 1 is known to fail

    4 blockers, 2 tables and 2 columns only in TrendtialCRM, 1 table and 1 column only in clara-backend,
    1 column lossy, 1 derived, 1 renamed, 1 widened, 8 other differences
    "#);
}

#[test]
fn a_pair_at_eighty_columns_of_ascii() {
    let mut sample = Sample::of_the_pair();
    sample.options.width = 80;
    sample.options.unicode = false;
    let text = shown(&sample);
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(text, @r#"
    clara-backend -> TrendtialCRM, 2 correspondences from clara-to-trendtialcrm
      clara-backend  3 tables, 20 columns      sql:clara.sql
      TrendtialCRM   4 tables, 13 columns      sql:trendtialcrm.sql
      ! lossy or blocking
      ~ differs
      + only in TrendtialCRM
      - only in clara-backend

    activities -> lead_activities             2 of 2 columns, 100.0
      ~ activity_type                         varchar(50) -> text   widened

    leads                                     3.5 of 6 columns, 58.3
      ! assigned_agent        agent_id        varchar(50) -> uuid
          renamed, values, then the `id` of the `users` row
      ! sync_lock                             boolean               required
      ~ name                  contact_person  varchar(255) -> text
          renamed, widened, takes NULL here, not there
      ~ lead_score,           status_bucket   text
        qualification_status
          derived: 'P1' when lead_score >= 70, 'P2' when lead_score >= 50, else
          'P3', stated
      + location                              text
      - score_grade                           varchar(2)
          kept under its own name
      + foreign key           leads_client_id_fkey (client_id) -> clients(id) only
                              in TrendtialCRM
      ! row level security    off -> on
      + 2 policies only in TrendtialCRM

    2 tables only in TrendtialCRM
      ! users  3 columns  high  phase1  authentication and roles
      ! todos  2 columns

    1 table only in clara-backend
      - conversations  11 columns

    outside of tables
      + enum                  todo_status only in TrendtialCRM
      - function              touch() only in clara-backend

    Alignment 52.8 of 100, under the gate of 90
      the gate fails: the score is 52.8, under 90; 4 blockers, 0 allowed; 1
      unknown, 0 allowed

                                         share  points  weight  lost
      Core Schema  ###############.....    79%    79.2       2  13.9
      User/Auth    ....................     0%     0.0       1  33.3
      overall      ##########..........    53%    52.8       3  47.2

      the same mean, stricter        points
      by name only                     11.1
      with renames, nothing derived    25.0

      all of TrendtialCRM          matched  share  by name
      tables                         2 / 4   50.0        1
      columns                       6 / 13   46.2        2
      types that take every value    3 / 4   75.0        2

    4 blockers
      ! 2 tables         are missing whole, marked ! above
      ! leads.sync_lock  takes no NULL and has no default
      ! leads            row level security is on in TrendtialCRM and off here

    1 fact not compared
      ? leads.id  nullability not compared

    1 thing seen and not compared
      ? TrendtialCRM  aggregate `median` not modelled, trendtialcrm.sql:12

    1 correspondence stale
      ? leads.owner -> leads.agent_id  clara-backend has no column `leads.owner`,
                                       near it score_owner (line 31)

    1 of 3 queries of the application is answered, 1 is known to fail

    4 blockers, 2 tables and 2 columns only in TrendtialCRM, 1 table and 1 column
    only in clara-backend, 1 column lossy, 1 derived, 1 renamed, 1 widened, 8 other
    differences
    "#);
}

#[test]
fn everything_is_listed_when_it_is_asked_for() {
    let mut sample = Sample::of_the_pair();
    sample.options.all = true;
    let text = shown(&sample);
    for line in [
        "  = id                                    uuid",
        "  + policy                leads_read only in TrendtialCRM",
        "  + policy                leads_write only in TrendtialCRM",
        "  ! users     *: no table `users`",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\n{text}");
    }
    assert!(
        text.contains("(the page names a column that exists nowhere)"),
        "{text}"
    );
}

#[test]
fn names_do_not_reach_the_terminal_as_they_are() {
    let sample = control_characters();
    let colored = render(&sample.report());
    assert!(!colored.contains("\u{1b}[31m|"), "{colored}");
    assert!(
        shown(&sample).contains("+ \"\\u{1b}[31m|`<b>@team\""),
        "{colored}"
    );
}

#[test]
fn the_next_moves_name_what_to_type() {
    let mut sample = Sample::of_the_pair();
    assert_eq!(
        hints(&sample.report()),
        [
            "see which correspondences no longer fit with `align map check`",
            "see why `leads.sync_lock` blocks with `align diff --explain leads.sync_lock`",
            "list everything with `align diff --all`",
        ]
    );
    sample.comparison.correspondences.clear();
    sample.comparison.blockers[2].column = "\"Sync Lock\"".to_owned();
    assert_eq!(
        hints(&sample.report())[0],
        "see why `leads.\"Sync Lock\"` blocks with `align diff --explain 'leads.\"Sync Lock\"'`"
    );
}

#[test]
fn nothing_that_differs_is_said_in_two_words() {
    let mut sample = Sample::of_the_pair();
    sample.comparison.tables.truncate(1);
    sample.comparison.tables[0].changes.clear();
    sample.comparison.changes.clear();
    let text = shown(&sample);
    assert!(text.ends_with("\n\nno differences\n"), "{text}");
    assert!(
        text.contains("1 table without a difference\n    lead_activities\n"),
        "{text}"
    );
}

#[test]
fn a_hundred_that_is_not_the_whole_truth_is_not_printed() {
    let mut sample = Sample::of_the_pair();
    sample.comparison.blockers.clear();
    sample.comparison.unknowns.clear();
    for category in &mut sample.score.categories {
        category.share = Some(Share::of(1, 1));
        category.lost = Share::of(0, 1);
    }
    sample.score.overall = Some(Share::of(1, 1));
    sample.verdict = judge(&sample.comparison, &sample.score, &sample.mapping.gate);
    let text = shown(&sample);
    for line in [
        "Alignment 99.9 of 100, which reaches the gate of 90",
        "  not 100, since not everything was compared",
        "  the gate passes",
        "  User/Auth    ████████████████████   100%   100.0       1   0.0",
        "  overall      ███████████████████░    99%    99.9       3   0.0",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\n{text}");
    }
}

#[test]
fn nothing_scored_is_no_number() {
    let mut sample = Sample::of_the_pair();
    sample.score.overall = None;
    sample.score.categories.clear();
    sample.verdict = judge(&sample.comparison, &sample.score, &sample.mapping.gate);
    let text = shown(&sample);
    assert!(text.contains("\nAlignment: nothing was scored\n"), "{text}");
    assert!(!text.contains("overall"), "{text}");
    let mut one = Sample::of_the_pair();
    one.score.categories[1].share = None;
    let text = shown(&one);
    assert!(
        text.lines()
            .any(|l| l == "  User/Auth                              -       -       1     -"),
        "{text}"
    );
}
