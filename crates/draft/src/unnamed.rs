//! Session names for conversations without a name of their own.
//!
//! A conversation in a file is named after the file's canonical path: two files with the same name
//! are two conversations, and a file is one conversation from any working directory. A conversation
//! in a stream is named after its first message, or after as many as distinguish it from the stored
//! ones, which the caller knows. Earlier versions used the file's stem or `stdin`.

mod worldwide;

use std::path::Path;

use aios_record::ID_BYTES_MAX;

use self::worldwide::is_worldwide;

/// Name of an unnamed stream, and prefix of its session names. Earlier versions used it as the
/// session.
pub const STREAM: &str = "stdin";

/// Maximum length in bytes of the readable part of a session name, which the hash of the path and
/// the position follow.
const STEM_BYTES_MAX: usize = 60;

/// Maximum length in bytes of a conversation's title within the session name.
const TITLE_BYTES_MAX: usize = 40;

/// Hexadecimal digits of a path or text hash in a session name.
const HASH_DIGITS: usize = 12;

/// Session of messages that name none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Unnamed {
    /// A fixed name, independent of the content.
    Fixed(String),
    /// Named after a file.
    File {
        /// The name.
        name: String,
        /// The file's stem, which earlier versions used as the name.
        former: String,
        /// For the first conversation of a file, if it has a title: the name by position and title,
        /// which earlier versions always used. Distinguishes the conversation from another one that
        /// was the first before.
        titled: Option<String>,
    },
    /// Named after the content of a stream.
    Stream {
        /// Suffix that distinguishes the conversations of one stream.
        place: String,
        /// The suffix with the title of a first conversation, which earlier versions used.
        titled: Option<String>,
    },
}

impl Default for Unnamed {
    fn default() -> Unnamed {
        Unnamed::Stream { place: String::new(), titled: None }
    }
}

impl Unnamed {
    /// Returns the session for a file with this path, or for a stream if `name` is `None`.
    #[must_use]
    pub fn of(name: Option<&Path>) -> Unnamed {
        let Some(path) = name else { return Unnamed::default() };
        let canonical = path.canonicalize().or_else(|_| std::path::absolute(path));
        let canonical = canonical.unwrap_or_else(|_| path.to_owned());
        let stem_of = |path: &Path| {
            path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
        };
        // The stem is for readers; the hash distinguishes files, even if their names are not UTF-8.
        let (stem, former) = (stem_of(&canonical), stem_of(path));
        let hash = hash_of([canonical.as_os_str().as_encoded_bytes()]);
        let name = format!("{}-{hash}", label(&stem, STEM_BYTES_MAX));
        Unnamed::File { name, former, titled: None }
    }

    /// Returns the session of the conversation at position `place` (from 1) of the input. An `id`
    /// that is unique worldwide by its form is the name. Otherwise the name is that of the input,
    /// followed by the id, or else by the position and the title. The first conversation without an
    /// id has the name of the input alone, unless that name is fixed and the conversation has a
    /// title.
    #[must_use]
    pub fn within(&self, place: u64, id: Option<&str>, title: Option<&str>) -> Unnamed {
        if let Some(id) = id.filter(|id| is_worldwide(id)) {
            let former = self.former().to_owned();
            return Unnamed::File { name: fitted(id), former, titled: None };
        }
        let title = title.map(|title| label(title, TITLE_BYTES_MAX)).filter(|it| !it.is_empty());
        let within = match (id, title) {
            (Some(id), _) => format!("/{id}"),
            (None, None) if place <= 1 => return self.clone(),
            (None, None) => format!("/{place}"),
            (None, Some(title)) => format!("/{place} {title}"),
        };
        // A title may change, so it does not name a conversation that may be the only one.
        let is_first = id.is_none() && place <= 1;
        match (self.clone(), is_first) {
            (Unnamed::Fixed(name), _) => Unnamed::Fixed(fitted(&format!("{name}{within}"))),
            (Unnamed::File { name, former, .. }, true) => {
                let titled = Some(fitted(&format!("{name}{within}")));
                Unnamed::File { name, former, titled }
            }
            (Unnamed::File { name, former, .. }, false) => {
                Unnamed::File { name: fitted(&format!("{name}{within}")), former, titled: None }
            }
            (Unnamed::Stream { place, .. }, true) => {
                let titled = Some(format!("{place}{within}"));
                Unnamed::Stream { place, titled }
            }
            (Unnamed::Stream { place, .. }, false) => {
                Unnamed::Stream { place: format!("{place}{within}"), titled: None }
            }
        }
    }

    /// Returns the name to use if the stored sessions are unknown.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Unnamed::Fixed(name) | Unnamed::File { name, .. } => name.clone(),
            Unnamed::Stream { place, .. } => fitted(&format!("{STREAM}{place}")),
        }
    }

    /// Returns the name that earlier versions used.
    #[must_use]
    pub fn former(&self) -> &str {
        match self {
            Unnamed::Fixed(name) => name,
            Unnamed::File { former, .. } => former,
            Unnamed::Stream { .. } => STREAM,
        }
    }
}

/// Returns the possible names of the conversation at `place` of a stream, derived from its first
/// message, its first two, and so on. A conversation that has grown is recognised, because its
/// beginning gives the same names.
pub fn stream_names<'a>(place: &'a str, texts: &'a [&'a str]) -> impl Iterator<Item = String> + 'a {
    let mut hasher = name_hasher();
    texts.iter().map(move |text| {
        update(&mut hasher, text.as_bytes());
        fitted(&format!("{STREAM}-{}{place}", digits_of(&hasher)))
    })
}

/// Returns `name` if it is short enough for an id, otherwise its beginning and a hash of all of it.
pub(crate) fn fitted(name: &str) -> String {
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
    let mut hasher = name_hasher();
    parts.into_iter().for_each(|part| update(&mut hasher, part));
    digits_of(&hasher)
}

fn name_hasher() -> blake3::Hasher {
    blake3::Hasher::new_derive_key("aios-memory 2026-11 conversation name v1")
}

fn update(hasher: &mut blake3::Hasher, part: &[u8]) {
    hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
}

fn digits_of(hasher: &blake3::Hasher) -> String {
    hasher.finalize().to_hex()[..HASH_DIGITS].to_owned()
}

#[cfg(test)]
mod tests;
