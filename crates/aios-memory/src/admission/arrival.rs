//! A record on its way into the memory, and its origin.

use aios_guard::Guard;
use aios_record::{Id, Key, Kind, Record, Scope};
use aios_working::NewMessage;
use serde_json::{Map, Value};

use super::cut::Cut;
use crate::guarding;

/// A record to be admitted.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The line or row of its source, from 1.
    pub place: u64,
    /// The kind of the record.
    pub kind: Kind,
    /// The id of the record.
    pub id: Id,
    /// Ids that former versions of this program gave the same record.
    pub(super) former_ids: Vec<Key>,
    /// The preferred id, which is used unless another session has a different record under it.
    pub(super) provider_id: Option<Id>,
    /// The scope, as far as its source names it.
    pub scope: Scope,
    /// The position of its text among the parts of a longer one, if its source gives the longer one
    /// an id.
    pub(super) cut: Option<Cut>,
    /// The parts besides its text that its source names.
    pub(super) tells: Tells,
    /// True if secrets are removed from it even if the settings only mark them.
    pub(super) redacts_secrets: bool,
    /// The content.
    pub content: Content,
}

/// The parts of a message besides its text that its source names. The other parts are filled in,
/// and are not compared with the stored record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tells {
    pub(super) role: bool,
    pub(super) name: bool,
    pub(super) time: bool,
    pub(super) tags: bool,
}

/// The content of an arrival.
#[derive(Debug, Clone)]
pub enum Content {
    /// A message to append to its session, with id and scope of the arrival.
    Message(Box<NewMessage>),
    /// An object with the kind's fields.
    Fields(Map<String, Value>),
    /// A record to store unchanged.
    Record(Box<Record>),
}

/// The origin of arrivals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Written directly: stored even if forgotten before.
    Written,
    /// Read from a file: forgotten records stay forgotten, and stored ones are never changed.
    Found,
    /// Read from a conversation: its messages may have been corrected since.
    Conversed,
}

impl Arrival {
    /// Creates an arrival from the line or row `place` of its source, from 1.
    #[must_use]
    pub fn new(place: u64, kind: Kind, id: Id, scope: Scope, content: Content) -> Arrival {
        Arrival {
            place,
            kind,
            id,
            former_ids: Vec::new(),
            provider_id: None,
            scope,
            cut: None,
            tells: Tells::default(),
            redacts_secrets: false,
            content,
        }
    }

    /// Returns an arrival with the scope and id of `record`.
    #[must_use]
    pub fn of_record(place: u64, record: Record) -> Arrival {
        let (kind, id, scope) = (record.kind, record.id.clone(), record.scope.clone());
        Arrival::new(place, kind, id, scope, Content::Record(Box::new(record)))
    }
}

impl Content {
    /// Applies the guard to all texts.
    pub(super) fn guard(&mut self, guard: Guard, kind: Kind) -> Result<(), aios_guard::Error> {
        match self {
            Content::Message(message) => {
                message.content = guard.apply(&message.content)?.text.into_owned();
                message.metadata = guarding::value(guard, message.metadata.take())?;
            }
            Content::Fields(fields) => {
                *fields = guarding::object(guard, kind, std::mem::take(fields))?;
            }
            Content::Record(record) => {
                record.text = guard.apply(&record.text)?.text.into_owned();
                if let Some(title) = &mut record.title {
                    *title = guard.apply(title)?.text.into_owned();
                }
                if let Value::Object(payload) = record.payload.take() {
                    record.payload = Value::Object(guarding::object(guard, kind, payload)?);
                }
            }
        }
        Ok(())
    }
}
