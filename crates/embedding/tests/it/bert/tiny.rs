//! A BERT small enough to compute by hand, in a temporary directory.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
};

use candle_core::{DType, Device};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const HIDDEN: usize = 8;
pub(crate) const HEADS: usize = 2;
pub(crate) const LAYERS: usize = 2;
pub(crate) const EPSILON: f64 = 1e-5;
const WIDE: usize = 12;
const POSITIONS: usize = 20;
/// The special tokens are in the order of RoBERTa.
const PIECES: &[&str] = &[
    "[CLS]", "[PAD]", "[SEP]", "[UNK]", "[", "]", "sep", "red", "green", "blue", "one", "two",
    "three",
];
const CLS: usize = 0;
const PAD: usize = 1;
const SEP: usize = 2;
const UNK: usize = 3;

/// Settings that differ between models.
pub(crate) struct Settings {
    pub(crate) seed: u64,
    pub(crate) model_type: &'static str,
    pub(crate) activation: &'static str,
    pub(crate) pooling: &'static str,
    pub(crate) length_max: Option<usize>,
    pub(crate) pad_token_id: Option<usize>,
    /// True if the tokenizer lowercases texts.
    pub(crate) lowercases: bool,
    /// Type of the numbers in the file; [`Tiny::tensors`] has their values in that type.
    pub(crate) dtype: DType,
    /// A tensor, and the number to put at its start.
    pub(crate) spoilt: Option<(&'static str, f32)>,
    /// Prefix of the names of the tensors.
    pub(crate) prefix: &'static str,
    /// A tensor to omit from the file.
    pub(crate) omitted: &'static str,
}

pub(crate) struct Tensor {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

pub(crate) struct Tiny {
    pub(crate) settings: Settings,
    pub(crate) tensors: BTreeMap<String, Tensor>,
    dir: TempDir,
}

impl Tiny {
    pub(crate) fn new(change: impl FnOnce(&mut Settings)) -> Tiny {
        let mut settings = Settings {
            seed: 1,
            model_type: "bert",
            activation: "gelu",
            pooling: "mean_tokens",
            length_max: None,
            pad_token_id: Some(PAD),
            lowercases: true,
            dtype: DType::F32,
            spoilt: None,
            prefix: "",
            omitted: "",
        };
        change(&mut settings);
        let mut tensors = tensors(settings.seed);
        if let Some((name, value)) = settings.spoilt {
            tensors.get_mut(name).unwrap().values[0] = value;
        }
        for tensor in tensors.values_mut() {
            let stored = tensor.stored(settings.dtype).flatten_all().unwrap();
            tensor.values = stored.to_dtype(DType::F32).unwrap().to_vec1().unwrap();
        }
        let tiny = Tiny { settings, tensors, dir: tempfile::tempdir().unwrap() };
        tiny.write();
        tiny
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Returns the ids of a text of whole words, between the special tokens.
    pub(crate) fn ids(&self, text: &str) -> Vec<usize> {
        let id = |word| PIECES.iter().position(|&piece| piece == word).unwrap_or(UNK);
        let words = text.split_whitespace().map(id);
        [CLS].into_iter().chain(words).chain([SEP]).collect()
    }

    /// Returns the position of a text's first token.
    pub(crate) fn position_offset(&self) -> usize {
        if self.settings.model_type == "bert" { 0 } else { PAD + 1 }
    }

    pub(crate) fn config(&self) -> Value {
        let mut config = json!({
            "model_type": self.settings.model_type,
            "hidden_act": self.settings.activation,
            "hidden_size": HIDDEN,
            "num_attention_heads": HEADS,
            "num_hidden_layers": LAYERS,
            "intermediate_size": WIDE,
            "max_position_embeddings": POSITIONS,
            "layer_norm_eps": EPSILON,
        });
        if let Some(id) = self.settings.pad_token_id {
            config["pad_token_id"] = json!(id);
        }
        config
    }

    pub(crate) fn tokenizer(&self) -> Value {
        let mut tokenizer = tokenizer();
        tokenizer["normalizer"]["lowercase"] = json!(self.settings.lowercases);
        tokenizer
    }

    fn write(&self) {
        let write = |name: &str, value: Value| {
            fs::write(self.path().join(name), value.to_string()).unwrap();
        };
        fs::create_dir(self.path().join("1_Pooling")).unwrap();
        write("config.json", self.config());
        write("tokenizer.json", self.tokenizer());
        write("modules.json", modules());
        let mode = format!("pooling_mode_{}", self.settings.pooling);
        write("1_Pooling/config.json", json!({ mode: true }));
        if let Some(length_max) = self.settings.length_max {
            write("sentence_bert_config.json", json!({ "max_seq_length": length_max }));
        }
        let stored: HashMap<String, candle_core::Tensor> = self
            .tensors
            .iter()
            .filter(|(name, _)| *name != self.settings.omitted)
            .map(|(name, tensor)| {
                let name = format!("{}{name}", self.settings.prefix);
                (name, tensor.stored(self.settings.dtype))
            })
            .collect();
        candle_core::safetensors::save(&stored, self.path().join("model.safetensors")).unwrap();
    }
}

impl Tensor {
    /// Returns the tensor as stored in the file.
    fn stored(&self, dtype: DType) -> candle_core::Tensor {
        let tensor = candle_core::Tensor::from_slice(&self.values, &*self.shape, &Device::Cpu);
        tensor.unwrap().to_dtype(dtype).unwrap()
    }
}

pub(crate) fn modules() -> Value {
    json!([
        { "path": "", "type": "sentence_transformers.models.Transformer" },
        { "path": "1_Pooling", "type": "sentence_transformers.models.Pooling" },
        { "path": "2_Normalize", "type": "sentence_transformers.models.Normalize" },
    ])
}

pub(crate) fn tokenizer() -> Value {
    let vocabulary: BTreeMap<&str, usize> =
        PIECES.iter().enumerate().map(|(id, &piece)| (piece, id)).collect();
    let special = |id: usize| {
        json!({ "id": id, "content": PIECES[id], "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false, "special": true })
    };
    json!({
        "version": "1.0",
        // Real files have a limit and a padding that are not the model's.
        "truncation": { "max_length": 4, "strategy": "LongestFirst", "stride": 0,
                        "direction": "Right" },
        "padding": { "strategy": { "Fixed": 9 }, "direction": "Right", "pad_to_multiple_of": null,
                     "pad_id": PAD, "pad_type_id": 0, "pad_token": "[PAD]" },
        "added_tokens": [special(CLS), special(PAD), special(SEP), special(UNK)],
        "normalizer": { "type": "BertNormalizer", "clean_text": true,
                        "handle_chinese_chars": true, "strip_accents": null, "lowercase": true },
        "pre_tokenizer": { "type": "BertPreTokenizer" },
        "post_processor": {
            "type": "BertProcessing", "sep": ["[SEP]", SEP], "cls": ["[CLS]", CLS],
        },
        "decoder": null,
        "model": { "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                   "max_input_chars_per_word": 100, "vocab": vocabulary },
    })
}

/// Generates random weights between -1 and 1.
fn tensors(seed: u64) -> BTreeMap<String, Tensor> {
    let mut state = seed;
    let mut next = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    let mut tensors = BTreeMap::new();
    let mut add = |name: String, shape: &[usize]| {
        let values = (0..shape.iter().product()).map(|_| next()).collect();
        tensors.insert(name, Tensor { shape: shape.to_vec(), values });
    };
    add("embeddings.word_embeddings.weight".into(), &[PIECES.len(), HIDDEN]);
    add("embeddings.position_embeddings.weight".into(), &[POSITIONS, HIDDEN]);
    add("embeddings.token_type_embeddings.weight".into(), &[2, HIDDEN]);
    let mut add_pair = |name: String, outputs: usize, inputs: Option<usize>| {
        let shape = [outputs, inputs.unwrap_or_default()];
        add(format!("{name}.weight"), if inputs.is_some() { &shape } else { &shape[..1] });
        add(format!("{name}.bias"), &[outputs]);
    };
    add_pair("embeddings.LayerNorm".into(), HIDDEN, None);
    for layer in 0..LAYERS {
        let at = format!("encoder.layer.{layer}");
        for part in ["self.query", "self.key", "self.value", "output.dense"] {
            add_pair(format!("{at}.attention.{part}"), HIDDEN, Some(HIDDEN));
        }
        add_pair(format!("{at}.attention.output.LayerNorm"), HIDDEN, None);
        add_pair(format!("{at}.intermediate.dense"), WIDE, Some(HIDDEN));
        add_pair(format!("{at}.output.dense"), HIDDEN, Some(WIDE));
        add_pair(format!("{at}.output.LayerNorm"), HIDDEN, None);
    }
    tensors
}
