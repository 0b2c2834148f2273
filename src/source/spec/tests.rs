use super::*;

fn kind(text: &str) -> Kind {
    SourceSpec::parse(text).unwrap().kind().clone()
}

fn text(form: Option<Form>, path: &str) -> Kind {
    let input = match path {
        "-" => Input::Stdin,
        path => Input::Path(PathBuf::from(path)),
    };
    Kind::Text { form, input }
}

#[test]
fn reads_every_way_to_name_a_source() {
    for (spec, expected) in [
        ("env:DATABASE_URL", Kind::Environment("DATABASE_URL".into())),
        ("supabase:local", Kind::SupabaseLocal),
        ("sql:clara.sql", text(Some(Form::Sql), "clara.sql")),
        ("sql:-", text(Some(Form::Sql), "-")),
        ("ts:src/types", text(Some(Form::TypeScript), "src/types")),
        ("json:-", text(Some(Form::Json), "-")),
        ("SQL:a:b.sql", text(Some(Form::Sql), "a:b.sql")),
        ("schema.sql", text(None, "schema.sql")),
        ("./odd:name.sql", text(None, "./odd:name.sql")),
        (r"C:\schema.sql", text(None, r"C:\schema.sql")),
        ("sql:team@v2.sql", text(Some(Form::Sql), "team@v2.sql")),
    ] {
        assert_eq!(kind(spec), expected, "{spec}");
        assert_eq!(SourceSpec::parse(spec).unwrap().shown(), spec);
    }
}

#[test]
fn a_report_has_short_names_for_sources() {
    for (spec, name) in [
        ("sql:db/clara.sql", "clara"),
        ("sql:tests/fixtures/seed-phases/", "seed-phases"),
        ("ts:src/database.types.ts", "database"),
        (".sql", "sql"),
        ("sql:-", "sql:-"),
        ("env:DATABASE_URL", "env:DATABASE_URL"),
        (
            "postgres://me:secret@db.example:5432/crm?sslmode=require",
            "crm",
        ),
        ("postgres://db.example", "postgres://db.example"),
    ] {
        assert_eq!(
            SourceSpec::parse(spec).unwrap().short_name(),
            name,
            "{spec}"
        );
    }
}

#[test]
fn refuses_what_is_no_source_and_never_shows_a_password() {
    for (spec, message) in [
        ("", "`` is not a source: it is empty"),
        (
            "-",
            "`-` is not a source: it does not say what standard input holds",
        ),
        ("sql:", "`sql:` is not a source: it names no file"),
        ("env:", "`env:` is not a source: it names no variable"),
        (
            "mysql://root:hunter2@db/crm",
            "`mysql://root@db/crm` is not a source: Postgres is the only database that is read",
        ),
        (
            "postgre://u:hunter2@db/crm",
            "`postgre://u@db/crm` is not a source: there is no `postgre:`, but `postgres:`",
        ),
        (
            "sqll:x.sql",
            "`sqll:x.sql` is not a source: there is no `sqll:`, but `sql:`",
        ),
        (
            "zzzzzz:x",
            "`zzzzzz:x` is not a source: there is no `zzzzzz:`",
        ),
        (
            "postgres:u:hunter2@db/crm",
            "`postgres:…` is not a source: `//` is missing after `postgres:`",
        ),
        (
            "env:postgres://u:hunter2@db/crm",
            "`env:postgres://u@db/crm` is not a source: `env:` takes the name of a variable, not a URL",
        ),
        (
            "u:hunter2@db:5432/crm",
            "`u:…` is not a source: it reads like an address without `postgres://`",
        ),
        (
            "crm:hunter2@db:5432/crm",
            "`crm:…` is not a source: there is no `crm:`",
        ),
        (
            "//u:hunter2@db/crm",
            "`//u:…` is not a source: it reads like an address without `postgres://`",
        ),
        (
            "postgres//u:hunter2@db/crm",
            "`postgres//u:…` is not a source: it reads like an address without `postgres://`",
        ),
        (
            "host=db password=hunter2 user=u",
            "`host=db …` is not a source: it is a list of connection parameters",
        ),
    ] {
        let error = SourceSpec::parse(spec).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(error.hint().is_some_and(|hint| !hint.is_empty()), "{spec}");
    }
}

#[test]
fn leaves_the_password_out_of_every_text() {
    for (url, shown, has_password) in [
        ("postgres://db/crm", "postgres://db/crm", false),
        (
            "postgresql://u@db:5432/crm",
            "postgresql://u@db:5432/crm",
            false,
        ),
        ("postgres://u:hunter2@db/crm", "postgres://u@db/crm", true),
        (
            "postgres://u:hunter2/@?x@db/crm",
            "postgres://u@db/crm",
            true,
        ),
        (
            "postgres://u@db/crm?sslmode=require&password=hunter2",
            "postgres://u@db/crm?sslmode=require",
            true,
        ),
        (
            "postgres://u@db/crm?SSLPassword=hunter2",
            "postgres://u@db/crm",
            true,
        ),
        ("postgres://u:@db/crm", "postgres://u@db/crm", false),
        (
            " postgres://u:hunter2@db/crm\n",
            "postgres://u@db/crm",
            true,
        ),
    ] {
        let spec = SourceSpec::parse(url).unwrap();
        assert_eq!(spec.shown(), shown);
        assert_eq!(spec.has_password(), has_password, "{url}");
        assert!(spec.is_live());
        assert!(!format!("{spec:?} {spec}").contains("hunter2"), "{spec:?}");
    }
}

#[test]
fn a_variable_must_hold_a_url_which_no_error_shows() {
    let spec = SourceSpec::parse("env:CRM_URL").unwrap();
    let value = |text: &'static str| {
        let url = spec.url_from("CRM_URL", &|name| {
            (name == "CRM_URL").then(|| text.to_owned())
        });
        url.map(|url| url.secret().to_owned())
    };
    assert_eq!(
        value(" postgres://u:hunter2@db/crm\n").unwrap(),
        "postgres://u:hunter2@db/crm"
    );
    for (text, message) in [
        (
            "",
            "`env:CRM_URL` is not a source: the environment variable `CRM_URL` is empty",
        ),
        (
            "hunter2",
            "`env:CRM_URL` is not a source: the environment variable `CRM_URL` does not hold a `postgres://` URL",
        ),
        (
            "mysql://u:hunter2@db/crm",
            "`env:CRM_URL` is not a source: the environment variable `CRM_URL` does not hold a `postgres://` URL",
        ),
    ] {
        assert_eq!(value(text).unwrap_err().to_string(), message);
    }
    let unset = spec.url_from("CRM_URL", &|_| None).unwrap_err();
    assert_eq!(
        unset.to_string(),
        "`env:CRM_URL` is not a source: the environment variable `CRM_URL` is not set"
    );
}

#[test]
fn a_path_is_counted_from_the_folder_and_keeps_its_name() {
    let spec = SourceSpec::parse("sql:../clara.sql")
        .unwrap()
        .within(Path::new("pairs/a"));
    assert_eq!(spec.kind(), &text(Some(Form::Sql), "pairs/a/../clara.sql"));
    assert_eq!(spec.shown(), "sql:../clara.sql");
    let absolute = SourceSpec::parse("sql:/x.sql")
        .unwrap()
        .within(Path::new("pairs/a"));
    assert_eq!(absolute.kind(), &text(Some(Form::Sql), "/x.sql"));
    let stdin = SourceSpec::parse("sql:-")
        .unwrap()
        .within(Path::new("pairs/a"));
    assert!(stdin.is_stdin());
}

#[test]
fn a_path_with_a_text_at_hand_needs_no_file() {
    let find = |name: &str| (name == "clara.sql").then_some("CREATE TABLE t ();");
    let file = TextFile {
        name: "clara.sql".into(),
        text: "CREATE TABLE t ();".into(),
    };
    let spec = SourceSpec::parse("clara.sql").unwrap().embedded(find);
    let expected = Kind::Text {
        form: Some(Form::Sql),
        input: Input::Text(file),
    };
    assert_eq!(spec.kind(), &expected);
    let other = SourceSpec::parse("sql:other.sql").unwrap();
    assert_eq!(other.clone().embedded(find), other);
}
