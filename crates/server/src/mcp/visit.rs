//! A request of the protocol: its call, the caller's memory, its client.

use std::sync::{Arc, Mutex, PoisonError};

use aios_memory::{MemoryView, record::Provenance};
use rmcp::model::Implementation;

use super::offer::Offer;
use crate::{call::Call, operation::Operation};

/// Maximum length of the name of a client, in characters.
const CLIENT_CHARS_MAX: usize = 120;

/// A request that the gate has admitted. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Visit {
    pub(crate) call: Call,
    /// The caller's memory.
    pub(crate) view: MemoryView,
    pub(crate) offer: Offer,
    /// Name and version of the client. They are provenance and never select records.
    client: Option<Arc<str>>,
    done: Arc<Mutex<Option<Done>>>,
}

/// The tool that a request called, for the audit line and the metrics.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    pub(crate) operation: Operation,
    pub(crate) outcome: &'static str,
    pub(crate) changed: Vec<String>,
}

impl Visit {
    pub(crate) fn new(call: Call, offer: Offer, client: Option<&str>) -> Visit {
        let client = client.map(cut).map(Arc::from);
        let view = call.caller.view().clone();
        Visit { call, view, offer, client, done: Arc::default() }
    }

    /// Returns this visit with the client that the request names.
    pub(crate) fn by(self, client: Option<Implementation>) -> Visit {
        match client {
            None => self,
            Some(client) => {
                let client = format!("{} {}", client.name, client.version);
                Visit { client: Some(Arc::from(cut(client.trim()))), ..self }
            }
        }
    }

    /// Returns the provenance of a record that this request stores.
    pub(crate) fn provenance(&self, module: &str) -> Provenance {
        let client = self.client.as_deref().map(str::to_owned);
        Provenance { module: module.to_owned(), client, ..Provenance::default() }
    }

    /// Records the tool that was called.
    pub(crate) fn note(&self, done: Done) {
        *self.done.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
    }

    /// Returns the tool that was called.
    pub(crate) fn done(&self) -> Option<Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn cut(client: &str) -> &str {
    client.char_indices().nth(CLIENT_CHARS_MAX).map_or(client, |(end, _)| &client[..end])
}
