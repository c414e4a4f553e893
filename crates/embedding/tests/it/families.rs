//! Encoders of other families: agreement with PyTorch, and errors.

pub(crate) mod fixture;

use std::{collections::HashSet, sync::Arc};

use aios_embedding::{Bert, BertOptions, Embedder, Error, open_transformer};
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use serde_json::{Value, json};

use crate::{
    assert_close,
    bert::tiny::{self, Tiny},
};
use fixture::Fixture;

/// The families that candle-transformers computes.
const FAMILIES: &[&str] = &["modernbert", "nomic_bert", "jina_bert", "deberta-v2", "t5"];

fn open(fixture: &Fixture) -> Arc<dyn Embedder> {
    open_transformer(fixture.path(), BertOptions::default()).unwrap()
}

fn refusal(fixture: &Fixture) -> Error {
    open_transformer(fixture.path(), BertOptions::default()).err().unwrap()
}

#[test]
fn every_family_agrees_with_pytorch() {
    for family in FAMILIES.iter().chain(&["distilbert"]) {
        for pooling in ["mean_tokens", "cls_token"] {
            let fixture = Fixture::new(family).pooled(pooling);
            let expected = fixture.expected();
            let texts: Vec<&str> =
                expected["texts"].as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
            let vectors = open(&fixture).embed_documents(&texts).unwrap();
            for (vector, expected) in vectors.iter().zip(expected[pooling].as_array().unwrap()) {
                let expected: Vec<f32> = serde_json::from_value(expected.clone()).unwrap();
                assert_close(vector, &expected, 2e-5);
            }
            assert_eq!(vectors.len(), 6, "{family}");
        }
    }
}

#[test]
fn our_bert_agrees_with_that_of_candle_transformers() {
    let tiny = Tiny::new(|_| ());
    let config: Config = serde_json::from_value({
        let mut config = tiny.config();
        let rest = json!({ "vocab_size": 13, "hidden_dropout_prob": 0.0, "type_vocab_size": 2,
                           "initializer_range": 0.02 });
        config.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        config
    })
    .unwrap();
    let weights = std::fs::read(tiny.path().join("model.safetensors")).unwrap();
    let builder = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu).unwrap();
    let theirs = BertModel::load(builder, &config).unwrap();
    let ours = Bert::open(tiny.path(), BertOptions::default()).unwrap();
    for text in ["red", "one two three red green blue one two three red green blue one two three"] {
        let ids: Vec<u32> = tiny.ids(text).into_iter().map(|id| id as u32).collect();
        let ids = Tensor::from_slice(&ids, (1, ids.len()), &Device::Cpu).unwrap();
        let rows = theirs.forward(&ids, &ids.zeros_like().unwrap(), None).unwrap();
        let mean: Vec<f32> = rows.mean(1).unwrap().squeeze(0).unwrap().to_vec1().unwrap();
        let length = mean.iter().map(|x| x * x).sum::<f32>().sqrt();
        let mean: Vec<f32> = mean.iter().map(|x| x / length).collect();
        assert_close(&ours.embed_query(text).unwrap(), &mean, 1e-5);
    }
}

#[test]
fn batches_and_threads_change_no_vector() {
    let texts = ["red blue", "red", "green blue", "one two three", "one two three red green blue"];
    for family in FAMILIES {
        let fixture = Fixture::new(family);
        let alone = texts.map(|text| open(&fixture).embed_query(text).unwrap());
        for (batch_max, threads) in [(0, 0), (1, 3), (2, 1), (32, 2)] {
            let options = BertOptions::default().with_batch_max(batch_max).with_threads(threads);
            let model = open_transformer(fixture.path(), options).unwrap();
            let vectors = model.embed_documents(&texts.repeat(100)).unwrap();
            assert_eq!(vectors.len(), 500);
            for (vector, alone) in vectors.iter().zip(alone.iter().cycle()) {
                assert_close(vector, alone, 1e-5);
            }
        }
        assert!(open(&fixture).embed_documents(&[]).unwrap().is_empty());
    }
}

#[test]
fn a_text_without_a_known_token_has_no_direction() {
    for family in FAMILIES {
        let vectors = open(&Fixture::new(family)).embed_documents(&["", "violet", "red"]).unwrap();
        let is_zero: Vec<bool> =
            vectors.iter().map(|vector| vector.iter().all(|x| *x == 0.0)).collect();
        assert_eq!(is_zero, [true, true, false]);
    }
}

#[test]
fn prompts_go_before_queries_and_documents() {
    for family in FAMILIES {
        let fixture = Fixture::new(family);
        let plain = open(&fixture);
        fixture.write(
            "config_sentence_transformers.json",
            &json!({ "prompts": { "query": "one ", "document": "two " } }),
        );
        let prompted = open(&fixture);
        assert_eq!(prompted.embed_query("red").unwrap(), plain.embed_query("one red").unwrap());
        assert_eq!(
            prompted.embed_documents(&["red"]).unwrap(),
            plain.embed_documents(&["two red"]).unwrap()
        );
        assert_ne!(prompted.fingerprint(), plain.fingerprint());
        assert_eq!(prompted.tokens_max(), plain.tokens_max().map(|most| most - 1));
    }
}

#[test]
fn a_text_is_cut_at_the_limit_of_the_model() {
    let tokens_max = |family| open(&Fixture::new(family)).tokens_max().unwrap();
    // Two tokens are special. NomicBERT was trained with fewer tokens than it accepts, and JinaBERT
    // accepts more than RAM allows.
    assert_eq!(FAMILIES.iter().map(|f| tokens_max(f)).collect::<Vec<_>>(), [62, 46, 1022, 62, 510]);
    for family in FAMILIES {
        let fixture = Fixture::new(family);
        fixture.write("sentence_bert_config.json", &json!({ "max_seq_length": 5 }));
        let model = open(&fixture);
        let cut = model.embed_query("red blue green").unwrap();
        assert_eq!(model.embed_query("red blue green red blue").unwrap(), cut);
        assert_ne!(model.embed_query("red blue one").unwrap(), cut);
        assert_eq!(model.tokens_max(), Some(3));
        let long = ["red"; 100].join(" ");
        assert_eq!(model.count_tokens(&long), 100);
    }
}

#[test]
fn the_fingerprint_follows_the_content() {
    for family in FAMILIES {
        let fixture = Fixture::new(family);
        let told = open(&fixture).fingerprint().clone();
        assert!(told.as_str().starts_with(&format!("{family}@")), "{told}");
        assert!(told.as_str().contains("/mean/"), "{told}");
        // The path of its training and the options of inference do not affect the space.
        let moved = Fixture::new(family).with("_name_or_path", json!("checkpoints/500"));
        let options = BertOptions::default().with_threads(1).with_batch_max(3);
        let moved = open_transformer(moved.path(), options).unwrap();
        assert_eq!(*moved.fingerprint(), told);
        let epsilon = if *family == "modernbert" { "norm_eps" } else { "layer_norm_eps" };
        let is_long = matches!(*family, "nomic_bert" | "t5");
        let epsilon = if is_long { "layer_norm_epsilon" } else { epsilon };
        let others = [
            Fixture::new(family).pooled("cls_token"),
            Fixture::new(family).with(epsilon, json!(1e-3)),
            Fixture::new(family).spoilt(1.5),
        ];
        let mut fingerprints: HashSet<_> =
            others.iter().map(|other| open(other).fingerprint().clone()).collect();
        fingerprints.insert(told);
        assert_eq!(fingerprints.len(), 4);
    }
}

#[test]
fn weights_that_are_not_finite_give_no_vector() {
    for family in FAMILIES {
        for number in [f32::NAN, f32::INFINITY] {
            let fixture = Fixture::new(family).spoilt(number);
            let error = open(&fixture).embed_query("red").unwrap_err();
            assert!(matches!(error, Error::Compute { .. }), "{family}: {error}");
        }
    }
}

#[test]
fn weights_may_stand_under_a_prefix_beside_heads() {
    for family in FAMILIES {
        let plain = Fixture::new(family);
        let prefixed = Fixture::new(family).weights(|tensors| {
            let head = tensors.values().next().unwrap().clone();
            let renamed = tensors.drain().map(|(name, tensor)| (format!("model.{name}"), tensor));
            let mut renamed: std::collections::HashMap<String, Tensor> = renamed.collect();
            renamed.insert("head.dense.weight".to_owned(), head.clone());
            renamed.insert("model.pooler.dense.weight".to_owned(), head);
            *tensors = renamed;
        });
        let vector = |fixture: &Fixture| open(fixture).embed_query("red blue").unwrap();
        assert_eq!(vector(&plain), vector(&prefixed));
    }
}

#[test]
fn unused_and_missing_weights_are_named() {
    for family in FAMILIES {
        let left = Fixture::new(family).weights(|tensors| {
            let other = tensors.values().next().unwrap().clone();
            tensors.insert("encoder.layer.0.attention.self.layer_norm_q.weight".into(), other);
        });
        let error = refusal(&left);
        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
        assert!(error.to_string().contains("self.layer_norm_q.weight"), "{error}");
        let mut omitted = String::new();
        let missing = Fixture::new(family).weights(|tensors| {
            omitted = tensors.keys().filter(|name| name.contains(".1.")).max().unwrap().clone();
            tensors.remove(&omitted);
        });
        let error = refusal(&missing);
        assert!(error.is_damaged(), "{error}");
        assert!(error.to_string().contains(&omitted), "{error}");
        let reshaped = Fixture::new(family).weights(|tensors| {
            let tensor = tensors.get_mut(&omitted).unwrap();
            *tensor = Tensor::zeros(3, DType::F32, &Device::Cpu).unwrap();
        });
        let error = refusal(&reshaped);
        assert!(error.to_string().contains(&format!("`{omitted}` has shape [3]")), "{error}");
    }
}

#[test]
fn a_modernbert_without_a_norm_is_refused() {
    let missing = Fixture::new("modernbert").weights(|tensors| {
        tensors.remove("layers.2.attn_norm.weight").unwrap();
    });
    let error = refusal(&missing);
    assert!(error.is_damaged(), "{error}");
    assert!(error.to_string().contains("layers.2.attn_norm.weight"), "{error}");
}

#[test]
fn a_token_without_a_row_is_refused_at_opening() {
    for family in FAMILIES {
        let fixture = Fixture::new(family);
        let mut tokenizer = tiny::tokenizer();
        tokenizer["model"]["vocab"]["three"] = json!(99);
        fixture.write("tokenizer.json", &tokenizer);
        let error = refusal(&fixture);
        assert!(error.is_damaged(), "{error}");
        assert!(error.to_string().contains("13 tokens, but the tokenizer has 100"), "{error}");
    }
}

#[test]
fn unsupported_features_are_refused() {
    let check = |family: &str, name: &str, value: Value, expect: &str| {
        let error = refusal(&Fixture::new(family).with(name, value));
        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
        assert!(error.to_string().contains(expect), "{error}");
    };
    check("modernbert", "hidden_activation", json!("silu"), "`hidden_activation` = `silu`");
    check("modernbert", "attention_bias", json!(true), "attention_bias");
    let kinds = json!([
        "full_attention",
        "full_attention",
        "sliding_attention",
        "full_attention",
        "sliding_attention"
    ]);
    check("modernbert", "layer_types", kinds, "irregular `layer_types`");
    let scaled = json!({ "full_attention": { "rope_type": "yarn" } });
    check("modernbert", "rope_parameters", scaled, "`yarn`");
    check("nomic_bert", "activation_function", json!("gelu"), "`activation_function` = `gelu`");
    check("nomic_bert", "num_experts", json!(8), "experts");
    check("nomic_bert", "rotary_emb_fraction", json!(0.5), "`rotary_emb_fraction`");
    check("nomic_bert", "prenorm", json!(true), "prenorm");
    check("jina_bert", "feed_forward_type", json!("original"), "`feed_forward_type`");
    check("t5", "feed_forward_proj", json!("gated-relu"), "`gated-relu`");
    check("deberta-v2", "conv_kernel_size", json!(3), "convolution");
    check("deberta-v2", "hidden_act", json!("swish"), "swish");
    check("deberta-v2", "pos_att_type", json!("p2c|p2p"), "`p2p` attention");
    check("deberta-v2", "embedding_size", json!(8), "embedding_size");
    let check_damaged = |family: &str, name: &str, value: Value, expect: &str| {
        let error = refusal(&Fixture::new(family).with(name, value));
        assert!(error.is_damaged(), "{error}");
        assert!(error.to_string().contains(expect), "{error}");
    };
    check_damaged("modernbert", "hidden_size", json!("much"), "expected a whole number");
    check_damaged("modernbert", "hidden_size", json!(null), "missing setting `hidden_size`");
    check_damaged("nomic_bert", "n_head", json!(3), "not a multiple of 3 heads");
}

#[test]
fn both_ways_to_write_a_setting_mean_the_same() {
    let vector = |fixture: &Fixture| open(fixture).embed_query("red blue one").unwrap();
    let plain = vector(&Fixture::new("modernbert"));
    let older = Fixture::new("modernbert")
        .with("rope_parameters", json!(null))
        .with("layer_types", json!(null))
        .with("global_attn_every_n_layers", json!(3))
        .with("global_rope_theta", json!(160_000.0))
        .with("local_rope_theta", json!(10_000.0));
    assert_eq!(vector(&older), plain);
    let plain = vector(&Fixture::new("deberta-v2"));
    assert_eq!(vector(&Fixture::new("deberta-v2").with("pos_att_type", json!("p2c|c2p"))), plain);
    let plain = vector(&Fixture::new("nomic_bert"));
    let newer = Fixture::new("nomic_bert")
        .with("n_embd", json!(null))
        .with("hidden_size", json!(16))
        .with("rope_parameters", json!({ "rope_type": "default", "rope_theta": 1000.0 }));
    assert_eq!(vector(&newer), plain);
}
