//! Exports all records of a view as a stream of messages.

use std::collections::VecDeque;

use super::{scope, stream::Source, values};
use crate::{
    call::Call,
    export::Pages,
    failure::Failure,
    wire::{ExportRecordsRequest, ExportedRecords},
};

/// Number of bytes of records after which a message is sent.
const BYTES: usize = 1 << 20;

/// An export in progress.
pub(super) struct Export {
    pages: Pages,
    /// Encoded records that wait for a message.
    waiting: VecDeque<Vec<u8>>,
    /// Number of records in messages so far.
    sent: u64,
}

impl Export {
    pub(super) fn new(call: &Call, request: ExportRecordsRequest) -> Result<Export, Failure> {
        let ExportRecordsRequest { kinds, scope } = request;
        let view = scope::view(call, scope)?;
        let kinds = call.caller.readable(values::kinds("kinds", &kinds)?)?;
        Ok(Export { pages: Pages::new(view, kinds.as_deref()), waiting: VecDeque::new(), sent: 0 })
    }
}

impl Source for Export {
    type Message = ExportedRecords;

    async fn next(&mut self) -> Result<Option<ExportedRecords>, Failure> {
        let bytes = |waiting: &VecDeque<Vec<u8>>| waiting.iter().map(Vec::len).sum::<usize>();
        while bytes(&self.waiting) < BYTES {
            let Some(page) = Box::pin(self.pages.next()).await? else { break };
            let encode = |record| serde_json::to_vec(record).expect("a record is plain data");
            let encoded: Vec<Vec<u8>> = page.iter().map(encode).collect();
            self.pages.took(encoded.iter().map(Vec::len).sum());
            self.waiting.extend(encoded);
        }
        let mut records_json: Vec<Vec<u8>> = Vec::new();
        let mut size = 0;
        while let Some(record) = self.waiting.front() {
            size += record.len();
            if BYTES < size && !records_json.is_empty() {
                break;
            }
            records_json.extend(self.waiting.pop_front());
        }
        self.sent += records_json.len() as u64;
        let exported = self.sent;
        Ok((!records_json.is_empty()).then_some(ExportedRecords { records_json, exported }))
    }
}
