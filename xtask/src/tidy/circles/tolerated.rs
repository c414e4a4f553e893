//! Circles that there are, each with its reason. The list may only shrink.

use super::Tolerated;

/// A module and its children: the parent declares names that they share, and calls them.
const FAMILY: &str = "a parent and its children";
/// The handle, its roles, and the records that they return.
const HANDLE: &str = "a handle and its roles";

pub(super) const TOLERATED: &[Tolerated<'_>] = &[
    ("benches", &["embedding.rs", "embedding/candle.rs", "embedding/onnx.rs"], FAMILY),
    ("benches", &["longterm.rs", "longterm/questions.rs", "longterm/rivals.rs"], FAMILY),
    ("benches", &["operational.rs", "operational/contender.rs", "operational/ram.rs"], FAMILY),
    ("crates/analysis", &["query.rs", "spelling.rs"], "not untied yet"),
    ("crates/cli", &["args.rs", "args/flags.rs", "args/values.rs", "args/words.rs"], FAMILY),
    ("crates/context", &["count.rs", "count/tiktoken.rs"], FAMILY),
    (
        "crates/context",
        &["render.rs", "render/json.rs", "render/markdown.rs", "render/xml.rs"],
        FAMILY,
    ),
    ("crates/draft", &["draft.rs", "draft/part.rs"], FAMILY),
    ("crates/draft", &["spellings.rs", "spellings/owners.rs"], FAMILY),
    (
        "crates/embedding",
        &["bert/files.rs", "bert/float.rs", "bert/weights.rs", "dense.rs", "directory.rs"],
        "not untied yet",
    ),
    (
        "crates/embedding",
        &[
            "bert/int8.rs",
            "bert/int8/format.rs",
            "bert/int8/kernels.rs",
            "bert/int8/network.rs",
            "bert/int8/product.rs",
        ],
        FAMILY,
    ),
    ("crates/files", &["private.rs", "secure.rs"], "not untied yet"),
    (
        "crates/guard",
        &[
            "rules.rs",
            "rules/injection.rs",
            "rules/secret.rs",
            "rules/secret/assigned.rs",
            "rules/secret/keys.rs",
            "rules/secret/phrases.rs",
            "rules/secret/random.rs",
            "rules/secret/tokens.rs",
            "rules/secret/urls.rs",
            "scan.rs",
        ],
        "not untied yet",
    ),
    ("crates/ledger", &["mark.rs", "open.rs", "read_only.rs", "upkeep.rs"], "not untied yet"),
    ("crates/operational", &["event.rs", "overflow.rs"], "not untied yet"),
    (
        "crates/operational",
        &["events.rs", "machine.rs", "metrics.rs", "operational.rs", "snapshot.rs", "tasks.rs"],
        "a handle and its topics",
    ),
    (
        "crates/working",
        &[
            "agent_state.rs",
            "decision.rs",
            "entry.rs",
            "entry_backend.rs",
            "entry_store.rs",
            "event.rs",
            "feed.rs",
            "files.rs",
            "files/commands.rs",
            "files/record.rs",
            "goal.rs",
            "intake.rs",
            "interaction.rs",
            "json_entries.rs",
            "kinds.rs",
            "message.rs",
            "messages.rs",
            "metric.rs",
            "new_message.rs",
            "pattern.rs",
            "preference.rs",
            "records.rs",
            "removal.rs",
            "restore.rs",
            "search.rs",
            "sessions.rs",
            "summary.rs",
            "task.rs",
            "tool_call.rs",
            "update.rs",
            "upkeep.rs",
            "working.rs",
        ],
        HANDLE,
    ),
    ("xtask", &["child.rs", "protoc.rs"], "not untied yet"),
    ("xtask", &["tidy/circles.rs", "tidy/circles/tolerated.rs"], FAMILY),
];
