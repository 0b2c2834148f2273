//! Constants in one spelling: the server stores a value and prints it its own way.

pub(super) mod array;
mod interval;
mod json;

pub(super) use interval::interval;

/// A number in plain decimal; the text as it is when it is no number this can write out.
pub(super) fn number(text: &str) -> String {
    based(text)
        .or_else(|| decimal(text))
        .unwrap_or_else(|| text.to_owned())
}

fn based(text: &str) -> Option<String> {
    let radix = match text.get(..2)? {
        "0x" => 16,
        "0o" => 8,
        "0b" => 2,
        _ => return None,
    };
    Some(u128::from_str_radix(&text[2..], radix).ok()?.to_string())
}

/// Writes `1.5e3`, `.5` and `007` as `1500`, `0.5` and `7`.
fn decimal(text: &str) -> Option<String> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    // A longer number would be written out by no one, the server included.
    if digits.is_empty()
        || !digits.bytes().all(|b| b.is_ascii_digit())
        || exponent.unsigned_abs() > 60
    {
        return None;
    }
    let point = i64::try_from(whole.len()).ok()? + i64::from(exponent);
    let (whole, fraction) = match usize::try_from(point) {
        Ok(point) if point <= digits.len() => {
            (digits[..point].to_owned(), digits[point..].to_owned())
        }
        Ok(point) => (
            format!("{digits}{}", "0".repeat(point - digits.len())),
            String::new(),
        ),
        Err(_) => {
            let zeros = usize::try_from(point.unsigned_abs()).ok()?;
            (String::new(), format!("{}{digits}", "0".repeat(zeros)))
        }
    };
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let sign = if whole == "0" && fraction.bytes().all(|b| b == b'0') {
        ""
    } else {
        sign
    };
    Some(if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    })
}

/// Whether a text is a number as a column of a numeric type would take it.
pub(super) fn is_number(text: &str) -> bool {
    decimal(text).is_some()
}

/// What a boolean column reads from a text.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "t" | "tr" | "tru" | "true" | "y" | "ye" | "yes" | "on" | "1" => Some(true),
        "f" | "fa" | "fal" | "fals" | "false" | "n" | "no" | "of" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// A constant of no known type, in the spelling the server would give it in whichever type it is
/// plainly meant for: JSON, bytes, a uuid, a time.
pub(super) fn text(text: &str) -> String {
    match text.trim_start().chars().next() {
        Some('{' | '[') => json::normalised(text),
        Some('\\') => bytes(text),
        Some(c) if c.is_ascii_hexdigit() => uuid(text).or_else(|| moment(text)),
        _ => None,
    }
    .unwrap_or_else(|| text.to_owned())
}

/// `\xDEAD` is `\xdead`.
fn bytes(text: &str) -> Option<String> {
    let digits = text.strip_prefix("\\x")?;
    let all = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    all.then(|| text.to_ascii_lowercase())
}

fn uuid(text: &str) -> Option<String> {
    let shaped = text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| {
            if matches!(at, 8 | 13 | 18 | 23) {
                byte == b'-'
            } else {
                byte.is_ascii_hexdigit()
            }
        });
    shaped.then(|| text.to_ascii_lowercase())
}

/// `2020-01-01 00:00:00+00` is `2020-01-01`, `09:00:00` is `09:00`.
fn moment(text: &str) -> Option<String> {
    let (date, time) = match text.get(..10).filter(|date| is_date(date)) {
        Some(date) => (date, text[10..].strip_prefix([' ', 'T'])?),
        None => ("", text),
    };
    let end = time
        .find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.'))
        .unwrap_or(time.len());
    let (clock, zone) = time.split_at(end);
    let clock = clock_face(clock)?;
    match zone.trim_start() {
        "" | "Z" | "z" | "UTC" | "+00" | "-00" | "+00:00" => {}
        zone if !date.is_empty() => return at_utc(date, &clock, zone),
        _ => return None,
    };
    Some(match (date, clock.as_str()) {
        ("", clock) => clock.to_owned(),
        (date, clock) => day_and_clock(date, clock),
    })
}

fn day_and_clock(date: &str, clock: &str) -> String {
    if clock == "00:00" {
        date.to_owned()
    } else {
        format!("{date} {clock}")
    }
}

/// A moment with an offset, as a session at UTC prints it.
fn at_utc(date: &str, clock: &str, zone: &str) -> Option<String> {
    let (east, offset) = match zone.strip_prefix('+') {
        Some(offset) => (1, offset),
        None => (-1, zone.strip_prefix('-')?),
    };
    let number = |text: &str| -> Option<i64> {
        let plain = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        if plain { text.parse().ok() } else { None }
    };
    let (hours, minutes) = match offset.get(2..)? {
        "" => (number(offset)?, 0),
        rest => (
            number(offset.get(..2)?)?,
            number(rest.strip_prefix(':').unwrap_or(rest))?,
        ),
    };
    let (hour, rest) = clock.split_once(':')?;
    let (minute, seconds) = rest.split_at_checked(2)?;
    let shifted = number(hour)? * 60 + number(minute)? - east * (hours * 60 + minutes);
    let day = day_number(date)? + shifted.div_euclid(24 * 60);
    let minutes = shifted.rem_euclid(24 * 60);
    let clock = format!("{:02}:{:02}{seconds}", minutes / 60, minutes % 60);
    Some(day_and_clock(&date_of(day), &clock))
}

/// Days since 0000-03-01, years beginning in March so that a leap day ends one.
fn day_number(date: &str) -> Option<i64> {
    let part = |range: std::ops::Range<usize>| date.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (part(0..4)?, part(5..7)?, part(8..10)?);
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(365 * year + leaps + (153 * month + 2) / 5 + day - 1)
}

fn date_of(days: i64) -> String {
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let (month, carry) = if shifted < 10 {
        (shifted + 3, 0)
    } else {
        (shifted - 9, 1)
    };
    let year = year_of_era + era * 400 + carry;
    format!("{year:04}-{month:02}-{day:02}")
}

fn is_date(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| {
        if matches!(at, 4 | 7) {
            byte == b'-'
        } else {
            byte.is_ascii_digit()
        }
    })
}

/// Hours and minutes with two digits, seconds only where there are some.
fn clock_face(text: &str) -> Option<String> {
    let mut parts = text.split(':');
    let hours: u8 = parts.next()?.parse().ok()?;
    let minutes = parts.next()?;
    let seconds = parts.next().unwrap_or("00");
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let pair = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    if parts.next().is_some()
        || !pair(minutes)
        || !pair(whole)
        || hours > 24
        || !fraction.bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    Some(match (whole, fraction) {
        ("00", "") => format!("{hours:02}:{minutes}"),
        (whole, "") => format!("{hours:02}:{minutes}:{whole}"),
        (whole, fraction) => format!("{hours:02}:{minutes}:{whole}.{fraction}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_plain() {
        for (written, plain) in [
            ("1e3", "1000"),
            ("1.5e-3", "0.0015"),
            (".5", "0.5"),
            ("5.", "5"),
            ("-0", "0"),
            ("-0.0", "0.0"),
            ("-007.50", "-7.50"),
            ("12.5e1", "125"),
            ("0x1F", "31"),
            ("1e999999", "1e999999"),
            ("", ""),
            ("NaN", "NaN"),
        ] {
            assert_eq!(number(&written.replace('X', "x")), plain, "{written}");
        }
    }

    #[test]
    fn texts_are_as_the_server_prints_them() {
        for (written, printed) in [
            ("2020-01-01 00:00:00+00", "2020-01-01"),
            ("2020-01-01T10:30:00Z", "2020-01-01 10:30"),
            ("2020-01-01 10:30:05.500+02:00", "2020-01-01 08:30:05.5"),
            ("2020-03-01T01:00:00+0130", "2020-02-29 23:30"),
            ("1999-12-31 19:00:00-05", "2000-01-01"),
            ("2020-01-01 10:00 +2", "2020-01-01 10:00 +2"),
            ("2020-13-99 10:00", "2020-13-99 10:00"),
            ("2020-01-01", "2020-01-01"),
            ("9:00", "09:00"),
            ("09:00:00", "09:00"),
            ("1:2", "1:2"),
            (
                "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
                "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            ),
            ("{}", "{}"),
            ("[ ]", "[]"),
            ("{\"a\":1}", "{\"a\": 1}"),
            ("{ name }", "{ name }"),
            ("deadbeef", "deadbeef"),
            ("", ""),
            ("é", "é"),
            ("2020-01-0é 10:00", "2020-01-0é 10:00"),
        ] {
            assert_eq!(text(written), printed, "{written}");
        }
    }
}
