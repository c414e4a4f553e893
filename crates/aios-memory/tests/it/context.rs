//! The assembled context over all tiers.

use aios_memory::{
    ContextOptions, Id, RememberOptions, Scope, ScopeFilter, Tier, Tokenizer, working::NewMessage,
};
use serde_json::json;

use crate::Fixture;

#[tokio::test]
async fn every_tier_has_its_say_within_the_budget() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let ada = Scope::default().with_user("ada");
    let working = memory.working();
    working.set_preference(Some("ada"), "communication_tone", json!("terse")).await.unwrap();
    working.set_preference(Some("bob"), "communication_tone", json!("flowery")).await.unwrap();
    working.set_persona("name", "Otto").await.unwrap();
    let session = Id::new("today").unwrap();
    for n in 0..15 {
        let text = format!("remark {n} on something else");
        let message =
            NewMessage { scope: ada.clone(), ..NewMessage::new(session.clone(), "user", text) };
        working.add_message(message).await.unwrap();
    }
    let note = "The brass valve of the pump sticks in winter.";
    memory.remember_with(note, RememberOptions::default().with_scope(ada.clone())).await.unwrap();

    let options = ContextOptions {
        scope: ScopeFilter::new(ada),
        session: Some("today".to_owned()),
        ..memory.context_options()
    };
    let context = memory.assemble_context("mend the pump", &options).await.unwrap();
    for shown in ["CPU", "communication_tone: terse", "name: Otto", "remark 14", note] {
        assert!(context.text.contains(shown), "`{shown}` is not in {}", context.text);
    }
    assert!(!context.text.contains("flowery"));
    assert_eq!(context.text.matches("remark 3 on").count(), 1);

    for tokenizer in Tokenizer::ALL {
        for max_tokens in [0, 1, 30, 150, 400] {
            let options = ContextOptions { max_tokens, tokenizer: *tokenizer, ..options.clone() };
            let context = memory.assemble_context("mend the pump", &options).await.unwrap();
            assert!(context.total_tokens <= max_tokens.into());
        }
    }
    let tiers = vec![Tier::Knowledge];
    let only = ContextOptions { tiers, ..options };
    let context = memory.assemble_context("mend the pump", &only).await.unwrap();
    assert_eq!(context.text, "");
    memory.shutdown().await.unwrap();
}
