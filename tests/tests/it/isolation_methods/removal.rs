//! The methods that remove records, and those that shut down.

use aios_memory::{
    AgentMemory, ForgetOptions, ForgetQuery, ForgetTarget, Id, Identity, Kind, Mode, Owner, Scope,
    working::{EntriesBackend, EntryStore},
};

use super::{Exercise, Hand, exercises, key};
use crate::same_names;

pub(super) const TABLE: &[Exercise] = exercises! { h;
    "Entries::remove" => [
        h.view.working().entries().remove(&id("e2")).await,
        h.view.working().entries().remove(&id("e2")).await,
        h.view.working().entries().remove(&id("nothing")).await,
    ];
    "Files::delete" => [
        h.view.working().files().delete("/memories/vet.md").await,
        h.view.working().files().delete("/memories/none.md").await,
    ];
    "memory::Graph::delete_relations" => [
        h.view.graph().delete_relations(&[]).await.map(|it| it.count),
    ];
    "memory::Graph::delete_observations" => [
        h.view.graph().delete_observations(&[]).await.map(|it| it.count),
    ];
    "memory::Graph::delete_entities" => [
        h.view.graph().delete_entities(&["Gate".to_owned()]).await.map(|it| it.count),
        h.view.graph().open(&["Gate".to_owned()]).await,
    ];
    "memory::Files::delete" => [
        h.view.files().delete("/memories/barn.md").await,
        h.view.files().delete("/memories").await,
    ];
    "Preferences::remove" => [
        h.view.working().preferences().remove("colour").await,
        h.view.working().preferences().remove("colour").await,
        h.view.working().preferences().list().await,
    ];
    "Persona::remove" => [h.view.working().persona().remove("tone").await];
    "Messages::trim" => [
        { all_told(&h).await; h.view.working().messages().trim(&id("s1"), 2).await },
        h.view.working().messages().recent(&id("s1"), 20).await,
        h.view.working().messages().trim(&id("nothing"), 2).await,
    ];
    "Messages::move_out" => [
        { all_told(&h).await; moved_out(&h, h.user.unwrap_or_default()).await },
        moved_out(&h, "u1").await,
        moved_out(&h, "u2").await,
        moved_out(&h, "").await,
        h.view.working().messages().recent(&id("s1"), 20).await,
    ];
    "Records::remove" => [
        h.view.working().records().remove(&key(Kind::Goal, "g1")).await,
        h.view.working().records().remove(&key(Kind::Goal, "g1")).await,
        h.view.working().records().remove(&key(Kind::Goal, "g-only-zebra1")).await
            .map(|gone| gone.len()),
        h.view.working().records().remove(&key(Kind::Goal, "g-only-zebra2")).await
            .map(|gone| gone.len()),
        h.view.working().tasks().list(None, None).await,
    ];
    "Records::remove_exactly" => [
        h.view.working().records().remove_exactly(&identity("u1", Kind::Decision, "d1")).await,
        h.view.working().records().remove_exactly(&identity("u2", Kind::Decision, "d1")).await,
        h.view.working().records().remove_exactly(&identity("", Kind::Decision, "d1")).await,
    ];
    "Sessions::clean_up" => [
        { all_told(&h).await; h.view.working().sessions().clean_up(1).await },
        h.view.working().records().counts().await,
    ];
    "LongtermView::forget" => [
        h.view.longterm().forget(vec![identity("u1", Kind::Note, "n6")]).await,
        h.view.longterm().forget(vec![identity("u2", Kind::Note, "n6")]).await,
        h.view.longterm().forget(vec![identity("", Kind::Note, "n6")]).await,
        h.view.longterm().records().counts().await,
    ];
    "longterm::Tombstones::knew" => [
        h.view.longterm().tombstones()
            .knew(&["u1", "u2", ""].map(|of| identity(of, Kind::Note, "n6"))).await,
        h.view.longterm().tombstones()
            .knew(&["u1", "u2", ""].map(|of| identity(of, Kind::Note, "n1"))).await,
        h.view.longterm().tombstones()
            .knew(&["u1", "u2", ""].map(|of| identity(of, Kind::Note, "no"))).await,
    ];
    "longterm::Tombstones::knew_scope" => [
        h.view.longterm().tombstones().knew_scope().await,
        narrowed(&h, "s1").longterm().tombstones().knew_scope().await,
        narrowed(&h, "nosuch").longterm().tombstones().knew_scope().await,
    ];
    "longterm::Tombstones::deleted_of" => [
        h.view.longterm().tombstones().deleted_of(Kind::Note).await,
    ];
    "memory::Forgetting::knew" => [
        h.view.forgetting().knew(&ForgetTarget::Records(vec![identity("u1", Kind::Note, "n6")]))
            .await,
        h.view.forgetting().knew(&ForgetTarget::Records(vec![identity("u2", Kind::Note, "n6")]))
            .await,
        h.view.forgetting().knew(&ForgetTarget::Records(vec![identity("", Kind::Note, "n6")]))
            .await,
        h.view.forgetting().knew(&ForgetTarget::Document("care.md".into())).await,
        h.view.forgetting().knew(&ForgetTarget::Document("none.md".into())).await,
    ];
    "MemoryView::delete" => [
        h.view.delete(&key(Kind::Goal, "g2")).await,
        h.view.delete(&key(Kind::Goal, "g2")).await,
        h.view.delete(&key(Kind::Note, "n1")).await,
        h.view.delete(&key(Kind::Session, "s2")).await,
    ];
    "ToolCalls::remove" => [
        h.view.working().tool_calls().remove(&id("c1")).await,
        h.view.working().tool_calls().remove(&id("c1")).await,
    ];
    "Tasks::remove" => [
        h.view.working().tasks().remove(&id("t2")).await,
        h.view.working().tasks().remove(&id("t2")).await,
    ];
    "Goals::remove" => [
        h.view.working().goals().remove(&id("g2")).await,
        h.view.working().goals().remove(&id("g2")).await,
    ];
    "Decisions::remove" => [
        h.view.working().decisions().remove(&id("d2")).await,
        h.view.working().decisions().remove(&id("d2")).await,
    ];
    "Patterns::remove" => [
        h.view.working().patterns().remove(&id("p1")).await,
        h.view.working().patterns().remove(&id("p1")).await,
    ];
    "AgentStates::remove" => [
        h.view.working().agent_states().remove(&id("keeper")).await,
        h.view.working().agent_states().remove(&id("keeper")).await,
    ];
    "Interactions::remove" => [
        h.view.working().interactions().remove(&id("i1")).await,
        h.view.working().interactions().remove(&id("i1")).await,
    ];
    "Messages::remove" => [
        h.view.working().messages().remove(&id("m2")).await,
        h.view.working().messages().remove(&id("m2")).await,
    ];
    "Sessions::remove" => [
        h.view.working().sessions().remove(&id("s2")).await,
        h.view.working().sessions().remove(&id("s2")).await,
    ];
    "Entries::clear" => [
        h.view.working().entry_store(EntriesBackend::Sqlite).clear().await,
        h.view.working().entries().clear().await,
        h.view.working().entries().list(Default::default()).await,
    ];
    "MemoryView::forget" => [
        h.view.forget(ForgetOptions::new(ForgetTarget::Records(vec![
            identity("u1", Kind::Note, "n5"),
        ])).with_mode(Mode::DryRun)).await.map(|receipt| receipt.records),
        h.view.forget(ForgetOptions::new(ForgetTarget::Records(vec![
            identity("u2", Kind::Note, "n5"),
        ]))).await.map(|receipt| receipt.records),
        h.view.forget(ForgetOptions::new(ForgetTarget::Query(
            ForgetQuery::new("The vet of the zebra").with_limit(3).with_min_relevance(0.0),
        )).with_mode(Mode::DryRun)).await,
        h.view.forget(ForgetOptions::new(ForgetTarget::Document("care.md".into()))).await
            .map(|receipt| (receipt.forgotten, receipt.collections)),
        h.view.forget(ForgetOptions::new(ForgetTarget::All).with_mode(Mode::DryRun)).await
            .map(|receipt| (receipt.forgotten, receipt.collections)),
        h.view.forget(ForgetOptions::new(ForgetTarget::All).with_purge()).await
            .map(|receipt| (receipt.forgotten, receipt.collections, receipt.pending)),
        h.view.stats().await.map(|stats| (stats.working, stats.longterm.collections)),
        h.view.remember("The same words, remembered by everybody.").await,
    ];
    "memory::Upkeep::maintain" => [h.memory.administrator().upkeep().maintain().await];
    "AgentMemory::shutdown" => [
        async {
            let again = AgentMemory::open(same_names::config(&h.dir)).await.unwrap();
            again.shutdown().await
        }.await,
        h.view.recall("barn").await.map(|found| found.hits),
    ];
};

/// Trims the feed of working memory, which later happens automatically. Aging records stay until
/// then.
async fn all_told(hand: &Hand) {
    hand.memory.feed().catch_up().await.unwrap();
    let administrator = hand.memory.administrator();
    let working = administrator.working();
    working.feed().trim(working.feed().head().await.unwrap()).await.unwrap();
}

fn narrowed(hand: &Hand, session: &str) -> aios_memory::MemoryView {
    hand.view.narrow(&Scope::default().with_session(session).into()).unwrap()
}

/// Moves out the newest message of a session, as `owner`.
async fn moved_out(hand: &Hand, owner: &str) -> Result<u64, aios_memory::working::Error> {
    let newest = hand.view.working().messages().recent(&id("s1"), 1).await?;
    let ids: Vec<Id> = newest.into_iter().map(|message| message.id).collect();
    let owner = if owner.is_empty() { Owner::SHARED } else { Owner::user(owner).unwrap() };
    hand.view.working().messages().move_out(&owner, &ids).await
}

fn id(id: &str) -> Id {
    Id::new(id).unwrap()
}

fn identity(owner: &str, kind: Kind, of: &str) -> Identity {
    let owner = if owner.is_empty() { Owner::SHARED } else { Owner::user(owner).unwrap() };
    Identity::new(owner, kind, id(of))
}
