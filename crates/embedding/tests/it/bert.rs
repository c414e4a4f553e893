//! BERT from a directory: agreement with reference arithmetic, and errors.

mod dense;
mod reference;
pub(crate) mod tiny;

use std::{collections::HashSet, fs};

use aios_embedding::{Bert, BertOptions, Embedder, Error, Fingerprint};
use candle_core::{DType, Device};
use serde_json::{Value, json};

use crate::assert_close;
use tiny::Tiny;

const TEXTS: &[&str] = &[
    "red blue",
    "red",
    "blue red green red blue green red",
    "green blue",
    "violet red",
    "one two three red green blue one two three red green blue one two three",
];

fn open(tiny: &Tiny) -> Bert {
    Bert::open(tiny.path(), BertOptions::default()).unwrap()
}

fn assert_agrees(tiny: &Tiny) {
    let vectors = open(tiny).embed_documents(TEXTS).unwrap();
    for (text, vector) in TEXTS.iter().zip(&vectors) {
        assert_close(vector, &reference::embed(tiny, &tiny.ids(text)), 1e-5);
    }
}

#[test]
fn it_agrees_with_reference_arithmetic() {
    for activation in ["gelu", "gelu_new", "relu"] {
        for pooling in ["mean_tokens", "cls_token"] {
            assert_agrees(&Tiny::new(|settings| {
                settings.activation = activation;
                settings.pooling = pooling;
            }));
        }
    }
}

#[test]
fn it_agrees_with_reference_arithmetic_for_roberta() {
    for pad_token_id in [Some(1), None] {
        assert_agrees(&Tiny::new(|settings| {
            settings.model_type = "xlm-roberta";
            settings.pad_token_id = pad_token_id;
        }));
    }
}

#[test]
fn weights_may_be_half_precision() {
    let first = |dtype| {
        let tiny = Tiny::new(|settings| settings.dtype = dtype);
        assert_agrees(&tiny);
        open(&tiny).embed_query("red").unwrap()
    };
    let [whole, half, brain] = [DType::F32, DType::F16, DType::BF16].map(first);
    assert!(whole != half && half != brain);
}

#[test]
fn weights_that_are_not_finite_give_no_vector() {
    for number in [f32::NAN, f32::INFINITY] {
        for name in ["embeddings.word_embeddings.weight", "encoder.layer.1.output.dense.bias"] {
            let tiny = Tiny::new(|settings| settings.spoilt = Some((name, number)));
            let error = open(&tiny).embed_documents(TEXTS).unwrap_err();
            assert!(matches!(error, Error::Compute { .. }), "{error}");
        }
    }
}

#[test]
fn weights_may_stand_under_the_name_of_the_family() {
    let plain = Tiny::new(|_| ());
    let prefixed = Tiny::new(|settings| settings.prefix = "bert.");
    let vector = |tiny| open(tiny).embed_query("red blue").unwrap();
    assert_eq!(vector(&plain), vector(&prefixed));
}

#[test]
fn weights_of_two_encoders_are_refused() {
    let tiny = Tiny::new(|_| ());
    let path = tiny.path().join("model.safetensors");
    let mut tensors = candle_core::safetensors::load(&path, &Device::Cpu).unwrap();
    let other = tensors["embeddings.word_embeddings.weight"].clone();
    tensors.insert("queries.embeddings.word_embeddings.weight".into(), other);
    candle_core::safetensors::save(&tensors, &path).unwrap();
    let error = Bert::open(tiny.path(), BertOptions::default()).err().unwrap();
    assert!(matches!(error, Error::Unsupported { .. }), "{error}");
    assert!(error.to_string().contains("more than one encoder, ``, `queries.`"), "{error}");
}

#[test]
fn texts_are_lowercased_if_the_model_requires_it() {
    let cased = |settings: &mut tiny::Settings| settings.lowercases = false;
    let (plain, lowering) = (Tiny::new(cased), Tiny::new(cased));
    fs::write(lowering.path().join("sentence_bert_config.json"), r#"{"do_lower_case": true}"#)
        .unwrap();
    let (plain, lowering) = (open(&plain), open(&lowering));
    let red = plain.embed_query("red").unwrap();
    assert_ne!(plain.embed_query("Red").unwrap(), red);
    assert_eq!(lowering.embed_query("Red").unwrap(), red);
    assert_ne!(plain.fingerprint(), lowering.fingerprint());
}

#[test]
fn batches_and_threads_change_no_vector() {
    let tiny = Tiny::new(|_| ());
    let alone: Vec<Vec<f32>> =
        TEXTS.iter().map(|text| open(&tiny).embed_query(text).unwrap()).collect();
    for (batch_max, threads) in [(0, 0), (1, 3), (2, 1), (2, 2), (32, 2)] {
        let options = BertOptions::default().with_batch_max(batch_max).with_threads(threads);
        let bert = Bert::open(tiny.path(), options).unwrap();
        for (vector, alone) in bert.embed_documents(TEXTS).unwrap().iter().zip(&alone) {
            assert_close(vector, alone, 1e-6);
        }
    }
    assert!(open(&tiny).embed_documents(&[]).unwrap().is_empty());
    // More tokens than one batch may have, at any number of texts.
    let bert = Bert::open(tiny.path(), BertOptions::default().with_batch_max(1000)).unwrap();
    let vectors = bert.embed_documents(&TEXTS.repeat(100)).unwrap();
    assert_eq!(vectors.len(), 100 * TEXTS.len());
    for (vector, alone) in vectors.iter().zip(alone.iter().cycle()) {
        assert_close(vector, alone, 1e-6);
    }
}

#[test]
fn a_text_beyond_the_limit_is_cut_and_keeps_its_last_special_token() {
    let tiny = Tiny::new(|settings| settings.length_max = Some(6));
    let bert = open(&tiny);
    let text = "red blue green red blue green red";
    let ids = tiny.ids("red blue green red");
    assert_eq!(ids.len(), 6);
    assert_close(&bert.embed_query(text).unwrap(), &reference::embed(&tiny, &ids), 1e-5);
    assert_eq!(bert.count_tokens(text), 7);
}

#[test]
fn prefixes_go_before_queries_and_documents() {
    let tiny = Tiny::new(|_| ());
    let options = BertOptions::default().with_query_prefix("one ").with_document_prefix("two ");
    let prefixed = Bert::open(tiny.path(), options).unwrap();
    let plain = open(&tiny);
    assert_eq!(prefixed.embed_query("red").unwrap(), plain.embed_query("one red").unwrap());
    assert_eq!(
        prefixed.embed_documents(&["red"]).unwrap(),
        plain.embed_documents(&["two red"]).unwrap()
    );
    assert_ne!(prefixed.fingerprint(), plain.fingerprint());
    assert_eq!(prefixed.tokens_max(), plain.tokens_max().map(|most| most - 1));
}

#[test]
fn default_prompts_come_from_the_model() {
    let check = |file: Value, query: &str, document: &str| {
        let tiny = Tiny::new(|_| ());
        let path = tiny.path().join("config_sentence_transformers.json");
        std::fs::write(path, file.to_string()).unwrap();
        let said = open(&tiny);
        let options = BertOptions::default().with_query_prefix(query);
        let given = Bert::open(tiny.path(), options.with_document_prefix(document)).unwrap();
        assert_eq!(said.fingerprint(), given.fingerprint());
        assert_eq!(said.embed_query("red").unwrap(), given.embed_query("red").unwrap());
    };
    check(json!({}), "", "");
    check(json!({"prompts": {"query": "one ", "passage": "two "}}), "one ", "two ");
    check(
        json!({"prompts": {"query": "one ", "document": "two ", "passage": "x"}}),
        "one ",
        "two ",
    );
    let for_all =
        json!({"prompts": {"query": "one ", "any": "two "}, "default_prompt_name": "any"});
    check(for_all, "one ", "two ");
    check(json!({"prompts": {"query": "one "}, "default_prompt_name": null}), "one ", "");
}

#[test]
fn a_text_without_a_known_token_has_no_direction() {
    let tiny = Tiny::new(|_| ());
    let zeros = vec![0.0; tiny::HIDDEN];
    let prefixed = BertOptions::default().with_document_prefix("one ");
    for bert in [open(&tiny), Bert::open(tiny.path(), prefixed).unwrap()] {
        let vectors = bert.embed_documents(&["", "violet", "red", "orange violet"]).unwrap();
        let is_zero: Vec<bool> = vectors.iter().map(|vector| *vector == zeros).collect();
        assert_eq!(is_zero, [true, true, false, true]);
    }
}

#[test]
fn special_tokens_in_a_text_are_text() {
    let bert = open(&Tiny::new(|_| ()));
    assert_eq!(bert.count_tokens("red [SEP] blue"), 5);
    assert_eq!(bert.count_tokens(""), 0);
}

#[test]
fn the_fingerprint_follows_the_content() {
    let fingerprint = |tiny: &Tiny| open(tiny).fingerprint().clone();
    let tiny = Tiny::new(|_| ());
    assert_eq!(fingerprint(&tiny), fingerprint(&Tiny::new(|_| ())));
    let told = fingerprint(&tiny);
    assert!(told.as_str().starts_with("bert@") && told.as_str().ends_with("/mean/8"), "{told}");
    // The path of its training does not affect the space.
    let moved = Tiny::new(|_| ());
    let mut config = moved.config();
    config["_name_or_path"] = json!("checkpoints/500");
    fs::write(moved.path().join("config.json"), config.to_string()).unwrap();
    assert_eq!(fingerprint(&moved), told);
    let others = [
        Tiny::new(|settings| settings.seed = 2),
        Tiny::new(|settings| settings.activation = "relu"),
        Tiny::new(|settings| settings.pooling = "cls_token"),
        Tiny::new(|settings| settings.length_max = Some(5)),
    ];
    let mut fingerprints: HashSet<Fingerprint> = others.iter().map(fingerprint).collect();
    // One bit of one weight.
    let weights = tiny.path().join("model.safetensors");
    let plain = fs::read(&weights).unwrap();
    let mut bytes = plain.clone();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&weights, bytes).unwrap();
    fingerprints.insert(fingerprint(&tiny));
    fs::write(&weights, plain).unwrap();
    // Different pairs of prefixes, even if their concatenations are equal.
    for (query, document) in [("one ", ""), ("", "one "), ("one", " ")] {
        let options = BertOptions::default().with_query_prefix(query);
        let options = options.with_document_prefix(document);
        fingerprints.insert(Bert::open(tiny.path(), options).unwrap().fingerprint().clone());
    }
    assert_eq!(fingerprints.len(), 8);
    assert!(!fingerprints.contains(&fingerprint(&tiny)));
    // The number of threads does not affect the space.
    let options = BertOptions::default().with_threads(1).with_batch_max(3);
    let other = Bert::open(tiny.path(), options).unwrap();
    assert_eq!(*other.fingerprint(), fingerprint(&tiny));
}

#[test]
fn a_missing_file_is_named() {
    for name in [
        "modules.json",
        "1_Pooling/config.json",
        "config.json",
        "tokenizer.json",
        "model.safetensors",
    ] {
        let tiny = Tiny::new(|_| ());
        fs::remove_file(tiny.path().join(name)).unwrap();
        let error = Bert::open(tiny.path(), BertOptions::default()).err().unwrap();
        assert!(error.is_not_found(), "{error}");
        assert!(error.to_string().contains(name), "{error}");
    }
    let tiny = Tiny::new(|_| ());
    let error = Bert::open(tiny.path().join("none"), BertOptions::default()).err().unwrap();
    assert!(error.is_not_found() && error.to_string().contains("none"), "{error}");
}

#[test]
fn a_malformed_file_is_named() {
    let check = |name: &str, content: &[u8], expect: &str| {
        let tiny = Tiny::new(|_| ());
        fs::write(tiny.path().join(name), content).unwrap();
        let error = Bert::open(tiny.path(), BertOptions::default()).err().unwrap();
        assert!(error.is_damaged(), "{error}");
        assert!(error.to_string().contains(name), "{error}");
        assert!(error.to_string().contains(expect), "{error}");
    };
    check("modules.json", b"{", "expected a sequence");
    check("config.json", b"{}", "model_type");
    check("tokenizer.json", b"{}", "Model missing");
    check("model.safetensors", b"not at all", "");
    check("sentence_bert_config.json", br#"{"max_seq_length": "long"}"#, "long");
    let tiny = Tiny::new(|settings| settings.length_max = Some(2));
    let error = Bert::open(tiny.path(), BertOptions::default()).err().unwrap();
    assert!(error.to_string().contains("adds 2 special tokens"), "{error}");
    let tiny = Tiny::new(|settings| settings.omitted = "encoder.layer.1.output.dense.bias");
    let error = Bert::open(tiny.path(), BertOptions::default()).err().unwrap();
    assert!(error.to_string().contains("encoder.layer.1.output.dense.bias"), "{error}");
}

#[test]
fn a_token_without_a_row_is_refused_at_opening() {
    let check = |rows: usize, change: fn(&mut Value)| {
        let tiny = Tiny::new(|_| ());
        let mut tokenizer = tiny.tokenizer();
        change(&mut tokenizer);
        fs::write(tiny.path().join("tokenizer.json"), tokenizer.to_string()).unwrap();
        let error = Bert::open(tiny.path(), BertOptions::default()).err().unwrap();
        assert!(error.is_damaged(), "{error}");
        let needed = format!("expected [{rows} or more, 8]");
        assert!(error.to_string().contains(&needed), "{error}");
    };
    check(1000, |tokenizer| tokenizer["model"]["vocab"]["three"] = json!(999));
    check(1000, |tokenizer| tokenizer["post_processor"]["sep"][1] = json!(999));
    // It gets the next free id.
    check(14, |tokenizer| {
        let mut added = tokenizer["added_tokens"][0].clone();
        (added["id"], added["content"]) = (json!(999), json!("[MORE]"));
        tokenizer["added_tokens"].as_array_mut().unwrap().push(added);
    });
}

#[test]
fn a_model_of_another_make_is_refused() {
    let check = |name: &str, content: Value, expect: &str| {
        let tiny = Tiny::new(|_| ());
        fs::write(tiny.path().join(name), content.to_string()).unwrap();
        let error = Bert::open(tiny.path(), BertOptions::default()).err().unwrap();
        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
        assert!(error.to_string().contains(expect), "{error}");
    };
    let mut config = Tiny::new(|_| ()).config();
    config["hidden_act"] = json!("swish");
    check("config.json", config, "swish");
    let mut config = Tiny::new(|_| ()).config();
    config["position_embedding_type"] = json!("relative_key");
    check("config.json", config, "relative_key");
    for others in [
        json!({ "pooling_mode_max_tokens": true }),
        json!({ "pooling_mode_mean_tokens": true, "pooling_mode_mean_sqrt_len_tokens": true }),
        json!({ "pooling_mode_mean_tokens": true, "pooling_mode_weightedmean_tokens": true }),
        json!({ "pooling_mode_cls_token": true, "pooling_mode_lasttoken": true }),
        json!({ "pooling_mode_mean_tokens": true, "include_prompt": false }),
        json!({}),
    ] {
        check("1_Pooling/config.json", others, "pooling");
    }
    for path in ["", "/etc", "..", "a/../../b", "./"] {
        let modules = json!([
            { "path": "", "type": "sentence_transformers.models.Transformer" },
            { "path": path, "type": "sentence_transformers.models.Pooling" },
        ]);
        check("modules.json", modules, &format!("a pooling in `{path}`"));
    }
    let modules = json!([
        { "path": "", "type": "sentence_transformers.models.Transformer" },
        { "path": "1_Pooling", "type": "sentence_transformers.models.Pooling" },
        { "path": "2_CNN", "type": "sentence_transformers.models.CNN" },
    ]);
    check("modules.json", modules, "CNN");
    // Families that have other names for their sizes.
    let mpnet = json!({
        "architectures": ["MPNetModel"],
        "model_type": "mpnet",
        "relative_attention_num_buckets": 32,
    });
    check("config.json", mpnet, "model type `mpnet`");
    let albert = json!({ "model_type": "albert", "hidden_size": 768, "hidden_act": "gelu_new" });
    check("config.json", albert, "model type `albert`");
}
