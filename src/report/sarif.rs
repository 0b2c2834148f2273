//! Findings as SARIF 2.1.0, for code scanning and editors.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::findings::{Check, Finding, Findings, Level, Spot};
use super::screen::visible;

/// The document, indented, with a line end.
pub(crate) fn render(findings: &Findings) -> String {
    let mut rules: BTreeMap<&str, (usize, Level)> = BTreeMap::new();
    for (_, finding) in findings.by_level() {
        rules.entry(&finding.rule).or_insert((0, finding.level));
    }
    for (at, (index, _)) in rules.values_mut().enumerate() {
        *index = at;
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let results: Vec<Value> = findings
        .by_level()
        .into_iter()
        .map(|(check, finding)| {
            let index = rules.get(finding.rule.as_str()).map(|(index, _)| *index);
            let identity = identity(findings, check, finding);
            let again = seen.entry(identity.clone()).or_default();
            *again += 1;
            result(findings, finding, index, &format!("{identity}:{again}"))
        })
        .collect();
    let rules: Vec<Value> = rules
        .iter()
        .map(|(rule, (_, level))| {
            json!({
                "id": rule,
                "shortDescription": {"text": described(rule)},
                "defaultConfiguration": {"level": word(*level)},
            })
        })
        .collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "align",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "automationDetails": {"id": format!("align/{}/", findings.command)},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{document:#}\n")
}

fn result(findings: &Findings, finding: &Finding, index: Option<usize>, identity: &str) -> Value {
    let mut result = json!({
        "ruleId": finding.rule,
        "level": word(finding.level),
        "message": {"text": message(&finding.sentence())},
        "partialFingerprints": {"align/v1": identity},
    });
    let Some(members) = result.as_object_mut() else {
        return result;
    };
    if let Some(index) = index {
        members.insert("ruleIndex".to_owned(), json!(index));
    }
    let whole = findings.file.as_ref().map(Spot::file);
    if let Some(first) = finding.spots.first().or(whole.as_ref()) {
        members.insert("locations".to_owned(), json!([location(first)]));
    }
    let related: Vec<Value> = finding.spots.iter().skip(1).map(location).collect();
    if !related.is_empty() {
        members.insert("relatedLocations".to_owned(), json!(related));
    }
    if let Some(sql) = &finding.sql {
        members.insert("properties".to_owned(), json!({"sql": sql}));
    }
    result
}

fn location(spot: &Spot) -> Value {
    let mut physical = json!({"artifactLocation": artifact(&spot.file)});
    if let (Some(members), Some(line)) = (physical.as_object_mut(), spot.line) {
        let region = match spot.column {
            Some(column) => json!({"startLine": line, "startColumn": column}),
            None => json!({"startLine": line}),
        };
        members.insert("region".to_owned(), region);
    }
    json!({"physicalLocation": physical})
}

/// A path as a URI: relative to where the program ran, or of the whole file system.
fn artifact(file: &str) -> Value {
    let path = encoded(file.strip_prefix("./").unwrap_or(file));
    if path.starts_with('/') {
        json!({"uri": format!("file://{path}")})
    } else {
        json!({"uri": path, "uriBaseId": "%SRCROOT%"})
    }
}

fn encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.replace('\\', "/").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            byte => uri.extend(format!("%{byte:02X}").chars()),
        }
    }
    uri
}

/// The same for the same finding of the same object, whatever else changes around it.
fn identity(findings: &Findings, check: &Check, finding: &Finding) -> String {
    let parts = [
        findings.command,
        &check.group,
        &check.name,
        &finding.rule,
        &finding.object,
    ];
    let digest = Sha256::digest(parts.join("\u{0}"));
    digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Brackets would make a link of what follows them.
fn message(text: &str) -> String {
    let text = visible(text);
    if text.contains("](") {
        text.replace('[', "\\[").replace(']', "\\]")
    } else {
        text
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}

/// What a rule is about, in a few words.
fn described(rule: &str) -> String {
    let known = match rule {
        "table.missing" => "A table has no counterpart",
        "column.required" => "A column that takes no NULL gets no value",
        "domain.rejected" => "Values may be refused",
        "conversion.lossy" => "Values may be lost",
        "unique.missing" => "A unique key has no counterpart",
        "rls.off" => "Row level security is off",
        "embed.unresolved" => "A query embeds a table to which no foreign key leads",
        "embed.ambiguous" => "A query embeds a table to which more than one foreign key leads",
        "query.unanswered" => "A query of the application finds no answer",
        "mapping.stale" => "A correspondence no longer fits the schemas",
        "gate" => "The gate does not pass",
        "unknown" => "Something could not be compared",
        "unreadable" => "Part of a source could not be read",
        "unmodelled" => "Something was seen and not compared",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    match rule.split_once('.') {
        Some((object, what)) => {
            let object = object.replace('_', " ");
            format!("{object}: {}", what.replace('_', " "))
        }
        None => rule.replace('_', " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::findings::tests::awkward;

    fn document(findings: &Findings) -> Value {
        serde_json::from_str(&render(findings)).unwrap()
    }

    #[test]
    fn results_have_their_rules_and_places() {
        let document = document(&awkward());
        let run = &document["runs"][0];
        let results = run["results"].as_array().unwrap();
        let levels: Vec<&Value> = results.iter().map(|result| &result["level"]).collect();
        assert_eq!(levels, ["error", "warning", "note"]);
        for result in results {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            let rule = &run["tool"]["driver"]["rules"][index];
            assert_eq!(rule["id"], result["ruleId"]);
        }
        let first = &results[0];
        assert_eq!(
            first["locations"][0]["physicalLocation"],
            json!({
                "artifactLocation": {"uri": "a%20folder/50%25%2Cx%3Ay.sql", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 7, "startColumn": 3},
            })
        );
        let related = &first["relatedLocations"][0]["physicalLocation"];
        assert_eq!(
            related,
            &json!({"artifactLocation": {"uri": "file:///root.ts"}})
        );
        assert_eq!(
            first["message"]["text"],
            "a,b:c%: <x> & \"y\"\\n::error::\\]\\]> \\[z\\](http://q) \\u{1b}\\[31m"
        );
        let fallen_back = &results[1]["locations"][0]["physicalLocation"];
        assert_eq!(fallen_back["artifactLocation"]["uri"], "mapping.toml");
    }

    #[test]
    fn a_finding_is_the_same_whatever_stands_beside_it() {
        let whole = awkward();
        let mut less = awkward();
        less.checks.remove(1);
        let prints = |findings: &Findings| -> Vec<Value> {
            let document = document(findings);
            let results = document["runs"][0]["results"].as_array().unwrap().iter();
            results
                .map(|found| found["partialFingerprints"].clone())
                .collect()
        };
        let (whole, less) = (prints(&whole), prints(&less));
        assert_eq!(whole[1..], less[..]);
        assert_ne!(whole[1], whole[2]);
    }
}
