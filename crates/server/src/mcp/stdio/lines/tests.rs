//! Lines at the limits of a read and of a line.

use std::io::BufReader;

use super::{LINE_BYTES_MAX, Line, next};

fn lines(input: &[u8], capacity: usize) -> Vec<Line> {
    let mut input = BufReader::with_capacity(capacity, input);
    std::iter::from_fn(|| next(&mut input)).collect()
}

#[test]
fn lines_are_the_same_whatever_the_size_of_a_read() {
    let input = b"one\n\ntwo\r\nlast";
    for capacity in 1..20 {
        let whole = |text: &str| Line::Whole(text.as_bytes().to_vec());
        assert_eq!(
            lines(input, capacity),
            [whole("one"), whole(""), whole("two\r"), whole("last")]
        );
    }
}

#[test]
fn a_line_at_the_limit_is_kept_and_a_longer_one_is_not() {
    let mut input = vec![b'a'; LINE_BYTES_MAX];
    input.push(b'\n');
    input.extend(vec![b'b'; LINE_BYTES_MAX + 1]);
    input.extend(b"\nc\n");
    let lines = lines(&input, 65_536);
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0], Line::Whole(vec![b'a'; LINE_BYTES_MAX]));
    assert_eq!(lines[1..], [Line::TooLong, Line::Whole(b"c".to_vec())]);
}
