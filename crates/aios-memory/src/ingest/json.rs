//! Records out of JSON: one a line, or documents read element by element.
//!
//! A list is never held whole: its elements are handed on as they are read. One conversation is:
//! what it says of its messages, such as whose they are, may stand after them. An element that is
//! broken costs itself only, in a list as well as in a file of lines.

use std::{
    io::{self, BufRead},
    ops::ControlFlow,
};

use serde_json::{Map, Value};

use super::{
    draft::{Defaults, Draft},
    elements::{ELEMENT_BYTES_MAX, Element, End, Place, Scanner, head_of, next_alike},
    encoding,
    fields::take_place,
    formats::{self, Formats},
    lines::{LINE_BYTES_MAX, Line, Lines},
    mend::{is_suspect, mend},
    reading::{Piece, Sink},
    repeated::{self, Seed},
    said::{Mend, name_of},
    spellings::{EXTERNAL_ID, TEXT, TITLE, names_place},
};

/// The longest conversation that is held whole, in bytes, since the end of it says something of the
/// beginning.
pub(crate) const CONVERSATION_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The sort of a document's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Elements {
    /// A `conversation` makes it a LoCoMo sample, anything else is a message.
    Either,
    Messages,
    /// As `Either`, but a record without role, name and session is a note.
    Records,
}

/// Reads one record a line.
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
                let mark = if number == 1 { line.strip_prefix(b"\xEF\xBB\xBF") } else { None };
                let line = mark.unwrap_or(line).trim_ascii();
                let indent = Place { line: number, column: 0 };
                match line {
                    [] => continue,
                    line => hand.bytes(indent, line),
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

/// Reads documents, one after the other: lists of messages or samples, or objects that are one or
/// hold `messages`.
pub(crate) fn read_document(
    input: impl BufRead,
    elements: Elements,
    defaults: &Defaults,
    formats: Formats,
    sink: &mut Sink<'_>,
) -> io::Result<ControlFlow<()>> {
    let scanner = Scanner::new(input)?;
    let hand = Hand { elements, defaults, formats, sink, conversations: 0 };
    Documents { scanner, hand, is_cut_told: false }.read()
}

/// A value with what was mended in it, or what is wrong with it.
type Parsed = Result<(Value, Vec<Mend>), String>;

/// Parses an element, mended if it has to be.
fn parse(place: Place, bytes: &[u8], seed: Seed) -> Parsed {
    let (text, decoded) = encoding::decode(bytes);
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

/// The fault of an element that begins at `place`, whose line is told beside it.
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

/// Turns elements into drafts and hands these on.
struct Hand<'a, 's> {
    elements: Elements,
    defaults: &'a Defaults,
    formats: Formats,
    sink: &'a mut Sink<'s>,
    /// The number of conversations so far.
    conversations: u64,
}

/// The messages of a conversation as they were read, each with its line.
#[derive(Default)]
struct Messages {
    /// A message with what was mended in it, or the reason for which there is none.
    read: Vec<(u64, Parsed)>,
    bytes: u64,
}

impl Messages {
    /// Those that could be read, as they stand in the list.
    fn into_list(self) -> Value {
        self.read.into_iter().filter_map(|(_, parsed)| Some(parsed.ok()?.0)).collect()
    }
}

/// What the first draft of a conversation takes with it, to be counted.
#[derive(Default)]
struct Beside {
    unknown: Vec<String>,
    mended: Vec<Mend>,
}

impl Hand<'_, '_> {
    fn bytes(&mut self, place: Place, bytes: &[u8]) -> ControlFlow<()> {
        let parsed = parse(place, bytes, Seed::default());
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

    /// Hands on an element that stands by itself: by its format, or as what it is.
    fn whole(&mut self, line: u64, value: Value, mended: Vec<Mend>) -> ControlFlow<()> {
        let mut beside = Beside { unknown: Vec::new(), mended };
        match self.formats.take(line, value) {
            Ok(pieces) => self.pieces(pieces, &mut beside),
            Err(value) => {
                let defaults = self.defaults;
                self.element_in(line, value, defaults, &mut beside)
            }
        }
    }

    /// Hands on pieces; the first draft takes what is `beside` with it.
    fn pieces(&mut self, mut pieces: Vec<Piece>, beside: &mut Beside) -> ControlFlow<()> {
        let drafts = pieces.iter_mut().find_map(|piece| match piece {
            Piece::Draft(_, draft) => Some(draft),
            _ => None,
        });
        if let Some(draft) = drafts {
            draft.unknown.append(&mut beside.unknown);
            draft.mended.append(&mut beside.mended);
        }
        pieces.into_iter().try_for_each(&mut *self.sink)
    }

    /// Hands on what the formats kept until the end.
    fn finish(&mut self) -> ControlFlow<()> {
        self.formats.finish().into_iter().try_for_each(&mut *self.sink)
    }

    /// Hands on an element, with the values that hold where it is silent. The first draft takes
    /// what is `beside` with it.
    fn element_in(
        &mut self,
        line: u64,
        value: Value,
        defaults: &Defaults,
        beside: &mut Beside,
    ) -> ControlFlow<()> {
        let Value::Object(mut fields) = value else {
            let problem = format!("expected an object with a text ({})", TEXT.listed());
            return self.fail(line, problem);
        };
        let read = match fields.remove("messages") {
            Some(Value::Array(messages)) => {
                let read = messages.into_iter().map(|it| (line, Ok((it, Vec::new())))).collect();
                let messages = Messages { read, bytes: 0 };
                return self.conversation(line, messages, fields, defaults, beside);
            }
            Some(_) => return self.fail(line, "`messages` is not a list"),
            None if self.elements == Elements::Records => Draft::from_object,
            None => Draft::from_chat,
        };
        let pieces = self.formats.message(line, fields, defaults, read);
        self.pieces(pieces, beside)
    }

    /// Hands on the messages of a conversation, each where the conversation says that it belongs.
    fn conversation(
        &mut self,
        line: u64,
        mut messages: Messages,
        mut fields: Map<String, Value>,
        outer: &Defaults,
        beside: &mut Beside,
    ) -> ControlFlow<()> {
        let (before, after) = formats::messages_beside(&mut fields);
        let held = |messages: Vec<Value>| {
            messages.into_iter().map(|it| (line, Ok((it, Vec::new())))).collect::<Vec<_>>()
        };
        messages.read.splice(0..0, held(before));
        messages.read.extend(held(after));
        self.conversations += 1;
        let place = self.conversations;
        let within = take_place(&mut fields).and_then(|it| outer.within(it.scope));
        let mut within = match within {
            Ok(within) => within,
            Err(problem) => {
                let (count, problem) =
                    (messages.read.len(), format!("the conversation: {problem}"));
                return self
                    .fail(line, format!("{problem}; none of its {count} messages is taken"));
            }
        };
        let mut take = |field: &super::spellings::Field| {
            let name = fields.keys().find(|name| field.is_spelled(name)).cloned()?;
            let said = name_of(&name, fields.get(&name).cloned()).ok().flatten()?;
            fields.remove(&name);
            Some(said)
        };
        let (id, title) = (take(&EXTERNAL_ID), take(&TITLE));
        within.session = outer.session.within(place, id.as_deref(), title.as_deref());
        within.title = title.or_else(|| outer.title.clone());
        beside.unknown.extend(fields.into_iter().map(|(name, _)| name));
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

/// Documents in a stream.
struct Documents<'a, 's, R> {
    scanner: Scanner<R>,
    hand: Hand<'a, 's>,
    /// It is told already that the input ends early.
    is_cut_told: bool,
}

/// What becomes of the elements of a list.
enum Destination<'a> {
    /// Each is handed on.
    Drafts,
    /// They are held until the object around them is read.
    Held(&'a mut Messages),
}

impl<R: BufRead> Documents<'_, '_, R> {
    fn read(mut self) -> io::Result<ControlFlow<()>> {
        let mut is_misplaced = false;
        while let Some(byte) = self.scanner.peek()? {
            let line = self.scanner.place().line;
            let flow = match byte {
                b'[' => self.list(&mut Destination::Drafts)?,
                b'{' => self.object()?,
                // One report is enough for what is no JSON at all.
                _ if is_misplaced => {
                    self.scanner.skip_line()?;
                    continue;
                }
                byte => {
                    let element = self.scanner.element()?;
                    if element.bytes.is_empty() {
                        self.scanner.skip()?;
                    }
                    is_misplaced = true;
                    let found = match element.bytes.is_empty() {
                        true => String::from(char::from(byte)),
                        false => String::from_utf8_lossy(&element.bytes).into_owned(),
                    };
                    let found = crate::moment::excerpt(&found);
                    let expected = self.expected();
                    self.hand.fail(line, format!("expected {expected}, not `{found}`"))
                }
            };
            if flow.is_break() {
                return Ok(flow);
            }
        }
        Ok(self.hand.finish())
    }

    fn expected(&self) -> &'static str {
        match self.hand.elements {
            Elements::Either | Elements::Records => {
                "a list of messages or conversations, or {\"messages\": [...]}"
            }
            Elements::Messages => "a list of messages, or {\"messages\": [...]}",
        }
    }

    /// Reads the elements of a list, which begins at the next byte.
    fn list(&mut self, into: &mut Destination<'_>) -> io::Result<ControlFlow<()>> {
        self.scanner.skip()?;
        let mut head = None;
        loop {
            let place = self.scanner.place();
            match self.scanner.peek()? {
                None if self.is_cut_told => return Ok(ControlFlow::Continue(())),
                None => {
                    self.is_cut_told = true;
                    let problem = "truncated JSON: the list does not end; what stands before is in";
                    return Ok(self.put(into, place.line, Err(problem.to_owned())));
                }
                Some(b']') => {
                    self.scanner.skip()?;
                    return Ok(ControlFlow::Continue(()));
                }
                Some(b',') => self.scanner.skip()?,
                Some(byte @ (b'}' | b':')) => {
                    self.scanner.skip()?;
                    let problem = format!("broken JSON: `{}` is out of place", char::from(byte));
                    if self.put(into, place.line, Err(problem)).is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
                Some(_) => {
                    let element = self.scanner.element()?;
                    if self.list_element(element, &mut head, into)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
            }
        }
    }

    /// Takes an element of a list. After one that is broken, reading goes on at the next one that
    /// begins like the others, `head`.
    fn list_element(
        &mut self,
        element: Element,
        head: &mut Option<Vec<u8>>,
        into: &mut Destination<'_>,
    ) -> io::Result<ControlFlow<()>> {
        let line = element.place.line;
        let parsed = match element.end {
            End::Closed | End::Open => parse(element.place, &element.bytes, Seed::default()),
            End::TooLong => Err(format!(
                "the element has more than {ELEMENT_BYTES_MAX} bytes; split it, or write one a line"
            )),
        };
        if let Destination::Held(held) = into {
            held.bytes += element.bytes.len() as u64;
        }
        if parsed.is_ok() {
            *head = head_of(&element.bytes);
            return Ok(self.put(into, line, parsed));
        }
        let alike = head.clone().or_else(|| head_of(&element.bytes));
        let places = alike.map(|head| next_alike(&element, &head)).unwrap_or_default();
        let holder = formats::holder_in(&element.bytes);
        let next = places.into_iter().find(|at| {
            let Ok(mut rest) = Scanner::new(&element.bytes[*at..]) else { return false };
            let found = rest.element();
            let found = found.ok().filter(|it| it.end == End::Closed);
            let found = found.and_then(|it| parse(it.place, &it.bytes, Seed::default()).ok());
            // What is in a conversation that is broken is not another one.
            found.is_some_and(|(it, _)| holder.is_none_or(|holder| it.get(holder).is_some()))
        });
        let goes_on = next.is_some_and(|at| self.scanner.go_back(&element, at));
        self.is_cut_told |= element.end == End::Open && !goes_on;
        Ok(self.put(into, line, parsed))
    }

    fn put(&mut self, into: &mut Destination<'_>, line: u64, parsed: Parsed) -> ControlFlow<()> {
        match into {
            Destination::Drafts => self.hand.element(line, parsed),
            Destination::Held(held) => {
                held.read.push((line, parsed));
                ControlFlow::Continue(())
            }
        }
    }

    /// Reads an object, which begins at the next byte: a conversation, or one element.
    fn object(&mut self) -> io::Result<ControlFlow<()>> {
        let Place { line, .. } = self.scanner.place();
        let mut object = Object { line, ..Object::default() };
        self.fields(&mut object)?;
        let Object { messages, fields, mended, problems, is_unplaced, .. } = object;
        let is_broken = !problems.is_empty();
        for (line, problem) in problems {
            if self.hand.fail(line, problem).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        let mut beside = Beside { unknown: Vec::new(), mended };
        let defaults = self.hand.defaults;
        // Whose the messages are may stand in what is broken, and nobody may guess it. Of a record
        // that is broken, what could be read is not what was meant.
        if is_unplaced || (is_broken && messages.is_none()) {
            return Ok(ControlFlow::Continue(()));
        }
        if let Some(messages) = messages {
            if self.hand.formats.claims(&fields) {
                let mut fields = fields;
                fields.insert("messages".to_owned(), messages.into_list());
                return Ok(self.hand.whole(line, Value::Object(fields), beside.mended));
            }
            return Ok(self.hand.conversation(line, messages, fields, defaults, &mut beside));
        }
        if self.hand.elements == Elements::Messages
            && !fields.keys().any(|name| TEXT.is_spelled(name))
        {
            return Ok(self.hand.fail(line, "the object has no `messages`"));
        }
        Ok(self.hand.whole(line, Value::Object(fields), beside.mended))
    }

    fn fields(&mut self, object: &mut Object) -> io::Result<()> {
        self.scanner.skip()?;
        loop {
            let Some(byte) = self.scanner.peek()? else {
                let line = self.scanner.place().line;
                if !self.is_cut_told {
                    let problem = "truncated JSON: the object does not end";
                    object.problems.push((line, problem.to_owned()));
                }
                return Ok(());
            };
            let line = self.scanner.place().line;
            match byte {
                b'}' => return self.scanner.skip(),
                b',' => self.scanner.skip()?,
                b'"' => {
                    let name = self.scanner.element()?;
                    let parsed = parse(name.place, &name.bytes, Seed::default());
                    match (parsed, self.scanner.peek()?) {
                        (Ok((Value::String(name), _)), Some(b':')) => {
                            self.scanner.skip()?;
                            self.field(name, object)?;
                        }
                        (Err(problem), _) => object.break_at(line, problem),
                        _ => object.break_at(line, "broken JSON: expected `:` after a name"),
                    }
                }
                b']' | b':' => {
                    self.scanner.skip()?;
                    let found = char::from(byte);
                    object.break_at(line, format!("broken JSON: `{found}` is out of place"));
                }
                _ => {
                    self.scanner.element()?;
                    object.break_at(line, "broken JSON: a name is text in quotes");
                }
            }
        }
    }

    fn field(&mut self, name: String, object: &mut Object) -> io::Result<()> {
        let next = self.scanner.peek()?;
        if name == "messages" && next == Some(b'[') {
            let mut messages = object.messages.take().unwrap_or_default();
            let _ = self.list(&mut Destination::Held(&mut messages))?;
            if CONVERSATION_BYTES_MAX < messages.bytes {
                object.is_unplaced = true;
                object.problems.push((object.line, format!(
                    "the conversation has more than {CONVERSATION_BYTES_MAX} bytes; write a list \
                     of messages, or one a line"
                )));
            }
            object.messages = Some(messages);
            return Ok(());
        }
        if matches!(next, None | Some(b',' | b'}' | b']')) {
            object.is_unplaced |= names_place(&name);
            let line = self.scanner.place().line;
            object.problems.push((line, format!("broken JSON: `{name}` has no value")));
            return Ok(());
        }
        let value = self.scanner.element()?;
        self.is_cut_told |= value.end == End::Open;
        match parse(value.place, &value.bytes, Seed::of(&name)) {
            Ok((value, mended)) => {
                object.mended.extend(mended);
                repeated::put(&mut object.fields, name, value);
            }
            Err(problem) => {
                object.is_unplaced |= names_place(&name);
                object.problems.push((value.place.line, problem));
            }
        }
        Ok(())
    }
}

/// An object as far as it is read.
#[derive(Default)]
struct Object {
    line: u64,
    messages: Option<Messages>,
    fields: Map<String, Value>,
    mended: Vec<Mend>,
    problems: Vec<(u64, String)>,
    /// What is broken may have said where it belongs.
    is_unplaced: bool,
}

impl Object {
    /// Notes a fault outside of the values.
    fn break_at(&mut self, line: u64, problem: impl Into<String>) {
        self.problems.push((line, problem.into()));
        self.is_unplaced = true;
    }
}
