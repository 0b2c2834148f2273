use super::*;

#[test]
fn probe() {
    let path = std::env::var("TS").unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let ns = std::env::var("NS").unwrap_or_default();
    let ns: Vec<Ident> = ns
        .split(',')
        .filter(|s| !s.is_empty())
        .map(|s| Ident::new(s).unwrap())
        .collect();
    match read(&[TextFile { name: path, text }], &ns, &BTreeMap::new()) {
        Ok(s) => {
            println!("{:?}", s.facets);
            for t in &s.tables {
                println!("{}", t.name);
                for c in &t.columns {
                    println!("   {} {} {:?} {:?}", c.name, c.ty, c.nullable, c.values);
                }
                for f in &t.foreign_keys {
                    println!(
                        "   fk {} {:?} {} {:?}",
                        f.name, f.columns, f.references, f.referenced_columns
                    );
                }
            }
            println!("{:?} {:?} {:#?}", s.enums, s.composites, s.unreadable);
        }
        Err(e) => println!("{e}"),
    }
}
