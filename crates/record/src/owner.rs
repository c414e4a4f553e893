//! The owner of a record: one user, or shared.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::{Error, forms};

/// The maximum length of a user name in bytes.
pub const OWNER_BYTES_MAX: usize = 128;

/// The owner of a record: a user, or shared by all. Two owners are the same if their names are
/// equal byte for byte after Unicode normalisation (NFC).
///
/// ```
/// use aios_record::Owner;
///
/// let ada = Owner::user("ada")?;
/// assert_eq!(ada.name(), Some("ada"));
/// assert_eq!(Owner::SHARED.name(), None);
/// assert!(Owner::user(" ").is_err());
/// # Ok::<(), aios_record::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Owner(Cow<'static, str>);

impl Owner {
    /// The owner of records that belong to no user.
    pub const SHARED: Owner = Owner(Cow::Borrowed(""));

    /// Creates the owner for the user with this name, normalised to NFC.
    ///
    /// # Errors
    /// [`Error::OwnerName`] if the name is empty or blank, contains a control character or a line
    /// separator, begins or ends with white space or an invisible character, or is longer than
    /// [`OWNER_BYTES_MAX`] bytes.
    pub fn user(name: &str) -> Result<Owner, Error> {
        let name: String = name.nfc().collect();
        let refused = |problem| Err(Error::OwnerName { problem });
        if name.chars().all(is_blank) {
            return refused("it is empty or blank");
        }
        if name.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            return refused("it contains a control character");
        }
        if name.starts_with(is_blank) || name.ends_with(is_blank) {
            return refused("it begins or ends with a character that nobody sees");
        }
        if OWNER_BYTES_MAX < name.len() {
            return refused("it is longer than 128 bytes");
        }
        Ok(Owner(Cow::Owned(name)))
    }

    /// Creates an owner from its stored name, which [`user`](Owner::user) might refuse today. The
    /// empty name is that of the shared owner.
    #[must_use]
    pub fn from_stored(name: impl Into<String>) -> Owner {
        Owner(Cow::Owned(name.into()))
    }

    /// Returns the name in keys and constraints; empty for the shared owner.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the user's name; `None` for the shared owner.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        Some(self.as_str()).filter(|name| !name.is_empty())
    }

    /// Returns `true` if this is the shared owner.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name().unwrap_or("shared"))
    }
}

/// Returns `true` if `c` is invisible: white space, ignorable characters, the blank Braille
/// pattern.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || forms::is_ignorable(c) || c == '\u{2800}'
}
