//! One element broken in any way costs only itself, and unbroken text of any characters is read
//! unchanged.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Format, pieces};

/// Number of elements in a list; one of them is broken.
const ELEMENTS: usize = 5;

/// Builds a container of elements, one per line or all on one.
type Container = fn(&[String]) -> String;

const CONTAINERS: [(Format, Container); 6] = [
    (Format::Jsonl, |elements| elements.join("\n")),
    (Format::Chat, |elements| format!("[{}]", elements.join(","))),
    (Format::Chat, |elements| format!("[\n  {}\n]", elements.join(",\n  "))),
    (Format::Auto, |elements| format!("[{}]\r\n", elements.join(" ,\r\n"))),
    (Format::Chat, |elements| format!("{{\"messages\": [{}]}}", elements.join(", "))),
    (Format::Auto, |elements| {
        format!("{{\"title\": \"t\", \"messages\": [\n{}\n], \"x\": 1}}", elements.join(",\n"))
    }),
];

fn element(at: usize) -> String {
    json!({"role": "user", "content": format!("text {at}, with \"quotes\" and {{ [ brackets")})
        .to_string()
}

/// Returns the element broken in every way; each result is not JSON, or not a message.
fn breakages(at: usize) -> Vec<String> {
    let whole = element(at);
    vec![
        whole.replacen(':', "", 1),
        whole.replacen(':', "::", 1),
        whole.replacen(',', "", 1),
        whole.replacen("\"user\"", "user", 1),
        whole.replacen("\"user\"", "\"user", 1),
        whole.replacen("\"user\"", "tru", 1),
        whole.replacen("\"user\"", "01", 1),
        whole.replacen("\"role\"", "role", 1),
        whole.replacen("\"content\"", "\"content", 1),
        whole[..whole.len() - 1].to_owned(),
        whole[..whole.len() - 2].to_owned(),
        whole[..whole.len() / 2].to_owned(),
        "{\"role\": \"us".to_owned(),
        format!("{{\"role\": \"user\", \"x\": [1, {{\"role\": 2}}], \"content\": oops {at}}}"),
        "{}".to_owned(),
        "[]".to_owned(),
        "7".to_owned(),
        "oops".to_owned(),
        "null".to_owned(),
        "{\"role\": \"user\", \"content\": {\"not\": \"text\"}}".to_owned(),
        "{\"role\": \"user\", \"content\": \"x\", \"user\": {}}".to_owned(),
    ]
}

/// Returns the positions of the elements whose texts were read.
fn read(format: Format, bytes: &str) -> Vec<usize> {
    let found = pieces(format, "file.json", bytes.as_bytes());
    let texts = found.iter().filter_map(|piece| piece.split_once(": text ")?.1.split_once(','));
    texts.map(|(at, _)| at.parse().unwrap()).collect()
}

/// Returns a list of `count` elements. Each `every`th is cut by `cut` bytes.
fn cut_list(count: usize, every: usize, cut: usize) -> String {
    let element = |at: usize| {
        let whole = json!({"role": "user", "content": [format!("text {at}, filler filler")]});
        let whole = whole.to_string();
        let end = if at.is_multiple_of(every) { whole.len() - cut } else { whole.len() };
        whole[..end].to_owned()
    };
    format!("[{}]", (0..count).map(element).collect::<Vec<_>>().join(","))
}

#[test]
fn every_other_broken_element_of_a_long_list_costs_itself_only() {
    for cut in 1..=3 {
        let expect: Vec<usize> = (0..4000).filter(|at| at % 2 != 0).collect();
        assert_eq!(read(Format::Auto, &cut_list(4000, 2, cut)), expect, "{cut}");
    }
}

/// A reader that goes back to the beginning of the list for each element would exceed the bound of
/// bytes that are read again, which is lower in tests.
#[test]
fn a_long_list_of_broken_elements_is_read_to_its_end() {
    for cut in 1..=3 {
        let mut list = cut_list(20_000, 1, cut);
        list.truncate(list.len() - 1);
        list.push_str(",{\"role\": \"user\", \"content\": [\"text 20000, whole\"]}]");
        assert_eq!(read(Format::Auto, &list), [20_000], "{cut}");
    }
}

#[test]
fn one_broken_element_costs_itself_only() {
    let mut lost = Vec::new();
    for (which, (format, container)) in CONTAINERS.into_iter().enumerate() {
        for broken in 0..ELEMENTS {
            for breakage in breakages(broken) {
                let mut elements: Vec<String> = (0..ELEMENTS).map(element).collect();
                elements[broken].clone_from(&breakage);
                let text = container(&elements);
                let expect: Vec<usize> = (0..ELEMENTS).filter(|at| *at != broken).collect();
                let mut found = read(format, &text);
                found.retain(|at| *at != broken);
                if found != expect {
                    lost.push(format!("{which}, {broken}: {breakage}: {found:?}"));
                }
                let told = pieces(format, "file.json", text.as_bytes());
                assert!(told.iter().any(|piece| piece.contains("! ")), "{text}: {told:?}");
            }
        }
    }
    assert!(lost.is_empty(), "{} lost:\n{}", lost.len(), lost.join("\n"));
}

#[test]
fn a_conversation_whose_owner_may_be_in_a_broken_part_is_refused() {
    for text in [
        r#"{"messages": [{"content": "x"}], "user": "ada}"#,
        r#"{"messages": [{"content": "x"}], "user": tru}"#,
        r#"{"messages": [{"content": "x"}], user: "ada"}"#,
        r#"{"title": "t, "user": "ada", "messages": [{"content": "x"}]}"#,
        r#"{"metadata": {"user": "ada",,}}, "messages": [{"content": "x"}]}"#,
    ] {
        let found = pieces(Format::Chat, "file", text.as_bytes());
        assert!(found.iter().all(|piece| piece.contains("! ")), "{text}: {found:?}");
        assert!(!found.is_empty());
    }
    let found = pieces(
        Format::Chat,
        "file",
        &br#"{"title": tru, "messages": [{"content": "x"}], "x": 1}"#[..],
    );
    assert!(found.contains(&"1: x".to_owned()), "{found:?}");
}

/// Code units that are not characters, or cannot be stored.
const ODD: [u16; 4] = [0, 0xD800, 0xDBFF, 0xDC00];

/// Returns the JSON escapes of every code unit of `text`, followed by those of `odd`.
fn escaped(text: &str, odd: &[u16]) -> String {
    text.encode_utf16().chain(odd.iter().copied()).map(|unit| format!("\\u{unit:04x}")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_text_is_read_unchanged(
        texts in prop::collection::vec("[^\u{0}-\u{1f}]{0,20}[a-z]", 1..6),
        odd in prop::collection::vec(prop::sample::select(&ODD[..]), 0..3),
        is_escaped in any::<bool>(),
    ) {
        let told: Vec<String> = texts
            .iter()
            .map(|text| {
                let plain = Value::from(text.as_str()).to_string();
                let value = if is_escaped { format!("\"{}\"", escaped(text, &odd)) } else { plain };
                format!("{{\"role\": \"user\", \"content\": {value}}}")
            })
            .collect();
        let units = |text: &String| -> Vec<u16> {
            let odd = if is_escaped { &odd[..] } else { &[] };
            text.encode_utf16().chain(odd.iter().copied()).collect()
        };
        let expect: Vec<String> = texts
            .iter()
            .map(|text| String::from_utf16_lossy(&units(text)).replace('\0', "\u{fffd}"))
            .collect();
        for (format, container) in CONTAINERS {
            let found = pieces(format, "file.json", container(&told).as_bytes());
            let found: Vec<String> = found
                .iter()
                .filter_map(|piece| Some(piece.split_once(": ")?.1.to_owned()))
                .collect();
            prop_assert_eq!(&found, &expect);
        }
    }
}
