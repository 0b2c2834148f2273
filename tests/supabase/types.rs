//! `align inspect --format ts`

use super::*;

fn score(project: &Project, from: &str, to: &str) -> serde_json::Value {
    let diff = [
        "diff", "--no-map", "--format", "json", "--from", from, "--to", to,
    ];
    let run = project.align(&diff).expect(0);
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn the_types_of_a_database_have_no_difference_to_it() {
    let project = Project::new("types", Surroundings::Supabase);
    for phase in [None, Some("phase1"), Some("phase2"), Some("phase3")] {
        if let Some(phase) = phase {
            project.migrate(&["--phase", phase]).expect(0);
        }
        let path = "types.ts";
        project
            .align(&["inspect", "env:DATABASE_URL", "--format", "ts", "-o", path])
            .expect(0);
        for (from, to) in [
            ("ts:types.ts", "env:DATABASE_URL"),
            ("env:DATABASE_URL", "ts:types.ts"),
        ] {
            let diff = score(&project, from, to);
            assert_eq!(diff["changes"], serde_json::json!([]), "{phase:?}");
            assert_eq!(diff["score"]["overall"], 100.0, "{phase:?}: {diff}");
        }
        fs::remove_file(project.path(path)).unwrap();
    }
}
