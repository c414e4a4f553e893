//! Parts of a message's content: texts, tool calls, results, thinking, and attachments.
//!
//! One reader serves every format, because the vocabularies of the programs do not conflict.
//! Attachments are reduced to their names.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// Maximum length of an attachment's name, in characters.
const NAME_CHARS_MAX: usize = 200;

/// Fields that name an attachment. The first non-empty one is used.
const NAMES: &[&str] =
    &["file_name", "filename", "fileName", "displayName", "name", "title", "alt", "caption"];

/// Fields that locate an attachment, used if it has no name.
const PLACES: &[&str] =
    &["url", "uri", "fileUri", "path", "asset_pointer", "file_id", "fileId", "file_uuid"];

/// Fields of an attachment's type.
const MEDIA_TYPES: &[&str] = &["media_type", "mimeType", "mime_type", "file_type", "format"];

/// Objects that enclose an attachment's name, location or type.
const WRAPPERS: &[&str] = &[
    "source",
    "file",
    "image_url",
    "image",
    "document",
    "input_audio",
    "inlineData",
    "inline_data",
    "fileData",
    "file_data",
    "video",
];

/// Fields of a message with its attachments: objects with a name, or paths.
const ATTACHMENTS: &[&str] =
    &["attachments", "files", "file", "images", "image", "photo", "audio", "video", "voice"];

/// Endings of the names of images.
const IMAGE_ENDINGS: &[&str] = &["png", "jpg", "jpeg", "gif", "webp", "heic", "bmp", "svg"];

/// A tool call.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Call {
    /// The id by which a result refers to the call.
    pub id: Option<String>,
    /// The name of the tool.
    pub tool: String,
    /// The arguments.
    pub input: Value,
}

/// The result of a tool call.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Returned {
    /// Id of the call. A result without one belongs to the oldest call of its tool.
    pub call: Option<String>,
    /// The tool, for a result without an id.
    pub tool: Option<String>,
    /// The output.
    pub output: Value,
    /// True if the call failed.
    pub has_failed: bool,
}

/// Content of a message.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Content {
    texts: Vec<Text>,
    thinking: Vec<String>,
    /// Tool calls, in order.
    pub calls: Vec<Call>,
    /// Results of tool calls, in order.
    pub results: Vec<Returned>,
}

/// One text of a content.
#[derive(Debug, Clone, PartialEq)]
struct Text {
    text: String,
    /// True for the text of an enclosed document, which the speaker did not say.
    is_document: bool,
}

impl Content {
    /// Reads content: a text, a part, or a list of parts.
    pub fn read(content: &Value) -> Content {
        let mut said = Content::default();
        said.add(content);
        said
    }

    /// Returns all texts in order, including those of documents and the names of attachments.
    pub fn text(&self) -> String {
        joined(self.texts.iter())
    }

    /// Returns the texts without those of documents. The names of documents are included.
    pub fn said(&self) -> String {
        joined(self.texts.iter().filter(|it| !it.is_document))
    }

    /// Returns the texts of documents.
    pub fn documents(&self) -> String {
        joined(self.texts.iter().filter(|it| it.is_document))
    }

    /// Returns the thinking.
    pub fn thinking(&self) -> String {
        self.thinking.join("\n")
    }

    /// Adds more content.
    pub fn add(&mut self, content: &Value) {
        match content {
            Value::Null => {}
            Value::String(text) => self.add_text(text),
            Value::Array(parts) => parts.iter().for_each(|part| self.add(part)),
            Value::Object(part) => self.add_part(part),
            Value::Bool(_) | Value::Number(_) => self.add_text(&content.to_string()),
        }
    }

    /// Adds a text, unless it is blank.
    pub fn add_text(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.texts.push(Text { text: text.to_owned(), is_document: false });
        }
    }

    /// Adds the text of a document, unless it is blank.
    pub fn add_document(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.texts.push(Text { text: text.to_owned(), is_document: true });
        }
    }

    /// Replaces each text, except those of documents, by the result of `edit`. Removes blank texts.
    pub fn edit_texts(&mut self, edit: impl Fn(&str) -> Cow<'_, str>) {
        for text in std::mem::take(&mut self.texts) {
            match text.is_document {
                true => self.texts.push(text),
                false => self.add_text(&edit(&text.text)),
            }
        }
    }

    /// Adds thinking, unless it is blank.
    pub fn add_thinking(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.thinking.push(text.to_owned());
        }
    }

    /// Adds the name of an attachment, such as `[image: label.png]`.
    pub fn add_attachment(&mut self, sort: &str, attachment: &Map<String, Value>) {
        self.add_text(&match name_of(attachment) {
            Some(name) => format!("[{sort}: {name}]"),
            None => format!("[{sort}]"),
        });
    }

    /// Adds the name of an attachment in `field` of a message: an object or a path.
    fn add_attached(&mut self, field: &str, item: &Value, message: &Map<String, Value>) {
        let attachment = match item {
            Value::Object(attachment) => attachment.clone(),
            // Telegram writes a sentence in brackets for a file that it left out of an export.
            Value::String(path) if path.starts_with('(') => {
                let name = text_in(message, &["file_name"]).filter(|_| field == "file");
                name.map(|name| ("name".to_owned(), Value::from(name))).into_iter().collect()
            }
            Value::String(path) if !path.trim().is_empty() => {
                Map::from_iter([("path".to_owned(), path.as_str().into())])
            }
            _ => return,
        };
        let name = name_of(&attachment).unwrap_or_default().to_ascii_lowercase();
        let ending = name.rsplit('.').next().unwrap_or_default();
        let sort = match field {
            "images" | "image" | "photo" => "image",
            "audio" | "voice" => "audio",
            "video" => "video",
            _ if IMAGE_ENDINGS.contains(&ending) => "image",
            _ => sort_of_media(&attachment),
        };
        self.add_attachment(sort, &attachment);
    }

    fn add_part(&mut self, part: &Map<String, Value>) {
        let sort = ["type", "content_type"].iter().find_map(|key| part.get(*key)?.as_str());
        let sort = sort.unwrap_or_default().to_ascii_lowercase().replace(['-', ' '], "_");
        match &*sort {
            "text"
            | "input_text"
            | "output_text"
            | "summary_text"
            | "refusal"
            | "audio_transcription" => {
                self.add_first(part, &["text", "refusal", "value", "parts", "content"])
            }
            "thinking" | "reasoning" | "redacted_thinking" | "thoughts" | "reasoning_text" => {
                let fields = ["thinking", "reasoning", "text", "summary", "content"];
                let thinking = first(part, &fields).map(Content::read).unwrap_or_default();
                self.add_thinking(&thinking.text());
            }
            "tool_use" | "server_tool_use" | "mcp_tool_use" | "toolcall" | "tool_call"
            | "function_call" | "custom_tool_call" | "function" | "custom"
                if sort != "custom" || part.get("custom").is_some_and(Value::is_object) =>
            {
                self.calls.push(call(part))
            }
            "function_call_output" | "custom_tool_call_output" | "toolresult" | "tool_response" => {
                self.results.push(returned(part));
            }
            sort if sort.ends_with("tool_result") => self.results.push(returned(part)),
            sort if sort.contains("image") => self.add_attachment("image", part),
            sort if sort.contains("audio") => self.add_attachment("audio", part),
            sort if sort.contains("video") => self.add_attachment("video", part),
            "document" => {
                self.add_attachment("document", part);
                let source = part.get("source").and_then(Value::as_object);
                let source = source.filter(|it| text_in(it, &["type"]).as_deref() == Some("text"));
                self.add_document_in(source.and_then(|source| first(source, &["data"])));
            }
            "search_result" => self.add_document_in(first(part, &["content"])),
            "text_plain" => {
                self.add_attachment("document", part);
                self.add_document(&text_in(part, &["text"]).unwrap_or_default());
            }
            "file" | "input_file" | "attachment" | "resource" | "container_upload" => {
                self.add_attachment("file", part);
            }
            sort => self.add_untyped(sort, part),
        }
    }

    /// Adds a part whose type is unknown or missing. Gemini and Bedrock identify parts by their
    /// fields.
    fn add_untyped(&mut self, sort: &str, part: &Map<String, Value>) {
        let object = |names: &[&str]| first(part, names).and_then(Value::as_object);
        if let Some(inner) = object(&["functionCall", "function_call", "toolUse"]) {
            return self.calls.push(call(inner));
        }
        if let Some(inner) = object(&["functionResponse", "function_response", "toolResult"]) {
            return self.results.push(returned(inner));
        }
        if let Some(file) = object(&["inlineData", "inline_data", "fileData", "file_data"]) {
            return self.add_attachment(sort_of_media(file), file);
        }
        for kind in ["image", "document", "video"] {
            if let Some(file) = part.get(kind).and_then(Value::as_object) {
                return self.add_attachment(kind, file);
            }
        }
        if part.get("thought").and_then(Value::as_bool) == Some(true) {
            let thought = first(part, &["text"]).map(Content::read).unwrap_or_default();
            return self.add_thinking(&thought.text());
        }
        let found = ["title", "url"].map(|name| text_in(part, &[name]));
        match first(part, &["text", "content", "parts", "value", "logs"]) {
            Some(inner) => self.add(inner),
            None if sort.is_empty() => {}
            // A page in the result of a web search.
            None if found.iter().any(Option::is_some) => {
                found.into_iter().flatten().for_each(|text| self.add_text(&text));
            }
            None => self.add_text(&format!("[{sort}]")),
        }
    }

    fn add_document_in(&mut self, content: Option<&Value>) {
        self.add_document(&content.map(Content::read).unwrap_or_default().text());
    }

    fn add_first(&mut self, part: &Map<String, Value>, fields: &[&str]) {
        if let Some(value) = first(part, fields) {
            self.add(value);
        }
    }
}

/// Returns the names of the attachments beside the content of a message, such as `[file: y.pdf]`.
/// Empty if it has none.
pub(crate) fn attachments_of(message: &Map<String, Value>) -> String {
    let mut said = Content::default();
    for field in ATTACHMENTS {
        match message.get(*field) {
            Some(Value::Array(items)) => {
                items.iter().for_each(|item| said.add_attached(field, item, message));
            }
            Some(item) => said.add_attached(field, item, message),
            None => {}
        }
    }
    said.text()
}

fn joined<'a>(texts: impl Iterator<Item = &'a Text>) -> String {
    texts.map(|it| &*it.text).collect::<Vec<_>>().join("\n")
}

/// Reads a tool call from a content part or an item, in any vocabulary.
pub fn call(part: &Map<String, Value>) -> Call {
    let inner = first(part, &["function", "custom"]).and_then(Value::as_object).unwrap_or(part);
    let fields = ["input", "arguments", "args", "parameters", "action", "code", "queries"];
    let given = || fields.iter().filter_map(|name| inner.get(*name));
    let input = given().find(|it| !is_empty(it)).or_else(|| first(inner, &fields));
    Call {
        id: text_in(part, &["call_id", "callId", "toolUseId", "tool_call_id", "toolCallId", "id"]),
        tool: text_in(inner, &["name", "tool_name", "toolName", "tool"])
            .or_else(|| text_in(part, &["type"]))
            .unwrap_or_default(),
        input: input.map_or(Value::Null, parsed),
    }
}

/// Reads the result of a tool call from a content part or an item, in any vocabulary.
pub fn returned(part: &Map<String, Value>) -> Returned {
    let fields = ["output", "content", "response", "result", "results", "outputs"];
    let output = first(part, &fields);
    let is_error = first(part, &["is_error", "isError", "error"]);
    let status = part.get("status").and_then(Value::as_str);
    Returned {
        call: text_in(
            part,
            &["tool_use_id", "call_id", "callId", "toolUseId", "tool_call_id", "toolCallId", "id"],
        ),
        tool: text_in(part, &["name", "tool_name", "toolName"]),
        output: output.map_or(Value::Null, output_of),
        has_failed: is_error.is_some_and(|value| *value != Value::Bool(false))
            || status.is_some_and(|status| matches!(status, "error" | "failed" | "cancelled"))
            || output.is_some_and(reports_failure),
    }
}

/// Returns `true` if `output` reports a failure: an object, or JSON in a string, that has its text
/// beside a non-zero exit code or `success: false`, such as
/// `{"output": "..", "metadata": {"exit_code": 1}}`.
fn reports_failure(output: &Value) -> bool {
    let object = match parsed(output) {
        Value::Object(object)
            if ["output", "content"].iter().any(|it| object.contains_key(*it)) =>
        {
            object
        }
        _ => return false,
    };
    let metadata = object.get("metadata").and_then(Value::as_object);
    [Some(&object), metadata].into_iter().flatten().any(|it| {
        let code = first(it, &["exit_code", "exitCode"]).and_then(Value::as_i64);
        code.is_some_and(|code| code != 0) || it.get("success") == Some(&Value::Bool(false))
    })
}

/// Returns the output of a tool: the texts of its parts, or the JSON itself if it has no parts.
pub fn output_of(output: &Value) -> Value {
    let is_part = |part: &Value| part.is_string() || part.get("type").is_some();
    let is_parts = match output {
        Value::Array(parts) => parts.iter().all(is_part),
        part => part.get("type").is_some() && part.get("text").is_some(),
    };
    if is_parts && !output.is_string() {
        return Content::read(output).text().into();
    }
    // Some programs wrap the text of an output in an object, and serialise that object to a string.
    let wrapped = match output {
        Value::String(text) if text.starts_with('{') => serde_json::from_str(text).ok(),
        Value::Object(_) => Some(output.clone()),
        _ => None,
    };
    let text = wrapped
        .and_then(|wrapped: Value| wrapped.get("output").filter(|it| it.is_string()).cloned());
    text.unwrap_or_else(|| output.clone())
}

/// Parses arguments that are JSON in a string.
fn parsed(value: &Value) -> Value {
    match value {
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            serde_json::from_str(text).unwrap_or_else(|_| value.clone())
        }
        value => value.clone(),
    }
}

/// Returns the first of these fields that is present and not null.
pub fn first<'a>(object: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| object.get(*name).filter(|value| !value.is_null()))
}

/// Returns the first of these fields that is a non-empty string or a number.
pub fn text_in(object: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match object.get(*name)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// Returns `true` for null, and for an empty string, list or object.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn name_of(attachment: &Map<String, Value>) -> Option<String> {
    let wrapped = || {
        let objects = WRAPPERS.iter().filter_map(|name| attachment.get(*name)?.as_object());
        std::iter::once(attachment).chain(objects)
    };
    let name = wrapped().find_map(|object| text_in(object, NAMES));
    let name = name.or_else(|| {
        let texts = WRAPPERS.iter().filter_map(|name| attachment.get(*name)?.as_str());
        let places = wrapped().filter_map(|object| text_in(object, PLACES));
        texts.map(str::to_owned).chain(places).find_map(|place| place_name(&place))
    });
    let name = name.or_else(|| wrapped().find_map(|object| text_in(object, MEDIA_TYPES)))?;
    Some(name.chars().take(NAME_CHARS_MAX).collect())
}

/// Returns a name for a location; for a data URL only its media type.
fn place_name(place: &str) -> Option<String> {
    match place.strip_prefix("data:") {
        Some(data) => data.split([';', ',']).next().filter(|it| !it.is_empty()).map(str::to_owned),
        // Bytes without a type are not a name.
        None if NAME_CHARS_MAX < place.len() && !place.contains("://") => None,
        None => Some(place.to_owned()),
    }
}

fn sort_of_media(file: &Map<String, Value>) -> &'static str {
    let media_type = text_in(file, MEDIA_TYPES).unwrap_or_default();
    match media_type.split('/').next() {
        Some("image") => "image",
        Some("audio") => "audio",
        Some("video") => "video",
        _ => "file",
    }
}

#[cfg(test)]
mod tests;
