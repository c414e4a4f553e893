//! Shared helpers of the tests: stores, records, and a second model.

use std::{
    hint::black_box,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use aios_embedding::{Embedder, Fingerprint, StaticModel};
use aios_longterm::{Config, Found, Longterm, LongtermView, SearchOptions};
use aios_record::{Change, Id, Identity, Key, Kind, Owner, Record, Scope};

pub(crate) fn model() -> Arc<dyn Embedder> {
    StaticModel::bundled().unwrap()
}

pub(crate) async fn open(dir: &Path) -> Longterm {
    Longterm::open(dir, Config::default(), model()).await.unwrap()
}

pub(crate) fn note(id: &str, text: &str) -> Record {
    Record::new(Kind::Note, Id::new(id).unwrap(), text, Scope::default())
}

/// Returns the identity of the shared record with this key.
pub(crate) fn shared(key: &str) -> Identity {
    key.parse::<Key>().unwrap().of(Owner::SHARED)
}

/// Builds the removal of a shared note.
pub(crate) fn removal(id: &str) -> Change {
    let key = Key::new(Kind::Note, Id::new(id).unwrap());
    Change::Delete { owner: Some(Owner::SHARED), key }
}

pub(crate) fn turn(session: &str, position: i64, speaker: &str, text: &str) -> Record {
    let id = Id::new(format!("{session}:{position}")).unwrap();
    let scope = Scope::default().with_session(session);
    let mut record = Record::new(Kind::Message, id, text, scope);
    record.position = Some(position);
    record.speaker = Some(speaker.to_owned());
    record
}

pub(crate) fn keys(found: &Found) -> Vec<String> {
    found.hits.iter().map(|hit| hit.record.key().to_string()).collect()
}

pub(crate) async fn search(longterm: &LongtermView, query: &str) -> Vec<String> {
    keys(&longterm.search(query, &SearchOptions::default()).await.unwrap())
}

/// A model that counts letters: another space than that of the bundled model. It counts the texts
/// it has embedded.
pub(crate) struct Letters {
    fingerprint: Fingerprint,
    /// Number of positions by which its vectors are rotated.
    turn: usize,
    /// Number of repetitions of the work for a text.
    slowness: usize,
    pub(crate) embedded: AtomicU64,
}

impl Letters {
    const DIMENSION: usize = 27;

    pub(crate) fn new() -> Arc<Letters> {
        Letters::turned(0, 1)
    }

    /// Creates a model with vectors of the same dimension as the others' and unlike them, which
    /// takes `slowness` times as long.
    pub(crate) fn turned(turn: usize, slowness: usize) -> Arc<Letters> {
        let fingerprint = Fingerprint::new(match turn {
            0 => "letters/27".to_owned(),
            _ => format!("letters/27/{turn}"),
        });
        Arc::new(Letters { fingerprint, turn, slowness, embedded: AtomicU64::new(0) })
    }

    fn vector(&self, text: &str) -> Vec<f32> {
        let mut vector = Vec::new();
        for _ in 0..self.slowness {
            vector = Letters::counts(black_box(text));
        }
        vector.rotate_right(self.turn);
        vector
    }

    fn counts(text: &str) -> Vec<f32> {
        let mut vector = [0.0_f32; Letters::DIMENSION];
        for letter in text.to_lowercase().bytes().filter(u8::is_ascii_lowercase) {
            vector[usize::from(letter - b'a')] += 1.0;
        }
        vector[Letters::DIMENSION - 1] = 0.1;
        let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
        vector.iter().map(|number| number / length).collect()
    }
}

impl Embedder for Letters {
    fn embed_documents(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, aios_embedding::Error> {
        self.embedded.fetch_add(texts.len() as u64, Ordering::Relaxed);
        Ok(texts.iter().map(|text| self.vector(text)).collect())
    }

    fn embed_query(&self, text: &str) -> Result<Vec<f32>, aios_embedding::Error> {
        Ok(self.vector(text))
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.len()
    }

    fn dimension(&self) -> usize {
        Letters::DIMENSION
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}
