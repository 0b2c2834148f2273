//! Awkward values: lists of them, texts put together from pieces, and texts with a sign changed.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a column is filled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Word,
    Uuid,
    Moment,
    Clock,
    European,
    American,
    Json,
    Range,
    Person,
}

impl Kind {
    fn list(self) -> &'static [&'static str] {
        list(&format!("{self:?}").to_lowercase())
    }
}

/// A source of values; the same seed gives the same ones.
pub(crate) struct Values {
    state: u64,
}

impl Values {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next random number below `limit`.
    fn below(&mut self, limit: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit as u64).unwrap()
    }

    fn one(&mut self, list: &[&str]) -> String {
        list[self.below(list.len())].to_owned()
    }

    fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// The value of the row `at` for a column of that type, which takes it.
    pub(crate) fn next(&mut self, kind: Kind, ty: &str, at: usize) -> Option<String> {
        if at.is_multiple_of(50) {
            return None;
        }
        if ty != "text" {
            return self.of_type(kind, ty);
        }
        let (list, anything) = (kind.list(), list("anything"));
        let whole = list.len() + anything.len();
        Some(match at {
            at if at < list.len() => list[at].to_owned(),
            at if at < whole => anything[at - list.len()].to_owned(),
            at if at == whole + 1 => long(kind),
            _ => match self.below(10) {
                0 => self.one(list),
                1..=5 => self.made(kind),
                6 => {
                    let blanks = ["", " ", "\t", "\u{a0}", "  "];
                    format!(
                        "{}{}{}",
                        self.one(&blanks),
                        self.made(kind),
                        self.one(&blanks)
                    )
                }
                _ => {
                    let text = if self.below(2) == 0 {
                        self.one(list)
                    } else {
                        self.made(kind)
                    };
                    self.changed(&text)
                }
            },
        })
    }

    /// A text with one sign put in, taken away, or put in place of another.
    fn changed(&mut self, text: &str) -> String {
        let mut chars: Vec<String> = text.chars().map(String::from).collect();
        let at = self.below(chars.len() + 1);
        let sign = self.one(list("sign"));
        match self.below(3) {
            0 => chars.insert(at, sign),
            1 if at < chars.len() => chars[at] = sign,
            _ if at < chars.len() => {
                chars.remove(at);
            }
            _ => chars.push(sign),
        }
        chars.concat()
    }

    fn digits(&mut self, most: usize) -> String {
        let count = self.between(1, most);
        (0..count).map(|_| self.below(10).to_string()).collect()
    }

    /// A text of the kind's form, more often than not.
    fn made(&mut self, kind: Kind) -> String {
        match kind {
            Kind::Number => {
                let sign = self.one(&["", "", "", "-", "+"]);
                let whole = match self.below(8) {
                    0 => self.digits(40),
                    1..=3 => self.digits(10),
                    _ => self.digits(4),
                };
                let fraction = match self.below(3) {
                    0 => format!(".{}", self.digits(12)),
                    _ => String::new(),
                };
                let power = match self.below(6) {
                    0 => format!(
                        "{}{}{}",
                        self.one(&["e", "E"]),
                        self.one(&["", "-", "+"]),
                        self.digits(3)
                    ),
                    _ => String::new(),
                };
                format!("{sign}{whole}{fraction}{power}")
            }
            Kind::Word => {
                let count = self.between(1, 3);
                let words: Vec<String> = (0..count).map(|_| self.one(Kind::Word.list())).collect();
                words.join(&self.one(&[" ", "", "-"]))
            }
            Kind::Uuid => {
                let digit = |values: &mut Self| values.one(&["0", "9", "a", "F", "b", "7"]);
                let text: String = (0..32).map(|_| digit(self)).collect();
                format!(
                    "{}-{}-{}-{}-{}",
                    &text[..8],
                    &text[8..12],
                    &text[12..16],
                    &text[16..20],
                    &text[20..]
                )
            }
            Kind::Moment => {
                let date = self.date();
                let time = match self.below(4) {
                    0 => String::new(),
                    _ => format!("{}{}{}", self.one(&[" ", "T"]), self.clock(), self.offset()),
                };
                format!("{date}{time}")
            }
            Kind::Clock => self.clock(),
            Kind::European => {
                let (day, month, year) = (
                    self.between(0, 32),
                    self.between(0, 13),
                    self.between(1900, 2100),
                );
                let sign = self.one(&["/", "."]);
                let time = if sign == "." || self.below(5) == 0 {
                    format!(
                        " {}:{}:{}",
                        self.between(0, 24),
                        self.between(0, 60),
                        self.between(0, 61)
                    )
                } else {
                    String::new()
                };
                format!("{day:02}{sign}{month}{sign}{year}{time}")
            }
            Kind::American => {
                let month = self.one(&[
                    "Jan", "feb", "MAR", "April", "may", "Jun", "july", "Aug", "Sep", "Oct", "Nov",
                    "December",
                ]);
                let (day, year, hour, minute) = (
                    self.between(0, 32),
                    self.between(1900, 2100),
                    self.between(0, 13),
                    self.between(0, 60),
                );
                format!(
                    "{month} {day}, {year} {hour}:{minute:02} {}",
                    self.one(&["AM", "pm", "Am"])
                )
            }
            Kind::Json => self.json(0),
            Kind::Range => {
                let mut number = || {
                    let number = match self.below(5) {
                        0 => format!("{},{:03}", self.between(1, 999), self.below(1000)),
                        1 => format!("{}.{:03}", self.below(100), self.below(1000)),
                        2 => format!("{}.{}", self.below(100), self.below(100)),
                        _ => self.below(5000).to_string(),
                    };
                    number + &self.one(&["", "", "", "k", "M"])
                };
                let (first, second) = (number(), number());
                let tail = self.one(&["", "", " employees", " Staff"]);
                match self.below(4) {
                    0 => format!("{first}{tail}"),
                    1 => format!(
                        "{}{first}{tail}",
                        self.one(&["<", ">", "<= ", "over ", "Up To "])
                    ),
                    2 => format!("{first}{}{tail}", self.one(&["+", " +"])),
                    _ => format!(
                        "{first}{}{second}{tail}",
                        self.one(&["-", "–", " - ", " to "])
                    ),
                }
            }
            Kind::Person => {
                let person = self.one(kind.list());
                match self.below(3) {
                    0 => person.to_uppercase(),
                    1 => person.to_lowercase(),
                    _ => person,
                }
            }
        }
    }

    fn date(&mut self) -> String {
        let year = match self.below(6) {
            0 => self.between(0, 9999),
            _ => self.between(1970, 2036),
        };
        match self.below(4) {
            // days on which clocks change, somewhere
            0 => self.one(&[
                "2024-03-31",
                "2024-10-27",
                "2024-03-10",
                "2024-11-03",
                "2024-04-07",
                "2024-10-06",
                "2021-02-28",
                "2024-02-29",
            ]),
            1 => format!(
                "{year:04}-{:02}-{:02}",
                self.between(0, 13),
                self.between(0, 32)
            ),
            _ => format!(
                "{year:04}-{:02}-{:02}",
                self.between(1, 12),
                self.between(1, 28)
            ),
        }
    }

    fn clock(&mut self) -> String {
        let hour = match self.below(3) {
            0 => self.between(0, 3),
            1 => self.between(0, 25),
            _ => self.between(0, 23),
        };
        let seconds = match self.below(3) {
            0 => String::new(),
            1 => format!(":{:02}", self.between(0, 61)),
            _ => format!(":{:02}.{}", self.between(0, 60), self.digits(10)),
        };
        format!("{hour:02}:{:02}{seconds}", self.between(0, 60))
    }

    fn offset(&mut self) -> String {
        match self.below(4) {
            0 => self.one(&["Z", " z", "+00", "-00:00"]),
            1 => format!(
                "{}{:02}:{:02}",
                self.one(&["+", "-", " +"]),
                self.between(0, 16),
                self.between(0, 60)
            ),
            _ => String::new(),
        }
    }

    fn json(&mut self, depth: usize) -> String {
        let blank = self.one(&["", "", "", " ", "\n"]);
        let text = match self.below(if depth > 4 { 4 } else { 7 }) {
            0 => self.one(&[
                "1",
                "2.50",
                "-0.0",
                "1e3",
                "12345678901234567890",
                "1.5E-7",
                "0",
            ]),
            1 => self.one(&["true", "false", "null"]),
            2 | 3 => self.one(&[
                "\"\"",
                "\"x\"",
                "\"1,000\"",
                "\"\\u00e9\"",
                "\"\\\\\"",
                "\"\\\"\"",
                "\"é\"",
                "\"42\"",
                "\"[1,2]\"",
                "\"{\"",
            ]),
            4 => {
                let count = self.below(4);
                let elements: Vec<String> = (0..count).map(|_| self.json(depth + 1)).collect();
                format!("[{}]", elements.join(","))
            }
            _ => {
                let count = self.below(4);
                let members = (0..count).map(|_| {
                    let name = self.one(&[
                        "\"budget\"",
                        "\"amount\"",
                        "\"list\"",
                        "\"a\"",
                        "\"odd \\\" name\"",
                        "\"\\u0061\"",
                    ]);
                    format!("{name}:{}", self.json(depth + 1))
                });
                let members: Vec<String> = members.collect();
                format!("{{{}}}", members.join(","))
            }
        };
        format!("{blank}{text}")
    }

    /// A value that the column's type takes, in a form that the server reads.
    fn of_type(&mut self, kind: Kind, ty: &str) -> Option<String> {
        Some(match ty {
            "boolean" => self.one(&["t", "f"]),
            "smallint" => self.between(0, 32767).to_string(),
            "integer" => format!("{}{}", self.one(&["", "-"]), self.digits(9)),
            "bigint" => {
                let most = if self.below(2) == 0 { 4 } else { 18 };
                format!("{}{}", self.one(&["", "-"]), self.digits(most))
            }
            "numeric(8,2)" => format!(
                "{}{}.{}",
                self.one(&["", "-"]),
                self.digits(5),
                self.digits(2)
            ),
            "numeric" => match self.below(20) {
                0 => self.one(&[
                    "NaN",
                    "Infinity",
                    "-Infinity",
                    "0.00",
                    "1e30",
                    "2147483647.0",
                ]),
                _ => format!(
                    "{}{}.{}",
                    self.one(&["", "-"]),
                    self.digits(12),
                    self.one(&["0", "00", "5", "25", "1234"])
                ),
            },
            "real" | "double precision" => match self.below(12) {
                0 => self.one(&[
                    "NaN",
                    "Infinity",
                    "-Infinity",
                    "0",
                    "-0",
                    "1e20",
                    "1e15",
                    "123456789012345",
                    "1e-5",
                    "0.0001",
                ]),
                1..=4 => self.below(100_000).to_string(),
                _ => {
                    let sign = self.one(&["", "-"]);
                    let power = self.between(0, 30);
                    format!(
                        "{sign}{}.{}e{}{power}",
                        self.below(10),
                        self.digits(16),
                        self.one(&["", "-"])
                    )
                }
            },
            "uuid" => self.made(Kind::Uuid),
            "date" => format!(
                "{:04}-{:02}-{:02}",
                self.between(1, 9999),
                self.between(1, 12),
                self.between(1, 28)
            ),
            ty if ty.starts_with("timestamp") => match self.below(20) {
                0 => self.one(&["infinity", "-infinity", "0044-03-15 BC", "12345-01-01"]),
                _ => {
                    let day = self.one(&[
                        "2024-03-31",
                        "2024-10-27",
                        "2024-03-10",
                        "2024-06-01",
                        "1999-12-31",
                        "2030-07-04",
                    ]);
                    format!(
                        "{day} {:02}:{:02}:{:02}.{}",
                        self.between(0, 23),
                        self.between(0, 59),
                        self.between(0, 59),
                        self.digits(6)
                    )
                }
            },
            "jsonb" | "json" => self.json(0),
            "varchar(40)" => self.made(kind).chars().take(40).collect(),
            "char(6)" => self.made(kind).chars().take(6).collect(),
            _ => panic!("no values of `{ty}`"),
        })
    }
}

/// The awkward values of `awkward.json` under that name; `anything` belongs to no kind.
fn list(name: &str) -> &'static [&'static str] {
    static LISTS: LazyLock<BTreeMap<&str, Vec<&str>>> = LazyLock::new(|| {
        let lists: BTreeMap<String, Vec<String>> =
            serde_json::from_str(include_str!("../fixtures/transforms/awkward.json")).unwrap();
        let kept = |text: String| &*text.leak();
        let lists = lists.into_iter();
        lists
            .map(|(name, list)| (kept(name), list.into_iter().map(kept).collect()))
            .collect()
    });
    &LISTS[name]
}

/// A text far longer than anyone means.
fn long(kind: Kind) -> String {
    match kind {
        Kind::Number => format!("{}1", "0".repeat(200_000)),
        Kind::Json => format!("{}{}", "[".repeat(50_000), "]".repeat(50_000)),
        _ => "1".repeat(200_000),
    }
}
