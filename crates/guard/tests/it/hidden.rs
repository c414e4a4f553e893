//! Characters that nobody sees.

use aios_guard::sanitize;

#[test]
fn what_nobody_sees_is_stripped() {
    let check = |text: &str, expect: &str| assert_eq!(sanitize(text), expect, "{text:?}");
    check("plain\ttext\n", "plain\ttext\n");
    check("a\u{200B}b\u{2060}c", "abc");
    check("\u{202E}evil\u{202C}", "evil");
    check("tags\u{E0041}\u{E0042}", "tags");
    check("bell\x07 and \x1b[31mred\x1b[0m", "bell and [31mred[0m");
    check("\u{FEFF}bom", "bom");
}
