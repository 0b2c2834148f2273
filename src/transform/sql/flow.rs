//! A text on its way through the steps.

use crate::ddl::literal;
use crate::transform::Code;

/// A text on its way through the steps: nested sub-selects, each of which gives the next one its text
/// under a short name, so that no expression is written, or evaluated, twice.
#[derive(Debug)]
pub(super) struct Flow {
    /// Select lists, the innermost first.
    layers: Vec<String>,
    /// The text at hand.
    pub(super) text: String,
    /// A text that is the code of the first step that failed, or NULL.
    pub(super) error: Option<String>,
    /// A text that is the code of what a step put NULL in place of, or NULL.
    pub(super) note: Option<String>,
    /// Whether the text is that of a `jsonb` value.
    pub(super) is_jsonb: bool,
}

const TEXT: &str = "q.v";

impl Flow {
    pub(super) fn new(text: String) -> Self {
        Self {
            layers: Vec::new(),
            text,
            error: None,
            note: None,
            is_jsonb: false,
        }
    }

    /// Puts the text under a short name, unless it has one.
    pub(super) fn bind(&mut self) {
        let is_short = self.text == TEXT || is_column(&self.text);
        if !is_short {
            self.bind_with(&[]);
        }
    }

    /// Puts the text under a short name, and further expressions under theirs, as `q.name`.
    pub(super) fn bind_with(&mut self, more: &[(&str, String)]) {
        let mut list = vec![format!("{} AS v", self.text)];
        if let Some(error) = &mut self.error {
            list.push(format!("{error} AS e"));
            *error = "q.e".to_owned();
        }
        if let Some(note) = &mut self.note {
            list.push(format!("{note} AS n"));
            *note = "q.n".to_owned();
        }
        for (name, expression) in more {
            list.push(format!("{expression} AS {name}"));
        }
        self.layers.push(list.join(", "));
        self.text = TEXT.to_owned();
    }

    pub(super) fn set(&mut self, text: String) {
        self.text = text;
    }

    /// Adds a text that is a code where the step at hand fails.
    pub(super) fn fail(&mut self, code: String) {
        self.error = Some(match self.error.take() {
            Some(earlier) => format!("coalesce({earlier}, {code})"),
            None => code,
        });
    }

    /// Adds a text that is a code where the step at hand puts NULL in place of a value.
    pub(super) fn remark(&mut self, code: String) {
        self.note = Some(match self.note.take() {
            Some(earlier) => format!("coalesce({earlier}, {code})"),
            None => code,
        });
    }

    /// The expression over the text at hand as one over the source row.
    pub(super) fn wrap(&self, expression: &str) -> String {
        // `OFFSET 0` keeps the planner from writing a layer's expressions into every place that
        // names them.
        let inner = self.layers.iter().fold(None, |inner, list| {
            Some(match inner {
                None => format!("SELECT {list} OFFSET 0"),
                Some(inner) => format!("SELECT {list} FROM ({inner}) AS q OFFSET 0"),
            })
        });
        match inner {
            Some(inner) => format!("(SELECT {expression} FROM ({inner}) AS q)"),
            None => expression.to_owned(),
        }
    }
}

/// A column of the source row and nothing else.
fn is_column(expression: &str) -> bool {
    let name = expression.strip_prefix("s.").unwrap_or_default();
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Whether the text is one of those.
pub(super) fn any_of<'a>(text: &str, values: impl Iterator<Item = &'a str>) -> String {
    let values: Vec<String> = values.map(literal).collect();
    match values.as_slice() {
        [] => "false".to_owned(),
        [one] => format!("{text} = {one}"),
        _ => format!("{text} IN ({})", values.join(", ")),
    }
}

/// The code as a literal.
pub(super) fn code(code: Code) -> String {
    literal(code.as_str())
}
