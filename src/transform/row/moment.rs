//! Dates, moments and times of day, in the server's text forms.

use jiff::civil;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;
/// Days from 1970-01-01 to 2000-01-01, from which the server counts.
const EPOCH: i64 = 10_957;

/// A date with a time of day, and the offset it was written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// Before every moment.
    Past,
    /// After every moment.
    Future,
    /// Microseconds from 2000-01-01 00:00 on a clock on the wall.
    Wall {
        micros: i64,
        /// Seconds east of Greenwich.
        offset: Option<i64>,
    },
}

impl Moment {
    /// Reads a text that has the form of a moment and whose parts exist.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("infinity") {
            return Some(Self::Future);
        }
        if text.eq_ignore_ascii_case("-infinity") {
            return Some(Self::Past);
        }
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        if month == 2 && day == 29 && !is_leap(year) {
            return None;
        }
        let rest = text.get(11..).unwrap_or_default();
        let end = rest.find([' ', 'z', 'Z', '+', '-']);
        let (time, offset) = rest.split_at(end.unwrap_or(rest.len()));
        let offset = offset.trim_start_matches(' ');
        let time = if time.is_empty() { 0 } else { clock(time)? };
        let offset = match offset.chars().next() {
            None => None,
            Some('z' | 'Z') => Some(0),
            Some(sign) => {
                let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
                let hours: i64 = digits.get(..2)?.parse().ok()?;
                let minutes: i64 = digits.get(2..4).map_or(Some(0), |m| m.parse().ok())?;
                let seconds = hours * 3600 + minutes * 60;
                Some(if sign == '-' { -seconds } else { seconds })
            }
        };
        let micros = days(year, month, day) * DAY + time;
        Some(Self::Wall { micros, offset })
    }

    /// The moment on the clock of Greenwich; without an offset it is on the clock of `zone`.
    pub(super) fn in_greenwich(self, zone: &TimeZone) -> Self {
        let Self::Wall { micros, offset } = self else {
            return self;
        };
        let offset = offset.unwrap_or_else(|| offset_of_wall(zone, micros));
        Self::Wall {
            micros: micros - offset * 1_000_000,
            offset: None,
        }
    }

    /// The moment on the clock of `zone`; one without an offset is on it already.
    pub(super) fn in_zone(self, zone: &TimeZone) -> Self {
        let Self::Wall {
            micros,
            offset: Some(offset),
        } = self
        else {
            return self;
        };
        let greenwich = micros - offset * 1_000_000;
        let micros = greenwich + offset_at(zone, greenwich) * 1_000_000;
        Self::Wall {
            micros,
            offset: None,
        }
    }

    /// With that many digits of a second; half goes away from the server's epoch.
    pub(super) fn rounded(self, precision: Option<u32>) -> Self {
        match self {
            Self::Wall { micros, offset } => Self::Wall {
                micros: rounded(micros, precision),
                offset,
            },
            endless => endless,
        }
    }

    /// What orders moments of one kind.
    pub(super) fn key(self) -> i64 {
        match self {
            Self::Past => i64::MIN,
            Self::Future => i64::MAX,
            Self::Wall { micros, .. } => micros,
        }
    }

    /// As the server writes it: `suffix` stands between the time and the era.
    pub(super) fn written(self, with_time: bool, suffix: &str) -> String {
        let micros = match self {
            Self::Past => return "-infinity".to_owned(),
            Self::Future => return "infinity".to_owned(),
            Self::Wall { micros, .. } => micros,
        };
        let (year, month, day) = date(micros.div_euclid(DAY));
        let (shown, era) = if year > 0 {
            (year, "")
        } else {
            (1 - year, " BC")
        };
        let date = format!("{shown:04}-{month:02}-{day:02}");
        if !with_time {
            return format!("{date}{era}");
        }
        let time = clock_text(micros.rem_euclid(DAY));
        format!("{date} {time}{suffix}{era}")
    }
}

/// Reads a time of day that has the form and exists, in microseconds.
pub(super) fn clock(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let hours: i64 = parts.next()?.parse().ok()?;
    let minutes: i64 = parts.next()?.parse().ok()?;
    let seconds = parts.next().unwrap_or("0");
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let whole: i64 = whole.parse().ok()?;
    Some((hours * 3600 + minutes * 60 + whole) * 1_000_000 + micros_of(fraction))
}

/// Digits after the point of a second, as the server rounds them: in floating point, half to even.
fn micros_of(fraction: &str) -> i64 {
    let part: f64 = format!("0.{fraction}0").parse().unwrap_or(0.0);
    let micros = (part * 1_000_000.0).round_ties_even();
    // A whole number up to a million, so its text is exact.
    format!("{micros:.0}").parse().unwrap_or(0)
}

pub(super) fn clock_text(micros: i64) -> String {
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut text = format!("{hours:02}:{minutes:02}:{seconds:02}");
    if fraction > 0 {
        text += format!(".{fraction:06}").trim_end_matches('0');
    }
    text
}

/// With that many digits of a second.
pub(super) fn rounded(micros: i64, precision: Option<u32>) -> i64 {
    let Some(precision @ 0..6) = precision else {
        return micros;
    };
    let unit = 10_i64.pow(6 - precision);
    let magnitude = (micros.abs() + unit / 2) / unit * unit;
    if micros < 0 { -magnitude } else { magnitude }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days from 2000-01-01 to that date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March here, so that the leap day is their last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468 - EPOCH
}

/// The date that many days after 2000-01-01.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// The offset of a wall clock in that zone. A time that the zone skips is taken with the offset before
/// the gap, one that it has twice with the later offset, as the server takes them.
fn offset_of_wall(zone: &TimeZone, micros: i64) -> i64 {
    let (year, month, day) = date(micros.div_euclid(DAY));
    let seconds = micros.rem_euclid(DAY) / 1_000_000;
    let small = |number: i64| i8::try_from(number).unwrap_or(0);
    let wall = i16::try_from(year).ok().and_then(|year| {
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        civil::DateTime::new(
            year,
            small(month),
            small(day),
            small(hour),
            small(minute),
            small(second),
            0,
        )
        .ok()
    });
    let wall = wall.unwrap_or(civil::DateTime::MAX);
    let offset = match zone.to_ambiguous_timestamp(wall).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Gap { before, .. } => before,
        AmbiguousOffset::Fold { after, .. } => after,
    };
    offset.seconds().into()
}

/// The offset of that zone at a moment on the clock of Greenwich.
fn offset_at(zone: &TimeZone, micros: i64) -> i64 {
    let seconds = micros.div_euclid(1_000_000) + EPOCH * 86_400;
    let latest = jiff::Timestamp::MAX.as_second();
    let seconds = seconds.clamp(jiff::Timestamp::MIN.as_second(), latest);
    let moment = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    zone.to_offset(moment).seconds().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_date_reads_back(day in -800_000_i64..4_000_000) {
            let (year, month, of_month) = date(day);
            prop_assert_eq!(days(year, month, of_month), day);
        }
    }

    #[test]
    fn known_days() {
        assert_eq!(days(2000, 1, 1), 0);
        assert_eq!(days(2000, 3, 1), 60);
        assert_eq!(days(1970, 1, 1), -EPOCH);
        assert_eq!(date(-1), (1999, 12, 31));
    }

    #[test]
    fn a_moment_is_written_as_the_server_writes_it() {
        for (text, written) in [
            ("2024-02-29", "2024-02-29 00:00:00"),
            ("2024-01-01T24:00:00Z", "2024-01-02 00:00:00"),
            ("2016-12-31 23:59:60", "2017-01-01 00:00:00"),
            ("2024-01-01 10:00:00.1234567", "2024-01-01 10:00:00.123457"),
            ("2024-01-01 10:00:00.500", "2024-01-01 10:00:00.5"),
            ("0001-01-01 00:00 +01", "0001-12-31 23:00:00 BC"),
            ("9999-12-31T24:00", "10000-01-01 00:00:00"),
            ("-infinity", "-infinity"),
        ] {
            let moment = Moment::read(text).expect(text).in_greenwich(&TimeZone::UTC);
            assert_eq!(moment.written(true, ""), written, "{text}");
        }
        assert_eq!(Moment::read("2023-02-29"), None);
    }
}
