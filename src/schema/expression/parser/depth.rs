//! How deep a tree the tokens can give, counted before anything recurses.

use crate::schema::expression::lexer::Token;

/// Deeper expressions are left as text. Each level costs the parser and every walk some stack.
pub(super) const LIMIT: usize = 128;

/// What a sub-select costs beyond its parentheses.
const SELECT: usize = 3;

/// Words that end a run of operators: what follows them stands beside what was before, not above.
const SEPARATORS: [&str; 15] = [
    "and", "or", "when", "then", "else", "from", "where", "on", "join", "group", "order", "having",
    "limit", "offset", "using",
];

/// An upper bound of the tree's height: in each pair of brackets every operator may add a level to
/// what it stands in one run with.
pub(super) fn of(tokens: &[Token]) -> usize {
    let mut open: Vec<Run> = Vec::new();
    let mut run = Run::default();
    for token in tokens {
        match token {
            Token::Symbol(symbol) => match symbol.as_str() {
                "(" => open.push(std::mem::take(&mut run)),
                "[" => {
                    run.operators += 1;
                    open.push(std::mem::take(&mut run));
                }
                ")" | "]" => run = run.closed(open.pop()),
                "," | ";" => run.separate(),
                ":" | "=>" => {}
                _ => run.operators += 1,
            },
            Token::Word(word) => match word.as_str() {
                "case" => open.push(std::mem::take(&mut run)),
                "end" => run = run.closed(open.pop()),
                "not" | "is" | "isnull" | "notnull" | "in" | "between" | "like" | "ilike"
                | "similar" | "collate" | "at" | "operator" | "overlaps" | "union"
                | "intersect" | "except" => run.operators += 1,
                "select" => {
                    run.separate();
                    run.weight = SELECT;
                }
                word if SEPARATORS.contains(&word) => run.separate(),
                _ => {}
            },
            _ => {}
        }
    }
    while !open.is_empty() {
        run = run.closed(open.pop());
    }
    run.height()
}

#[derive(Default)]
struct Run {
    operators: usize,
    deepest: usize,
    tallest_before: usize,
    weight: usize,
}

impl Run {
    fn height(&self) -> usize {
        self.tallest_before.max(self.operators + self.deepest)
    }

    fn separate(&mut self) {
        self.tallest_before = self.height();
        self.operators = 0;
        self.deepest = 0;
    }

    /// The run around this one, after the bracket.
    fn closed(self, around: Option<Self>) -> Self {
        let mut around = around.unwrap_or_default();
        around.deepest = around.deepest.max(self.height() + 1 + self.weight);
        around
    }
}
