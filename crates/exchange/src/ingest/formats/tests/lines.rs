//! Lines for fine-tuning and of batches.

use serde_json::json;

use super::{lines, read_auto};

#[test]
fn prompt_and_chosen_answer_form_a_conversation_without_the_rejected_one() {
    let user = json!({"role": "user", "content": "why?"});
    let good = json!({"role": "assistant", "content": "because"});
    let bad = json!({"role": "assistant", "content": "dunno"});
    for row in [
        json!({"prompt": "why?", "chosen": "because", "rejected": "dunno"}),
        json!({"question": "why?", "chosen": "because", "rejected": "dunno"}),
        json!({"prompt": [user], "chosen": [good], "rejected": [bad]}),
        json!({"prompt": "why?", "chosen": [user, good], "rejected": [user, bad]}),
        json!({"chosen": [user, good], "rejected": [user, bad]}),
        json!({"prompt": "why?", "messages": [user, good], "chosen": [user, good],
            "rejected": [user, bad]}),
        json!({"chosen": "\n\nHuman: why?\n\nAssistant: because",
            "rejected": "\n\nHuman: why?\n\nAssistant: dunno"}),
        json!({"input": {"messages": [user]}, "preferred_output": [good],
            "non_preferred_output": [bad]}),
    ] {
        for (file, text) in [
            ("dpo.jsonl", lines(std::slice::from_ref(&row))),
            ("dpo.json", json!([row]).to_string()),
            ("one.json", row.to_string()),
        ] {
            let read = read_auto(file, &text);
            assert_eq!(read.said(), ["user: why?", "assistant: because"], "{row}: {read:?}");
            assert_eq!(read.failed, [""; 0], "{row}");
            assert_eq!(read.skipped, [("rejected answer".to_owned(), 1)], "{row}");
        }
    }
}

#[test]
fn a_prompt_and_its_completion_are_a_conversation() {
    let row = json!({"prompt": "why?", "completion": "because", "user_id": "ann"});
    let read = read_auto("x.jsonl", &lines(&[row]));
    assert_eq!(read.said(), ["user: why?", "assistant: because"], "{read:?}");
    assert!(read.messages().iter().all(|it| it.scope.user.as_deref() == Some("ann")));
    let row = json!({"prompt": "why?", "completion": "dunno", "label": false});
    let read = read_auto("x.jsonl", &lines(&[row]));
    assert_eq!((read.said().len(), read.skipped.len()), (1, 1), "{read:?}");
    // A text with fields of these names is not a fine-tuning line.
    let row = json!({"text": "a note", "prompt": "why?", "completion": "because"});
    let read = read_auto("x.jsonl", &lines(&[row]));
    assert_eq!((read.drafts.len(), &*read.drafts[0].text), (1, "a note"), "{read:?}");
}

#[test]
fn each_line_of_a_batch_is_a_conversation_with_its_custom_id() {
    let choice = json!({"index": 0, "message": {"role": "assistant", "content": "an answer"}});
    let body = json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000,
        "choices": [choice]});
    let rows = [
        json!({"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body":
            {"model": "m", "messages": [{"role": "user", "content": "a question"}]}}),
        json!({"id": "batch_1", "custom_id": "b", "response": {"status_code": 200, "body": body},
            "error": null}),
        json!({"custom_id": "c", "result": {"type": "succeeded", "message": {"id": "msg_1",
            "type": "message", "role": "assistant", "content": [{"type": "text", "text": "hi"}]}}}),
        json!({"custom_id": "d", "params": {"model": "m", "max_tokens": 9, "system": "be kind",
            "messages": [{"role": "user", "content": "hello"}]}}),
        json!({"custom_id": "e", "method": "POST", "url": "/v1/responses", "body":
            {"model": "m", "instructions": "be brief", "input": "why?"}}),
        json!({"custom_id": "f", "response": {"status_code": 500, "body":
            {"error": {"message": "overloaded"}}}}),
        json!({"custom_id": "g", "result": {"type": "expired"}}),
    ];
    let read = read_auto("batch.jsonl", &lines(&rows));
    let sessions = read.messages().into_iter().map(|it| it.scope.session.clone().unwrap());
    let said: Vec<String> =
        sessions.zip(read.said()).map(|(session, said)| format!("{session} {said}")).collect();
    let expect = [
        "here/a user: a question",
        "here/b assistant: an answer",
        "here/c assistant: hi",
        "here/d system: be kind",
        "here/d user: hello",
        "here/e system: be brief",
        "here/e user: why?",
    ];
    assert_eq!((said, &*read.failed), (expect.map(str::to_owned).to_vec(), &[][..]), "{read:?}");
    let answered = read.messages()[1].occurred_at.unwrap();
    assert_eq!(answered.as_second(), 1_700_000_000);
    let reasons: Vec<&str> = read.skipped.iter().map(|(reason, _)| reason.as_str()).collect();
    let expect = ["failed batch request: overloaded", "batch request with the result `expired`"];
    assert_eq!(reasons, expect);
}
