//! Messages of Codex that its session file holds twice, as an item and as an event, if the two are
//! in different readings. The reader of the format compares only the rows of one reading.

use std::collections::BTreeSet;

use crate::ingest::formats::{Wording, message_in};

/// Number of lines after an event within which the item that it repeats follows, if there is one.
/// Both are written at almost the same time.
const WAIT_LINES: usize = 8;

/// Signs of the lines with messages, as items and as events.
const SIGNS: &[&str] = &["\"message\"", "_message\""];

/// The events in the lines of a reading.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// Numbers of the lines, from 1, that repeat an item of an earlier reading. They were blanked.
    pub(super) repeated: Vec<u64>,
    /// Offset of the first event whose item may still follow, and number of the lines before it.
    pub(super) waiting: Option<(usize, u64)>,
}

/// Finds the events in `lines`, and blanks those that repeat items of earlier readings. `roles` has
/// the roles with items in the file; those of these lines are added.
pub(super) fn settle(lines: &mut [u8], roles: &mut BTreeSet<String>) -> Events {
    let before = roles.clone();
    let (mut events, mut alone) = (Events::default(), Vec::new());
    let (mut offset, mut count) = (0, 0);
    for line in lines.split_inclusive_mut(|byte| *byte == b'\n') {
        let place = (offset, count);
        offset += line.len();
        count += 1;
        match message_of(line) {
            Some((role, Wording::Event)) if before.contains(&role) => {
                let text = line.trim_ascii_end().len();
                line[..text].fill(b' ');
                events.repeated.push(count as u64);
            }
            Some((role, Wording::Event)) => alone.push((role, place)),
            Some((role, Wording::Item)) => {
                roles.insert(role);
            }
            None => {}
        }
    }
    let may_follow = |at: usize| count <= at + WAIT_LINES;
    let waiting = alone.into_iter().filter(|(role, _)| !roles.contains(role));
    let mut waiting = waiting.map(|(_, place)| place).filter(|(_, line)| may_follow(*line));
    events.waiting = waiting.next().map(|(at, line)| (at, line as u64));
    events
}

/// Returns the role of the message in a line, and whether it is an item or an event.
fn message_of(line: &[u8]) -> Option<(String, Wording)> {
    let text = std::str::from_utf8(line).ok()?;
    if !SIGNS.iter().any(|sign| text.contains(sign)) {
        return None;
    }
    message_in(&serde_json::from_str(text).ok()?)
}
