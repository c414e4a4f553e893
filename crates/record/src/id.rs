//! The identifier of a record. Keys and identities, which add the kind and the owner, are in `key`.

use std::{
    borrow::Borrow,
    fmt,
    str::FromStr,
    sync::Mutex,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use uuid::ContextV7;

use crate::Error;

/// The maximum length of an id in bytes.
pub const ID_BYTES_MAX: usize = 128;

/// Identifies a record within its owner and kind: text of 1 to [`ID_BYTES_MAX`] bytes, chosen by
/// the caller or [generated](Id::generate).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Id(Box<str>);

impl Id {
    /// Creates an id from `text`.
    ///
    /// # Errors
    /// [`Error::IdLength`] if `text` is empty or longer than [`ID_BYTES_MAX`] bytes.
    pub fn new(text: impl Into<String>) -> Result<Id, Error> {
        let text = text.into();
        if text.is_empty() || ID_BYTES_MAX < text.len() {
            return Err(Error::IdLength { bytes: text.len() });
        }
        Ok(Id(text.into_boxed_str()))
    }

    /// Generates an id: a UUIDv7, so that the ids of one process sort by time of creation, even if
    /// its clock is set back.
    #[must_use]
    pub fn generate() -> Id {
        static MADE: Mutex<ContextV7> = Mutex::new(ContextV7::new());
        // A clock before 1970 counts as 1970.
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let (seconds, nanoseconds) = (since_1970.as_secs(), since_1970.subsec_nanos());
        let time = uuid::Timestamp::from_unix(&MADE, seconds, nanoseconds);
        Id(uuid::Uuid::new_v7(time).to_string().into_boxed_str())
    }

    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Id {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Id {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl FromStr for Id {
    type Err = Error;

    fn from_str(text: &str) -> Result<Id, Error> {
        Id::new(text)
    }
}

impl TryFrom<String> for Id {
    type Error = Error;

    fn try_from(text: String) -> Result<Id, Error> {
        Id::new(text)
    }
}

impl From<Id> for String {
    fn from(id: Id) -> String {
        id.0.into()
    }
}
