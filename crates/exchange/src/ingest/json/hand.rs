//! Turns elements into drafts: by a format, or as messages and notes.

use std::ops::ControlFlow;

use aios_draft::{
    Defaults, Draft, Mend,
    place::{lift_owner, like_owner, take_place},
    said::{name_of, take_time},
    spellings::{EXTERNAL_ID, Field, TEXT, TITLE},
};
use aios_memory::admission::Refusal;
use aios_record::{Scope, forms};
use serde_json::{Map, Value};

use super::{messages::Messages, parsed::Parsed};
use crate::ingest::{
    formats::{self, Formats},
    piece::{Piece, Sink},
};

/// Kind of the elements of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Elements {
    /// An element with a `conversation` is a LoCoMo sample, any other a message.
    Either,
    Messages,
    /// Like `Either`, but a record without role, name and session is a note.
    Records,
}

/// Converts elements into drafts and passes them on.
pub(super) struct Hand<'a, 's> {
    pub(super) elements: Elements,
    pub(super) defaults: &'a Defaults,
    pub(super) formats: Formats,
    pub(super) sink: &'a mut Sink<'s>,
    /// Number of conversations so far.
    conversations: u64,
    /// Position of the conversation of messages that are not enclosed in one: that of the current
    /// list, or that of all lines.
    pub(super) alone: Option<u64>,
}

/// Fields and repairs to attach to the first draft of a conversation.
#[derive(Default)]
pub(super) struct Beside {
    /// Unrecognised fields of the conversation, which are kept as metadata.
    pub(super) fields: Map<String, Value>,
    pub(super) mended: Vec<Mend>,
}

impl<'a, 's> Hand<'a, 's> {
    pub(super) fn new(
        elements: Elements,
        defaults: &'a Defaults,
        formats: Formats,
        sink: &'a mut Sink<'s>,
    ) -> Hand<'a, 's> {
        Hand { elements, defaults, formats, sink, conversations: 0, alone: None }
    }

    pub(super) fn fail(&mut self, line: u64, problem: impl Into<Refusal>) -> ControlFlow<()> {
        (self.sink)(Piece::Failed(Some(line), problem.into()))
    }

    /// Reports a repair outside of the elements.
    pub(super) fn mend(&mut self, line: u64, reason: &str) -> ControlFlow<()> {
        (self.sink)(Piece::Mended(line, Mend::whole(reason)))
    }

    pub(super) fn element(&mut self, line: u64, parsed: Parsed) -> ControlFlow<()> {
        match parsed {
            Ok((value, mended)) => self.whole(line, value, mended),
            Err(problem) => self.fail(line, problem),
        }
    }

    /// Passes on a top-level element: by its format, or as a message or note.
    pub(super) fn whole(&mut self, line: u64, value: Value, mended: Vec<Mend>) -> ControlFlow<()> {
        if let Some(chats) = formats::chats_in(&value) {
            let mut beside = Beside { mended, ..Beside::default() };
            return chats.into_iter().try_for_each(|chat| {
                let flow = self.element_in(line, chat, None, &mut beside);
                beside.fields.clear();
                flow
            });
        }
        let mut beside = Beside { mended, ..Beside::default() };
        let place = self.place_alone();
        self.formats.set_session(&self.defaults.session.within(place, None, None));
        match self.formats.take(line, value) {
            Ok(pieces) => {
                self.claim(place, &pieces);
                let flow = self.pieces(pieces, &mut beside);
                // If a format still holds its rows, there is no draft yet to attach them to.
                let mended = beside.mended.into_iter().map(|mend| Piece::Mended(line, mend));
                mended.fold(flow, |flow, piece| match flow {
                    ControlFlow::Continue(()) => (self.sink)(piece),
                    flow => flow,
                })
            }
            Err(value) => self.element_in(line, value, None, &mut beside),
        }
    }

    /// Returns the position of the conversation for a message that is not enclosed in one.
    fn place_alone(&self) -> u64 {
        self.alone.unwrap_or(self.conversations + 1)
    }

    /// Counts the conversation at `place` if one of its messages was read. An object that is not a
    /// message, such as a header, does not start one.
    fn claim(&mut self, place: u64, pieces: &[Piece]) {
        let is_said = |it: &Piece| matches!(it, Piece::Draft(_, it) if it.unnamed.is_some());
        if self.alone.is_none() && (pieces.iter().any(is_said) || self.formats.is_waiting()) {
            self.alone = Some(place);
            self.conversations = place;
        }
    }

    /// Passes pieces on. The first draft gets the fields and repairs of `beside`.
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

    /// Passes on the pieces that the formats held until the end.
    pub(super) fn finish(&mut self) -> ControlFlow<()> {
        self.formats.finish().into_iter().try_for_each(&mut *self.sink)
    }

    /// Passes on an element; `around` has the conversation's defaults for missing values. The first
    /// draft gets the fields and repairs of `beside`.
    fn element_in(
        &mut self,
        line: u64,
        value: Value,
        around: Option<&Defaults>,
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
                return self.conversation(line, messages, fields, around, beside);
            }
            Some(_) => return self.fail(line, "`messages` is not a list"),
            None if self.elements == Elements::Records => Draft::from_object,
            None => Draft::from_chat,
        };
        if let Err(problem) = lift_owner(&mut fields) {
            return self.fail(line, problem);
        }
        let pieces = match around {
            Some(defaults) => self.formats.message(line, fields, defaults, read),
            None => {
                let place = self.place_alone();
                let session = self.defaults.session.within(place, None, None);
                let defaults = Defaults { session, ..self.defaults.clone() };
                let pieces = self.formats.message(line, fields, &defaults, read);
                self.claim(place, &pieces);
                pieces
            }
        };
        self.pieces(pieces, beside)
    }

    /// Passes on the messages of a conversation, each with the scope of the conversation. A text
    /// beside messages without content is a separate record.
    pub(super) fn conversation(
        &mut self,
        line: u64,
        messages: Messages,
        fields: Map<String, Value>,
        around: Option<&Defaults>,
        beside: &mut Beside,
    ) -> ControlFlow<()> {
        let record = says_itself(&fields).then(|| fields.clone());
        self.messages(line, messages, fields, around.unwrap_or(self.defaults), beside)?;
        match record.filter(|_| !beside.fields.is_empty()) {
            Some(record) => {
                beside.fields.clear();
                self.element_in(line, Value::Object(record), around, beside)
            }
            None => ControlFlow::Continue(()),
        }
    }

    fn messages(
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
        if messages.read.is_empty() {
            if !says_itself(&fields) {
                let reason = without_messages(&fields);
                return (self.sink)(Piece::Skipped { line, rows: 1, reason });
            }
            beside.fields.extend(fields);
            return ControlFlow::Continue(());
        }
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
                self.element_in(line, message, Some(&within), beside)
            }
            Err(problem) => self.fail(line, problem),
        });
        self.elements = kind;
        flow
    }
}

/// Returns `true` if the fields beside the messages of a conversation include a text.
fn says_itself(fields: &Map<String, Value>) -> bool {
    fields.iter().any(|(name, value)| TEXT.is_spelled(name) && is_text(value))
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !forms::is_blank(text))
}

/// Returns the reason for skipping a conversation without messages.
fn without_messages(fields: &Map<String, Value>) -> String {
    let names = fields.iter().filter(|(_, value)| is_text(value));
    let mut names: Vec<String> = names.map(|(name, _)| format!("`{name}`")).collect();
    names.sort();
    match names.is_empty() {
        true => "a conversation without messages".to_owned(),
        false => format!("a conversation without messages; left out: {}", names.join(", ")),
    }
}
