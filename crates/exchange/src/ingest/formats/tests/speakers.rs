//! Who said a text: people, programs, and documents.

use serde_json::{Value, json};

use super::read_auto;

#[test]
fn the_text_of_a_document_is_a_message_of_its_own() {
    let document = json!({"type": "document", "title": "cv",
        "source": {"type": "text", "data": "I work at Google."}});
    let export = json!([{"uuid": "c", "name": "", "chat_messages": [{"uuid": "m",
        "sender": "human", "text": "Read it.",
        "attachments": [{"file_name": "cv", "extracted_content": "I work at Google."}]}]}]);
    for (file, name) in [
        (
            json!({"messages": [{"role": "user", "content": [document.clone(),
            {"type": "text", "text": "Read it."}]}]}),
            "[document: cv]\nRead it.",
        ),
        (
            json!({"messages": [{"role": "human", "content": [{"type": "text", "text": "Read it."},
            {"type": "text-plain", "title": "cv", "text": "I work at Google."}]}]}),
            "Read it.\n[document: cv]",
        ),
        (export, "Read it.\n[file: cv]"),
    ] {
        let read = read_auto("x.json", &file.to_string());
        let expect = [format!("user: {name}"), "document: I work at Google.".to_owned()];
        assert_eq!(read.said(), expect, "{file}");
    }
    let answer = json!([{"role": "assistant", "content": [document]}]);
    let read = read_auto("x.json", &answer.to_string());
    assert_eq!(read.said(), ["assistant: [document: cv]\nI work at Google."]);
}

#[test]
fn programs_are_not_users() {
    let turns = |from: &str| {
        json!([{"conversations": [{"from": "human", "value": "q"},
            {"from": from, "value": "a"}]}])
    };
    for (from, role) in [
        ("bard", "assistant"),
        ("bing", "assistant"),
        ("gpt-4", "assistant"),
        ("gpt-3.5-turbo", "assistant"),
        ("gemini", "assistant"),
        ("Llama-2-7b", "assistant"),
        ("narrator", "narrator"),
    ] {
        let read = read_auto("x.json", &turns(from).to_string());
        assert_eq!(read.said(), ["user: q".to_owned(), format!("{role}: a")], "{from}");
    }
    for author in [
        json!({"is_bot": true, "name": "Deploy"}),
        json!({"id": "7", "name": "Deploy", "isBot": true}),
    ] {
        let read = read_auto("x.json", &json!([{"author": author, "content": "done"}]).to_string());
        assert_eq!(read.said(), ["assistant: done"], "{author}");
        assert_eq!(read.spoken(), ["Deploy: done"], "{author}");
    }
}

#[test]
fn names_of_people_are_no_roles() {
    let talk = json!([{"conversations": [{"from": "Anna", "value": "q"},
        {"from": "Bo", "value": "a"}]}]);
    assert_eq!(read_auto("x.json", &talk.to_string()).spoken(), ["Anna: q", "Bo: a"]);
    let people = json!([{"author": {"name": "Anna", "isBot": false}, "content": "hello"}]);
    assert_eq!(read_auto("x.json", &people.to_string()).said(), [": hello"]);
}

#[test]
fn messages_of_telegram_have_whole_texts_and_the_time_of_their_zone() {
    let message = json!({"id": 1, "type": "message", "date": "2026-01-02T05:04:05",
        "date_unixtime": "1767323045", "from": "Anna",
        "text": ["see ", {"type": "link", "text": "https://a.b"}, " now"],
        "text_entities": [{"type": "plain", "text": "see "}]});
    let chat = json!({"name": "Bo", "type": "personal_chat", "id": 5, "messages": [message]});
    let read = read_auto("result.json", &chat.to_string());
    assert_eq!(read.spoken(), ["Anna: see https://a.b now"], "{read:?}");
    let time = read.messages()[0].occurred_at.map(|time| time.as_second());
    assert_eq!(time, Some(1_767_323_045));
}

#[test]
fn the_chats_of_a_full_export_of_telegram_are_conversations() {
    let said = |id: u64, from: &str, text: &str| {
        json!({"id": id, "type": "message", "date": "2026-01-02T05:04:05",
            "date_unixtime": "1767323045", "from": from, "text": text})
    };
    let chat = |id: u64, messages: Value| {
        let kind = "personal_chat";
        json!({"name": "Bo", "type": kind, "id": id, "messages": messages})
    };
    let export = json!({"about": "Here is the data you requested.",
        "personal_information": {"user_id": 7, "first_name": "Anna"},
        "chats": {"about": "chats", "list": [
            chat(5, json!([said(1, "Anna", "one")])), chat(6, json!([said(1, "Bo", "two")]))]},
        "left_chats": {"list": [chat(8, json!([said(2, "Cy", "three")]))]}});
    for text in [export.to_string(), serde_json::to_string_pretty(&export).unwrap()] {
        let read = read_auto("result.json", &text);
        assert_eq!(read.spoken(), ["Anna: one", "Bo: two", "Cy: three"], "{read:?}");
        let sessions: std::collections::BTreeSet<_> =
            read.messages().iter().filter_map(|it| it.scope.session.clone()).collect();
        assert_eq!(sessions.len(), 3, "{sessions:?}");
        assert!(read.messages().iter().all(|it| it.scope.user.is_none()));
    }
}

#[test]
fn a_conversation_of_chatgpt_without_messages_is_skipped() {
    for mapping in [json!({}), json!({"root": {"message": null, "parent": null, "children": []}})] {
        let chat = json!({"title": "t", "id": "c", "create_time": 1e9, "mapping": mapping});
        let read = read_auto("conversations.json", &json!([chat]).to_string());
        assert!(read.drafts.is_empty(), "{read:?}");
        assert_eq!(read.skipped, [("conversation without messages".to_owned(), 1)]);
    }
}

#[test]
fn arguments_of_a_call_count_on_whichever_side_they_are() {
    let args = json!({"city": "Oslo"});
    let message = |inner: Value, outer: Value, further: Value| {
        json!([{"type": "ai", "data": {"content": [{"type": "tool_use", "id": "c1", "name": "f",
            "input": inner}], "tool_calls": [{"name": "f", "args": outer, "id": "c1"}],
            "additional_kwargs": {"tool_calls": [{"id": "c1", "function": {"name": "f",
                "arguments": further}}]}}}])
    };
    for file in [
        message(json!({}), args.clone(), json!("")),
        message(args.clone(), json!({}), json!("")),
        message(json!({}), json!({}), json!(args.to_string())),
        message(args.clone(), json!({"city": "Bergen"}), json!("")),
    ] {
        let read = read_auto("x.json", &file.to_string());
        let inputs: Vec<&Value> = read.calls().iter().map(|it| &it.metadata["input"]).collect();
        assert_eq!(inputs, [&args], "{file}");
    }
}
