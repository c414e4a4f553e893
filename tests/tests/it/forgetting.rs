//! Forgetting to the last byte: after a purge, no file of the data directory contains a byte of the
//! text, in any form or encoding, and neither does a record that was derived from it or repeats it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use aios_exchange::export;
use aios_memory::{
    AgentMemory, Config, Error, ForgetOptions, ForgetQuery, ForgetTarget, Id, Identity, Key, Kind,
    MemoryView, Mode, Owner, Proposal, Receipt, Scope,
    forget::{Agreement, Part, Relation},
};
use aios_memory_tests::directory::holding;
use serde_json::json;

const TEXT: &str = "The gate code at the caf\u{e9} is zanzibarquux";

fn config(home: &Path) -> Config {
    Config::at(home.join("memory"))
}

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

/// Stores a message with [`TEXT`] in the session `talk` and a summary of it, records that repeat
/// the text in a field or an older version, and others. Returns the identity of the message.
async fn filled(ada: &MemoryView) -> Identity {
    let talk = ada.narrow(&Scope::default().with_session("talk").into()).unwrap();
    let said = talk.record(Kind::Message, json!({"role": "user", "content": TEXT})).await.unwrap();
    let thanks = json!({"role": "assistant", "content": "I keep that."});
    talk.record(Kind::Message, thanks).await.unwrap();
    for summary in ["ada told the code zanzibarquux", "ada told the code: zanzibarquux"] {
        ada.working().sessions().set_summary(&id("talk"), summary).await.unwrap();
        // Makes each version reach long-term memory.
        ada.recall("code").await.unwrap();
    }
    let fact = json!({
        "id": "f", "subject": "gate", "attribute": "code", "value": "zanzibarquux",
        "text": "the code is zanzibarquux", "evidence": [format!("message/{said}")],
    });
    ada.record(Kind::Fact, fact).await.unwrap();
    let records = [
        (Kind::Preference, json!({"key": "greeting", "value": format!("Say: {TEXT}. Bye.")})),
        (Kind::ToolCall, json!({"id": "c", "tool_name": "sh", "input": {"run": [TEXT, "-v"]}})),
        (
            Kind::Decision,
            json!({"id": "d", "context": "codes", "reasoning": format!("as {TEXT}"),
                                "options": ["a"], "chosen": "a"}),
        ),
        (Kind::AgentState, json!({"agent_name": "planner", "state": {"next": TEXT}})),
        (Kind::Entry, json!({"id": "e", "category": "c", "key": "k", "value": {"v": TEXT}})),
        (Kind::Note, json!({"id": "n", "content": "plain", "metadata": {"of": TEXT}})),
        (Kind::Note, json!({"id": "was", "content": format!("{TEXT} today")})),
        (Kind::Session, json!({"id": "titled", "summary": format!("On: {TEXT}")})),
        (Kind::Note, json!({"id": "other", "content": "the caf\u{e9} has a gate"})),
    ];
    for (kind, value) in records {
        ada.record(kind, value).await.unwrap_or_else(|error| panic!("{kind}: {error}"));
    }
    let change = json!({"content": "nothing any more"}).as_object().unwrap().clone();
    ada.update(&Key::new(Kind::Note, Id::new("was").unwrap()), change).await.unwrap();
    Identity::new(Owner::user("ada").unwrap(), Kind::Message, said)
}

type Along = (Vec<(String, Relation)>, Vec<(String, Part)>);

/// Returns the related records of a receipt, and those that lose a part.
fn along(receipt: &Receipt) -> Along {
    let related = receipt.related.iter().map(|it| (it.record.key().to_string(), it.relation));
    let remade = receipt.remade.iter().map(|it| (it.record.key().to_string(), it.part));
    (related.collect(), remade.collect())
}

/// Returns the keys of proposed records and the parts that contain the text.
fn containing(proposal: &Proposal) -> Vec<(String, String)> {
    let proposed = proposal.proposed.iter().filter(|it| it.agreement == Agreement::Contains);
    let mut found: Vec<_> = proposed
        .map(|it| (it.record.key().to_string(), it.part.clone().unwrap_or_default()))
        .collect();
    found.sort_unstable();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_a_message_removes_what_was_derived_from_it() {
    let home = tempfile::tempdir().unwrap();
    let memory = AgentMemory::open(config(home.path())).await.unwrap();
    let (ada, bob) = (memory.for_user("ada").unwrap(), memory.for_user("bob").unwrap());
    let message = filled(&ada).await;
    filled(&bob).await;
    let before = home.path().join("before.jsonl");
    export::to_file(&ada, &before, |_| {}).await.unwrap();
    let options = ForgetOptions::new(ForgetTarget::Records(vec![message]));
    let told = ada.forget(options.clone().with_mode(Mode::DryRun)).await.unwrap();
    let done = ada.forget(options).await.unwrap();
    let expect = (
        vec![("fact/f".to_owned(), Relation::MadeFrom)],
        vec![("session/talk".to_owned(), Part::Summary)],
    );
    assert_eq!((along(&told), along(&done)), (expect.clone(), expect));
    assert_eq!((told.forgotten, done.forgotten), (2, 2));
    let talk = ada.working().sessions().get(&id("talk")).await.unwrap().unwrap();
    assert_eq!(talk.summary.unwrap_or_default(), "");
    assert_eq!(ada.working().messages().recent(&id("talk"), 9).await.unwrap().len(), 1);
    let versions = ada.history(&Key::new(Kind::Session, talk.id.clone())).await.unwrap();
    assert!(!format!("{versions:?}").contains("zanzibarquux"), "{versions:?}");
    // A source with the message and the summary restores neither.
    let tally = export::read_back(&ada, &before, Mode::Apply, |_| {}).await.unwrap().tally;
    assert_eq!((tally.added, tally.forgotten), (0, 3), "{tally:?}");
    let talk = ada.working().sessions().get(&id("talk")).await.unwrap().unwrap();
    assert_eq!(talk.summary.unwrap_or_default(), "");
    // Bob's records are unchanged.
    let talk = bob.working().sessions().get(&id("talk")).await.unwrap().unwrap();
    assert_eq!(talk.summary.unwrap(), "ada told the code: zanzibarquux");
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_proposes_every_record_with_the_text_and_a_purge_removes_every_byte() {
    let home = tempfile::tempdir().unwrap();
    let memory = AgentMemory::open(config(home.path())).await.unwrap();
    let dir = config(home.path()).memory.data_dir;
    let (ada, bob) = (memory.for_user("ada").unwrap(), memory.for_user("bob").unwrap());
    let message = filled(&ada).await;
    bob.remember(&format!("{TEXT} for bob")).await.unwrap();
    memory.administrator().longterm().upkeep().drain().await.unwrap();
    let query = ForgetQuery::new(TEXT.to_uppercase().replace("THE GATE", "the  gate"));
    let by_writing = ada.forgetting().propose(&query).await.unwrap();
    assert!(!by_writing.is_certain(), "another writing is for somebody to look at");

    let query = ForgetQuery::new(TEXT);
    let proposal = ada.forgetting().propose(&query).await.unwrap();
    let texts = proposal.proposed.iter().filter(|it| it.agreement == Agreement::Text);
    assert_eq!(texts.map(|it| it.record.identity()).collect::<Vec<_>>(), [message]);
    let expect = [
        ("agent_state/planner", "text"),
        ("decision/d", "text"),
        ("entry/e", "text"),
        ("note/n", "metadata"),
        ("preference/greeting", "text"),
        ("tool_call/c", "text"),
    ];
    let keys: Vec<String> = containing(&proposal).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, expect.map(|(key, _)| key.to_owned()), "{proposal:?}");
    let remade = proposal.remade.iter().map(|it| (it.record.key().to_string(), it.part));
    let mut remade: Vec<_> = remade.collect();
    remade.sort_unstable();
    let expect =
        [("note/was".to_owned(), Part::Versions), ("session/titled".to_owned(), Part::Summary)];
    assert_eq!(remade, expect);
    // Records with other texts need a confirmation.
    let strict = ForgetOptions::new(ForgetTarget::Query(query));
    assert!(matches!(ada.forget(strict).await, Err(Error::Uncertain { .. })));

    for needle in [TEXT, "zanzibarquux", "for bob"] {
        let found = holding(&dir, needle);
        let found: Vec<&str> = found.iter().map(|path| path.to_str().unwrap()).collect();
        let both = ["working.db", "journal.db", "longterm"];
        let expected = if needle == "for bob" { &both[1..] } else { &both };
        let is_held = |part: &&str| found.iter().any(|path| path.contains(*part));
        assert!(expected.iter().all(is_held), "{needle} is only in {found:?}");
    }
    let options = ForgetOptions::new(ForgetTarget::Proposed(Box::new(proposal)));
    let told = ada.forget(options.clone().with_mode(Mode::DryRun)).await.unwrap();
    let done = ada.forget(options.with_purge()).await.unwrap();
    assert!(done.purged, "{done:?}");
    assert_eq!(told.keys, done.keys);
    assert_eq!((&told.related, &told.remade), (&done.related, &done.remade));
    assert_eq!((done.forgotten, done.remade.len()), (8, 3), "{done:?}");
    // Bob's record is the only one left.
    assert_eq!(bob.recall("gate code").await.unwrap().hits.len(), 1);
    let exported = home.path().join("ada.jsonl");
    export::to_file(&ada, &exported, |_| {}).await.unwrap();
    let left = fs::read_to_string(exported).unwrap();
    assert!(!left.contains("zanzibarquux"), "{left}");
    for stays in ["note/was", "note/other"] {
        let id = Id::new(stays.split_once('/').unwrap().1).unwrap();
        assert!(ada.get(&Key::new(Kind::Note, id.clone())).await.unwrap().is_some(), "{stays}");
    }
    let query = ForgetTarget::Query(ForgetQuery::new(format!("{TEXT} for bob")));
    assert_eq!(bob.forget(ForgetOptions::new(query).with_purge()).await.unwrap().forgotten, 1);
    let none = Vec::<PathBuf>::new();
    for needle in [TEXT, "zanzibarquux", "for bob"] {
        assert_eq!(holding(&dir, needle), none, "{needle}");
    }
    // The scan would find the same bytes in another file.
    let text: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(dir.join("beside"), text).unwrap();
    assert_eq!(holding(&dir, "zanzibarquux"), [dir.join("beside")]);
    fs::remove_file(dir.join("beside")).unwrap();
    memory.shutdown().await.unwrap();
    assert_eq!(holding(&dir, "zanzibarquux"), none);
    // A later process that reads or removes files restores nothing.
    let memory = AgentMemory::open(config(home.path())).await.unwrap();
    let found = memory.administrator().recall(TEXT).await.unwrap();
    assert!(found.hits.iter().all(|hit| !hit.text.contains("zanzibarquux")), "{found:?}");
    assert!(memory.administrator().upkeep().verify(|_| {}).await.unwrap().is_clean());
    assert_eq!(holding(&dir, "zanzibarquux"), none);
    memory.shutdown().await.unwrap();
    assert_eq!(holding(&dir, "zanzibarquux"), none);
}
