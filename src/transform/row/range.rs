//! `range`: a number out of a range written as text.

use super::cast::RANGE;
use super::decimal::Decimal;
use crate::mapping::{OpenRange, RangeRule};
use crate::transform::{Code, grammar as g};

/// The number of the range; nothing where the mapping says so of a range with one end.
pub(super) fn range(
    text: &str,
    rule: RangeRule,
    open: OpenRange,
    words: &[(String, i64)],
) -> Result<Option<String>, Code> {
    let text = plain(text);
    let text = text.trim_matches(' ');
    if let Some((_, number)) = words
        .iter()
        .find(|(word, _)| word.to_ascii_lowercase() == text)
    {
        return Ok(Some(number.to_string()));
    }
    if text.chars().count() > g::RANGE_LENGTH {
        return Err(Code::RangeUnreadable);
    }
    let (lower, upper) = ends(text).ok_or(Code::RangeUnreadable)?;
    let number = match (lower, upper) {
        (Some(lower), Some(upper)) if lower > upper => return Err(Code::RangeReversed),
        (Some(lower), Some(upper)) => match rule {
            RangeRule::Lower => lower,
            RangeRule::Upper => upper,
            RangeRule::Midpoint if lower == upper => lower,
            RangeRule::Midpoint => half(&lower.plus(&upper).plus(&Decimal::from_integer(1))),
        },
        (Some(end), None) | (None, Some(end)) => match open {
            OpenRange::End => end,
            OpenRange::Null => return Ok(None),
            OpenRange::Error => return Err(Code::RangeOpen),
        },
        (None, None) => return Err(Code::RangeUnreadable),
    };
    Ok(Some(number.trimmed().to_string()))
}

fn half(number: &Decimal) -> Decimal {
    let five_tenths = Decimal::from_integer(5).times(&Decimal::power_of_ten(-1));
    number.times(&five_tenths).floor()
}

/// Letters small, blanks and dashes plain.
fn plain(text: &str) -> String {
    let (signs, plain) = g::RANGE_SIGNS;
    let change = |c: char| match signs.chars().position(|sign| sign == c) {
        Some(at) => plain.chars().nth(at),
        None => Some(c.to_ascii_lowercase()),
    };
    text.chars().filter_map(change).collect()
}

/// The lower and the upper end.
fn ends(text: &str) -> Option<(Option<Decimal>, Option<Decimal>)> {
    let numbers =
        text.trim_start_matches(|c: char| c.is_ascii_lowercase() || g::RANGE_START.contains(c));
    let start = &text[..text.len() - numbers.len()];
    let is_money = |c: &char| g::MONEY.contains(*c);
    let sign: String = start.chars().filter(|c| !is_money(c)).collect();
    let sign = sign.trim_matches(' ');
    let is_known = sign.is_empty() || g::BELOW.contains(&sign) || g::ABOVE.contains(&sign);
    if !is_known || start.chars().filter(is_money).count() > 1 {
        return None;
    }
    let cut = |text, start: &&'static str| match str::split_once(text, *start) {
        Some((before, _)) => before,
        None => text,
    };
    let core = g::TAIL_STARTS.iter().fold(numbers, cut);
    let tail = &numbers[core.len()..];
    if !tail.is_empty() && !g::RANGE_TAILS.contains(&tail) {
        return None;
    }
    let groups = RANGE.as_ref()?.captures(core)?;
    let has = |group: usize| groups.get(group).is_some();
    // A sign says that one end is open, a plus or a second number that the first is the lower one:
    // both together mean nothing. `10-50k` may mean ten or ten thousand.
    let contradicts = !sign.is_empty() && (has(4) || has(5)) || !has(3) && has(7);
    if contradicts {
        return None;
    }
    let number = |group: usize| {
        let digits: String = groups
            .get(group)?
            .as_str()
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        let fraction = groups.get(group + 1).map_or("", |found| found.as_str());
        let number = Decimal::read(&format!("{digits}{fraction}"))?;
        Some(match groups.get(group + 2).map(|found| found.as_str()) {
            Some("k") => number.times(&Decimal::from_integer(1000)),
            Some(_) => number.times(&Decimal::from_integer(1_000_000)),
            None => number,
        })
    };
    let first = number(1)?;
    Some(if g::BELOW.contains(&sign) {
        (None, Some(first))
    } else if !sign.is_empty() || has(4) {
        (Some(first), None)
    } else if has(5) {
        (Some(first), number(5))
    } else {
        (Some(first.clone()), Some(first))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_ranges_as_people_write_them() {
        for (text, lower, midpoint, upper) in [
            ("11-50", "11", "31", "50"),
            ("11 – 50 employees", "11", "31", "50"),
            ("1,000-5,000", "1000", "3000", "5000"),
            ("10\u{a0}000 to 20\u{a0}000", "10000", "15000", "20000"),
            ("1’000", "1000", "1000", "1000"),
            ("10k", "10000", "10000", "10000"),
            ("1.5K-2.5k", "1500", "2000", "2500"),
            ("$2m", "2000000", "2000000", "2000000"),
            ("2.5", "2.5", "2.5", "2.5"),
            ("50+", "50", "50", "50"),
            ("<10", "10", "10", "10"),
            ("More than 1,000 people", "1000", "1000", "1000"),
            (" StartUp ", "10", "10", "10"),
            ("0-1", "0", "1", "1"),
        ] {
            let words = [("startup".to_owned(), 10)];
            for (rule, expected) in [
                (RangeRule::Lower, lower),
                (RangeRule::Midpoint, midpoint),
                (RangeRule::Upper, upper),
            ] {
                let found = range(text, rule, OpenRange::End, &words);
                assert_eq!(found, Ok(Some(expected.to_owned())), "{text}");
            }
        }
    }

    #[test]
    fn refuses_what_may_mean_two_things() {
        for (text, code) in [
            ("", Code::RangeUnreadable),
            ("many", Code::RangeUnreadable),
            ("-5", Code::RangeUnreadable),
            ("$$5", Code::RangeUnreadable),
            ("1.000", Code::RangeUnreadable),
            ("1.000-5.000", Code::RangeUnreadable),
            ("10-50k", Code::RangeUnreadable),
            ("<10-20", Code::RangeUnreadable),
            ("1,00", Code::RangeUnreadable),
            ("１１-５０", Code::RangeUnreadable),
            ("50-10", Code::RangeReversed),
            ("50+", Code::RangeOpen),
        ] {
            let found = range(text, RangeRule::Lower, OpenRange::Error, &[]);
            assert_eq!(found, Err(code), "{text}");
        }
        let open = range("50+", RangeRule::Lower, OpenRange::Null, &[]);
        assert_eq!(open, Ok(None));
    }
}
