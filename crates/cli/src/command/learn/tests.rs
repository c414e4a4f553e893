//! Messages in their notations.

use super::messages;

#[test]
fn lines_arrays_and_wrapped_arrays_are_read_with_their_places() {
    let lines = "{\"content\": \"a\"}\n\n{\"content\": \"b\"}\n";
    let array = "[{\"content\": \"a\"},\n {\"content\": \"b\"}]";
    let wrapped = format!("{{\"messages\": {array}}}");
    for (text, places) in [(lines, [1, 3]), (array, [1, 2]), (&wrapped, [1, 2])] {
        let found: Vec<u64> = messages(text).unwrap().into_iter().map(|it| it.0).collect();
        assert_eq!(found, places, "{text}");
    }
    assert!(messages("{\"content\": \"a\"}\nhello").is_err());
    assert!(messages("[1]").is_err());
}
