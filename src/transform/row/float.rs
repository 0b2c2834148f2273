//! Floating point numbers in the server's text form: the fewest digits that mean the number.

/// The text form of a `double precision`.
pub(super) fn double(number: f64) -> String {
    written(number, &format!("{:e}", number.abs()), 15)
}

/// The text form of a `real`.
pub(super) fn real(number: f32) -> String {
    written(number.into(), &format!("{:e}", number.abs()), 6)
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
        assert_eq!(real(1_000_000.0), "1e+06");
        assert_eq!(real(0.1), "0.1");
    }
}
