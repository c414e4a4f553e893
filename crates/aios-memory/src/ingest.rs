//! Conversations, documents and records into memory.
mod detect;
mod document;
mod draft;
mod json;
mod lines;
mod reading;
#[cfg(test)]
mod tests;

/// How a file is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format { #[default] Auto, Locomo, Chat, Jsonl, Markdown, Text }
