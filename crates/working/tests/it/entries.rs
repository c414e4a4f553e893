//! The generic store of entries.

use aios_record::Kind;
use aios_working::{Entry, EntryFilter, EntryUpdate, Error, TAG_EXECUTED};
use serde_json::json;

use crate::{id, opened};

fn tagged(name: &str, tags: &[&str]) -> Entry {
    let tags = tags.iter().map(|&tag| tag.to_owned()).collect();
    Entry { id: id(name), tags, ..Entry::new("thing", name, json!(name)) }
}

#[tokio::test]
async fn entries_are_made_read_changed_and_deleted() {
    let (_place, working) = opened();
    let value =
        json!({"nested": {"list": [1, 2.5, null, "東京", true]}, "big": 9_007_199_254_740_993_i64});
    let made = working.create_entry(Entry::new("place", "home", value.clone())).await.unwrap();
    let entry_id = made.id.as_str();
    assert_eq!(working.entry(entry_id).await.unwrap(), Some(made.clone()));
    assert_eq!(working.entry_by_key("home").await.unwrap().unwrap().value, value);
    let again = working.create_entry(made.clone()).await.unwrap_err();
    assert!(matches!(again, Error::Conflict { kind: Kind::Entry, .. }));

    let update = EntryUpdate { value: Some(json!(null)), ..EntryUpdate::default() };
    assert!(working.update_entry(entry_id, update.clone()).await.unwrap());
    let changed = working.entry(entry_id).await.unwrap().unwrap();
    assert_eq!((&changed.value, changed.key.as_str()), (&json!(null), "home"));
    assert!(!working.update_entry("none", update).await.unwrap());

    assert!(working.delete_entry(entry_id).await.unwrap());
    assert!(!working.delete_entry(entry_id).await.unwrap());
    assert_eq!(working.entry(entry_id).await.unwrap(), None);
    assert!(working.verify().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_search_takes_any_tag_and_every_other_part() {
    let (_place, working) = opened();
    working.create_entry(tagged("a", &["red", "big"])).await.unwrap();
    working.create_entry(tagged("b", &["blue"])).await.unwrap();
    let owned = Entry {
        category: "owned".to_owned(),
        entity_type: Some("user".to_owned()),
        entity_id: Some("ada".to_owned()),
        ..tagged("c", &["red"])
    };
    working.create_entry(owned).await.unwrap();
    let check = async |filter: EntryFilter, expect: &[&str]| {
        let found = working.search_entries(filter.clone()).await.unwrap();
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
}

#[tokio::test]
async fn what_is_set_again_is_replaced() {
    let (_place, working) = opened();
    working.set_user_preference("ada", "tone", json!("dry")).await.unwrap();
    working.set_user_preference("ada", "tone", json!("warm")).await.unwrap();
    working.set_user_preference("bob", "tone", json!("loud")).await.unwrap();
    let ada = working.user_preferences("ada").await.unwrap();
    assert_eq!(ada.iter().map(|entry| &entry.value).collect::<Vec<_>>(), [&json!("warm")]);
    assert_eq!(working.device_info("pi").await.unwrap(), None);
    working.set_device_info("pi", json!({"cores": 4})).await.unwrap();
    assert_eq!(working.device_info("pi").await.unwrap().unwrap().value["cores"], 4);
    let task = working.record_task("7", json!("done"), Vec::new()).await.unwrap();
    assert_eq!(
        (task.key.as_str(), task.tags.as_slice()),
        ("task_7", &[TAG_EXECUTED.to_owned()][..])
    );
}

#[tokio::test]
async fn clearing_removes_all_and_tells_the_feed() {
    let (_place, working) = opened();
    for name in ["a", "b"] {
        working.create_entry(tagged(name, &[])).await.unwrap();
    }
    assert_eq!(working.clear_all_entries().await.unwrap(), 2);
    assert!(working.search_entries(EntryFilter::default()).await.unwrap().is_empty());
    let told = working.feed_after(2, 9).await.unwrap();
    assert!(told.iter().all(|item| matches!(item.change, aios_working::Change::Delete { .. })));
    assert_eq!(told.len(), 2);
}
