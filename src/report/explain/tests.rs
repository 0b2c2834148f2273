use super::*;
use crate::report::sample::Sample;

fn explained(target: &str) -> String {
    render(&Sample::of_the_pair().report(), target).unwrap()
}

#[test]
fn a_table_can_be_recomputed() {
    insta::assert_snapshot!(explained("leads"), @r#"
    leads: 3.5 of 6 columns

      id              same       1  uuid
      contact_person  renamed    1  name varchar(255) → text, rename (mapping line 31)
      agent_id        lossy    0.5  assigned_agent varchar(50) → uuid, values, then the `id` of the
                                    `users` row (mapping line 31)
      status_bucket   derived    1  lead_score integer, qualification_status varchar(50) → text, 'P1'
                                    when lead_score >= 70, 'P2' when lead_score >= 50, else 'P3'
                                    (mapping line 31), stated
      location        missing    0
      sync_lock       missing    0
      sum                      3.5

    leads: 100 x 3.5 / 6 = 58.3
    Core Schema, the mean of leads, lead_activities: (58.3 + 100.0) / 2 = 79.2, exactly 100 x 19/24
    overall: (2 x 79.2 + 1 x 0.0) / 3 = 52.8, exactly 100 x 19/36
    "#);
    insta::assert_snapshot!(explained("lead_activities"), @r#"
    lead_activities: 2 of 2 columns
      its counterpart in clara-backend is activities
      why: one row of either is one thing done

      id             same     1  uuid
      activity_type  same     1  varchar(50) → text
      sum                     2

    lead_activities: 100 x 2 / 2 = 100.0
    Core Schema, the mean of leads, lead_activities: (58.3 + 100.0) / 2 = 79.2, exactly 100 x 19/24
    overall: (2 x 79.2 + 1 x 0.0) / 3 = 52.8, exactly 100 x 19/36
    "#);
    insta::assert_snapshot!(explained("todos"), @r#"
    todos: 0 of 2 columns
      clara-backend has no counterpart, so every column of TrendtialCRM is missing

      id     missing  0
      email  missing  0
      sum             0

    todos: 100 x 0 / 2 = 0.0
    No category scores this table, so the score does not depend on it.
    "#);
}

#[test]
fn a_column_says_why() {
    insta::assert_snapshot!(explained("leads.agent_id"), @r#"
    leads.agent_id: lossy, 0.5 of 1

      clara-backend  assigned_agent varchar(50)
      TrendtialCRM   agent_id uuid
      rule           values, then the `id` of the `users` row (mapping line 31)
      why            Clara knows kinds of agents, not people
      conversion     the rule makes the value
      class          lossy: a counterpart, and values may be lost on the way
      by name alone  missing
      credit         0.5 of 1, as the mapping gives for lossy

    It is one of 6 columns of leads, which earn 3.5 together.
    leads: 100 x 3.5 / 6 = 58.3
    Core Schema, the mean of leads, lead_activities: (58.3 + 100.0) / 2 = 79.2, exactly 100 x 19/24
    overall: (2 x 79.2 + 1 x 0.0) / 3 = 52.8, exactly 100 x 19/36
    "#);
    insta::assert_snapshot!(explained("public.leads.sync_lock"), @r#"
    leads.sync_lock: missing, 0 of 1

      clara-backend  nothing
      TrendtialCRM   sync_lock boolean
      conversion     none
      class          missing: no column of that name, and no rule that makes it
      by name alone  missing
      credit         0 of 1, as the mapping gives for missing
      blocks         takes no NULL and has no default

    It is one of 6 columns of leads, which earn 3.5 together.
    leads: 100 x 3.5 / 6 = 58.3
    Core Schema, the mean of leads, lead_activities: (58.3 + 100.0) / 2 = 79.2, exactly 100 x 19/24
    overall: (2 x 79.2 + 1 x 0.0) / 3 = 52.8, exactly 100 x 19/36
    "#);
}

#[test]
fn a_column_of_the_from_side_says_where_it_goes() {
    insta::assert_snapshot!(explained("leads.lead_score"), @r#"
    leads.lead_score: a column of clara-backend

      goes into  leads.status_bucket, derived: lead_score integer, qualification_status varchar(50) →
                 text, 'P1' when lead_score >= 70, 'P2' when lead_score >= 50, else 'P3' (mapping line
                 31), stated
    "#);
    insta::assert_snapshot!(explained("leads.score_grade"), @r#"
    leads.score_grade: a column of clara-backend

      itself  only in clara-backend, kept under its own name

    Columns that only this side has cost nothing.
    "#);
    insta::assert_snapshot!(explained("conversations"), @r#"
    conversations: only in clara-backend

    It earns nothing and costs nothing: the score counts columns of the other side.
    "#);
}

#[test]
fn a_name_that_is_not_there_has_near_ones() {
    let sample = Sample::of_the_pair();
    let error = render(&sample.report(), "leads.agnt_id").unwrap_err();
    assert_eq!(
        error.near.first().map(String::as_str),
        Some("leads.agent_id")
    );
    let hint = error.hint().unwrap();
    assert!(hint.starts_with("there is `leads.agent_id`, `"), "{hint}");
    assert_eq!(
        error.to_string(),
        "neither side has a table or a column `leads.agnt_id`"
    );
    for target in ["", ".", "leads.", "zzz"] {
        assert!(render(&sample.report(), target).is_err(), "{target}");
    }
}
