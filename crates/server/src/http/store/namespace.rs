//! Namespaces of the key-value store.

use aios_memory::{Record, record::forms};

use crate::failure::Failure;

/// Maximum number of labels.
const LABELS_MAX: usize = 32;
/// Maximum length of all labels joined by dots, in bytes.
const BYTES_MAX: usize = 1024;
/// Matches any label in a pattern.
const ANY: &str = "*";

/// A namespace, or a pattern for the beginning or end of namespaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Namespace(Vec<String>);

impl Namespace {
    /// Returns the namespace of an item.
    pub(super) fn of(labels: &[String]) -> Result<Namespace, Failure> {
        if labels.is_empty() {
            return Err(Failure::invalid("`namespace` is empty"));
        }
        Namespace::prefix(labels)
    }

    /// Returns a pattern for the beginning or end of namespaces, in which `*` matches any label. An
    /// empty pattern matches all namespaces.
    pub(super) fn prefix(labels: &[String]) -> Result<Namespace, Failure> {
        let bytes: usize = labels.iter().map(|label| label.len() + 1).sum();
        if LABELS_MAX < labels.len() || BYTES_MAX < bytes {
            return Err(Failure::invalid(format!(
                "a namespace has at most {LABELS_MAX} labels and {BYTES_MAX} bytes"
            )));
        }
        match labels.iter().find(|label| forms::is_blank(label) || label.contains('.')) {
            None => Ok(Namespace(labels.to_vec())),
            Some(label) => Err(Failure::invalid(format!(
                "`{label}` is not a label of a namespace: a label is not empty and has no dot"
            ))),
        }
    }

    /// Returns the namespace of a stored item.
    pub(super) fn in_record(record: &Record) -> Namespace {
        let category = record.payload["category"].as_str().unwrap_or_default();
        Namespace(category.split('.').map(str::to_owned).collect())
    }

    /// Returns the category of the items in it.
    pub(super) fn category(&self) -> String {
        self.0.join(".")
    }

    /// Returns the tag of the items in it and below it.
    pub(super) fn tag(&self) -> String {
        match self.0.is_empty() {
            true => "store".to_owned(),
            false => format!("store:{}", self.category()),
        }
    }

    /// Returns the tags of the items in it: its own, and those of all namespaces above it.
    pub(super) fn tags(&self) -> Vec<String> {
        (0..=self.0.len()).map(|depth| Namespace(self.0[..depth].to_vec()).tag()).collect()
    }

    pub(super) fn begins_with(&self, pattern: &Namespace) -> bool {
        let pairs = self.0.iter().zip(&pattern.0);
        pattern.0.len() <= self.0.len() && pairs.into_iter().all(agree)
    }

    pub(super) fn ends_with(&self, pattern: &Namespace) -> bool {
        let pairs = self.0.iter().rev().zip(pattern.0.iter().rev());
        pattern.0.len() <= self.0.len() && pairs.into_iter().all(agree)
    }

    /// Returns its labels, truncated to `max_depth`.
    pub(super) fn cut(self, max_depth: Option<usize>) -> Vec<String> {
        let mut labels = self.0;
        labels.truncate(max_depth.unwrap_or(usize::MAX));
        labels
    }
}

fn agree((label, wanted): (&String, &String)) -> bool {
    wanted == ANY || label == wanted
}
