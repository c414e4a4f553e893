//! English or not: the rules read English, and abstain from all else.

use whatlang::Lang;

use crate::sentence::Sentence;
use crate::words::Word;

/// Share of known words above which a text is English, and below which it is not.
const SURELY: f64 = 0.34;
const HARDLY: f64 = 0.15;
/// Words of the shortest text whose language is doubted.
const WORDS_MIN: usize = 3;

/// Returns true if a text is English, as far as its words show. A text of few words is English
/// unless its script is another.
pub(crate) fn is_english(text: &str, sentences: &[Sentence]) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic());
    let (mut all, mut foreign) = (0_usize, 0_usize);
    for letter in letters {
        all += 1;
        foreign += usize::from(u32::from(letter) > 0x24f);
    }
    if all < 3 * foreign {
        return false;
    }
    let words = || sentences.iter().flat_map(|it| &it.words).filter(|word| is_lower(word));
    let total = words().count();
    if total < WORDS_MIN {
        return true;
    }
    let known = words().filter(|word| word.classes != 0).count();
    let share = known as f64 / total as f64;
    if SURELY <= share {
        return true;
    }
    HARDLY <= share && whatlang::detect(text).is_none_or(|found| found.lang() == Lang::Eng)
}

/// Names and numbers belong to every language.
fn is_lower(word: &Word) -> bool {
    !word.is_sign
        && !word.low.starts_with(|c: char| c.is_ascii_digit())
        && (!word.is_capital || word.classes != 0)
}
