use super::*;

fn read_sql(text: &str) -> Result<Schema, LoadError> {
    let file = TextFile {
        name: "a.sql".to_owned(),
        text: text.to_owned(),
    };
    read(&[file], &[])
}

#[test]
fn scratch() {
    for p in [
        "mappings/clara-to-trendtialcrm/trendtialcrm.sql",
        "mappings/clara-to-trendtialcrm/clara.sql",
        "tests/fixtures/trendtialcrm-as-shipped/schema.sql",
        "tests/fixtures/supabase/shim.sql",
    ] {
        let t = std::time::Instant::now();
        let s = read_sql(&std::fs::read_to_string(p).unwrap()).unwrap();
        println!(
            "{p} {:?} tables {} cols {} un {:?} {:?}",
            t.elapsed(),
            s.tables.len(),
            s.column_count(),
            s.unreadable,
            s.unmodelled
        );
        std::fs::write(
            format!("/tmp/{}.json", p.replace('/', "_")),
            serde_json::to_string_pretty(&s).unwrap(),
        )
        .unwrap();
    }
}
