//! `align` makes one Postgres schema speak another's language: it measures the distance between two, and
//! closes it.
//!
//! # Data flow
//!
//! ```text
//! --from, --to ─► source::open ─► Schema ─┐
//!                                         ├─► diff::compare ─► Comparison ─► score::score ─► Score ─┐
//! mapping.toml ─► mapping::read ─► Mapping ┘                        │                               │
//!                                                                   └──► gate::judge ─► Verdict ◄───┤
//!                                                        report ─► text | json | markdown ◄─────────┘
//! migrations/<phase>/V*.sql ─► migrate::Phase ─► Plan ─► Session ─► a changed database
//! --from, --to, mapping ─► copy::plan ─► stage ─► judge ─► publish ─► rows in another database
//! ```
//!
//! # Map
//!
//! | module | decides |
//! | --- | --- |
//! | [`schema`] | what a database looks like: the one model of every reader and every comparison |
//! | [`mapping`] | which column means which, how a value changes on its way, what is expected |
//! | [`transform`] | what a mapping's verbs do to a value: as SQL, and here |
//! | [`diff`] | how two schemas differ under a mapping, and what blocks |
//! | [`score`] | one number out of a comparison, and the stricter numbers beside it |
//! | [`gate`] | the one yes or no |
//! | [`known`] | what an earlier report said already |
//! | [`draft`] | the first mapping of a pair that has none |
//! | [`views`] | which views give an application its own names over the other side's tables |
//! | [`ddl`] | a schema as SQL: the only place that writes a user's DDL, and SQL literals |
//! | [`typescript`] | a schema as the types of an application, in the layout of `supabase gen types` |
//! | [`source`] | from the world to a schema: SQL text, TypeScript, JSON, a live Postgres |
//! | [`rows`] | rows through a pipe: JSON lines or CSV in, the same through a mapping out |
//! | [`coverage`] | which values of a live database the mapping's rules do not cover |
//! | [`migrate`] | from a folder of SQL files to a changed database: refinery over sqlx |
//! | [`verify`] | whether a database is what the mapping and the other application need: tried, and taken back |
//! | [`copy`] | from the rows of one database to those of another: plan, stage, judgement, publication |
//! | [`scratch`] | a server for one run, and the surroundings a schema may need on it |
//! | [`report`] | values to text; computes nothing |
//! | [`bundled`] | the pair that ships inside the program |
//! | [`cli`] | arguments, streams, exit codes: the only part that knows the process |
//!
//! # Invariants
//!
//! 1. The core (`schema`, `mapping`, `transform`, `diff`, `score`, `gate`, `known`, `views`, `draft`,
//!    `ddl`, `typescript`) reads no file, no clock, no
//!    environment and no network, and has no `async`. `tests/tidy.rs` reads the sources for it.
//! 2. `compare` is total: a type nobody knows or a counterpart that is missing is a value in the
//!    result, never an error.
//! 3. What a source cannot say is unknown. Unknown compares as compatible, and is listed.
//! 4. Same input, same bytes out: lists are sorted, and no path is made absolute. Only what runs on a
//!    server says how long that took.
//! 5. Only [`cli`] writes to a stream, asks for a terminal and chooses an exit code.
//! 6. Reading a schema happens in one read-only transaction, and its SQL is fixed. Only [`migrate`] and
//!    [`copy`] change a database; beside them SQL is put together for one in [`verify`], which takes
//!    back what it tried, in [`coverage`], which only asks, and in [`scratch`], for a server or a
//!    database of its own.
//!
//! # Words
//!
//! *from*, *to*: the two sides, in the direction of change. *Source*: where a schema is read from.
//! *Namespace*: what SQL calls a schema; *home* is the one that goes without saying. *Correspondence*:
//! one pair said to mean the same. *Mapping*: the file of them. *Transform*: how a value changes on its
//! way. *Change*: one atomic difference. *Comparison*: all of them. *Blocker*: a fact that forbids a
//! switch whatever the score.

pub mod schema;

pub mod mapping;

pub mod transform;

pub mod diff;

pub mod score;

pub mod gate;

pub mod known;

pub mod views;

pub mod draft;

pub mod ddl;

pub mod typescript;

pub mod source;

pub mod rows;

pub mod coverage;

pub mod migrate;

pub mod verify;

pub mod copy;

pub mod scratch;

pub mod report;

pub mod bundled;

pub mod cli;
