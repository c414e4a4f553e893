//! Files in the whole memory: searches, history, guard, forgetting, backups, several handles.

use aios_memory::{
    Access, AgentMemory, FileCommand, ForgetOptions, ForgetTarget, Key, Kind, MemoryView, Mode,
};
use serde_json::{Value, json};

use crate::{Fixture, of, texts};

async fn run(view: &MemoryView, input: Value) -> (bool, String) {
    let command: FileCommand = serde_json::from_value(input).unwrap();
    let reply = view.files().run(command).await.unwrap();
    (!reply.is_error, reply.text)
}

async fn key_of(view: &MemoryView, path: &str) -> Key {
    let page = view.list(Kind::File, None, 100).await.unwrap();
    page.records.iter().find(|record| record.title.as_deref() == Some(path)).unwrap().key()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_found_with_its_versions_and_can_be_forgotten() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let ada = of(&memory, "ada");
    ada.files()
        .create("/memories/ports.md", "The staging database is on port 5433.")
        .await
        .unwrap();
    for port in ["5434", "5435", "5436"] {
        let before = (port.parse::<u16>().unwrap() - 1).to_string();
        ada.files().str_replace("/memories/ports.md", &before, port).await.unwrap();
    }
    ada.files().rename("/memories/ports.md", "/memories/db/ports.md").await.unwrap();
    let text = "/memories/db/ports.md\nThe staging database is on port 5436.";
    assert_eq!(texts(&ada, "which port has the staging database?").await[0], text);
    let context =
        ada.assemble_context("the port of staging", &ada.context_options()).await.unwrap();
    assert!(context.text.contains("5436"), "{}", context.text);

    let key = key_of(&ada, "/memories/db/ports.md").await;
    let history = ada.history(&key).await.unwrap();
    let versions: Vec<&str> = history.iter().map(|version| &*version.record.text).collect();
    assert_eq!(versions.len(), 5, "{versions:?}");
    assert!(versions[4].contains("5433") && versions[1].starts_with("/memories/ports.md"));

    let identity = ada.get(&key).await.unwrap().unwrap().identity();
    let target = ForgetTarget::Records(vec![identity]);
    let receipt = ada.forget(ForgetOptions::new(target).with_purge()).await.unwrap();
    assert_eq!((receipt.forgotten, receipt.purged), (1, true), "{receipt:?}");
    assert!(texts(&ada, "staging database").await.is_empty());
    assert!(!run(&ada, json!({"command": "view", "path": "/memories/db"})).await.0);
    // The model may write the same again; that lifts the tombstone.
    let again = "The staging database is on port 5436.";
    ada.files().create("/memories/db/ports.md", again).await.unwrap();
    assert_eq!(texts(&ada, "staging database").await, [text]);
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_edits_through_two_handles_are_all_kept_with_their_versions() {
    let fixture = Fixture::new();
    let (one, two) = (fixture.open().await, fixture.open().await);
    one.files().create("/memories/log.md", "begin\n").await.unwrap();
    let edit = |memory: &AgentMemory, n: usize| {
        let memory = memory.clone();
        tokio::spawn(async move {
            let command = json!({"command": "insert", "path": "/memories/log.md",
                "insert_line": 1, "insert_text": format!("line {n}.")});
            assert!(run(&memory, command).await.0);
        })
    };
    let edits: Vec<_> = (0..12).map(|n| edit(if n % 2 == 0 { &one } else { &two }, n)).collect();
    for edit in edits {
        edit.await.unwrap();
    }
    let (_, text) = run(&one, json!({"command": "view", "path": "/memories/log.md"})).await;
    assert!((0..12).all(|n| text.contains(&format!("line {n}."))), "{text}");
    let key = key_of(&one, "/memories/log.md").await;
    assert_eq!(one.history(&key).await.unwrap().len(), 13);
    one.shutdown().await.unwrap();
    two.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guard_examines_texts_and_paths() {
    const KEY: &str = "ghp_wPq3tY8mK2vB7nX4cZ6dF9gH1jL5sR0aEuTo";
    for policy in ["redact", "refuse"] {
        let fixture = Fixture::new();
        let mut config = fixture.config();
        config.guard.secrets = policy.parse().unwrap();
        let memory = AgentMemory::open(config).await.unwrap();
        let text = format!("token: {KEY}\n");
        let created =
            run(&memory, json!({"command": "create", "path": "/memories/a.md", "file_text": text}))
                .await;
        assert_eq!(created.0, policy == "redact", "{created:?}");
        assert!(!created.1.contains(KEY), "{created:?}");
        // A secret that two edits put together is one.
        let (begin, end) = KEY.split_at(20);
        run(&memory, json!({"command": "create", "path": "/memories/b.md", "file_text": begin}))
            .await;
        let joined = run(
            &memory,
            json!({"command": "str_replace", "path": "/memories/b.md", "old_str": begin,
                "new_str": format!("{begin}{end}")}),
        )
        .await;
        assert_eq!(joined.0, policy == "redact", "{joined:?}");
        let path = format!("/memories/{KEY}.md");
        let named = run(&memory, json!({"command": "create", "path": path, "file_text": ""})).await;
        assert!(!named.0 && !named.1.contains(KEY), "{named:?}");
        for record in memory.list(Kind::File, None, 9).await.unwrap().records {
            assert!(!record.text.contains(KEY), "{record:?}");
        }
        memory.shutdown().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_memory_views_files_and_changes_none() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    memory.files().create("/memories/a.md", "text").await.unwrap();
    memory.shutdown().await.unwrap();
    let mut config = fixture.config();
    config.memory.access = Access::ReadOnly;
    let memory = AgentMemory::open(config).await.unwrap();
    assert!(memory.files().view("/memories/a.md", None).await.unwrap().ends_with("1\ttext"));
    for refused in [
        memory.files().create("/memories/b.md", "").await,
        memory.files().delete("/memories/a.md").await,
    ] {
        assert!(matches!(refused, Err(aios_memory::Error::ReadOnly)), "{refused:?}");
    }
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_has_the_files() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    memory.files().create("/memories/a.md", "text").await.unwrap();
    let copy = fixture.dir.path().join("copy");
    memory.administrator().upkeep().backup(&copy, |_| {}).await.unwrap();
    memory.files().delete("/memories/a.md").await.unwrap();
    memory.shutdown().await.unwrap();
    let restored = aios_memory::Config::at(fixture.dir.path().join("restored"));
    aios_memory::upkeep::restore(&copy, &restored).await.unwrap();
    let memory = AgentMemory::open(restored).await.unwrap();
    assert!(memory.files().view("/memories/a.md", None).await.unwrap().ends_with("1\ttext"));
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_given_as_a_record_keeps_the_rules() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let file = |path: &str| json!({"path": path, "text": "text"});
    let id = memory.record(Kind::File, file("/memories/a.md")).await.unwrap();
    for path in
        ["/etc/passwd", "/memories/../etc", "/memories", "/memories/a.md", "/memories/a.md/b"]
    {
        let error = memory.record(Kind::File, file(path)).await.unwrap_err();
        assert_eq!(error.code(), "invalid", "{path}: {error}");
    }
    let key = Key::new(Kind::File, id);
    let changes = json!({"path": "/memories/c.md"}).as_object().unwrap().clone();
    memory.update(&key, changes).await.unwrap();
    assert!(memory.files().view("/memories/c.md", None).await.is_ok());
    assert_eq!(memory.delete_with(&key, Mode::Apply).await.unwrap().len(), 1);
    assert!(memory.files().view("/memories/c.md", None).await.is_err());
    memory.shutdown().await.unwrap();
}
