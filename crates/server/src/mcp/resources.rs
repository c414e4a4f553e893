//! Resources: the profile of the caller, and each record by its key.

use aios_memory::{Fact, Key, record::forms};
use rmcp::{
    ErrorData,
    model::{
        ListResourceTemplatesResult, ListResourcesResult, Resource, ResourceContents,
        ResourceTemplate,
    },
};
use serde_json::json;

use super::{quote, tools::Entry, visit::Visit};
use crate::{
    failure::{Class, Failure},
    http::key_of,
    operation::Right,
};

const SCHEME: &str = "memory://";
const PROFILE: &str = "profile";
const TEXT: &str = "text/plain";
/// Maximum length of the address of a resource, in bytes.
const URI_BYTES_MAX: usize = 2_048;

/// Returns the resources with a fixed address.
pub(crate) fn list(may_read: bool) -> ListResourcesResult {
    let profile = Resource::new(format!("{SCHEME}{PROFILE}"), PROFILE)
        .with_description("Preferences of the person, traits of the agent, and current facts")
        .with_mime_type(TEXT);
    ListResourcesResult::with_all_items([profile].into_iter().filter(|_| may_read).collect())
}

/// Returns the address templates.
pub(crate) fn templates(may_read: bool) -> ListResourceTemplatesResult {
    let record = ResourceTemplate::new(format!("{SCHEME}{{kind}}/{{id}}"), "record")
        .with_description("A record with its source, times and earlier versions")
        .with_mime_type(TEXT);
    let templates = [record].into_iter().filter(|_| may_read).collect();
    ListResourceTemplatesResult::with_all_items(templates)
}

/// Returns the address of a record.
pub(crate) fn uri_of(key: &Key) -> String {
    let mut uri = format!("{SCHEME}{}/", key.kind);
    for byte in key.id.as_str().bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(char::from(byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

/// Reads a resource.
///
/// # Errors
/// Fails if no resource has this address, or the caller may not read it.
pub(crate) async fn read(visit: &Visit, uri: &str) -> Result<ResourceContents, ErrorData> {
    let unknown = || {
        ErrorData::resource_not_found(
            format!("no such resource; expected {SCHEME}{PROFILE} or {SCHEME}KIND/ID"),
            Some(json!({"uri": uri.chars().take(200).collect::<String>()})),
        )
    };
    let failed = |failure: Failure| match failure.class {
        Class::NotFound => unknown(),
        Class::Invalid | Class::Denied => ErrorData::invalid_params(failure.line(), None),
        _ => ErrorData::internal_error(failure.line(), None),
    };
    visit.call.caller.demand(Right::Read, "reading a resource").map_err(failed)?;
    let path = uri.strip_prefix(SCHEME).filter(|_| uri.len() <= URI_BYTES_MAX);
    let path = path.ok_or_else(unknown)?;
    if path == PROFILE {
        let text = profile(visit).await.map_err(failed)?;
        return Ok(ResourceContents::text(text, uri).with_mime_type(TEXT));
    }
    let (kind, id) = path.split_once('/').ok_or_else(unknown)?;
    let id = decoded(id).ok_or_else(unknown)?;
    let key = key_of(&format!("{kind}/{id}")).map_err(|_| unknown())?;
    let entry = Entry::of(visit, &key).await.map_err(failed)?.ok_or_else(unknown)?;
    let text = entry.shown(&visit.view, usize::MAX);
    Ok(ResourceContents::text(text, uri).with_mime_type(TEXT))
}

/// Returns the preferences, the persona and the current facts, each in a quoted line.
async fn profile(visit: &Visit) -> Result<String, Failure> {
    let view = &visit.view;
    let reading = async {
        let preferences = view.working().preferences().list().await?;
        let persona = view.working().persona().list().await?;
        let facts = match view.config().learning.enabled {
            true => view.working().facts().profile(view.config().learning.profile_facts).await?,
            false => Vec::new(),
        };
        Ok::<_, aios_memory::Error>((preferences, persona, facts))
    };
    let (preferences, persona, facts) = visit.call.read(Box::pin(reading)).await?;
    let preferences = serde_json::to_value(preferences).unwrap_or_default();
    let preferences = preferences.as_object().into_iter().flatten().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{name}: {value}")
    });
    let persona = persona.into_iter().map(|(name, value)| format!("{name}: {value}"));
    let facts = facts.iter().map(Fact::statement);
    let lines = preferences.chain(persona).chain(facts);
    let mut text = String::new();
    for line in lines {
        let line = quote::Quotable::of(view, &line);
        let warning = line.warning();
        if !warning.is_empty() {
            text.push_str(&format!("{}\n", warning.trim_end()));
        }
        text.push_str(&line.block(usize::MAX));
    }
    Ok(match forms::is_blank(&text) {
        true => "No preferences and no facts are stored.\n".to_owned(),
        false => text,
    })
}

/// Decodes the percent-encoding of an address.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}
