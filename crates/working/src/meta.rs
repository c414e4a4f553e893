//! Fields common to all records, and vocabularies that keep unknown words.

use aios_record::{Provenance, Scope, Timestamp};
use serde::{Deserialize, Serialize};

/// Minimum importance of records that never age; they only expire.
pub const IMPORTANT: f32 = 0.8;

/// Fields common to all records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Meta {
    /// Scope of the record. Default: shared.
    pub scope: Scope,
    /// Author and task of the record.
    pub provenance: Provenance,
    /// Its importance, 0 to 1. Important records are kept longer. Default: 0.5.
    pub importance: f32,
    /// Creation time. Default: when the record is first stored; an update keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// Time of the last write. Set by the memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Time at which the memory first stored it. Set by the memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Timestamp>,
    /// Time from which reads no longer show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl Default for Meta {
    fn default() -> Meta {
        Meta {
            scope: Scope::default(),
            provenance: Provenance::default(),
            importance: 0.5,
            created_at: None,
            updated_at: None,
            recorded_at: None,
            expires_at: None,
        }
    }
}

/// Defines a vocabulary that keeps unknown words unchanged.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$word_meta:meta])* $word:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum $name {
            $($(#[$word_meta])* $word,)*
            /// Any other word, kept unchanged.
            Other(String),
        }

        impl $name {
            /// The known words.
            pub const WORDS: &'static [&'static str] = &[$($text),*];

            /// Returns the word as it is stored.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $($name::$word => $text,)*
                    $name::Other(other) => other,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> $name {
                match text {
                    $($text => $name::$word,)*
                    other => $name::Other(other.to_owned()),
                }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> $name {
                $name::from(text.as_str())
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> String {
                word.as_str().to_owned()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::column::Column for $name {
            fn bind(&self) -> rusqlite::types::ToSqlOutput<'_> {
                self.as_str().into()
            }

            fn decode(
                value: rusqlite::types::ValueRef<'_>,
            ) -> rusqlite::types::FromSqlResult<$name> {
                Ok($name::from(value.as_str()?))
            }

            fn check(&self, field: &'static str, _: usize) -> Result<(), $crate::Error> {
                $crate::column::label(self.as_str(), field)
            }
        }
    };
}

pub(crate) use words;
