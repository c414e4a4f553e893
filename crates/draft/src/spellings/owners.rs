//! Names of fields that name an owner, look like one, or may hold one.

use super::{SESSION, has_both, is_joined, is_nested, is_one_of, joined, plain};

/// Fields with objects, or lists of objects, that may hold an owner at any depth.
const HOLDERS: &[&str] = &[
    "cmetadata",
    "payload",
    "data",
    "info",
    "filters",
    "author",
    "config",
    "configurable",
    "additional_kwargs",
    "kwargs",
    "request",
    "extra_data",
    "custom_data",
    "headers",
];

/// Fields with content and tool data, which are not searched for an owner.
const CONTENTS: &[&str] = &[
    "content",
    "contents",
    "text",
    "parts",
    "input",
    "inputs",
    "output",
    "outputs",
    "arguments",
    "args",
    "parameters",
    "tool_calls",
    "tool_call",
    "tool_use",
    "tool_input",
    "tool_output",
    "tool_result",
    "tool_response",
    "tool_use_result",
    "tool_results",
    "tools",
    "result",
    "results",
    "function",
    "function_call",
    "response",
    "structured_content",
    "attachments",
    "annotations",
    "reactions",
    "delta",
    "schema",
    "snapshot",
    "mapping",
    "messages",
];

/// First words of the names of owner fields; `id` or `name` may follow.
pub const OWNERS: &[&str] = &["user", "owner", "account", "customer", "tenant"];

/// Ids by which memory services name an owner: a bank of Hindsight, a peer of Honcho, and the
/// person of an agent. Their first words alone have other meanings.
pub const OWNER_IDS: &[&str] = &["bank_id", "peer_id", "human_id"];

/// Words in names that look like an owner, also at the end of a word, as in `enduser`.
const OWNER_WORDS: &[&str] =
    &["user", "usr", "owner", "account", "customer", "tenant", "member", "subscriber"];

/// Words that make a name look like the id or name of a person.
const OWNER_MARKS: &[&str] = &[
    "id",
    "ids",
    "uuid",
    "guid",
    "uid",
    "key",
    "ref",
    "name",
    "email",
    "mail",
    "login",
    "handle",
    "number",
    "username",
    "identifier",
];

/// Other names that look like an owner.
const OWNER_NAMES: &[&str] = &[
    "uid",
    "belongs_to",
    "owned_by",
    "client_id",
    "client_uuid",
    "client_guid",
    "client_uid",
    "client_ref",
    "client_email",
];

/// Words for people and groups whose id may be meant as the owner of a record that names none.
const PEOPLE: &[&str] = &[
    "actor",
    "profile",
    "participant",
    "patient",
    "person",
    "principal",
    "identity",
    "subject",
    "sender",
    "author",
    "creator",
    "recipient",
    "client",
    "contact",
    "employee",
    "student",
    "guest",
    "visitor",
    "player",
    "caller",
    "team",
    "org",
    "organization",
    "organisation",
    "company",
    "workspace",
    "namespace",
    "bank",
    "peer",
    "human",
    "group",
    "entity",
    "tenancy",
];

/// The words of [`OWNER_MARKS`] that are not only display names.
const ID_MARKS: &[&str] =
    &["id", "ids", "uuid", "guid", "uid", "key", "ref", "email", "mail", "login", "identifier"];

/// Other names that may be meant as an owner.
const PEOPLE_NAMES: &[&str] = &[
    "person",
    "principal",
    "actor",
    "creator",
    "login",
    "email",
    "email_address",
    "mail",
    "patient",
    "org",
    "organization",
    "organisation",
    "workspace",
    "namespace",
    "on_behalf_of",
    "sub",
    "upn",
    "bank",
    "peer",
];

/// Fields with the claims of a token, which name the person who holds it.
const CLAIMS: &[&str] = &[
    "claims",
    "token_claims",
    "jwt",
    "jwt_claims",
    "id_token",
    "access_token",
    "identity",
    "principal",
    "auth",
    "auth0",
    "oidc",
    "oauth",
];

/// First words of names such as `created_by`.
const DONE: &[&str] =
    &["created", "owned", "added", "posted", "written", "uploaded", "submitted", "saved", "made"];

/// Last words of names that describe an owner but do not identify one.
const ABOUT_OWNERS: &[&str] = &[
    "agent",
    "message",
    "msg",
    "input",
    "query",
    "prompt",
    "question",
    "text",
    "content",
    "request",
    "response",
    "transcript",
    "instructions",
    "instruction",
    "utterance",
    "turn",
    "turns",
    "says",
    "said",
    "rating",
    "feedback",
    "score",
    "sentiment",
    "satisfaction",
    "intent",
    "goal",
    "timezone",
    "tz",
    "language",
    "lang",
    "locale",
    "country",
    "region",
    "city",
    "location",
    "type",
    "kind",
    "role",
    "roles",
    "status",
    "state",
    "tier",
    "plan",
    "level",
    "segment",
    "count",
    "total",
    "online",
    "time",
    "at",
    "on",
    "date",
    "modified",
    "settings",
    "preferences",
    "prefs",
    "experience",
    "interface",
    "story",
    "stories",
    "guide",
    "facing",
    "version",
    "os",
    "device",
    "browser",
    "age",
    "gender",
    "balance",
    "support",
    "service",
    "context",
];

/// Returns `true` if a field of this name is an owner: `(user|owner|account|customer|tenant)`,
/// optionally followed by `id` or `name`, or one of [`OWNER_IDS`].
pub fn names_owner(name: &str) -> bool {
    let name = joined(name);
    let is_owner = |owner: &&str| {
        name.strip_prefix(*owner).is_some_and(|rest| matches!(rest, "" | "id" | "name"))
    };
    OWNERS.iter().any(is_owner) || OWNER_IDS.iter().any(|id| is_joined(id, &name))
}

/// Returns `true` if a field of this name holds the display name of an owner, such as `username`.
/// In a speaker's object it is the speaker.
pub fn names_owner_by_name(name: &str) -> bool {
    names_owner(name) && joined(name).ends_with("name")
}

/// Returns `true` if a field of this name looks like an owner but is not in the table: it has a
/// word for one, such as `memberId` or `end_user`, and does not describe an attribute of an owner.
pub fn looks_like_owner(name: &str) -> bool {
    if names_owner(name) {
        return false;
    }
    let plain = plain(name);
    let last = plain.rsplit('_').next().unwrap_or_default();
    is_one_of(name, OWNER_NAMES)
        || has_owner_mark(name)
        || (!ABOUT_OWNERS.contains(&last) && plain.split('_').any(is_owner_word))
}

/// Returns `true` if a field of this name has a word for an owner and one for an id, as in
/// `user_uuid`. Any value of it identifies an owner.
pub fn has_owner_mark(name: &str) -> bool {
    !names_owner(name) && has_both(&plain(name), OWNER_WORDS, OWNER_MARKS)
}

/// Returns `true` if a field of this name refers to a person or group who may be the owner of a
/// record that names none, such as `actor_id`, `email` or `created_by`.
pub fn may_mean_owner(name: &str) -> bool {
    let plain = plain(name);
    let is_done_by = plain.strip_suffix("_by").is_some_and(|done| DONE.contains(&done));
    is_one_of(name, PEOPLE_NAMES) || is_done_by || has_both(&plain, PEOPLE, ID_MARKS)
}

/// Returns `true` if a field of this name is an object with the claims of a token.
pub fn holds_claims(name: &str) -> bool {
    is_one_of(name, CLAIMS)
}

/// Returns `true` if a field of this name is an object, or a list of them, that may hold the owner
/// of a record.
pub fn holds_owner(name: &str) -> bool {
    is_nested(name) || is_one_of(name, HOLDERS) || SESSION.is_spelled(name)
}

/// Returns `true` if a field of this name holds content or tool data.
pub fn is_content(name: &str) -> bool {
    is_one_of(name, CONTENTS)
}

/// Returns `true` for `user`, `users`, `user1`, `enduser` and similar words.
fn is_owner_word(word: &str) -> bool {
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
    OWNER_WORDS.iter().any(|owner| {
        word == *owner
            || (word.strip_suffix('s') == Some(owner) && *owner != "member")
            || (*owner == "user" && word.ends_with(owner))
    })
}
