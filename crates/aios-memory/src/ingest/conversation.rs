//! Session names for conversations without a name of their own.
//!
//! A conversation in a file is named for the file's canonical path: two files of the same name are
//! two conversations, and the same file is one conversation from any working directory. A
//! conversation in a stream is named for its first message, or for its whole first batch if another
//! stored conversation begins with the same message. So ingesting it again continues the same
//! conversation and never another one. Earlier versions used the file's stem or `stdin`; a
//! conversation stored under such a name continues under it.

use std::{collections::HashMap, path::Path};

use aios_record::ID_BYTES_MAX;

use super::{Draft, writer::arrival};
use crate::{Error, MemoryView, admission::Admission, identity::Namer};

/// Name of a stream without a name, and prefix of its session names. Earlier versions used it as
/// the session.
pub(super) const STREAM: &str = "stdin";

/// Maximum length in bytes of the readable part of a session name; the hash of the path and the
/// position follow.
const STEM_BYTES_MAX: usize = 60;

/// Maximum length in bytes of a conversation's title within the session name.
const TITLE_BYTES_MAX: usize = 40;

/// Hexadecimal digits of a path or text hash in a session name.
const HASH_DIGITS: usize = 12;

/// Minimum length in bytes of a conversation id that is assumed to be globally unique.
const WORLDWIDE_BYTES_MIN: usize = 20;

/// Number of known messages that shows that an earlier version stored a conversation.
const FORMER_MIN: usize = 2;

/// Session of messages that name none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Unnamed {
    /// A fixed name, independent of the content.
    Fixed(String),
    /// Named for a file.
    File {
        name: String,
        /// The file's stem, which earlier versions used as the name.
        former: String,
    },
    /// Named for the content of a stream; `place` distinguishes the conversations of one stream.
    Stream { place: String },
}

impl Default for Unnamed {
    fn default() -> Unnamed {
        Unnamed::Stream { place: String::new() }
    }
}

impl Unnamed {
    /// Returns the session for a file of this name, or for a stream without one.
    pub(crate) fn of(name: Option<&Path>) -> Unnamed {
        let Some(path) = name else { return Unnamed::default() };
        let canonical = path.canonicalize().or_else(|_| std::path::absolute(path));
        let canonical = canonical.unwrap_or_else(|_| path.to_owned());
        // The stem is for people; the hash distinguishes files, also if their names are not UTF-8.
        let stem = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let hash = hash_of([canonical.as_os_str().as_encoded_bytes()]);
        Unnamed::File { name: format!("{}-{hash}", label(&stem, STEM_BYTES_MAX)), former: stem }
    }

    /// Returns the session of the conversation at position `place` (from 1) of the input, which may
    /// have its own id or title.
    pub(crate) fn within(&self, place: u64, id: Option<&str>, title: Option<&str>) -> Unnamed {
        if let Some(id) = id.filter(|id| WORLDWIDE_BYTES_MIN <= id.len()) {
            let former = self.former().to_owned();
            return Unnamed::File { name: fitted(id), former };
        }
        let title = title.map(|title| label(title, TITLE_BYTES_MAX)).filter(|it| !it.is_empty());
        let within = match (id, title) {
            (Some(id), _) => format!("/{id}"),
            (None, None) if place <= 1 => return self.clone(),
            (None, None) => format!("/{place}"),
            (None, Some(title)) => format!("/{place} {title}"),
        };
        match self {
            Unnamed::Fixed(name) => Unnamed::Fixed(fitted(&format!("{name}{within}"))),
            Unnamed::File { name, former } => {
                Unnamed::File { name: fitted(&format!("{name}{within}")), former: former.clone() }
            }
            Unnamed::Stream { place } => Unnamed::Stream { place: format!("{place}{within}") },
        }
    }

    /// Returns the name to use if nothing is known of the stored sessions.
    pub(crate) fn name(&self) -> String {
        match self {
            Unnamed::Fixed(name) | Unnamed::File { name, .. } => name.clone(),
            Unnamed::Stream { place } => fitted(&format!("{STREAM}{place}")),
        }
    }

    /// Returns the name that earlier versions used.
    pub(crate) fn former(&self) -> &str {
        match self {
            Unnamed::Fixed(name) => name,
            Unnamed::File { former, .. } => former,
            Unnamed::Stream { .. } => STREAM,
        }
    }
}

/// Conversations of one input and the session names resolved for them.
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
    /// Messages of the conversation that the session has.
    known: usize,
    /// Messages read from the conversation.
    read: usize,
    /// Messages of the session, as far as working memory holds them.
    stored: usize,
}

impl Overlap {
    /// Returns true if the session is the conversation, or a beginning of it.
    fn is_same(self) -> bool {
        0 < self.known && (self.known == self.read || self.known == self.stored)
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
            Unnamed::File { name, former } => match self.overlap(former).await?.is_part() {
                true => Ok(former.clone()),
                false => Ok(name.clone()),
            },
            Unnamed::Stream { place } => {
                let texts = || self.drafts.iter().map(|draft| draft.text.as_bytes());
                let named = |hash: &str| fitted(&format!("{STREAM}-{hash}{place}"));
                let begun = named(&hash_of(texts().take(1)));
                let whole = named(&hash_of(texts()));
                let overlap = self.overlap(&begun).await?;
                if overlap.is_same() {
                    return Ok(begun);
                }
                if 0 < overlap.known || 0 < overlap.stored {
                    return Ok(whole);
                }
                match self.overlap(STREAM).await?.is_part() {
                    true => Ok(STREAM.to_owned()),
                    false => Ok(begun),
                }
            }
        }
    }

    /// Returns the overlap of the messages with a session.
    async fn overlap(&mut self, session: &str) -> Result<Overlap, Error> {
        let mut namer = Namer::default();
        let mut arrivals = Vec::with_capacity(self.drafts.len());
        for draft in &self.drafts {
            let mut draft = draft.clone();
            draft.settle_in(session, session);
            // A refused message is reported when it is written.
            arrivals.extend(arrival(1, draft, self.view.gate(), &mut namer).ok());
        }
        let read = arrivals.len();
        let Some(owner) = arrivals.first().map(|arrival| arrival.scope.owner()) else {
            return Ok(Overlap { known: 0, read, stored: 0 });
        };
        let stored = self.admission.messages_in(&owner, session, read + 1).await?;
        let known = self.admission.are_known(arrivals).await?;
        Ok(Overlap { known: known.into_iter().filter(|known| *known).count(), read, stored })
    }
}

/// Returns `name` if it fits an id, else its beginning followed by a hash of the whole name.
pub(super) fn fitted(name: &str) -> String {
    if name.len() <= ID_BYTES_MAX {
        return name.to_owned();
    }
    let hash = hash_of([name.as_bytes()]);
    format!("{}-{hash}", cut(name, ID_BYTES_MAX - HASH_DIGITS - 1))
}

/// Returns `text` as one line of at most `bytes_max` bytes.
fn label(text: &str, bytes_max: usize) -> String {
    let shown = text.split(|c: char| c.is_whitespace() || c.is_control());
    let line = shown.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    cut(&line, bytes_max).trim_end().to_owned()
}

fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

fn hash_of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("aios-memory 2026-11 conversation name v1");
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    hasher.finalize().to_hex()[..HASH_DIGITS].to_owned()
}

#[cfg(test)]
mod tests;
