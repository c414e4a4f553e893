//! Ids of the pieces of one document.
//!
//! A piece is identified by its document, its text in the form [`forms::same`], and its number
//! among equal pieces of the document. A paragraph that two documents share is therefore a record
//! of each. The id is `DOCUMENT-PIECE`, two hashes, so the ids of a document's pieces share a
//! prefix.

use std::collections::HashMap;

use aios_record::{Id, Kind, Scope, forms};

use super::{DOMAIN, put, put_owner};

/// Hexadecimal digits of each of the two hashes in an id.
const DIGITS: usize = 24;

/// Assigns ids to the pieces of one document, counting equal ones.
#[derive(Debug)]
pub struct Pieces {
    document: blake3::Hash,
    equal: HashMap<blake3::Hash, u64>,
}

impl Pieces {
    /// Starts the pieces of the document with the identity `origin` within its owner and scope.
    pub fn new(scope: &Scope, origin: &str) -> Pieces {
        let mut hasher = blake3::Hasher::new_derive_key(DOMAIN);
        put(&mut hasher, Some(b"document"));
        put_owner(&mut hasher, Kind::Knowledge, scope);
        put(&mut hasher, Some(origin.as_bytes()));
        Pieces { document: hasher.finalize(), equal: HashMap::new() }
    }

    /// Returns the prefix that exactly the ids of these pieces have.
    pub fn prefix(&self) -> String {
        format!("{}-", &self.document.to_hex()[..DIGITS])
    }

    /// Returns the id of the next piece.
    pub fn name(&mut self, text: &str) -> Id {
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
