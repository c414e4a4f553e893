//! Standing rules, which hold for more than one task.

use super::opening::{is_request, opened};
use super::verbs::{MANNER_NOUNS, STYLE_VERBS};
use crate::lexicon::Class;
use crate::sentence::spaced;
use crate::words::Word;

/// Phrases that make a request hold for all times.
const ALL_TIMES: &[&str] = &[
    " from now on ",
    " from now onwards ",
    " from here on ",
    " from today on ",
    " going forward ",
    " in future ",
    " by default ",
    " as a rule ",
    " as a general rule ",
    " at all times ",
    " do not ever ",
    " not ever ",
    " whenever ",
    " every time ",
    " everytime ",
    " each time ",
    " any time ",
    " before every ",
    " before each ",
    " after every ",
    " after each ",
    " every day ",
    " every morning ",
    " every evening ",
    " every night ",
    " every week ",
    " every month ",
    " every monday ",
    " every tuesday ",
    " every wednesday ",
    " every thursday ",
    " every friday ",
    " every saturday ",
    " every sunday ",
    " unless i ",
];

/// Phrases that make a rule of style general.
const GENERAL: &[&str] = &[
    " in this repo ",
    " in this repository ",
    " in this project ",
    " in this codebase ",
    " in this code base ",
    " in this workspace ",
    " in the repo ",
    " in the whole project ",
    " in our ",
    " in my ",
    " for this project ",
    " for this repo ",
    " for my ",
    " for our ",
    " for all ",
    " for every ",
    " for each ",
    " in all ",
    " in every ",
    " in the future ",
    " in general ",
    " everywhere ",
    " across the project ",
];

/// Returns true if the request of a sentence is a rule for later tasks.
pub(super) fn is_standing(words: &[Word]) -> bool {
    let words = main(words);
    let spaced = plain(words);
    let has = |phrases: &[&str]| phrases.iter().any(|it| spaced.contains(it));
    has(ALL_TIMES)
        || is_denied(&spaced) && spaced.contains(" any more ")
        || is_always(words)
        || is_conditional(words)
        || is_manner(words)
        || is_address(words)
        || has(GENERAL) && (is_style(words) || is_denied(&spaced))
        || opens_with(words, &["in", "the", "future"])
}

/// Returns the words before a relative clause of a request: in "write a function that always
/// returns 1", "always" is of the function.
fn main(words: &[Word]) -> &[Word] {
    let is_relative = |word: &Word| {
        matches!(word.low.as_str(), "that" | "which" | "who" | "whose" | "where" | "how" | "why")
    };
    let relative = (3..words.len()).find(|at| {
        is_relative(&words[*at]) && !words[*at - 1].is_sign && words[*at - 1].low != "sure"
    });
    &words[..relative.unwrap_or(words.len())]
}

fn plain(words: &[Word]) -> String {
    spaced(&words.iter().filter(|word| !word.is_sign).cloned().collect::<Vec<_>>())
}

fn is_denied(spaced: &str) -> bool {
    [" do not ", " stop ", " never ", " no ", " avoid "].iter().any(|it| spaced.contains(it))
}

/// Returns true for "always" and "never" beside the verb of the request, or at its end.
fn is_always(words: &[Word]) -> bool {
    let words: Vec<&str> =
        words.iter().filter(|it| !it.is_sign).map(|it| it.low.as_str()).collect();
    (0..words.len()).any(|at| {
        let next = words.get(at + 1).copied().unwrap_or_default();
        let is_mark = matches!(words[at], "always" | "never") && next != "mind";
        let is_near = at < 4 || next.is_empty() || matches!(words[at - 1], "to" | "you" | "and");
        is_mark && (is_near || matches!(words[at - 1], "please" | "but" | "should" | "must"))
    })
}

/// Returns true for "if a test fails, stop", but not for a condition that holds once: "if that
/// works, push it", "when you are done, tell me".
fn is_conditional(words: &[Word]) -> bool {
    let opened = opened(words);
    let low = |at: usize| opened.get(at).map_or("", |word| word.low.as_str());
    let opens = match low(0) {
        "if" | "unless" => !matches!(
            low(1),
            "it" | "that" | "this" | "so" | "not" | "possible" | "necessary" | "needed" | "yes"
        ),
        "when" => true,
        _ => false,
    };
    const ONCE: &[&str] = &[
        "done",
        "finished",
        "ready",
        "like",
        "want",
        "can",
        "could",
        "time",
        "mind",
        "please",
        "thing",
        "ever",
        "interested",
    ];
    let condition = opened.iter().position(|word| word.low == ",").unwrap_or(0);
    let is_once = opened[..condition].iter().any(|word| ONCE.contains(&word.low.as_str()))
        && opened.iter().any(|it| it.is(Class::Second));
    opens && 0 < condition && !is_once && is_request(&opened[condition..])
}

/// Returns true for a rule about the answers themselves: "answer in French", "please write short
/// explanations", "use miles for distances".
fn is_manner(words: &[Word]) -> bool {
    let opened: Vec<&Word> = opened(words).iter().filter(|word| !word.is_sign).collect();
    let low = |at: usize| opened.get(at).map_or("", |word| word.low.as_str());
    let is_tongue = |at: usize| opened.get(at).is_some_and(|word| word.is(Class::Tongue));
    let says = matches!(low(0), "answer" | "reply" | "respond" | "write" | "talk" | "speak");
    if says {
        let to_me = match (low(1), low(2)) {
            ("me", _) => 1,
            ("to" | "with", "me") => 2,
            _ => 0,
        };
        let at = 1 + to_me;
        if low(at) == "in" && is_tongue(at + 1) || low(0) == "speak" && is_tongue(at) {
            return opened.len() <= at + 4;
        }
    }
    let is_one = opened.iter().any(|word| {
        matches!(word.low.as_str(), "this" | "that" | "these" | "those" | "the" | "last" | "about")
    });
    let of = |at: usize| matches!(low(at), "of" | "for" | "about" | "to");
    let is_noun = |at: usize| MANNER_NOUNS.contains(&low(at)) && !of(at + 1);
    if !is_one && opened.len() <= 12 && (1..opened.len()).any(is_noun) {
        return true;
    }
    if low(0) == "avoid" && !is_one {
        return true;
    }
    if matches!(low(0), "keep" | "use") && opened.iter().any(|word| word.low == "tone") {
        return true;
    }
    let measures = opened.iter().position(|word| word.low == "for").is_some_and(|at| {
        at + 2 == opened.len() && low(at + 1).ends_with('s') && !opened[at + 1].is(Class::Closed)
    });
    low(0) == "use" && measures
}

/// Returns true if the author says how to call or reach them.
fn is_address(words: &[Word]) -> bool {
    let opened = opened(words);
    let low = |at: usize| opened.get(at).map_or("", |word| word.low.as_str());
    let at = match (low(0), low(1)) {
        (_, "me") => 2,
        ("write" | "talk" | "send" | "speak", "to") if low(2) == "me" => 3,
        _ => 0,
    };
    let calls = opened.windows(2).take(6).any(|it| {
        matches!(it[0].low.as_str(), "call" | "address" | "ping" | "ring" | "reach" | "text")
            && it[1].low == "me"
    });
    let next = |back: usize| opened.get(back);
    let named = opened.windows(3).take(6).any(|it| {
        it[0].low == "call"
            && it[1].low == "me"
            && it[2].is_content()
            && !it[2].is(Class::Time)
            && !it[2].is(Class::Weekday)
    });
    let by_number = (calls || 0 < at && low(0) != "give" && low(0) != "show")
        && next(at).is_some_and(|word| matches!(word.low.as_str(), "on" | "at" | "as" | "under"))
        && next(at + 1).is_some_and(|word| {
            word.low.contains('@')
                || word.low.len() > 4 && word.low.starts_with(|c: char| c.is_ascii_digit())
                || word.is_capital
                || word.low == "+"
        });
    named || by_number
}

/// Returns true if the verb of a request is one of style.
fn is_style(words: &[Word]) -> bool {
    let opened = opened(words);
    // "For all new files, add a header."
    let comma = opened.iter().position(|word| word.low == ",");
    let main = comma.map_or(&[][..], |comma| &opened[comma + 1..]);
    let is_style = |word: &Word| STYLE_VERBS.contains(&word.low.as_str());
    opened.iter().take(3).chain(main.iter().take(3)).any(is_style)
}

fn opens_with(words: &[Word], phrase: &[&str]) -> bool {
    let opened = opened(words).iter().filter(|word| !word.is_sign);
    let lows: Vec<&str> = opened.take(phrase.len()).map(|word| word.low.as_str()).collect();
    lows == phrase
}
