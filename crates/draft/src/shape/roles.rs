//! Role words of programs, and the normalised ones.

/// Role words of other programs and their normalised forms. Compared without regard to case.
const ROLES: &[(&str, &str)] = &[
    ("user", "user"),
    ("human", "user"),
    ("humanmessage", "user"),
    ("assistant", "assistant"),
    ("ai", "assistant"),
    ("aimessage", "assistant"),
    ("aimessagechunk", "assistant"),
    ("model", "assistant"),
    ("bot", "assistant"),
    ("chatbot", "assistant"),
    ("usermessage", "user"),
    ("assistantmessage", "assistant"),
    ("gpt", "assistant"),
    ("chatgpt", "assistant"),
    ("claude", "assistant"),
    ("gemini", "assistant"),
    ("humanmessagechunk", "user"),
    ("system", "system"),
    ("systemmessagechunk", "system"),
    ("systemmessage", "system"),
    ("developer", "system"),
    ("tool", "tool"),
    ("toolmessage", "tool"),
    ("toolmessagechunk", "tool"),
    ("functionmessagechunk", "tool"),
    ("toolresult", "tool"),
    ("function", "tool"),
    ("functionmessage", "tool"),
    ("observation", "tool"),
    ("functioncall", "function_call"),
    ("toolcall", "function_call"),
];

/// Role words that are more specific than their normalised form.
const KEPT: &[&str] = &["developer", "function"];

/// Names of models that data sets use as role words, alone or with a version. Excludes names that
/// people have as well.
const MODELS: &[&str] = &[
    "bard", "bing", "copilot", "deepseek", "gpt", "llama", "mistral", "mixtral", "qwen", "vicuna",
];

/// Returns `true` for the name of a model, such as `gpt-4` or `bard`.
pub fn is_model(word: &str) -> bool {
    let word = word.trim().to_ascii_lowercase();
    let is_version = |rest: &str| !rest.starts_with(|c: char| c.is_alphabetic());
    let known = ["claude", "gemini"].iter().chain(MODELS);
    known.into_iter().any(|name| word.strip_prefix(name).is_some_and(is_version))
}

/// Returns `true` for a role word that is kept because it is more specific than the normalised
/// role.
pub fn is_kept(word: &str) -> bool {
    KEPT.contains(&word.trim().to_ascii_lowercase().as_str())
}

/// Returns the normalised role of a word; an unknown word is returned unchanged.
pub fn role_of(word: &str) -> &str {
    known_role(word).unwrap_or(word)
}

/// Returns the normalised role of a word, if it is known.
pub fn known_role(word: &str) -> Option<&'static str> {
    let word = word.trim().to_ascii_lowercase().replace(['_', '-'], "");
    ROLES.iter().find(|(theirs, _)| *theirs == word).map(|(_, ours)| *ours)
}
