//! LoCoMo: conversations of two people with labelled questions, which `aios-eval` asks.
//!
//! The sample's id belongs to the format and does not name an owner.

mod sample;

use serde_json::{Map, Value};

pub(crate) use self::sample::Sample;
use super::{
    description::{Description, Elements, Reader, Shape},
    transcript::Transcript,
};
use crate::ingest::format::Format;

pub(super) const DESCRIPTION: Description = Description {
    format: Format::Locomo,
    name: "locomo",
    about: "The LoCoMo dataset's JSON",
    shape: Some(Shape {
        recognises: |element| {
            let conversation = element.get("conversation").and_then(Value::as_object);
            let is_session = |name: &String| name.starts_with("session_");
            conversation
                .is_some_and(|it| element.contains_key("sample_id") || it.keys().any(is_session))
        },
        needs: "a `sample_id` with a `conversation`",
        signs: &["sample_id", "qa", "event_summary", "session_summary", "observation"],
        artefacts: &[],
        lists: &[],
        opens: &[],
        elements: Elements::Whole,
        reader: Some(|| Box::new(Locomo)),
    }),
};

struct Locomo;

impl Reader for Locomo {
    fn read(&mut self, line: u64, element: Map<String, Value>, to: &mut Transcript) {
        let mut problems = Vec::new();
        let sample = Sample::read(&Value::Object(element), &mut problems);
        for problem in problems {
            to.fail(line, problem);
        }
        for untimed in sample.iter().flat_map(|sample| &sample.untimed) {
            to.mend(line, untimed.clone());
        }
        for _ in 0..sample.as_ref().map_or(0, |sample| sample.empty_turns) {
            to.skip(line, "empty");
        }
        let drafts = sample.map(|sample| sample.drafts(to.defaults()));
        for draft in drafts.into_iter().flatten() {
            to.draft(line, Ok(draft));
        }
    }
}
