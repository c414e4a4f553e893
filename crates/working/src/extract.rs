//! Extraction of the most informative sentences of a text, verbatim. Pure.

use std::collections::HashMap;

use aios_analysis::{Analyzer, Language};

use crate::search::words;

/// Minimum word count used for scoring: a shorter sentence is scored as if it had this many words.
const SENTENCE_WORDS_MIN: usize = 5;
/// Mark at the end of a truncated text.
const CUT_MARK: &str = "...";

/// Returns the most informative sentences of `texts`, in their order, together at most `chars_max`
/// characters. If not even one fits, returns the beginning of the texts, truncated with `...`.
///
/// A sentence scores high if its words are frequent in all texts; words of sentences already chosen
/// count less (`SumBasic`: Nenkova and Vanderwende, "The impact of frequency on summarization",
/// 2005). Common words are ignored.
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
        // On a tie the first wins: `max_by` alone would return the last.
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

/// Returns `text`, truncated to `chars_max` characters including the mark.
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
        let mut words = words::words(analyzer, text);
        words.retain(|word| !analyzer.asks(word));
        Sentence { text, chars: text.chars().count(), words }
    }

    /// Returns true if the sentence is informative, unlike "Yes, please."
    fn tells(&self) -> bool {
        1 < self.words.len()
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers of words are small")]
    fn score(&self, weights: &HashMap<String, f64>) -> f64 {
        let sum: f64 = self.words.iter().filter_map(|word| weights.get(word)).sum();
        sum / self.words.len().max(SENTENCE_WORDS_MIN) as f64
    }
}

/// Returns the relative frequency of each word.
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

/// Splits at line ends, after sentence marks before a space, and after CJK sentence marks anywhere.
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
