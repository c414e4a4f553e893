//! Searches for data that should be gone: in every byte of every file, and in the values that
//! Lance's own reader returns for its files, since texts in them may be compressed.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures::TryStreamExt;
use lance_core::cache::LanceCache;
use lance_encoding::decoder::{DecoderPlugins, FilterExpression};
use lance_file::reader::{FileReader, FileReaderOptions};
use lance_io::{
    ReadBatchParams,
    object_store::ObjectStore,
    scheduler::{ScanScheduler, SchedulerConfig},
    utils::CachedFileSize,
};
use lancedb::arrow::arrow_array::Array;

/// Returns every file below `dir`.
pub(crate) fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(self::files(&path)),
            false => files.push(path),
        }
    }
    files
}

/// Returns the files below `dir` that contain one of `needles`.
pub(crate) fn with_bytes(dir: &Path, needles: &[Vec<u8>]) -> Vec<PathBuf> {
    let mut found = files(dir);
    found.retain(|path| contains(&fs::read(path).unwrap(), needles));
    found
}

/// Returns Lance's files below `dir` with a column value that contains one of `needles`.
pub(crate) async fn with_values(dir: &Path, needles: &[Vec<u8>]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in files(dir) {
        if path.extension().is_some_and(is_lance)
            && values(&path).await.iter().any(|buffer| contains(buffer, needles))
        {
            found.push(path);
        }
    }
    found
}

/// Returns the index files below `dir` that have the token `token`.
pub(crate) async fn with_token(dir: &Path, token: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in files(dir).into_iter().filter(|path| path.extension().is_some_and(is_lance)) {
        // The tokens are a finite-state transducer, which has their letters in no order.
        let has_token =
            |buffer: &Vec<u8>| fst::Map::new(buffer).is_ok_and(|tokens| tokens.contains_key(token));
        if values(&path).await.iter().any(has_token) {
            found.push(path);
        }
    }
    found
}

/// Returns the index files below `dir` that hold `vector` rounded to a byte per number: bytes that
/// correlate with it. No other bytes do so closely.
pub(crate) async fn with_rounded(dir: &Path, vector: &[f32]) -> Vec<PathBuf> {
    const AS_GOOD_AS_SAME: f64 = 0.999;
    let mut found = Vec::new();
    for path in files(dir).into_iter().filter(|path| path.extension().is_some_and(|e| e == "idx")) {
        let rows = values(&path).await;
        let mut rows = rows.iter().flat_map(|buffer| buffer.chunks_exact(vector.len()));
        if rows.any(|row| AS_GOOD_AS_SAME < correlation(row, vector)) {
            found.push(path);
        }
    }
    found
}

/// Computes Pearson's correlation.
fn correlation(bytes: &[u8], vector: &[f32]) -> f64 {
    let count = vector.len() as f64;
    let (x_mean, y_mean) = (
        bytes.iter().map(|byte| f64::from(*byte)).sum::<f64>() / count,
        vector.iter().map(|number| f64::from(*number)).sum::<f64>() / count,
    );
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (byte, number) in bytes.iter().zip(vector) {
        let (x, y) = (f64::from(*byte) - x_mean, f64::from(*number) - y_mean);
        (xy, xx, yy) = (xy + x * y, xx + x * x, yy + y * y);
    }
    xy / (xx * yy).sqrt()
}

fn is_lance(extension: &OsStr) -> bool {
    extension == "lance" || extension == "idx"
}

fn contains(bytes: &[u8], needles: &[Vec<u8>]) -> bool {
    needles.iter().any(|needle| bytes.windows(needle.len()).any(|window| window == needle))
}

/// Returns the decoded values of a file's columns.
async fn values(path: &Path) -> Vec<Vec<u8>> {
    let (store, place) = ObjectStore::from_uri(path.to_str().unwrap()).await.unwrap();
    let config = SchedulerConfig::max_bandwidth(&store);
    let scheduler = ScanScheduler::new(store, config);
    let file = scheduler.open_file(&place, &CachedFileSize::unknown()).await.unwrap();
    let plugins = Arc::<DecoderPlugins>::default();
    let options = FileReaderOptions::default();
    let cache = LanceCache::no_cache();
    let reader = FileReader::try_open(file, None, plugins, &cache, options).await.unwrap();
    let all = FilterExpression::no_filter();
    let stream = reader.read_stream(ReadBatchParams::RangeFull, 1024, 1, all).await.unwrap();
    let batches: Vec<_> = stream.try_collect().await.unwrap();
    let mut values = Vec::new();
    for column in batches.iter().flat_map(|batch| batch.columns()) {
        let mut parts = vec![column.to_data()];
        while let Some(part) = parts.pop() {
            values.extend(part.buffers().iter().map(|buffer| buffer.to_vec()));
            parts.extend(part.child_data().iter().cloned());
        }
    }
    values
}
