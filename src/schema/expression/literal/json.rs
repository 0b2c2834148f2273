//! JSON constants, as `jsonb` prints them.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

/// Deeper values stay as they are written.
const DEPTH: usize = 64;

/// An object or an array with the server's spaces and order of keys; `None` when the text is none.
pub(super) fn normalised(text: &str) -> Option<String> {
    let mut reader = Reader {
        chars: text.chars().peekable(),
    };
    let value = reader.value(0)?;
    reader.blanks();
    reader.chars.next().is_none().then_some(value)
}

struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        while self.chars.next_if(|c| c.is_ascii_whitespace()).is_some() {}
    }

    fn value(&mut self, depth: usize) -> Option<String> {
        if depth > DEPTH {
            return None;
        }
        self.blanks();
        match self.chars.peek()? {
            '{' => self.object(depth),
            '[' => self.array(depth),
            '"' => Some(quoted(&self.string()?)),
            _ => self.scalar(),
        }
    }

    fn array(&mut self, depth: usize) -> Option<String> {
        let mut parts = Vec::new();
        self.chars.next();
        loop {
            self.blanks();
            if parts.is_empty() && self.chars.next_if_eq(&']').is_some() {
                break;
            }
            parts.push(self.value(depth + 1)?);
            self.blanks();
            match self.chars.next()? {
                ',' => {}
                ']' => break,
                _ => return None,
            }
        }
        Some(format!("[{}]", parts.join(", ")))
    }

    fn object(&mut self, depth: usize) -> Option<String> {
        // Keys go by length first; of two alike the last one counts.
        let mut fields: BTreeMap<(usize, String), String> = BTreeMap::new();
        self.chars.next();
        loop {
            self.blanks();
            if fields.is_empty() && self.chars.next_if_eq(&'}').is_some() {
                break;
            }
            if self.chars.peek() != Some(&'"') {
                return None;
            }
            let key = self.string()?;
            self.blanks();
            self.chars.next_if_eq(&':')?;
            let value = self.value(depth + 1)?;
            fields.insert((key.len(), key), value);
            self.blanks();
            match self.chars.next()? {
                ',' => {}
                '}' => break,
                _ => return None,
            }
        }
        let parts: Vec<String> = fields
            .into_iter()
            .map(|((_, key), value)| format!("{}: {value}", quoted(&key)))
            .collect();
        Some(format!("{{{}}}", parts.join(", ")))
    }

    fn string(&mut self) -> Option<String> {
        let mut raw = String::new();
        raw.push(self.chars.next()?);
        loop {
            let c = self.chars.next()?;
            raw.push(c);
            match c {
                '"' => return serde_json::from_str(&raw).ok(),
                '\\' => raw.push(self.chars.next()?),
                _ => {}
            }
        }
    }

    fn scalar(&mut self) -> Option<String> {
        let mut text = String::new();
        while let Some(c) = self
            .chars
            .next_if(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'))
        {
            text.push(c);
        }
        let known = matches!(text.as_str(), "true" | "false" | "null");
        if known {
            return Some(text);
        }
        serde_json::from_str::<serde_json::Number>(&text).ok()?;
        Some(super::number(&text))
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::normalised;

    #[test]
    fn values_are_as_jsonb_prints_them() {
        for (written, printed) in [
            ("{}", Some("{}")),
            ("[1,2 , 3]", Some("[1, 2, 3]")),
            (
                r#"{"bb":1,"a":[true,null],"c":"x\u00e9"}"#,
                Some(r#"{"a": [true, null], "c": "xé", "bb": 1}"#),
            ),
            (r#"{"a":1,"a":2.50}"#, Some(r#"{"a": 2.50}"#)),
            ("[1e2]", Some("[100]")),
            ("{a,b}", None),
            ("[a]", None),
            ("[1,]", None),
            ("{\"a\":1} x", None),
            ("[", None),
        ] {
            assert_eq!(normalised(written).as_deref(), printed, "{written}");
        }
        assert_eq!(normalised(&"[".repeat(100_000)), None);
    }
}
