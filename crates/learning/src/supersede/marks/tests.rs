//! Sets with and without a common word.

use super::*;

fn marks(text: &str) -> Marks {
    Marks::default().with(text.split(' '))
}

#[test]
fn sets_with_a_common_word_may_meet() {
    let words =
        |from: u32| (from..from + 40).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ");
    for from in 0..200 {
        assert!(marks(&words(from)).may_meet(&marks(&format!("other w{}", from + 20))), "{from}");
    }
}

#[test]
fn most_sets_without_a_common_word_do_not_meet() {
    let said = marks("dentist appointment thursday move friday");
    let met = (0..1_000).filter(|n| marks(&format!("a{n} b{n} c{n} d{n}")).may_meet(&said)).count();
    assert!(met < 250, "{met}");
    assert!(!marks("").may_meet(&marks("a")));
}
