//! Intervals: the server keeps months, days and microseconds, a reader wants words.

const SECOND: i128 = 1_000_000;
const UNITS: [(i128, &str); 3] = [
    (3600 * SECOND, "hour"),
    (60 * SECOND, "minute"),
    (SECOND, "second"),
];

/// An interval in words: `30 days`, `1 hour 30 minutes`. `None` when the text is no interval that
/// this reads.
///
/// `field` is the unit of a bare number, as `INTERVAL '1' DAY` has it.
pub(in super::super) fn interval(text: &str, field: &str) -> Option<String> {
    let mut span = Span::default();
    let text = text.to_ascii_lowercase();
    let mut rest = text.trim();
    let mut any = false;
    while !rest.is_empty() {
        any = true;
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && !matches!(c, '+' | '-' | '.' | ':'))
            .unwrap_or(rest.len());
        let (amount, after) = rest.split_at(end);
        let after = after.trim_start();
        if amount.contains(':') {
            span.add_clock(amount)?;
            rest = after;
            continue;
        }
        let end = after
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        span.add(amount, if unit.is_empty() { field } else { unit })?;
        rest = after.trim_start();
    }
    any.then(|| span.words())
}

#[derive(Default)]
struct Span {
    months: i128,
    days: i128,
    micros: i128,
}

impl Span {
    fn add(&mut self, amount: &str, unit: &str) -> Option<()> {
        let months = |n: i128| (n, 0, 0);
        let (months, days, micros) = match unit {
            "microsecond" | "microseconds" | "us" => (0, 0, 1),
            "millisecond" | "milliseconds" | "ms" | "msec" | "msecs" => (0, 0, 1000),
            "second" | "seconds" | "sec" | "secs" | "s" | "" => (0, 0, SECOND),
            "minute" | "minutes" | "min" | "mins" | "m" => (0, 0, 60 * SECOND),
            "hour" | "hours" | "hr" | "hrs" | "h" => (0, 0, 3600 * SECOND),
            "day" | "days" | "d" => (0, 1, 0),
            "week" | "weeks" | "w" => (0, 7, 0),
            "month" | "months" | "mon" | "mons" => months(1),
            "year" | "years" | "yr" | "yrs" | "y" => months(12),
            "decade" | "decades" | "dec" | "decs" => months(120),
            "century" | "centuries" => months(1200),
            _ => return None,
        };
        if micros > 0 {
            self.micros = self.micros.checked_add(scaled(amount, micros)?)?;
        } else {
            // A fraction of a month spills into days by rules of its own.
            let n: i128 = amount.strip_prefix('+').unwrap_or(amount).parse().ok()?;
            self.months = self.months.checked_add(n.checked_mul(months)?)?;
            self.days = self.days.checked_add(n.checked_mul(days)?)?;
        }
        Some(())
    }

    /// `-01:30:00.5`
    fn add_clock(&mut self, text: &str) -> Option<()> {
        let (sign, text) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let mut parts = text.split(':');
        let mut micros = scaled(parts.next()?, 3600 * SECOND)?;
        micros = micros.checked_add(scaled(parts.next()?, 60 * SECOND)?)?;
        if let Some(seconds) = parts.next() {
            micros = micros.checked_add(scaled(seconds, SECOND)?)?;
        }
        if parts.next().is_some() {
            return None;
        }
        self.micros = self.micros.checked_add(sign * micros)?;
        Some(())
    }

    fn words(&self) -> String {
        let mut parts = Vec::new();
        let mut say = |n: String, unit: &str| {
            let plural = if n == "1" || n == "-1" { "" } else { "s" };
            if n != "0" {
                parts.push(format!("{n} {unit}{plural}"));
            }
        };
        say((self.months / 12).to_string(), "year");
        say((self.months % 12).to_string(), "month");
        say(self.days.to_string(), "day");
        let mut rest = self.micros;
        for (size, unit) in UNITS {
            if size == SECOND && rest % SECOND != 0 {
                say(seconds(rest), unit);
            } else {
                say((rest / size).to_string(), unit);
            }
            rest %= size;
        }
        if parts.is_empty() {
            "00:00".to_owned()
        } else {
            parts.join(" ")
        }
    }
}

/// Microseconds as seconds with a fraction.
fn seconds(micros: i128) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    let text = format!("{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').to_owned()
}

/// A decimal number times a number of microseconds, where that is exact.
fn scaled(text: &str, micros: i128) -> Option<i128> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 9 || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let parse = |text: &str| -> Option<i128> {
        if text.is_empty() {
            return Some(0);
        }
        if text.len() > 18 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        text.parse().ok()
    };
    let unit = 10i128.pow(u32::try_from(fraction.len()).ok()?);
    let total = parse(whole)?
        .checked_mul(unit)?
        .checked_add(parse(fraction)?)?
        .checked_mul(micros)?;
    (total % unit == 0).then_some(sign * (total / unit))
}

#[cfg(test)]
mod tests {
    use super::interval;

    #[test]
    fn one_text_for_what_is_written_and_what_the_server_prints() {
        for (written, printed, words) in [
            ("1 week", "7 days", "7 days"),
            ("24 hours", "24:00:00", "24 hours"),
            ("90 minutes", "01:30:00", "1 hour 30 minutes"),
            ("1.5 hours", "01:30:00", "1 hour 30 minutes"),
            ("14 months", "1 year 2 mons", "1 year 2 months"),
            ("-1 day", "-1 days", "-1 day"),
            ("1 day -2 hours", "1 day -02:00:00", "1 day -2 hours"),
            ("250 ms", "00:00:00.25", "0.25 seconds"),
            ("0", "00:00:00", "00:00"),
            ("1 hour 5 seconds", "01:00:05", "1 hour 5 seconds"),
        ] {
            assert_eq!(interval(written, "").as_deref(), Some(words), "{written}");
            assert_eq!(interval(printed, "").as_deref(), Some(words), "{printed}");
        }
        assert_eq!(interval("1", "day").as_deref(), Some("1 day"));
    }

    #[test]
    fn what_is_no_interval_stays() {
        for text in [
            "",
            "soon",
            "1 lightyear",
            "1.5 months",
            "P1D",
            "1:2:3:4",
            "é",
            "1e9 days",
        ] {
            assert_eq!(interval(text, ""), None, "{text}");
        }
    }
}
