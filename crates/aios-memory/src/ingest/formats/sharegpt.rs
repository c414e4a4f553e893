//! ShareGPT: conversations of `{"from": "human", "value": "..."}`.

use serde_json::{Map, Value};

use super::{
    Description, Elements, Reader, Shape,
    chat::{Unnamed, read_conversation},
    transcript::Transcript,
};
use crate::ingest::Format;

pub(super) const DESCRIPTION: Description = Description {
    format: Format::ShareGpt,
    name: "sharegpt",
    about: "ShareGPT: {\"conversations\": [{\"from\": ..., \"value\": ...}]}",
    shape: Some(Shape {
        recognises: |element| LISTS.iter().any(|name| is_list(element, name)),
        needs: "`conversations`",
        signs: &["id", "items", "conversation", "system", "source"],
        artefacts: &[],
        elements: Elements::Whole,
        reader: || Box::new(ShareGpt::default()),
    }),
};

/// The names of the list in the data sets that use this format.
const LISTS: &[&str] = &["conversations", "conversation", "items"];

fn is_list(element: &Map<String, Value>, name: &str) -> bool {
    let list = element.get(name).and_then(Value::as_array);
    list.is_some_and(|list| {
        !list.is_empty()
            && list.iter().all(|it| ["from", "value"].iter().all(|key| it.get(*key).is_some()))
    })
}

#[derive(Default)]
struct ShareGpt {
    unnamed: Unnamed,
}

impl Reader for ShareGpt {
    fn read(&mut self, line: u64, mut element: Map<String, Value>, to: &mut Transcript) {
        let Some(name) = LISTS.iter().find(|name| is_list(&element, name)) else { return };
        let Some(Value::Array(messages)) = element.remove(*name) else { return };
        read_conversation("sharegpt", line, messages, element, &mut self.unnamed, to);
    }
}
