//! Conversion of a given record to the row that is written: checked, normalised, analysed,
//! embedded.
//!
//! Not here: the record's identity and stored version, which `journal` checks when it writes.

use std::sync::Arc;

use aios_embedding::Embedder;
use aios_record::{Change, Record, Timestamp};
use tokio::task;

use crate::{
    Error,
    content::Rules,
    journal::{Older, Write},
    library::{Row, TAG_SEPARATOR},
    store::Shared,
    vectors::Vectors,
};

/// Attempts to embed a text before it is stored without a vector.
const EMBED_TRIES: usize = 3;

/// Time at which the text of a stored record is embedded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Embedding {
    /// Before the acknowledgement.
    Now,
    /// In the background, unless the model is fast.
    Later,
}

impl Shared {
    /// Analyses and embeds records on a blocking thread. Returns the write of each change, or the
    /// error for which it cannot be stored.
    pub(crate) async fn prepare(
        self: &Arc<Shared>,
        changes: Vec<(Option<u64>, Change)>,
        embedding: Embedding,
    ) -> Result<Vec<Result<Write, Error>>, Error> {
        let shared = Arc::clone(self);
        let work = task::spawn_blocking(move || {
            let now = shared.now();
            let texts: Vec<&str> = changes
                .iter()
                .filter_map(|(_, change)| match change {
                    Change::Upsert(record) => Some(record.text.as_str()),
                    Change::Delete { .. } => None,
                })
                .collect();
            let mut vectors = match &shared.vectors {
                Vectors::Model(model) if embedding == Embedding::Later && !model.is_fast() => {
                    texts.iter().map(|_| Embedded::Later).collect()
                }
                Vectors::Model(model) => embed(&**model, &texts),
                Vectors::Given(_) => texts.iter().map(|_| Embedded::Missing).collect(),
            }
            .into_iter();
            let writes = changes.into_iter().map(|(feed_seq, change)| match change {
                Change::Delete { owner: Some(owner), key } => {
                    Ok(Write::Delete { key: key.of(owner).encode(), feed_seq })
                }
                Change::Delete { owner: None, key } => {
                    Ok(Write::DeleteOfAny { key, feed_seq: feed_seq.unwrap_or(0) })
                }
                Change::Upsert(record) => {
                    let vector = vectors.next().expect("one vector was made for each record");
                    shared.write_of(*record, vector, now, feed_seq)
                }
            });
            writes.collect()
        });
        work.await.map_err(|_| Error::Closed)
    }

    /// Builds the writes of records that have the caller's own vectors.
    pub(crate) fn with_given_vectors(
        &self,
        records: Vec<(Record, Vec<f32>)>,
    ) -> Result<Vec<Write>, Error> {
        let dimension = self.vectors.dimension();
        let writes = records.into_iter().map(|(record, vector)| {
            let vector = self.vectors.take(&record.identity().to_string(), vector)?;
            self.write_of(record, Embedded::new(vector, dimension), self.now(), None)
        });
        writes.collect()
    }

    /// Builds the write of `record`, which has the text of `row`, with the vector of `row`.
    pub(crate) fn with_vector_of(&self, row: &Row, record: Record) -> Result<Write, Error> {
        let vector = match &row.vector {
            Some(vector) => Embedded::Vector(vector.clone()),
            None if row.is_outstanding => Embedded::Later,
            None => Embedded::Nothing,
        };
        self.write_of(record, vector, self.now(), None)
    }

    fn write_of(
        &self,
        mut record: Record,
        vector: Embedded,
        now: Timestamp,
        feed_seq: Option<u64>,
    ) -> Result<Write, Error> {
        check_length(&record, self.config.text_bytes_max)?;
        normalize(&mut record);
        check_readable(&record)?;
        let numbers = match &vector {
            Embedded::Vector(vector) => Some(&vector[..]),
            _ => None,
        };
        let content_hash = Rules::of(&self.vectors).hash(&record, numbers);
        if record.recorded_at == Timestamp::UNIX_EPOCH {
            record.recorded_at = whole_micros(now);
        }
        // The feed must not stop, and words find a record without a vector.
        if matches!(vector, Embedded::Missing) && feed_seq.is_none() {
            return Err(Error::VectorMissing { of: record.identity().to_string() });
        }
        let terms = self.analyzer.terms(&record.text).join(" ");
        let is_outstanding = matches!(vector, Embedded::Later);
        let vector = vector.numbers();
        let row = Box::new(Row { record, terms, vector, content_hash, is_outstanding });
        Ok(Write::Upsert { row, feed_seq, older: Older::Unread })
    }
}

/// The vector of a text, or the reason for its absence.
#[derive(Debug)]
pub(crate) enum Embedded {
    Vector(Vec<f32>),
    /// The text has no word that the model knows.
    Nothing,
    /// The model failed, or returned an unusable vector.
    Failed,
    /// The store takes the caller's own vectors, and none was given.
    Missing,
    /// The vector is computed in the background.
    Later,
}

impl Embedded {
    fn new(vector: Vec<f32>, dimension: usize) -> Embedded {
        if vector.len() != dimension || !vector.iter().all(|number| number.is_finite()) {
            Embedded::Failed
        } else if vector.iter().all(|number| *number == 0.0) {
            Embedded::Nothing
        } else {
            Embedded::Vector(vector)
        }
    }

    pub(crate) fn numbers(self) -> Option<Vec<f32>> {
        match self {
            Embedded::Vector(vector) => Some(vector),
            Embedded::Nothing | Embedded::Failed | Embedded::Missing | Embedded::Later => None,
        }
    }
}

/// Embeds the texts as a batch. If that fails, embeds each text by itself, so that one that cannot
/// be embedded does not affect the others.
pub(crate) fn embed(embedder: &dyn Embedder, texts: &[&str]) -> Vec<Embedded> {
    let dimension = embedder.dimension();
    if let Ok(vectors) = embedder.embed_documents(texts)
        && vectors.len() == texts.len()
    {
        return vectors.into_iter().map(|vector| Embedded::new(vector, dimension)).collect();
    }
    let single = |text: &&str| {
        let mut tries = (0..EMBED_TRIES).map(|_| embedder.embed_documents(&[text]));
        match tries.find_map(|result| result.ok()?.pop()) {
            Some(vector) => Embedded::new(vector, dimension),
            None => {
                tracing::warn!(bytes = text.len(), "a text is stored without a vector");
                Embedded::Failed
            }
        }
    };
    texts.iter().map(single).collect()
}

fn check_length(record: &Record, bytes_max: usize) -> Result<(), Error> {
    let bytes = record.text.len();
    if bytes <= bytes_max {
        return Ok(());
    }
    Err(Error::TextTooLong { key: record.identity().to_string(), bytes, bytes_max })
}

/// Truncates a text that is too long. The payload keeps the whole.
pub(crate) fn cut(record: &mut Record, bytes_max: usize) {
    if bytes_max < record.text.len() {
        let key = record.identity().to_string();
        tracing::warn!(key, bytes_max, "only the beginning of a text is searchable");
        truncate(record, bytes_max);
    }
}

/// Truncates the text to at most `bytes_max` bytes.
pub(crate) fn truncate(record: &mut Record, bytes_max: usize) {
    record.text.truncate(record.text.floor_char_boundary(bytes_max));
}

/// Normalises a record, so that it is the same from whichever store it is read.
pub(crate) fn normalize(record: &mut Record) {
    for number in [&mut record.importance, &mut record.confidence] {
        *number = if number.is_finite() { number.clamp(0.0, 1.0) } else { 0.5 };
    }
    for tag in &mut record.tags {
        tag.retain(|c| c != TAG_SEPARATOR);
    }
    record.tags.retain(|tag| !tag.is_empty());
    record.recorded_at = whole_micros(record.recorded_at);
    let times = [&mut record.occurred_at, &mut record.valid_from, &mut record.valid_to];
    for time in times.into_iter().chain([&mut record.expires_at]) {
        *time = time.map(whole_micros);
    }
}

fn whole_micros(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).expect("it was a timestamp before")
}

/// Checks that a record can be read back: JSON can be nested more deeply than the parser accepts.
fn check_readable(record: &Record) -> Result<(), Error> {
    let json = serde_json::to_vec(record).expect("a record is plain data");
    serde_json::from_slice::<Record>(&json).map(drop).map_err(|error| Error::Unstorable {
        key: record.identity().to_string(),
        reason: error.to_string(),
    })
}
