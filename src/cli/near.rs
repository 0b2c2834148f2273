//! Did-you-mean: the one name among those that there are that somebody most likely meant.

/// How alike two names are at least.
const ALIKE: f64 = 0.8;

/// The name that is most like the wanted one; of two alike, the first by the alphabet.
pub(super) fn near<S: AsRef<str>>(
    wanted: &str,
    names: impl IntoIterator<Item = S>,
) -> Option<String> {
    let wanted = wanted.to_lowercase();
    let likeness = |name: &str| strsim::jaro_winkler(&wanted, &name.to_lowercase());
    names
        .into_iter()
        .map(|name| (likeness(name.as_ref()), name.as_ref().to_owned()))
        .filter(|(alike, _)| *alike > ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(&a.1)))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::near;

    #[test]
    fn the_likeliest_is_meant_and_a_stranger_is_nobody() {
        let names = ["phase1", "phase2", "phase10", "contract"];
        for (wanted, meant) in [
            ("phse1", Some("phase1")),
            ("PHASE2", Some("phase2")),
            ("contrct", Some("contract")),
            ("phase", Some("phase1")),
            ("zzz", None),
            ("", None),
        ] {
            assert_eq!(near(wanted, names).as_deref(), meant, "{wanted}");
        }
        assert_eq!(near("a", [""; 0]), None);
    }
}
