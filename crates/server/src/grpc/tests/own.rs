//! The unary RPCs of our own.

use tonic::Code;

use super::{Client, Fixture, fails, json, ok};
use crate::{
    operation::Right,
    wire::{
        AddMessagesRequest, BeginRequest, ChatMessage, Decision, FinishRequest, ForgetFilter,
        ForgetRequest, GetRecordRequest, ListRecordsRequest, LogRequest, RecallRequest,
        RememberItem, RememberRequest, ResumeListRequest, Scope, TaskContextRequest,
        ToolCallRecord,
    },
};

fn item(text: &str) -> RememberItem {
    RememberItem { text: text.to_owned(), ..Default::default() }
}

fn items(texts: &[&str]) -> RememberRequest {
    RememberRequest { items: texts.iter().map(|text| item(text)).collect(), scope: None }
}

fn in_project(project: &str) -> Option<Scope> {
    Some(Scope { project: project.to_owned(), ..Default::default() })
}

fn recall(query: &str) -> RecallRequest {
    RecallRequest { query: query.to_owned(), ..Default::default() }
}

async fn keys(client: &mut Client, request: RememberRequest) -> Vec<String> {
    let results = ok(client.remember(request).await).results;
    results.into_iter().map(|result| result.key).collect()
}

#[tokio::test]
async fn texts_are_remembered_once_and_found_at_once() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    let request =
        items(&["The safe is in room 4.", "Ada reviews on Mondays.", "The safe is in room 4."]);
    let results = ok(client.remember(request.clone()).await).results;
    assert_eq!(results.iter().map(|it| it.known).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(results[0].key, results[2].key);
    assert!(ok(client.remember(request).await).results.iter().all(|it| it.known));
    let hits = ok(client.recall(recall("Where is the safe?")).await).hits;
    assert_eq!((&*hits[0].key, &*hits[0].text), (&*results[0].key, "The safe is in room 4."));
    assert_eq!(hits[0].collection, "notes");

    let tagged = RememberItem {
        tags: vec!["home".to_owned()],
        importance: 0.9,
        ..item("The safe is in room 4.")
    };
    let request = RememberRequest { items: vec![tagged], scope: None };
    assert!(ok(client.remember(request).await).results[0].known);
    let request = RecallRequest { tags: vec!["home".to_owned()], ..recall("safe") };
    assert_eq!(ok(client.recall(request).await).hits.len(), 1);
}

#[tokio::test]
async fn texts_that_cannot_be_stored_are_refused_together() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    fails(client.remember(items(&[])).await, Code::InvalidArgument);
    fails(client.remember(items(&["x"; 257])).await, Code::InvalidArgument);
    fails(client.remember(items(&["A fine text.", "  "])).await, Code::InvalidArgument);
    let goal = RememberItem { kind: "goal".to_owned(), ..item("Ship it") };
    let request = RememberRequest { items: vec![item("Another one."), goal], scope: None };
    fails(client.remember(request).await, Code::InvalidArgument);
    let unknown = RememberItem { kind: "dream".to_owned(), ..item("Ship it") };
    let request = RememberRequest { items: vec![unknown], scope: None };
    fails(client.remember(request).await, Code::InvalidArgument);
    assert!(ok(client.recall(recall("fine text another one")).await).hits.is_empty());
}

#[tokio::test]
async fn a_scope_narrows_and_never_widens() {
    let fixture = Fixture::new().await;
    let mut ada = fixture.client_of("ada").await;
    let mut bob = fixture.client_of("bob").await;
    let request =
        RememberRequest { scope: in_project("parser"), ..items(&["The parser is done."]) };
    ok(ada.remember(request).await);
    ok(ada.remember(items(&["The parser has no owner."])).await);
    let count = async |client: &mut Client, scope| {
        ok(client.recall(RecallRequest { scope, ..recall("parser") }).await).hits.len()
    };
    assert_eq!(count(&mut ada, None).await, 2);
    assert_eq!(count(&mut ada, in_project("parser")).await, 2);
    let exact = Some(Scope { exact: true, ..in_project("parser").unwrap() });
    assert_eq!(count(&mut ada, exact).await, 1);
    assert_eq!(count(&mut ada, in_project("lexer")).await, 1);
    assert_eq!(count(&mut bob, in_project("parser")).await, 0);
    let blank = Some(Scope { agent: " ".to_owned(), ..Default::default() });
    let request = RecallRequest { scope: blank, ..recall("parser") };
    fails(ada.recall(request).await, Code::InvalidArgument);
}

#[tokio::test]
async fn a_recall_obeys_its_limits() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    ok(client.remember(items(&["A red door.", "A blue door.", "A green door."])).await);
    let request = RecallRequest { limit: 2, explain: true, ..recall("door") };
    let found = ok(client.recall(request).await);
    assert_eq!((found.hits.len(), found.behind), (2, 0));
    assert!(json(&found.hits[0].explain_json).is_object());
    let request = RecallRequest { kinds: vec!["goals".to_owned()], ..recall("door") };
    assert!(ok(client.recall(request).await).hits.is_empty());
    let request = RecallRequest { until: 1_000_000_000, ..recall("door") };
    assert!(ok(client.recall(request).await).hits.is_empty());
    for request in [
        RecallRequest { limit: 201, ..recall("door") },
        RecallRequest { limit: -1, ..recall("door") },
        RecallRequest { since: -1, ..recall("door") },
        RecallRequest { since: 2_000_000_000, until: 1_000_000_000, ..recall("door") },
        RecallRequest { min_relevance: 2.0, ..recall("door") },
        RecallRequest { kinds: vec!["dreams".to_owned()], ..recall("door") },
    ] {
        fails(client.recall(request).await, Code::InvalidArgument);
    }
}

#[tokio::test]
async fn a_context_for_a_task_is_one_text_within_its_budget() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client_with(None, &[Right::Read, Right::Write]).await;
    ok(client.remember(items(&["Staging listens on port 5433."])).await);
    let request = |max_tokens| TaskContextRequest {
        task: "connect to staging".to_owned(),
        max_tokens,
        ..Default::default()
    };
    let context = ok(client.context(request(200)).await);
    assert!(context.text.contains("5433"), "{}", context.text);
    assert!(context.total_tokens <= 200 && context.max_tokens == 200);
    assert_eq!(context.tokenizer, "embedder");
    assert!(context.chunks[0].ids[0].contains('/'), "{:?}", context.chunks[0].ids);
    let none = ok(client.context(request(1)).await);
    assert!(none.text.is_empty());
    assert_eq!(none.omitted[0].reason, "budget");
    let exact =
        TaskContextRequest { tokenizer: "o200k".into(), format: "xml".into(), ..request(200) };
    let context = ok(client.context(exact).await);
    assert!(context.text.contains('<') && context.tokenizer == "o200k");
    for request in [
        TaskContextRequest { tokenizer: "words".to_owned(), ..request(0) },
        TaskContextRequest { format: "pdf".to_owned(), ..request(0) },
        TaskContextRequest { tiers: vec!["dreams".to_owned()], ..request(0) },
        TaskContextRequest { max_tokens: -1, ..request(0) },
    ] {
        fails(client.context(request).await, Code::InvalidArgument);
    }
    let in_session = |scope: &str| TaskContextRequest {
        session: "q".to_owned(),
        scope: Some(Scope { session: scope.to_owned(), ..Default::default() }),
        ..request(200)
    };
    ok(client.context(in_session("q")).await);
    fails(client.context(in_session("r")).await, Code::PermissionDenied);
    let observing = TaskContextRequest { tiers: vec!["operational".to_owned()], ..request(0) };
    fails(client.context(observing).await, Code::PermissionDenied);
}

#[tokio::test]
async fn a_record_is_read_by_its_key() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client_of("ada").await;
    let key = keys(&mut client, items(&["The safe is in room 4."])).await.remove(0);
    let get = |key: &str| GetRecordRequest { key: key.to_owned(), history: true };
    let found = ok(client.get_record(get(&key)).await);
    let record = found.record.unwrap();
    assert_eq!((&*record.key, &*record.text), (&*key, "The safe is in room 4."));
    assert_eq!(json(&record.record_json)["scope"]["user"], "ada");
    assert_eq!((found.versions.len(), found.versions[0].replaced_at), (1, 0));
    fails(client.get_record(get("note/none")).await, Code::NotFound);
    for key in ["", "note", "dream/1", "note/"] {
        fails(client.get_record(get(key)).await, Code::InvalidArgument);
    }
    let mut bob = fixture.client_of("bob").await;
    fails(bob.get_record(get(&key)).await, Code::NotFound);
}

#[tokio::test]
async fn a_list_comes_in_pages() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    let texts: Vec<String> = (0..7).map(|n| format!("Note number {n}.")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut stored = keys(&mut client, items(&texts)).await;
    let mut request =
        ListRecordsRequest { kind: "notes".to_owned(), page_size: 3, ..Default::default() };
    let mut listed = Vec::new();
    let mut sizes = Vec::new();
    loop {
        let page = ok(client.list_records(request.clone()).await);
        sizes.push(page.records.len());
        listed.extend(page.records.into_iter().map(|record| record.key));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(sizes, [3, 3, 1]);
    stored.sort();
    listed.sort();
    assert_eq!(listed, stored);
    let of_goals = ListRecordsRequest { kind: "goal".to_owned(), ..request.clone() };
    fails(client.list_records(of_goals).await, Code::InvalidArgument);
    for request in [
        ListRecordsRequest { page_token: "2026".to_owned(), ..request.clone() },
        ListRecordsRequest { page_size: -1, ..request.clone() },
        ListRecordsRequest { page_size: 501, ..request.clone() },
        ListRecordsRequest { kind: String::new(), ..request },
    ] {
        fails(client.list_records(request).await, Code::InvalidArgument);
    }
}

#[tokio::test]
async fn records_are_forgotten_by_key() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    let stored = keys(&mut client, items(&["The safe is in room 4.", "A red door."])).await;
    let request = |keys: &[String]| ForgetRequest { keys: keys.to_vec(), ..Default::default() };
    let planned = ok(client.forget(ForgetRequest { dry_run: true, ..request(&stored[..1]) }).await);
    assert_eq!((planned.forgotten, planned.dry_run), (1, true));
    let is_found = async |client: &mut Client| {
        let hits = ok(client.recall(recall("safe")).await).hits;
        hits.iter().any(|hit| hit.key == stored[0])
    };
    assert!(is_found(&mut client).await);
    let receipt = ok(client.forget(ForgetRequest { purge: true, ..request(&stored[..1]) }).await);
    assert_eq!((receipt.forgotten, &*receipt.keys), (1, &stored[..1]));
    assert_eq!(receipt.purged, receipt.pending.is_empty());
    assert_eq!(json(&receipt.receipt_json)["forgotten"], 1);
    assert!(!is_found(&mut client).await);
    // A repetition changes nothing.
    assert_eq!(ok(client.forget(request(&stored[..1])).await).forgotten, 0);
    fails(client.forget(request(&["note/none".to_owned()])).await, Code::NotFound);
    fails(client.forget(request(&["safe".to_owned()])).await, Code::InvalidArgument);
    fails(client.forget(request(&[])).await, Code::InvalidArgument);
    let mut ada = fixture.client_of("ada").await;
    fails(ada.forget(request(&stored[1..])).await, Code::PermissionDenied);
}

#[tokio::test]
async fn records_are_forgotten_by_a_filter() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client_of("ada").await;
    let texts = ["The safe is in room 4.", "The safe is in room 4. The key is on the hook."];
    ok(client.remember(items(&texts)).await);
    let filter = |filter| ForgetRequest { filter: Some(filter), ..Default::default() };
    let says = |text: &str| ForgetFilter { text: text.to_owned(), ..Default::default() };
    let planned =
        ok(client.forget(ForgetRequest { dry_run: true, ..filter(says(texts[0])) }).await);
    assert_eq!((planned.keys.len(), planned.needs_review), (2, true));
    fails(client.forget(filter(says(texts[0]))).await, Code::InvalidArgument);
    assert_eq!(ok(client.recall(recall("safe")).await).hits.len(), 2);
    assert_eq!(ok(client.forget(filter(says(texts[1]))).await).forgotten, 1);
    assert_eq!(ok(client.forget(filter(says(texts[0]))).await).forgotten, 1);
    fails(client.forget(filter(says("Nobody said this."))).await, Code::NotFound);

    ok(client.remember(items(&["A red door.", "A blue door."])).await);
    let all = ForgetFilter { all: true, ..Default::default() };
    assert_eq!(ok(client.forget(filter(all.clone())).await).forgotten, 2);
    let mut shared = fixture.client().await;
    fails(shared.forget(filter(all.clone())).await, Code::InvalidArgument);
    for wrong in [
        ForgetFilter::default(),
        ForgetFilter { text: "x".to_owned(), ..all.clone() },
        ForgetFilter { limit: 3, ..all.clone() },
        ForgetFilter { min_relevance: 1.5, ..says("x") },
    ] {
        fails(client.forget(filter(wrong)).await, Code::InvalidArgument);
    }
    let both = ForgetRequest { keys: vec!["note/1".to_owned()], ..filter(all) };
    fails(client.forget(both).await, Code::InvalidArgument);
}

#[tokio::test]
async fn messages_are_appended_in_order_and_recognised_by_their_external_id() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client_of("ada").await;
    let said = |content: &str, external_id: &str| ChatMessage {
        content: content.to_owned(),
        external_id: external_id.to_owned(),
        ..Default::default()
    };
    let request = AddMessagesRequest {
        session: "standup".to_owned(),
        messages: vec![
            said("The parser is done.", "m1"),
            ChatMessage {
                role: "assistant".to_owned(),
                name: "Planner".to_owned(),
                tokens: 5,
                metadata_json: br#"{"mood":"good"}"#.to_vec(),
                ..said("Then the lexer is next.", "")
            },
        ],
        scope: in_project("compiler"),
    };
    let added = ok(client.add_messages(request.clone()).await).messages;
    assert_eq!(added.iter().map(|it| it.known).collect::<Vec<_>>(), [false, false]);
    let again = ok(client.add_messages(request.clone()).await).messages;
    assert_eq!(again.iter().map(|it| it.known).collect::<Vec<_>>(), [true, false]);
    assert_eq!(again[0].key, added[0].key);

    let view = fixture.memory.for_user("ada").unwrap();
    let recent = view
        .working()
        .messages()
        .recent(&aios_memory::Id::new("standup").unwrap(), 10)
        .await
        .unwrap();
    let contents: Vec<&str> = recent.iter().map(|message| &*message.content).collect();
    assert_eq!(
        contents,
        ["The parser is done.", "Then the lexer is next.", "Then the lexer is next."]
    );
    assert_eq!((recent[0].role.as_str(), recent[1].tokens), ("user", Some(5)));
    assert_eq!(recent[1].metadata["mood"], "good");
    assert_eq!(recent[1].meta.scope.project.as_deref(), Some("compiler"));

    for messages in [vec![], vec![said("fine", ""), said(" ", "")]] {
        let request = AddMessagesRequest { messages, ..request.clone() };
        fails(client.add_messages(request).await, Code::InvalidArgument);
    }
    let request = AddMessagesRequest { session: String::new(), ..request };
    fails(client.add_messages(request).await, Code::InvalidArgument);
    assert_eq!(
        view.working()
            .messages()
            .recent(&aios_memory::Id::new("standup").unwrap(), 10)
            .await
            .unwrap()
            .len(),
        3
    );
}

#[tokio::test]
async fn a_task_is_begun_logged_finished_and_known_the_next_time() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    let begin = BeginRequest { description: "Ring the bell".to_owned(), ..Default::default() };
    let begun = ok(client.begin(begin.clone()).await);
    assert_eq!(begun.known, None);
    let call = ToolCallRecord {
        tool_name: "ring".to_owned(),
        input_json: b"{\"bell\": 1}".to_vec(),
        success: true,
        ..Default::default()
    };
    let decision = Decision {
        context: "which bell".to_owned(),
        chosen: "the first".to_owned(),
        ..Default::default()
    };
    let log = LogRequest {
        id: begun.id.clone(),
        decisions: vec![decision],
        tool_calls: vec![call],
        ..Default::default()
    };
    assert_eq!(ok(client.log(log.clone()).await).keys.len(), 2);
    let finish = |id: &str, status: &str| FinishRequest {
        id: id.to_owned(),
        status: status.to_owned(),
        ..Default::default()
    };
    let refused = fails(client.finish(finish(&begun.id, "done")).await, Code::InvalidArgument);
    assert!(refused.contains("`status`"), "{refused}");
    let finished = ok(client.finish(finish(&begun.id, "completed")).await);
    assert!(finished.learned.starts_with("pattern/"), "{finished:?}");
    let of_another = ToolCallRecord { task_id: "t".to_owned(), ..log.tool_calls[0].clone() };
    let of_another = LogRequest { tool_calls: vec![of_another], ..log.clone() };
    let refused = fails(client.log(of_another).await, Code::InvalidArgument);
    assert!(refused.contains("`task_id`"), "{refused}");
    let refused = fails(client.log(log).await, Code::InvalidArgument);
    assert!(refused.contains("completed"), "{refused}");

    let again = ok(client.begin(begin).await);
    let known = again.known.unwrap();
    assert_eq!(known.key, finished.learned);
    assert_eq!(json(&known.steps_json)[0]["input"]["bell"], 1);
    let log = |follow: &str| LogRequest {
        id: again.id.clone(),
        follow: follow.to_owned(),
        ..Default::default()
    };
    let refused = fails(client.log(log("pattern/other")).await, Code::InvalidArgument);
    assert!(refused.contains("fits"), "{refused}");
    ok(client.log(log(&known.key)).await);
    let finished = ok(client.finish(finish(&again.id, "failed")).await);
    assert_eq!(finished.followed, known.key);
    assert!(ok(client.resume_list(ResumeListRequest {}).await).tasks.is_empty());
}

#[tokio::test]
async fn a_message_whose_metadata_name_another_owner_is_refused() {
    let fixture = Fixture::new().await;
    let request = |metadata: &str| AddMessagesRequest {
        session: "standup".to_owned(),
        messages: vec![ChatMessage {
            content: "The parser is done.".to_owned(),
            metadata_json: metadata.as_bytes().to_vec(),
            ..Default::default()
        }],
        scope: None,
    };
    let mut shared = fixture.client().await;
    for metadata in [
        r#"{"user_id": "ben"}"#,
        r#"{"end_user": "ben"}"#,
        r#"{"user_id": "ben", "user_id": null}"#,
        "[1]",
    ] {
        fails(shared.add_messages(request(metadata)).await, Code::InvalidArgument);
    }
    let mut ben = fixture.client_of("ben").await;
    ok(ben.add_messages(request(r#"{"user_id": "ben"}"#)).await);
}
