//! Supersession: cases of facts and a last message, which ends one of them or none.

use std::{error::Error, fs, path::Path};

use aios_learning::{Extractor, Heard, Known, Message, supersede};
use serde_json::Value;

struct Case {
    id: String,
    texts: Vec<String>,
    target: usize,
    is_update: bool,
}

pub(crate) fn print(path: &Path) -> Result<(), Box<dyn Error>> {
    let Ok(text) = fs::read_to_string(path) else { return Ok(()) };
    let cases = text.lines().filter(|line| !line.trim().is_empty()).map(case);
    let cases = cases.collect::<Result<Vec<Case>, Box<dyn Error>>>()?;
    println!("supersession ({} cases)   exact  kept   unrelated lost", cases.len());
    let all: Vec<&Case> = cases.iter().collect();
    let (even, odd): (Vec<&Case>, Vec<&Case>) = {
        let (even, odd): (Vec<_>, Vec<_>) = all.iter().enumerate().partition(|(at, _)| at % 2 == 0);
        (
            even.into_iter().map(|(_, case)| *case).collect(),
            odd.into_iter().map(|(_, case)| *case).collect(),
        )
    };
    figures("all", &all);
    figures("even lines", &even);
    figures("odd lines", &odd);
    println!();
    Ok(())
}

fn case(line: &str) -> Result<Case, Box<dyn Error>> {
    let value: Value = serde_json::from_str(line)?;
    let messages = value["messages"].as_array().ok_or("expected `messages`")?;
    let texts = messages.iter().filter_map(|it| it["text"].as_str()).map(str::to_owned).collect();
    let target = value["target"].as_u64().ok_or("expected `target`")?;
    Ok(Case {
        id: value["id"].as_str().unwrap_or_default().to_owned(),
        texts,
        target: usize::try_from(target)?,
        is_update: value["expect"]["target_current"] == false,
    })
}

fn figures(name: &str, cases: &[&Case]) {
    let show = std::env::var_os("SHOW_ENDED").is_some() && name == "all";
    let (mut exact, mut updates, mut kept, mut others, mut lost, mut unrelated) =
        (0, 0, 0, 0, 0, 0);
    for case in cases {
        let ended = lost_facts(case);
        let facts = &case.texts[..case.texts.len() - 1];
        let has_target = ended.contains(&case.target);
        let wrong = ended.iter().filter(|at| **at != case.target).count();
        unrelated += facts.len() - 1;
        lost += wrong;
        if case.is_update {
            updates += 1;
            exact += usize::from(has_target && wrong == 0);
        } else {
            others += 1;
            kept += usize::from(!has_target && wrong == 0);
        }
        let right = has_target == case.is_update && wrong == 0;
        if show && !right {
            println!("  {} | {} || {:?}", case.id, facts[case.target], case.texts.last());
            for at in ended {
                println!("      lost: {}", facts[at]);
            }
        }
    }
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    println!(
        "{name:<25} {:.3}  {:.3}  {:.4}",
        share(exact, updates),
        share(kept, others),
        share(lost, unrelated)
    );
}

/// Learns the messages of a case in order, as a memory does, and returns the indexes of those
/// without a current fact.
fn lost_facts(case: &Case) -> Vec<usize> {
    let extractor = Extractor::default();
    let mut heard = Heard::default();
    let mut current: Vec<Known> = Vec::new();
    let mut before: Option<Message> = None;
    for (at, text) in case.texts.iter().enumerate() {
        let message = Message::new(at.to_string(), text);
        let ended = supersede(&current, &message);
        current.retain(|known| !ended.iter().any(|it| it.key == known.key()));
        let learned = extractor.extract(&message, before.as_ref(), &mut heard);
        current.extend(learned.drafts.iter().map(|draft| Known::of(message.key.clone(), draft)));
        before = Some(message);
    }
    let facts = 0..case.texts.len() - 1;
    facts.filter(|at| !current.iter().any(|known| known.key() == at.to_string())).collect()
}
