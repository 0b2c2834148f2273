//! What refinery promises of every driver, held to ours. Its own async drivers are each tested with the
//! same scenarios; here is where each of them is. Those it repeats for a group are loops here.
//!
//! | refinery's | ours |
//! | --- | --- |
//! | `report_contains_applied_migrations` | [`a_report_and_the_history_tell_what_was_applied`] |
//! | `creates_migration_table`, `…_grouped_migrations` | the same, which looks at the table's columns |
//! | `applies_migration`, `…_grouped` | the same, which looks at what the files made, and writes to it |
//! | `updates_schema_history`, `…_grouped` | the same, with the moment |
//! | `gets_applied_migrations` | the same, with names and checksums |
//! | `updates_to_last_working_if_not_grouped` | [`one_that_fails_ends_at_the_last_that_worked_or_with_none_of_a_group`] |
//! | `doesnt_update_to_last_working_if_grouped` | the same |
//! | `applies_new_migration` | [`a_new_file_is_applied_alone`] |
//! | `migrates_to_target_migration`, `…_grouped` | [`a_target_is_the_last_that_is_applied`] |
//! | `aborts_on_missing_migration_on_filesystem` | [`one_that_has_no_file_any_more_aborts_unless_that_is_allowed`] |
//! | `aborts_on_divergent_migration` | [`one_that_is_not_what_was_applied_aborts_unless_that_is_allowed`] |
//! | `aborts_on_missing_migration_on_database` | [`one_that_comes_too_late_aborts_unless_it_may_be_out_of_order`] |
//! | `migrates_from_config`, `…_report_contains_migrations`, `…_report_returns_last_applied_migration` | [`the_connection_may_come_from_a_url`]: our configuration is a URL |
//! | `doesnt_run_migrations_if_fake`, `…_if_fake_version` | [`fakes_write_the_history_alone`] |
//! | versions of eight bytes (`migrations_int8`) | [`versions_may_be_moments`] |
//! | unversioned ones (`migrations_unversioned`) | [`one_that_comes_too_late_aborts_unless_it_may_be_out_of_order`] |
//!
//! The rest is our own.

use align::migrate::Driver;
use align::source::postgres::{ConnectOptions as Options, connect};
use refinery::{Migration, Report, Runner, Target, error::Kind};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use crate::cluster::{self, Database};

const FILES: [(&str, &str); 4] = [
    (
        "V1__initial",
        "CREATE TABLE persons (id int PRIMARY KEY, name text);",
    ),
    (
        "V2__add_cars_and_motos_table",
        "CREATE TABLE cars (id int, name text); CREATE TABLE motos (id int, name text);",
    ),
    (
        "V3__add_brand_to_cars_table",
        "ALTER TABLE cars ADD COLUMN brand text;",
    ),
    (
        "V4__add_year_to_motos_table",
        "ALTER TABLE motos ADD COLUMN year int;",
    ),
];
const FIFTH: (&str, &str) = (
    "V5__add_year_to_cars_table",
    "ALTER TABLE cars ADD COLUMN year int;",
);
const TABLE: &str = "refinery_schema_history";

/// A runner over these files.
fn runner(files: &[(&str, &str)]) -> Runner {
    let read = |(name, sql): &(&str, &str)| Migration::unapplied(name, sql).unwrap();
    Runner::new(&files.iter().map(read).collect::<Vec<Migration>>())
}

struct Place {
    db: Database<'static>,
    connection: PgConnection,
}

impl Place {
    async fn new() -> Self {
        let db = cluster::database("refinery");
        let options = PgConnectOptions::new()
            .socket(db.cluster.socket())
            .port(db.cluster.port())
            .username("postgres")
            .database(&db.name);
        let connection = options.connect().await.unwrap();
        Self { db, connection }
    }

    async fn run(&mut self, runner: &Runner) -> Result<Report, refinery::Error> {
        runner
            .run_async(&mut Driver::reading(&mut self.connection))
            .await
    }

    /// Version and name of what refinery's own query gives.
    async fn applied(&mut self, runner: &Runner) -> Vec<(i64, String, u64)> {
        let mut driver = Driver::reading(&mut self.connection);
        let found = runner.get_applied_migrations_async(&mut driver).await;
        let row = |one: &Migration| (one.version(), one.name().to_owned(), one.checksum());
        found.unwrap().iter().map(row).collect()
    }

    fn versions(&self) -> String {
        self.versions_in(TABLE)
    }

    fn versions_in(&self, table: &str) -> String {
        self.db.psql(&format!(
            "SELECT coalesce(string_agg(version::text, ',' ORDER BY version), '') FROM {table}"
        ))
    }

    fn columns(&self, table: &str) -> String {
        self.db.psql(&format!(
            "SELECT coalesce(string_agg(attname, ',' ORDER BY attnum), '') FROM pg_attribute WHERE attrelid = to_regclass('{table}') AND attnum > 0"
        ))
    }
}

fn titles(report: &Report) -> Vec<String> {
    report
        .applied_migrations()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[tokio::test]
async fn a_report_and_the_history_tell_what_was_applied() {
    for grouped in [false, true] {
        let mut place = Place::new().await;
        let all = runner(&FILES).set_grouped(grouped);
        let began = time::OffsetDateTime::now_utc();
        let report = place.run(&all).await.unwrap();
        assert_eq!(titles(&report), FILES.map(|(name, _)| name));
        assert_eq!(place.versions(), "1,2,3,4", "grouped {grouped}");
        assert_eq!(place.columns("cars"), "id,name,brand");
        assert_eq!(place.columns("motos"), "id,name,year");
        place.db.psql("INSERT INTO persons VALUES (1, 'John')");
        assert_eq!(place.columns(TABLE), "version,name,applied_on,checksum");

        let applied = place.applied(&all).await;
        let files: Vec<(i64, String, u64)> = all
            .get_migrations()
            .iter()
            .map(|file| (file.version(), file.name().to_owned(), file.checksum()))
            .collect();
        assert_eq!(applied, files);
        let mut driver = Driver::reading(&mut place.connection);
        let last = all.get_last_applied_migration_async(&mut driver).await;
        let last = last.unwrap().unwrap();
        assert_eq!(last.version(), 4);
        let on = *last.applied_on().unwrap();
        assert!(on >= began - time::Duration::seconds(1) && on <= time::OffsetDateTime::now_utc());

        let again = place.run(&all).await.unwrap();
        assert_eq!(titles(&again), Vec::<String>::new());
        assert_eq!(place.applied(&all).await, files);
    }
}

#[tokio::test]
async fn a_new_file_is_applied_alone() {
    let mut place = Place::new().await;
    place.run(&runner(&FILES)).await.unwrap();
    let mut files = FILES.to_vec();
    files.push(FIFTH);
    let report = place.run(&runner(&files)).await.unwrap();
    assert_eq!(titles(&report), [FIFTH.0]);
    assert_eq!(place.columns("cars"), "id,name,brand,year");
}

#[tokio::test]
async fn the_connection_may_come_from_a_url() {
    let place = Place::new().await;
    let mut files = FILES.to_vec();
    files.push(FIFTH);
    let all = runner(&files);
    let options = Options::from_url(&place.db.url(), &|_| None).unwrap();
    let mut connection = connect(&options).await.unwrap();
    let mut driver = Driver::reading(&mut connection);
    let report = all.run_async(&mut driver).await.unwrap();
    assert_eq!(
        titles(&report),
        files.iter().map(|file| file.0).collect::<Vec<_>>()
    );
    let checksums = |all: &[Migration]| all.iter().map(Migration::checksum).collect::<Vec<u64>>();
    let applied = all.get_applied_migrations_async(&mut driver).await.unwrap();
    assert_eq!(checksums(&applied), checksums(all.get_migrations()));
    let last = all.get_last_applied_migration_async(&mut driver).await;
    let last = last.unwrap().unwrap();
    assert_eq!(last.to_string(), FIFTH.0);
    assert_eq!(checksums(&[last]), checksums(&all.get_migrations()[4..]));
}

#[tokio::test]
async fn one_that_fails_ends_at_the_last_that_worked_or_with_none_of_a_group() {
    let mut files = FILES;
    files[2].1 = "ALTER TABLE cars ADD COLUMN brand text; SELECT no_such_thing;";
    let mut place = Place::new().await;
    let error = place.run(&runner(&files)).await.unwrap_err();
    let report = error.report().unwrap();
    assert_eq!(titles(report), [FILES[0].0, FILES[1].0]);
    assert!(matches!(error.kind(), Kind::Connection(..)), "{error:?}");
    assert_eq!(place.versions(), "1,2");
    assert_eq!(place.columns("cars"), "id,name");
    // The file was mended: the next run goes on from there.
    place.run(&runner(&FILES)).await.unwrap();
    assert_eq!(place.versions(), "1,2,3,4");

    let mut place = Place::new().await;
    let grouped = runner(&files).set_grouped(true);
    let error = place.run(&grouped).await.unwrap_err();
    assert!(error.report().is_none());
    assert_eq!(place.versions(), "");
    assert_eq!(place.columns("persons"), "");
}

#[tokio::test]
async fn a_target_is_the_last_that_is_applied() {
    for grouped in [false, true] {
        let mut place = Place::new().await;
        let to = |version| {
            runner(&FILES)
                .set_grouped(grouped)
                .set_target(Target::Version(version))
        };
        let report = place.run(&to(3)).await.unwrap();
        assert_eq!(titles(&report).len(), 3);
        assert_eq!(place.versions(), "1,2,3", "grouped {grouped}");
        assert_eq!(place.columns("motos"), "id,name");
        // A version that is behind, and one that no file has.
        place.run(&to(1)).await.unwrap();
        assert_eq!(place.versions(), "1,2,3");
        place.run(&to(99)).await.unwrap();
        assert_eq!(place.versions(), "1,2,3,4");
    }
}

#[tokio::test]
async fn fakes_write_the_history_alone() {
    let mut place = Place::new().await;
    let fake = |target| runner(&FILES).set_target(target);
    let report = place.run(&fake(Target::FakeVersion(2))).await.unwrap();
    assert_eq!(titles(&report), Vec::<String>::new());
    assert_eq!(place.versions(), "1,2");
    place.run(&fake(Target::Fake)).await.unwrap();
    assert_eq!(place.versions(), "1,2,3,4");
    assert_eq!(place.columns("persons"), "");
    let applied = place.applied(&runner(&FILES)).await;
    let wanted: Vec<u64> = runner(&FILES)
        .get_migrations()
        .iter()
        .map(Migration::checksum)
        .collect();
    assert_eq!(
        applied.iter().map(|one| one.2).collect::<Vec<u64>>(),
        wanted
    );
}

#[tokio::test]
async fn one_that_has_no_file_any_more_aborts_unless_that_is_allowed() {
    let mut place = Place::new().await;
    place.run(&runner(&FILES)).await.unwrap();
    let rest = [FILES[1], FILES[2], FILES[3], FIFTH];
    let error = place.run(&runner(&rest)).await.unwrap_err();
    match error.kind() {
        Kind::MissingVersion(missing) => assert_eq!(missing.to_string(), FILES[0].0),
        kind => panic!("{kind:?}"),
    }
    assert_eq!(place.versions(), "1,2,3,4");
    let lenient = runner(&rest).set_abort_missing(false);
    place.run(&lenient).await.unwrap();
    assert_eq!(place.versions(), "1,2,3,4,5");
}

#[tokio::test]
async fn one_that_is_not_what_was_applied_aborts_unless_that_is_allowed() {
    let mut place = Place::new().await;
    place.run(&runner(&FILES)).await.unwrap();
    for (name, sql) in [
        (FILES[1].0, "CREATE TABLE cars (id int);"),
        ("V2__another_name", FILES[1].1),
    ] {
        let mut files = FILES.to_vec();
        files[1] = (name, sql);
        files.push(FIFTH);
        let error = place.run(&runner(&files)).await.unwrap_err();
        match error.kind() {
            Kind::DivergentVersion(applied, file) => {
                assert_eq!(applied.to_string(), FILES[1].0);
                assert_eq!(file.to_string(), name);
                assert_ne!(applied.checksum(), file.checksum());
            }
            kind => panic!("{kind:?}"),
        }
        assert_eq!(place.versions(), "1,2,3,4");
    }
    let mut files = FILES.to_vec();
    files[1].1 = "SELECT 1;";
    files.push(FIFTH);
    let lenient = runner(&files).set_abort_divergent(false);
    place.run(&lenient).await.unwrap();
    assert_eq!(place.versions(), "1,2,3,4,5");
}

#[tokio::test]
async fn one_that_comes_too_late_aborts_unless_it_may_be_out_of_order() {
    let mut place = Place::new().await;
    let without = [FILES[0], FILES[1], FILES[3]];
    place.run(&runner(&without)).await.unwrap();
    let error = place.run(&runner(&FILES)).await.unwrap_err();
    match error.kind() {
        Kind::MissingVersion(missing) => assert_eq!(missing.to_string(), FILES[2].0),
        kind => panic!("{kind:?}"),
    }
    let lenient = runner(&FILES).set_abort_missing(false);
    place.run(&lenient).await.unwrap();
    assert_eq!(place.versions(), "1,2,4");
    let mut files = FILES;
    files[2].0 = "U3__add_brand_to_cars_table";
    let report = place.run(&runner(&files)).await.unwrap();
    assert_eq!(titles(&report), [files[2].0]);
    assert_eq!(place.versions(), "1,2,3,4");
    assert_eq!(place.columns("cars"), "id,name,brand");
}

#[tokio::test]
async fn versions_may_be_moments() {
    let mut place = Place::new().await;
    let files = [
        FILES[0],
        ("V20240504090241__later", "CREATE TABLE later (id int);"),
    ];
    place.run(&runner(&files)).await.unwrap();
    assert_eq!(place.versions(), "1,20240504090241");
    assert_eq!(
        place.applied(&runner(&files)).await[1].0,
        20_240_504_090_241
    );
}

#[tokio::test]
async fn the_history_is_where_it_is_told_to_be() {
    let mut place = Place::new().await;
    place.db.psql("CREATE SCHEMA own");
    let table = "own.\"a history\"";
    let mut elsewhere = runner(&FILES);
    elsewhere.set_migration_table_name(table);
    place.run(&elsewhere).await.unwrap();
    assert_eq!(place.versions_in(table), "1,2,3,4");
    assert_eq!(place.columns(TABLE), "");
    assert_eq!(place.applied(&elsewhere).await.len(), 4);
    // Two of them know nothing of each other.
    let other = runner(&[("V1__other", "CREATE TABLE other (id int);")]);
    place.run(&other).await.unwrap();
    assert_eq!(place.versions(), "1");
    assert_eq!(place.versions_in(table), "1,2,3,4");
}

#[tokio::test]
async fn what_a_file_sets_does_not_lose_the_history() {
    let mut place = Place::new().await;
    place.db.psql("CREATE SCHEMA own");
    let files = [(
        "V1__as_pg_dump_writes_it",
        "SELECT pg_catalog.set_config('search_path', '', false); CREATE TABLE public.dumped (id int);",
    )];
    let mut elsewhere = runner(&files);
    elsewhere.set_migration_table_name("own.history");
    place.run(&elsewhere).await.unwrap();
    assert_eq!(place.versions_in("own.history"), "1");
    assert_eq!(place.columns("public.dumped"), "id");
}

#[tokio::test]
async fn a_history_that_is_not_there_is_an_error_and_not_empty() {
    let mut place = Place::new().await;
    let mut driver = Driver::reading(&mut place.connection);
    let found = runner(&FILES)
        .get_applied_migrations_async(&mut driver)
        .await;
    assert!(matches!(found.unwrap_err().kind(), Kind::Connection(..)));
}
