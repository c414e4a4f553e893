//! A flag for every field that a caller may set, of every kind, generated from the table of kinds.

use std::collections::BTreeMap;

use aios_memory::{
    Kind,
    draft::repeated,
    fields::{self, names},
    kinds::ValueType,
};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, error::Error};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::values::parse_text;

/// Fields whose names other flags use. `--set` sets them.
const TAKEN: &[&str] = &["agent"];

/// The given fields by name, unparsed.
#[derive(Debug, Default)]
pub(crate) struct FieldFlags {
    given: Vec<(String, String)>,
}

impl FieldFlags {
    pub(crate) fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// Returns the fields as given, as JSON strings.
    pub(crate) fn texts(&self) -> Map<String, Value> {
        self.given.iter().map(|(name, text)| (name.clone(), text.as_str().into())).collect()
    }

    /// Parses the fields of a record of `kind`. Errors name the field and the problem.
    pub(crate) fn object(&self, kind: Kind) -> Result<Map<String, Value>, String> {
        let mut object = Map::new();
        for (name, text) in &self.given {
            let known = kind.fields().iter().find(|field| field.name == *name);
            // The library decides whether unknown fields are allowed.
            let value_type = known.map_or(ValueType::Json, |field| field.value_type);
            check_json(value_type, text).map_err(|problem| format!("`{name}`: {problem}"))?;
            let value = fields::parse(value_type, text);
            let value = value.map_err(|problem| format!("`{name}`: {problem}"))?;
            object.insert(name.clone(), value);
        }
        Ok(object)
    }

    /// Parses the fields as changes of a record of `kind`: the value `null` clears a field of any
    /// type.
    pub(crate) fn changes(&self, kind: Kind) -> Result<Map<String, Value>, String> {
        let is_null = |(_, text): &&(String, String)| text == "null";
        let (nulls, others): (Vec<_>, Vec<_>) = self.given.iter().partition(is_null);
        let others = FieldFlags { given: others.into_iter().cloned().collect() };
        let mut changes = others.object(kind)?;
        changes.extend(nulls.into_iter().map(|(name, _)| (name.clone(), Value::Null)));
        Ok(changes)
    }
}

/// Refuses a value that begins like a JSON object or list and is none.
fn check_json(value_type: ValueType, text: &str) -> Result<(), String> {
    let is_json = matches!(
        value_type,
        ValueType::Json | ValueType::Scope | ValueType::Provenance | ValueType::Labels
    );
    if !is_json || !text.trim_start().starts_with(['{', '[']) {
        return Ok(());
    }
    repeated::check(text.as_bytes())?;
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("the value is not valid JSON: {error}")),
    }
}

/// Returns the names of all fields, with the kinds that have them.
fn all() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for kind in Kind::ALL {
        for name in names(*kind).into_iter().filter(|name| !TAKEN.contains(name)) {
            all.entry(name).or_default().push(kind.as_str());
        }
    }
    all
}

impl Args for FieldFlags {
    fn augment_args(command: Command) -> Command {
        let flags = all().into_iter().map(|(name, kinds)| {
            Arg::new(format!("field-{name}"))
                .long(name.replace('_', "-"))
                .value_name("VALUE")
                .allow_hyphen_values(true)
                .value_parser(parse_text)
                .help(format!("Field of {}", kinds.join(", ")))
                .help_heading("Fields")
        });
        let set = Arg::new("set")
            .long("set")
            .visible_alias("field")
            .value_name("NAME=VALUE")
            .action(ArgAction::Append)
            .allow_hyphen_values(true)
            .value_parser(parse_set)
            .help("Set any field, by its name in JSON; may be repeated");
        command.arg(set).args(flags)
    }

    fn augment_args_for_update(command: Command) -> Command {
        FieldFlags::augment_args(command)
    }
}

impl clap::FromArgMatches for FieldFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<FieldFlags, Error> {
        let mut flags = FieldFlags::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        for name in all().into_keys() {
            if let Some(text) = matches.get_one::<String>(&format!("field-{name}")) {
                self.given.push((name.to_owned(), text.clone()));
            }
        }
        let set = matches.get_many::<(String, String)>("set").into_iter().flatten();
        self.given.extend(set.cloned());
        Ok(())
    }
}

fn parse_set(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE, such as priority=2".to_owned()),
    }
}
