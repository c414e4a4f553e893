//! Messages a second on one core.

use std::{hint::black_box, time::Instant};

use aios_learning::{Extractor, Grounding, Heard, grounded};

use super::locomo::Conversation;

/// Rounds over each conversation.
const ROUNDS: usize = 20;

pub(crate) fn print(conversations: &[Conversation]) {
    let extractor = Extractor::default();
    let (mut messages, mut facts, mut values, mut found) = (0, 0, 0, 0);
    let (mut bytes, mut seconds) = (0, 0.0);
    for conversation in conversations {
        // The fastest round is the least disturbed by other programs.
        let mut fastest = f64::INFINITY;
        for _ in 0..ROUNDS {
            let mut heard = Heard::default();
            let mut before = None;
            let start = Instant::now();
            for message in &conversation.turns {
                facts += black_box(extractor.extract(message, before, &mut heard)).drafts.len();
                before = Some(message);
            }
            fastest = fastest.min(start.elapsed().as_secs_f64());
        }
        seconds += fastest;
        messages += conversation.turns.len();
        bytes += conversation.turns.iter().map(|message| message.text.len()).sum::<usize>();
    }
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
        facts as f64 / (ROUNDS * messages).max(1) as f64
    );
    println!("{found} of {values} values are grounded");
}
