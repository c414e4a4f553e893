//! Formats of inputs. `formats` has their names, shapes and readers.

/// The format of an input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Detected from the content, or else from the file name. The default.
    #[default]
    Auto,
    /// ChatGPT data export.
    ChatGpt,
    /// Claude data export.
    Claude,
    /// Claude Code sessions.
    ClaudeCode,
    /// Codex rollouts.
    Codex,
    /// OpenClaw and Pi sessions.
    OpenClaw,
    /// Gemini CLI sessions.
    Gemini,
    /// Items of the OpenAI Responses API.
    Responses,
    /// OpenAI chats and fine-tuning lines, Anthropic requests.
    OpenAi,
    /// LangChain messages.
    LangChain,
    /// ShareGPT conversations.
    ShareGpt,
    /// JSON of the LongMemEval dataset.
    LongMemEval,
    /// JSON of the LoCoMo dataset.
    Locomo,
    /// Graph of the Model Context Protocol's memory server.
    McpMemory,
    /// Mem0 memories.
    Mem0,
    /// JSON list of messages, or an object with such a list as `messages`.
    Chat,
    /// One JSON record per line.
    Jsonl,
    /// Document with headings.
    Markdown,
    /// Plain document.
    Text,
}
