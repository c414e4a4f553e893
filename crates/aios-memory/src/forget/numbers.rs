//! The numbers in a text, with their signs: -4 is not 4, and 1.5 is not 15.

use std::collections::BTreeSet;

/// The numbers in `text`, each as its sign, if it is negative, and its digits. Commas between
/// groups of three digits do not count.
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
        let mut number: String = if is_negative(&chars[..at]) { "-" } else { "" }.to_owned();
        number.extend(ungrouped(&chars[at..end]));
        numbers.insert(number);
        at = end;
    }
    numbers
}

/// Where the number that begins at `start` ends: points and commas belong to it between digits.
fn end_of_number(chars: &[char], start: usize) -> usize {
    let mut end = start;
    while let Some(c) = chars.get(end) {
        let is_inside =
            matches!(c, '.' | ',') && chars.get(end + 1).is_some_and(|next| next.is_numeric());
        if !c.is_numeric() && !is_inside {
            break;
        }
        end += 1;
    }
    end
}

/// Returns `true` if what stands before a number makes it negative: a sign that joins it to no word
/// and no other number.
fn is_negative(before: &[char]) -> bool {
    match before {
        [.., joined, '-' | '\u{2212}'] => !joined.is_alphanumeric(),
        [sign] => matches!(sign, '-' | '\u{2212}'),
        _ => false,
    }
}

/// `number` without commas before groups of three digits.
fn ungrouped(number: &[char]) -> impl Iterator<Item = char> {
    let is_group = |at: usize| {
        let digits = number[at + 1..].iter().take_while(|c| c.is_numeric()).count();
        number[at] == ',' && digits == 3
    };
    number.iter().enumerate().filter(move |(at, _)| !is_group(*at)).map(|(_, c)| *c)
}

#[cfg(test)]
mod tests;
