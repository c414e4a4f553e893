//! The syntaxes of configurations, and the operations on entries in each.

use serde_json::{Value, json};

use super::{
    edit::{Edit, Refusal},
    entries::{Entry, SERVER},
    jsonc, toml,
};

/// The syntax of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// JSON, with comments if the agent supports them.
    Json,
    Toml,
}

impl Syntax {
    /// Returns true if a text contains exactly this entry.
    pub(super) fn has(self, text: &str, entry: &Entry) -> bool {
        self.found(text, entry).is_some_and(|found| entry.is_in(&found))
    }

    /// Returns the server in the text that runs this program, with any flags.
    pub(super) fn running(self, text: &str, entry: &Entry) -> Option<Value> {
        let whole = self.value(text).ok()?;
        let server = entry.path().into_iter().try_fold(&whole, |at, name| at.get(name))?;
        server.get(SERVER).filter(|value| entry.runs(value)).cloned()
    }

    /// Returns the entry that this program made at the place of `entry`.
    pub(super) fn found(self, text: &str, entry: &Entry) -> Option<Value> {
        let whole = self.value(text).ok()?;
        let mut at = &whole;
        for name in entry.path() {
            at = at.get(name)?;
        }
        match entry {
            Entry::Server { .. } => at.get(SERVER).filter(|value| entry.is_made(value)).cloned(),
            Entry::Hook { .. } => {
                let mut made = at.as_array()?.iter().filter(|value| entry.is_made(value));
                // If there are several, one entry replaces all of them.
                let one = made.next().filter(|_| made.next().is_none());
                one.map(|value| entry.made_in(value))
            }
        }
    }

    /// Fails if a text is malformed.
    pub(super) fn check(self, text: &str) -> Result<(), Refusal> {
        self.value(text).map(drop)
    }

    fn value(self, text: &str) -> Result<Value, Refusal> {
        match self {
            Syntax::Json => jsonc::value(text),
            Syntax::Toml => toml::value(text),
        }
    }

    pub(super) fn insert(self, edit: &mut Edit, entry: &Entry) -> Result<(), Refusal> {
        match self {
            Syntax::Json => jsonc::insert(edit, entry),
            Syntax::Toml => toml::insert(edit, entry),
        }
    }

    /// Removes what this program made for the entries, and objects and lists that become empty.
    pub(super) fn remove(self, text: &str, entries: &[Entry]) -> Result<String, Refusal> {
        let without_one = match self {
            Syntax::Json => jsonc::without_one,
            Syntax::Toml => toml::without_one,
        };
        let mut text = text.to_owned();
        for entry in entries {
            while let Some(shorter) = without_one(&text, entry)? {
                text = shorter;
            }
        }
        Ok(text)
    }

    /// Returns an entry as a text to insert by hand.
    pub(super) fn block(self, entry: &Entry) -> String {
        if self == Syntax::Toml {
            return toml::lines(entry).join("\n");
        }
        let value = match entry {
            Entry::Server { below, value } => json!({ *below: { SERVER: value } }),
            Entry::Hook { event, value, .. } => json!({ "hooks": { *event: [value] } }),
        };
        format!("{value:#}")
    }

    /// Returns true if a text has no entries at all.
    pub(super) fn is_empty(self, text: &str) -> bool {
        match self {
            Syntax::Json => jsonc::value(text).is_ok_and(|value| value == json!({})),
            Syntax::Toml => text.trim().is_empty(),
        }
    }
}
