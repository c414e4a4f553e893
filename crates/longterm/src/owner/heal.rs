//! Start of a new owner: checks the table, determines the version to continue from, and removes
//! versions and tables that are no longer needed.

use std::{fs, path::Path};

use aios_files::{FILE_MODE, set_mode};

use super::places::{Places, lock};
use crate::{
    Error,
    journal::Journal,
    library::{self, Library, Site},
    sync::checksums::Known,
};

/// Maximum number of files in the quarantine.
const QUARANTINE_FILES_MAX: usize = 256;

/// Refuses a table that the journal does not know, since it belongs to another journal.
pub(crate) async fn check_journal(places: &Places, journal: &Journal) -> Result<(), Error> {
    if journal.had_owner().await? {
        return Ok(());
    }
    let has_versions = !places.site(0, 0, 0).manifests()?.is_empty();
    if !has_versions && library::tables(&places.library, |number| 0 < number)?.is_empty() {
        return Ok(());
    }
    Err(Error::UnknownLibrary { path: places.library.clone() })
}

/// Opens the table at `synced_version` without reading any later version, since a power cut may
/// have damaged them.
pub(crate) async fn heal(
    places: &Places,
    site: Site,
    synced_version: u64,
    known: &Known,
) -> Result<Library, Error> {
    let manifests = site.manifests()?;
    let manifest = manifests.get(&synced_version).ok_or_else(|| lost(places))?;
    places.check_manifest(manifest, known)?;
    set_aside(places, &site, synced_version)?;
    Library::open(site).await?.ok_or_else(|| lost(places))
}

/// Moves the manifests above a version to the quarantine. No other process may write to the table.
pub(crate) fn set_aside(places: &Places, site: &Site, version: u64) -> Result<(), Error> {
    for (above, manifest) in site.manifests()?.range(version + 1..) {
        tracing::info!(version = above, trusted = version, "quarantining an untrusted version");
        quarantine(places, manifest)?;
    }
    Ok(())
}

/// Removes the tables that a rebuild has replaced, unless a process may still read them.
pub(crate) fn remove_older_tables(places: &Places, table: u64) -> Result<(), Error> {
    let Some(_alone) = lock(&places.readers)? else { return Ok(()) };
    for older in library::tables(&places.library, |number| number < table)? {
        if let Err(error) = library::remove(&older) {
            // Its last owner may not know yet, and write there. The next owner removes it.
            let error = &error as &dyn std::error::Error;
            tracing::info!(error, "failed to remove a replaced table; the next owner removes it");
        }
    }
    Ok(())
}

/// Moves a manifest to the quarantine, or removes it if the quarantine is full.
fn quarantine(places: &Places, manifest: &Path) -> Result<(), Error> {
    let quarantine = &places.make_quarantine()?;
    let files = fs::read_dir(quarantine).map_err(Error::io("list", quarantine))?.count();
    if QUARANTINE_FILES_MAX <= files {
        return fs::remove_file(manifest).map_err(Error::io("remove", manifest));
    }
    let to = quarantine.join(manifest.file_name().unwrap_or_default());
    fs::rename(manifest, &to).map_err(Error::io("move", manifest))?;
    set_mode(&to, FILE_MODE).map_err(Error::io("protect", &to))?;
    places.disk.sync_directory(quarantine).map_err(Error::io("sync", quarantine))
}

pub(crate) fn lost(places: &Places) -> Error {
    Error::DamagedFile {
        path: places.library.clone(),
        reason: "the library version that the journal records is missing".to_owned(),
    }
}
