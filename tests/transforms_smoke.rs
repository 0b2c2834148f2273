#![allow(clippy::unwrap_used, missing_docs)]
mod cluster;
use align::mapping::{Lookup, file};
use align::schema::{ColumnType, Ident};
use align::transform::{LookupRow, LookupSource, LookupTable, Lookups, Shape, sql};

struct Users(LookupTable);
impl Lookups for Users {
    fn source(&self, _: &Lookup) -> Option<LookupSource<'_>> {
        Some(LookupSource::Rows(&self.0))
    }
}

#[test]
fn smoke() {
    let db = cluster::database("smoke");
    let types = |list: &[(&str, &str)]| {
        Shape::from_types(
            list.iter()
                .map(|(n, t)| (Ident::new(*n).unwrap(), ColumnType::parse(t, &|_, _| None))),
        )
    };
    let from = types(&[("a", "text"), ("j", "jsonb"), ("n", "numeric")]);
    for (rule, ty, inputs) in [
        (
            "",
            "integer",
            &[
                "1",
                " 2 ",
                "1.0",
                "1.5",
                "x",
                "99999999999",
                "1e3",
                "NaN",
                "",
            ][..],
        ),
        (
            "",
            "numeric(5,2)",
            &[
                "1", "999.994", "999.995", "x", "1e3", "NaN", "inf", "1e9999",
            ],
        ),
        ("", "boolean", &["Y", "of", "o", "TRUE"]),
        (
            "",
            "date",
            &[
                "2024-02-29",
                "2023-02-29",
                "2024-13-01",
                "x",
                "infinity",
                "2024-01-01T24:00Z",
            ],
        ),
        (
            "cast='timestamptz'\nzone='Europe/Paris'",
            "timestamptz",
            &[
                "2024-03-31 02:30",
                "2024-10-27 02:30:00.5",
                "2024-01-01T10:00Z",
                "2024-01-01",
            ],
        ),
        (
            "cast='date'\nformat='DD/MM/YYYY'",
            "date",
            &["1/2/2024", "31/02/2024", "x"],
        ),
        (
            "cast='timestamp'\nformat='Mon DD, YYYY HH12:MI AM'",
            "timestamp",
            &["Feb 3, 2024 12:05 am", "Feb 3, 2024 13:05 pm"],
        ),
        (
            "",
            "jsonb",
            &[
                "{\"a\":[1,2,{\"b\":null}]}",
                "{a}",
                "[1,]",
                "\"\\u0000\"",
                "1 2",
                "\u{2}",
            ],
        ),
        (
            "range={rule='midpoint',open='end',words={startup=10}}",
            "integer",
            &[
                "11-50",
                "11–50",
                "50+",
                "<10",
                "10k",
                "1,000-5,000",
                "Startup",
                " 10 000 ",
                "x",
                "50-10",
                "10-50k",
                "1000000000000",
            ],
        ),
        ("values={a='1',b='2'}", "integer", &["a", "b", "c"]),
        (
            "json='$.a[0]'",
            "text",
            &["{\"a\":[1.50]}", "{\"a\":5}", "x"],
        ),
        ("scale={factor=0.5,offset=1}", "numeric", &["3", "x"]),
        (
            "lookup={table='users',match=['email','full_name'],normalize=['trim','lower'],take='id'}",
            "integer",
            &["A@x ", "ÉMILE", "dup", "nobody"],
        ),
        (
            "when=[{if=\"a > 5 and a <> 'x'\",value=7}]\notherwise=3",
            "integer",
            &["6", "x", "1"],
        ),
    ] {
        let text = format!("format=1\n[[column]]\nfrom='t.a'\nto='u.b'\n{rule}\nnulls=['-']\n");
        let mapping = file::read(&text).unwrap_or_else(|e| panic!("{e:?}"));
        let to = types(&[("b", ty)]);
        let lookup = mapping.columns[0].clone();
        let users = match &lookup.rule {
            align::mapping::Rule::Convert(steps) => match steps.first() {
                Some(align::mapping::Transform::Lookup(l)) => LookupTable::new(
                    l,
                    [
                        LookupRow {
                            position: 1,
                            key: "a@x",
                            take: "1",
                        },
                        LookupRow {
                            position: 2,
                            key: "Émile",
                            take: "2",
                        },
                        LookupRow {
                            position: 2,
                            key: "dup",
                            take: "3",
                        },
                        LookupRow {
                            position: 2,
                            key: "DUP",
                            take: "4",
                        },
                    ],
                ),
                _ => LookupTable::default(),
            },
            _ => LookupTable::default(),
        };
        let e = sql::columns(&mapping.columns[0], &from, &to, &Users(users)).unwrap();
        let e = &e[0];
        let inputs = inputs
            .iter()
            .map(|i| align::ddl::literal(i))
            .collect::<Vec<_>>()
            .join(",");
        let q = format!(
            "SET TimeZone='UTC'; SELECT s.a, ({})::text, ({}) FROM unnest(array[{inputs},NULL,'-']) WITH ORDINALITY AS s(a,o) ORDER BY o",
            e.value,
            e.code.as_deref().unwrap_or("NULL")
        );
        println!(
            "== {rule} -> {ty}   ({} bytes)\n{}",
            e.value.len(),
            db.try_psql(&q).unwrap_or_else(|x| format!("{x}\n{q}"))
        );
    }
}
