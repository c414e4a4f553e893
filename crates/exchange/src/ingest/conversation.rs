//! Sessions of conversations without a name of their own.
//!
//! A conversation in a stream is named after its first message. If another stored conversation
//! begins with the same message, it is named after the first two, and so on. Ingesting the
//! conversation again, even if it has grown at its end, therefore continues the same conversation
//! and never another one. A conversation that an earlier version stored keeps the name that this
//! version used.

use std::collections::HashMap;

use aios_draft::{Draft, STREAM, Unnamed, identity::Namer, stream_names};
use aios_memory::{
    Id, MemoryView,
    admission::{Admission, Arrival},
};

use crate::Error;

/// Minimum number of known messages that show that an earlier version stored a conversation.
const FORMER_MIN: usize = 2;

/// Conversations of one input, with their resolved session names.
#[derive(Debug, Default)]
pub(super) struct Conversations {
    settled: HashMap<Unnamed, String>,
}

impl Conversations {
    /// Sets the session of the messages of each conversation without a name.
    pub(super) async fn settle(
        &mut self,
        view: &MemoryView,
        admission: &mut Admission,
        drafts: &mut [(u64, Draft)],
    ) -> Result<(), Error> {
        let mut places: Vec<(Unnamed, Vec<usize>)> = Vec::new();
        for (at, (_, draft)) in drafts.iter().enumerate() {
            let Some(unnamed) = &draft.unnamed else { continue };
            match places.iter_mut().rev().find(|(it, _)| it == unnamed) {
                Some((_, places)) => places.push(at),
                None => places.push((unnamed.clone(), vec![at])),
            }
        }
        for (unnamed, places) in places {
            let name = match self.settled.get(&unnamed) {
                Some(name) => name.clone(),
                None => {
                    let of_it = places.iter().map(|at| drafts[*at].1.clone()).collect();
                    let stored = Stored { view, admission, drafts: of_it };
                    let name = stored.name(&unnamed).await?;
                    self.settled.insert(unnamed.clone(), name.clone());
                    name
                }
            };
            for at in places {
                drafts[at].1.settle_in(&name, unnamed.former());
            }
        }
        Ok(())
    }
}

/// First messages of a conversation, to be compared with the stored ones.
struct Stored<'a> {
    view: &'a MemoryView,
    admission: &'a mut Admission,
    drafts: Vec<Draft>,
}

/// Overlap between a stored session and the beginning of a conversation, in messages.
#[derive(Debug, Clone, Copy)]
struct Overlap {
    /// Number of messages of the conversation that the session has.
    known: usize,
    /// Number of messages read from the conversation.
    read: usize,
    /// Number of messages of the session in working memory.
    stored: usize,
}

impl Overlap {
    /// Returns true if the session is the conversation, or a beginning of it.
    fn is_same(self) -> bool {
        0 < self.known && (self.known == self.read || self.known == self.stored)
    }

    /// Returns true if the session has no messages.
    fn is_free(self) -> bool {
        self.known == 0 && self.stored == 0
    }

    /// Returns true if the session contains the conversation, possibly among others.
    fn is_part(self) -> bool {
        self.is_same() || FORMER_MIN <= self.known
    }
}

impl Stored<'_> {
    async fn name(mut self, unnamed: &Unnamed) -> Result<String, Error> {
        match unnamed {
            Unnamed::Fixed(name) => Ok(name.clone()),
            Unnamed::File { name, former, titled } => {
                for known in [Some(former), titled.as_ref()].into_iter().flatten() {
                    if self.overlap(known).await?.is_part() {
                        return Ok(known.clone());
                    }
                }
                let Some(titled) = titled else { return Ok(name.clone()) };
                let overlap = self.overlap(name).await?;
                let is_its = overlap.is_free() || overlap.is_part();
                Ok(if is_its { name.clone() } else { titled.clone() })
            }
            Unnamed::Stream { place, titled } => {
                let texts: Vec<String> = self.drafts.iter().map(|it| it.text.clone()).collect();
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                for name in titled.iter().flat_map(|titled| stream_names(titled, &texts)) {
                    let overlap = self.overlap(&name).await?;
                    if overlap.is_same() {
                        return Ok(name);
                    }
                    if overlap.is_free() {
                        break;
                    }
                }
                self.stream_name(stream_names(place, &texts).collect()).await
            }
        }
    }

    /// Returns the first of `names` whose session is unused or is the conversation.
    async fn stream_name(&mut self, names: Vec<String>) -> Result<String, Error> {
        let mut last = STREAM.to_owned();
        for (at, name) in names.into_iter().enumerate() {
            let overlap = self.overlap(&name).await?;
            let is_free = overlap.is_free();
            if at == 0 && is_free && self.overlap(STREAM).await?.is_part() {
                return Ok(STREAM.to_owned());
            }
            if is_free || overlap.is_same() {
                return Ok(name);
            }
            last = name;
        }
        Ok(last)
    }

    /// Returns the overlap of the messages with a session.
    async fn overlap(&mut self, session: &str) -> Result<Overlap, Error> {
        let mut namer = Namer::default();
        let mut arrivals = Vec::with_capacity(self.drafts.len());
        for draft in &self.drafts {
            let mut draft = draft.clone();
            draft.settle_in(session, session);
            // A refused message is reported when it is written.
            arrivals.extend(Arrival::of_draft(1, draft, self.view.gate(), &mut namer).ok());
        }
        let read = arrivals.len();
        let Some(scope) = arrivals.first().map(|arrival| arrival.scope.clone()) else {
            return Ok(Overlap { known: 0, read, stored: 0 });
        };
        let session = Id::new(session).map_err(aios_memory::Error::from)?;
        let stored = self.admission.messages_in(&scope, &session, read + 1).await?;
        let known = self.admission.are_known(arrivals).await?;
        Ok(Overlap { known: known.into_iter().filter(|known| *known).count(), read, stored })
    }
}
