//! Floating point numbers in the server's text form: the fewest digits that mean the number.

use num_bigint::BigUint;
use num_traits::Pow;

/// The text form of a `double precision`.
pub(super) fn double(number: f64) -> String {
    let shortest = format!("{:e}", number.abs());
    let certain = digits_of(&shortest).len() <= 15 && number.abs() < 9_007_199_254_740_992.0;
    if certain || !number.is_finite() {
        return written(number, &shortest, 15);
    }
    let bits = number.to_bits();
    let (power, fraction) = ((bits >> 52) & 0x7ff, bits & ((1 << 52) - 1));
    let mantissa = if power == 0 {
        fraction
    } else {
        fraction | 1 << 52
    };
    let power = i32::try_from(power.max(1)).unwrap_or(1) - 1075;
    let exact = Binary {
        mantissa,
        power,
        is_lowest: fraction == 0,
    };
    written(number, &exact.shortest(&shortest), 15)
}

/// The text form of a `real`.
pub(super) fn real(number: f32) -> String {
    let shortest = format!("{:e}", number.abs());
    let certain = digits_of(&shortest).len() <= 6 && number.abs() < 16_777_216.0;
    if certain || !number.is_finite() {
        return written(number.into(), &shortest, 6);
    }
    let bits = number.to_bits();
    let (power, fraction) = ((bits >> 23) & 0xff, bits & ((1 << 23) - 1));
    let mantissa = if power == 0 {
        fraction
    } else {
        fraction | 1 << 23
    };
    let power = i32::try_from(power.max(1)).unwrap_or(1) - 150;
    let exact = Binary {
        mantissa: mantissa.into(),
        power,
        is_lowest: fraction == 0,
    };
    written(number.into(), &exact.shortest(&shortest), 6)
}

fn digits_of(shortest: &str) -> String {
    let mantissa = shortest.split('e').next().unwrap_or_default();
    mantissa.chars().filter(char::is_ascii_digit).collect()
}

/// A number as the machine has it: `mantissa` times two to the power of `power`.
struct Binary {
    mantissa: u64,
    power: i32,
    /// Whether the number below it is half as far as the one above.
    is_lowest: bool,
}

impl Binary {
    /// The fewest digits that read back as the number. Rust takes a decimal halfway to a neighbour too,
    /// where that reads back; the server does not, and of two as near it takes the even one.
    fn shortest(&self, shortest: &str) -> String {
        // In units of a quarter of the last place, and of a power of ten that makes all numbers whole.
        let scale = u32::try_from(2 - self.power).unwrap_or(0);
        let up = BigUint::from(2_u32).pow(u32::try_from(self.power - 2).unwrap_or(0));
        let ten = BigUint::from(10_u32);
        let unit: BigUint = up * BigUint::from(5_u32).pow(scale);
        let exact = BigUint::from(self.mantissa) * 4_u32 * &unit;
        let below = if self.is_lowest { 1_u32 } else { 2_u32 };
        let low = &exact - &unit * below;
        let high = &exact + &unit * 2_u32;
        let all = exact.to_string().len();
        for digits in digits_of(shortest).len()..=17.min(all) {
            let dropped = u32::try_from(all - digits).unwrap_or(0);
            let place: BigUint = ten.clone().pow(dropped);
            let mut kept: BigUint = &exact / &place;
            let rest = (&exact % &place) * 2_u32;
            if rest > place || (rest == place && kept.bit(0)) {
                kept += 1_u32;
            }
            let near = &kept * &place;
            if low < near && near < high {
                let text = kept.to_string();
                let power =
                    i64::try_from(text.len() + all - digits).unwrap_or(0) - 1 - i64::from(scale);
                let (first, others) = text.split_at(1);
                let others = others.trim_end_matches('0');
                let point = if others.is_empty() { "" } else { "." };
                return format!("{first}{point}{others}e{power}");
            }
        }
        shortest.to_owned()
    }
}

/// `shortest` is the number without its sign as digits and a power of ten, such as `1.5e-7`; powers
/// from -4 and below `plain` are written without.
fn written(number: f64, shortest: &str, plain: i32) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    if number.is_infinite() {
        return format!("{sign}Infinity");
    }
    let (mantissa, power) = shortest.split_once('e').unwrap_or((shortest, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let text = if !(-4..plain).contains(&power) {
        let sign = if power < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", power.abs())
    } else if power < 0 {
        let zeros = "0".repeat(usize::try_from(-power - 1).unwrap_or(0));
        format!("0.{zeros}{digits}")
    } else {
        let whole = usize::try_from(power).unwrap_or(0) + 1;
        match digits.split_at_checked(whole) {
            Some((all, "")) => all.to_owned(),
            Some((whole, fraction)) => format!("{whole}.{fraction}"),
            None => format!("{digits:0<whole$}"),
        }
    };
    format!("{sign}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_floats_as_the_server_does() {
        for (number, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (123_456.789, "123456.789"),
            (1e14, "100000000000000"),
            (1e15, "1e+15"),
            (1.5e-4, "0.00015"),
            (1.5e-5, "1.5e-05"),
            (1e300, "1e+300"),
            (f64::NEG_INFINITY, "-Infinity"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(double(number), text);
        }
        // halfway to a neighbour, and of two as near
        assert_eq!(double(1e23), "9.999999999999999e+22");
        assert_eq!(double(946_382_426_115_985.2), "946382426115985.2");
        assert_eq!(double(9_007_199_254_740_992.0), "9.007199254740992e+15");
        assert_eq!(real(131_467_428.0), "1.31467424e+08");
        assert_eq!(real(16_777_216.0), "1.6777216e+07");
        assert_eq!(real(1_000_000.0), "1e+06");
        assert_eq!(real(0.1), "0.1");
    }
}
