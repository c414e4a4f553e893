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

/// Families of models whose name alone identifies a model.
const MODELS: &[&str] = &[
    "bard",
    "bing",
    "chatglm",
    "chatgpt",
    "claude",
    "codestral",
    "copilot",
    "davinci",
    "deepseek",
    "gemini",
    "gpt",
    "grok",
    "llama",
    "mistral",
    "mixtral",
    "perplexity",
    "qwen",
    "qwq",
    "vicuna",
];

/// Families of models whose names people and things have as well. Only a name with a version is a
/// model.
const VERSIONED: &[&str] = &[
    "codex", "command", "dbrx", "ernie", "falcon", "gemma", "glm", "kimi", "minimax", "o", "olmo",
    "palm", "phi", "sonar", "wizardlm", "yi",
];

/// Companies that stand before the name of their model, as in `openai/gpt-4o`.
const COMPANIES: &[&str] = &[
    "alibaba",
    "amazon",
    "anthropic",
    "azure",
    "cohere",
    "github",
    "google",
    "meta",
    "microsoft",
    "mistralai",
    "models",
    "openai",
    "openrouter",
    "us",
    "eu",
    "xai",
    "text",
];

/// Words of a model's name that stand for a version.
const VERSIONS: &[&str] = &[
    "advanced",
    "assistant",
    "base",
    "beta",
    "bot",
    "chat",
    "coder",
    "flash",
    "haiku",
    "instant",
    "instruct",
    "large",
    "latest",
    "lite",
    "max",
    "medium",
    "mini",
    "nano",
    "next",
    "nemo",
    "opus",
    "plus",
    "preview",
    "pro",
    "reasoner",
    "reasoning",
    "small",
    "sonnet",
    "turbo",
    "ultra",
];

/// Returns `true` for the name of a model: a family, alone or with a version, such as `bard`,
/// `GPT-4o`, `Llama 3`, `o1-preview` or `openai/gpt-4.1`. Names of people (`Claude Monet`) are
/// none.
pub fn is_model(word: &str) -> bool {
    let word = word.trim().to_ascii_lowercase();
    let word = word.rsplit('/').next().unwrap_or_default();
    let words = word.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut words = words.skip_while(|word| COMPANIES.contains(word));
    let Some(first) = words.next() else { return false };
    let family = first.trim_end_matches(|c: char| c.is_ascii_digit());
    let has_digits = family.len() < first.len();
    let is_versioned = has_digits || words.next().is_some_and(is_version);
    let is_alone = words.next().is_none() && word.ends_with(first);
    match (MODELS.contains(&family), VERSIONED.contains(&family)) {
        (true, _) => is_versioned || is_alone,
        (_, true) if family == "o" => has_digits && first.len() == 2,
        (_, is_known) => is_known && is_versioned,
    }
}

/// Returns `true` for `4o`, `v2`, `r1`, `opus` and other words that name the version of a model.
fn is_version(word: &str) -> bool {
    let number = word.strip_prefix(['k', 'm', 'r', 'v', 'x']).unwrap_or(word);
    number.starts_with(|c: char| c.is_ascii_digit()) || VERSIONS.contains(&word)
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
