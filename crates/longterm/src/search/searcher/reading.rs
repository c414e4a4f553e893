//! Reads the records of hits.

use std::collections::{HashMap, HashSet};

use aios_record::{Gate, Record};

use super::Searcher;
use crate::{
    Error,
    library::{SHOWN_COLUMNS, all_columns},
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
    ) -> Result<Vec<Option<Record>>, Error> {
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
        let records = at_hand.into_iter().map(|record| {
            let moved = || Error::Library { action: "read hits", source: "a row has moved".into() };
            record.or_else(|| taken.next()).ok_or_else(moved).map(Some)
        });
        records.collect()
    }

    /// Returns the chosen records with all their fields, in that order; `None` for one that was
    /// removed since. Rows of the library are read by their location, others by their key.
    pub(super) async fn read_whole(
        &self,
        ranking: &Ranking,
        view: Option<&View>,
        chosen: &[Chosen],
        gate: &Gate,
    ) -> Result<Vec<Option<Record>>, Error> {
        let keys: Vec<String> = {
            let names = self.names.read().expect("no holder panics");
            let segment = |place: Place| &ranking.parts[place.part as usize].segment;
            chosen.iter().map(|it| segment(it.place).key(it.place.at, &names.others)).collect()
        };
        let place = |Chosen { place, .. }: &Chosen| match &ranking.parts[place.part as usize].home {
            Home::Fragment { id, offsets, .. } => Some((*id, offsets[place.at as usize])),
            Home::Here(_) => None,
        };
        let places: Vec<(u64, u32)> = chosen.iter().filter_map(place).collect();
        let mut rows = match view {
            Some(view) if !places.is_empty() => view.library.take(&places, &all_columns()).await?,
            _ => Vec::new(),
        };
        rows.retain(|row| self.shelf.is_intact(row));
        let found: HashSet<String> = rows.iter().map(|row| row.record.encoded_identity()).collect();
        let left: Vec<String> = keys.iter().filter(|key| !found.contains(*key)).cloned().collect();
        if !left.is_empty() {
            rows.extend(self.shelf.rows(left).await?);
        }
        let seen = rows.into_iter().map(|row| row.record).filter(|it| gate.sees(&it.scope));
        let mut records: HashMap<String, Record> =
            seen.map(|record| (record.encoded_identity(), record)).collect();
        Ok(keys.iter().map(|key| records.remove(key)).collect())
    }
}
