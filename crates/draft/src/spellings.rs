//! Closed table of the accepted spellings of each field. A name that is not in the table is kept as
//! metadata and reported. A name that only looks like an owner, a time or a session is recognised
//! as such, so it is never silently ignored.
//!
//! Names are compared in the form of [`plain`], and without the `_` between their words: `userId`,
//! `user-id`, `User ID`, `user.id` and `userid` are `user_id`. Letters that look like Latin ones
//! count as these. The names are those of mem0, OpenAI,
//! Anthropic, LangChain, ShareGPT, ChatGPT, Claude, Zep and Letta, and of exports of common chat
//! programs.

mod letters;
mod owners;

use self::letters::letter;
pub use self::owners::{
    OWNER_IDS, OWNERS, has_owner_mark, holds_claims, holds_owner, is_content, looks_like_owner,
    may_mean_owner, names_owner, names_owner_by_name,
};

/// A field of a record, with its accepted spellings.
#[derive(Debug)]
pub struct Field {
    /// Recommended spelling, used in reports.
    pub name: &'static str,
    /// Spellings in the form of [`plain`]. The first with a non-empty value counts.
    pub spellings: &'static [&'static str],
    /// Number of leading spellings that earlier versions of this program recognised, verbatim.
    former: usize,
}

/// Session of a record.
pub const SESSION: Field = Field {
    name: "session",
    spellings: &[
        "session",
        "session_id",
        "session_key",
        "conversation",
        "conversation_id",
        "thread",
        "thread_id",
        "chat",
        "chat_id",
        "run_id",
        "session_uuid",
        "conversation_uuid",
        "conversation_key",
        "conv_id",
        "dialog_id",
        "dialogue_id",
        "channel_id",
        "room_id",
    ],
    former: 10,
};

/// The run within a session. Used as the session of a record that names no other.
pub const RUN: &str = "run_id";

/// Agent that a record belongs to.
pub const AGENT: Field = Field {
    name: "agent",
    spellings: &["agent", "agent_id", "agent_name", "agent_uuid", "assistant_id", "bot_id"],
    former: 3,
};

/// Project of a record, in its `scope` or beside its text.
pub const PROJECT: Field = Field {
    name: "project",
    spellings: &["project", "project_id", "project_name", "project_uuid"],
    former: 0,
};

/// The id of a record at its source.
pub const EXTERNAL_ID: Field = Field {
    name: "id",
    spellings: &[
        "id",
        "uuid",
        "guid",
        "message_id",
        "message_uuid",
        "msg_id",
        "external_id",
        "memory_id",
        "record_id",
        "msg_uuid",
        "client_msg_id",
        "unique_id",
        "external_uuid",
    ],
    former: 1,
};

/// Time of a record.
pub const TIME: Field = Field {
    name: "timestamp",
    spellings: &[
        "timestamp",
        "datetime",
        "date_time",
        "time",
        "ts",
        "date",
        "created_at",
        "create_time",
        "created",
        "created_on",
        "created_time",
        "creation_time",
        "created_date",
        "sent_at",
        "sent",
        "occurred_at",
        "event_time",
        "posted_at",
        "recorded_at",
        "logged_at",
        "received_at",
        "message_time",
        "timestamp_ms",
        "ts_ms",
        "time_ms",
        "create_date",
        "date_created",
        "creation_date",
        "created_timestamp",
        "timestamp_millis",
        "date_sent",
        "send_time",
        "sent_time",
        "unix_time",
        "unix_timestamp",
        "message_timestamp",
        "timestamp_utc",
        "created_utc",
        "epoch",
        "epoch_ms",
        "tstamp",
        "at",
    ],
    former: 1,
};

/// Text of a record.
pub const TEXT: Field = Field {
    name: "text",
    spellings: &[
        "text",
        "content",
        "body",
        "message",
        "memory",
        "page_content",
        "message_text",
        "msg",
        "fact",
    ],
    former: 2,
};

/// Role of the speaker.
pub const ROLE: Field = Field {
    name: "role",
    spellings: &[
        "role",
        "role_type",
        "message_role",
        "sender_role",
        "sender_type",
        "author_role",
        "author_type",
        "speaker_role",
    ],
    former: 1,
};

/// Name of the speaker. A role word as the value, such as `assistant`, is the role; [`ROLE`] takes
/// precedence.
pub const NAME: Field = Field {
    name: "name",
    spellings: &[
        "name",
        "speaker",
        "speaker_name",
        "author",
        "author_name",
        "sender",
        "sender_name",
        "from",
        "from_name",
        "participant",
    ],
    former: 1,
};

/// Labels of a record.
pub const TAGS: Field = Field {
    name: "tags",
    spellings: &["tags", "tag", "labels", "label", "keywords", "categories"],
    former: 1,
};

/// Title of a record or a conversation.
pub const TITLE: Field = Field {
    name: "title",
    spellings: &["title", "subject", "conversation_title", "conversation_name", "chat_title"],
    former: 0,
};

/// Time from which a record is no longer valid.
pub const EXPIRES: Field = Field {
    name: "expires_at",
    spellings: &[
        "expires_at",
        "expires_on",
        "expires",
        "expire_at",
        "expiry",
        "expiry_date",
        "expiry_time",
        "expiration",
        "expiration_date",
        "expiration_time",
        "expire_date",
        "expire_time",
        "valid_until",
    ],
    former: 0,
};

/// Every field of the table except the owner, which is matched by a pattern.
#[cfg(test)]
pub(crate) const FIELDS: &[&Field] = &[
    &TEXT,
    &ROLE,
    &NAME,
    &EXTERNAL_ID,
    &TIME,
    &TAGS,
    &SESSION,
    &AGENT,
    &PROJECT,
    &TITLE,
    &EXPIRES,
];

/// Fields with nested objects that may hold the scope of a record.
pub const NESTED: &[&str] =
    &["metadata", "meta", "scope", "properties", "attributes", "extra", "context", "custom"];

/// Words in names that look like a time.
const TIME_WORDS: &[&str] = &["time", "date", "timestamp", "datetime", "ts", "when"];

/// Endings of names that look like a time.
const TIME_ENDINGS: &[&str] = &["_at", "_on", "_ms"];

/// Words, and beginnings of words, in names that look like a time of expiry.
const EXPIRY_WORDS: &[&str] = &["ttl", "expir", "until", "time_to_live", "delete_after"];

/// Words in names that look like a session if the name also has one of [`SESSION_MARKS`].
const SESSION_WORDS: &[&str] = &["session", "conversation", "thread", "chat", "dialog"];

/// Words that make a name look like the id of a session.
const SESSION_MARKS: &[&str] = &["id", "uuid", "key", "ref"];

/// Roles, in lower case, as other programs write them.
const ROLES: &[&str] = &[
    "user",
    "human",
    "assistant",
    "ai",
    "bot",
    "model",
    "gpt",
    "system",
    "developer",
    "tool",
    "function",
];

impl Field {
    /// Returns `true` for the spellings of this field.
    pub fn is_spelled(&self, name: &str) -> bool {
        self.place(name).is_some()
    }

    /// Returns the index of a spelling in the table.
    pub fn place(&self, name: &str) -> Option<usize> {
        let name = joined(name);
        self.spellings.iter().position(|spelling| is_joined(spelling, &name))
    }

    /// Returns `true` for the spellings that earlier versions of this program recognised.
    pub fn was_spelled(&self, name: &str) -> bool {
        let former = &self.spellings[..self.former];
        former.contains(&name) || (1 < self.former && former.contains(&plain(name).as_str()))
    }

    /// Returns the spellings as a list for a message.
    pub fn listed(&self) -> String {
        self.spellings.join(", ")
    }
}

/// Returns `true` if a field of this name looks like a session but is not in the table.
pub fn looks_like_session(name: &str) -> bool {
    !SESSION.is_spelled(name) && has_both(&plain(name), SESSION_WORDS, SESSION_MARKS)
}

/// Returns `true` if a field of this name looks like a time of expiry, or a span until it, but is
/// not in the table.
pub fn looks_like_expiry(name: &str) -> bool {
    let plain = plain(name);
    !EXPIRES.is_spelled(name)
        && EXPIRY_WORDS.iter().any(|word| {
            plain.match_indices(word).any(|(at, _)| at == 0 || plain.as_bytes()[at - 1] == b'_')
        })
}

/// Returns `true` if a field of this name looks like a time but is not in the table.
pub fn looks_like_time(name: &str) -> bool {
    let name = plain(name);
    let has_word = || name.split('_').any(|word| TIME_WORDS.contains(&word));
    !TIME.is_spelled(&name)
        && !EXPIRES.is_spelled(&name)
        && !looks_like_expiry(&name)
        && (TIME_ENDINGS.iter().any(|ending| name.ends_with(ending)) || has_word())
}

/// Returns `true` for role words, such as `assistant` or `Human`.
pub fn is_role(value: &str) -> bool {
    ROLES.contains(&value.to_lowercase().as_str())
}

/// Returns `true` if a field of this name is an object that may hold the scope of a record.
pub fn is_nested(name: &str) -> bool {
    is_one_of(name, NESTED)
}

/// Returns `true` if a field of this name is a field of the scope, may hold one, or looks like an
/// owner.
pub fn names_place(name: &str) -> bool {
    holds_owner(name)
        || names_owner(name)
        || looks_like_owner(name)
        || [SESSION, AGENT, PROJECT].iter().any(|field| field.is_spelled(name))
}

/// Returns `true` if `name` has a word of each list, also joined as in `userid`.
fn has_both(name: &str, words: &[&str], marks: &[&str]) -> bool {
    let parts: Vec<&str> = name.split('_').collect();
    let is_joined = |part: &&str| {
        words.iter().any(|word| part.strip_prefix(word).is_some_and(|rest| marks.contains(&rest)))
    };
    parts.iter().any(is_joined)
        || (parts.iter().any(|part| words.contains(part))
            && parts.iter().any(|part| marks.contains(part)))
}

/// Returns `true` if `name` is one of `names`, which are in the form of [`plain`].
pub fn is_one_of(name: &str, names: &[&str]) -> bool {
    let name = joined(name);
    names.iter().any(|one| is_joined(one, &name))
}

/// Returns `true` if `name` equals `joined`, ignoring the `_` between its words.
fn is_joined(name: &str, joined: &str) -> bool {
    name.bytes().filter(|byte| *byte != b'_').eq(joined.bytes())
}

/// Returns a field's name in lower case, reduced to its letters and digits.
fn joined(name: &str) -> String {
    let letters = name.chars().map(letter);
    letters.filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Returns a field's name in lower case with one `_` between words and none around them.
pub fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len() + 2);
    let mut before: Option<char> = None;
    for c in name.chars().map(letter) {
        let starts_word = c.is_uppercase() && before.is_some_and(char::is_lowercase);
        let is_gap = !c.is_alphanumeric();
        if (starts_word || is_gap) && !plain.is_empty() && !plain.ends_with('_') {
            plain.push('_');
        }
        if !is_gap {
            plain.extend(c.to_lowercase());
        }
        before = Some(c);
    }
    plain.truncate(plain.trim_end_matches('_').len());
    plain
}

#[cfg(test)]
mod tests;
