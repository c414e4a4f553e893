//! Splitting a text into individually forgettable parts.

use super::{Rest, paragraphs_of, parts_of, without};

#[test]
fn longer_parts_come_before_the_parts_they_contain() {
    let text = "# One\r\n\r\nfirst\nsecond\n \nthird";
    let parts: Vec<&str> = parts_of(text).into_iter().map(|part| text[part].trim_end()).collect();
    let runs = [text, "# One\r\n\r\nfirst\nsecond", "# One\r\n\r\nfirst", "# One"];
    assert_eq!(parts[..4], runs);
    let runs = ["first\nsecond\n \nthird", "first\nsecond", "first", "second\n \nthird"];
    assert_eq!(parts[4..8], runs);
    assert_eq!(parts[8..], ["second", "third"]);
    assert!(parts_of(" \n\n").is_empty());
    let paragraphs: Vec<&str> = paragraphs_of(text).collect();
    assert_eq!(paragraphs, ["first\nsecond", "third"]);
}

#[test]
fn a_rest_of_punctuation_and_labels_says_nothing() {
    assert_eq!(without("one", std::iter::empty()), None);
    for (text, part, says) in [
        ("Hi\n\nsecret\n\nbye", 4..11, true),
        ("# Head\n\nsecret", 8..14, false),
        ("secret\n[file: plan.pdf]", 0..7, false),
        ("- secret\n---", 2..9, false),
    ] {
        let Rest { text: rest, left_out } = &without(text, [part].into_iter()).unwrap();
        assert!(!rest.contains("secret"), "{rest}");
        let rest = Rest { text: rest.clone(), left_out: *left_out };
        assert_eq!((rest.says_something(), rest.left_out), (says, 1), "{text}");
    }
}
