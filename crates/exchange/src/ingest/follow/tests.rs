//! Lines and calls of session files.

use std::io::Write;

use super::{calls::unanswered, *};

fn file(content: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    file
}

#[test]
fn an_incomplete_last_line_waits() {
    let file = file(b"one\ntwo\nthr");
    let read = |offset, bytes_max| {
        let lines = lines_from(&mut File::open(file.path()).unwrap(), offset, bytes_max).unwrap();
        (String::from_utf8(lines.bytes).unwrap(), lines.count, lines.has_more)
    };
    assert_eq!(read(0, 100), ("one\ntwo\n".to_owned(), 2, false));
    assert_eq!(read(0, 5), ("one\n".to_owned(), 1, true));
    assert_eq!(read(0, 1), ("one\n".to_owned(), 1, true), "at least one line");
    assert_eq!(read(4, 100), ("two\n".to_owned(), 1, false));
    assert_eq!(read(8, 100), (String::new(), 0, false));
}

#[test]
fn a_line_that_is_too_long_is_counted_and_not_held() {
    let long = vec![b'x'; LINE_BYTES_MAX + 7];
    let file = file(&[b"a\n", &long[..], b"\nb\n"].concat());
    let lines = lines_from(&mut File::open(file.path()).unwrap(), 0, u64::MAX).unwrap();
    assert_eq!(lines.bytes, b"a\nb\n");
    assert_eq!(lines.count, 3);
    assert_eq!(lines.too_long, [(2, long.len() as u64)]);
}

#[test]
fn the_first_call_without_a_result_is_found() {
    let call = |id: &str| {
        format!(r#"{{"message":{{"content":[{{"type":"tool_use","id":"{id}"}}]}}}}"#) + "\n"
    };
    let result = |id: &str| {
        format!(r#"{{"message":{{"content":[{{"type":"tool_result","tool_use_id":"{id}"}}]}}}}"#)
            + "\n"
    };
    let of = |lines: &[String]| unanswered(Format::ClaudeCode, lines.concat().as_bytes());
    assert_eq!(of(&[call("a"), result("a")]), None);
    let length = (call("a").len() + result("a").len()) as u64;
    assert_eq!(of(&[call("a"), result("a"), call("b"), call("c"), result("c")]), Some((length, 2)));
    let codex = concat!(
        r#"{"type":"response_item","payload":{"type":"function_call","call_id":"a"}}"#,
        "\n",
        r#"{"type":"event_msg","payload":{"type":"exec_command_end","call_id":"z"}}"#,
        "\n",
    );
    assert_eq!(unanswered(Format::Codex, codex.as_bytes()), Some((0, 0)));
    let answered = format!(
        "{codex}{}\n",
        r#"{"type":"response_item","payload":{"type":"function_call_output","call_id":"a"}}"#
    );
    assert_eq!(unanswered(Format::Codex, answered.as_bytes()), None);
}

/// Builds a line of a Claude Code session with a part of a message.
fn line(part: &serde_json::Value) -> String {
    let message = serde_json::json!({"content": [part]});
    format!("{}\n", serde_json::json!({"uuid": "u", "sessionId": "s", "message": message}))
}

/// Reads a whole file in readings of at most `bytes_max` bytes, and returns the lines of each.
fn readings(path: &Path, bytes_max: u64) -> Vec<u64> {
    let (mut place, mut counts): (Option<Place>, Vec<u64>) = (None, Vec::new());
    loop {
        let reading =
            Reading::of(path, Format::ClaudeCode, place.as_ref(), bytes_max, LastLine::Waits)
                .unwrap();
        counts.push(reading.bytes.iter().filter(|byte| **byte == b'\n').count() as u64);
        let before = place.as_ref().map_or(0, |place| place.offset);
        assert!(!reading.has_more || before < reading.place.offset, "no progress at {before}");
        place = Some(reading.place);
        if !reading.has_more {
            return counts;
        }
    }
}

#[test]
fn a_reading_goes_on_until_a_long_result_is_in_it() {
    let call = line(&serde_json::json!({"type": "tool_use", "id": "t"}));
    let output = "x".repeat(5 << 20);
    let result =
        line(&serde_json::json!({"type": "tool_result", "tool_use_id": "t", "content": output}));
    let other = line(&serde_json::json!({"type": "text", "text": "Thank you."}));
    let whole = file([&call[..], &result, &other].concat().as_bytes());
    assert_eq!(readings(whole.path(), FOLLOW_BYTES), [3]);
    let later = file([&other[..], &call, &result, &other].concat().as_bytes());
    assert_eq!(readings(later.path(), FOLLOW_BYTES), [2, 3]);
}

#[test]
fn every_reading_makes_progress() {
    let call = line(&serde_json::json!({"type": "tool_use", "id": "t"}));
    let other = line(&serde_json::json!({"type": "text", "text": "Thank you."}));
    for lines in [
        vec![&call; 4],
        [vec![&call], vec![&other; 4]].concat(),
        [vec![&other; 2], vec![&call], vec![&other; 4]].concat(),
    ] {
        let text: String = lines.into_iter().cloned().collect();
        for bytes_max in [0, 1, 100, 200, 300, 400, FOLLOW_BYTES] {
            readings(file(text.as_bytes()).path(), bytes_max);
        }
    }
}

#[test]
fn a_whole_last_line_without_its_end_is_read_at_the_end_of_a_session() {
    let [one, two] = ["Boil the water.", "Thank you."]
        .map(|text| line(&serde_json::json!({"type": "text", "text": text})));
    let read = |text: &str, last_line| {
        let file = file(text.as_bytes());
        let reading =
            Reading::of(file.path(), Format::ClaudeCode, None, FOLLOW_BYTES, last_line).unwrap();
        (String::from_utf8(reading.bytes).unwrap(), reading.place.offset)
    };
    let whole = format!("{one}{}", two.trim_end());
    let end = one.len() as u64;
    assert_eq!(read(&whole, LastLine::Waits), (one.clone(), end));
    assert_eq!(read(&whole, LastLine::Read), (whole.clone(), end));
    let part = &whole[..whole.len() - 1];
    assert_eq!(read(part, LastLine::Read), (one.clone(), end));
}

/// Returns a line of a Codex session: its header, or a message as an item or as an event.
fn codex_line(sort: &str) -> String {
    let payload = match sort {
        "session_meta" => serde_json::json!({"id": "c1"}),
        "event_msg" => serde_json::json!({"type": "agent_message", "message": "Done."}),
        "response_item" => serde_json::json!({"type": "message", "role": "assistant",
            "content": [{"type": "output_text", "text": "Done."}]}),
        _ => serde_json::json!({}),
    };
    format!("{}\n", serde_json::json!({"type": sort, "payload": payload}))
}

/// Reads the file that grows by each of `parts`, and returns the number of items and of events in
/// each reading.
fn codex_readings(parts: &[&str], last_line: LastLine) -> Vec<[usize; 2]> {
    let mut file = file(b"");
    let mut place = None;
    let read = |part: &&str| {
        file.write_all(part.as_bytes()).unwrap();
        let (path, before) = (file.path(), place.as_ref());
        let reading = Reading::of(path, Format::Codex, before, FOLLOW_BYTES, last_line).unwrap();
        let text = String::from_utf8(reading.bytes).unwrap();
        place = Some(reading.place);
        ["response_item", "event_msg"].map(|sort| text.matches(sort).count())
    };
    parts.iter().map(read).collect()
}

#[test]
fn an_item_and_its_event_in_two_readings_are_one_message() {
    let [header, item, event, other] =
        ["session_meta", "response_item", "event_msg", "turn_context"].map(codex_line);
    let read = |parts: &[&str]| codex_readings(parts, LastLine::Waits);
    // The event follows the item.
    assert_eq!(read(&[&(header.clone() + &item), &event]), [[1, 0], [0, 0]]);
    // The item follows the event. The reader of the format compares both.
    assert_eq!(read(&[&(header.clone() + &event), &item]), [[0, 0], [1, 1]]);
    let (begin, end) = item.split_at(20);
    assert_eq!(read(&[&(header.clone() + &event + begin), end]), [[0, 0], [1, 1]]);
    // Further messages of the role.
    let whole = header.clone() + &item + &event;
    assert_eq!(read(&[&whole, &event, &item]), [[1, 1], [0, 0], [1, 0]]);
    // An event without an item.
    let alone = header.clone() + &event;
    assert_eq!(read(&[&alone, &other.repeat(8)]), [[0, 0], [0, 1]]);
    assert_eq!(codex_readings(&[&alone], LastLine::Read), [[0, 1]]);
}
