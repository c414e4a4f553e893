//! Temporal questions, answered from the expressions of time in the turns that answer them.
//!
//! An answer is right if its days meet those of the expected one and it is no coarser. A question
//! about a duration is answered by the time since when. Questions whose answer is no time are left
//! out.

use std::collections::{HashMap, HashSet};

use aios_learning::{Extractor, Granularity, Message, Relation, Resolved};
use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan, tz::TimeZone};

use super::locomo::{Conversation, Question};

/// Days of an answer, and the coarsest granularity that is right.
struct Expected {
    first: Date,
    last: Date,
    granularity: Granularity,
}

pub(crate) fn print(conversations: &[Conversation]) {
    let show = std::env::var_os("SHOW_TIMES").is_some();
    let (mut asked, mut resolved, mut dated, mut met) = (0, 0, 0, 0);
    for conversation in conversations {
        let turns: HashMap<&str, &Message> =
            conversation.turns.iter().map(|turn| (turn.key.as_str(), turn)).collect();
        for question in conversation.questions.iter().filter(|it| it.is_temporal) {
            let evidence: Vec<&Message> = question
                .evidence
                .iter()
                .filter_map(|key| turns.get(key.as_str()).copied())
                .collect();
            let Some(last) = evidence.last() else { continue };
            let Some(expected) = expected(question, day(last)) else {
                if show {
                    println!("  no time: {} | {}", question.text, question.answer);
                }
                continue;
            };
            asked += 1;
            let session = day(evidence[0]);
            dated += usize::from(is_right(&expected, session, session, Granularity::Day));
            let answer = answer(question, &evidence);
            let right = match &answer {
                Some(it) => is_right(&expected, date(it.from), last_day(it), it.granularity),
                None => is_right(&expected, session, session, Granularity::Day),
            };
            resolved += usize::from(right);
            met += usize::from(match &answer {
                Some(it) => meets(&expected, date(it.from), last_day(it)),
                None => meets(&expected, session, session),
            });
            if show && !right {
                let given = answer.map(|it| format!("{} `{}`", it.iso, it.expression));
                println!("  {} | {} | {session} {given:?}", question.text, question.answer);
            }
        }
    }
    let share = |count: usize| count as f64 / f64::from(asked.max(1));
    println!("temporal questions        right ({asked} with a time as answer)");
    println!("the session's date        {:.3}", share(dated));
    println!("resolved, else that       {:.3}", share(resolved));
    println!("  also if it is coarser   {:.3}\n", share(met));
}

/// Returns the first expression in the sentence that shares most words with the question.
fn answer(question: &Question, evidence: &[&Message]) -> Option<Resolved> {
    let extractor = Extractor::default();
    let words = |text: &str| -> HashSet<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|it| 3 < it.len());
        words.map(|it| it.to_lowercase().chars().take(5).collect()).collect()
    };
    let asked = words(&question.text);
    let mut best: Option<(usize, Resolved)> = None;
    for message in evidence {
        for sentence in message.text.split_inclusive(['.', '!', '?']) {
            let shared = words(sentence).intersection(&asked).count();
            let part = Message { text: sentence.to_owned(), ..(*message).clone() };
            for found in extractor.times(&part) {
                if found.relation != Relation::Until && best.as_ref().is_none_or(|it| it.0 < shared)
                {
                    best = Some((shared, found));
                }
            }
        }
    }
    best.map(|(_, found)| found)
}

fn day(message: &Message) -> Date {
    date(message.at.unwrap_or(Timestamp::UNIX_EPOCH))
}

fn date(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn last_day(resolved: &Resolved) -> Date {
    date(resolved.to).yesterday().unwrap_or(date(resolved.to))
}

fn is_right(expected: &Expected, first: Date, last: Date, granularity: Granularity) -> bool {
    meets(expected, first, last) && granularity <= expected.granularity
}

fn meets(expected: &Expected, first: Date, last: Date) -> bool {
    first <= expected.last && expected.first <= last
}

fn expected(question: &Question, session: Date) -> Option<Expected> {
    let answer = question.answer.to_lowercase().replace(['.', '`'], " ");
    let of = |first: Date, last: Date, granularity| Some(Expected { first, last, granularity });
    // A span between two events needs both of their times.
    let asked = question.text.to_lowercase();
    if asked.starts_with("how many")
        || asked.contains("how many weeks")
        || asked.contains(" before ") && asked.starts_with("how long")
        || asked.starts_with("how long did")
    {
        return None;
    }
    if let Some(years) = duration(&answer) {
        let start = session.checked_sub(years.years()).ok()?;
        return of(start.first_of_year(), start.last_of_year(), Granularity::Year);
    }
    let text = format!("It was in {answer}");
    let at = TimeZone::UTC.to_timestamp(session.at(12, 0, 0, 0)).ok()?;
    let message = Message::new("answer", capitalised(&text)).with_time(at, 0);
    let time = Extractor::default().times(&message).into_iter().next_back()?;
    let (first, last) = (date(time.from), last_day(&time));
    let back = |from: i32, to: i32| {
        Some((first.checked_sub(from.days()).ok()?, first.checked_sub(to.days()).ok()?))
    };
    let (before, after) =
        (answer.contains("before") || answer.contains("week of"), answer.contains("after"));
    let has = |word: &str| answer.contains(word);
    if !before && !after {
        return of(first, last, time.granularity);
    }
    let weekdays = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    if let Some((_, weekday)) = weekdays.iter().find(|(name, _)| has(name)) {
        let found = first.nth_weekday(if before { -1 } else { 1 }, *weekday).ok()?;
        return of(found, found, Granularity::Day);
    }
    let (first, last, granularity) = match () {
        () if has("week of") => {
            let (first, last) = back(6, -6)?;
            (first, last, Granularity::Week)
        }
        () if has("two weekends") => {
            let (first, last) = back(16, 8)?;
            (first, last, Granularity::Weekend)
        }
        () if has("weekend") => {
            let (first, last) = back(9, 1)?;
            (first, last, Granularity::Weekend)
        }
        () if has("two weeks") || has("2 weeks") => {
            let (first, last) = back(17, 11)?;
            (first, last, Granularity::Week)
        }
        () if has("week") => {
            let (first, last) = back(7, 1)?;
            (first, last, Granularity::Week)
        }
        () if has("few days") || has("days") => {
            let (first, last) = back(7, 1)?;
            (first, last, Granularity::Days)
        }
        () => {
            let (first, last) = back(1, 1)?;
            (first, last, Granularity::Day)
        }
    };
    of(first, last, granularity)
}

/// Reads "4 years", "10 years ago".
fn duration(answer: &str) -> Option<i32> {
    let mut words = answer.split_whitespace();
    let (number, unit) = (words.next()?, words.next()?);
    let names = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let named = names.iter().position(|name| *name == number);
    let number = named.and_then(|at| i32::try_from(at + 1).ok()).or_else(|| number.parse().ok())?;
    let ends = matches!(words.next(), None | Some("ago"));
    (ends && unit.starts_with("year")).then_some(number)
}

/// Capitalises each word, as the names of months are written.
fn capitalised(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let mut chars = word.chars();
        let first = chars.next().map(|c| c.to_ascii_uppercase().to_string()).unwrap_or_default();
        first + chars.as_str()
    });
    words.collect::<Vec<_>>().join(" ")
}
