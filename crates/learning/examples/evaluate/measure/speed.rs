//! Messages a second on one core.

use std::{hint::black_box, time::Instant};

use aios_learning::{Extractor, Grounding, Heard, grounded};

use super::locomo::Conversation;

/// Rounds over all conversations.
const ROUNDS: usize = 3;

pub(crate) fn print(conversations: &[Conversation]) {
    let extractor = Extractor::default();
    let start = Instant::now();
    let (mut messages, mut facts, mut values, mut found) = (0, 0, 0, 0);
    let mut bytes = 0;
    for _ in 0..ROUNDS {
        for conversation in conversations {
            let mut heard = Heard::default();
            let mut before = None;
            for message in &conversation.turns {
                let learned = black_box(extractor.extract(message, before, &mut heard));
                messages += 1;
                bytes += message.text.len();
                facts += learned.drafts.len();
                before = Some(message);
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    for conversation in conversations {
        let mut heard = Heard::default();
        for message in &conversation.turns {
            for draft in extractor.extract(message, None, &mut heard).drafts {
                let Some(value) = draft.value else { continue };
                values += 1;
                let grounding = grounded(&value, &[message.text.as_str()]);
                found += usize::from(grounding == Grounding::Grounded);
            }
        }
    }
    println!(
        "{:.0} messages a second on one core ({} bytes each, {:.2} facts each)",
        messages as f64 / seconds,
        bytes / messages.max(1),
        facts as f64 / messages.max(1) as f64
    );
    println!("{found} of {values} values are grounded");
}
