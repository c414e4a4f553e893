//! From a record as it is given to a row as it is written: checked, normalised, analysed, embedded.
//!
//! Not here: identity and what is known already, which `journal` decides when it writes.

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

/// How often a text is given to the model before it is stored without a vector.
const EMBED_TRIES: usize = 3;

/// The time at which a text is embedded that is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Embedding {
    /// Before it is acknowledged.
    Now,
    /// In the background, but by a fast model before it is acknowledged.
    Later,
}

impl Shared {
    /// Analyses and embeds, off the async workers.
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

    /// What writes records that come with vectors of the caller's own.
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

    /// What writes `record`, whose text is that of `row`.
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
        // The feed is held up by nothing, and words find what came without a vector.
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

/// The vector of a text, or the reason why there is none.
#[derive(Debug)]
pub(crate) enum Embedded {
    Vector(Vec<f32>),
    /// The text has no word that the model knows.
    Nothing,
    /// The model could not make one.
    Failed,
    /// The store takes the caller's vectors, and none came with the text.
    Missing,
    /// It is made in the background.
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

/// Embeds the batch, or, where that fails, each text by itself, so that one that cannot be
/// embedded holds up no other.
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

/// Cuts too long a text; the payload keeps the whole.
pub(crate) fn cut(record: &mut Record, bytes_max: usize) {
    if bytes_max < record.text.len() {
        let key = record.identity().to_string();
        tracing::warn!(key, bytes_max, "only the beginning of a text is searchable");
        truncate(record, bytes_max);
    }
}

/// Takes off what is beyond `bytes_max` bytes of the text.
pub(crate) fn truncate(record: &mut Record, bytes_max: usize) {
    record.text.truncate(record.text.floor_char_boundary(bytes_max));
}

/// Makes a record the same whichever store it is read from.
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

/// Checks that a record can be read back: JSON may be nested more deeply than it is read.
fn check_readable(record: &Record) -> Result<(), Error> {
    let json = serde_json::to_vec(record).expect("a record is plain data");
    serde_json::from_slice::<Record>(&json).map(drop).map_err(|error| Error::Unstorable {
        key: record.identity().to_string(),
        reason: error.to_string(),
    })
}
