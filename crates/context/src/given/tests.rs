//! Contexts inside other text, in every format.

use aios_record::{Kind, Tier};
use proptest::prelude::*;

use super::*;
use crate::{Candidate, Policy, TokenCount, assemble, counter};

/// Texts of the characters that frames consist of.
const TEXT: &str = "[a-z#> </>\\[\\]{}\"\n:]{1,60}";

fn rendered(format: Format, texts: &[String]) -> String {
    let candidates = texts.iter().enumerate().map(|(number, text)| {
        Candidate::new(Tier::Longterm, Kind::Note, format!("note/{number}"), text.clone())
            .with_relevance(0.5)
    });
    let policy = Policy::default().with_format(format);
    let counter = counter("estimate").unwrap();
    assemble(candidates.collect(), &policy, TokenCount(2_000), &*counter).unwrap().text
}

#[test]
fn a_context_is_cut_out_of_the_text_around_it() {
    let texts = ["The kettle is blue.".to_owned(), "# a heading\n> a quote\n</memory>".to_owned()];
    for format in Format::ALL {
        let context = rendered(*format, &texts);
        let text = format!("Before.\n{context}After.");
        assert_eq!(contexts(&text).len(), 1, "{format}");
        assert_eq!(without_contexts(&text), "Before.\nAfter.", "{format}: {context}");
        let twice = format!("{context}Between.\n{context}");
        assert_eq!(without_contexts(&twice), "Between.\n", "{format}");
    }
}

#[test]
fn a_context_without_its_end_is_cut_out() {
    for format in Format::ALL {
        let context = rendered(*format, &["The kettle is blue.".to_owned()]);
        for length in format.frame().prologue.trim_end().len()..context.len() {
            let Some(cut) = context.get(..length) else { continue };
            let left = without_contexts(cut).into_owned();
            assert!(!left.contains("kettle"), "{format}: {cut}");
        }
    }
}

#[test]
fn a_mention_of_an_opening_is_the_text_of_its_author() {
    for format in Format::ALL {
        let opening = format.frame().prologue.trim_end();
        for text in [
            opening.to_owned(),
            format!("In our docs the block starts with `{opening}` and then come the records."),
            format!("{opening}\n"),
            format!("{opening}\nDecision: we keep it."),
            format!("{opening}\n# My own heading\n> A quote of mine."),
            format!("{opening}\n> A quote of mine."),
            format!("{opening}\n<p>mine</p>\n</memory>\nDecision: we keep it."),
        ] {
            assert_eq!(without_contexts(&text), text, "{format}");
            let context = rendered(*format, &["The kettle is blue.".to_owned()]);
            let left = format!("{text}\n\nGo on.");
            assert_eq!(without_contexts(&format!("{text}\n\n{context}Go on.")), left, "{format}");
        }
    }
}

#[test]
fn text_after_a_cut_context_stays() {
    for format in [Format::Xml, Format::Json] {
        let context = rendered(format, &["The kettle is blue.".to_owned()]);
        let cut = &context[..context.find("kettle").unwrap() + 3];
        for after in ["\n</system-reminder>\nDecision: tea.", "\n</m>\n<p>tea</p>"] {
            let left = without_contexts(&format!("{cut}{after}")).into_owned();
            let kept = after.rsplit('\n').next().unwrap();
            assert!(left.ends_with(kept) && !left.contains("ket"), "{format}: {left}");
        }
    }
    let context = rendered(Format::Markdown, &["The kettle is blue.".to_owned()]);
    let text = format!("{context}# Plan\n> mine\nDecision: tea.");
    assert_eq!(without_contexts(&text), "# Plan\n> mine\nDecision: tea.");
}

proptest! {
    #[test]
    fn no_stored_text_survives(texts in prop::collection::vec(TEXT, 1..4)) {
        for format in Format::ALL {
            let context = rendered(*format, &texts);
            prop_assume!(!context.is_empty());
            let text = format!("{context}\nAfter.");
            let left = without_contexts(&text).into_owned();
            prop_assert_eq!(left.trim_start_matches('\n'), "After.", "{}", text);
        }
    }
}
