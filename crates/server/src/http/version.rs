//! Versions of records as HTTP sees them: the `ETag` of a record, and the conditions `If-Match` and
//! `If-None-Match`.
//!
//! A version is a hash of everything that is stored of the record, so it is the same in every
//! process, and differs after every change that a reader can see.

use aios_memory::Record;
use http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};

use crate::{
    failure::{Class, Failure},
    hex,
};

/// Bytes of the hash that a version has.
const VERSION_BYTES: usize = 12;

/// Returns the version of a record.
pub(crate) fn version_of(record: &Record) -> String {
    let json = serde_json::to_vec(record).expect("a record has text keys and finite numbers");
    hex::digits(&Sha256::digest(json)[..VERSION_BYTES])
}

/// Returns the `ETag` of a version.
pub(crate) fn etag(version: &str) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).expect("a version is hexadecimal")
}

/// The versions that `If-Match` or `If-None-Match` name.
pub(crate) enum Named {
    /// The header is absent.
    None,
    /// `*`
    Any,
    Versions(Vec<String>),
}

impl Named {
    /// Reads a header of entity tags.
    ///
    /// # Errors
    /// Fails if the header is not a list of tags in quotes.
    pub(crate) fn of(headers: &HeaderMap, name: header::HeaderName) -> Result<Named, Failure> {
        let refused = || {
            Failure::invalid(format!("the header `{name}` is not a list of versions in quotes"))
                .with_advice("send the `etag` of the record as it was read, with its quotes")
        };
        let mut versions = Vec::new();
        for value in headers.get_all(&name) {
            for tag in value.to_str().map_err(|_| refused())?.split(',').map(str::trim) {
                if tag == "*" {
                    return Ok(Named::Any);
                }
                // By RFC 9110, 13.1: a weak tag equals no version in `If-Match`, since all of ours
                // are strong, and its version in `If-None-Match`.
                let is_weak = name == header::IF_MATCH && tag.starts_with("W/");
                let tag = tag.strip_prefix("W/").unwrap_or(tag);
                let version = tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                let version = version.filter(|it| !it.contains('"')).ok_or_else(refused)?;
                versions.push(if is_weak { String::new() } else { version.to_owned() });
            }
        }
        Ok(if versions.is_empty() { Named::None } else { Named::Versions(versions) })
    }

    /// Returns true if the header names this version.
    pub(crate) fn names(&self, version: &str) -> bool {
        match self {
            Named::None => false,
            Named::Any => true,
            Named::Versions(versions) => versions.iter().any(|it| it == version),
        }
    }
}

/// The conditions on the stored version of the record that a call changes.
pub(crate) struct Conditions {
    expected: Named,
    excluded: Named,
}

impl Conditions {
    /// Reads `If-Match` and `If-None-Match`.
    ///
    /// # Errors
    /// Fails if one of them is not a list of tags in quotes.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Conditions, Failure> {
        let expected = Named::of(headers, header::IF_MATCH)?;
        let excluded = Named::of(headers, header::IF_NONE_MATCH)?;
        Ok(Conditions { expected, excluded })
    }

    /// Checks the conditions for the stored record; `None` for a new one.
    ///
    /// # Errors
    /// Fails if the record lacks the versions of `If-Match`, or has one of `If-None-Match`.
    pub(crate) fn check(&self, record: Option<&Record>) -> Result<(), Failure> {
        let changed = |message| {
            Err(Failure::new(Class::Changed, "changed", message)
                .with_advice("read the record again, and repeat the change on what it says now"))
        };
        let Some(record) = record else {
            return match self.expected {
                Named::None => Ok(()),
                _ => changed("the record of `if-match` is not stored".to_owned()),
            };
        };
        let version = version_of(record);
        if !matches!(self.expected, Named::None) && !self.expected.names(&version) {
            return changed(format!("`{}` has another version: \"{version}\"", record.key()));
        }
        match self.excluded.names(&version) {
            false => Ok(()),
            true => changed(format!("`{}` is stored with version \"{version}\"", record.key())),
        }
    }
}
