//! Reads JSON objects field by field, so that a fault affects as little as possible: in a list or
//! table of parts, such as messages, only the part; in any other field, only the field.

use std::{
    io::{self, BufRead},
    ops::ControlFlow,
};

use aios_draft::{
    Mend,
    repeated::{self, Seed},
    spellings::{TEXT, names_place},
};
use serde_json::{Map, Value};

use super::{
    documents::{Destination, Documents, mentions_owner},
    hand::{Beside, Elements},
    messages::Messages,
    parsed::parse,
};
use crate::ingest::{
    elements::{CONVERSATION_BYTES_MAX, Element, End, Place, head_of, next_entry},
    formats::{self, Formats, PartsOf},
};

/// Problem of a conversation if a broken part may have named its owner.
const DOUBTFUL: &str = "a broken part names an owner or ends early, so its whole conversation is \
                        rejected; correct it";

/// An object as far as it was read.
#[derive(Default)]
pub(super) struct Object {
    line: u64,
    messages: Option<Messages>,
    fields: Map<String, Value>,
    mended: Vec<Mend>,
    /// Problems of the object itself.
    problems: Vec<(u64, String)>,
    /// Problems of its parts. Each affects only that part.
    lost: Vec<(u64, String)>,
    /// True if a broken part may have stated the scope.
    is_unplaced: bool,
    /// True if its fields are parts, such as the nodes of a tree.
    is_table: bool,
}

impl Object {
    pub(super) fn at(line: u64) -> Object {
        Object { line, ..Object::default() }
    }

    /// Records a fault outside of the values.
    fn break_at(&mut self, line: u64, problem: impl Into<String>) {
        if self.is_table {
            return self.lost.push((line, problem.into()));
        }
        self.problems.push((line, problem.into()));
        self.is_unplaced = true;
    }

    /// Returns the readable part of the object, and all problems. `None` if no part is readable by
    /// itself, or if the owner of the parts is uncertain.
    pub(super) fn into_value(self, formats: &Formats) -> (Option<Value>, Vec<(u64, String)>) {
        let has_parts = self.messages.is_some() || formats.has_parts(&self.fields);
        let Object { messages, mut fields, mut problems, lost, is_unplaced, .. } = self;
        problems.extend(lost);
        if let Some(messages) = messages {
            let (list, _, lost) = messages.into_list();
            problems.extend(lost);
            fields.insert("messages".to_owned(), list);
        }
        ((has_parts && !is_unplaced).then_some(Value::Object(fields)), problems)
    }
}

impl<R: BufRead> Documents<'_, '_, '_, R> {
    /// Reads an object, which begins at the next byte: a conversation, or one element.
    pub(super) fn object(&mut self) -> io::Result<ControlFlow<()>> {
        let object = self.read_object()?;
        let Object { line, messages, fields, mended, problems, lost, is_unplaced, .. } = object;
        let is_broken = !problems.is_empty();
        let has_parts = messages.is_some() || self.hand.formats.has_parts(&fields);
        let is_part_lost = !lost.is_empty();
        for (line, problem) in problems.into_iter().chain(lost) {
            if self.hand.fail(line, problem).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        let mut beside = Beside { mended, ..Beside::default() };
        // The broken part may name the owner, which must not be guessed. The readable part of a
        // broken record is not the record.
        if is_unplaced || ((is_broken || is_part_lost) && !has_parts) {
            return Ok(ControlFlow::Continue(()));
        }
        if let Some(messages) = messages {
            let mut fields = fields;
            fields.insert("messages".to_owned(), messages.sample());
            let is_claimed = self.hand.formats.claims(&fields);
            fields.remove("messages");
            if messages.may_name_owner {
                return Ok(self.hand.fail(line, DOUBTFUL));
            }
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
            return Ok(self.hand.conversation(line, messages, fields, None, &mut beside));
        }
        if self.hand.elements == Elements::Messages
            && !fields.contains_key("chats")
            && !fields.keys().any(|name| TEXT.is_spelled(name))
        {
            return Ok(self.hand.fail(line, "the object has no `messages`"));
        }
        Ok(self.hand.whole(line, Value::Object(fields), beside.mended))
    }

    pub(super) fn read_object(&mut self) -> io::Result<Object> {
        let Place { line, .. } = self.scanner.place();
        let mut object = Object::at(line);
        self.fields(&mut object)?;
        Ok(object)
    }

    fn fields(&mut self, object: &mut Object) -> io::Result<()> {
        self.scanner.skip()?;
        loop {
            let Some(byte) = self.scanner.peek()? else {
                let line = self.scanner.place().line;
                // The field that states the current branch of a tree follows the tree.
                object.is_unplaced |= object.is_table;
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
                    object.break_at(line, format!("broken JSON: unexpected `{found}`"));
                }
                _ => {
                    self.scanner.element()?;
                    object.break_at(line, "broken JSON: expected a quoted name");
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
                     of messages, or one message per line"
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
        let problem = match parse(value.place, &value.bytes, Seed::of(&name)) {
            Ok((value, mended)) => {
                object.mended.extend(mended);
                repeated::put(&mut object.fields, name, value);
                return Ok(());
            }
            Err(problem) => problem,
        };
        if object.is_table {
            return self.broken_part(name, &value, problem, object);
        }
        if let (Some(owner), true) = (formats::parts_in(&name), value.end != End::TooLong)
            && self.scanner.go_back(&value, 0)
        {
            return self.parts(name, owner, object);
        }
        self.is_cut_told |= value.end == End::Open;
        object.is_unplaced |= names_place(&name);
        object.problems.push((value.place.line, problem));
        Ok(())
    }

    /// Reads the broken list or table `name` part by part.
    fn parts(&mut self, name: String, owner: PartsOf, object: &mut Object) -> io::Result<()> {
        let line = self.scanner.place().line;
        let (value, may_name_owner) = match self.scanner.peek()? {
            Some(b'[') => {
                let mut held = Messages::default();
                let _ = self.list(&mut Destination::Held(&mut held))?;
                let may_name_owner = held.may_name_owner;
                let (list, mended, lost) = held.into_list();
                object.mended.extend(mended);
                object.lost.extend(lost);
                (list, may_name_owner)
            }
            Some(b'{') => {
                let mut table = Object { is_table: true, ..Object::at(line) };
                self.fields(&mut table)?;
                object.mended.extend(table.mended);
                object.lost.extend(table.lost);
                object.problems.extend(table.problems);
                (Value::Object(table.fields), table.is_unplaced)
            }
            _ => {
                self.scanner.element()?;
                object.problems.push((line, format!("`{name}` is not a list")));
                return Ok(());
            }
        };
        if may_name_owner && owner == PartsOf::One {
            object.lost.push((line, DOUBTFUL.to_owned()));
            object.is_unplaced = true;
        }
        repeated::put(&mut object.fields, name, value);
        Ok(())
    }

    /// Keeps the readable part of a broken table entry: its position in a tree.
    fn broken_part(
        &mut self,
        name: String,
        value: &Element,
        problem: String,
        table: &mut Object,
    ) -> io::Result<()> {
        let head = head_of(&value.bytes);
        let next = head.and_then(|head| next_entry(value, &head));
        let goes_on = next.is_some_and(|at| self.scanner.go_back(value, at));
        self.is_cut_told |= value.end == End::Open && !goes_on;
        // The field that states the current branch of a tree follows the tree.
        table.is_unplaced |= value.end != End::Closed && !goes_on;
        let broken = &value.bytes[..next.filter(|_| goes_on).unwrap_or(value.bytes.len())];
        table.lost.push((value.place.line, problem));
        let part = match broken.first() {
            Some(b'[') => {
                let list = self.within(broken, value.place).elements()?;
                table.is_unplaced |= list.may_name_owner;
                let (list, mended, lost) = list.into_list();
                table.mended.extend(mended);
                table.lost.pop();
                table.lost.extend(lost);
                list
            }
            Some(b'{') => {
                table.is_unplaced |= mentions_owner(broken);
                Value::Object(self.within(broken, value.place).read_object()?.fields)
            }
            _ => return Ok(()),
        };
        repeated::put(&mut table.fields, name, part);
        Ok(())
    }
}
