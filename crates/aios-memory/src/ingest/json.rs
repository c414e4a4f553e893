//! Records out of JSON: one a line, or one document read element by element.
//!
//! A document is never held whole: its elements are handed on as they are read, so that what
//! stands before a truncation goes in.

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
    lines::{LINE_BYTES_MAX, Line, Lines},
    reading::{Piece, Sink},
};
use crate::locomo::Sample;

/// What the elements of a document are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Elements {
    /// A `conversation` makes it a LoCoMo sample, anything else is a message.
    Either,
    Messages,
    Samples,
}

/// Reads one record a line.
pub(crate) fn read_lines(
    input: impl BufRead,
    defaults: &Defaults,
    sink: &mut Sink<'_>,
) -> io::Result<ControlFlow<()>> {
    let mut lines = Lines::new(input, LINE_BYTES_MAX);
    while let Some((number, line)) = lines.next()? {
        let piece = match line {
            Line::Whole(line) if line.trim_ascii().is_empty() => continue,
            Line::Whole(line) => match read_line(number, line, defaults) {
                Ok(draft) => Piece::Draft(number, Box::new(draft)),
                Err(problem) => Piece::Failed(Some(number), problem),
            },
            Line::TooLong { bytes } => Piece::Failed(
                Some(number),
                format!("the line has {bytes} bytes, more than {LINE_BYTES_MAX}; split it"),
            ),
        };
        if sink(piece).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn read_line(number: u64, line: &[u8], defaults: &Defaults) -> Result<Draft, String> {
    let line = if number == 1 { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line) } else { line };
    let text = std::str::from_utf8(line).map_err(|error| {
        format!("invalid UTF-8 at byte {} of the line", error.valid_up_to() + 1)
    })?;
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Draft::from_object(object, defaults),
        Ok(_) => Err("a line is a JSON object with a `text` or a `content`".to_owned()),
        Err(error) => Err(explain(&error)),
    }
}

/// Reads a document: a list of messages or samples, or one object that is a sample or holds
/// `messages`.
pub(crate) fn read_document(
    input: impl BufRead,
    elements: Elements,
    defaults: &Defaults,
    sink: &mut Sink<'_>,
) -> io::Result<ControlFlow<()>> {
    let line = Cell::new(1);
    let mut stopped = false;
    let mut reading = Document { elements, defaults, line: &line, sink, stopped: &mut stopped };
    let input = CountLines { input: skip_mark(input)?, line: &line };
    let mut json = serde_json::Deserializer::from_reader(input);
    let read = reading.by_ref().deserialize(&mut json).and_then(|()| json.end());
    if stopped {
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

/// What is wrong with a piece of JSON, without the position that is told beside it.
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
}

impl<R: Read> Read for CountLines<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        let ends = buffer[..read].iter().filter(|byte| **byte == b'\n').count();
        self.line.set(self.line.get() + ends as u64);
        Ok(read)
    }
}

/// Hands the elements of a document on as the parser finds them.
struct Document<'a, 's> {
    elements: Elements,
    defaults: &'a Defaults,
    line: &'a Cell<u64>,
    sink: &'a mut Sink<'s>,
    stopped: &'a mut bool,
}

impl<'s> Document<'_, 's> {
    fn by_ref(&mut self) -> Document<'_, 's> {
        Document {
            elements: self.elements,
            defaults: self.defaults,
            line: self.line,
            sink: &mut *self.sink,
            stopped: &mut *self.stopped,
        }
    }

    fn element(&mut self, value: Value) -> ControlFlow<()> {
        let line = self.line.get();
        let is_sample = match self.elements {
            Elements::Either => value.get("conversation").is_some(),
            Elements::Messages => false,
            Elements::Samples => true,
        };
        if is_sample {
            return self.sample(line, &value);
        }
        let piece = match value {
            Value::Object(mut object) => match object.remove("messages") {
                Some(Value::Array(messages)) => {
                    return messages.into_iter().try_for_each(|message| self.element(message));
                }
                Some(_) => Err("`messages` is not a list".to_owned()),
                None => Draft::from_chat(object, self.defaults),
            },
            _ => Err("a message is an object with a `text` or a `content`".to_owned()),
        };
        (self.sink)(match piece {
            Ok(draft) => Piece::Draft(line, Box::new(draft)),
            Err(problem) => Piece::Failed(Some(line), problem),
        })
    }

    fn sample(&mut self, line: u64, value: &Value) -> ControlFlow<()> {
        let mut problems = Vec::new();
        let sample = Sample::read(value, &mut problems);
        for problem in problems {
            (self.sink)(Piece::Failed(Some(line), problem))?;
        }
        let drafts = sample.iter().flat_map(|sample| Draft::from_sample(sample, self.defaults));
        drafts.into_iter().try_for_each(|draft| (self.sink)(Piece::Draft(line, Box::new(draft))))
    }

    /// Ends the parse when nobody wants more of it.
    fn go_on<E: serde::de::Error>(&mut self, flow: ControlFlow<()>) -> Result<(), E> {
        *self.stopped = flow.is_break();
        if *self.stopped { Err(E::custom("stopped")) } else { Ok(()) }
    }
}

impl<'de> DeserializeSeed<'de> for Document<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.elements {
            Elements::Either => "a list of messages or LoCoMo samples, or {\"messages\": [...]}",
            Elements::Messages => "a list of messages, or {\"messages\": [...]}",
            Elements::Samples => "a list of LoCoMo samples",
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        while let Some(value) = seq.next_element::<Value>()? {
            let flow = self.element(value);
            self.go_on(flow)?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut object = Map::new();
        let mut had_messages = false;
        while let Some(key) = map.next_key::<String>()? {
            if key == "messages" && self.elements != Elements::Samples {
                map.next_value_seed(self.by_ref())?;
                had_messages = true;
            } else {
                object.insert(key, map.next_value()?);
            }
        }
        if had_messages {
            return Ok(());
        }
        if self.elements == Elements::Messages && !object.contains_key("content") {
            return Err(A::Error::custom("the object has no `messages`"));
        }
        let flow = self.element(Value::Object(object));
        self.go_on(flow)
    }
}
