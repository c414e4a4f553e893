//! Versions of records over HTTP: the `ETag` of a record, and the conditions `If-Match` and
//! `If-None-Match`.
//!
//! A version is a hash of everything stored of a record, so it is the same in every process and
//! differs after every change that a reader can see.

use aios_memory::Record;
use http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};

use crate::{
    failure::{Class, Failure},
    hex,
};

/// Number of bytes of the hash in a version.
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

/// The versions in `If-Match` or `If-None-Match`.
pub(crate) enum Named {
    /// The header is absent.
    None,
    /// `*`
    Any,
    Versions(Vec<String>),
}

impl Named {
    /// Parses a header of entity tags.
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
                // RFC 9110, section 13.1: in `If-Match`, a weak tag matches no version, because all
                // of ours are strong. In `If-None-Match`, it matches its version.
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

/// Conditions on the stored version of the record that a call changes.
pub(crate) struct Conditions {
    expected: Named,
    excluded: Named,
}

impl Conditions {
    /// Parses `If-Match` and `If-None-Match`.
    ///
    /// # Errors
    /// Fails if one of them is not a list of tags in quotes.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Conditions, Failure> {
        let expected = Named::of(headers, header::IF_MATCH)?;
        let excluded = Named::of(headers, header::IF_NONE_MATCH)?;
        Ok(Conditions { expected, excluded })
    }

    /// Checks the conditions for the stored record, or for `None` if the record is new.
    ///
    /// # Errors
    /// Fails if `If-Match` does not name the record's version, or `If-None-Match` does.
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
