use super::*;

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn names(texts: &Texts, folder: &Path) -> Vec<String> {
    let within = |file: &TextFile| {
        let path = Path::new(&file.name).strip_prefix(folder).unwrap();
        path.display().to_string()
    };
    texts.files.iter().map(within).collect()
}

fn read_path(form: Option<Form>, path: &Path) -> Result<Texts, LoadError> {
    read("SPEC", form, &Input::Path(path.to_owned()))
}

#[test]
fn bytes_become_text_or_an_error_with_its_line() {
    for (bytes, message) in [
        (&b""[..], "f:1: the file is empty"),
        (b" \r\n\t", "f:1: the file is empty"),
        (b"\xef\xbb\xbf", "f:1: the file is empty"),
        (b"a\nb\0c", "f:2: a NUL byte: this is no text"),
        (b"a\n\nb\xe9c", "f:3: the byte 0xE9 is not UTF-8"),
        (b"ok\n\xe2\x82", "f:2: the byte 0xE2 is not UTF-8"),
        (b"\xff\xfea\0", "f:1: it is UTF-16, not UTF-8"),
        (
            b"PGDMP\0\x01",
            "f:1: it is a dump in the custom format of pg_dump",
        ),
    ] {
        let error = decode("f", bytes.to_vec()).and_then(not_blank).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(error.hint().is_some());
    }
    let file = decode("f", b"\xef\xbb\xbfCREATE\r\n".to_vec()).unwrap();
    assert_eq!(file.text, "CREATE\r\n");
}

#[test]
fn what_has_no_end_is_not_read_to_its_end() {
    let read = bytes(io::repeat(0), 1024 * 1024).unwrap();
    let error = decode("f", read).unwrap_err();
    assert_eq!(error.to_string(), "f:1: a NUL byte: this is no text");
    let error = bytes(io::repeat(b'-'), 1024 * 1024).unwrap_err();
    assert_eq!(error.to_string(), "more than 1 MiB");
    let whole = vec![b'-'; 1024 * 1024];
    assert_eq!(bytes(whole.as_slice(), 1024 * 1024).unwrap(), whole);
}

#[test]
fn a_folder_of_migrations_is_replayed_in_their_order() {
    let folder = folder(&[
        ("V10__c.sql", b"c"),
        ("V2__b.SQL", b"b"),
        ("V1__a.sql", b"a"),
        ("V3__empty.sql", b"\n"),
        ("README.md", b"no"),
        ("down/V1__a.sql", b"no"),
    ]);
    for form in [None, Some(Form::Sql)] {
        let texts = read_path(form, folder.path()).unwrap();
        assert_eq!(texts.form, Form::Sql);
        assert_eq!(
            names(&texts, folder.path()),
            ["V1__a.sql", "V2__b.SQL", "V10__c.sql"]
        );
    }
}

#[test]
fn a_folder_of_typescript_is_read_whole_without_installed_packages() {
    let folder = folder(&[
        ("src/types/lead.ts", b"a"),
        ("src/database.d.ts", b"b"),
        ("node_modules/x/index.d.ts", b"no"),
        (".next/types.ts", b"no"),
        ("src/page.tsx", b"no"),
    ]);
    for form in [None, Some(Form::TypeScript)] {
        let texts = read_path(form, folder.path()).unwrap();
        assert_eq!(texts.form, Form::TypeScript);
        assert_eq!(
            names(&texts, folder.path()),
            ["src/database.d.ts", "src/types/lead.ts"]
        );
    }
}

#[test]
fn says_why_a_path_gives_no_text() {
    let folder = folder(&[
        ("notes.txt", b"x"),
        ("LICENSE", b"x"),
        ("nothing/readme.md", b"x"),
        ("blank/a.sql", b" "),
        ("twice/V1__a.sql", b"a"),
        ("twice/V1__b.sql", b"b"),
        ("latin1/V1__a.sql", b"\n\xe9"),
    ]);
    let at = |name: &str| folder.path().join(name);
    for (form, name, message) in [
        (
            None,
            "notes.txt",
            "`SPEC` is not a source: nothing is known of `.txt` files",
        ),
        (
            None,
            "LICENSE",
            "`SPEC` is not a source: its name has no extension",
        ),
        (
            None,
            "nothing",
            "`SPEC` is not a source: the folder has no `.sql` or `.ts` file",
        ),
        (
            Some(Form::Sql),
            "nothing",
            "`SPEC` is not a source: the folder has no `.sql` file of its own",
        ),
        (
            Some(Form::Json),
            "nothing",
            "`SPEC` is not a source: it is a folder",
        ),
        (
            None,
            "blank",
            "`SPEC` is not a source: every file of the folder is empty",
        ),
        (
            None,
            "twice",
            "`SPEC` is not a source: `V1__a.sql` and `V1__b.sql` have one version",
        ),
    ] {
        let error = read_path(form, &at(name)).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(error.hint().is_some(), "{message}");
    }
    let missing = read_path(Some(Form::Sql), &at("gone.sql")).unwrap_err();
    assert!(
        matches!(missing, LoadError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    );
    let latin1 = read_path(None, &at("latin1")).unwrap_err().to_string();
    assert!(
        latin1.ends_with("V1__a.sql:2: the byte 0xE9 is not UTF-8"),
        "{latin1}"
    );
}

#[cfg(unix)]
#[test]
fn a_folder_that_links_to_itself_ends() {
    let folder = folder(&[("a.ts", b"a")]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).unwrap();
    let texts = read_path(None, folder.path()).unwrap();
    assert_eq!(names(&texts, folder.path()), ["a.ts"]);
}
