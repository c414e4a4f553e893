//! What the tests share: opening a store and making records.

use std::{path::Path, sync::Arc};

use aios_embedding::{Embedder, StaticModel};
use aios_longterm::{Config, Found, Longterm, SearchOptions};
use aios_record::{Id, Kind, Record, Scope};

pub(crate) fn model() -> Arc<dyn Embedder> {
    StaticModel::bundled().unwrap()
}

pub(crate) async fn open(dir: &Path) -> Longterm {
    Longterm::open(dir, Config::default(), model()).await.unwrap()
}

pub(crate) fn note(id: &str, text: &str) -> Record {
    Record::new(Kind::Note, Id::new(id).unwrap(), text, Scope::default())
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
    found.hits.iter().map(|hit| hit.record.key()).collect()
}

pub(crate) async fn search(longterm: &Longterm, query: &str) -> Vec<String> {
    keys(&longterm.search(query, &SearchOptions::default()).await.unwrap())
}
