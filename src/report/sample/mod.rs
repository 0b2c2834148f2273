//! Small comparisons made by hand, for the tests of every format.

mod tables;

use tables::{conversations, lead_activities, leads, missing};

use crate::diff::{
    Blocker, BlockerKind, Change, ColumnComparison, Comparison, CorrespondenceState, Counterpart,
    Object, SelectOutcome, SelectResult, Size, State, Unknown, Unmodelled, What,
};
use crate::gate::{Verdict, judge};
use crate::mapping::{
    At, ChecklistItem, Class, ExpectTable, Gate, Mapping, Migrate, Priority, TableRef,
};
use crate::report::{Labelled, Options, Places, Report};
use crate::schema::{ColumnType, Ident, Place, QualifiedName, Sighting};
use crate::score::{CategoryScore, Counted, Coverage, Score, Share, Strict, TableScore};

/// Everything a report borrows.
pub(crate) struct Sample {
    pub(crate) comparison: Comparison,
    pub(crate) score: Score,
    pub(crate) verdict: Verdict,
    pub(crate) mapping: Mapping,
    pub(crate) options: Options,
}

impl Sample {
    pub(crate) fn report(&self) -> Report<'_> {
        Report {
            comparison: &self.comparison,
            score: &self.score,
            verdict: &self.verdict,
            mapping: &self.mapping,
            from: Labelled {
                name: "clara-backend",
                source: "sql:clara.sql",
            },
            to: Labelled {
                name: "TrendtialCRM",
                source: "sql:trendtialcrm.sql",
            },
            map: Some("clara-to-trendtialcrm"),
            places: Places::default(),
            again: "align diff --map 'clara-to-trendtialcrm' --format html",
            known: None,
            options: self.options,
        }
    }

    /// Two tables with counterparts, two that are missing, one that only the from side has.
    pub(crate) fn of_the_pair() -> Self {
        let comparison = Comparison {
            from: Size {
                tables: 3,
                columns: 20,
            },
            to: Size {
                tables: 4,
                columns: 13,
            },
            tables: vec![
                lead_activities(),
                leads(),
                missing("todos", 2),
                missing("users", 3),
                conversations(),
            ],
            changes: vec![
                change(
                    Object::Enum,
                    What::Missing,
                    "",
                    None,
                    Some("todo_status"),
                    "enum `todo_status` only in the to side",
                ),
                change(
                    Object::Function,
                    What::Extra,
                    "",
                    Some("touch()"),
                    None,
                    "function `touch()` only in the from side",
                ),
            ],
            correspondences: vec![
                correspondence("leads.name", "leads.contact_person", 20, State::Open),
                correspondence(
                    "leads.owner",
                    "leads.agent_id",
                    31,
                    State::Stale {
                        missing: "the from side has no column `leads.owner`".to_owned(),
                        near: vec!["score_owner".to_owned()],
                    },
                ),
            ],
            selects: vec![
                select("leads", "*", SelectResult::Resolved, None),
                select(
                    "users",
                    "*",
                    SelectResult::MissingTable("users".to_owned()),
                    None,
                ),
                select(
                    "meetings",
                    "id,user_id",
                    SelectResult::MissingColumn("meetings.user_id".to_owned()),
                    Some("the page names a column that exists nowhere"),
                ),
            ],
            blockers: vec![
                blocker(
                    BlockerKind::TableMissing,
                    "todos",
                    "",
                    "only in the to side",
                ),
                blocker(
                    BlockerKind::TableMissing,
                    "users",
                    "",
                    "only in the to side",
                ),
                blocker(
                    BlockerKind::ColumnRequired,
                    "leads",
                    "sync_lock",
                    "takes no NULL and has no default",
                ),
                blocker(
                    BlockerKind::RlsOff,
                    "leads",
                    "",
                    "row level security is on in the to side and off here",
                ),
            ],
            unknowns: vec![Unknown {
                table: "leads".to_owned(),
                name: "id".to_owned(),
                message: "nullability not compared".to_owned(),
            }],
            unmodelled: vec![Unmodelled {
                side: "to",
                unreadable: false,
                sighting: Sighting {
                    what: "aggregate".to_owned(),
                    name: "median".to_owned(),
                    place: Some(Place {
                        file: "trendtialcrm.sql".to_owned(),
                        line: 12,
                    }),
                },
            }],
        };
        let score = score();
        let mapping = mapping();
        let verdict = judge(&comparison, &score, &mapping.gate);
        let options = Options {
            all: false,
            width: 100,
            unicode: true,
        };
        Self {
            comparison,
            score,
            verdict,
            mapping,
            options,
        }
    }
}

/// A table whose only column has a name that terminals and Markdown would act upon.
pub(crate) fn control_characters() -> Sample {
    let mut sample = Sample::of_the_pair();
    let name = "\u{1b}[31m|`<b>@team";
    let quoted = ident(name).to_string();
    let mut table = leads();
    table.columns = vec![column(name, "text", Counterpart::None, Class::Missing)];
    table.changes = vec![Change {
        to_type: Some("text".to_owned()),
        ..change(
            Object::Column,
            What::Missing,
            "leads",
            None,
            Some(&quoted),
            "only in the to side",
        )
    }];
    sample.comparison.tables = vec![table];
    sample.comparison.changes.clear();
    sample.comparison.blockers.clear();
    sample
}

fn score() -> Score {
    let table = |name: &str, share: Share, earned: u64, columns: usize| TableScore {
        name: name.to_owned(),
        share,
        earned,
        columns,
    };
    Score {
        overall: Some(Share::of(19, 36)),
        is_capped: true,
        categories: vec![
            CategoryScore {
                absent: Vec::new(),
                name: "Core Schema".to_owned(),
                weight: 2,
                share: Some(Share::of(19, 24)),
                lost: Share::of(5, 36),
                tables: vec![
                    table("leads", Share::of(7, 12), 3500, 6),
                    table("lead_activities", Share::of(1, 1), 2000, 2),
                ],
            },
            CategoryScore {
                absent: Vec::new(),
                name: "User/Auth".to_owned(),
                weight: 1,
                share: Some(Share::of(0, 1)),
                lost: Share::of(1, 3),
                tables: vec![table("users", Share::of(0, 1), 0, 3)],
            },
        ],
        strict: Strict {
            by_name: Some(Share::of(1, 9)),
            renames: Some(Share::of(1, 4)),
        },
        coverage: Coverage {
            tables: Counted {
                by_name: 1,
                matched: 2,
                total: 4,
            },
            columns: Counted {
                by_name: 2,
                matched: 6,
                total: 13,
            },
            types: Counted {
                by_name: 2,
                matched: 3,
                total: 4,
            },
        },
    }
}

fn mapping() -> Mapping {
    let item = |text: &str, columns: &[&str]| ChecklistItem {
        text: text.to_owned(),
        columns: columns.iter().map(|c| ident(c)).collect(),
        phase: None,
    };
    let expect =
        |table: &str, priority, impact: &str, phase: Option<&str>, checklist| ExpectTable {
            table: TableRef {
                namespace: None,
                name: ident(table),
            },
            priority,
            impact: impact.to_owned(),
            module: Some("User authentication".to_owned()).filter(|_| table == "users"),
            phase: phase.map(str::to_owned),
            checklist,
            at: At::default(),
        };
    Mapping {
        gate: Gate::default(),
        migrate: Some(Migrate {
            dir: "migrations".to_owned(),
            phases: vec!["phase1".to_owned()],
        }),
        expect_tables: vec![
            expect(
                "leads",
                Priority::High,
                "the lead pages",
                None,
                vec![
                    item("Keep `id`", &["id"]),
                    item(
                        "Rename `leads.name` to `contact_person`",
                        &["contact_person"],
                    ),
                ],
            ),
            expect(
                "users",
                Priority::High,
                "authentication and roles",
                Some("phase1"),
                vec![item("Add `users` with roles", &[])],
            ),
        ],
        ..Mapping::default()
    }
}

fn column(name: &str, ty: &str, counterpart: Counterpart, class: Class) -> ColumnComparison {
    ColumnComparison {
        name: ident(name),
        to_type: parse(ty),
        counterpart,
        class,
        by_name: if class == Class::Same {
            class
        } else {
            Class::Missing
        },
        stated: false,
        conversion: None,
    }
}

fn change(
    object: Object,
    what: What,
    table: &str,
    from: Option<&str>,
    to: Option<&str>,
    message: &str,
) -> Change {
    Change {
        object,
        what,
        table: table.to_owned(),
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
        from_type: None,
        to_type: None,
        credit: (what == What::Renamed && object == Object::Column).then_some(1000),
        message: message.to_owned(),
    }
}

fn blocker(kind: BlockerKind, table: &str, column: &str, message: &str) -> Blocker {
    Blocker {
        kind,
        table: table.to_owned(),
        column: column.to_owned(),
        message: message.to_owned(),
    }
}

fn correspondence(from: &str, to: &str, line: u32, state: State) -> CorrespondenceState {
    CorrespondenceState {
        from: from.to_owned(),
        to: to.to_owned(),
        is_table: false,
        state,
        at: At { line, column: 1 },
    }
}

fn select(table: &str, select: &str, result: SelectResult, known: Option<&str>) -> SelectOutcome {
    SelectOutcome {
        also: Vec::new(),
        table: table.to_owned(),
        select: select.to_owned(),
        result,
        known_failure: known.map(str::to_owned),
        at: At::default(),
    }
}

fn ident(name: &str) -> Ident {
    Ident::new(name).unwrap()
}

fn qualified(name: &str) -> QualifiedName {
    QualifiedName::new(ident("public"), ident(name))
}

fn parse(ty: &str) -> ColumnType {
    ColumnType::parse(ty, &|_, _| None)
}
