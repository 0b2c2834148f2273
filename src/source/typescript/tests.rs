use std::collections::BTreeSet;

use super::*;
use crate::schema::{Facet, ObjectPath, QualifiedName};

const CRM: &str = include_str!("../../../tests/fixtures/typescript/handwritten/crm.ts");
const SHAPES: &str = include_str!("../../../tests/fixtures/typescript/handwritten/shapes.ts");
const TIDY: &str = include_str!("../../../tests/fixtures/typescript/gen-tidy/database.types.ts");
const QUOTED: &str =
    include_str!("../../../tests/fixtures/typescript/gen-quoted/database.types.ts");

fn file(name: &str, text: &str) -> TextFile {
    TextFile {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

fn idents(names: &[&str]) -> Vec<Ident> {
    names
        .iter()
        .map(|name| Ident::new(*name).unwrap())
        .collect()
}

fn interfaces(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect()
}

fn one(text: &str) -> Schema {
    read(&[file("a.ts", text)], &[], &BTreeMap::new()).unwrap()
}

fn failure(files: &[TextFile], namespaces: &[&str]) -> String {
    read(files, &idents(namespaces), &BTreeMap::new())
        .unwrap_err()
        .to_string()
}

/// One line a column, `!` for not null, `?` where nobody says, and one line for all else.
fn show(schema: &Schema) -> String {
    let mut lines = Vec::new();
    for table in &schema.tables {
        lines.push(schema.show(&table.name));
        for column in &table.columns {
            let null = match column.nullable {
                Some(true) => "",
                Some(false) => "!",
                None => "?",
            };
            let values = column.values.as_ref().map_or_else(String::new, |values| {
                format!(
                    " in {}",
                    Vec::from_iter(values.iter().map(String::as_str)).join("|")
                )
            });
            lines.push(format!("  {} {}{null}{values}", column.name, column.ty));
        }
        for key in &table.foreign_keys {
            let columns =
                |names: &[Ident]| Vec::from_iter(names.iter().map(Ident::as_str)).join(",");
            lines.push(format!(
                "  {}: {} -> {}({})",
                key.name,
                columns(&key.columns),
                schema.show(&key.references),
                columns(&key.referenced_columns)
            ));
        }
    }
    for one in &schema.enums {
        lines.push(format!(
            "enum {} {}",
            schema.show(&one.name),
            one.labels.join("|")
        ));
    }
    for one in &schema.composites {
        let fields = one.fields.iter().map(|(name, ty)| format!("{name} {ty}"));
        let fields = Vec::from_iter(fields).join(", ");
        lines.push(format!("composite {} {fields}", schema.show(&one.name)));
    }
    for sighting in &schema.unreadable {
        let line = sighting.place.as_ref().map_or(0, |place| place.line);
        lines.push(format!(
            "line {line}: {} `{}`",
            sighting.what, sighting.name
        ));
    }
    lines.join("\n") + "\n"
}

fn columns(schema: &Schema) -> String {
    let text = show(schema);
    let lines = text.lines().filter_map(|line| line.strip_prefix("  "));
    Vec::from_iter(lines).join("; ")
}

#[test]
fn hand_written_interfaces_are_tables() {
    let names = interfaces(&[("UserProfile", "users")]);
    let schema = read(&[file("crm.ts", CRM)], &[], &names).unwrap();
    assert_eq!(
        show(&schema),
        include_str!("../../../tests/fixtures/typescript/handwritten/crm.txt")
    );
    assert_eq!(schema.facets, BTreeSet::new());
    let shapes = one(SHAPES);
    assert_eq!(
        show(&shapes),
        include_str!("../../../tests/fixtures/typescript/handwritten/shapes.txt")
    );
}

#[test]
fn both_layouts_of_generated_types_say_the_same() {
    let expected = include_str!("../../../tests/fixtures/typescript/gen-tidy/database.types.txt");
    for text in [TIDY, QUOTED] {
        let files = [file("types.ts", text)];
        let schema = read(&files, &idents(&["public", "app"]), &BTreeMap::new()).unwrap();
        assert_eq!(show(&schema), expected);
        let said = BTreeSet::from([Facet::ForeignKeys, Facet::Types]);
        assert_eq!(schema.facets, said);
        let leads = schema
            .tables
            .iter()
            .find(|t| t.name.name.as_str() == "leads");
        let key = &leads.unwrap().foreign_keys[0];
        assert_eq!((&key.on_delete, &key.on_update), (&None, &None));
    }
}

#[test]
fn places_are_those_of_the_text() {
    let line = |text: &str, needle: &str| {
        let at = text.lines().position(|line| line.contains(needle)).unwrap();
        u32::try_from(at + 1).unwrap()
    };
    let place = |schema: &Schema, table: &str, column: Option<&str>| {
        let path = ObjectPath {
            table: QualifiedName::new(schema.home().unwrap().clone(), Ident::new(table).unwrap()),
            column: column.map(|column| Ident::new(column).unwrap()),
        };
        schema.places.get(&path).map(|place| place.line)
    };
    let crm = one(CRM);
    for (table, column, needle) in [
        ("leads", None, "export interface Lead {"),
        ("leads", Some("win_probability"), "win_probability"),
        ("calls", Some("created_at"), "created_at"),
        ("calls", Some("duration"), "duration"),
    ] {
        assert_eq!(
            place(&crm, table, column),
            Some(line(CRM, needle)),
            "{table}"
        );
    }
    for text in [TIDY, QUOTED] {
        let schema = one(text);
        let table = if text == TIDY {
            "      leads: {"
        } else {
            "\"leads\": {"
        };
        assert_eq!(place(&schema, "leads", None), Some(line(text, table)));
        assert_eq!(
            place(&schema, "clients", Some("physical_meeting_info")),
            Some(line(text, "physical_meeting_info"))
        );
        assert_eq!(place(&schema, "leads", Some("contact_label")), None);
    }
    let windows = "\u{feff}interface A {\r\n  id: string;\r\n  b: string;\r\n}\r\n";
    assert_eq!(place(&one(windows), "as", Some("b")), Some(3));
}

#[test]
fn what_a_member_says() {
    for (member, expected) in [
        ("a: string", "a unknown (string)!"),
        ("a?: string", "a unknown (string)?"),
        ("a?: string | null", "a unknown (string)"),
        ("a: string | undefined", "a unknown (string)?"),
        ("a: null | 'x' | 'y'", "a unknown (string) in x|y"),
        ("a: ('x' | 'y')[]", "a unknown (string)[]!"),
        ("a: (string | null)[]", "a unknown (string)[]!"),
        ("a: any[]", "a unknown (any)[]!"),
        ("a: object", "a unknown (object)!"),
        (
            "a: { [key: string]: number }",
            "a unknown ({ [key: string]: number })!",
        ),
        (
            "a: { [K in 'x']: number } | null",
            "a unknown ({ [K in 'x']: number })",
        ),
        ("a: Date | string", "a unknown (string)!"),
        ("a: string | number", "a unknown (string | number)!"),
        ("a: Unheard", "a unknown (Unheard)?"),
        ("a", "a unknown ()?"),
        ("a: () => void", ""),
        ("a?: never", ""),
        ("a(): string", ""),
        ("a: Row['id']", "a unknown (number)!"),
        ("a: Row[]", ""),
        ("a: Partial<Row> | null", ""),
        ("a: Row | string", "a unknown (Row | string)!"),
        ("rows: { name: string }", ""),
        (
            "thing: { name: string }",
            "thing unknown ({ name: string })!",
        ),
        (
            "thing_id: string; thing: { name: string }",
            "thing_id unknown (string)!",
        ),
        (
            "by: string; by_row: { name: string }",
            "by unknown (string)!",
        ),
        ("a: Record<string, Row>", "a unknown (Record<string, Row>)!"),
        ("a: { x: 1 } & { y: 2 }", "a unknown ({ x: 1 } & { y: 2 })!"),
        ("a: keyof Row", "a unknown (string)! in id"),
        (
            "a: Extract<'x' | 'y', 'y' | 'z'>",
            "a unknown (string)! in y",
        ),
        ("a: Color.Red", "a unknown (string)! in red"),
        ("a: Color", "a unknown (string)! in blue|red"),
        ("a: E.Mixed", "a unknown (E.Mixed)?"),
        ("a: (typeof K)['one']", "a unknown (number)! in 1"),
        ("a: keyof typeof K", "a unknown (string)! in one|two"),
        ("a: Gen<'x'>", "a unknown (string) in x"),
        ("a: Gen", "a unknown (Gen)"),
        ("a: Tables<'rows'>", ""),
        ("a: Database['app']['Enums']['k'][]", "a app.k[]!"),
    ] {
        let text = format!(
            "interface Row {{ id: number }}
             enum Color {{ Red = 'red', Blue = 'blue' }}
             const enum E {{ Mixed = 1 << 2 }}
             const K = Object.freeze({{ one: 1, two: 2 }});
             type Gen<T> = T | null;
             interface Own {{ id: string; {member} }}"
        );
        let mut schema = one(&text);
        schema
            .tables
            .retain(|table| table.name.name.as_str() == "owns");
        let expected = ["id unknown (string)!", expected];
        let expected = expected.iter().filter(|part| !part.is_empty());
        assert_eq!(
            columns(&schema),
            Vec::from_iter(expected.copied()).join("; "),
            "{member}"
        );
        assert_eq!(schema.unreadable, [], "{member}");
    }
}

#[test]
fn which_types_are_tables() {
    for (text, names, tables) in [
        ("interface A { id: string }", &[][..], "as"),
        (
            "interface A { id: string } interface B { name: string }",
            &[("B", "bees")],
            "as bees",
        ),
        ("type A = { id: string } | null", &[], "as"),
        (
            "interface ModalProps { id: string } interface A { id: 1 }",
            &[],
            "as",
        ),
        (
            "interface BaseRow { id: string } interface A extends BaseRow { b: 1 }",
            &[],
            "as",
        ),
        (
            "interface BaseRow { id: string } type A = BaseRow",
            &[],
            "as",
        ),
        ("interface BaseRow { id: string }", &[], "base_rows"),
        (
            "interface A { id: string } interface B { id: 1 } type C = A | B",
            &[],
            "as bs",
        ),
        (
            "interface A { id: string } interface B { id: 1 } type C = A | B",
            &[("C", "c")],
            "c",
        ),
        ("interface A { id: 'x' } type B = A | null", &[], "as"),
        (
            "type A = { id: 1; k: 'x' } | { id: 1; k: 'y' | 'z'; l: 1 }",
            &[],
            "as",
        ),
        (
            "interface A { id: string } type B = Pick<A, 'id'>",
            &[],
            "as",
        ),
        (
            "interface A { id: string } type B = A & { c: number }",
            &[],
            "as bs",
        ),
        (
            "interface A { id: string } type B = A & { a: A }",
            &[("B", "b")],
            "as b",
        ),
        (
            "interface A { id: string } interface B extends A {}",
            &[],
            "as",
        ),
        (
            "namespace N.M { export interface A { id: string } }",
            &[],
            "as",
        ),
        (
            "declare module 'x' { interface A { id: string } }",
            &[],
            "as",
        ),
        ("export default interface A { id: string }", &[], "as"),
        (
            "interface A<T> { id: T } interface B extends A<string> { c: 1 }",
            &[],
            "bs",
        ),
        ("interface A<T> { id: T }", &[("A", "a")], "a"),
    ] {
        let schema = read(&[file("a.ts", text)], &[], &interfaces(names)).unwrap();
        let found = schema.tables.iter().map(|table| table.name.name.as_str());
        assert_eq!(Vec::from_iter(found).join(" "), tables, "{text}");
        assert_eq!(schema.unreadable, [], "{text}");
    }
}

#[test]
fn files_see_one_another() {
    let files = [
        file("src/lead.ts", "import { Client as C } from './client';
            import * as shared from './shared';
            export interface Lead extends shared.Stamps { id: string; clients?: C; status: shared.Status }"),
        file("src/other.ts", "export interface Client { id: string }"),
        file("src/client.ts", "export interface Client { id: string; name: string }"),
        file("src/shared.ts", "export interface Stamps { at: Date } export type Status = 'x'"),
        file("src/third.ts", "interface Client { id: string; fax: string }"),
    ];
    let schema = read(
        &files,
        &idents(&["crm", "unused"]),
        &interfaces(&[("Gone", "gone")]),
    )
    .unwrap();
    assert_eq!(schema.namespaces, idents(&["crm"]));
    assert_eq!(
        show(&schema),
        "clients\n  id unknown (string)!\n  name unknown (string)!\n\
         leads\n  at unknown (Date)!\n  id unknown (string)!\n  status unknown (string)! in x\n\
         line 1: another declaration of table `clients` `Client`\n\
         line 0: interface that the mapping names and no file declares `Gone`\n"
    );
}

#[test]
fn what_generated_types_leave_open_is_not_said() {
    let types = |table: &str| {
        format!(
            "interface Row1 {{ id: string }}
             export interface Database {{ public: {{ Tables: {{ a: {{ {table} }} }}
             Views: {{ v: {{ Row: {{ id: string }} }} }}, Functions: {{ f: {{ Args: never }} }} }} }}"
        )
    };
    let key = |to: &str| {
        format!(
            "Row: {{ id: string }}, Relationships: [{{ foreignKeyName: 'k', columns: ['id'],
             isOneToOne: true, referencedRelation: '{to}', referencedColumns: ['id'] }}]"
        )
    };
    for (table, expected) in [
        ("Row: Row1".to_owned(), "a\n  id unknown (string)!\n"),
        (
            "Row: { id: string, f: string | null }, Insert: { id: string }".to_owned(),
            "a\n  id unknown (string)!\n",
        ),
        (
            "Row: { id: string, g: string }, Insert: Omit<Row1, 'id'>".to_owned(),
            "a\n  id unknown (string)!\n  g unknown (string)!\n",
        ),
        (key("a"), "a\n  id unknown (string)!\n  k: id -> a(id)\n"),
        (key("v"), "a\n  id unknown (string)!\n"),
        (
            key("z"),
            "a\n  id unknown (string)!\n\
            line 4: foreign key to `z`, a table these types do not have `public.a`\n",
        ),
        (
            "Row: { id: string }, Relationships: [Row1]".to_owned(),
            "a\n  id unknown (string)!\nline 2: relationship that cannot be told `public.a`\n",
        ),
        (
            "Insert: Row1".to_owned(),
            "line 2: table without a `Row` that can be told `public.a`\n",
        ),
    ] {
        let text = types(&table);
        let mut schema = one(&text);
        assert!(!schema.facets.contains(&Facet::Types), "{text}");
        assert_eq!(
            schema.facets.contains(&Facet::ForeignKeys),
            table.contains("Relationships") || table.starts_with("Insert"),
            "{text}"
        );
        for sighting in &mut schema.unreadable {
            if let Some(place) = &mut sighting.place {
                place.line = if sighting.what.starts_with("foreign") {
                    4
                } else {
                    place.line
                };
            }
        }
        assert_eq!(show(&schema), expected, "{text}");
    }
}

#[test]
fn only_the_namespaces_asked_for_are_read() {
    let files = [file("types.ts", TIDY)];
    let read = |names: &[&str]| read(&files, &idents(names), &BTreeMap::new()).unwrap();
    assert_eq!(read(&[]), read(&["public"]));
    let app = read(&["app"]);
    assert_eq!(
        columns(&app),
        "channel app.channel!; id unknown (number)!; owner_note unknown (string)"
    );
    let partly = read(&["app", "gone"]);
    assert_eq!(partly.namespaces, idents(&["app"]));
    assert_eq!(partly.unreadable[0].name, "gone");
    assert_eq!(
        failure(&files, &["gone"]),
        "types.ts:9: expected schema `gone`, found `app`, `public`"
    );
}

#[test]
fn what_is_no_schema_is_refused() {
    let none = "a.ts:1: expected the types of tables, found none";
    for (text, cause) in [
        ("", none),
        ("\u{feff}", none),
        ("// nothing\r\n", none),
        ("export const x = 1;", none),
        ("interface Props { name: string }", none),
        ("type A = 'x' | 'y'; enum B { C }", none),
        ("export * from './leads';", none),
        (
            "export type Database = { public: { Tables: Record<string, any> } }",
            "a.ts:1: `public` does not list its tables one by one",
        ),
        ("\n\ninterface A {\n  id string\n", "a.ts:4: syntax error: "),
        ("CREATE TABLE leads (id uuid);", "a.ts:1: syntax error: "),
        ("\u{0}", "a.ts:1: syntax error: "),
        (
            "import { B } from './b';\ninterface A extends B {}",
            "a.ts:2: expected the types of tables, found `A`: interface over `B` of `./b`, not given",
        ),
    ] {
        let error = failure(&[file("a.ts", text)], &[]);
        assert!(error.starts_with(cause), "{text:?}: {error}");
    }
    assert_eq!(failure(&[], &[]), none.replace("a.ts", "-"));
    let empty = "export type Database = { public: { Tables: { [_ in never]: never } } }";
    assert_eq!(one(empty).tables, []);
}

#[test]
fn a_small_syntax_error_is_listed() {
    let schema = one("interface A { id: string }\nconst a;\n");
    assert_eq!(schema.tables.len(), 1);
    let [fault] = schema.unreadable.as_slice() else {
        panic!("{:?}", schema.unreadable);
    };
    assert!(fault.what.starts_with("syntax error: "), "{}", fault.what);
    assert_eq!(fault.place.as_ref().map(|place| place.line), Some(2));
}
