//! How text is cut for word search where no spaces do it: runs of CJK become overlapping bigrams.
//!
//! Both SQLite's FTS5 and the long-term index cut at spaces and punctuation, which leaves a whole
//! Japanese or Chinese sentence as one word. [`segment`] is applied to texts and to queries alike,
//! so that every two neighbouring characters can be found. Not here: stemming, case, accents,
//! which belong to the index that is searched.

use std::borrow::Cow;

/// `text` with each run of Han, Hiragana, Katakana or Hangul replaced by its overlapping bigrams,
/// set off by spaces; a run of one character stays as it is. Text without such runs is borrowed.
///
/// ```
/// use aios_record::terms::segment;
///
/// assert_eq!(segment("visit 東京タワー today"), "visit  東京 京タ タワ ワー  today");
/// assert_eq!(segment("plain"), "plain");
/// ```
#[must_use]
pub fn segment(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_cjk) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() * 2);
    let mut run: Vec<char> = Vec::new();
    for c in text.chars() {
        if is_cjk(c) {
            run.push(c);
            continue;
        }
        flush(&mut run, &mut out);
        out.push(c);
    }
    flush(&mut run, &mut out);
    Cow::Owned(out)
}

fn flush(run: &mut Vec<char>, out: &mut String) {
    match run.as_slice() {
        [] => return,
        [single] => {
            out.push(' ');
            out.push(*single);
        }
        many => {
            for pair in many.windows(2) {
                out.push(' ');
                out.extend(pair);
            }
        }
    }
    out.push(' ');
    run.clear();
}

/// Whether `c` is of a script that is written without spaces and cut into bigrams here.
#[must_use]
pub fn is_cjk(c: char) -> bool {
    matches!(u32::from(c),
        0x1100..=0x11FF     // Hangul Jamo
        | 0x3005..=0x3007   // iteration mark, closing mark, zero
        | 0x3040..=0x30FF   // Hiragana, Katakana
        | 0x3130..=0x318F   // Hangul compatibility Jamo
        | 0x31F0..=0x31FF   // Katakana phonetic extensions
        | 0x3400..=0x4DBF   // Han extension A
        | 0x4E00..=0x9FFF   // Han
        | 0xAC00..=0xD7AF   // Hangul syllables
        | 0xF900..=0xFAFF   // Han compatibility
        | 0xFF66..=0xFF9F   // half-width Katakana
        | 0x20000..=0x3134F // Han extensions B to G
    )
}
