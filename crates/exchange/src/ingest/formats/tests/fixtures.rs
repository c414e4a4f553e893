//! Complete files as users have them.

use serde_json::Value;

use super::read_auto;

#[test]
fn a_claude_code_session_of_a_user_is_read() {
    let read = read_auto("4f35.jsonl", include_str!("fixtures/claude_code_session.jsonl"));
    let expect = [
        "user: The timetable test is flaky. Ines wants a fixed clock instead of sleep.",
        "assistant: I will inject a fake clock into TimetableService.",
    ];
    assert_eq!(read.said(), expect);
    let call = read.calls()[0];
    assert_eq!(call.metadata["tool_name"], "Read");
    assert_eq!(call.metadata["output"], "class TimetableService: ...");
    assert_eq!(read.titles(), ["Fix flaky ferry timetable test"]);
    let message = read.messages()[0];
    assert_eq!(message.occurred_at.unwrap().to_string(), "2026-05-26T07:27:40.079Z");
    assert_eq!(
        (&message.metadata["cwd"], &message.metadata["branch"]),
        (&Value::from("/home/ines/ferry"), &Value::from("main"))
    );
}

#[test]
fn a_chatgpt_export_of_a_user_is_read() {
    let read = read_auto("conversations.json", include_str!("fixtures/chatgpt_conversations.json"));
    let expect = [
        "user: Marit here. The greenhouse heater in Vads\u{f8} trips the 16 A breaker \
         every night, why?",
        "assistant: A 4 kW heater on 230 V draws 17.4 A, which is above 16 A.",
        "user: [image: file-service://file-abc]\nHere is the label. Remember \
         that I prefer the 3 kW model from Nordvik.",
        "assistant: 3 kW draws 13.0 A: fine on a 16 A breaker.",
        "user: Suggest a name for my father's old wooden boat.",
        "assistant: How about Skarven? It is Norwegian for cormorant.",
    ];
    assert_eq!(read.said(), expect);
    assert_eq!(read.titles(), ["Greenhouse heater wiring", "Name for a boat"]);
    let call = read.calls()[0];
    assert_eq!(
        (&call.metadata["input"], &call.metadata["output"]),
        (&Value::from("print(3000/230)"), &Value::from("13.043478260869565"))
    );
}
