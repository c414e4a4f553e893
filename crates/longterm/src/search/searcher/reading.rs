//! Reads the records of hits.

use std::collections::{HashMap, HashSet};

use aios_record::{Gate, Record};

use super::Searcher;
use crate::{
    Error,
    library::{Row, SHOWN_COLUMNS, UNSHOWN_COLUMNS},
    search::{
        ranking::{Chosen, Ranking},
        segments::{
            part::{Home, Place},
            resident::View,
        },
    },
};

impl Searcher {
    /// Returns the records of the chosen rows, in that order: from RAM, or from the library's
    /// files.
    pub(super) async fn read(
        &self,
        ranking: &Ranking,
        view: Option<&View>,
        chosen: &[Chosen],
    ) -> Result<Vec<Record>, Error> {
        let part = |place: Place| &ranking.parts[place.part as usize];
        let at_hand: Vec<Option<Record>> = {
            let names = self.names.read().expect("no holder panics");
            chosen.iter().map(|it| part(it.place).record(it.place.at, &names)).collect()
        };
        let mut places = Vec::new();
        for (Chosen { place, .. }, record) in chosen.iter().zip(&at_hand) {
            if let (Home::Fragment { id, offsets, .. }, None) = (&part(*place).home, record) {
                places.push((*id, offsets[place.at as usize]));
            }
        }
        let taken = match view {
            Some(view) if !places.is_empty() => view.library.take(&places, SHOWN_COLUMNS).await?,
            _ => Vec::new(),
        };
        let mut taken = taken.into_iter().map(|row| row.record);
        let records =
            at_hand.into_iter().map(|record| record.or_else(|| taken.next()).ok_or_else(moved));
        records.collect()
    }

    /// Returns the chosen records with all their fields, in that order; `None` for one that was
    /// removed since. Fields of rows of the library are read by their location, pending rows by
    /// their key.
    pub(super) async fn read_whole(
        &self,
        ranking: &Ranking,
        view: Option<&View>,
        chosen: &[Chosen],
        gate: &Gate,
    ) -> Result<Vec<Option<Record>>, Error> {
        let mut records = self.read(ranking, view, chosen).await?;
        let (mut places, mut pending) = (Vec::new(), Vec::new());
        for (Chosen { place, .. }, record) in chosen.iter().zip(&mut records) {
            match &ranking.parts[place.part as usize].home {
                Home::Fragment { id, offsets, .. } => {
                    places.push(((*id, offsets[place.at as usize]), record));
                }
                Home::Here(_) => pending.push(record.encoded_identity()),
            }
        }
        if let Some(View { library, .. }) = view.filter(|_| !places.is_empty()) {
            let (places, records): (Vec<_>, Vec<_>) = places.into_iter().unzip();
            let rows = library.take(&places, UNSHOWN_COLUMNS).await?;
            for (record, Row { record: unshown, .. }) in records.into_iter().zip(rows) {
                if record.encoded_identity() != unshown.encoded_identity() {
                    return Err(moved());
                }
                record.payload = unshown.payload;
                record.provenance = unshown.provenance;
                record.references = unshown.references;
            }
        }
        let pending: HashSet<String> = pending.into_iter().collect();
        let rows = match pending.is_empty() {
            true => Vec::new(),
            false => self.shelf.rows(pending.iter().cloned().collect()).await?,
        };
        let rows = rows.into_iter().map(|row| row.record).filter(|it| gate.sees(&it.scope));
        let mut newest: HashMap<String, Record> =
            rows.map(|record| (record.encoded_identity(), record)).collect();
        let records = records.into_iter().map(|record| {
            let key = record.encoded_identity();
            if pending.contains(&key) { newest.remove(&key) } else { Some(record) }
        });
        Ok(records.collect())
    }
}

fn moved() -> Error {
    Error::Library { action: "read hits", source: "a row has moved".into() }
}
