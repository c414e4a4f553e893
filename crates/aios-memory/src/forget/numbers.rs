//! Extraction of numbers with their signs: -4 differs from 4, 1.5 from 15, < 5 from > 5, and 3:30
//! from 3.

use std::collections::BTreeSet;

/// Returns the numbers in `text`, each with the comparison before it, its sign if negative, and its
/// digits. Commas between groups of three digits are ignored.
pub(super) fn numbers(text: &str) -> BTreeSet<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut numbers = BTreeSet::new();
    let mut at = 0;
    while at < chars.len() {
        if !chars[at].is_numeric() {
            at += 1;
            continue;
        }
        let end = end_of_number(&chars, at);
        let is_negative = is_negative(&chars[..at]);
        let sign = if is_negative { "-" } else { "" };
        let before = &chars[..at - sign.len()];
        let mut number = format!("{}{sign}", comparison(before));
        number.extend(ungrouped(&chars[at..end]));
        numbers.insert(number);
        at = end;
    }
    numbers
}

/// Returns the end of the number that starts at `start`. Points, commas and colons (of a time)
/// between digits belong to it.
fn end_of_number(chars: &[char], start: usize) -> usize {
    let mut end = start;
    while let Some(c) = chars.get(end) {
        let is_inside = matches!(c, '.' | ',' | ':')
            && chars.get(end + 1).is_some_and(|next| next.is_numeric());
        if !c.is_numeric() && !is_inside {
            break;
        }
        end += 1;
    }
    end
}

/// Returns `true` if the characters before a number make it negative: they end in a minus sign that
/// does not follow a letter or digit.
fn is_negative(before: &[char]) -> bool {
    match before {
        [.., joined, '-' | '\u{2212}'] => !joined.is_alphanumeric(),
        [sign] => matches!(sign, '-' | '\u{2212}'),
        _ => false,
    }
}

/// Returns the comparison operator right before a number, as written. Arrows and the quotation mark
/// at the start of a line are ignored.
fn comparison(before: &[char]) -> String {
    let is_sign =
        |c: char| matches!(c, '<' | '=' | '>' | '!' | '\u{2260}' | '\u{2264}' | '\u{2265}');
    let before = before.iter().rev().skip_while(|c| matches!(c, ' ' | '$' | '\u{20ac}'));
    let signs: Vec<char> = before.clone().take_while(|c| is_sign(**c)).copied().collect();
    let joined = before.skip(signs.len()).find(|c| **c != ' ');
    match signs[..] {
        ['!' | '='] | ['>', '='] => String::new(),
        ['>'] if matches!(joined, None | Some('\n' | '-')) => String::new(),
        _ => signs.into_iter().rev().collect(),
    }
}

/// Removes commas before groups of three digits from `number`.
fn ungrouped(number: &[char]) -> impl Iterator<Item = char> {
    let is_group = |at: usize| {
        let digits = number[at + 1..].iter().take_while(|c| c.is_numeric()).count();
        number[at] == ',' && digits == 3
    };
    number.iter().enumerate().filter(move |(at, _)| !is_group(*at)).map(|(_, c)| *c)
}

#[cfg(test)]
mod tests;
