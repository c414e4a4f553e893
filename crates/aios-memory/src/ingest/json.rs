//! Records out of JSON: one a line, or one document read element by element.
//!
//! A document is never held whole: its elements are handed on as they are read, so that what
//! stands before a truncation goes in. One conversation is: what it says of its messages, such as
//! whose they are, may stand after them.

use std::{
    cell::Cell,
    fmt,
    io::{self, BufRead, Read},
    ops::ControlFlow,
};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{
    draft::{Defaults, Draft},
    fields::{names_place, take_place},
    formats::Formats,
    lines::{LINE_BYTES_MAX, Line, Lines},
    reading::{Piece, Sink},
    repeated::{self, Seed},
};

/// The longest conversation that is held whole, in bytes, since the end of it says something of the
/// beginning.
pub(crate) const CONVERSATION_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The sort of a document's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Elements {
    /// Elements of the formats that are recognised, and messages.
    Either,
    Messages,
}

/// Reads one record a line.
pub(crate) fn read_lines(
    input: impl BufRead,
    defaults: &Defaults,
    mut formats: Formats,
    sink: &mut Sink<'_>,
) -> io::Result<ControlFlow<()>> {
    let mut lines = Lines::new(input, LINE_BYTES_MAX);
    while let Some((number, line)) = lines.next()? {
        let pieces = match line {
            Line::Whole(line) if line.trim_ascii().is_empty() => continue,
            Line::Whole(line) => read_line(number, line, defaults, &mut formats),
            Line::TooLong { bytes } => {
                Err(format!("the line has {bytes} bytes, more than {LINE_BYTES_MAX}; split it"))
            }
        };
        let pieces = pieces.unwrap_or_else(|it| vec![Piece::Failed(Some(number), it)]);
        if pieces.into_iter().try_for_each(&mut *sink).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(formats.finish().into_iter().try_for_each(sink))
}

fn read_line(
    number: u64,
    line: &[u8],
    defaults: &Defaults,
    formats: &mut Formats,
) -> Result<Vec<Piece>, String> {
    let line = if number == 1 { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line) } else { line };
    let text = std::str::from_utf8(line).map_err(|error| {
        format!("invalid UTF-8 at byte {} of the line", error.valid_up_to() + 1)
    })?;
    let element = repeated::parse(text.as_bytes()).map_err(|error| explain(&error))?;
    match formats.take(number, element) {
        Ok(pieces) => Ok(pieces),
        Err(Value::Object(object)) => {
            Ok(formats.message(number, object, defaults, Draft::from_object))
        }
        Err(_) => Err("a line is a JSON object with a `text` or a `content`".to_owned()),
    }
}

/// Reads a document: a list of messages or samples, or one object that is a sample or holds
/// `messages`.
pub(crate) fn read_document(
    input: impl BufRead,
    elements: Elements,
    defaults: &Defaults,
    mut formats: Formats,
    sink: &mut Sink<'_>,
) -> io::Result<ControlFlow<()>> {
    let (line, bytes) = (Cell::new(1), Cell::new(0));
    let mut stopped = false;
    let mut reading = Document {
        elements,
        defaults,
        line: &line,
        bytes: &bytes,
        formats: &mut formats,
        sink,
        stopped: &mut stopped,
    };
    let input = CountLines { input: skip_mark(input)?, line: &line, bytes: &bytes };
    let mut json = serde_json::Deserializer::from_reader(input);
    let read = DeserializeSeed::deserialize(&mut reading, &mut json).and_then(|()| json.end());
    if stopped {
        return Ok(ControlFlow::Break(()));
    }
    if formats.finish().into_iter().try_for_each(&mut *sink).is_break() {
        return Ok(ControlFlow::Break(()));
    }
    match read {
        Ok(()) => Ok(ControlFlow::Continue(())),
        Err(error) if error.is_io() => Err(error.into()),
        Err(error) => {
            let line = u64::try_from(error.line()).unwrap_or(u64::MAX).max(1);
            Ok(sink(Piece::Failed(Some(line), explain(&error))))
        }
    }
}

/// The fault of a piece of JSON, without the position that is told beside it.
fn explain(error: &serde_json::Error) -> String {
    let told = error.to_string();
    let what = told.rfind(" at line ").map_or(&*told, |end| &told[..end]);
    match error.classify() {
        serde_json::error::Category::Eof => {
            format!("truncated JSON at column {}: {what}", error.column())
        }
        serde_json::error::Category::Syntax => {
            format!("broken JSON at column {}: {what}", error.column())
        }
        _ => what.to_owned(),
    }
}

/// The input without a byte order mark.
fn skip_mark(mut input: impl BufRead) -> io::Result<impl Read> {
    let mut first = Vec::with_capacity(3);
    (&mut input).take(3).read_to_end(&mut first)?;
    if first == b"\xEF\xBB\xBF" {
        first.clear();
    }
    Ok(io::Cursor::new(first).chain(input))
}

/// Tells which line the parser, which takes single bytes, has come to.
struct CountLines<'a, R> {
    input: R,
    line: &'a Cell<u64>,
    bytes: &'a Cell<u64>,
}

impl<R: Read> Read for CountLines<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        let ends = buffer[..read].iter().filter(|byte| **byte == b'\n').count();
        self.line.set(self.line.get() + ends as u64);
        self.bytes.set(self.bytes.get() + read as u64);
        Ok(read)
    }
}

/// Hands the elements of a document on as the parser finds them.
struct Document<'a, 's> {
    elements: Elements,
    defaults: &'a Defaults,
    line: &'a Cell<u64>,
    bytes: &'a Cell<u64>,
    formats: &'a mut Formats,
    sink: &'a mut Sink<'s>,
    stopped: &'a mut bool,
}

/// A conversation before its messages are handed on.
struct Conversation {
    /// The line and the value of each.
    messages: Vec<(u64, Value)>,
    /// The fields beside them.
    fields: Map<String, Value>,
}

impl Document<'_, '_> {
    fn element(&mut self, value: Value) -> ControlFlow<()> {
        let (line, defaults) = (self.line.get(), self.defaults);
        match self.formats.take(line, value) {
            Ok(pieces) => pieces.into_iter().try_for_each(&mut *self.sink),
            Err(value) => self.element_in(line, value, defaults, &mut Vec::new()),
        }
    }

    /// Hands on an element, with the values that hold where it is silent. The first draft takes
    /// the `unknown` fields of the conversation with it, to be counted.
    fn element_in(
        &mut self,
        line: u64,
        value: Value,
        defaults: &Defaults,
        unknown: &mut Vec<String>,
    ) -> ControlFlow<()> {
        let mut pieces = match value {
            Value::Object(mut fields) => match fields.remove("messages") {
                Some(Value::Array(messages)) => {
                    let messages = messages.into_iter().map(|message| (line, message)).collect();
                    let conversation = Conversation { messages, fields };
                    return self.conversation(line, conversation, defaults);
                }
                Some(_) => vec![Piece::Failed(Some(line), "`messages` is not a list".to_owned())],
                None => self.formats.message(line, fields, defaults, Draft::from_chat),
            },
            _ => {
                let problem = "a message is an object with a `text` or a `content`".to_owned();
                vec![Piece::Failed(Some(line), problem)]
            }
        };
        if let Some(Piece::Draft(_, draft)) = pieces.first_mut() {
            draft.unknown.append(unknown);
        }
        pieces.into_iter().try_for_each(&mut *self.sink)
    }

    /// Hands on the messages of a conversation, each where the conversation says that it belongs.
    fn conversation(
        &mut self,
        line: u64,
        conversation: Conversation,
        outer: &Defaults,
    ) -> ControlFlow<()> {
        let Conversation { messages, mut fields } = conversation;
        let within = take_place(&mut fields).and_then(|place| outer.within(place));
        let within = match within {
            Ok(within) => within,
            Err(problem) => {
                let (count, problem) = (messages.len(), format!("the conversation: {problem}"));
                let problem = format!("{problem}; none of its {count} messages is taken");
                return (self.sink)(Piece::Failed(Some(line), problem));
            }
        };
        let mut unknown = fields.into_iter().map(|(name, _)| name).collect();
        messages
            .into_iter()
            .try_for_each(|(line, message)| self.element_in(line, message, &within, &mut unknown))
    }

    /// Ends the parse when nobody wants more of it.
    fn go_on<E: serde::de::Error>(&mut self, flow: ControlFlow<()>) -> Result<(), E> {
        *self.stopped = flow.is_break();
        if *self.stopped { Err(E::custom("stopped")) } else { Ok(()) }
    }

    /// Reads the fields of an object into `conversation`; what was read before an error is there.
    fn fields<'de, A: MapAccess<'de>>(
        &self,
        map: &mut A,
        conversation: &mut Option<Conversation>,
        object: &mut Map<String, Value>,
    ) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            if name == "messages" {
                let held = conversation
                    .get_or_insert(Conversation { messages: Vec::new(), fields: Map::new() });
                map.next_value_seed(Messages {
                    line: self.line,
                    bytes: self.bytes,
                    held: &mut held.messages,
                })?;
                continue;
            }
            let places = names_place(&name);
            match map.next_value_seed(Seed::of(&name)) {
                Ok(value) => repeated::put(object, name, value),
                Err(error) => {
                    // Whose the messages are was about to be told, and nobody may guess it.
                    if places && let Some(held) = conversation {
                        held.messages.clear();
                    }
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for &mut Document<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Document<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.elements {
            Elements::Either => "a list of messages or conversations, or {\"messages\": [...]}",
            Elements::Messages => "a list of messages, or {\"messages\": [...]}",
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(value) = seq.next_element_seed(Seed::default())? {
            let flow = self.element(value);
            self.go_on(flow)?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let line = self.line.get();
        let (mut conversation, mut object) = (None, Map::new());
        let read = self.fields(&mut map, &mut conversation, &mut object);
        if let Some(conversation) = conversation {
            let mut conversation = Conversation { fields: object, ..conversation };
            if self.formats.claims(&conversation.fields) {
                let messages = conversation.messages.into_iter().map(|(_, message)| message);
                conversation.fields.insert("messages".to_owned(), messages.collect());
                let flow = self.element(Value::Object(conversation.fields));
                self.go_on(flow)?;
                return read;
            }
            let defaults = self.defaults;
            let flow = self.conversation(line, conversation, defaults);
            self.go_on(flow)?;
            return read;
        }
        read?;
        if self.elements == Elements::Messages && !object.contains_key("content") {
            return Err(A::Error::custom("the object has no `messages`"));
        }
        let flow = self.element(Value::Object(object));
        self.go_on(flow)
    }
}

/// Holds the messages of a conversation, each with its line.
struct Messages<'a> {
    line: &'a Cell<u64>,
    bytes: &'a Cell<u64>,
    held: &'a mut Vec<(u64, Value)>,
}

impl<'de> DeserializeSeed<'de> for Messages<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Messages<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of messages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(message) = seq.next_element_seed(Seed::default())? {
            if CONVERSATION_BYTES_MAX < self.bytes.get() {
                self.held.clear();
                return Err(A::Error::custom(format!(
                    "the conversation has more than {CONVERSATION_BYTES_MAX} bytes; write a list \
                     of messages, or one a line"
                )));
            }
            self.held.push((self.line.get(), message));
        }
        Ok(())
    }
}
