//! From a record as it is given to a row as it is written: checked, normalised, analysed, embedded.
//!
//! Not here: identity and what is known already, which `journal` decides when it writes.

use std::sync::Arc;

use aios_embedding::Embedder;
use aios_record::{Change, Provenance, Record, Timestamp};
use tokio::task;

use crate::{
    Error,
    journal::{Older, Write},
    library::{Row, TAG_SEPARATOR},
    store::Shared,
};

/// How often a text is given to the model before it is stored without a vector.
const EMBED_TRIES: usize = 3;

impl Shared {
    /// Analyses and embeds, off the async workers.
    pub(crate) async fn prepare(
        self: &Arc<Shared>,
        changes: Vec<(Option<u64>, Change)>,
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
            let mut vectors = embed(&*shared.embedder, &texts).into_iter();
            let writes = changes.into_iter().map(|(feed_seq, change)| match change {
                Change::Delete { .. } => Ok(Write::Delete { key: change.key(), feed_seq }),
                Change::Upsert(record) => {
                    let vector = vectors.next().expect("one vector was made for each record");
                    shared.write_of(*record, vector, now, feed_seq)
                }
            });
            writes.collect()
        });
        work.await.map_err(|_| Error::Closed)
    }

    /// What writes `record`, whose text is that of `row`.
    pub(crate) fn with_vector_of(&self, row: &Row, record: Record) -> Result<Write, Error> {
        let vector = row.vector.clone().map_or(Embedded::Nothing, Embedded::Vector);
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
        let content_hash = content_hash(&record)?;
        if record.recorded_at == Timestamp::UNIX_EPOCH {
            record.recorded_at = whole_micros(now);
        }
        let embedder = match &vector {
            Embedded::Failed => None,
            _ => Some(self.embedder.fingerprint().to_string()),
        };
        let terms = self.analyzer.terms(&record.text).join(" ");
        let vector = match vector {
            Embedded::Vector(vector) => Some(vector),
            Embedded::Nothing | Embedded::Failed => None,
        };
        let row = Box::new(Row { record, terms, vector, content_hash });
        Ok(Write::Upsert { row, embedder, feed_seq, older: Older::Unread })
    }
}

/// What the model made of a text.
enum Embedded {
    Vector(Vec<f32>),
    /// The text has no word that the model knows.
    Nothing,
    Failed,
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
}

/// Embeds the batch, or, where that fails, each text by itself, so that one that cannot be
/// embedded holds up no other.
fn embed(embedder: &dyn Embedder, texts: &[&str]) -> Vec<Embedded> {
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
    Err(Error::TextTooLong { key: record.key(), bytes, bytes_max })
}

/// Cuts too long a text; the payload keeps the whole.
pub(crate) fn cut(record: &mut Record, bytes_max: usize) {
    if bytes_max < record.text.len() {
        let key = record.key();
        tracing::warn!(key, bytes_max, "only the beginning of a text is searchable");
        record.text.truncate(record.text.floor_char_boundary(bytes_max));
    }
}

/// Makes a record the same whichever store it is read from.
fn normalize(record: &mut Record) {
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

/// Over all that a reader could see, but not over when and by whom it was written.
fn content_hash(record: &Record) -> Result<String, Error> {
    let content = Record {
        recorded_at: Timestamp::UNIX_EPOCH,
        provenance: Provenance::default(),
        ..record.clone()
    };
    let json = serde_json::to_vec(&content).expect("a record is plain data");
    // What was written must be readable: JSON may be nested more deeply than it is read.
    serde_json::from_slice::<Record>(&json)
        .map_err(|error| Error::Unstorable { key: record.key(), reason: error.to_string() })?;
    Ok(blake3::hash(&json).to_hex()[..32].to_owned())
}
