//! JSON: which texts are taken.

/// How deep arrays and objects may nest.
pub(super) const DEEPEST: usize = 64;
/// Signs that no JSON text holds as they are, but for the blanks between its parts.
pub(super) const SIGNS: &str = "[\u{1}-\u{8}\u{b}\u{c}\u{e}-\u{1f}]";
/// A string. `\u0000` and half of a surrogate pair stand for no character.
pub(super) const STRING: &str = "\"([^\"\\\\\u{1}-\u{1f}]|[\\\\][\"\\\\/bfnrt]|[\\\\]u(0{3}[1-9a-fA-F]|00[1-9a-fA-F][0-9a-fA-F]|0[1-9a-fA-F][0-9a-fA-F]{2}|[1-9a-cA-Ce-fE-F][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}|[dD][89abAB][0-9a-fA-F]{2}[\\\\]u[dD][c-fC-F][0-9a-fA-F]{2}))*\"";
/// A number or a word.
pub(super) const SCALAR: &str = "-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?|true|false|null";
/// A number that `numeric` may not hold.
pub(super) const HUGE: &str = "[0-9]{255}|[eE][+-]?0*[1-9][0-9]{3}";
/// An array or an object whose parts are one sign each: `\u{1}` a string, `\u{2}` anything else.
pub(super) const INNERMOST: &str =
    "\\[([\u{1}\u{2}](,[\u{1}\u{2}])*)?\\]|[{](\u{1}:[\u{1}\u{2}](,\u{1}:[\u{1}\u{2}])*)?[}]";
