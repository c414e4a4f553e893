//! All formats.

use serde_json::{Map, Value};

use super::{
    chatgpt, claude, claude_code, codex,
    description::{Description, Shape, plain},
    gemini, graph, locomo, longmemeval, mem0, openclaw, responses, sharegpt,
};
use crate::ingest::format::Format;

/// Every format, in the order in which they are tried on an element.
pub(super) const FORMATS: &[Description] = &[
    plain(Format::Auto, "auto", "Detected from the content, or else from the file name"),
    chatgpt::DESCRIPTION,
    claude::DESCRIPTION,
    claude_code::DESCRIPTION,
    codex::DESCRIPTION,
    openclaw::DESCRIPTION,
    gemini::DESCRIPTION,
    responses::DESCRIPTION,
    plain(
        Format::OpenAi,
        "openai",
        "OpenAI chats and fine-tuning lines, Anthropic requests: {\"messages\": [...]}",
    ),
    plain(Format::LangChain, "langchain", "LangChain messages, one per line or as a list"),
    sharegpt::DESCRIPTION,
    longmemeval::DESCRIPTION,
    locomo::DESCRIPTION,
    graph::DESCRIPTION,
    mem0::DESCRIPTION,
    plain(Format::Chat, "chat", "A JSON list of messages, or of {\"messages\": [...]}"),
    plain(Format::Jsonl, "jsonl", "Lines of JSON, one record per line"),
    plain(Format::Markdown, "markdown", "A document with headings"),
    plain(Format::Text, "text", "A plain text document"),
];

/// Returns the description of a format.
pub(super) fn description(format: Format) -> &'static Description {
    let found = FORMATS.iter().find(|it| it.format == format);
    found.expect("every format has a description, as a test checks")
}

/// Returns the name of the format that an element belongs to; `None` if no format recognises it.
pub(crate) fn recognised(element: &Map<String, Value>) -> Option<&'static str> {
    recognise(element).map(|(description, _)| description.name)
}

/// Returns the format that an element belongs to; `None` if no format recognises it.
pub(crate) fn format_of(element: &Map<String, Value>) -> Option<Format> {
    recognise(element).map(|(description, _)| description.format)
}

/// Returns the format that recognises an element, with its shape.
pub(super) fn recognise(
    element: &Map<String, Value>,
) -> Option<(&'static Description, &'static Shape)> {
    let shaped = FORMATS.iter().filter_map(|it| Some((it, it.shape.as_ref()?)));
    shaped.into_iter().find(|(_, shape)| (shape.recognises)(element))
}

impl Format {
    /// Returns every format, in the order in which help lists them.
    pub fn all() -> impl Iterator<Item = Format> {
        FORMATS.iter().map(|it| it.format)
    }

    /// Returns the name, as `--format` accepts it.
    #[must_use]
    pub fn name(self) -> &'static str {
        description(self).name
    }

    /// Returns a one-line description.
    #[must_use]
    pub fn about(self) -> &'static str {
        description(self).about
    }
}
