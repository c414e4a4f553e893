//! Lines of any length.

use super::*;

fn check(input: &[u8], expect: &[Result<&[u8], u64>]) {
    for capacity in [1, 2, 7, 64] {
        let mut lines = Lines::new(io::BufReader::with_capacity(capacity, input), 5);
        let mut found = Vec::new();
        while let Some((number, line)) = lines.next().unwrap() {
            assert_eq!(number, found.len() as u64 + 1);
            found.push(match line {
                Line::Whole(line) => Ok(line.to_vec()),
                Line::TooLong { bytes } => Err(bytes),
            });
        }
        let expect: Vec<_> = expect.iter().map(|line| line.map(<[u8]>::to_vec)).collect();
        assert_eq!(found, expect, "with a buffer of {capacity}");
    }
}

#[test]
fn lines_end_anywhere_and_long_ones_are_skipped() {
    check(b"", &[]);
    check(b"ab", &[Ok(b"ab")]);
    check(b"ab\r\n\ncd\n", &[Ok(b"ab"), Ok(b""), Ok(b"cd")]);
    check(b"12345\n123456\nab", &[Ok(b"12345"), Err(6), Ok(b"ab")]);
    check(b"1234567890", &[Err(10)]);
}
