//! Power cuts during the conversion of a former version's library: at any sync, the image can be
//! opened and holds every record of the store, each once.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use aios_record::Identity;

use super::{
    Calls, Random, number, open,
    recorder::{Recorder, Syncs},
};
use crate::{Durability, sync::System};

/// Syncs from one cut to the next. 1 if `AIOS_CRASH_ROUNDS` is set.
const STEP: usize = 17;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn converting_a_library_survives_a_power_cut() {
    bring_over(Durability::Full, Syncs::Done, every_step()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn converting_a_library_survives_a_power_cut_with_normal_durability() {
    bring_over(Durability::Normal, Syncs::Done, every_step()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn converting_a_library_without_syncs_loses_it() {
    let loss = tokio::spawn(bring_over(Durability::Full, Syncs::Skipped, [u64::MAX])).await;
    assert!(!matches!(loss, Ok(Ok(()))), "the simulation would not notice a missing sync");
}

/// Returns an endless series of numbers of syncs.
fn every_step() -> impl Iterator<Item = u64> {
    (0..).step_by(if number("AIOS_CRASH_ROUNDS").is_some() { 1 } else { STEP })
}

/// Opens copies of the former store, each on a disk whose power is cut after one of these numbers
/// of syncs, until there are no more syncs.
async fn bring_over(
    durability: Durability,
    syncs: Syncs,
    cuts: impl IntoIterator<Item = u64>,
) -> Result<(), String> {
    let expected = held_by_a_copy(durability).await;
    let mut random = Random(number("AIOS_SEED").unwrap_or(7));
    for after in cuts {
        let base = tempfile::tempdir().unwrap();
        let (dir, image) = (base.path().join("0"), base.path().join("1"));
        copy(&fixture(), &dir);
        let calls = Calls::default();
        let recorder = Recorder::new(&dir, &image, syncs, durability, &calls, &mut random);
        recorder.cut_after(after);
        let said = |error: crate::Error| format!("cut after {after} syncs: {error:?}");
        let longterm = open(recorder.clone(), &dir, durability).await.map_err(said)?;
        longterm.close().await.map_err(said)?;
        let is_last = !recorder.has_cut();
        if is_last {
            recorder.cut();
        }
        fs::remove_dir_all(&dir).unwrap();
        let found = held(&image, durability).await.map_err(said)?;
        if found != expected {
            let missing: Vec<_> = expected.difference(&found).collect();
            return Err(format!("cut after {after} syncs: {missing:?} are missing"));
        }
        if is_last {
            return Ok(());
        }
    }
    Ok(())
}

async fn held_by_a_copy(durability: Durability) -> BTreeSet<String> {
    let dir = tempfile::tempdir().unwrap();
    copy(&fixture(), dir.path());
    held(dir.path(), durability).await.unwrap()
}

/// Returns the identities of all records of a store, and checks that each is held once and whole.
async fn held(dir: &Path, durability: Durability) -> Result<BTreeSet<String>, crate::Error> {
    let longterm = open(Arc::new(System), dir, durability).await?;
    longterm.upkeep().drain().await?;
    let report = longterm.upkeep().verify_rows(|_| {}).await?;
    assert!(report.is_clean(), "{report:?}");
    let identities = longterm.records().identities().await?;
    assert_eq!(report.checked, identities.len() as u64);
    longterm.close().await?;
    Ok(identities.iter().map(Identity::encode).collect())
}

fn fixture() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/store-5/store")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else if entry.file_name() != "working.db" {
            fs::copy(entry.path(), &to).unwrap();
        }
    }
}
