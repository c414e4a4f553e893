//! Reads records by key and by kind.

use aios_memory::{Key, Kind, Record, draft::moment};

use super::{
    scope,
    values::{self, narrow, seconds},
};
use crate::{
    answer_bytes::{Room, json_bytes, page},
    bounds::{GRPC_ANSWER_BYTES_MAX, PAGE_RECORDS, PAGE_RECORDS_MAX},
    call::Call,
    failure::Failure,
    hex,
    wire::{
        GetRecordRequest, GetRecordResponse, ListRecordsRequest, ListRecordsResponse, MemoryRecord,
        RecordVersion,
    },
};

pub(super) async fn get(
    call: &Call,
    request: GetRecordRequest,
) -> Result<GetRecordResponse, Failure> {
    let key = key("key", &request.key)?;
    call.caller.check_kind(key.kind)?;
    let view = call.caller.view();
    let Some(record) = call.read(view.get(&key)).await? else {
        return Err(Failure::not_found(format!("no record `{key}`")).with_advice("check the key"));
    };
    let mut room = Room::new(GRPC_ANSWER_BYTES_MAX);
    room.takes(bytes_of(&record));
    let mut versions = match request.history {
        true => call.read(view.history(&key)).await?,
        false => Vec::new(),
    };
    let left_out = room.cut(&mut versions, |version| bytes_of(&version.record));
    let versions = versions.into_iter().map(|version| RecordVersion {
        written_at: version.written_at.as_second(),
        replaced_at: seconds(version.replaced_at),
        record: Some(record_message(version.record)),
    });
    Ok(GetRecordResponse {
        record: Some(record_message(record)),
        versions: versions.collect(),
        left_out: narrow(left_out),
    })
}

pub(super) async fn list(
    call: &Call,
    request: ListRecordsRequest,
) -> Result<ListRecordsResponse, Failure> {
    let ListRecordsRequest { kind, page_size, page_token, scope } = request;
    let view = scope::view(call, scope)?;
    let kind = values::kind("kind", &kind)?;
    call.caller.check_kind(kind)?;
    let limit = values::count("page_size", page_size, PAGE_RECORDS_MAX)?.unwrap_or(PAGE_RECORDS);
    let after = match values::text(page_token) {
        None => None,
        Some(token) => Some(opened(kind, &token).ok_or_else(|| {
            Failure::invalid("`page_token`: not a token of this list")
                .with_advice("list from the beginning, or send `next_page_token` of a page")
        })?),
    };
    let listing = page(&view, kind, after, limit, GRPC_ANSWER_BYTES_MAX, bytes_of);
    let page = call.read(Box::pin(listing)).await?;
    Ok(ListRecordsResponse {
        records: page.records.into_iter().map(record_message).collect(),
        next_page_token: page.next.map(|next| sealed(kind, &next)).unwrap_or_default(),
    })
}

/// Returns the key of a record.
pub(super) fn key(field: &str, text: &str) -> Result<Key, Failure> {
    text.parse().map_err(|error| {
        Failure::invalid(format!("`{field}`: `{}`: {error}", moment::excerpt(text)))
    })
}

/// Returns the size of a record in a message, which contains its text twice.
fn bytes_of(record: &Record) -> usize {
    record.text.len() + json_bytes(record)
}

fn record_message(record: Record) -> MemoryRecord {
    MemoryRecord {
        key: record.key().to_string(),
        occurred_at: seconds(record.occurred_at),
        recorded_at: record.recorded_at.as_second(),
        record_json: serde_json::to_vec(&record).expect("a record is plain data"),
        text: record.text,
    }
}

/// Returns the opaque token of a page: the kind and the cursor in hexadecimal. The kind prevents
/// its use for a list of another kind.
pub(super) fn sealed(kind: Kind, cursor: &str) -> String {
    hex::digits(format!("{kind}\n{cursor}").as_bytes())
}

/// Returns the cursor in a [token](sealed) of this kind.
pub(super) fn opened(kind: Kind, token: &str) -> Option<String> {
    let text = String::from_utf8(hex::bytes(token)?).ok()?;
    let (of, cursor) = text.split_once('\n')?;
    (of == kind.as_str()).then(|| cursor.to_owned())
}
