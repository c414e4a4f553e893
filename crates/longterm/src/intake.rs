//! Conversion of a given record to the row that is written: checked, normalised, analysed,
//! embedded.
//!
//! Not here: the record's identity and stored version, which `journal` checks when it writes.

mod chunk;
mod content;
mod embed;
mod former;
mod normal;
mod vectors;

use aios_analysis::Analyzer;
use aios_record::{Change, Record, Timestamp};

use self::normal::{check_length, check_readable, whole_micros};
pub use self::{chunk::chunks, vectors::Space};
pub(crate) use self::{
    chunk::chunks_of,
    content::{HASH_VERSION, Rules},
    embed::{Embedded, embed},
    former::{former_name, rename_user},
    normal::{cut, normalize, truncate},
    vectors::Vectors,
};
use crate::{
    Config, Error,
    blocking::blocking,
    journal::{Limits, Older, Write},
    library::Row,
};

/// Time at which the text of a stored record is embedded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Embedding {
    /// Before the acknowledgement.
    Now,
    /// In the background, unless the model is fast.
    Later,
}

/// Prepares records for the journal. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Intake {
    pub(crate) vectors: Vectors,
    pub(crate) analyzer: &'static Analyzer,
    /// Limits of the journal, which each write is checked against.
    pub(crate) limits: Limits,
    /// Maximum length of a text.
    text_bytes_max: usize,
    clock: fn() -> Timestamp,
}

impl Intake {
    pub(crate) fn new(config: &Config, vectors: Vectors) -> Intake {
        let Config { journal_rows_max, disk_bytes_max, text_bytes_max, clock, .. } = *config;
        let limits = Limits { rows_max: journal_rows_max, disk_bytes_max };
        let analyzer = Analyzer::of(config.language);
        Intake { vectors, analyzer, limits, text_bytes_max, clock }
    }

    /// Returns the current time.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Analyses and embeds records on a blocking thread. Returns the write of each change, or the
    /// error for which it cannot be stored.
    pub(crate) async fn prepare(
        &self,
        changes: Vec<(Option<u64>, Change)>,
        embedding: Embedding,
    ) -> Result<Vec<Result<Write, Error>>, Error> {
        let intake = self.clone();
        blocking(move || {
            let now = intake.now();
            let texts: Vec<&str> = changes
                .iter()
                .filter_map(|(_, change)| match change {
                    Change::Upsert(record) => Some(record.text.as_str()),
                    Change::Delete { .. } => None,
                })
                .collect();
            let mut vectors = match &intake.vectors {
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
                    intake.write_of(*record, vector, now, feed_seq)
                }
            });
            writes.collect()
        })
        .await
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
        check_length(&record, self.text_bytes_max)?;
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
