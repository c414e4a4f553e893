//! The description of a format, and the interface of its reader.

use serde_json::{Map, Value};

use super::transcript::Transcript;
use crate::ingest::{format::Format, options::Secrets};

/// A format: its name, shape and reader.
pub(super) struct Description {
    pub(super) format: Format,
    /// Name for `--format`.
    pub(super) name: &'static str,
    /// One line of help.
    pub(super) about: &'static str,
    /// Shape of its elements, or `None` if it has no shape of its own.
    pub(super) shape: Option<Shape>,
}

impl Description {
    /// Returns the handling of secrets in the elements. They are always removed from the session
    /// files of coding agents, because nobody chose to store those.
    pub(super) fn secrets(&self) -> Secrets {
        match self.format {
            Format::ClaudeCode | Format::Codex | Format::OpenClaw | Format::Gemini => {
                Secrets::Redacted
            }
            _ => Secrets::AsConfigured,
        }
    }

    pub(super) fn is_loose(&self) -> bool {
        self.shape.as_ref().is_some_and(|shape| shape.elements == Elements::Loose)
    }
}

/// Shape of a format's elements, and their reader.
pub(super) struct Shape {
    /// Returns `true` for an element of the format.
    pub(super) recognises: fn(&Map<String, Value>) -> bool,
    /// Required fields of an element, for error messages.
    pub(super) needs: &'static str,
    /// Usual fields of an element, from which the format of an unrecognised one is guessed.
    pub(super) signs: &'static [&'static str],
    /// Fields that look like an owner but belong to the format, such as the account of an export.
    pub(super) artefacts: &'static [&'static str],
    /// Fields with a list of elements, each with its own owner.
    pub(super) lists: &'static [&'static str],
    /// Fields that hold messages in this format, but belong to a tool elsewhere.
    pub(super) opens: &'static [&'static str],
    pub(super) elements: Elements,
    /// Constructor of the reader. Without one, the elements are conversations of messages.
    pub(super) reader: Option<fn() -> Box<dyn Reader>>,
}

/// Kind of a format's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Elements {
    /// Each element is complete.
    Whole,
    /// Each element is complete, and messages without a reader may occur among them.
    Loose,
    /// Rows of a conversation. An owner that one row names applies to all.
    Rows,
}

/// Reader of the elements of a file.
pub(super) trait Reader {
    /// Reads an element at `line`.
    fn read(&mut self, line: u64, element: Map<String, Value>, to: &mut Transcript);

    /// Returns `true` if an unrecognised element belongs to this format, given that its file does.
    fn follows(&self, _element: &Map<String, Value>) -> bool {
        false
    }

    /// Emits the state that was kept until the end of the file.
    fn finish(&mut self, _to: &mut Transcript) {}
}

/// Describes a format whose elements need no reader.
pub(super) const fn plain(format: Format, name: &'static str, about: &'static str) -> Description {
    Description { format, name, about, shape: None }
}
