//! The kinds that callers store in long-term memory directly, and their fields. Not here: facts,
//! which working memory stores, too.

use super::{
    description::{Description, LONGTERM, OWN_ID},
    field::{json, keys, labels, number, share, text, texts, time, whole},
    rules::{Feeding, Home, Mutability},
};

pub(super) const PROCEDURE: Description = Description {
    fields: &[
        OWN_ID,
        text("name", "Name.").one_of().searched().title(),
        text("description", "Purpose.").one_of().searched().sentence(),
        json("steps", "The tool calls, in order."),
        whole("success_count", "Number of successful uses. Default: 0.").at_least(0),
        whole("fail_count", "Number of failed uses. Default: 0.").at_least(0),
        number("avg_duration_ms", "Mean duration of all uses, in milliseconds."),
        labels("tags", "Labels to filter by."),
        time("created_at", "Time of creation. Default: when it is first stored."),
        time("last_used", "Time of the last use."),
    ],
    ..LONGTERM
};

pub(super) const INCIDENT: Description = Description {
    fields: &[
        OWN_ID,
        text("description", "The failure.").one_of().searched().sentence(),
        texts("symptoms", "The observed symptoms.").one_of().searched(),
        text("root_cause", "Cause of the failure.").one_of().searched(),
        text("resolution", "The fix.").one_of().searched(),
        text("resolved_by", "Author of the fix."),
        text("prevention", "Measure that prevents a recurrence.").one_of().searched(),
        time("timestamp", "Time of the failure."),
    ],
    ..LONGTERM
};

pub(super) const CONFIG_CHANGE: Description = Description {
    fields: &[
        OWN_ID,
        text("file_path", "Path of the file.").one_of().searched().title(),
        text("content", "Content of the file after the change."),
        text("changed_by", "Author of the change."),
        text("reason", "Reason for the change.").one_of().searched(),
        time("timestamp", "Time of the change. Default: now."),
    ],
    ..LONGTERM
};

pub(super) const KNOWLEDGE: Description = Description {
    fields: &[
        OWN_ID,
        text("title", "Heading.").one_of().searched(),
        text("content", "The text.").one_of().searched(),
        text("source", "Origin of the text.").naming(),
        text("category", "Category to look up by."),
        text("key", "Name to look up by.").title(),
        json("value", "Value under that name.").value(),
        share("confidence", "Confidence, 0 to 1. Default: 1."),
        labels("tags", "Labels to filter by."),
    ],
    ..LONGTERM
};

pub(super) const NOTE: Description = Description {
    fields: &[
        OWN_ID,
        text("title", "Heading.").one_of().searched(),
        text("content", "The text.").one_of().searched(),
        labels("tags", "Labels to filter by."),
    ],
    ..LONGTERM
};

pub(super) const SUMMARY: Description = Description {
    home: Home::Both,
    mutability: Mutability::Fixed,
    feeding: Feeding::WithOthers,
    fields: &[
        OWN_ID,
        text("text", "The text.").required().searched(),
        text("subject", "Key of the record that it summarises.").naming(),
        keys("originals", "Keys of the records that were read for it."),
    ],
    ..LONGTERM
};
