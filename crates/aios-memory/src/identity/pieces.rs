//! Ids of the pieces of one document.
//!
//! A piece is known by its document, its text in the form [`forms::same`], and its number among its
//! equals there: a paragraph that two documents share is a record of each. Its id is
//! `DOCUMENT-PIECE`, two hashes, so the pieces of a document are those whose ids begin alike.

use std::collections::HashMap;

use aios_record::{Id, Kind, Scope, forms};

use super::{DOMAIN, put, put_owner};

/// Hexadecimal digits of each of the two hashes in an id.
const DIGITS: usize = 24;

/// Gives ids to the pieces of one document, counting those that are equal.
#[derive(Debug)]
pub(crate) struct Pieces {
    document: blake3::Hash,
    equal: HashMap<blake3::Hash, u64>,
}

impl Pieces {
    /// The pieces of the document that `origin` tells from all others of its owner and scope.
    pub(crate) fn new(scope: &Scope, origin: &str) -> Pieces {
        let mut hasher = blake3::Hasher::new_derive_key(DOMAIN);
        put(&mut hasher, Some(b"document"));
        put_owner(&mut hasher, Kind::Knowledge, scope);
        put(&mut hasher, Some(origin.as_bytes()));
        Pieces { document: hasher.finalize(), equal: HashMap::new() }
    }

    /// The beginning that the ids of these pieces share, and no other ids.
    pub(crate) fn prefix(&self) -> String {
        format!("{}-", &self.document.to_hex()[..DIGITS])
    }

    /// The id of the next piece.
    pub(crate) fn name(&mut self, text: &str) -> Id {
        let text = forms::same(text);
        let nth = self.equal.entry(blake3::hash(text.as_bytes())).or_default();
        let mut hasher = blake3::Hasher::new_derive_key(DOMAIN);
        put(&mut hasher, Some(b"piece"));
        put(&mut hasher, Some(self.document.as_bytes()));
        put(&mut hasher, Some(text.as_bytes()));
        put(&mut hasher, Some(&nth.to_le_bytes()));
        *nth += 1;
        let piece = hasher.finalize().to_hex();
        Id::new(format!("{}{}", self.prefix(), &piece[..DIGITS])).expect("it is short")
    }
}
