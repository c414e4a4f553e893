//! The assembled context over all tiers.

use aios_memory::{Id, Tier, Tokenizer, working::NewMessage};
use serde_json::json;

use crate::{Fixture, of};

#[tokio::test]
async fn the_context_has_every_tier_within_the_budget() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let ada = of(&memory, "ada");
    for (user, tone) in [("ada", "terse"), ("bob", "flowery")] {
        let view = of(&memory, user);
        view.working().preferences().put("communication_tone", json!(tone)).await.unwrap();
    }
    memory.working().persona().put("name", "Otto").await.unwrap();
    let session = Id::new("today").unwrap();
    for n in 0..15 {
        let text = format!("remark {n} on something else");
        let message = NewMessage::new(session.clone(), "user", text);
        ada.working().messages().add(message).await.unwrap();
    }
    let note = "The brass valve of the pump sticks in winter.";
    ada.remember(note).await.unwrap();

    let options = ada.context_options().with_session("today");
    let context = ada.assemble_context("mend the pump", &options).await.unwrap();
    for shown in ["CPU", "communication_tone: terse", "name: Otto", "remark 14", note] {
        assert!(context.text.contains(shown), "`{shown}` is not in {}", context.text);
    }
    assert!(!context.text.contains("flowery"));
    assert_eq!(context.text.matches("remark 3 on").count(), 1);

    for tokenizer in Tokenizer::ALL {
        for max_tokens in [0, 1, 30, 150, 400] {
            let options = options.clone().with_max_tokens(max_tokens).with_tokenizer(*tokenizer);
            let context = ada.assemble_context("mend the pump", &options).await.unwrap();
            assert!(context.total_tokens <= max_tokens.into());
        }
    }
    let tiers = vec![Tier::Knowledge];
    let only = options.with_tiers(tiers);
    let context = ada.assemble_context("mend the pump", &only).await.unwrap();
    assert_eq!(context.text, "");
    memory.shutdown().await.unwrap();
}
