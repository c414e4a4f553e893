//! Formats of other programs: one description each, in one table.
//!
//! The content of its elements identifies a format, not the name of the file. The reader of a
//! format receives the elements of a file (those of a JSON list, a whole JSON object, or the lines
//! of JSON lines), keeps the necessary state, and adds messages, tool calls and titles to a
//! [`Transcript`]. Not here: splitting a file into elements, and objects that are complete messages
//! ([`shape`]), which need no reader.

mod batch;
mod chat;
mod chatgpt;
mod claude;
mod claude_code;
mod codex;
mod description;
mod gemini;
mod graph;
mod guess;
mod holders;
mod host;
mod locomo;
mod longmemeval;
mod mem0;
mod openclaw;
mod owners;
mod preference;
mod relations;
mod responses;
mod sharegpt;
mod table;
#[cfg(test)]
mod tests;
mod transcript;
mod tree;

use aios_draft::{Defaults, Draft, Unfit, Unnamed, shape};
use serde_json::{Map, Value};

pub(crate) use self::{
    chat::{chats_in, has_list, messages_beside, opened},
    locomo::Sample,
    longmemeval::Haystack,
    table::{format_of, recognised},
};
pub(super) use self::{
    codex::{REPEATED, Wording, message_in},
    holders::{PartsOf, holder_in, holds_parts, may_have_parts, parts_in},
    owners::agreed,
    transcript::session_id,
};
use self::{
    description::{Description, Elements, Reader, Shape},
    guess::{guess, known, unfit},
    relations::Relations,
    table::{description, recognise},
    transcript::Transcript,
};
use super::{format::Format, options::Thinking, piece::Piece};

/// Reader of the elements of one file, each in its format.
pub(super) struct Formats {
    /// The format that the caller named, if it has a shape.
    wanted: Option<&'static Description>,
    active: Option<(&'static Description, Box<dyn Reader>)>,
    transcript: Transcript,
    relations: Relations,
    /// True if an element was recognised, or the list of known formats was reported.
    has_understood: bool,
    /// Objects without content of their own, held until an element is recognised.
    leading: Option<Vec<Leading>>,
}

/// An object before the first recognised one.
struct Leading {
    line: u64,
    object: Map<String, Value>,
    /// Pieces to emit if it belongs to no format.
    pieces: Vec<Piece>,
}

/// A format with elements, its shape and the constructor of its reader.
type Kind = (&'static Description, &'static Shape, fn() -> Box<dyn Reader>);

/// Maximum number of objects held until the format of their file is known.
const LEADING_MAX: usize = 256;

impl Formats {
    pub(super) fn new(format: Format, thinking: Thinking, defaults: &Defaults) -> Formats {
        Formats {
            wanted: Some(description(format)).filter(|it| it.shape.is_some()),
            active: None,
            transcript: Transcript::new(thinking, defaults),
            relations: Relations::default(),
            has_understood: false,
            leading: Some(Vec::new()),
        }
    }

    /// Sets the session of the following messages that name none. If the session changes, ends the
    /// current reader.
    pub(super) fn set_session(&mut self, session: &Unnamed) {
        if self.transcript.defaults().session != *session {
            self.end_active();
            self.transcript.set_session(session);
        }
    }

    /// Returns `true` if a call waits for its result.
    pub(super) fn is_waiting(&self) -> bool {
        self.transcript.is_waiting()
    }

    /// Reads an element if it belongs to a format, and returns the pieces that are complete so far.
    ///
    /// # Errors
    /// The element, if no format reads it.
    pub(super) fn take(&mut self, line: u64, element: Value) -> Result<Vec<Piece>, Value> {
        let Value::Object(object) = element else { return Err(element) };
        let object = match self.take_list(line, object) {
            Ok(pieces) => return Ok(pieces),
            Err(object) => object,
        };
        if let Some(reason) = batch::failure(&object) {
            self.transcript.skip(line, reason);
            self.has_understood = true;
            return Ok(self.transcript.take());
        }
        let (object, rejected) = preference::opened(batch::unfolded(object));
        (0..rejected).for_each(|_| self.transcript.skip(line, preference::LEFT_OUT));
        let mut object = mem0::opened(object);
        let Some(description) = self.format_of(&object) else {
            let strict = self.wanted.filter(|it| !it.is_loose());
            return match strict {
                None => Err(Value::Object(object)),
                Some(wanted) => Ok(vec![Piece::Failed(Some(line), unfit(wanted, &object).into())]),
            };
        };
        let shape = description.shape.as_ref().expect("only shapes are recognised");
        let Some(make_reader) = shape.reader else {
            return Err(Value::Object(object));
        };
        object.retain(|name, _| !shape.artefacts.contains(&&**name));
        let lists = lists_in(shape, &mut object);
        let kind = (description, shape, make_reader);
        self.settle_leading(kind);
        let (around, elements) = match lists.is_empty() {
            true => (Ok(None), vec![Value::Object(object)]),
            false => (owners::take(&mut object, shape.opens), lists),
        };
        match around {
            Ok(around) => self.read_all(line, elements, &around, kind),
            Err(problem) => self.transcript.fail(line, problem),
        }
        self.has_understood = true;
        Ok(self.transcript.take())
    }

    /// Reads the elements of `{"data": [...]}` if at least one of them belongs to a format.
    ///
    /// # Errors
    /// The object, if it is not such a list.
    fn take_list(
        &mut self,
        line: u64,
        mut object: Map<String, Value>,
    ) -> Result<Vec<Piece>, Map<String, Value>> {
        let kind_of = |it: &Value| {
            let (description, shape) = recognise(it.as_object()?)?;
            Some((description, shape, shape.reader?))
        };
        let list = object.get("data").and_then(Value::as_array);
        let Some(first) = list.and_then(|list| list.iter().find_map(kind_of)) else {
            return Err(object);
        };
        if self.format_of(&object).is_some() {
            return Err(object);
        }
        let elements = object.remove("data").and_then(|it| serde_json::from_value(it).ok());
        let elements: Vec<Value> = elements.unwrap_or_default();
        match owners::take(&mut object, &[]) {
            Ok(owner) => elements.into_iter().for_each(|element| {
                let kind = kind_of(&element).unwrap_or(first);
                self.read(line, element, owner.clone(), kind);
            }),
            Err(problem) => self.transcript.fail(line, problem),
        }
        self.has_understood = true;
        Ok(self.transcript.take())
    }

    /// Reads the elements of a list. `around` is the owner of the enclosing object.
    fn read_all(&mut self, line: u64, elements: Vec<Value>, around: &Option<String>, kind: Kind) {
        let has_relations = !kind.1.lists.is_empty() && around.is_none();
        if has_relations {
            elements.iter().for_each(|element| self.relations.note(element));
        }
        for element in elements {
            let attributed = match has_relations {
                true => self.relations.attributed(element),
                false => Ok(element),
            };
            match attributed {
                Ok(element) => self.read(line, element, around.clone(), kind),
                Err(problem) => self.transcript.fail(line, problem),
            }
        }
    }

    /// Reads an element of a format. Its owner must agree with `around`, that of the enclosing
    /// object.
    fn read(
        &mut self,
        line: u64,
        element: Value,
        around: Option<String>,
        (description, shape, make_reader): Kind,
    ) {
        let Value::Object(mut object) = element else {
            return self.transcript.fail(line, "expected an object");
        };
        object.retain(|name, _| !shape.artefacts.contains(&&**name));
        if shape.elements == Elements::Rows {
            owners::remove_state(&mut object);
        }
        let owner = owners::take(&mut object, shape.opens);
        let owner = owner.and_then(|owner| owners::agreed(around, owner));
        let owner = match owner.and_then(|owner| self.transcript.owner(owner)) {
            Ok(owner) => owner,
            Err(problem) => return self.transcript.fail(line, problem),
        };
        let is_active = self.active.as_ref().is_some_and(|it| it.0.format == description.format);
        let own = self.transcript.own();
        // An owner that one row names also applies to earlier rows without one.
        let is_of_both = shape.elements == Elements::Rows && (owner.is_none() || own.is_none());
        if !is_active || !(is_of_both || owner.as_ref() == own) {
            self.end_active();
            self.transcript.set_owner(owner);
        } else if owner.is_some() {
            self.transcript.set_owner(owner);
        }
        self.transcript.set_secrets(description.secrets());
        let (_, reader) = self.active.get_or_insert_with(|| (description, make_reader()));
        reader.read(line, object, &mut self.transcript);
        if shape.elements != Elements::Rows {
            self.transcript.tell_sessions();
        }
    }

    /// Reads the held rows, which precede the first recognised one, if they belong to its format.
    fn settle_leading(&mut self, kind: Kind) {
        let (_, shape, make_reader) = kind;
        for row in self.leading.take().into_iter().flatten() {
            match shape.elements == Elements::Rows && make_reader().follows(&row.object) {
                true => self.read(row.line, Value::Object(row.object), None, kind),
                false => self.transcript.add(row.pieces),
            }
        }
    }

    /// Returns the pieces of the held rows, which belong to no format.
    fn give_up_leading(&mut self) -> Vec<Piece> {
        self.leading.take().into_iter().flatten().flat_map(|row| row.pieces).collect()
    }

    /// Reads an object that is a complete message or note. `read` makes its draft.
    pub(super) fn message(
        &mut self,
        line: u64,
        object: Map<String, Value>,
        defaults: &Defaults,
        read: fn(Map<String, Value>, &Defaults) -> Result<Draft, Unfit>,
    ) -> Vec<Piece> {
        let held = self.leading.is_some().then(|| object.clone());
        let shaped = shape::shape(object);
        let has_text = ["content", "text"].iter().any(|it| shaped.object.contains_key(*it));
        let guess = (!has_text && !self.has_understood).then(|| guess(&shaped.object));
        self.transcript.plain(line, shaped, defaults, read);
        let mut pieces = self.transcript.take();
        if let Some(Piece::Failed(_, refusal)) = pieces.first_mut() {
            if let Some(guess) = guess {
                refusal.reason.push_str(&format!("; {guess}; {}", known()));
                // The list of known formats is reported once.
                self.has_understood = true;
            }
            let held = held.filter(|_| !has_text);
            if let (Some(object), Some(leading)) = (held, &mut self.leading) {
                leading.push(Leading { line, object, pieces });
                return match leading.len() < LEADING_MAX {
                    true => Vec::new(),
                    false => self.give_up_leading(),
                };
            }
        } else {
            self.has_understood = true;
        }
        let mut all = self.give_up_leading();
        all.append(&mut pieces);
        all
    }

    /// Returns `true` if an object with messages and the other fields `fields` belongs to a format.
    pub(super) fn claims(&self, fields: &Map<String, Value>) -> bool {
        self.wanted.is_some() || recognise(fields).is_some() || preference::is_rated(fields)
    }

    /// Returns `true` if the readable part of a broken object with these `fields` has parts that
    /// can be read by themselves.
    pub(super) fn has_parts(&self, fields: &Map<String, Value>) -> bool {
        let has_parts = fields.keys().any(|name| parts_in(name).is_some());
        (has_parts && self.claims(fields)) || chat::has_list(fields)
    }

    /// Ends the file and returns the remaining pieces.
    pub(super) fn finish(&mut self) -> Vec<Piece> {
        let mut pieces = self.give_up_leading();
        self.end_active();
        pieces.append(&mut self.transcript.finish());
        pieces
    }

    fn end_active(&mut self) {
        if let Some((_, mut reader)) = self.active.take() {
            reader.finish(&mut self.transcript);
            self.transcript.tell_sessions();
        }
    }

    /// Returns the format of an element. The current format of its file takes precedence.
    fn format_of(&self, element: &Map<String, Value>) -> Option<&'static Description> {
        let fits = |it: &'static Description| {
            it.shape.as_ref().is_some_and(|shape| (shape.recognises)(element))
        };
        let active = self.active.as_ref();
        if let Some((description, _)) = active.filter(|it| fits(it.0)) {
            return Some(description);
        }
        let recognised = recognise(element).map(|(description, _)| description);
        let other = match self.wanted {
            Some(wanted) => Some(wanted).filter(|it| fits(it)),
            None => recognised,
        };
        // A shape that many programs write has lower precedence than the format of the file.
        let strict = other.filter(|it| !it.is_loose());
        let followed = active.filter(|(_, reader)| reader.follows(element)).map(|it| it.0);
        strict.or(followed).or(other)
    }
}

/// Removes the lists of a format from an element and returns their elements.
fn lists_in(shape: &Shape, object: &mut Map<String, Value>) -> Vec<Value> {
    let mut elements = Vec::new();
    for name in shape.lists {
        if object.get(*name).is_some_and(Value::is_array)
            && let Some(Value::Array(list)) = object.remove(*name)
        {
            elements.extend(list);
        }
    }
    elements
}
