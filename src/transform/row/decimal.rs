//! Exact numbers, as the server's `numeric` has them.

use std::cmp::Ordering;
use std::fmt;

use num_bigint::{BigInt, Sign};
use num_traits::{Pow, Zero};

/// A finite number: `digits` times ten to the power of `-scale`. The scale is kept as the server keeps
/// it, so that `1.50` stays `1.50`.
#[derive(Debug, Clone)]
pub(in crate::transform) struct Decimal {
    digits: BigInt,
    scale: u32,
}

fn ten_to(power: u32) -> BigInt {
    BigInt::from(10).pow(power)
}

impl Decimal {
    /// Reads a text of the form of [`crate::transform::grammar::NUMBER`], whose power of ten has at
    /// most three digits.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (mantissa, power) = match text.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, power.parse::<i64>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: BigInt = format!("{whole}{fraction}").parse().ok()?;
        let scale = i64::try_from(fraction.len()).ok()? - power;
        Some(match u32::try_from(scale) {
            Ok(scale) => Self { digits, scale },
            Err(_) => Self {
                digits: digits * ten_to(u32::try_from(-scale).ok()?),
                scale: 0,
            },
        })
    }

    pub(super) fn from_integer(number: i64) -> Self {
        Self {
            digits: number.into(),
            scale: 0,
        }
    }

    /// Ten to that power.
    pub(super) fn power_of_ten(power: i64) -> Self {
        let size = u32::try_from(power.unsigned_abs()).unwrap_or(u32::MAX);
        if power < 0 {
            let digits = 1.into();
            Self {
                digits,
                scale: size,
            }
        } else {
            Self {
                digits: ten_to(size),
                scale: 0,
            }
        }
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits.is_zero()
    }

    pub(super) fn abs(&self) -> Self {
        let digits = BigInt::from(self.digits.magnitude().clone());
        Self { digits, ..*self }
    }

    /// With that many digits after the point, or rounded to tens where it is negative; half away from
    /// zero.
    pub(super) fn round(&self, scale: i32) -> Self {
        let kept = u32::try_from(scale).unwrap_or(0);
        let drop = i64::from(self.scale) - i64::from(scale);
        let Ok(drop @ 1..) = u32::try_from(drop) else {
            return Self {
                digits: &self.digits * ten_to(kept - self.scale),
                scale: kept,
            };
        };
        let unit = ten_to(drop);
        let half: BigInt = &unit / 2;
        let magnitude = BigInt::from(self.digits.magnitude().clone());
        let rounded = (magnitude + half) / unit * ten_to(scale.min(0).unsigned_abs());
        let digits = match self.digits.sign() {
            Sign::Minus => -rounded,
            _ => rounded,
        };
        Self {
            digits,
            scale: kept,
        }
    }

    /// The largest whole number that is not above it.
    pub(super) fn floor(&self) -> Self {
        let unit = ten_to(self.scale);
        let whole: BigInt = &self.digits / &unit;
        let below = self.digits.sign() == Sign::Minus && !(&self.digits % &unit).is_zero();
        Self {
            digits: if below { whole - 1 } else { whole },
            scale: 0,
        }
    }

    pub(super) fn is_whole(&self) -> bool {
        (&self.digits % ten_to(self.scale)).is_zero()
    }

    /// Without zeros at the end of its fraction.
    pub(super) fn trimmed(mut self) -> Self {
        while self.scale > 0 && (&self.digits % ten_to(1)).is_zero() {
            self.digits /= ten_to(1);
            self.scale -= 1;
        }
        self
    }

    /// One divided by it, where that has an end as a decimal.
    pub(in crate::transform) fn reciprocal(&self) -> Option<Self> {
        let mut left = BigInt::from(self.digits.magnitude().clone());
        if left.is_zero() {
            return None;
        }
        let mut places = 0;
        for prime in [2, 5] {
            let prime = BigInt::from(prime);
            let mut count = 0;
            while (&left % &prime).is_zero() {
                left /= &prime;
                count += 1;
            }
            places = places.max(count);
        }
        let back = Self {
            digits: ten_to(places) * ten_to(self.scale) / &self.digits,
            scale: places,
        };
        (left == BigInt::from(1)).then_some(back)
    }

    pub(in crate::transform) fn negated(self) -> Self {
        Self {
            digits: -self.digits,
            ..self
        }
    }

    pub(in crate::transform) fn times(&self, other: &Self) -> Self {
        Self {
            digits: &self.digits * &other.digits,
            scale: self.scale + other.scale,
        }
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        let scale = self.scale.max(other.scale);
        Self {
            digits: self.at_scale(scale) + other.at_scale(scale),
            scale,
        }
    }

    fn at_scale(&self, scale: u32) -> BigInt {
        &self.digits * ten_to(scale - self.scale)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let scale = self.scale.max(other.scale);
        self.at_scale(scale).cmp(&other.at_scale(scale))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = usize::try_from(self.scale).unwrap_or(0);
        let digits = format!("{:0>1$}", self.digits.magnitude().to_string(), scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        if self.digits.sign() == Sign::Minus {
            f.write_str("-")?;
        }
        f.write_str(whole)?;
        if !fraction.is_empty() {
            write!(f, ".{fraction}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Decimal {
        Decimal::read(text).expect(text)
    }

    #[test]
    fn writes_numbers_as_the_server_does() {
        for (text, written) in [
            ("1.50", "1.50"),
            ("-0.00", "0.00"),
            ("1e3", "1000"),
            ("1.50e1", "15.0"),
            ("1.5e-3", "0.0015"),
            (".5", "0.5"),
            ("5.", "5"),
            ("+007", "7"),
            ("-0.05", "-0.05"),
        ] {
            assert_eq!(read(text).to_string(), written, "{text}");
        }
    }

    #[test]
    fn rounds_half_away_from_zero() {
        for (text, scale, rounded) in [
            ("0.5", 0, "1"),
            ("-0.5", 0, "-1"),
            ("2.675", 2, "2.68"),
            ("2.674999", 2, "2.67"),
            ("15", -1, "20"),
            ("14", -1, "10"),
            ("4", -1, "0"),
            ("1", 3, "1.000"),
        ] {
            assert_eq!(read(text).round(scale).to_string(), rounded, "{text}");
        }
        assert_eq!(read("-1.5").floor().to_string(), "-2");
        assert_eq!(read("-1.0").floor().to_string(), "-1");
        assert_eq!(read("1.5").floor().to_string(), "1");
    }

    #[test]
    fn compares_by_value_not_by_scale() {
        assert_eq!(read("1.50"), read("1.5"));
        assert!(read("-2") < read("0.001"));
        assert_eq!(read("1.500").trimmed().to_string(), "1.5");
        assert_eq!(read("1.5").times(&read("0.20")).to_string(), "0.300");
        assert_eq!(Decimal::power_of_ten(-2), read("0.01"));
    }
}
