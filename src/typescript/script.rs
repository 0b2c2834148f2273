//! The text as it grows, two blanks deeper within each block.

/// A line that is longer is broken where it can be.
const WIDTH: usize = 80;

#[derive(Debug, Default)]
pub(super) struct Script {
    text: String,
    depth: usize,
}

impl Script {
    pub(super) fn line(&mut self, line: &str) {
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// What `inside` writes, between two lines.
    pub(super) fn block(&mut self, open: &str, close: &str, inside: impl FnOnce(&mut Self)) {
        self.line(open);
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        self.line(close);
    }

    /// A member that is one of several.
    pub(super) fn union(&mut self, name: &str, members: &[String]) {
        if members.is_empty() {
            self.line(&format!("{name}: never"));
            return;
        }
        let line = format!("{name}: {}", members.join(" | "));
        if self.fits(&line) || members.len() == 1 {
            self.line(&line);
            return;
        }
        self.line(&format!("{name}:"));
        self.depth += 1;
        for member in members {
            self.line(&format!("| {member}"));
        }
        self.depth -= 1;
    }

    /// A member that is a list of values.
    pub(super) fn list(&mut self, name: &str, items: &[String]) {
        let line = format!("{name}: [{}],", items.join(", "));
        if self.fits(&line) {
            self.line(&line);
            return;
        }
        self.block(&format!("{name}: ["), "],", |script| {
            for item in items {
                script.line(&format!("{item},"));
            }
        });
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    fn fits(&self, line: &str) -> bool {
        self.depth * 2 + line.chars().count() <= WIDTH
    }
}
