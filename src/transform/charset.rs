//! The sets of characters that both back-ends treat alike: what is blank, what is the lower case of what.
//!
//! The server's own `lower` and `btrim` depend on its locale and version; these do not.

/// What a non-text type's text may have around it: the blanks of ASCII.
pub(super) const ASCII_BLANKS: &str = " \t\n\r\u{b}\u{c}";

/// What `trim` cuts: blanks as people paste them.
pub(super) const BLANKS: &str = " \t\n\r\u{b}\u{c}\u{a0}\u{2002}\u{2003}\u{2007}\u{2009}\u{200a}\u{200b}\u{202f}\u{3000}\u{feff}";

/// Letters whose lower case is one other letter, as two strings of equal length: ASCII alone.
pub(super) const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// See [`UPPER`].
pub(super) const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";

/// The blocks of letters that `lower` knows: Latin, Greek, Cyrillic, Armenian, Latin for Vietnamese.
const LETTERS: [(u32, u32); 4] = [
    (0xc0, 0x24f),
    (0x386, 0x3ff),
    (0x400, 0x587),
    (0x1e00, 0x1eff),
];

/// The one other letter that is the lower case of `c`.
pub(super) fn lower(c: char) -> char {
    let code = u32::from(c);
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    if !LETTERS
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&code))
    {
        return c;
    }
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// Every letter that [`lower`] changes, and what it becomes, in two strings of as many characters.
pub(super) fn case_pairs() -> (String, String) {
    let ascii = 0x41..=0x5a;
    let others = LETTERS.into_iter().flat_map(|(first, last)| first..=last);
    let letters = ascii.chain(others).filter_map(char::from_u32);
    letters
        .map(|c| (c, lower(c)))
        .filter(|(c, lower)| c != lower)
        .unzip()
}
