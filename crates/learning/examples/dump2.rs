//! dump
use aios_learning::*;
fn main() {
    let text = std::fs::read_to_string(std::env::args().nth(1).unwrap()).unwrap();
    let ids: Vec<String> = std::env::args().skip(2).collect();
    for line in text.lines() {
        let v: serde_json::Value = serde_json::from_str(line).unwrap();
        if !ids.contains(&v["id"].as_str().unwrap().to_owned()) { continue; }
        let mut heard = Heard::default();
        let mut cur: Vec<(Known, String)> = vec![];
        for (i, m) in v["messages"].as_array().unwrap().iter().enumerate() {
            let m = Message::new(i.to_string(), m["text"].as_str().unwrap());
            let ks: Vec<Known> = cur.iter().map(|k| k.0.clone()).collect();
            for e in supersede(&ks, &m) { println!("{}: {:?} ends {} {:?}", v["id"], m.text, cur.iter().find(|k| k.0.key() == e.key).unwrap().1, e); }
            let l = Extractor::default().extract(&m, None, &mut heard);
            if l.drafts.is_empty() { println!("no draft: {}", m.text); }
            for d in l.drafts { println!("      {:?}={:?} {}", d.attribute, d.value, d.text); cur.push((Known::of(i.to_string(), &d), d.text.clone())); }
        }
    }
}
