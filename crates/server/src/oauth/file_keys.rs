//! Public keys in a file, which is read again when it changes.

use std::{
    fs::File,
    io::Read,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use jsonwebtoken::{Algorithm, DecodingKey};

use super::{
    key_set::{BYTES_MAX, KeySet},
    remote_keys::unavailable,
};
use crate::{
    Error,
    failure::Failure,
    file_state::{FileState, state_of},
};

/// The keys of a file.
#[derive(Debug)]
pub(super) struct FileKeys {
    path: PathBuf,
    loaded: Mutex<Loaded>,
}

#[derive(Debug, Default)]
struct Loaded {
    state: Option<FileState>,
    keys: Option<Arc<KeySet>>,
}

impl FileKeys {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Keys`] if it cannot be used.
    pub(super) fn open(path: &Path) -> Result<FileKeys, Error> {
        let keys = FileKeys { path: path.to_owned(), loaded: Mutex::default() };
        keys.current()?;
        Ok(keys)
    }

    /// Returns a key.
    ///
    /// # Errors
    /// Fails if the file can no longer be used.
    pub(super) fn find(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Option<DecodingKey>, Failure> {
        let keys = self.current().map_err(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "no access token is accepted"
            );
            unavailable()
        })?;
        Ok(keys.find(id, algorithm).cloned())
    }

    fn current(&self) -> Result<Arc<KeySet>, Error> {
        let failed = |reason: String| Error::Keys { at: self.path.display().to_string(), reason };
        let state = state_of(&self.path).map_err(|error| failed(error.to_string()))?;
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(keys), true) = (&loaded.keys, loaded.state == state) {
            return Ok(Arc::clone(keys));
        }
        // Keys that were removed from the file must not be used.
        *loaded = Loaded::default();
        let keys = Arc::new(read(&self.path).map_err(failed)?);
        *loaded = Loaded { state, keys: Some(Arc::clone(&keys)) };
        Ok(keys)
    }
}

fn read(path: &Path) -> Result<KeySet, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let about = file.metadata().map_err(|error| error.to_string())?;
    if about.mode() & 0o022 != 0 {
        return Err("others may write it; run `chmod go-w` on it".to_owned());
    }
    if u64::try_from(BYTES_MAX).is_ok_and(|most| most < about.len()) {
        return Err(format!("it has more than {BYTES_MAX} bytes"));
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX);
    file.take(most).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    KeySet::parse(&bytes)
}
