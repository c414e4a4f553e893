//! Notes on shared photos in the texts of imported messages: "[shared a photo: a cat]". Nobody said
//! their words, so they are not read as statements.

/// Beginning of a note.
const NOTE: &str = "[shared a photo";

/// Returns a text without the notes on shared photos.
#[must_use]
pub fn spoken(text: &str) -> String {
    let mut spoken = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, note)) = rest.split_once(NOTE) {
        spoken.push_str(before);
        rest = note.split_once(']').map_or("", |(_, after)| after);
    }
    spoken + rest
}

/// Returns the bytes of the note that `text` begins with. A note without an end takes all.
pub(crate) fn note(text: &str) -> Option<usize> {
    let rest = text.strip_prefix(NOTE)?;
    Some(rest.find(']').map_or(text.len(), |end| NOTE.len() + end + 1))
}
