//! The sentences of a text that say most, word for word. Pure.

use std::collections::HashMap;

use aios_analysis::{Analyzer, Language};

use crate::search;

/// A sentence of fewer words counts as if it had so many: a short one says little.
const SENTENCE_WORDS_MIN: usize = 5;
/// Ends a text that had to be cut.
const CUT_MARK: &str = "...";

/// The sentences of `texts` that say most, in their order, together at most `chars_max` characters.
/// Where not even one fits it is the beginning of the texts, cut with `...`.
///
/// A sentence says much if its words are frequent in the whole; what a chosen one has said already
/// counts less (`SumBasic`: Nenkova and Vanderwende, "The impact of frequency on summarization",
/// 2005). Common words count nothing.
pub(crate) fn extract(texts: &[String], chars_max: usize) -> String {
    let all = texts.join("\n");
    let mut sentences: Vec<Sentence<'_>> = sentences(&all).map(Sentence::new).collect();
    if sentences.iter().any(Sentence::tells) {
        sentences.retain(Sentence::tells);
    }
    let mut weights = weights(&sentences);
    let (mut chosen, mut left) = (Vec::new(), chars_max);
    loop {
        let open = sentences.iter().enumerate().filter(|(n, _)| !chosen.contains(n));
        let fitting = open.filter(|(_, sentence)| sentence.chars <= left);
        let scored = fitting.map(|(n, sentence)| (n, sentence.score(&weights)));
        // Of equals the first: `max_by` would take the last.
        let best = scored.rev().max_by(|(_, a), (_, b)| a.total_cmp(b));
        let Some((best, _)) = best else { break };
        for word in &sentences[best].words {
            weights.entry(word.clone()).and_modify(|weight| *weight *= *weight);
        }
        left = left.saturating_sub(sentences[best].chars + 1);
        chosen.push(best);
    }
    if chosen.is_empty() {
        return cut(all.trim(), chars_max);
    }
    chosen.sort_unstable();
    chosen.into_iter().map(|n| sentences[n].text).collect::<Vec<_>>().join(" ")
}

/// `text`, or as much of its beginning as `chars_max` characters hold with a mark at the end.
pub(crate) fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max.saturating_sub(CUT_MARK.len())).chain(CUT_MARK.chars()).collect()
}

struct Sentence<'a> {
    text: &'a str,
    chars: usize,
    words: Vec<String>,
}

impl Sentence<'_> {
    fn new(text: &str) -> Sentence<'_> {
        let analyzer = Analyzer::of(Language::English);
        let mut words = search::words(analyzer, text);
        words.retain(|word| !analyzer.asks(word));
        Sentence { text, chars: text.chars().count(), words }
    }

    /// Returns `true` if it can say anything at all, unlike "Yes, please."
    fn tells(&self) -> bool {
        1 < self.words.len()
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers of words are small")]
    fn score(&self, weights: &HashMap<String, f64>) -> f64 {
        let sum: f64 = self.words.iter().filter_map(|word| weights.get(word)).sum();
        sum / self.words.len().max(SENTENCE_WORDS_MIN) as f64
    }
}

/// The share that each word has in all words.
#[expect(clippy::cast_precision_loss, reason = "numbers of words are small")]
fn weights(sentences: &[Sentence<'_>]) -> HashMap<String, f64> {
    let mut weights: HashMap<String, f64> = HashMap::new();
    let words = || sentences.iter().flat_map(|sentence| &sentence.words);
    for word in words() {
        *weights.entry(word.clone()).or_default() += 1.0;
    }
    let total = words().count().max(1) as f64;
    weights.values_mut().for_each(|weight| *weight /= total);
    weights
}

/// Cuts at ends of lines, after marks that end a sentence before a space, and after those of CJK
/// anywhere.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n')
        .flat_map(|line| {
            let mut from = 0;
            let ends = line.char_indices().filter_map(|(at, c)| {
                let after = at + c.len_utf8();
                let spaced = line[after..].starts_with(char::is_whitespace);
                let wide = matches!(c, '\u{3002}' | '\u{ff01}' | '\u{ff1f}');
                (wide || (spaced && matches!(c, '.' | '!' | '?'))).then_some(after)
            });
            let ends: Vec<usize> = ends.chain([line.len()]).collect();
            ends.into_iter().map(move |end| &line[std::mem::replace(&mut from, end)..end])
        })
        .map(str::trim)
        .filter(|sentence| !sentence.is_empty())
}

#[cfg(test)]
mod tests;
