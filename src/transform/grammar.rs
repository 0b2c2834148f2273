//! The forms of texts that a cast takes, as regular expressions that the server and this program read
//! alike: ASCII classes in brackets only, no shorthand, anchored at both ends.

/// A number, whole or not.
pub(super) const NUMBER: &str = "^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$";
/// A number whose power of ten has more digits than anyone means.
pub(super) const HUGE_POWER: &str = "[eE][+-]?0*[1-9][0-9]{3,}$";
/// The longest text of a number; the server's limit depends on where the point is.
pub(super) const NUMBER_LENGTH: usize = 1000;
/// Not a number.
pub(super) const NAN: &str = "^[nN][aA][nN]$";
/// Beyond every number.
pub(super) const INFINITE: &str = "^[+-]?[iI][nN][fF]([iI][nN][iI][tT][yY])?$";

/// The smallest and the largest size of a `real`; nothing is rounded to zero or to infinity in between.
pub(super) const REAL: (&str, &str) = ("1.2e-37", "3.4028234e38");
/// The same of a `double precision`.
pub(super) const DOUBLE: (&str, &str) = ("1e-307", "1.797693134862315e308");

/// The words for true and for false, in lower case: every beginning that means one of them alone.
pub(super) const TRUE: [&str; 9] = ["t", "tr", "tru", "true", "y", "ye", "yes", "on", "1"];
/// See [`TRUE`].
pub(super) const FALSE: [&str; 10] = [
    "f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0",
];

/// 32 hexadecimal digits, hyphens between groups of four or not.
pub(super) const UUID: &str = "^([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}$";
/// The same in braces.
pub(super) const UUID_IN_BRACES: &str = "^[{]([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}[}]$";

/// Bytes in the server's hexadecimal form.
pub(super) const BYTES: &str = "^[\\\\]x([0-9a-fA-F]{2})*$";

/// What looks like a date, perhaps with a time, perhaps with an offset.
pub(super) const MOMENT: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?( ?([zZ]|[+-][0-9]{2}(:?[0-9]{2})?))?)?$";
/// The first ten characters of one, whose every part is one that exists, but for February 29th.
pub(super) const DAY_THAT_EXISTS: &str = "^([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))$";
/// What follows them, whose every part is one that exists.
pub(super) const HOUR_THAT_EXISTS: &str = "^([T ](([01][0-9]|2[0-3]):[0-5][0-9](:([0-5][0-9]([.][0-9]{1,9})?|60([.]0{1,9})?))?|24:00(:00([.]0{1,9})?)?)( ?([zZ]|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?))?)?$";
/// Before or after every moment.
pub(super) const ENDLESS: &str = "^-?[iI][nN][fF][iI][nN][iI][tT][yY]$";

/// What looks like a time of day.
pub(super) const CLOCK: &str = "^[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?$";
/// Such a text whose every part is one that exists.
pub(super) const CLOCK_THAT_EXISTS: &str = "^(([01][0-9]|2[0-3]):[0-5][0-9](:([0-5][0-9]([.][0-9]{1,9})?|60([.]0{1,9})?))?|24:00(:00([.]0{1,9})?)?)$";

/// The numbers of a range, blanks and dashes made plain, letters small, and what stands before and after
/// them cut off. Groups: integer digits, fraction and magnitude of the first number; a plus; the three of
/// the second number. A fraction has one or two digits: three after a dot may as well be thousands. The server takes ten times as long for one expression over the whole text.
pub(super) const RANGE: &str = "^([0-9]{1,3}(?:[, '][0-9]{3})+|[0-9]+)([.][0-9]{1,2})?(k|m)?(?: ?([+])| ?(?:-|to) ?[$€£]? ?([0-9]{1,3}(?:[, '][0-9]{3})+|[0-9]+)([.][0-9]{1,2})?(k|m)?)?$";
/// The longest text of a range, in characters.
pub(super) const RANGE_LENGTH: usize = 80;
/// What may stand before the numbers, besides letters.
pub(super) const RANGE_START: &str = " <>=$€£";
/// The signs of money among them, of which there may be one.
pub(super) const MONEY: &str = "$€£";
/// What may stand after the numbers. Each begins as no number goes on.
pub(super) const RANGE_TAILS: [&str; 5] =
    [" employees", " employee", " people", " persons", " staff"];
/// How those begin.
pub(super) const TAIL_STARTS: [&str; 3] = [" e", " p", " s"];
/// Signs of a range without a lower end.
pub(super) const BELOW: [&str; 7] = ["<", "<=", "under", "below", "less than", "up to", "at most"];
/// Signs of a range without an upper end.
pub(super) const ABOVE: [&str; 6] = [">", ">=", "over", "above", "more than", "at least"];
/// What people write for a blank and for a dash in a range, each with the plain one it becomes.
pub(super) const RANGE_SIGNS: (&str, &str) = (
    "\u{9}\u{a}\u{d}\u{b}\u{c}\u{a0}\u{2002}\u{2003}\u{2007}\u{2009}\u{200a}\u{202f}\u{3000}\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}\u{2019}\u{ff0b}\u{200b}\u{feff}",
    "             -------'+",
);
