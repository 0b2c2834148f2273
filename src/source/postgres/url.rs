//! The parts of a `postgres://` URL, taken apart as libpq does.
//!
//! No message of this module repeats what it read: half of a wrong URL may be a password.

use super::options::Misspelling;

/// What a URL says; `None` and empty are left to the environment.
#[derive(Default)]
pub(super) struct Url {
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) host: Option<String>,
    pub(super) port: Option<String>,
    pub(super) database: Option<String>,
    /// What follows the question mark, in order.
    pub(super) parameters: Vec<(String, String)>,
}

const ENCODE: &str = "in a user's name or a password write `@` as `%40`, `/` as `%2F`, `:` as `%3A`, \
                      `?` as `%3F`, `%` as `%25`";
const SHAPE: &str = "a URL reads `postgres://user@host:5432/database?sslmode=require`";

impl Url {
    pub(super) fn parse(text: &str) -> Result<Self, Misspelling> {
        let wrong = |cause: &str, hint| Misspelling {
            cause: cause.to_owned(),
            hint,
        };
        let rest = ["postgres://", "postgresql://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme))
            .ok_or_else(|| wrong("it does not begin with `postgres://`", SHAPE))?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        if path.contains('@') {
            return Err(wrong(
                "a character before the `@` needs to be encoded",
                ENCODE,
            ));
        }

        let mut url = Self::default();
        let place = match authority.rsplit_once('@') {
            Some((who, place)) => {
                let (user, password) = who.split_once(':').unwrap_or((who, ""));
                url.user = filled(decode(user)?);
                url.password = filled(decode(password)?);
                place
            }
            None => authority,
        };
        let (host, port) = if let Some(inner) = place.strip_prefix('[') {
            let (host, port) = inner
                .split_once(']')
                .ok_or_else(|| wrong("an IPv6 address lacks its `]`", SHAPE))?;
            if !port.is_empty() && !port.starts_with(':') {
                return Err(wrong("after `]` comes `:` and a port", SHAPE));
            }
            (host, port.strip_prefix(':').unwrap_or(port))
        } else {
            place.split_once(':').unwrap_or((place, ""))
        };
        url.host = filled(decode(host)?);
        url.port = filled(decode(port)?);
        url.database = filled(decode(path.strip_prefix('/').unwrap_or(path))?);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair
                .split_once('=')
                .ok_or_else(|| wrong("a parameter after `?` lacks its `=`", SHAPE))?;
            url.parameters.push((decode(name)?, decode(value)?));
        }
        Ok(url)
    }
}

fn filled(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn decode(text: &str) -> Result<String, Misspelling> {
    let wrong = |cause: &str| Misspelling {
        cause: cause.to_owned(),
        hint: ENCODE,
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|b| char::from(b).to_digit(16));
        let value = digit()
            .zip(digit())
            .and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        match value {
            Some(0) => return Err(wrong("it holds `%00`, which no name can")),
            Some(value) => bytes.push(value),
            None => return Err(wrong("a `%` is not followed by two hexadecimal digits")),
        }
    }
    String::from_utf8(bytes).map_err(|error| wrong(&format!("decoded, it is not UTF-8: {error}")))
}

/// Writes every byte but letters and digits as `%XX`.
pub(super) fn encode(text: &str) -> String {
    use std::fmt::Write;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a String takes every text");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> String {
        match Url::parse(url) {
            Ok(url) => {
                let part = |part: Option<String>| part.unwrap_or_default();
                let query: Vec<String> = url
                    .parameters
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                format!(
                    "{}|{}|{}|{}|{}|{}",
                    part(url.user),
                    part(url.password),
                    part(url.host),
                    part(url.port),
                    part(url.database),
                    query.join("&")
                )
            }
            Err(wrong) => format!("error: {}", wrong.cause),
        }
    }

    #[test]
    fn takes_urls_apart_as_libpq_does() {
        for (url, expected) in [
            ("postgres://", "|||||"),
            ("postgresql:///crm", "||||crm|"),
            ("postgres://h", "||h|||"),
            ("postgres://u@h:6543/crm", "u||h|6543|crm|"),
            ("postgres://u:p%40s%2Fs%3A@h/crm", "u|p@s/s:|h||crm|"),
            ("postgres://u@corp:p@ss@h/crm", "u@corp|p@ss|h||crm|"),
            ("postgres://u:p#s@h/d", "u|p#s|h||d|"),
            ("postgres://[::1]:5433/d", "||::1|5433|d|"),
            ("postgres://u@%2Ftmp%2Fs/d", "u||/tmp/s||d|"),
            (
                "postgres:///d?host=/tmp/s&sslmode=require",
                "||||d|host=/tmp/s&sslmode=require",
            ),
            ("postgres://h?options=-c%20a%3Db", "||h|||options=-c a=b"),
            ("mysql://h", "error: it does not begin with `postgres://`"),
            (
                "postgres://u:p/s@h/d",
                "error: a character before the `@` needs to be encoded",
            ),
            (
                "postgres://u:50%@h",
                "error: a `%` is not followed by two hexadecimal digits",
            ),
            (
                "postgres://u:%ü@h",
                "error: a `%` is not followed by two hexadecimal digits",
            ),
            ("postgres://[::1/d", "error: an IPv6 address lacks its `]`"),
            (
                "postgres://[::1]x/d",
                "error: after `]` comes `:` and a port",
            ),
            (
                "postgres://h?sslmode",
                "error: a parameter after `?` lacks its `=`",
            ),
            (
                "postgres://h/%00",
                "error: it holds `%00`, which no name can",
            ),
        ] {
            assert_eq!(parts(url), expected, "{url}");
        }
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        for text in ["", "-c search_path=a,b", "50% ü/@:?#[]"] {
            assert_eq!(decode(&encode(text)).ok().as_deref(), Some(text));
        }
    }
}
