//! Ends of elements, and reading after broken ones.

use super::*;

fn elements(json: &[u8], capacity: usize) -> Vec<(String, End, u64)> {
    let mut scanner = Scanner::new(io::BufReader::with_capacity(capacity, json)).unwrap();
    let mut found = Vec::new();
    while let Some(byte) = scanner.peek().unwrap() {
        if matches!(byte, b',' | b':' | b'}' | b']') {
            scanner.skip().unwrap();
            continue;
        }
        let element = scanner.element().unwrap();
        let text = String::from_utf8(element.bytes).unwrap();
        found.push((text, element.end, element.place.line));
    }
    found
}

#[test]
fn elements_end_where_their_brackets_close() {
    for capacity in [1, 3, 64] {
        let json = b"\xEF\xBB\xBF{\"a\": \"}\\\"]\"} 12\n[{}, \"]\"], \"b{\" true:{\"c\":[";
        let expect = [
            ("{\"a\": \"}\\\"]\"}", End::Closed, 1),
            ("12", End::Closed, 1),
            ("[{}, \"]\"]", End::Closed, 2),
            ("\"b{\"", End::Closed, 2),
            ("true", End::Closed, 2),
            ("{\"c\":[", End::Open, 2),
        ];
        let expect = expect.map(|(text, end, line)| (text.to_owned(), end, line));
        assert_eq!(elements(json, capacity), expect, "with a buffer of {capacity}");
    }
    assert_eq!(elements(b"{\"a\": [}", 8)[0].1, End::Open);
}

#[test]
fn the_scanner_goes_back_into_an_element() {
    let mut scanner = Scanner::new(&b"[1,\n{\"a\n\": 2}] {}"[..]).unwrap();
    let element = scanner.element().unwrap();
    assert!(scanner.go_back(&element, 4));
    assert_eq!(scanner.place(), Place { line: 2, column: 0 });
    assert_eq!(scanner.element().unwrap().bytes, b"{\"a\n\": 2}");
    assert_eq!(scanner.peek().unwrap(), Some(b']'));
    scanner.skip().unwrap();
    assert_eq!(scanner.peek().unwrap(), Some(b'{'));
    assert_eq!(scanner.place().line, 3);
}

#[test]
fn objects_that_begin_alike_are_found_in_a_broken_element() {
    let head = head_of(b"{ \"role\": 1}").unwrap();
    assert_eq!(head, b"{\"role\"");
    let element = |text: &str, end| Element {
        bytes: text.as_bytes().to_vec(),
        place: Place { line: 1, column: 0 },
        end,
    };
    let cut = "{\"role\": \"a, {\"role\": \"b\"}";
    assert_eq!(next_alike(&element(cut, End::Open), &head), [cut.rfind('{').unwrap()]);
    // An object nested in one whose brackets close is a part of it.
    let nested = "{\"role\": 1, \"in\": [{\"role\": 2}, {\"role\": 3}]}";
    assert_eq!(next_alike(&element(nested, End::Closed), &head), [0; 0]);
    let other = "{\"role\": \"a, {\"type\": \"b\"}";
    assert_eq!(next_alike(&element(other, End::Open), &head), [0; 0]);
}
