//! Cross-encoders: agreement with PyTorch, and errors.

use aios_embedding::{CrossEncoder, Error};
use candle_core::{DType, Device, Tensor};
use serde_json::json;

use crate::{assert_close, families::fixture::Fixture};

const MAKES: &[&str] = &["cross-bert", "cross-roberta", "cross-deberta"];

fn open(fixture: &Fixture) -> CrossEncoder {
    CrossEncoder::open(fixture.path(), 2).unwrap()
}

fn refusal(fixture: &Fixture) -> Error {
    CrossEncoder::open(fixture.path(), 2).err().unwrap()
}

#[test]
fn every_make_agrees_with_pytorch() {
    for make in MAKES {
        let fixture = Fixture::new(make);
        let (model, expected) = (open(&fixture), fixture.expected());
        let pairs: Vec<(String, String)> =
            serde_json::from_value(expected["pairs"].clone()).unwrap();
        let expected: Vec<f32> = serde_json::from_value(expected["scores"].clone()).unwrap();
        let scores: Vec<f32> =
            pairs.iter().flat_map(|(query, text)| model.score(query, &[text]).unwrap()).collect();
        assert_close(&scores, &expected, 5e-5);
        assert!(expected.iter().any(|score| (score - expected[0]).abs() > 0.1), "{make}");
    }
}

#[test]
fn a_score_is_independent_of_the_other_texts() {
    let texts = ["red blue", "blue", "three two blue green green", "green blue", "", "violet"];
    for make in MAKES {
        let fixture = Fixture::new(make);
        let alone: Vec<f32> = texts
            .iter()
            .flat_map(|text| open(&fixture).score("red one", &[text]).unwrap())
            .collect();
        for threads in [0, 1, 3] {
            let model = CrossEncoder::open(fixture.path(), threads).unwrap();
            let scores = model.score("red one", &texts.repeat(40)).unwrap();
            assert_close(&scores, &alone.repeat(40), 1e-5);
        }
        assert!(open(&fixture).score("red", &[]).unwrap().is_empty());
    }
}

#[test]
fn a_pair_that_is_too_long_is_cut() {
    for make in MAKES {
        let model = open(&Fixture::new(make));
        let long = "red blue green ".repeat(40);
        let longer = "red blue green ".repeat(400);
        let scores = model.score("one two", &[&long, &longer]).unwrap();
        assert_close(&scores[..1], &scores[1..], 1e-5);
        assert_eq!(model.score(&longer, &["one"]).unwrap().len(), 1);
    }
}

#[test]
fn a_model_of_another_make_is_refused() {
    let check = |fixture: Fixture, expect: &str| {
        let error = refusal(&fixture);
        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
        assert!(error.to_string().contains(expect), "{error}");
    };
    let labels = json!({ "0": "no", "1": "yes" });
    for make in MAKES {
        check(Fixture::new(make).with("id2label", labels.clone()), "2 labels");
    }
    check(Fixture::new("cross-bert").with("model_type", json!("albert")), "`albert`");
    check(Fixture::new("cross-bert").with("hidden_act", json!("swish")), "swish");
    check(Fixture::new("modernbert"), "`modernbert`");
    for make in MAKES {
        let missing = Fixture::new(make).weights(|tensors| {
            tensors.retain(|name, _| !name.starts_with("classifier."));
        });
        let error = refusal(&missing);
        assert!(error.is_damaged(), "{error}");
        assert!(error.to_string().contains("`classifier."), "{error}");
        std::fs::remove_file(missing.path().join("tokenizer.json")).unwrap();
        assert!(refusal(&missing).is_not_found());
    }
}

#[test]
fn weights_that_are_not_finite_give_no_score() {
    for make in MAKES {
        let spoilt = Fixture::new(make).weights(|tensors| {
            let name = tensors.keys().find(|name| name.ends_with("classifier.bias"));
            let name = name.map_or("classifier.out_proj.bias", |name| name).to_owned();
            let bias = Tensor::full(f32::NAN, 1, &Device::Cpu).unwrap();
            tensors.insert(name, bias.to_dtype(DType::F32).unwrap());
        });
        let error = open(&spoilt).score("red", &["blue"]).unwrap_err();
        assert!(matches!(error, Error::Compute { .. }), "{error}");
    }
}
