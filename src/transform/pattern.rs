//! Regular expressions of a mapping that the server and this program read alike.

/// A regular expression in the part of the two languages that means the same in both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(String);

impl Pattern {
    /// Reads an expression with as many groups as there are columns. Classes such as `\d` become ASCII
    /// classes in brackets: what they mean depends on the server's locale.
    ///
    /// The whole text has to match, and there are no alternatives and no lazy repetitions: then both
    /// languages, of which one prefers the longest and the other the first match, cut alike.
    ///
    /// # Errors
    /// What in it does not mean the same in both.
    pub(super) fn read(written: &str, columns: usize) -> Result<Self, String> {
        let inner = written
            .strip_prefix('^')
            .and_then(|rest| rest.strip_suffix('$'))
            .filter(|inner| !inner.ends_with('\\'))
            .ok_or("it has to match the whole text; write `^` before and `$` after it")?;
        let mut pattern = "^".to_owned();
        let mut in_brackets = false;
        let mut repeated = false;
        let mut chars = inner.chars().peekable();
        while let Some(c) = chars.next() {
            let was_repeated = std::mem::take(&mut repeated);
            match c {
                '\\' => {
                    let class = chars.next().unwrap_or_default();
                    pattern += &escaped(class, in_brackets)?;
                }
                '[' if in_brackets && matches!(chars.peek(), Some(':' | '.' | '=')) => {
                    return Err("a class such as `[:alpha:]` depends on the server".into());
                }
                '[' if in_brackets => pattern += "\\[",
                '[' => {
                    in_brackets = true;
                    pattern.push('[');
                    pattern.extend(chars.next_if_eq(&'^'));
                    if chars.peek() == Some(&']') {
                        return Err("`]` comes first in brackets; write `\\]`".into());
                    }
                }
                ']' => {
                    in_brackets = false;
                    pattern.push(']');
                }
                _ if in_brackets => {
                    if "&~".contains(c) {
                        pattern.push('\\');
                    }
                    pattern.push(c);
                }
                '|' => return Err("`|` may cut a text in two ways".into()),
                '^' | '$' => return Err(format!("`{c}` has its place at the ends")),
                '(' => {
                    pattern.push('(');
                    if chars.next_if_eq(&'?').is_some() {
                        if chars.next_if_eq(&':').is_none() {
                            return Err(
                                "of the groups with `?` only `(?:` is the same in both".into()
                            );
                        }
                        pattern += "?:";
                    }
                }
                '*' | '+' | '?' | '{' => {
                    if was_repeated {
                        return Err("a repetition of a repetition is lazy in one of the two".into());
                    }
                    pattern.push(c);
                    if c == '{' {
                        for c in chars.by_ref() {
                            pattern.push(c);
                            if c == '}' {
                                break;
                            }
                            if !c.is_ascii_digit() && c != ',' {
                                return Err("`{` begins a count; write `[{]` for the sign".into());
                            }
                        }
                    }
                    repeated = true;
                }
                c => pattern.push(c),
            }
        }
        pattern.push('$');
        let compiled = compile(&pattern)?;
        if pattern
            .split(|c: char| !c.is_ascii_digit())
            .any(|digits| digits.len() > 3 || digits.parse().is_ok_and(|n: u32| n > 255))
        {
            return Err("the server counts repetitions up to 255".into());
        }
        let groups = compiled.captures_len() - 1;
        if groups != columns {
            return Err(format!("it has {groups} groups for {columns} columns"));
        }
        Ok(Self(pattern))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn compiled(&self) -> Result<regex::Regex, String> {
        compile(&self.0)
    }
}

fn compile(pattern: &str) -> Result<regex::Regex, String> {
    let built = regex::RegexBuilder::new(pattern)
        .dot_matches_new_line(true)
        .size_limit(1 << 20)
        .build();
    built.map_err(|error| {
        let text = error.to_string();
        text.lines().last().unwrap_or_default().trim().to_owned()
    })
}

fn escaped(c: char, in_brackets: bool) -> Result<String, String> {
    let (class, negated) = match c {
        'd' => ("0-9", false),
        's' => (" \t\n\r\u{b}\u{c}", false),
        'w' => ("A-Za-z0-9_", false),
        'D' => ("0-9", true),
        'S' => (" \t\n\r\u{b}\u{c}", true),
        'W' => ("A-Za-z0-9_", true),
        't' => return Ok("\t".into()),
        'n' => return Ok("\n".into()),
        'r' => return Ok("\r".into()),
        c if c.is_ascii_punctuation() => return Ok(format!("\\{c}")),
        c => return Err(format!("`\\{c}` is not the same in both languages")),
    };
    match (in_brackets, negated) {
        (true, true) => Err(format!("`\\{c}` cannot stand in brackets")),
        (true, false) => Ok(class.to_owned()),
        (false, false) => Ok(format!("[{class}]")),
        (false, true) => Ok(format!("[^{class}]")),
    }
}
