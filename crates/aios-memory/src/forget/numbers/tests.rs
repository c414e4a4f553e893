//! Numbers that differ in a sign, and numbers written in two ways.

use super::numbers;

#[test]
fn numbers_keep_signs_points_and_comparisons() {
    for (text, expect) in [
        ("at -4 degrees", &["-4"][..]),
        ("at \u{2212}4 degrees", &["-4"]),
        ("at 4 degrees", &["4"]),
        ("-4", &["-4"]),
        ("2026-05-08", &["05", "08", "2026"]),
        ("covid-19, B-52 and 3-4 people", &["19", "3", "4", "52"]),
        ("costs $1,299.00, not 1,5", &["1,5", "1299.00"]),
        ("1.5 bar.", &["1.5"]),
        ("10,20,300", &["10,20300"]),
        ("m\u{b2}", &["\u{b2}"]),
        ("none", &[]),
        ("price < 5", &["<5"]),
        ("price >5", &[">5"]),
        ("price <= $5 and >= -3", &["<=5", ">=-3"]),
        ("x \u{2264} 5, y \u{2260} 6, z = 7", &["7", "\u{2260}6", "\u{2264}5"]),
        ("> 5 apples\n> 6 pears -> 7 => 8", &["5", "6", "7", "8"]),
        ("meeting at 3:30", &["3:30"]),
        ("at 3: 30 people", &["3", "30"]),
    ] {
        assert_eq!(numbers(text).into_iter().collect::<Vec<_>>(), expect, "{text}");
    }
}
