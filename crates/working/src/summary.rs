//! Summaries: texts that stand for what has ended. Not here: when one is made, which is `age`'s.

use aios_record::{Id, Record, Source};
use serde::{Deserialize, Serialize};

use crate::{
    Meta,
    row::{Row, fields},
};

/// A text that stands for a goal or session that ended, and is kept when that goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Unique among summaries. Default: a new one.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// What is worth knowing of it.
    pub text: String,
    /// The key of what it is about, such as `goal/blog`; there is one summary of each.
    pub subject: String,
    /// The keys of what was read for it.
    #[serde(default)]
    pub originals: Vec<String>,
    /// Scope (that of the subject), provenance, times.
    #[serde(flatten)]
    pub meta: Meta,
}

fields! { Summary in "summaries" { text, subject, originals } }

impl Row for Summary {
    fn text(&self) -> String {
        self.text.clone()
    }

    fn describe(&self, record: &mut Record) {
        record.source = self
            .subject
            .split_once('/')
            .map(|(kind, id)| Source { kind: kind.to_owned(), id: id.to_owned() });
    }
}
