//! Supersession: cases of facts and a last message, which ends one of them or none.

use std::{error::Error, fs, path::Path};

use aios_learning::{Known, Message, supersede};
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
        let (even, odd): (Vec<_>, Vec<_>) =
            all.iter().enumerate().partition(|(at, _)| at % 2 == 0);
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
        let Some((last, facts)) = case.texts.split_last() else { continue };
        let known: Vec<Known> = facts
            .iter()
            .enumerate()
            .map(|(at, text)| Known::read(at.to_string(), "the user", text))
            .collect();
        let ended = supersede(&known, &Message::new("last", last));
        let has_target = ended.iter().any(|it| it.key == case.target.to_string());
        let wrong = ended.iter().filter(|it| it.key != case.target.to_string()).count();
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
            println!("  {} | {} || {last}", case.id, facts[case.target]);
            for found in ended {
                let text = found.key.parse::<usize>().ok().and_then(|at| facts.get(at));
                println!("      {:?} {:?} {:?}", text, found.shape, found.attribute);
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
