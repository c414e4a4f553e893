//! Tiny models with pseudo-random weights, written to a directory.

use std::{
    collections::HashMap,
    fs::{self, File},
    path::{Path, PathBuf},
};

use candle_core::{
    Device, Tensor,
    quantized::{
        GgmlDType, QTensor,
        gguf_file::{Value, write},
    },
};
use serde_json::json;
use tempfile::TempDir;
use tokenizers::{
    AddedToken, Tokenizer, decoders,
    models::bpe::{BPE, Vocab},
    pre_tokenizers::byte_level::ByteLevel,
};

const WIDTH: usize = 32;
const HEADS: usize = 2;
const INNER: usize = 64;
const HEAD: usize = WIDTH / HEADS;
const SPECIAL: [&str; 3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

/// A model in its own directory.
pub(crate) struct Tiny {
    dir: TempDir,
    pub(crate) metadata: Vec<(String, Value)>,
    tensors: Vec<(String, Tensor)>,
}

impl Tiny {
    /// Creates a model of one of the architectures of GGUF files.
    pub(crate) fn new(architecture: &str) -> Tiny {
        let mut weights = Weights(42);
        let tokens = tokens();
        let mut tensors = vec![
            ("token_embd.weight".to_owned(), weights.matrix(tokens.len(), WIDTH)),
            ("output_norm.weight".to_owned(), ones(WIDTH)),
        ];
        for (name, rows, columns) in [
            ("attn_q", WIDTH, WIDTH),
            ("attn_k", HEAD, WIDTH),
            ("attn_v", HEAD, WIDTH),
            ("attn_output", WIDTH, WIDTH),
            ("ffn_gate", INNER, WIDTH),
            ("ffn_up", INNER, WIDTH),
            ("ffn_down", WIDTH, INNER),
        ] {
            tensors.push((format!("blk.0.{name}.weight"), weights.matrix(rows, columns)));
            if architecture == "qwen2" && columns == WIDTH && name.starts_with("attn_") {
                tensors.push((format!("blk.0.{name}.bias"), ones(rows)));
            }
        }
        for name in ["attn_norm", "ffn_norm"] {
            tensors.push((format!("blk.0.{name}.weight"), ones(WIDTH)));
        }
        for name in ["attn_q_norm", "attn_k_norm"] {
            tensors.push((format!("blk.0.{name}.weight"), ones(HEAD)));
        }
        Tiny {
            dir: tempfile::tempdir().unwrap(),
            metadata: metadata(architecture, &tokens),
            tensors,
        }
    }

    /// Sets a number or text of the header.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Tiny {
        self.metadata.retain(|(known, _)| known != name);
        self.metadata.push((name.to_owned(), value));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes the GGUF file, and returns its path.
    pub(crate) fn gguf(&self) -> PathBuf {
        let path = self.path().join("tiny-chat.gguf");
        let quantized: Vec<(String, QTensor)> = self
            .tensors
            .iter()
            .map(|(name, it)| (name.clone(), QTensor::quantize(it, GgmlDType::F32).unwrap()))
            .collect();
        let tensors: Vec<(&str, &QTensor)> =
            quantized.iter().map(|(name, it)| (name.as_str(), it)).collect();
        let metadata: Vec<(&str, &Value)> =
            self.metadata.iter().map(|(name, it)| (name.as_str(), it)).collect();
        write(&mut File::create(&path).unwrap(), &metadata, &tensors).unwrap();
        path
    }

    /// Writes the model as a directory of `transformers`, and returns its path.
    pub(crate) fn directory(&self) -> PathBuf {
        let path = self.path().join("tiny-directory");
        fs::create_dir(&path).unwrap();
        let names = [
            ("token_embd", "model.embed_tokens"),
            ("output_norm", "model.norm"),
            ("attn_q.", "self_attn.q_proj."),
            ("attn_k.", "self_attn.k_proj."),
            ("attn_v.", "self_attn.v_proj."),
            ("attn_output", "self_attn.o_proj"),
            ("ffn_gate", "mlp.gate_proj"),
            ("ffn_up", "mlp.up_proj"),
            ("ffn_down", "mlp.down_proj"),
            ("attn_norm", "input_layernorm"),
            ("ffn_norm", "post_attention_layernorm"),
            ("blk.", "model.layers."),
        ];
        let renamed = |name: &str| {
            names.iter().fold(name.to_owned(), |name, (old, new)| name.replace(old, new))
        };
        let tensors: HashMap<String, Tensor> =
            self.tensors.iter().map(|(name, it)| (renamed(name), it.clone())).collect();
        candle_core::safetensors::save(&tensors, path.join("model.safetensors")).unwrap();
        let config = json!({
            "model_type": "llama", "hidden_size": WIDTH, "intermediate_size": INNER,
            "vocab_size": tokens().len(), "num_hidden_layers": 1, "num_attention_heads": HEADS,
            "num_key_value_heads": 1, "rms_norm_eps": 1e-5, "rope_theta": 10_000.0,
            "max_position_embeddings": 2_048, "tie_word_embeddings": true,
        });
        fs::write(path.join("config.json"), config.to_string()).unwrap();
        tokenizer().save(path.join("tokenizer.json"), false).unwrap();
        path
    }
}

/// A tokenizer whose tokens are bytes.
pub(crate) fn tokenizer() -> Tokenizer {
    let vocabulary: Vocab = tokens().into_iter().zip(0..).collect();
    let model = BPE::builder().vocab_and_merges(vocabulary, Vec::new()).build().unwrap();
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_pre_tokenizer(Some(ByteLevel::new(false, false, true)));
    tokenizer.with_decoder(Some(decoders::byte_level::ByteLevel::default()));
    let special: Vec<_> = SPECIAL.iter().map(|it| AddedToken::from(*it, true)).collect();
    tokenizer.add_special_tokens(special).unwrap();
    tokenizer
}

/// All bytes in the alphabet of GPT-2, and the special tokens.
fn tokens() -> Vec<String> {
    let mut bytes: Vec<String> = ByteLevel::alphabet().iter().map(char::to_string).collect();
    bytes.sort();
    SPECIAL.iter().map(|it| (*it).to_owned()).chain(bytes).collect()
}

fn metadata(architecture: &str, tokens: &[String]) -> Vec<(String, Value)> {
    let text = |it: &str| Value::String(it.to_owned());
    let kinds = tokens.iter().map(|it| Value::I32(if it.starts_with("<|") { 3 } else { 1 }));
    let mut metadata = vec![
        ("general.architecture".to_owned(), text(architecture)),
        ("tokenizer.ggml.model".to_owned(), text("gpt2")),
        ("tokenizer.ggml.pre".to_owned(), text("smollm")),
        (
            "tokenizer.ggml.tokens".to_owned(),
            Value::Array(tokens.iter().map(|it| text(it)).collect()),
        ),
        ("tokenizer.ggml.token_type".to_owned(), Value::Array(kinds.collect())),
        ("tokenizer.ggml.merges".to_owned(), Value::Array(Vec::new())),
        ("tokenizer.ggml.eos_token_id".to_owned(), Value::U32(2)),
        (format!("{architecture}.attention.layer_norm_rms_epsilon"), Value::F32(1e-5)),
        (format!("{architecture}.rope.freq_base"), Value::F32(10_000.0)),
    ];
    for (name, number) in [
        ("attention.head_count", HEADS),
        ("attention.head_count_kv", 1),
        ("attention.key_length", HEAD),
        ("block_count", 1),
        ("embedding_length", WIDTH),
        ("feed_forward_length", INNER),
        ("rope.dimension_count", HEAD),
        ("context_length", 2_048),
    ] {
        metadata.push((format!("{architecture}.{name}"), Value::U32(number as u32)));
    }
    metadata
}

fn ones(length: usize) -> Tensor {
    Tensor::ones(length, candle_core::DType::F32, &Device::Cpu).unwrap()
}

/// A linear congruential generator (Knuth, MMIX).
struct Weights(u64);

impl Weights {
    fn matrix(&mut self, rows: usize, columns: usize) -> Tensor {
        let numbers: Vec<f32> = (0..rows * columns).map(|_| self.number()).collect();
        Tensor::from_vec(numbers, (rows, columns), &Device::Cpu).unwrap()
    }

    fn number(&mut self) -> f32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1_u32 << 24) as f32 - 0.5
    }
}
