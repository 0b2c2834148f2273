//! Reads the condition language, by recursive descent of bounded depth.

use super::{Comparator, Condition, ConditionError, MAX_DEPTH};
use crate::mapping::Literal;
use crate::schema::Ident;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Text(String),
    Number(String),
    Sign(&'static str),
    End,
}

/// Longer signs come before the ones they begin with.
const SIGNS: &[&str] = &["<>", "!=", "<=", ">=", "=", "<", ">", "(", ")", ","];

const KEYWORDS: &[&str] = &["and", "or", "not", "in", "is", "null", "true", "false"];

pub(super) fn condition(text: &str) -> Result<Condition, ConditionError> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        depth: 0,
    };
    let condition = parser.either()?;
    if *parser.peek() == Token::End {
        Ok(condition)
    } else {
        Err(parser.unexpected("`and`, `or` or the end"))
    }
}

fn error(index: usize, message: impl Into<String>) -> ConditionError {
    ConditionError {
        at: index + 1,
        message: message.into(),
    }
}

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, ConditionError> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut index = 0;
    while let Some(&first) = chars.get(index) {
        if first.is_whitespace() {
            index += 1;
            continue;
        }
        let (token, end) = match first {
            '\'' => {
                let (text, end) = quoted(&chars, index, "the text")?;
                (Token::Text(text), end)
            }
            '"' => {
                let (name, end) = quoted(&chars, index, "the name")?;
                (Token::Quoted(name), end)
            }
            _ if starts_number(&chars, index) => {
                let end = number_end(&chars, index)?;
                (Token::Number(chars[index..end].iter().collect()), end)
            }
            _ if starts_word(first) => {
                let end = run_end(&chars, index, continues_word);
                (Token::Word(chars[index..end].iter().collect()), end)
            }
            _ => {
                let sign = SIGNS.iter().find(|sign| {
                    sign.chars()
                        .eq(chars[index..].iter().copied().take(sign.len()))
                });
                match sign {
                    Some(sign) => (Token::Sign(sign), index + sign.len()),
                    None => return Err(error(index, stray(first))),
                }
            }
        };
        tokens.push((index, token));
        index = end;
    }
    tokens.push((chars.len(), Token::End));
    Ok(tokens)
}

fn stray(found: char) -> String {
    match found {
        '.' => "`.` has no place here; a column goes without its table".to_owned(),
        _ => format!("`{}` has no place in a condition", found.escape_debug()),
    }
}

/// What stands between the quote at `start` and its end; a doubled quote is one.
fn quoted(chars: &[char], start: usize, what: &str) -> Result<(String, usize), ConditionError> {
    let quote = chars[start];
    let mut inner = String::new();
    let mut index = start + 1;
    while let Some(&found) = chars.get(index) {
        if found != quote {
            inner.push(found);
            index += 1;
        } else if chars.get(index + 1) == Some(&quote) {
            inner.push(quote);
            index += 2;
        } else {
            return Ok((inner, index + 1));
        }
    }
    Err(error(start, format!("{what} that starts here has no end")))
}

fn starts_word(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

fn continues_word(c: char) -> bool {
    starts_word(c) || c == '$' || c.is_numeric()
}

fn starts_number(chars: &[char], index: usize) -> bool {
    let sign = usize::from(matches!(chars.get(index), Some('+' | '-')));
    chars.get(index + sign).is_some_and(char::is_ascii_digit)
}

fn run_end(chars: &[char], start: usize, of: fn(char) -> bool) -> usize {
    let length = chars[start..].iter().take_while(|c| of(**c)).count();
    start + length
}

fn number_end(chars: &[char], start: usize) -> Result<usize, ConditionError> {
    let digits = |from: usize| run_end(chars, from, |c| c.is_ascii_digit());
    let mut end = digits(start + usize::from(matches!(chars[start], '+' | '-')));
    if chars.get(end) == Some(&'.') {
        end = digits(end + 1);
    }
    if matches!(chars.get(end), Some('e' | 'E')) {
        let sign = usize::from(matches!(chars.get(end + 1), Some('+' | '-')));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    if chars
        .get(end)
        .is_some_and(|c| continues_word(*c) || *c == '.')
    {
        let end = run_end(chars, end, |c| continues_word(c) || c == '.');
        let written: String = chars[start..end].iter().collect();
        return Err(error(start, format!("`{written}` is not a number")));
    }
    Ok(end)
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens
            .get(self.next)
            .map_or(&Token::End, |(_, token)| token)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(0, |(at, _)| *at)
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Token::Sign(s) if *s == sign);
        self.next += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Word(w) if w.eq_ignore_ascii_case(word));
        self.next += usize::from(found);
        found
    }

    fn unexpected(&self, expected: &str) -> ConditionError {
        let found = match self.peek() {
            Token::Word(word) | Token::Number(word) => format!("`{word}`"),
            Token::Quoted(name) => format!("the name `\"{}\"`", name.replace('"', "\"\"")),
            Token::Text(text) => format!("the text `'{}'`", text.replace('\'', "''")),
            Token::Sign(sign) => format!("`{sign}`"),
            Token::End => "the end".to_owned(),
        };
        error(self.at(), format!("expected {expected}, found {found}"))
    }

    fn either(&mut self) -> Result<Condition, ConditionError> {
        let mut parts = vec![self.all()?];
        while self.take_word("or") {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Condition::Or))
    }

    fn all(&mut self) -> Result<Condition, ConditionError> {
        let mut parts = vec![self.negation()?];
        while self.take_word("and") {
            parts.push(self.negation()?);
        }
        Ok(one_or(parts, Condition::And))
    }

    fn negation(&mut self) -> Result<Condition, ConditionError> {
        let start = self.at();
        if self.take_word("not") {
            self.deeper(start)?;
            let part = self.negation()?;
            self.depth -= 1;
            return Ok(Condition::Not(Box::new(part)));
        }
        if self.take_sign("(") {
            self.deeper(start)?;
            let inner = self.either()?;
            self.depth -= 1;
            if !self.take_sign(")") {
                return Err(self.unexpected("`and`, `or` or `)`"));
            }
            return Ok(inner);
        }
        self.comparison()
    }

    fn deeper(&mut self, start: usize) -> Result<(), ConditionError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(error(
                start,
                format!("nested deeper than {MAX_DEPTH} levels"),
            ));
        }
        Ok(())
    }

    fn comparison(&mut self) -> Result<Condition, ConditionError> {
        let column = self.column()?;
        if self.take_word("is") {
            let negated = self.take_word("not");
            if !self.take_word("null") {
                return Err(self.unexpected(if negated {
                    "`null`"
                } else {
                    "`null` or `not null`"
                }));
            }
            return Ok(negate_if(negated, Condition::IsNull(column)));
        }
        let negated = self.take_word("not");
        if self.take_word("in") {
            return Ok(negate_if(negated, Condition::In(column, self.values()?)));
        }
        if negated {
            return Err(self.unexpected("`in`"));
        }
        let comparator = match self.peek() {
            Token::Sign("=") => Comparator::Equal,
            Token::Sign("<>" | "!=") => Comparator::NotEqual,
            Token::Sign("<") => Comparator::Less,
            Token::Sign("<=") => Comparator::LessOrEqual,
            Token::Sign(">") => Comparator::Greater,
            Token::Sign(">=") => Comparator::GreaterOrEqual,
            _ => {
                let expected = "`=`, `<>`, `<`, `<=`, `>`, `>=`, `in`, `not in` or `is`";
                return Err(self.unexpected(expected));
            }
        };
        self.next += 1;
        Ok(Condition::Compare(column, comparator, self.value()?))
    }

    fn column(&mut self) -> Result<Ident, ConditionError> {
        let name = match self.peek() {
            Token::Quoted(name) => name.clone(),
            Token::Word(word) if !KEYWORDS.contains(&word.to_ascii_lowercase().as_str()) => {
                word.to_ascii_lowercase()
            }
            _ => return Err(self.unexpected("a column")),
        };
        let ident = Ident::new(name).map_err(|cause| error(self.at(), cause.to_string()))?;
        self.next += 1;
        Ok(ident)
    }

    fn values(&mut self) -> Result<Vec<Literal>, ConditionError> {
        if !self.take_sign("(") {
            return Err(self.unexpected("`(` and values"));
        }
        let mut values = vec![self.value()?];
        while self.take_sign(",") {
            values.push(self.value()?);
        }
        if !self.take_sign(")") {
            return Err(self.unexpected("`,` or `)`"));
        }
        Ok(values)
    }

    fn value(&mut self) -> Result<Literal, ConditionError> {
        let value = match self.peek() {
            Token::Text(text) if text.contains('\0') => {
                return Err(error(self.at(), "a text cannot contain a NUL character"));
            }
            Token::Text(text) => Literal::Text(text.clone()),
            Token::Number(written) => number(written)
                .ok_or_else(|| error(self.at(), format!("`{written}` is out of range")))?,
            Token::Word(word) if word.eq_ignore_ascii_case("true") => Literal::Boolean(true),
            Token::Word(word) if word.eq_ignore_ascii_case("false") => Literal::Boolean(false),
            Token::Word(word) if word.eq_ignore_ascii_case("null") => {
                let message = "a comparison with `null` never holds; write `is null`";
                return Err(error(self.at(), message));
            }
            _ => {
                let expected = "a value: a text in single quotes, a number, `true` or `false`";
                return Err(self.unexpected(expected));
            }
        };
        self.next += 1;
        Ok(value)
    }
}

fn one_or(mut parts: Vec<Condition>, join: fn(Vec<Condition>) -> Condition) -> Condition {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            join(parts)
        }
    }
}

fn negate_if(negated: bool, condition: Condition) -> Condition {
    if negated {
        Condition::Not(Box::new(condition))
    } else {
        condition
    }
}

fn number(written: &str) -> Option<Literal> {
    if written.contains(['.', 'e', 'E']) {
        let float: f64 = written.parse().ok()?;
        float.is_finite().then_some(Literal::Float(float))
    } else {
        written.parse().ok().map(Literal::Integer)
    }
}
