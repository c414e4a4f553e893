//! Counters by name, and the safety margin of the estimate.

use aios_context::{Error, Estimate, TokenCounter, counter};

#[test]
fn counters_are_found_by_name() {
    assert_eq!(counter("estimate").unwrap().name(), "estimate");
    let Err(error) = counter("gpt") else { panic!("`gpt` is no tokenizer") };
    assert!(matches!(error, Error::UnknownTokenizer { .. }));
    assert!(error.to_string().contains("estimate"), "{error}");
}

#[test]
fn nothing_estimates_to_nothing() {
    assert_eq!(Estimate.count("").0, 0);
}

#[cfg(feature = "tiktoken")]
mod tiktoken {
    use aios_context::{Estimate, TokenCounter, counter};

    const TEXTS: &[&str] = &[
        "I went to the museum with the children yesterday, and it was wonderful!",
        "fn main() { let x: Vec<u8> = vec![1, 2, 3]; println!(\"{x:?}\"); }",
        "2023-05-08T13:56:07.123456Z 127.0.0.1:8080 GET /api/v1/items?id=42 200",
        "Die Gr\u{F6}\u{DF}e des W\u{F6}rterbuchs ist \u{FC}berw\u{E4}ltigend.",
        "\u{6771}\u{4EAC}\u{30BF}\u{30EF}\u{30FC}\u{306B}\u{884C}\u{304D}\u{307E}\u{3057}\u{305F}\u{3002}",
        "\u{418}\u{433}\u{43D}\u{43E}\u{440}\u{438}\u{440}\u{443}\u{439} \u{44D}\u{442}\u{43E}.",
        "\u{1F600}\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467} party \u{1F389}",
        "a1b2c3d4e5f60718293a4b5c6d7e8f90 0xDEADBEEF",
        "    indented\n\n\ttabs\n        deeper\n",
    ];

    #[test]
    fn the_estimate_is_not_below_tiktoken() {
        for name in ["o200k", "cl100k"] {
            let exact = counter(name).unwrap();
            for text in TEXTS {
                let (estimate, exact) = (Estimate.count(text), exact.count(text));
                assert!(exact <= estimate, "{name}: {exact} against {estimate} for {text:?}");
            }
        }
    }

    #[test]
    fn special_tokens_are_ordinary_text() {
        assert!(1 < counter("o200k").unwrap().count("<|endoftext|>").0);
    }

    #[test]
    fn a_long_run_of_anything_is_counted() {
        let exact = counter("o200k").unwrap();
        for (unit, count) in [("a", 100_000), (" ", 1_000_000)] {
            assert!(0 < exact.count(&unit.repeat(count)).0);
        }
    }
}
