//! Dates that a text may have although its messages do not: the day of a message, and the resolved
//! times in it.

use jiff::civil::Date;

use crate::message::Message;
use crate::sentence::sentences;
use crate::when::{day_of, moments, written, written_month};

/// Returns a text without the dates that follow from the messages. Other dates stay.
pub(super) fn without_dates(text: &str, messages: &[&Message]) -> String {
    let mut forms: Vec<String> = Vec::new();
    for message in messages {
        let Some(at) = message.at else { continue };
        let today = day_of(at, message.offset_seconds);
        forms.extend(forms_of(today));
        for sentence in sentences(message.read()) {
            for moment in moments(&sentence, today) {
                forms.extend(forms_of(moment.span.first));
                forms.extend(forms_of(moment.span.last));
                forms.push(moment.span.iso());
            }
        }
    }
    // A day contains its month, and a month its year.
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    let mut text = text.to_owned();
    for form in &forms {
        text = without(&text, form);
    }
    text
}

/// Returns the ways to write a day, its month, and its year.
fn forms_of(day: Date) -> Vec<String> {
    let (whole, month) = (written(day), written_month(day));
    let year = format!("{:04}", day.year());
    let name = month.split(' ').next().unwrap_or_default().to_owned();
    let number = day.day();
    let ending = match (number % 10, number / 10) {
        (_, 1) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    vec![
        format!("{number}{ending} of {name} {year}"),
        format!("{number}{ending} {name} {year}"),
        format!("{name} {number}{ending}, {year}"),
        format!("{name} {number}, {year}"),
        format!("{number} {name}"),
        format!("{name} {number}{ending}"),
        format!("{name} {number}"),
        day.to_string(),
        format!("{year}-{:02}", day.month()),
        whole,
        month,
        name,
        year,
    ]
}

/// Removes a form wherever it stands between word bounds.
fn without(text: &str, form: &str) -> String {
    let mut rest = text;
    let mut kept = String::with_capacity(text.len());
    while let Some(at) = rest.find(form) {
        let (before, after) = (&rest[..at], &rest[at + form.len()..]);
        let bounded =
            !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric);
        kept.push_str(before);
        kept.push_str(if bounded { " " } else { form });
        rest = after;
    }
    kept.push_str(rest);
    kept
}
