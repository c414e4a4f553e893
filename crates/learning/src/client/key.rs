//! The key of an endpoint: read from a safe place, and never shown.

use std::{
    env,
    fmt::{Debug, Formatter},
    fs::File,
    io::Read,
    os::unix::fs::MetadataExt,
    path::Path,
};

use super::error::ClientError;

/// Bytes of the longest key.
const KEY_BYTES_MAX: usize = 4 * 1024;

/// Permissions that a file of a key must not give: any to the group or to others.
const OPEN_TO_OTHERS: u32 = 0o077;

/// The key of an endpoint. It is not part of `Debug` output, errors or logs.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// Takes over a key that the caller read. White space around it is removed.
    ///
    /// # Errors
    /// [`ClientError::Key`] if it is empty, longer than 4 KiB, or has other characters than visible
    /// ASCII.
    pub fn new(key: &str) -> Result<ApiKey, ClientError> {
        ApiKey::of(key, "the caller")
    }

    /// Reads a key from an environment variable.
    ///
    /// # Errors
    /// [`ClientError::Variable`] if it is not set, [`ClientError::Key`] as in [`ApiKey::new`].
    pub fn from_env(name: &str) -> Result<ApiKey, ClientError> {
        let missing = || ClientError::Variable { name: name.to_owned() };
        // A name with `=` or NUL cannot be set; `var_os` returns `None` for it.
        let value = env::var_os(name).ok_or_else(missing)?;
        ApiKey::of(value.to_str().unwrap_or_default(), &format!("the variable `{name}`"))
    }

    /// Reads a key from a file of this user that nobody else can read (mode 0600 or less).
    ///
    /// # Errors
    /// [`ClientError::Read`] if it cannot be read, [`ClientError::Open`] if it is another user's or
    /// its mode permits others, [`ClientError::Key`] as in [`ApiKey::new`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<ApiKey, ClientError> {
        let path = path.as_ref();
        let failed = |source| ClientError::Read { path: path.to_owned(), source };
        let unsafe_as = |problem: String| ClientError::Open { path: path.to_owned(), problem };
        // A named pipe would block the opening.
        if !path.metadata().map_err(failed)?.is_file() {
            return Err(unsafe_as("expected a regular file".to_owned()));
        }
        let file = File::open(path).map_err(failed)?;
        let found = file.metadata().map_err(failed)?;
        let (owner, user) = (found.uid(), uzers::get_effective_uid());
        if owner != user {
            return Err(unsafe_as(format!("it belongs to user {owner}, expected {user}")));
        }
        let mode = found.mode() & 0o777;
        if mode & OPEN_TO_OTHERS != 0 {
            return Err(unsafe_as(format!("its mode is {mode:03o}, expected 600")));
        }
        let mut bytes = Vec::new();
        file.take(KEY_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        let text = String::from_utf8(bytes).unwrap_or_default();
        ApiKey::of(&text, &format!("`{}`", path.display()))
    }

    fn of(text: &str, origin: &str) -> Result<ApiKey, ClientError> {
        let wrong = |problem| ClientError::Key { origin: origin.to_owned(), problem };
        if KEY_BYTES_MAX < text.len() {
            return Err(wrong("expected at most 4096 bytes"));
        }
        let key = text.trim();
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(wrong("expected one word of visible ASCII characters"));
        }
        Ok(ApiKey(key.to_owned()))
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl Debug for ApiKey {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ApiKey(..)")
    }
}
