//! Foreign lines and blocks of lines: fences, quoted mail, transcripts, logs and code.

use std::ops::Range;

use super::{
    blank::{Blank, lines},
    code,
};

/// Blanks foreign lines. Returns the blocks that have marks of their own, such as fences and
/// quoted mail.
pub(super) fn read(blank: &mut Blank<'_>) -> Vec<Range<usize>> {
    let text = blank.text;
    let mut blocks: Vec<Range<usize>> = Vec::new();
    if !may_have_foreign_lines(text) {
        return blocks;
    }
    let mut fence: Option<(&str, usize)> = None;
    let is_talk = is_transcript(text);
    for span in lines(text) {
        let line = text[span.clone()].trim();
        if let Some((mark, start)) = fence {
            if line.starts_with(mark) {
                blocks.push(start..span.end);
                fence = None;
            }
            continue;
        }
        if let Some(mark) = FENCES.iter().find(|mark| opens(line, mark)) {
            fence = Some((mark, span.start));
        } else if is_quoted(line) {
            blocks.push(span);
        } else if begins_mail(line) {
            // All that follows is the mail of somebody else.
            fence = Some((END, span.start));
        } else if code::is_code(line) || code::is_log(line) || is_turn(line, is_talk) {
            blank.add(span);
        }
    }
    if let Some((_, start)) = fence {
        blocks.push(start..text.len());
    }
    for block in &blocks {
        blank.add(block.clone());
    }
    blocks
}

/// Returns true if a text has a sign of code or mail, capitals as of a log, or no spaces. Most
/// messages have none.
fn may_have_foreign_lines(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().any(|byte| b"`~|>:;={}($#/@\"".contains(byte))
        || bytes.windows(2).any(|it| it.iter().all(u8::is_ascii_uppercase))
        || text.lines().any(|line| !line.trim().contains(' '))
        || text.contains("return '")
}

const FENCES: &[&str] = &["```", "~~~", "\"\"\""];

/// A mark that no line has.
const END: &str = "\n";

/// Returns true if a line opens a fence, and does not close it too.
fn opens(line: &str, mark: &str) -> bool {
    line.strip_prefix(mark).is_some_and(|rest| !rest.contains(mark))
}

fn is_quoted(line: &str) -> bool {
    let rest = line.strip_prefix('>').or_else(|| line.strip_prefix("| "));
    // An arrow and a face are no marks of a quotation.
    rest.is_some_and(|rest| !rest.starts_with([':', '_', '.', '=', '<']))
}

/// Returns true for the heading of a mail that was forwarded or answered.
fn begins_mail(line: &str) -> bool {
    let dashes = line.starts_with("---") && line.ends_with('-');
    let is_heading = ["original message", "forwarded message", "original-nachricht"]
        .iter()
        .any(|it| dashes && line.to_lowercase().contains(it));
    let introduces = line.starts_with("On ") && line.ends_with(" wrote:");
    is_heading
        || introduces
        || line.starts_with("From: ")
        || line.eq_ignore_ascii_case("begin forwarded message:")
}

/// Labels of the speakers in transcripts of assistants and services.
const ROLES: &[&str] = &[
    "user",
    "assistant",
    "system",
    "human",
    "ai",
    "bot",
    "agent",
    "customer",
    "caller",
    "client",
    "interviewer",
    "interviewee",
    "patient",
    "narrator",
    "q",
    "a",
];

/// Returns true if a line is somebody's turn in a transcript.
fn is_turn(line: &str, is_talk: bool) -> bool {
    if is_chat_line(line) || is_timed_name(line) {
        return true;
    }
    let rest = after_time(line);
    let is_timed = rest.len() < line.len();
    let Some(label) = label(rest) else { return false };
    if label.eq_ignore_ascii_case("me") {
        return false;
    }
    is_timed || is_talk || ROLES.iter().any(|role| label.eq_ignore_ascii_case(role))
}

/// Returns true for a line of a chat, such as "<Igor> hello", but not for an element of markup.
fn is_chat_line(line: &str) -> bool {
    let Some((name, rest)) = line.strip_prefix('<').and_then(|it| it.split_once("> ")) else {
        return false;
    };
    let is_name = name.starts_with(char::is_uppercase) && name.chars().all(char::is_alphanumeric);
    is_name && !rest.contains("</")
}

/// Returns true for a name with a time behind it: "Igor (10:02): hello", "Igor, 10:02 AM: hello".
fn is_timed_name(line: &str) -> bool {
    let Some((label, _)) = line.split_once(": ") else { return false };
    let Some((name, time)) = label.split_once([',', '(', '[']) else { return false };
    let is_time = time.contains(':')
        && time.chars().all(|c| c.is_ascii_digit() || " :.,/-)]AMPamp".contains(c));
    is_time && name.starts_with(char::is_uppercase) && name.trim().split(' ').count() <= 3
}

/// Returns a line without the time of day before it: "[10:02] Bob: hi".
fn after_time(line: &str) -> &str {
    let open = line.trim_start_matches(['[', '(']);
    let digits = open.trim_start_matches(|c: char| {
        c.is_ascii_digit() || matches!(c, ':' | '/' | '.' | '-' | ',' | ' ')
    });
    let time = &open[..open.len() - digits.len()];
    let is_time = time.contains(':') && time.starts_with(|c: char| c.is_ascii_digit());
    if !is_time {
        return line;
    }
    let rest = digits.trim_start_matches("AM").trim_start_matches("PM");
    rest.trim_start_matches([']', ')', ' ', '-'])
}

/// Returns the label of a line: one or two words before a colon.
fn label(line: &str) -> Option<&str> {
    let (label, rest) = line.split_once(':')?;
    let label = label.trim_matches(['*', '<', '>', '@', ' ']);
    let words = label.split(' ').count();
    let is_word = label.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '.' | '-'));
    let opens = label.starts_with(|c: char| c.is_alphabetic());
    (words <= 2 && is_word && opens && rest.starts_with([' ', '*'])).then_some(label)
}

/// Returns true if lines of a text have the names of at least two speakers before them, and
/// nothing else has a label.
fn is_transcript(text: &str) -> bool {
    let mut names: Vec<&str> = Vec::new();
    let (mut turns, mut others) = (0, 0);
    for span in lines(text) {
        match label(text[span.clone()].trim()).filter(|label| is_speaker(label)) {
            Some(name) => {
                turns += 1;
                if names.len() < 2 && !names.contains(&name) {
                    names.push(name);
                }
            }
            None => others += usize::from(!text[span].trim().is_empty()),
        }
    }
    2 <= names.len() && others < turns
}

/// Returns true for an unknown word that is written like a name: "Update: ..." is a
/// statement.
fn is_speaker(label: &str) -> bool {
    const LABELS: &[&str] = &[
        "update",
        "fyi",
        "note",
        "ps",
        "edit",
        "correction",
        "news",
        "name",
        "age",
        "home",
        "city",
        "location",
        "address",
        "phone",
        "email",
        "mail",
        "job",
        "employer",
        "company",
        "role",
        "diet",
        "status",
        "hobby",
        "hobbies",
        "birthday",
        "reminder",
        "context",
        "background",
        "work",
        "family",
        "car",
        "pets",
        "pet",
        "editor",
        "language",
        "languages",
        "today",
        "yesterday",
        "question",
        "info",
        "summary",
        "title",
        "profile",
        "subject",
    ];
    let is_capital = label.split(' ').all(|word| word.starts_with(char::is_uppercase));
    let low = label.to_lowercase();
    let (lemma, classes) = crate::lexicon::read(&low);
    is_capital
        && classes == 0
        && !LABELS.contains(&low.as_str())
        && !LABELS.contains(&lemma.as_str())
}
