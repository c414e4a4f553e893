//! Entries: one suite that every back end passes.

use aios_record::{Change, Kind, Scope, ScopeFilter};
use aios_working::{
    AnyEntries, EntriesBackend, Entry, EntryFilter, EntryStore, EntryUpdate, Error, Working,
};
use serde_json::json;

use crate::{Place, id, opened, view};

const BACKENDS: [EntriesBackend; 2] = [EntriesBackend::Sqlite, EntriesBackend::Json];

fn tagged(name: &str, tags: &[&str]) -> Entry {
    let tags = tags.iter().map(|&tag| tag.to_owned()).collect();
    Entry { id: id(name), tags, ..Entry::new("thing", name, json!(name)) }
}

/// Runs one test of the suite on each back end.
async fn each(test: impl AsyncFn(AnyEntries, &Working)) {
    for backend in BACKENDS {
        let (_place, working) = opened();
        test(working.entry_store(backend), &working).await;
        assert!(working.upkeep().verify().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn entries_are_created_read_updated_and_deleted() {
    each(async |entries, _| {
        let list = json!([1, 2.5, null, "東京", true, {}]);
        let value = json!({"nested": {"list": list}, "big": i64::MAX, "nul": "\0"});
        let made = entries.add(Entry::new("place", "home", value.clone())).await.unwrap();
        let entry_id = &made.id;
        assert_eq!(entries.get(entry_id).await.unwrap(), Some(made.clone()));
        assert_eq!(entries.get_by_key("home").await.unwrap().unwrap().value, value);
        let again = entries.add(made.clone()).await.unwrap_err();
        assert!(matches!(again, Error::Conflict { kind: Kind::Entry, .. }));

        let update = EntryUpdate { value: Some(json!(null)), ..EntryUpdate::default() };
        assert!(entries.update(entry_id, update.clone()).await.unwrap());
        let changed = entries.get(entry_id).await.unwrap().unwrap();
        assert_eq!((&changed.value, changed.key.as_str()), (&json!(null), "home"));
        assert_eq!(changed.meta.created_at, made.meta.created_at);
        assert!(made.meta.updated_at < changed.meta.updated_at);
        assert!(!entries.update(&id("none"), update).await.unwrap());

        assert!(entries.remove(entry_id).await.unwrap());
        assert!(!entries.remove(entry_id).await.unwrap());
        assert_eq!(entries.get(entry_id).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_search_matches_any_tag_and_all_other_fields() {
    each(async |entries, _| {
        entries.add(tagged("a", &["red", "big"])).await.unwrap();
        entries.add(tagged("b", &["blue"])).await.unwrap();
        let owned = Entry {
            category: "owned".to_owned(),
            entity_type: Some("user".to_owned()),
            entity_id: Some("ada".to_owned()),
            ..tagged("c", &["red"])
        };
        entries.add(owned).await.unwrap();
        let check = async |filter: EntryFilter, expect: &[&str]| {
            let found = entries.list(filter.clone()).await.unwrap();
            let names: Vec<_> = found.iter().map(|entry| entry.id.as_str()).collect();
            assert_eq!(names, expect, "{filter:?}");
        };
        let tags = |tags: &[&str]| EntryFilter {
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            ..EntryFilter::default()
        };
        check(EntryFilter::default(), &["c", "b", "a"]).await;
        check(tags(&["red"]), &["c", "a"]).await;
        check(tags(&["big", "blue"]), &["b", "a"]).await;
        check(tags(&["re"]), &[]).await;
        check(EntryFilter { category: Some("thing".to_owned()), ..tags(&["red"]) }, &["a"]).await;
        let user = EntryFilter { entity_type: Some("user".to_owned()), ..EntryFilter::default() };
        check(user.clone(), &["c"]).await;
        check(EntryFilter { entity_id: Some("bob".to_owned()), ..user }, &[]).await;
        check(EntryFilter { limit: Some(1), ..EntryFilter::default() }, &["c"]).await;
        check(EntryFilter { key: Some("b".to_owned()), ..EntryFilter::default() }, &["b"]).await;
    })
    .await;
}

#[tokio::test]
async fn setting_a_key_again_replaces_its_entry() {
    each(async |entries, _| {
        let first = entries.set_user_preference("ada", "tone", json!("dry")).await.unwrap();
        let second = entries.set_user_preference("ada", "tone", json!("warm")).await.unwrap();
        assert_eq!((&first.id, first.meta.created_at), (&second.id, second.meta.created_at));
        entries.set_user_preference("bob", "tone", json!("loud")).await.unwrap();
        assert_eq!(entries.user_preferences("ada").await.unwrap(), [second]);
        assert_eq!(entries.device_info("pi").await.unwrap(), None);
        entries.set_device_info("pi", json!({"cores": 4})).await.unwrap();
        assert_eq!(entries.device_info("pi").await.unwrap().unwrap().value["cores"], 4);
        let task = entries.record_task("7", json!("done"), Vec::new()).await.unwrap();
        assert_eq!((task.key.as_str(), task.tags[0].as_str()), ("task_7", "executed"));
    })
    .await;
}

#[tokio::test]
async fn a_view_sees_shared_entries_and_clears_its_own() {
    each(async |entries, working| {
        let backend = match entries {
            AnyEntries::Sqlite(_) => EntriesBackend::Sqlite,
            AnyEntries::Json(_) => EntriesBackend::Json,
        };
        let view = view(working, "ada");
        let exact =
            view.narrow(&ScopeFilter::exact(Scope::default())).unwrap().entry_store(backend);
        let ada = view.entry_store(backend);
        entries.add(tagged("shared", &[])).await.unwrap();
        let own = ada.add(tagged("own", &[])).await.unwrap();
        assert_eq!(own.meta.scope.user.as_deref(), Some("ada"));
        assert_eq!(exact.get(&id("shared")).await.unwrap(), None);
        assert!(!exact.remove(&id("shared")).await.unwrap());
        assert!(ada.get(&id("shared")).await.unwrap().is_some());
        let error = ada.remove(&id("shared")).await.unwrap_err();
        assert!(matches!(error, Error::NotYours { kind: Kind::Entry, .. }), "{error}");
        let error = ada.update(&id("shared"), EntryUpdate::default()).await.unwrap_err();
        assert!(matches!(error, Error::NotYours { .. }), "{error}");
        assert_eq!(ada.clear().await.unwrap(), 1);
        assert_eq!(entries.list(EntryFilter::default()).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn two_owners_can_use_the_same_entry_ids_and_keys() {
    each(async |entries, working| {
        let backend = match entries {
            AnyEntries::Sqlite(_) => EntriesBackend::Sqlite,
            AnyEntries::Json(_) => EntriesBackend::Json,
        };
        let of = |name: &str| view(working, name).entry_store(backend);
        let (ada, bob) = (of("ada"), of("bob"));
        ada.add(tagged("e", &["hers"])).await.unwrap();
        bob.add(tagged("e", &["his"])).await.unwrap();
        entries.add(tagged("e", &["shared"])).await.unwrap();
        for (own, tag) in [(&ada, "hers"), (&bob, "his")] {
            assert_eq!(own.get(&id("e")).await.unwrap().unwrap().tags, [tag]);
            assert_eq!(own.list(EntryFilter::default()).await.unwrap().len(), 2);
            let error = own.add(tagged("e", &[])).await.unwrap_err();
            assert!(matches!(error, Error::Conflict { .. }), "{error}");
        }
        let error = entries.get(&id("e")).await.unwrap_err();
        assert!(matches!(&error, Error::Ambiguous { owners, .. } if owners.len() == 3), "{error}");
        let put = bob.put(tagged("e", &["new"])).await.unwrap();
        assert_eq!(put.meta.scope.user.as_deref(), Some("bob"));
        assert!(bob.remove(&id("e")).await.unwrap());
        assert_eq!(bob.get(&id("e")).await.unwrap().unwrap().tags, ["shared"]);
        assert_eq!(ada.get(&id("e")).await.unwrap().unwrap().tags, ["hers"]);
    })
    .await;
}

#[tokio::test]
async fn entries_survive_reopening_and_can_be_copied_between_back_ends() {
    for (from, to) in [(BACKENDS[0], BACKENDS[1]), (BACKENDS[1], BACKENDS[0])] {
        let place = Place::new();
        let working = place.open(place.config());
        let (source, target) = (working.entry_store(from), working.entry_store(to));
        for n in 0..5 {
            source.add(tagged(&format!("e{n}"), &["x"])).await.unwrap();
        }
        target.add(tagged("e2", &["kept"])).await.unwrap();
        assert_eq!(source.copy_to(&target).await.unwrap(), 4);
        assert_eq!(source.copy_to(&target).await.unwrap(), 0);
        working.close().await;
        let target = place.open(place.config()).entry_store(to);
        assert_eq!(target.list(EntryFilter::default()).await.unwrap().len(), 5);
        assert_eq!(target.get(&id("e2")).await.unwrap().unwrap().tags, ["kept"]);
    }
}

#[tokio::test]
async fn concurrent_tasks_lose_no_entry() {
    each(async |entries, _| {
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..20 {
            let entries = entries.clone();
            tasks.spawn(async move { entries.add(tagged(&format!("e{n}"), &[])).await.unwrap() });
        }
        tasks.join_all().await;
        assert_eq!(entries.list(EntryFilter::default()).await.unwrap().len(), 20);
        assert_eq!(entries.clear().await.unwrap(), 20);
    })
    .await;
}

#[tokio::test]
async fn clearing_entries_adds_deletions_to_the_feed() {
    let (_place, working) = opened();
    for name in ["a", "b"] {
        working.entries().add(tagged(name, &[])).await.unwrap();
    }
    assert_eq!(working.entries().clear().await.unwrap(), 2);
    let told = working.feed().after(2, 9).await.unwrap();
    assert!(told.iter().all(|item| matches!(item.change, Change::Delete { .. })));
    assert_eq!(told.len(), 2);
}

#[tokio::test]
async fn a_damaged_json_file_is_named_and_not_changed() {
    let (place, working) = opened();
    let entries = working.entry_store(EntriesBackend::Json);
    entries.add(tagged("a", &[])).await.unwrap();
    let path = place.folder.path().join("entries.json");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("\n    \"key\": \"a\",\n"), "{text}");
    let damaged = &text[..text.len() / 2];
    std::fs::write(&path, damaged).unwrap();
    let error = entries.add(tagged("b", &[])).await.unwrap_err();
    assert!(matches!(error, Error::DamagedFile { .. }), "{error}");
    assert!(error.to_string().contains("entries.json"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), damaged);
}

#[test]
fn an_unknown_back_end_is_an_error_that_lists_the_known_ones() {
    assert_eq!("json".parse::<EntriesBackend>().unwrap(), EntriesBackend::Json);
    let error = "redis".parse::<EntriesBackend>().unwrap_err().to_string();
    assert_eq!(error, "unknown back end `redis`; known are sqlite, json");
}
