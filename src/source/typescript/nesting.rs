//! Refuses text so deeply nested that a recursive parser could run out of stack.
//!
//! The scan knows strings, comments, templates and regular expressions well enough to count what is
//! open; it decides nothing else. Two things make a recursive parser descend: an open bracket, and a
//! word or operator whose right side is parsed by a call (`!`, `=>`, `extends`, `else`, …). The second
//! kind is counted as a chain that ends where the statement or the element of a list ends.

/// How many brackets may be open at once.
pub(super) const MAX_OPEN: usize = 500;
/// How many chained words and operators may be open at once, over all brackets.
pub(super) const MAX_CHAIN: u32 = 10_000;

/// How many type arguments may be open at once. The parser tries what follows a `<` in two ways, so
/// its time grows with the square.
const MAX_ANGLES: u32 = 500;

/// Words whose right side nests, and which a `,` does not end.
const STATEMENTS: [&str; 6] = ["if", "else", "for", "while", "do", "with"];
/// Words whose right side nests.
const PREFIXES: [&str; 15] = [
    "typeof", "void", "delete", "await", "keyof", "unique", "readonly", "infer", "new", "yield",
    "extends", "asserts", "abstract", "class", "async",
];
/// Words after which a `/` begins a regular expression.
const BEFORE_REGEX: [&str; 13] = [
    "return",
    "typeof",
    "case",
    "in",
    "of",
    "do",
    "else",
    "void",
    "delete",
    "throw",
    "new",
    "instanceof",
    "yield",
];

/// What is open between one bracket and the next.
#[derive(Default)]
struct Level {
    /// Opened by the `${` of a template.
    template: bool,
    chain: u32,
    statements: u32,
    /// `<` after a name and without its `>`; part of `chain`.
    angles: u32,
    /// `<` where a value is expected: a JSX element without its end, an assertion, a generic function.
    /// Text between tags may hold any punctuation, so none of it ends these.
    elements: u32,
}

struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    levels: Vec<Level>,
    top: Level,
    /// The sum over all levels.
    chained: u32,
    /// The sum of `angles` over all levels.
    angled: u32,
    /// A `;` was met, and an `else` may still follow it.
    ended: bool,
    /// Whether a `/` here divides.
    operand: bool,
}

/// The offset at which the text nests too deeply, if it does.
pub(super) fn too_deep(text: &str) -> Option<usize> {
    let mut scan = Scan {
        text,
        bytes: text.as_bytes(),
        at: 0,
        levels: Vec::new(),
        top: Level::default(),
        chained: 0,
        angled: 0,
        ended: false,
        operand: false,
    };
    while let Some(&byte) = scan.bytes.get(scan.at) {
        let start = scan.at;
        scan.token(byte);
        if scan.levels.len() > MAX_OPEN || scan.angled > MAX_ANGLES || scan.chained > MAX_CHAIN {
            return Some(start);
        }
    }
    None
}

impl Scan<'_> {
    fn token(&mut self, byte: u8) {
        match byte {
            _ if byte.is_ascii_whitespace() => self.at += 1,
            b'/' if self.bytes.get(self.at + 1) == Some(&b'/') => {
                self.at += 2;
                self.skip_to(|b| b == b'\n');
            }
            b'/' if self.bytes.get(self.at + 1) == Some(&b'*') => self.block_comment(),
            _ => {
                let word = if is_word(byte) { self.word() } else { "" };
                let statement = STATEMENTS.contains(&word);
                let prefix = PREFIXES.contains(&word);
                let operand = !BEFORE_REGEX.contains(&word);
                if self.ended && word != "else" {
                    self.end_statement();
                }
                self.ended = false;
                if is_word(byte) {
                    self.take_word(statement, prefix, operand);
                } else {
                    self.take_symbol(byte);
                }
            }
        }
    }

    fn word(&self) -> &str {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|b| !is_word(*b)).unwrap_or(rest.len());
        self.text.get(self.at..self.at + length).unwrap_or("")
    }

    fn take_word(&mut self, statement: bool, prefix: bool, operand: bool) {
        self.skip_to(|b| !is_word(b));
        if statement {
            self.top.statements += 1;
            self.chained += 1;
        } else if prefix {
            self.chain();
        }
        self.operand = operand;
    }

    fn take_symbol(&mut self, byte: u8) {
        self.at += 1;
        let after_operand = std::mem::replace(&mut self.operand, false);
        match byte {
            b'(' | b'[' | b'{' => self.open(false),
            b')' | b']' => {
                self.close();
                self.operand = true;
            }
            b'}' => {
                let in_template = self.close();
                if in_template {
                    self.template();
                }
            }
            b'"' | b'\'' => {
                self.string(byte);
                self.operand = true;
            }
            b'`' => self.template(),
            b';' => self.ended = true,
            b',' => {
                self.chained -= self.top.chain - self.top.angles;
                self.top.chain = self.top.angles;
            }
            b'<' if self.bytes.get(self.at) == Some(&b'/') => self.end_element(),
            b'/' if self.bytes.get(self.at) == Some(&b'>') => self.end_element(),
            b'<' if after_operand => {
                self.chain();
                self.top.angles += 1;
                self.angled += 1;
            }
            b'<' => {
                self.top.elements += 1;
                self.chained += 1;
            }
            b'>' if self.top.angles > 0 => {
                self.top.angles -= 1;
                self.angled -= 1;
                self.top.chain -= 1;
                self.chained -= 1;
            }
            b'/' if !after_operand => self.regex(),
            b'=' if self.bytes.get(self.at) == Some(&b'>') => {
                self.at += 1;
                self.chain();
            }
            b'*' if self.bytes.get(self.at) == Some(&b'*') => {
                self.at += 1;
                self.chain();
            }
            b'!' | b'~' | b'+' | b'-' | b'?' | b':' | b'=' | b'.' | b'#' | b'@' => self.chain(),
            _ => {}
        }
    }

    fn chain(&mut self) {
        self.top.chain += 1;
        self.chained += 1;
    }

    fn end_element(&mut self) {
        self.at += 1;
        if self.top.elements > 0 {
            self.top.elements -= 1;
            self.chained -= 1;
        }
    }

    fn end_statement(&mut self) {
        self.chained -= self.top.chain + self.top.statements;
        self.angled -= self.top.angles;
        self.top = Level {
            template: self.top.template,
            elements: self.top.elements,
            ..Level::default()
        };
    }

    fn open(&mut self, template: bool) {
        let level = Level {
            template,
            ..Level::default()
        };
        self.levels.push(std::mem::replace(&mut self.top, level));
    }

    /// Whether the bracket went back into a template.
    fn close(&mut self) -> bool {
        self.end_statement();
        self.chained -= self.top.elements;
        self.top.elements = 0;
        match self.levels.pop() {
            Some(outer) => std::mem::replace(&mut self.top, outer).template,
            None => false,
        }
    }

    fn skip_to(&mut self, stop: impl Fn(u8) -> bool) {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|b| stop(*b)).unwrap_or(rest.len());
    }

    fn block_comment(&mut self) {
        self.at += 2;
        let rest = &self.bytes[self.at..];
        let end = rest.windows(2).position(|pair| pair == b"*/");
        self.at += end.map_or(rest.len(), |end| end + 2);
    }

    /// A quote without its fellow on the line is text between JSX tags.
    fn string(&mut self, quote: u8) {
        let mut at = self.at;
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'\\' => at += 1,
                b'\n' => return,
                _ if byte == quote => {
                    self.at = at + 1;
                    return;
                }
                _ => {}
            }
            at += 1;
        }
    }

    fn template(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'`' => {
                    self.operand = true;
                    return;
                }
                b'$' if self.bytes.get(self.at) == Some(&b'{') => {
                    self.at += 1;
                    self.open(true);
                    return;
                }
                _ => {}
            }
        }
    }

    /// A slash without its fellow on the line is taken for a division after all.
    fn regex(&mut self) {
        let mut class = false;
        let mut at = self.at;
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'\\' => at += 1,
                b'\n' => return,
                b'[' => class = true,
                b']' => class = false,
                b'/' if !class => {
                    self.at = at + 1;
                    self.operand = true;
                    return;
                }
                _ => {}
            }
            at += 1;
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nests_is_counted() {
        let many = 100_000;
        for text in [
            "(".repeat(many),
            "[".repeat(many),
            "type A = ".to_owned() + &"{ a: ".repeat(many),
            "`${".repeat(many),
            "!".repeat(many),
            "type A = ".to_owned() + &"keyof ".repeat(many),
            "a=>".repeat(many),
            "a=".repeat(many),
            "a?b:".repeat(many),
            "a\n?b\n:".repeat(many),
            "a**".repeat(many),
            "A<b,".repeat(many),
            "if(a)b,c;else ".repeat(many),
            "for(;;)".repeat(many),
            "a:".repeat(many),
            "namespace ".to_owned() + &"a.".repeat(many),
            "type A = ".to_owned() + &"B extends C ? D : ".repeat(many),
            "a<".repeat(many),
            "<a>".repeat(many),
            "<a>b, &amp;".repeat(many),
        ] {
            assert!(too_deep(&text).is_some(), "{}", &text[..30]);
        }
    }

    #[test]
    fn what_only_follows_is_not() {
        let many = 20_000;
        for text in [
            "type A = 'a'".to_owned() + &" | 'b'".repeat(many),
            "type A = string".to_owned() + &"[]".repeat(many),
            "interface A { a: string; }\n".repeat(many),
            "const a = b => !c;\n".repeat(many),
            "if (a) { b(); }; ".repeat(many),
            "a(b, c => d, e ? f : g),".repeat(many),
            "// (((((\n/* [[[[ */ '{{{{' \"((((\" `[[[`;".repeat(many),
            r"x = /[/(]\((/g;".repeat(many),
            "f(`${a}(`);".repeat(many),
            "a / b; (c) / d;".repeat(many),
            "<p>Don't {x}<br/></p>\n".repeat(many),
            "x: Promise<Map<A, B[]>>\n,".repeat(many),
        ] {
            assert_eq!(too_deep(&text), None, "{}", &text[..20]);
        }
    }
}
