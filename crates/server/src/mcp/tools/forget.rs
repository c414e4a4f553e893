//! `forget`: removes records permanently.

use aios_memory::{ForgetOptions, ForgetTarget, Identity, Key, Receipt};
use rmcp::model::JsonObject;
use serde_json::json;

use crate::{
    caller::Caller,
    failure::Failure,
    forget::{forget as forget_by, identity},
    mcp::{
        answer::{Answer, number},
        arguments::Arguments,
        quote,
        schema::{closed, keys},
        visit::Visit,
    },
};

const KEYS_MAX: usize = 50;
/// Maximum number of keys that an answer shows per list.
const KEYS_SHOWN_MAX: usize = 50;

pub(super) fn about() -> (&'static str, JsonObject) {
    (
        "Delete records by key, for good. Only if the user asks for it.",
        closed(json!({"ids": keys(KEYS_MAX)}), &["ids"]),
    )
}

pub(super) async fn call(visit: &Visit, arguments: Option<JsonObject>) -> Result<Answer, Failure> {
    let mut arguments = Arguments::of("forget", &["ids"], arguments)?;
    let keys = arguments.keys("ids", 1..=KEYS_MAX)?;
    let caller = visit.call.caller.clone();
    let forgetting = Box::pin(async move { forgotten(&caller, keys).await });
    let receipt = visit.call.write(forgetting).await?;
    Ok(answer(&receipt))
}

async fn forgotten(caller: &Caller, keys: Vec<Key>) -> Result<Receipt, Failure> {
    let view = caller.view();
    let mut records: Vec<Identity> = Vec::with_capacity(keys.len());
    for (place, key) in keys.into_iter().enumerate() {
        let at = |failure: Failure| failure.within(&format!("`ids[{place}]`"));
        let shown = key.to_string();
        let record = identity(caller, view, key).await.map_err(at)?;
        let target = ForgetTarget::Records(vec![record.clone()]);
        if !view.forgetting().knew(&target).await? {
            let failure = Failure::not_found(format!("no record `{shown}`, now or before"));
            return Err(at(failure.with_advice("`recall` has the keys")));
        }
        records.push(record);
    }
    let options = ForgetOptions::new(ForgetTarget::Records(records));
    forget_by(caller, view, options).await
}

fn answer(receipt: &Receipt) -> Answer {
    let related: Vec<&Identity> = receipt.related.iter().map(|it| &it.record).collect();
    let meant = receipt.records.iter().filter(|record| !related.contains(record));
    let meant: Vec<&Identity> = meant.collect();
    let mut text = match receipt.records.is_empty() {
        true => "forgotten before; nothing is left".to_owned(),
        false => format!("forgot {}: {}", number(meant.len(), "record"), listed(&meant)),
    };
    if !related.is_empty() {
        text.push_str(&format!("\nwith them went {}", listed(&related)));
    }
    if !receipt.repeating.is_empty() {
        let repeating: Vec<&Identity> = receipt.repeating.iter().collect();
        text.push_str(&format!("\nstill saying the same: {}", listed(&repeating)));
    }
    let keys = |records: &[&Identity]| records.iter().map(|it| it.key()).collect::<Vec<_>>();
    let value = json!({
        "forgotten": keys(&meant),
        "with_them": keys(&related),
        "repeating": receipt.repeating.iter().map(Identity::key).collect::<Vec<_>>(),
    });
    let changed = receipt.records.iter().map(|record| record.key().to_string()).collect();
    Answer::done(text, value, changed)
}

/// Returns keys in one line, truncated if there are many.
fn listed(records: &[&Identity]) -> String {
    let shown = records.iter().take(KEYS_SHOWN_MAX).map(|record| quote::key(&record.key()));
    let shown = shown.collect::<Vec<_>>().join(" ");
    match records.len().checked_sub(KEYS_SHOWN_MAX) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {more} more"),
    }
}
