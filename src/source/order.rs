//! In which order the files of a folder of migrations run, told by their names alone.
//!
//! Versioned names (`V2__x.sql` of Flyway and refinery) come first, by the number; then the rest. Names
//! that all begin with a number (Supabase, sqlx, golang-migrate) go by that number. Any others go by
//! name. What leads back (`x.down.sql`, and `U2__x.sql` where a `V2__` is) does not run.

use std::cmp::Ordering;

/// Two files claim one version, so that neither is known to be the first.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SameVersion(pub(super) String, pub(super) String);

/// The names that run, in the order in which they run.
pub(super) fn order(names: Vec<String>) -> Result<Vec<String>, SameVersion> {
    let mut versioned = Vec::new();
    let mut others = Vec::new();
    let (mut undos, mut rest) = (Vec::new(), Vec::new());
    for name in names {
        if name.to_ascii_lowercase().ends_with(".down.sql") {
            continue;
        }
        match Version::of(&name) {
            Some(version) if name.starts_with('U') => undos.push((version, name)),
            Some(version) => versioned.push((version, name)),
            None => rest.push(name),
        }
    }
    // To Flyway U is the way back from the V of that number; to refinery it is a step of its own.
    for (version, name) in undos {
        if !versioned.iter().any(|(v, _)| *v == version) {
            others.push((version, name));
        }
    }
    versioned.append(&mut others);
    versioned.sort();
    for pair in versioned.windows(2) {
        if let [(first, one), (second, another)] = pair
            && first == second
        {
            return Err(SameVersion(one.clone(), another.clone()));
        }
    }
    let numbered = rest.iter().all(|name| leading(name).is_some());
    rest.sort_by(|a, b| match (leading(a), leading(b)) {
        (Some(one), Some(another)) if numbered => one.cmp(&another).then_with(|| a.cmp(b)),
        _ => a.cmp(b),
    });
    Ok(versioned
        .into_iter()
        .map(|(_, name)| name)
        .chain(rest)
        .collect())
}

/// A whole number of any length.
#[derive(Debug, PartialEq, Eq)]
struct Number(String);

impl Number {
    fn of(digits: &str) -> Option<Self> {
        let all = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        all.then(|| Self(digits.trim_start_matches('0').to_owned()))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_length = self.0.len().cmp(&other.0.len());
        by_length.then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// `2`, or Flyway's `2.1` and `2_1`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(Vec<Number>);

impl Version {
    fn of(name: &str) -> Option<Self> {
        let (version, _) = name.strip_prefix(['V', 'U'])?.split_once("__")?;
        let parts: Option<Vec<Number>> = version.split(['.', '_']).map(Number::of).collect();
        parts.map(Self)
    }
}

fn leading(name: &str) -> Option<Number> {
    let end = name.find(|c: char| !c.is_ascii_digit())?;
    Number::of(&name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(names: &[&str]) -> Result<Vec<String>, SameVersion> {
        order(names.iter().map(|&name| name.to_owned()).collect())
    }

    #[test]
    fn goes_by_version_then_number_then_name() {
        for (names, expected) in [
            (
                vec!["V10__c.sql", "V2__b.sql", "V1__a.sql"],
                vec!["V1__a.sql", "V2__b.sql", "V10__c.sql"],
            ),
            (
                vec!["V1.10__b.sql", "V1_9__a.sql", "V2__c.sql"],
                vec!["V1_9__a.sql", "V1.10__b.sql", "V2__c.sql"],
            ),
            (
                vec!["20240102030405_b.sql", "20240101120000_a.sql"],
                vec!["20240101120000_a.sql", "20240102030405_b.sql"],
            ),
            (
                vec!["10_c.sql", "2_b.sql", "01_a.sql"],
                vec!["01_a.sql", "2_b.sql", "10_c.sql"],
            ),
            (
                vec!["1_a.up.sql", "1_a.down.sql", "2_b.up.sql", "2_b.DOWN.SQL"],
                vec!["1_a.up.sql", "2_b.up.sql"],
            ),
            (
                vec!["tables.sql", "10_late.sql", "extensions.sql"],
                vec!["10_late.sql", "extensions.sql", "tables.sql"],
            ),
            (
                vec!["R__views.sql", "V2__b.sql", "V1__a.sql", "U1__a.sql"],
                vec!["V1__a.sql", "V2__b.sql", "R__views.sql"],
            ),
            (
                vec!["U2__b.sql", "V1__a.sql", "V3__c.sql"],
                vec!["V1__a.sql", "U2__b.sql", "V3__c.sql"],
            ),
            (
                vec!["V99999999999999999999999__b.sql", "V5__a.sql"],
                vec!["V5__a.sql", "V99999999999999999999999__b.sql"],
            ),
            (
                vec!["größe.sql", "Über.sql", "V__no.sql"],
                vec!["V__no.sql", "größe.sql", "Über.sql"],
            ),
        ] {
            assert_eq!(ordered(&names).unwrap(), expected);
        }
    }

    #[test]
    fn refuses_two_files_of_one_version() {
        let same = SameVersion("V01__b.sql".into(), "V1__a.sql".into());
        assert_eq!(ordered(&["V1__a.sql", "V01__b.sql"]), Err(same));
    }
}
