//! Reads of rows by key: by the index, or by a scan of every key, which uses no index.

use std::collections::HashSet;

use futures::TryStreamExt;
use lancedb::{
    arrow::arrow_array::{cast::AsArray, types::UInt64Type},
    expr::{DfExpr, col, is_in, lit},
    query::{ExecutableQuery, QueryBase, Select},
};

use super::{Library, Row, RowTerms, collect, fragments::Deleted, rows, salvage::guarded};
use crate::Error;

/// Keys per query of the index.
const KEYS_AT_ONCE: usize = 2000;

impl Library {
    /// Returns the whole rows of `keys`, in no order. Keys without a row are left out.
    pub(crate) async fn whole(&self, keys: &[String]) -> Result<Vec<Row>, Error> {
        let query = self.table.query().only_if_expr(of_keys(keys));
        // A damaged index can make its reader panic.
        let mut rows = guarded(async move { collect(&query, "read").await }).await?;
        let keys: HashSet<&String> = keys.iter().collect();
        // A damaged index can return other rows.
        rows.retain(|row| keys.contains(&row.record.encoded_identity()));
        Ok(rows)
    }

    /// As [`whole`](Library::whole), by a scan of every key.
    pub(crate) async fn whole_by_scan(&self, keys: &[String]) -> Result<Vec<Row>, Error> {
        let places = self.places_of(keys).await?;
        self.take(&places, &rows::all_columns()).await
    }

    /// Returns the terms of the rows of `keys`, in no order. Keys without a row are left out.
    pub(crate) async fn terms_of(&self, keys: &[String]) -> Result<Vec<RowTerms>, Error> {
        let failed = || Error::library("read the terms");
        let query = self.table.query().only_if_expr(of_keys(keys));
        let query = query.select(Select::columns(&["key", "terms", "user"]));
        let mut batches = query.execute().await.map_err(failed())?;
        let wanted: HashSet<&str> = keys.iter().map(String::as_str).collect();
        let mut found = Vec::new();
        while let Some(batch) = batches.try_next().await.map_err(failed())? {
            let rows = rows::texts(&batch, "key").zip(rows::terms_by_user(&batch));
            let rows = rows.filter(|(key, _)| wanted.contains(key));
            found.extend(rows.map(|(key, (owner, terms))| RowTerms {
                key: key.to_owned(),
                owner: owner.to_owned(),
                terms: terms.to_owned(),
            }));
        }
        Ok(found)
    }

    /// Returns the positions of the rows of `keys`, as fragment and offset, by a scan of every key.
    pub(crate) async fn places_of(&self, keys: &[String]) -> Result<Vec<(u64, u32)>, Error> {
        let wanted: HashSet<&str> = keys.iter().map(String::as_str).collect();
        let mut places = Vec::new();
        self.each_key(|place, key| {
            if wanted.contains(key) {
                places.push(place);
            }
        })
        .await?;
        Ok(places)
    }

    /// Returns every key, by a scan of the rows.
    pub(crate) async fn keys(&self) -> Result<Vec<String>, Error> {
        let mut keys = Vec::new();
        self.each_key(|_, key| keys.push(key.to_owned())).await?;
        Ok(keys)
    }

    /// Returns `true` if the index finds a row for every one of `keys`. The table must hold them
    /// all.
    pub(crate) async fn finds_by_index(&self, keys: &[String]) -> Result<bool, Error> {
        for keys in keys.chunks(KEYS_AT_ONCE) {
            let wanted: HashSet<&str> = keys.iter().map(String::as_str).collect();
            let mut found: HashSet<String> = HashSet::new();
            let query = self.table.query().only_if_expr(of_keys(keys));
            let query = query.select(Select::columns(&["key"]));
            let failed = || Error::library("look keys up");
            let mut batches = query.execute().await.map_err(failed())?;
            while let Some(batch) = batches.try_next().await.map_err(failed())? {
                found.extend(rows::texts(&batch, "key").map(str::to_owned));
            }
            if found.len() != wanted.len() || !wanted.iter().all(|key| found.contains(*key)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn each_key(&self, mut look: impl FnMut((u64, u32), &str)) -> Result<(), Error> {
        for fragment in self.fragments().await? {
            let batches = self.scan_fragment(fragment.id, &["key"], Deleted::LeftOut).await?;
            let mut batches = Box::pin(batches);
            while let Some(batch) = batches.try_next().await? {
                let addresses = batch.column_by_name("_rowaddr");
                let addresses = addresses.and_then(|it| it.as_primitive_opt::<UInt64Type>());
                let addresses = addresses.expect("the address was asked for").values();
                for (key, address) in rows::texts(&batch, "key").zip(addresses) {
                    // An address is the fragment's number and, in the low half, the offset.
                    look((fragment.id, *address as u32), key);
                }
            }
        }
        Ok(())
    }
}

fn of_keys(keys: &[String]) -> DfExpr {
    is_in(col("key"), keys.iter().map(|key| lit(key.as_str())).collect())
}
