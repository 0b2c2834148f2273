//! No text whatever may bring the reader down.

use proptest::prelude::*;

use super::*;

const FIXTURES: [&str; 4] = [
    include_str!("../../../tests/fixtures/typescript/handwritten/crm.ts"),
    include_str!("../../../tests/fixtures/typescript/handwritten/shapes.ts"),
    include_str!("../../../tests/fixtures/typescript/gen-tidy/database.types.ts"),
    include_str!("../../../tests/fixtures/typescript/gen-quoted/database.types.ts"),
];

fn try_read(name: &str, text: String) -> Result<Schema, LoadError> {
    let file = TextFile {
        name: name.to_owned(),
        text,
    };
    read(&[file], &[], &BTreeMap::new())
}

/// The parser's own breakdowns are caught, and are none of what these tests allow.
fn survives(name: &str, text: String) {
    if let Err(error) = try_read(name, text) {
        assert!(!error.to_string().contains("broke down"), "{error}");
    }
}

#[test]
fn every_prefix_of_a_file_is_survived() {
    for text in FIXTURES {
        // a prime step meets every kind of place in the long files
        let step = if text.len() > 5000 { 23 } else { 3 };
        for (end, _) in text.char_indices().step_by(step) {
            survives("a.ts", text[..end].to_owned());
        }
    }
}

#[test]
fn a_hundred_thousand_of_anything_is_survived() {
    let many = 100_000;
    let ty = |text: &str| format!("type A = {}", text.repeat(many));
    for text in [
        ty("("),
        ty("["),
        ty("{ a: "),
        ty("A<"),
        ty("keyof "),
        ty("() => "),
        ty("a extends b ? c : "),
        "!".repeat(many),
        "a => ".repeat(many),
        "a<".repeat(many),
        "a ? b : ".repeat(many),
        "if (a) b; else ".repeat(many),
        "a: ".repeat(many),
        "`${".repeat(many),
        "<a>b, c; ".repeat(many),
        format!("namespace {}b {{}}", "a.".repeat(many)),
    ] {
        let start = text[..20].to_owned();
        let error = try_read("a.tsx", text).unwrap_err().to_string();
        assert!(error.contains("nested too deeply"), "{start}: {error}");
    }
    for end in ["[]", " | b", " & B", " | b & C", "['b']", ".b"] {
        let text = format!("interface A {{ id: string; deep: a{} }}", end.repeat(many));
        if end == ".b" {
            assert!(try_read("a.ts", text).is_err());
        } else {
            assert_eq!(try_read("a.ts", text).unwrap().tables.len(), 1, "{end}");
        }
    }
}

/// Each of these makes the parser call itself for every repetition.
#[test]
fn what_the_scan_lets_through_the_parser_survives() {
    let (open, chain) = (nesting::MAX_OPEN - 1, 9_900);
    for (start, part, times) in [
        ("x = ", "(", open),
        ("x = ", "((a) => ", open / 2),
        ("x = ", "(a, b = ", open),
        ("", "function f() { ", open / 2),
        ("x = ", "{ a: ", open),
        ("x = ", "a ? (b) : c => ", 400),
        ("x = ", "a<(", 250),
        ("let ", "{ a: [", open / 2),
        ("type A = ", "{ a: ", open),
        ("type A = ", "(a: ", open),
        ("x = ", "`${", open),
        ("x = ", "<a>{", open),
        ("x = ", "a<", 490),
        ("", "!", chain),
        ("type A = ", "keyof ", chain),
        ("", "a => ", chain),
        ("", "a = ", chain),
        ("", "a ? ", chain),
        ("", "a ** ", chain),
        ("", "<a>", chain),
        ("", "if (a) b; else ", chain / 2),
        ("", "for (;;) ", chain),
        ("", "do ", chain),
        ("", "a: ", chain),
        ("namespace a", ".a", chain),
        ("type A = ", "b extends c ? d : ", chain / 3),
        ("type A = ", "<T>() => ", chain / 2),
        ("x = ", "class extends ", chain / 2),
        ("", "new ", chain),
        ("function f(): ", "asserts a is ", chain),
    ] {
        let text = start.to_owned() + &part.repeat(times);
        assert_eq!(nesting::too_deep(&text), None, "{start}{part}");
        survives("a.ts", text.clone());
        survives("a.tsx", text);
    }
}

#[test]
fn types_that_double_at_every_step_end() {
    let mut text = "type A0<T> = { a: T } & { b: T };".to_owned();
    for n in 1..60 {
        let before = n - 1;
        text += format!("type A{n}<T> = A{before}<T | T[]> & A{before}<[T]>;").as_str();
        text += format!("type U{n} = U{before} | U{before}[];").as_str();
    }
    text += "type U0 = 'a'; type W<T> = W<T[]> | W<{ t: T }>;";
    text += "interface B { id: string; u: U59; w: W<1> } interface C extends A59<1> { id: 1 }";
    let schema = try_read("a.ts", text).unwrap();
    let whats = schema.unreadable.iter().map(|s| s.what.as_str());
    assert!(whats.clone().count() >= 3);
    assert_eq!(schema.tables[0].columns.len(), 3);
    for what in whats {
        assert_eq!(what, "type that refers to itself without end");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_soup_of_tokens_is_survived(tokens in prop::collection::vec(prop::sample::select(vec![
        "interface ", "type ", "enum ", "const ", "export ", "default ", "declare ", "namespace ",
        "extends ", "keyof ", "typeof ", "readonly ", "as const ", "import ", "from ", "A", "B", "id",
        "Lead ", "Database ", "public", "Tables", "Row", "Pick", "Omit", "Record", "Json", "string",
        "number", "null", "undefined", "'x'", "\"y\"", "`z${", "`", "1", "-", "?", ":", ";", ",", "|",
        "&", "=", "=>", "<", ">", "(", ")", "[", "]", "{", "}", ".", "...", "!", "@", "#", "/", "*",
        "//", "/*", "*/", "\\", "\n", "\r\n", " ", "é", "\u{feff}", "\u{0}", "𝒳",
    ]), 0..60)) {
        survives("a.ts", tokens.concat());
    }

    #[test]
    fn any_member_is_survived(ty in "[A-C<>|&\\[\\]{}()?:;,.'\" a-c0-9=>]{0,40}") {
        survives("a.ts", format!(
            "type A<T> = T | B[]; type B = C<A<B>>; interface C extends A<C> {{ id: string; x: {ty} }}"
        ));
    }

    #[test]
    fn any_text_is_survived(text in any::<String>()) {
        survives("a.tsx", text);
    }
}
