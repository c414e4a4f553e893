//! Tokens identify callers that the operating system does not.
//!
//! A token is 256 random bits. The file contains only its SHA-256, so reading the file reveals no
//! token; a slow hash would add nothing to 256 random bits. The file is read again when it changes,
//! so a revocation takes effect at the next call.

mod file;
mod token;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use aios_memory::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub use self::token::Token;
use crate::{
    Error,
    file_state::{FileState, state_of},
    hex,
    operation::Right,
};

/// Prefix of every token.
const PREFIX: &str = "aim_";
/// Maximum number of tokens in a file.
const TOKENS_MAX: usize = 10_000;
/// Maximum length of a name in bytes.
const NAME_BYTES_MAX: usize = 64;
/// Names of callers without a token, in logs and for rate limits.
const RESERVED: &[&str] = &["loopback", "socket"];

/// Description of a token to add.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewToken {
    /// The name, unique in its file: letters, digits, `-`, `_` and `.`, up to 64 bytes.
    pub name: String,
    /// See [`Token::user`]. Default: none.
    pub user: Option<String>,
    /// See [`Token::delegate`]. Default: none.
    pub delegate: Option<String>,
    /// See [`Token::project`]. Default: none.
    pub project: Option<String>,
    /// See [`Token::rights`]. Default: read and write.
    pub rights: BTreeSet<Right>,
    /// See [`Token::expires_at`]. Default: none.
    pub expires_at: Option<Timestamp>,
}

impl NewToken {
    /// Creates the description of a token for shared records, with the rights to read and write.
    #[must_use]
    pub fn new(name: impl Into<String>) -> NewToken {
        NewToken {
            name: name.into(),
            user: None,
            delegate: None,
            project: None,
            rights: BTreeSet::from([Right::Read, Right::Write]),
            expires_at: None,
        }
    }
}

/// The tokens of a file.
#[derive(Debug)]
pub struct Tokens {
    path: PathBuf,
    loaded: Mutex<Loaded>,
}

#[derive(Debug, Default)]
struct Loaded {
    /// State of the file when it was read. If any part changes, it is read again.
    state: Option<FileState>,
    tokens: Arc<Vec<Token>>,
}

impl Tokens {
    /// Opens the token file at `path`, which need not exist.
    ///
    /// # Errors
    /// [`Error::Tokens`] if the file cannot be read, is damaged, or is readable or writable by
    /// others.
    pub fn open(path: impl Into<PathBuf>) -> Result<Tokens, Error> {
        let tokens = Tokens { path: path.into(), loaded: Mutex::default() };
        tokens.current()?;
        Ok(tokens)
    }

    /// Returns the tokens without their secrets, sorted by name.
    ///
    /// # Errors
    /// The errors of [`open`](Tokens::open).
    pub fn list(&self) -> Result<Vec<Token>, Error> {
        Ok(self.current()?.to_vec())
    }

    /// Adds a token and returns its secret, which is not stored.
    ///
    /// # Errors
    /// - [`Error::Token`] if the description is invalid or the name is in use.
    /// - [`Error::Tokens`] if the file cannot be written.
    pub fn add(&self, new: NewToken, now: Timestamp) -> Result<String, Error> {
        check(&new)?;
        let secret = secret(&self.path)?;
        let NewToken { name, user, delegate, project, rights, expires_at } = new;
        let hash = hash_of(&secret);
        let token =
            Token { name, user, delegate, project, rights, expires_at, created_at: now, hash };
        file::change(&self.path, |tokens| {
            if tokens.iter().any(|known| known.name == token.name) {
                return Err(problem(format!("there is a token named `{}`", token.name)));
            }
            if TOKENS_MAX <= tokens.len() {
                return Err(problem(format!("there are {TOKENS_MAX} tokens already")));
            }
            tokens.push(token);
            tokens.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(())
        })?;
        Ok(secret)
    }

    /// Revokes the token named `name`. Later calls with it fail, and its streams end.
    ///
    /// # Errors
    /// - [`Error::Token`] if there is no such token.
    /// - [`Error::Tokens`] if the file cannot be written.
    pub fn revoke(&self, name: &str) -> Result<(), Error> {
        file::change(&self.path, |tokens| {
            let Some(at) = tokens.iter().position(|token| token.name == name) else {
                return Err(problem(format!("there is no token named `{name}`")));
            };
            tokens.remove(at);
            Ok(())
        })
    }

    /// Returns the token of a secret, if it is known and valid at `now`.
    pub(crate) fn find(&self, secret: &str, now: Timestamp) -> Result<Option<Token>, Error> {
        let hash = hash_of(secret);
        let tokens = self.current()?;
        // Compares all hashes, each in constant time.
        let mut found = None;
        for token in tokens.iter() {
            if bool::from(token.hash.as_bytes().ct_eq(hash.as_bytes())) {
                found = Some(token);
            }
        }
        Ok(found.filter(|token| token.is_valid(now)).cloned())
    }

    /// Returns `true` if the file still contains `token` unchanged, and it is valid at `now`. An
    /// unreadable file counts as empty.
    pub(crate) fn still_has(&self, token: &Token, now: Timestamp) -> bool {
        token.is_valid(now) && self.current().is_ok_and(|tokens| tokens.contains(token))
    }

    /// Returns `true` if there is no token.
    pub(crate) fn is_empty(&self) -> Result<bool, Error> {
        Ok(self.current()?.is_empty())
    }

    fn current(&self) -> Result<Arc<Vec<Token>>, Error> {
        let state = state_of(&self.path).map_err(|error| file::failed(&self.path, &error))?;
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if loaded.state != state {
            loaded.tokens = Arc::new(match state {
                Some(_) => file::read(&self.path)?,
                None => Vec::new(),
            });
            loaded.state = state;
        }
        Ok(Arc::clone(&loaded.tokens))
    }
}

fn check(new: &NewToken) -> Result<(), Error> {
    let named = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if new.name.is_empty() || NAME_BYTES_MAX < new.name.len() || !new.name.chars().all(named) {
        return Err(problem(format!(
            "`{}` is not a name of letters, digits, `-`, `_` and `.` of up to {NAME_BYTES_MAX} bytes",
            new.name
        )));
    }
    if RESERVED.contains(&new.name.as_str()) {
        return Err(problem(format!("`{}` is the name of callers without a token", new.name)));
    }
    if new.user.is_some() && new.delegate.is_some() {
        return Err(problem("a token acts for one user, or names one in each call, not both"));
    }
    if new.rights.is_empty() {
        return Err(problem("a token without rights can do nothing"));
    }
    let invalid = |error: aios_memory::record::Error| problem(error.to_string());
    if let Some(user) = &new.user {
        aios_memory::Owner::user(user).map_err(invalid)?;
    }
    if let Some(project) = &new.project {
        aios_memory::Scope::default().with_project(project).check().map_err(invalid)?;
    }
    Ok(())
}

fn problem(problem: impl Into<String>) -> Error {
    Error::Token { problem: problem.into() }
}

fn secret(path: &Path) -> Result<String, Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| file::failed(path, &error))?;
    Ok(format!("{PREFIX}{}", hex::digits(&bytes)))
}

fn hash_of(secret: &str) -> String {
    hex::digits(&Sha256::digest(secret.as_bytes()))
}
