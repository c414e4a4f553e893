//! Answers of bounded length.

use aios_memory::{AgentMemory, Config, Kind};
use serde_json::json;

use super::{Room, page};

#[test]
fn the_first_item_always_fits_and_the_answer_ends_at_the_first_that_does_not() {
    let mut items = vec![50, 1];
    assert_eq!(Room::new(10).cut(&mut items, |bytes| *bytes), 1);
    assert_eq!(items, [50]);
    let mut items = vec![4, 6, 1, 1];
    assert_eq!(Room::new(10).cut(&mut items, |bytes| *bytes), 2);
    assert_eq!(items, [4, 6]);
    let mut items = vec![4, 7, 1];
    assert_eq!(Room::new(10).cut(&mut items, |bytes| *bytes), 2, "no later item comes before");
}

#[tokio::test]
async fn a_list_of_long_records_is_cut_and_goes_on_at_its_cursor() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::at(dir.path().join("memory"));
    config.embedding.model = "static".to_owned();
    let memory = AgentMemory::open(config).await.unwrap();
    // Some are longer than an answer.
    let lengths = [10, 10, 2_000, 10, 300, 300, 300, 300, 5_000, 10].repeat(4);
    for (n, length) in lengths.iter().enumerate() {
        let goal = json!({"id": format!("g{n}"), "description": "x".repeat(*length)});
        memory.record(Kind::Goal, goal).await.unwrap();
    }
    let (mut cursor, mut ids, mut pages) = (None, Vec::new(), 0);
    loop {
        let page = page(&memory, Kind::Goal, cursor, 30, 1_000, |it| it.text.len()).await.unwrap();
        let bytes: usize = page.records.iter().map(|it| it.text.len()).sum();
        assert!(bytes <= 1_000 || page.records.len() == 1, "{bytes}");
        assert!(!page.records.is_empty() && page.records.len() <= 30);
        ids.extend(page.records.into_iter().map(|it| it.id.to_string()));
        pages += 1;
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let expected: Vec<String> = (0..lengths.len()).map(|n| format!("g{n}")).collect();
    assert_eq!(ids, expected);
    assert!((12..25).contains(&pages), "{pages}");
    let all = page(&memory, Kind::Goal, None, 35, usize::MAX, |_| 1).await.unwrap();
    assert_eq!(all.records.len(), 35);
    memory.shutdown().await.unwrap();
}
