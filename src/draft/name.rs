//! How like two names are, when one of them may be mixed case, plural or abbreviated.

/// A name taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words(Vec<String>);

impl Words {
    /// `OrderItems`, `order_items` and `ORDER-ITEM` are the words `order` and `item`.
    pub(super) fn of(name: &str) -> Self {
        let signs: Vec<char> = name.chars().collect();
        let mut words = vec![String::new()];
        for (at, sign) in signs.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|at| signs.get(at));
            let after = signs.get(at + 1);
            let starts = sign.is_uppercase()
                && (before.is_some_and(|c| c.is_lowercase())
                    || (before.is_some_and(|c| c.is_uppercase())
                        && after.is_some_and(|c| c.is_lowercase())));
            if !sign.is_alphanumeric() || starts {
                words.push(String::new());
            }
            if sign.is_alphanumeric()
                && let Some(word) = words.last_mut()
            {
                word.extend(sign.to_lowercase());
            }
        }
        words.retain(|word| !word.is_empty());
        Self(words.iter().map(|word| singular(word)).collect())
    }

    /// Names with one key are one name.
    pub(super) fn key(&self) -> String {
        self.0.concat()
    }

    /// The words that are not the table's own: `cust_name` in a table `customers` is a `name`.
    pub(super) fn without(&self, table: &Self) -> Self {
        let is_own = |word: &String| table.0.iter().any(|own| word_likeness(word, own) >= 0.8);
        let rest: Vec<String> = self
            .0
            .iter()
            .filter(|word| !is_own(word))
            .cloned()
            .collect();
        if rest.is_empty() {
            self.clone()
        } else {
            Self(rest)
        }
    }

    /// 0 to 1: how many words of both have a word like them on the other side.
    pub(super) fn likeness(&self, other: &Self) -> f64 {
        if self.key() == other.key() {
            return 1.0;
        }
        let mut left: Vec<&String> = other.0.iter().collect();
        let mut shared = 0.0;
        for word in &self.0 {
            let likes = left.iter().map(|other| word_likeness(word, other));
            let best = likes.enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
            if let Some((at, like)) = best
                && like > 0.0
            {
                shared += like;
                left.remove(at);
            }
        }
        let words = u32::try_from(self.0.len() + other.0.len()).unwrap_or(u32::MAX);
        2.0 * shared / f64::from(words.max(1))
    }
}

/// The word for one of them, where the ending tells.
fn singular(word: &str) -> String {
    let ends_alike = ["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    if word.chars().count() < 4 || ends_alike {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    for end in ["sses", "xes", "ches", "shes"] {
        if word.ends_with(end)
            && let Some(stem) = word.strip_suffix("es")
        {
            return stem.to_owned();
        }
    }
    word.strip_suffix('s').unwrap_or(word).to_owned()
}

/// 0 where nothing speaks for it.
fn word_likeness(a: &str, b: &str) -> f64 {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if a == b {
        return 1.0;
    }
    if short.chars().count() >= 2 && long.starts_with(short) {
        return 0.9;
    }
    if short.chars().count() >= 2 && abbreviates(short, long) {
        return 0.8;
    }
    let like = strsim::jaro_winkler(a, b);
    if like >= 0.88 { like * 0.9 } else { 0.0 }
}

/// `qty` and `quantity`: the same first letter, and the others in their order.
fn abbreviates(short: &str, long: &str) -> bool {
    let mut left = long.chars();
    let has_same_start = short.chars().next() == long.chars().next();
    has_same_start && short.chars().all(|sign| left.any(|other| other == sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_signs_and_plural_make_no_other_name() {
        for (a, b, same) in [
            ("OrderItems", "order_item", true),
            ("CUSTOMER", "customers", true),
            ("customerID", "customer_id", true),
            ("HTTPLog", "http_logs", true),
            ("Categories", "category", true),
            ("boxes", "box", true),
            ("address", "addresses", true),
            ("status", "statu", false),
            ("qty", "quantity", false),
            ("Größe", "größe", true),
            ("gas", "ga", false),
            ("", "_", true),
        ] {
            assert_eq!(Words::of(a).key() == Words::of(b).key(), same, "{a} {b}");
        }
    }

    #[test]
    fn abbreviations_are_near_and_strangers_are_not() {
        for (a, b, least, most) in [
            ("qty", "quantity", 0.79, 0.81),
            ("cust_nm", "customer_name", 0.79, 0.9),
            ("created", "created_at", 0.6, 0.7),
            ("price", "colour", 0.0, 0.0),
            ("id", "identity", 0.89, 0.91),
            ("", "name", 0.0, 0.0),
        ] {
            let like = Words::of(a).likeness(&Words::of(b));
            assert!((least..=most).contains(&like), "{a} {b}: {like}");
            let back = Words::of(b).likeness(&Words::of(a));
            assert!((like - back).abs() < 1e-9, "{a} {b}: {like} and {back}");
        }
        let table = Words::of("customers");
        assert_eq!(Words::of("cust_name").without(&table), Words::of("name"));
        assert_eq!(Words::of("customer").without(&table), Words::of("customer"));
    }
}
