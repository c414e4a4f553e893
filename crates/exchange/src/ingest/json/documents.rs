//! Reads consecutive JSON documents element by element: lists, and objects with a list. Reading
//! resumes after a broken part if its end can be determined.

use std::{
    io::{self, BufRead},
    ops::ControlFlow,
};

use aios_draft::{
    moment,
    repeated::Seed,
    spellings::{looks_like_owner, names_owner},
};
use serde_json::Value;

use super::{
    hand::{Elements, Hand},
    messages::Messages,
    parsed::{Parsed, parse},
};
use crate::ingest::{
    elements::{
        ELEMENT_BYTES_MAX, Element, End, Extent, Place, Scanner, WINDOW_BYTES, extent_of, head_of,
        next_alike,
    },
    formats,
    mend::EXTRA_COMMA,
};

/// Documents in a stream.
pub(super) struct Documents<'h, 'a, 's, R> {
    pub(super) scanner: Scanner<R>,
    pub(super) hand: &'h mut Hand<'a, 's>,
    /// True if it was already reported that the input ends early.
    pub(super) is_cut_told: bool,
}

/// Destination of the elements of a list.
pub(super) enum Destination<'a> {
    /// Each element is passed on at once.
    Drafts,
    /// Elements are held until the enclosing object is read.
    Held(&'a mut Messages),
}

impl<'h, 'a, 's, R: BufRead> Documents<'h, 'a, 's, R> {
    pub(super) fn new(scanner: Scanner<R>, hand: &'h mut Hand<'a, 's>) -> Documents<'h, 'a, 's, R> {
        Documents { scanner, hand, is_cut_told: false }
    }

    /// Reads all documents of the input and ends it. Breaks if the sink accepts no more.
    pub(super) fn read(mut self) -> io::Result<ControlFlow<()>> {
        match self.all()? {
            ControlFlow::Continue(()) => Ok(self.hand.finish()),
            flow => Ok(flow),
        }
    }

    /// Reads all documents. Others may follow.
    pub(super) fn all(&mut self) -> io::Result<ControlFlow<()>> {
        let (mut is_misplaced, mut is_after_value) = (false, false);
        while let Some(byte) = self.scanner.peek()? {
            let line = self.scanner.place().line;
            let flow = match byte {
                b'[' => self.conversation()?,
                b'{' => self.object()?,
                b',' if is_after_value => {
                    self.scanner.skip()?;
                    match self.scanner.peek()? {
                        None | Some(b'[' | b'{') => self.hand.mend(line, EXTRA_COMMA),
                        // The rest is reported.
                        Some(_) => ControlFlow::Continue(()),
                    }
                }
                // Input that is not JSON is reported once.
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
            is_after_value = matches!(byte, b'[' | b'{');
        }
        Ok(ControlFlow::Continue(()))
    }

    fn expected(&self) -> &'static str {
        match self.hand.elements {
            Elements::Either | Elements::Records => {
                "a list of messages or conversations, or {\"messages\": [...]}"
            }
            Elements::Messages => "a list of messages, or {\"messages\": [...]}",
        }
    }

    /// Reads the elements of a top-level list, which begins at the next byte. Its messages are one
    /// conversation.
    fn conversation(&mut self) -> io::Result<ControlFlow<()>> {
        let alone = self.hand.alone.take();
        let flow = self.list(&mut Destination::Drafts);
        self.hand.alone = alone;
        flow
    }

    /// Reads the elements of a list, which begins at the next byte.
    pub(super) fn list(&mut self, into: &mut Destination<'_>) -> io::Result<ControlFlow<()>> {
        self.scanner.skip()?;
        let mut head = None;
        loop {
            let place = self.scanner.place();
            match self.scanner.peek()? {
                None if self.is_cut_told => return Ok(ControlFlow::Continue(())),
                None => {
                    self.is_cut_told = true;
                    let problem = "truncated JSON: the list does not end; its elements are stored";
                    return Ok(self.put(into, place.line, Err(problem.to_owned())));
                }
                Some(b']') => {
                    self.scanner.skip()?;
                    return Ok(ControlFlow::Continue(()));
                }
                Some(b',') => self.scanner.skip()?,
                Some(byte @ (b'}' | b':')) => {
                    self.scanner.skip()?;
                    let problem = format!("broken JSON: unexpected `{}`", char::from(byte));
                    if self.put(into, place.line, Err(problem)).is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
                Some(_) => {
                    let element = self.scanner.element_within(WINDOW_BYTES)?;
                    if self.list_element(element, &mut head, into)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
            }
        }
    }

    /// Reads an element of a list. After a broken element, resumes at the next one that begins with
    /// `head`, as the others do.
    fn list_element(
        &mut self,
        element: Element,
        head: &mut Option<Vec<u8>>,
        into: &mut Destination<'_>,
    ) -> io::Result<ControlFlow<()>> {
        let line = element.place.line;
        let parsed = parsed(&element);
        if parsed.is_ok() {
            *head = head_of(&element.bytes);
        }
        let (element, parsed, next) = match parsed {
            Ok(_) => (element, parsed, None),
            Err(_) => self.search_next(element, parsed, head.as_deref())?,
        };
        if let Destination::Held(held) = into {
            held.bytes += element.bytes.len() as u64;
        }
        if parsed.is_ok() {
            return Ok(self.put(into, line, parsed));
        }
        let goes_on = next.is_some_and(|at| self.scanner.go_back(&element, at));
        self.is_cut_told |= element.end == End::Open && !goes_on;
        let broken = &element.bytes[..next.filter(|_| goes_on).unwrap_or(element.bytes.len())];
        if element.end != End::TooLong {
            match (broken.first(), &mut *into) {
                (Some(b'{'), _) if formats::may_have_parts(broken) => {
                    return self.put_object(broken, element.place, into);
                }
                (Some(b'['), Destination::Held(held)) => {
                    let list = self.within(broken, element.place).elements()?;
                    return Ok(held.take_list(line, list));
                }
                _ => {}
            }
        }
        if let Destination::Held(held) = into {
            held.may_name_owner |= mentions_owner(broken);
        }
        Ok(self.put(into, line, parsed))
    }

    /// Searches a broken element for the next one of its list, which begins with `head` or like the
    /// broken one. Reads on until the end of the element or the next one is found. Returns the
    /// element as far as it was read, its value or fault, and the offset of the next one.
    fn search_next(
        &mut self,
        mut element: Element,
        mut parsed: Parsed,
        head: Option<&[u8]>,
    ) -> io::Result<(Element, Parsed, Option<usize>)> {
        let head = head.map(<[u8]>::to_vec).or_else(|| head_of(&element.bytes));
        let mut window = WINDOW_BYTES;
        loop {
            let next = head.as_ref().and_then(|head| next_of(&element, next_alike(&element, head)));
            let is_over = next.is_some() || element.end != End::Unclear;
            if is_over || !self.scanner.go_back(&element, 0) {
                return Ok((element, parsed, next));
            }
            window = window.saturating_mul(2);
            element = self.scanner.element_within(window)?;
            if element.end == End::Closed {
                parsed = self::parsed(&element);
            }
            if parsed.is_ok() {
                return Ok((element, parsed, None));
            }
        }
    }

    /// Returns a reader for a broken part of this document, which begins at `place`.
    pub(super) fn within<'b>(
        &mut self,
        bytes: &'b [u8],
        place: Place,
    ) -> Documents<'_, 'a, 's, &'b [u8]> {
        Documents { scanner: Scanner::at(bytes, place), hand: self.hand, is_cut_told: false }
    }

    /// Reads the readable part of a broken conversation in a list.
    fn put_object(
        &mut self,
        broken: &[u8],
        place: Place,
        into: &mut Destination<'_>,
    ) -> io::Result<ControlFlow<()>> {
        match into {
            Destination::Drafts => self.within(broken, place).object(),
            Destination::Held(held) => {
                let object = self.within(broken, place).read_object()?;
                let (value, problems) = object.into_value(&self.hand.formats);
                Ok(held.take_value(place.line, value, problems))
            }
        }
    }

    /// Reads the elements of a list of lists.
    pub(super) fn elements(&mut self) -> io::Result<Messages> {
        let mut messages = Messages::default();
        let _ = self.list(&mut Destination::Held(&mut messages))?;
        Ok(messages)
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
}

/// Parses an element.
fn parsed(element: &Element) -> Parsed {
    match element.end {
        End::Closed | End::Open | End::Unclear => {
            parse(element.place, &element.bytes, Seed::default())
        }
        End::TooLong => Err(format!(
            "the element has more than {ELEMENT_BYTES_MAX} bytes; split it, or write one a line"
        )),
    }
}

/// Returns the offset in a broken element at which the next one of its list begins: the first of
/// `places` with a whole element. `None` if an earlier one may end later.
fn next_of(element: &Element, places: Vec<usize>) -> Option<usize> {
    let holder = formats::holder_in(&element.bytes);
    for at in places {
        let rest = &element.bytes[at..];
        let length = match extent_of(rest) {
            Extent::Whole(length) => length,
            Extent::Unfinished if element.end == End::Unclear => return None,
            Extent::Unfinished | Extent::Faulty => continue,
        };
        let found = parse(element.place, &rest[..length], Seed::default()).ok();
        // A message in a broken conversation is not another conversation.
        let is_next = |(it, _): (Value, _)| holder.is_none_or(|name| it.get(name).is_some());
        if found.is_some_and(is_next) {
            return Some(at);
        }
    }
    None
}

/// Returns `true` if a piece of broken JSON has a field that names an owner or looks like one.
pub(super) fn mentions_owner(json: &[u8]) -> bool {
    let json = String::from_utf8_lossy(json);
    let names = json.match_indices(':').filter_map(|(at, _)| {
        let name = json[..at].trim_end().strip_suffix('"')?;
        Some(&name[name.rfind('"')? + 1..])
    });
    names.into_iter().any(|name| names_owner(name) || looks_like_owner(name))
}
