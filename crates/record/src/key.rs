//! Names of records: the key that users type, and the identity that stores use.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeStruct};

use crate::{Error, Id, Kind, Owner};

/// Separates the owner from the key in an encoded [`Identity`]. No owner contains it.
const OWNER_END: char = '\u{1f}';
/// Separates the kind from the id. No kind contains it.
const KIND_END: char = '/';

/// The short name of a record, such as `goal/g1`. The handle that receives it determines the owner.
///
/// ```
/// use aios_record::{Key, Kind};
///
/// let key: Key = "tool-calls/7".parse()?;
/// assert_eq!(key.kind, Kind::ToolCall);
/// assert_eq!(key.to_string(), "tool_call/7");
/// # Ok::<(), aios_record::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The kind of record.
    pub kind: Kind,
    /// The id, unique within owner and kind.
    pub id: Id,
}

impl Key {
    /// Returns the key of the record with this kind and id.
    #[must_use]
    pub fn new(kind: Kind, id: Id) -> Key {
        Key { kind, id }
    }

    /// Returns the identity of `owner`'s record with this key.
    #[must_use]
    pub fn of(self, owner: Owner) -> Identity {
        Identity { owner, kind: self.kind, id: self.id }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.id)
    }
}

impl FromStr for Key {
    type Err = Error;

    /// Parses `KIND/ID`. The kind is its name or that of its collection.
    fn from_str(text: &str) -> Result<Key, Error> {
        let parts = text.split_once(KIND_END).filter(|(kind, _)| !kind.trim().is_empty());
        let (kind, id) = parts.ok_or_else(|| Error::NotAKey { text: text.to_owned() })?;
        Ok(Key { kind: Kind::meant_by(kind)?, id: Id::new(id)? })
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Key, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The name of a record in a store: its owner, kind and id. Each owner has an independent set of
/// ids.
///
/// Serializes as `{"key": "goal/g1", "user": "ada"}`, without `user` if the record is shared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    /// The record's owner.
    pub owner: Owner,
    /// The kind of record.
    pub kind: Kind,
    /// The id, unique within owner and kind.
    pub id: Id,
}

impl Identity {
    /// Returns the identity of the record with this owner, kind and id.
    #[must_use]
    pub fn new(owner: Owner, kind: Kind, id: Id) -> Identity {
        Identity { owner, kind, id }
    }

    /// Returns the key that users type.
    #[must_use]
    pub fn key(&self) -> Key {
        Key { kind: self.kind, id: self.id.clone() }
    }

    /// Returns the form for single key columns: the owner, U+001F, `kind/id`.
    #[must_use]
    pub fn encode(&self) -> String {
        encode(self.owner.as_str(), self.kind, self.id.as_str())
    }

    /// Parses the output of [`encode`](Identity::encode).
    ///
    /// # Errors
    /// [`Error::NotAKey`], [`Error::UnknownKind`] or [`Error::IdLength`] for any other text.
    pub fn decode(text: &str) -> Result<Identity, Error> {
        let (owner, kind, id) =
            split(text).ok_or_else(|| Error::NotAKey { text: text.to_owned() })?;
        Ok(Identity { owner: Owner::from_stored(owner), kind: kind.parse()?, id: Id::new(id)? })
    }
}

/// Returns the encoded identity of the record with this owner (empty for shared), kind and id, from
/// borrowed text.
#[must_use]
pub fn encode(owner: &str, kind: Kind, id: &str) -> String {
    let kind = kind.as_str();
    let mut encoded = String::with_capacity(owner.len() + kind.len() + id.len() + 2);
    encoded.push_str(owner);
    encoded.push(OWNER_END);
    encoded.push_str(kind);
    encoded.push(KIND_END);
    encoded.push_str(id);
    encoded
}

/// Splits an encoded identity into its owner (empty for shared), kind and id, without checking
/// them.
#[must_use]
pub fn split(encoded: &str) -> Option<(&str, &str, &str)> {
    let (owner, key) = encoded.split_once(OWNER_END)?;
    let (kind, id) = key.split_once(KIND_END)?;
    Some((owner, kind, id))
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key().fmt(f)?;
        match self.owner.name() {
            Some(user) => write!(f, " of {user}"),
            None => Ok(()),
        }
    }
}

impl Serialize for Identity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let user = self.owner.name();
        let mut fields =
            serializer.serialize_struct("Identity", 1 + usize::from(user.is_some()))?;
        fields.serialize_field("key", &self.key())?;
        match user {
            Some(user) => fields.serialize_field("user", user)?,
            None => fields.skip_field("user")?,
        }
        fields.end()
    }
}

impl<'de> Deserialize<'de> for Identity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Identity, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            key: Key,
            #[serde(default)]
            user: String,
        }
        let Fields { key, user } = Fields::deserialize(deserializer)?;
        Ok(key.of(Owner::from_stored(user)))
    }
}
