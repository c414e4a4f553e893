//! Answers of handlers: a message, and the keys of the records that the call changed, for the audit
//! log.

use tonic::Response;

use crate::gate::Changed;

/// An answer.
#[derive(Debug)]
pub(super) struct Answer<T> {
    message: T,
    changed: Vec<String>,
}

impl<T> Answer<T> {
    /// Returns the answer of a call that changed these records.
    pub(super) fn changed(message: T, keys: impl IntoIterator<Item = String>) -> Answer<T> {
        Answer { message, changed: keys.into_iter().collect() }
    }
}

impl<T> From<T> for Answer<T> {
    fn from(message: T) -> Answer<T> {
        Answer { message, changed: Vec::new() }
    }
}

impl<T> From<Answer<T>> for Response<T> {
    fn from(Answer { message, changed }: Answer<T>) -> Response<T> {
        let mut response = Response::new(message);
        if !changed.is_empty() {
            response.extensions_mut().insert(Changed(changed));
        }
        response
    }
}
