//! Records from JSON: one per line, or documents read element by element.
//!
//! A list is never held whole: its elements are passed on as they are read. A single conversation
//! is held whole, since fields that concern its messages, such as their owner, may follow them. A
//! broken element costs only itself, in a list as well as in a file of lines.

mod documents;
mod objects;

use std::{
    io::{self, BufRead},
    ops::ControlFlow,
};

use aios_draft::{
    Defaults, Draft, Mend,
    place::{lift_owner, like_owner, owner_of_record, take_place},
    repeated::{self, Seed},
    said::{name_of, take_time},
    shape::unfold,
    spellings::{EXTERNAL_ID, Field, TEXT, TITLE},
};
use aios_record::Scope;
use serde_json::{Map, Value};

pub(crate) use self::documents::CONVERSATION_BYTES_MAX;
use self::documents::Documents;
use super::{
    elements::{Place, Scanner},
    encoding,
    formats::{self, Formats},
    lines::{LINE_BYTES_MAX, Line, Lines},
    mend::{is_suspect, mend},
    reading::{Piece, Sink},
};

/// Kind of a document's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Elements {
    /// An element with a `conversation` is a LoCoMo sample, any other a message.
    Either,
    Messages,
    /// Like `Either`, but a record without role, name and session is a note.
    Records,
}

/// Reads one record per line.
pub(crate) fn read_lines(
    input: impl BufRead,
    defaults: &Defaults,
    formats: Formats,
    sink: &mut Sink<'_>,
) -> io::Result<ControlFlow<()>> {
    let mut lines = Lines::new(input, LINE_BYTES_MAX);
    let mut hand = Hand { elements: Elements::Records, defaults, formats, sink, conversations: 0 };
    while let Some((number, line)) = lines.next()? {
        let flow = match line {
            Line::Whole(line) => {
                let line = begun(line).trim_ascii_end();
                let begins = Place { line: number, column: 0 };
                match line {
                    [] => continue,
                    line => hand.bytes(begins, line),
                }
            }
            Line::TooLong { bytes } => (hand.sink)(Piece::Failed(
                Some(number),
                format!("the line has {bytes} bytes, more than {LINE_BYTES_MAX}; split it"),
            )),
        };
        if flow.is_break() {
            return Ok(flow);
        }
    }
    Ok(hand.finish())
}

/// Reads consecutive documents: lists of messages or samples, or objects that are one or hold
/// `messages`.
pub(crate) fn read_document(
    input: impl BufRead,
    elements: Elements,
    defaults: &Defaults,
    formats: Formats,
    sink: &mut Sink<'_>,
) -> io::Result<ControlFlow<()>> {
    let scanner = Scanner::new(input)?;
    let mut hand = Hand { elements, defaults, formats, sink, conversations: 0 };
    Documents::new(scanner, &mut hand).read()
}

/// Returns `bytes` without leading white space, byte order marks and record separators, which
/// concatenated files have between them.
pub(crate) fn begun(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes.trim_ascii_start();
    while let Some(rest) =
        bytes.strip_prefix(b"\xEF\xBB\xBF").or_else(|| bytes.strip_prefix(b"\x1E"))
    {
        bytes = rest.trim_ascii_start();
    }
    bytes
}

/// A value with its repairs, or the problem.
type Parsed = Result<(Value, Vec<Mend>), String>;

/// Parses an element, repairing it if necessary.
fn parse(place: Place, bytes: &[u8], seed: Seed) -> Parsed {
    let (text, decoded) = encoding::decode(bytes)?;
    let mut mends: Vec<Mend> = decoded.map(Mend::whole).into_iter().collect();
    let parsed = match is_suspect(&text) {
        true => None,
        false => Some(repeated::parse_as(text.as_bytes(), seed)),
    };
    let error = match parsed {
        Some(Ok(value)) => return Ok((value, mends)),
        Some(Err(error)) => Some(error),
        None => None,
    };
    let mended = mend(&text);
    match repeated::parse_as(mended.json.as_bytes(), seed) {
        Ok(value) => {
            mends.extend(mended.reasons.into_iter().map(Mend::whole));
            Ok((value, mends))
        }
        Err(again) => Err(explain(place, &error.unwrap_or(again))),
    }
}

/// Describes the fault of an element that begins at `place`, whose line is reported separately.
fn explain(place: Place, error: &serde_json::Error) -> String {
    let told = error.to_string();
    let what = told.rfind(" at line ").map_or(&*told, |end| &told[..end]);
    let on_first = if error.line() <= 1 { place.column } else { 0 };
    let column = on_first + error.column() as u64;
    let at = match error.line() {
        0 | 1 => format!("column {column}"),
        further => format!("line {}, column {column}", place.line + further as u64 - 1),
    };
    match error.classify() {
        serde_json::error::Category::Eof => format!("truncated JSON at {at}: {what}"),
        serde_json::error::Category::Syntax => format!("broken JSON at {at}: {what}"),
        _ => what.to_owned(),
    }
}

/// Converts elements into drafts and passes them on.
struct Hand<'a, 's> {
    elements: Elements,
    defaults: &'a Defaults,
    formats: Formats,
    sink: &'a mut Sink<'s>,
    /// Number of conversations so far.
    conversations: u64,
}

/// Number of messages used to recognise the format of a conversation.
const SAMPLE_MAX: usize = 8;

/// Messages of a conversation as they were read, each with its line.
#[derive(Default)]
struct Messages {
    /// A message with its repairs, or the reason why it could not be read.
    read: Vec<(u64, Parsed)>,
    bytes: u64,
    /// True if a broken message may have named the owner of all.
    may_name_owner: bool,
    /// True if they may belong to several conversations.
    is_page: bool,
}

impl Messages {
    /// Returns the owner that one of the messages names.
    ///
    /// # Errors
    /// A message if two owners are named, or if a field only looks like an owner.
    fn owner(&self) -> Result<Option<String>, String> {
        let mut owner = None;
        for message in self.read.iter().filter_map(|(_, parsed)| parsed.as_ref().ok()) {
            let Value::Object(message) = &message.0 else { continue };
            if self.is_page || formats::holds_parts(message) {
                continue;
            }
            let mut message = message.clone();
            unfold(&mut message);
            // An empty owner is an error of its message only.
            message.retain(|_, value| value.as_object().is_none_or(|it| !it.is_empty()));
            owner = formats::agreed(owner, owner_of_record(&mut message)?)?;
        }
        Ok(owner)
    }

    /// Returns the first readable messages, by which a format is recognised.
    fn sample(&self) -> Value {
        let read = self.read.iter().filter_map(|(_, parsed)| parsed.as_ref().ok());
        read.take(SAMPLE_MAX).map(|(message, _)| message.clone()).collect()
    }

    /// Adds the readable part of a nested list, and its faults.
    fn take_list(&mut self, line: u64, list: Messages) -> ControlFlow<()> {
        self.may_name_owner |= list.may_name_owner;
        let (list, mended, problems) = list.into_list();
        self.read.push((line, Ok((list, mended))));
        self.take_problems(problems)
    }

    /// Adds the readable part of a nested conversation, and its faults.
    fn take_value(
        &mut self,
        line: u64,
        value: Option<Value>,
        problems: Vec<(u64, String)>,
    ) -> ControlFlow<()> {
        self.read.extend(value.map(|value| (line, Ok((value, Vec::new())))));
        self.take_problems(problems)
    }

    fn take_problems(&mut self, problems: Vec<(u64, String)>) -> ControlFlow<()> {
        self.read.extend(problems.into_iter().map(|(line, problem)| (line, Err(problem))));
        ControlFlow::Continue(())
    }

    /// Returns the readable messages as a list, their repairs, and the faults of the others.
    fn into_list(self) -> (Value, Vec<Mend>, Vec<(u64, String)>) {
        let (mut list, mut mended, mut problems) = (Vec::new(), Vec::new(), Vec::new());
        for (line, parsed) in self.read {
            match parsed {
                Ok((message, mends)) => {
                    list.push(message);
                    mended.extend(mends);
                }
                Err(problem) => problems.push((line, problem)),
            }
        }
        (Value::Array(list), mended, problems)
    }
}

/// Fields and repairs to count with the first draft of a conversation.
#[derive(Default)]
struct Beside {
    /// Unrecognised fields of the conversation, which are kept as metadata.
    fields: Map<String, Value>,
    mended: Vec<Mend>,
}

impl Hand<'_, '_> {
    fn bytes(&mut self, place: Place, bytes: &[u8]) -> ControlFlow<()> {
        let parsed = parse(place, bytes, Seed::default());
        if parsed.is_err() && bytes.starts_with(b"{") && formats::may_have_parts(bytes) {
            // Reading from RAM does not fail.
            let within = Documents::new(Scanner::at(bytes, place), self).object();
            return within.unwrap_or(ControlFlow::Continue(()));
        }
        self.element(place.line, parsed)
    }

    fn fail(&mut self, line: u64, problem: impl Into<String>) -> ControlFlow<()> {
        (self.sink)(Piece::Failed(Some(line), problem.into()))
    }

    fn element(&mut self, line: u64, parsed: Parsed) -> ControlFlow<()> {
        match parsed {
            Ok((value, mended)) => self.whole(line, value, mended),
            Err(problem) => self.fail(line, problem),
        }
    }

    /// Passes on a top-level element: by its format, or as a message or note.
    fn whole(&mut self, line: u64, value: Value, mended: Vec<Mend>) -> ControlFlow<()> {
        let mut beside = Beside { mended, ..Beside::default() };
        match self.formats.take(line, value) {
            Ok(pieces) => {
                let flow = self.pieces(pieces, &mut beside);
                // A format that holds its rows has no draft yet to attach them to.
                let mended = beside.mended.into_iter().map(|mend| Piece::Mended(line, mend));
                mended.fold(flow, |flow, piece| match flow {
                    ControlFlow::Continue(()) => (self.sink)(piece),
                    flow => flow,
                })
            }
            Err(value) => {
                let defaults = self.defaults;
                self.element_in(line, value, defaults, &mut beside)
            }
        }
    }

    /// Passes pieces on; the first draft gets the fields and repairs of `beside`.
    fn pieces(&mut self, mut pieces: Vec<Piece>, beside: &mut Beside) -> ControlFlow<()> {
        let drafts = pieces.iter_mut().find_map(|piece| match piece {
            Piece::Draft(_, draft) => Some(draft),
            _ => None,
        });
        if let Some(draft) = drafts {
            for (name, value) in std::mem::take(&mut beside.fields) {
                if !draft.metadata.contains_key(&name) {
                    draft.metadata.insert(name.clone(), value);
                }
                draft.unknown.push(name);
            }
            draft.mended.append(&mut beside.mended);
        }
        pieces.into_iter().try_for_each(&mut *self.sink)
    }

    /// Passes on the pieces that the formats kept until the end.
    fn finish(&mut self) -> ControlFlow<()> {
        self.formats.finish().into_iter().try_for_each(&mut *self.sink)
    }

    /// Passes on an element, with `defaults` for missing values. The first draft gets the fields
    /// and repairs of `beside`.
    fn element_in(
        &mut self,
        line: u64,
        value: Value,
        defaults: &Defaults,
        beside: &mut Beside,
    ) -> ControlFlow<()> {
        let Value::Object(fields) = value else {
            let problem = format!("expected an object with a text ({})", TEXT.listed());
            return self.fail(line, problem);
        };
        let is_page = formats::has_list(&fields);
        let mut fields = formats::opened(fields);
        let read = match fields.remove("messages") {
            Some(Value::Array(messages)) => {
                let read = messages.into_iter().map(|it| (line, Ok((it, Vec::new())))).collect();
                let messages = Messages { read, is_page, ..Messages::default() };
                return self.conversation(line, messages, fields, defaults, beside);
            }
            Some(_) => return self.fail(line, "`messages` is not a list"),
            None if self.elements == Elements::Records => Draft::from_object,
            None => Draft::from_chat,
        };
        if let Err(problem) = lift_owner(&mut fields) {
            return self.fail(line, problem);
        }
        let pieces = self.formats.message(line, fields, defaults, read);
        self.pieces(pieces, beside)
    }

    /// Passes on the messages of a conversation, each with the scope of the conversation.
    fn conversation(
        &mut self,
        line: u64,
        mut messages: Messages,
        mut fields: Map<String, Value>,
        outer: &Defaults,
        beside: &mut Beside,
    ) -> ControlFlow<()> {
        let (before, after) = match formats::messages_beside(&mut fields) {
            Ok(beside) => beside,
            Err(problem) => return self.fail(line, format!("conversation: {problem}")),
        };
        let held = |messages: Vec<Value>| {
            messages.into_iter().map(|it| (line, Ok((it, Vec::new())))).collect::<Vec<_>>()
        };
        messages.read.splice(0..0, held(before));
        messages.read.extend(held(after));
        self.conversations += 1;
        let place = self.conversations;
        let of_messages =
            |within: Defaults| within.within(Scope { user: messages.owner()?, ..Scope::default() });
        let within = take_place(&mut fields).and_then(|it| outer.within(it.scope));
        let within = within.and_then(of_messages);
        let mut within = match within {
            Ok(within) => within,
            Err(problem) => {
                let (count, problem) = (messages.read.len(), format!("conversation: {problem}"));
                return self
                    .fail(line, format!("{problem}; none of its {count} messages is stored"));
            }
        };
        let mut take = |field: &Field| {
            let name = fields.keys().find(|name| field.is_spelled(name)).cloned()?;
            let said = name_of(&name, fields.get(&name).cloned()).ok().flatten()?;
            fields.remove(&name);
            Some(said)
        };
        let (id, title) = (take(&EXTERNAL_ID), take(&TITLE));
        within.session = outer.session.within(place, id.as_deref(), title.as_deref());
        within.title = title.or_else(|| outer.title.clone());
        within.time = take_time(&mut fields, &mut beside.mended).or(outer.time);
        within.like_owner = like_owner(&fields).or_else(|| outer.like_owner.clone());
        beside.fields.extend(fields);
        let kind = std::mem::replace(&mut self.elements, Elements::Messages);
        let flow = messages.read.into_iter().try_for_each(|(line, parsed)| match parsed {
            Ok((message, mut mended)) => {
                beside.mended.append(&mut mended);
                self.element_in(line, message, &within, beside)
            }
            Err(problem) => self.fail(line, problem),
        });
        self.elements = kind;
        flow
    }
}
