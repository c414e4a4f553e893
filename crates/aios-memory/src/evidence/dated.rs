//! Times of facts, in the messages that state them.
//!
//! The rules resolve "yesterday" against the day of its message and write "yesterday (7 May 2023)"
//! into the fact. A context shows the message in the place of the fact, so it takes over the time.
//! Since it shows the day of the message, too, the year of that day and times that are relative to
//! it ("the week before 8 May 2023") are left out.

use aios_record::Timestamp;
use aios_working::{Fact, FactOrigin};

/// Words before a time by which its place in the message is found.
const WORDS_MAX: usize = 4;

/// Returns the text of a message of this time with the times that its facts resolve, each after its
/// words.
pub(crate) fn dated<'f>(
    text: &str,
    said_at: Timestamp,
    facts: impl IntoIterator<Item = &'f Fact>,
) -> String {
    let day = said_at.strftime("%-d %B %Y").to_string();
    let mut dated = text.to_owned();
    for fact in facts {
        // Only the rules write times in this form.
        if fact.origin != FactOrigin::Rules || fact.time.is_null() {
            continue;
        }
        for (before, time) in times(&fact.text) {
            let Some(time) = shortened(time, &day) else { continue };
            let addition = format!(" ({time})");
            if !dated.contains(&addition)
                && let Some(place) = place(&dated, before)
            {
                dated.insert_str(place, &addition);
            }
        }
    }
    dated
}

/// Returns the resolved times of a statement, each with the text before it.
fn times(statement: &str) -> impl Iterator<Item = (&str, &str)> {
    statement.match_indices(" (").filter_map(|(at, open)| {
        let (time, _) = statement[at + open.len()..].split_once(')')?;
        let is_time = time.bytes().any(|byte| byte.is_ascii_digit());
        is_time.then_some((&statement[..at], time))
    })
}

/// Returns a time without the year of `day`; `None` if it is relative to that day.
fn shortened<'t>(time: &'t str, day: &str) -> Option<&'t str> {
    if time.ends_with(day) {
        return None;
    }
    let year = day.rsplit_once(' ').map_or(day, |(_, year)| year);
    let without = time.strip_suffix(year).map(str::trim_end).filter(|rest| !rest.is_empty());
    Some(without.unwrap_or(time))
}

/// Returns the place in `text` after the last words of `before`, as many as are there.
fn place(text: &str, before: &str) -> Option<usize> {
    let low = text.to_ascii_lowercase();
    let words: Vec<&str> = before.split_whitespace().collect();
    let most = words.len().min(WORDS_MAX);
    (1..=most).rev().find_map(|count| {
        let last = words[words.len() - count..].join(" ").to_ascii_lowercase();
        let found = low.match_indices(&last).map(|(at, _)| (at, at + last.len()));
        let is_word = |at: Option<char>| at.is_none_or(|c| !c.is_alphanumeric());
        let mut whole = found.filter(|(start, end)| {
            is_word(low[..*start].chars().next_back()) && is_word(low[*end..].chars().next())
        });
        whole.next().map(|(_, end)| end)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(text: &str, statements: &[&str], expect: &str) {
        let fact = |statement: &&str| Fact {
            origin: FactOrigin::Rules,
            time: json!({"value": "2023-05-07"}),
            ..Fact::new(*statement)
        };
        let facts: Vec<Fact> = statements.iter().map(fact).collect();
        let said_at = "2023-05-08T13:56:00Z".parse().unwrap();
        assert_eq!(dated(text, said_at, &facts), expect);
    }

    #[test]
    fn times_stand_after_their_words_once() {
        check(
            "Hey! I went to a support group yesterday, and I met my boss last winter.",
            &[
                "Ada went to a support group yesterday (7 May 2023), and Ada met Ada's boss last \
                 winter (winter 2022).",
                "Ada went to a support group yesterday (7 May 2023).",
            ],
            "Hey! I went to a support group yesterday (7 May), and I met my boss last winter \
             (winter 2022).",
        );
    }

    #[test]
    fn what_the_day_of_the_message_says_is_left_out() {
        check(
            "I met my boss last week. I moved this year. I sing today.",
            &[
                "Ada met Ada's boss last week (the week before 8 May 2023).",
                "Ada moved this year (2023).",
                "Ada sings today (8 May 2023).",
            ],
            "I met my boss last week. I moved this year (2023). I sing today.",
        );
    }

    #[test]
    fn the_right_one_of_two_equal_expressions_is_chosen() {
        check(
            "Bo left yesterday. Ada came yesterday.",
            &["Ada came yesterday (7 May 2023)."],
            "Bo left yesterday. Ada came yesterday (7 May).",
        );
    }

    #[test]
    fn other_parentheses_and_absent_words_change_nothing() {
        for statement in ["Ada likes tea (green).", "Ada left in spring (2022)."] {
            check("I like tea and yesterdays.", &[statement], "I like tea and yesterdays.");
        }
        check("Yesterdays", &["Ada left yesterday (7 May 2023)."], "Yesterdays");
    }

    #[test]
    fn facts_that_a_model_wrote_add_nothing() {
        let told = Fact { time: json!({}), ..Fact::new("Ada came yesterday (7 May 2023).") };
        let said_at = "2023-05-08T13:56:00Z".parse().unwrap();
        assert_eq!(dated("I came yesterday.", said_at, [&told]), "I came yesterday.");
    }
}
