//! Documents of JSON, one after the other, read element by element: lists, and objects with one.
//! Reading goes on after what is broken, as far as it is clear where that ends.

use std::{
    io::{self, BufRead},
    ops::ControlFlow,
};

use serde_json::{Map, Value};

use super::{Beside, Elements, Hand, Messages, Parsed, parse};
use crate::{
    ingest::{
        elements::{ELEMENT_BYTES_MAX, Element, End, Place, Scanner, head_of, next_alike},
        formats,
        repeated::{self, Seed},
        said::Mend,
        spellings::{TEXT, names_place},
    },
    moment,
};

/// The longest conversation that is held whole, in bytes, since its end may say something of its
/// beginning.
pub(crate) const CONVERSATION_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Documents in a stream.
pub(super) struct Documents<'a, 's, R> {
    scanner: Scanner<R>,
    hand: Hand<'a, 's>,
    /// It is told already that the input ends early.
    is_cut_told: bool,
}

/// The destination of the elements of a list.
enum Destination<'a> {
    /// Each is handed on.
    Drafts,
    /// They are held until the object around them is read.
    Held(&'a mut Messages),
}

impl<'a, 's, R: BufRead> Documents<'a, 's, R> {
    pub(super) fn new(scanner: Scanner<R>, hand: Hand<'a, 's>) -> Documents<'a, 's, R> {
        Documents { scanner, hand, is_cut_told: false }
    }

    /// Reads all of them; gives a break if nobody wants more.
    pub(super) fn read(mut self) -> io::Result<ControlFlow<()>> {
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
                    let found = moment::excerpt(&found);
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
            // A message in a conversation that is broken is not another conversation.
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
        let mut beside = Beside { mended, ..Beside::default() };
        let defaults = self.hand.defaults;
        // Whose the messages are may stand in what is broken, and nobody may guess it. Of a record
        // that is broken, what could be read is not what was meant.
        if is_unplaced || (is_broken && messages.is_none()) {
            return Ok(ControlFlow::Continue(()));
        }
        if let Some(messages) = messages {
            let mut fields = fields;
            fields.insert("messages".to_owned(), messages.sample());
            let is_claimed = self.hand.formats.claims(&fields);
            fields.remove("messages");
            if is_claimed {
                let (list, mended, problems) = messages.into_list();
                for (line, problem) in problems {
                    if self.hand.fail(line, problem).is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
                beside.mended.extend(mended);
                fields.insert("messages".to_owned(), list);
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
    /// A broken part may have said where it belongs.
    is_unplaced: bool,
}

impl Object {
    /// Notes a fault outside of the values.
    fn break_at(&mut self, line: u64, problem: impl Into<String>) {
        self.problems.push((line, problem.into()));
        self.is_unplaced = true;
    }
}
