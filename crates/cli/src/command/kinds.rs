//! `kinds`: the kinds of records; the fields, rules and schema of one kind.

use std::io::{self, Write};

use aios_memory::{
    Kind,
    kinds::{Feeding, Field, FreeFields, Home, Mutability, Need, SetBy},
};
use serde_json::{Value, json};

use crate::{args::Kinds, failure::Failure, output::Output};

/// Prints all kinds, or the description of one.
pub(crate) fn kinds(kinds: &Kinds, output: Output) -> Result<(), Failure> {
    match kinds.kind {
        Some(kind) => {
            let mut described = description(kind);
            described["fields"] = json!(kind.all_fields().collect::<Vec<_>>());
            described["example"] = kind.example().into();
            described["schema"] = kind.schema();
            output.result(&described, |out| print(kind, out))?;
        }
        None => {
            let items: Vec<Value> = Kind::ALL.iter().copied().map(description).collect();
            output.result(&json!({ "items": items }), |out| {
                for kind in Kind::ALL {
                    writeln!(out, "{:<14} {}", kind.as_str(), kind.about())?;
                }
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// Returns the rules of a kind.
fn description(kind: Kind) -> Value {
    json!({
        "kind": kind,
        "collection": kind.collection(),
        "about": kind.about(),
        "home": kind.home(),
        "parents": kind.parents(),
        "mutability": kind.mutability(),
        "free_fields": kind.free_fields(),
        "feeding": kind.feeding(),
    })
}

fn print(kind: Kind, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{kind} (collection {}): {}", kind.collection(), kind.about())?;
    writeln!(out)?;
    writeln!(out, "stored in      {}", home(kind))?;
    for parent in kind.parents() {
        let by = parent.field.unwrap_or("its scope");
        writeln!(out, "belongs to     a {}, named by {by}", parent.kind)?;
    }
    writeln!(out, "changes        {}", changes(kind.mutability()))?;
    writeln!(out, "other fields   {}", other_fields(kind.free_fields()))?;
    writeln!(out)?;
    for field in kind.all_fields() {
        writeln!(out, "{:<20} {:<34} {}", field.name, rules(field), field.about)?;
    }
    writeln!(out)?;
    writeln!(out, "example        {}", Value::Object(kind.example()))
}

fn home(kind: Kind) -> &'static str {
    match (kind.home(), kind.feeding()) {
        (Home::Longterm, _) => "long-term memory",
        (Home::Both, _) => {
            "long-term memory; the summaries that upkeep makes in working memory too"
        }
        (Home::Working, Feeding::Default) => "working memory, and fed to long-term memory",
        (Home::Working, Feeding::Never) => "working memory alone",
        (Home::Working, _) => {
            "working memory, and fed to long-term memory if longterm.feed_kinds has it"
        }
    }
}

fn changes(mutability: Mutability) -> String {
    match mutability {
        Mutability::Fixed => "none".to_owned(),
        Mutability::Only(fields) => fields.join(", "),
        Mutability::Free => "every field but the id".to_owned(),
    }
}

fn other_fields(free: FreeFields) -> &'static str {
    match free {
        FreeFields::Refused => "refused",
        FreeFields::Kept => "kept unchanged",
        FreeFields::InMetadata => "kept in metadata",
    }
}

/// Returns the type of a field, and its rules that differ from those of most fields.
fn rules(field: &Field) -> String {
    let need = match field.need {
        Need::Required => Some("required"),
        Need::OneOf => Some("one of these"),
        Need::Optional => None,
    };
    let set_by = (field.set_by == SetBy::Tier).then_some("set by the memory");
    let searched = field.is_searched.then_some("searched");
    let value_type = json!(field.value_type);
    let value_type = value_type.as_str().unwrap_or_default();
    let rules = [Some(value_type), need, set_by, searched].into_iter().flatten();
    rules.collect::<Vec<_>>().join(", ")
}
