//! Descriptions that mean the same task.

use super::words;

#[test]
fn the_article_and_punctuation_do_not_change_a_task() {
    assert_eq!(words("Please restart the nginx on web-3."), words("Restart nginx on \"web-3\""));
}

#[test]
fn another_name_direction_or_negation_is_another_task() {
    let same = words("copy a.txt to b.txt");
    let others = [
        "copy b.txt to a.txt",
        "copy to b.txt",
        "copy a a.txt to b.txt",
        "copy a.txt to c.txt",
        "copy A.txt to b.txt",
        "copy .a.txt to b.txt",
        "do not copy a.txt to b.txt",
    ];
    for other in others {
        assert_ne!(words(other), same, "{other}");
    }
    assert_ne!(words("list ."), words("list"));
}
