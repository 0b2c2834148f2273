use super::*;
use crate::report::sample::Sample;

#[test]
fn a_comparison_has_a_check_for_every_table_and_one_for_the_gate() {
    let sample = Sample::of_the_pair();
    let findings = of_report(&sample.report());
    let told: Vec<(&str, &str, bool)> = findings
        .checks
        .iter()
        .map(|check| {
            (
                check.group.as_str(),
                check.name.as_str(),
                check.outcome == Outcome::Failed,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("tables", "lead_activities", false),
            ("tables", "leads", true),
            ("tables", "todos", true),
            ("tables", "users", true),
            ("tables", "conversations", false),
            ("schema", "what belongs to no table", false),
            ("queries", "leads?select=*", false),
            ("queries", "users?select=*", true),
            ("queries", "meetings?select=id,user_id", false),
            ("mapping", "every correspondence fits", false),
            ("gate", "the gate passes", true),
        ]
    );
}
