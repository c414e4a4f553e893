//! What a sentence-transformers directory says, checked and brought into the network's shapes.

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use candle_core::Tensor;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use tokenizers::{
    PostProcessor, Tokenizer,
    normalizers::{Sequence, utils::Lowercase},
};

use super::{
    Activation, BertOptions, Norm, Pooling,
    network::{Block, Layer, Network},
    tokens::Tokens,
    weights::{Weights, linear, numbers, transposed},
};
use crate::{Error, Fingerprint, file};

const HOLDS: &str = "a sentence-transformers model: modules.json, config.json, tokenizer.json, \
                     model.safetensors and 1_Pooling/config.json";
pub(super) const INSTEAD: &str = "a sentence-transformers model of the BERT or XLM-RoBERTa family";

const MODULES: &str = "modules.json";
const CONFIG: &str = "config.json";
const TOKENIZER: &str = "tokenizer.json";
const WEIGHTS: &str = "model.safetensors";
const INPUT: &str = "sentence_bert_config.json";
const PROMPTS: &str = "config_sentence_transformers.json";

/// What the names of the settings in the pooling's `config.json` begin with.
const POOLING_MODE: &str = "pooling_mode_";

/// The files of a model, by their paths in its directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileNames {
    /// Those that must be there.
    pub needed: Vec<String>,
    /// Those that are read where they are there.
    pub optional: Vec<String>,
}

/// The files of a model with this `modules.json`.
pub(super) fn names(modules: &[u8]) -> Result<FileNames, Error> {
    let pooling = pooling_file(Path::new(MODULES), modules)?;
    let needed = [MODULES, CONFIG, TOKENIZER, WEIGHTS, &pooling].map(str::to_owned);
    Ok(FileNames { needed: needed.into(), optional: [INPUT, PROMPTS].map(str::to_owned).into() })
}

/// The first file that is not in `dir` and must be.
pub(super) fn missing(dir: &Path) -> Result<Option<PathBuf>, Error> {
    let modules = match file::read(&dir.join(MODULES), HOLDS) {
        Err(Error::Missing { path, .. }) => return Ok(Some(path)),
        modules => modules?,
    };
    for name in names(&modules)?.needed {
        let path = dir.join(name);
        match path.try_exists() {
            Ok(true) => {}
            Ok(false) => return Ok(Some(path)),
            Err(source) => return Err(Error::Read { path, source }),
        }
    }
    Ok(None)
}

/// A model's files, read.
pub(super) struct ModelFiles {
    dir: PathBuf,
    pub(super) config: Config,
    pub(super) pooling: Pooling,
    /// Most tokens that the model is meant for, special ones included.
    pub(super) length_max: usize,
    /// Whether texts are made lower case, whatever the tokenizer does.
    lowercase: bool,
    pub(super) prompts: Prompts,
    tokenizer: Vec<u8>,
    weights: Vec<u8>,
}

/// What goes before a text.
#[derive(Debug, Clone)]
pub(super) struct Prompts {
    pub(super) query: String,
    pub(super) document: String,
}

/// `config.json`, as far as it decides about vectors.
#[derive(Serialize, Deserialize)]
pub(super) struct Config {
    model_type: String,
    pub(super) hidden_size: usize,
    pub(super) num_hidden_layers: usize,
    pub(super) num_attention_heads: usize,
    pub(super) intermediate_size: usize,
    max_position_embeddings: usize,
    pub(super) hidden_act: Activation,
    #[serde(default = "layer_norm_epsilon")]
    pub(super) layer_norm_eps: f64,
    pad_token_id: Option<u32>,
    #[serde(default = "absolute")]
    position_embedding_type: String,
}

fn layer_norm_epsilon() -> f64 {
    1e-12
}

fn absolute() -> String {
    "absolute".into()
}

/// An entry of `modules.json`.
#[derive(Deserialize)]
struct ModuleEntry {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

/// The pooling's `config.json`: what it is called differs, so what is not known is found, too.
#[derive(Deserialize)]
struct PoolingConfig {
    #[serde(default = "yes")]
    include_prompt: bool,
    #[serde(flatten)]
    modes: BTreeMap<String, Value>,
}

fn yes() -> bool {
    true
}

/// `sentence_bert_config.json`.
#[derive(Default, Deserialize)]
struct InputConfig {
    max_seq_length: Option<usize>,
    #[serde(default)]
    do_lower_case: bool,
}

/// `config_sentence_transformers.json`.
#[derive(Default, Deserialize)]
struct PromptsConfig {
    #[serde(default)]
    prompts: BTreeMap<String, String>,
    default_prompt_name: Option<String>,
}

impl PromptsConfig {
    /// The prompt that has the first of `names` that one has, or the one for every text.
    fn named(&self, names: &[&str]) -> String {
        let of_name = |name: &&str| self.prompts.get(*name);
        let of_all = || self.prompts.get(self.default_prompt_name.as_ref()?);
        names.iter().find_map(of_name).or_else(of_all).cloned().unwrap_or_default()
    }
}

/// What `tokenizer.json` says about unknown words.
#[derive(Deserialize)]
struct TokenizerFile {
    model: TokenizerModel,
}

#[derive(Deserialize)]
struct TokenizerModel {
    unk_token: Option<String>,
    unk_id: Option<u32>,
}

impl ModelFiles {
    pub(super) fn read(dir: &Path, options: &BertOptions) -> Result<ModelFiles, Error> {
        let pooling = read_pooling(dir)?;
        let config = read_config(&dir.join(CONFIG))?;
        let positions = config.max_position_embeddings.saturating_sub(config.position_offset());
        let input: InputConfig = read_optional(&dir.join(INPUT))?;
        let prompts: PromptsConfig = read_optional(&dir.join(PROMPTS))?;
        let query = || prompts.named(&["query"]);
        let document = || prompts.named(&["document", "passage"]);
        Ok(ModelFiles {
            pooling,
            lowercase: input.do_lower_case,
            prompts: Prompts {
                query: options.query_prefix.clone().unwrap_or_else(query),
                document: options.document_prefix.clone().unwrap_or_else(document),
            },
            length_max: input.max_seq_length.unwrap_or(positions).min(positions),
            config,
            tokenizer: file::read(&dir.join(TOKENIZER), HOLDS)?,
            weights: file::read(&dir.join(WEIGHTS), HOLDS)?,
            dir: dir.to_owned(),
        })
    }

    /// Changes with everything that changes a vector, and with nothing else: the name that
    /// `config.json` has for the model is the path that somebody once trained it at.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        let mut hasher = blake3::Hasher::new();
        let config = serde_json::to_vec(&self.config).expect("a configuration is plain data");
        let length = self.length_max.to_string();
        let lowercase: &[&[u8]] = if self.lowercase { &[b"lower case"] } else { &[] };
        let parts = [
            &*self.weights,
            &*self.tokenizer,
            &*config,
            length.as_bytes(),
            self.prompts.query.as_bytes(),
            self.prompts.document.as_bytes(),
        ];
        for part in parts.iter().chain(lowercase) {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        let Config { model_type, hidden_size, .. } = &self.config;
        Fingerprint::of(model_type, hasher.finalize(), self.pooling.name(), *hidden_size)
    }

    pub(super) fn tokens(&self) -> Result<Tokens, Error> {
        let path = self.dir.join(TOKENIZER);
        let malformed = |reason: String| Error::Malformed { path: path.clone(), reason };
        let mut tokenizer =
            Tokenizer::from_bytes(&self.tokenizer).map_err(|error| malformed(error.to_string()))?;
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|error| malformed(error.to_string()))?;
        tokenizer.set_encode_special_tokens(true);
        if self.lowercase {
            let normalisers =
                [Some(Lowercase.into()), tokenizer.get_normalizer().cloned()].into_iter().flatten();
            let normaliser = Sequence::new(normalisers.collect());
            let changed = tokenizer.with_normalizer(Some(normaliser));
            changed.map_err(|error| malformed(error.to_string()))?;
        }
        let TokenizerFile { model } = parse_json(&path, &self.tokenizer)?;
        let named = model.unk_token.and_then(|token| tokenizer.token_to_id(&token));
        let special = tokenizer.get_post_processor().map_or(0, |p| p.added_tokens(false));
        match self.length_max.checked_sub(special) {
            Some(tokens_max) if 0 < tokens_max => {
                Ok(Tokens { tokenizer, unknown: named.or(model.unk_id), tokens_max })
            }
            _ => Err(malformed(format!(
                "it adds {special} special tokens, the model takes {} tokens in all",
                self.length_max
            ))),
        }
    }

    /// The network for a tokenizer whose ids are all below `ids_end`.
    pub(super) fn network(&self, ids_end: usize) -> Result<Network, Error> {
        let hidden = self.config.hidden_size;
        let weights = self.weights()?;
        let offset = self.config.position_offset();
        let words = weights.rows("embeddings.word_embeddings.weight", ids_end, hidden)?;
        let types = weights.rows("embeddings.token_type_embeddings.weight", 1, hidden)?;
        let positions = weights.rows(
            "embeddings.position_embeddings.weight",
            offset + self.length_max,
            hidden,
        )?;
        let positions = positions
            .narrow(0, offset, self.length_max)
            .and_then(|positions| positions.broadcast_add(&types.get(0)?))
            .map_err(Error::compute)?;
        Ok(Network {
            hidden,
            words: numbers(&words)?,
            positions: numbers(&positions)?,
            norm: self.norm(&weights, "embeddings.LayerNorm")?,
            layers: (0..self.config.num_hidden_layers)
                .map(|index| self.layer(&weights, &format!("encoder.layer.{index}")))
                .collect::<Result<_, _>>()?,
            pooling: self.pooling,
        })
    }

    pub(super) fn weights(&self) -> Result<Weights, Error> {
        Weights::read(self.dir.join(WEIGHTS), &self.weights)
    }

    fn layer(&self, weights: &Weights, at: &str) -> Result<Layer, Error> {
        let Config { hidden_size: hidden, num_attention_heads: heads, .. } = self.config;
        let square = |name: &str| weights.linear(&format!("{at}.attention.{name}"), hidden, hidden);
        let mut query = square("self.query")?;
        let head_root = ((hidden / heads) as f32).sqrt();
        query.weight.iter_mut().chain(&mut query.bias).for_each(|x| *x /= head_root);
        Ok(Layer {
            heads,
            query,
            key: square("self.key")?,
            value: square("self.value")?,
            attended: square("output.dense")?,
            attended_norm: self.norm(weights, &format!("{at}.attention.output.LayerNorm"))?,
            blocks: self.blocks(weights, at)?,
            activation: self.config.hidden_act,
            narrow_bias: numbers(&weights.tensor(&format!("{at}.output.dense.bias"), &[hidden])?)?,
            narrow_norm: self.norm(weights, &format!("{at}.output.LayerNorm"))?,
        })
    }

    /// The two layers between which a row is wide, in blocks of `hidden_size` outputs of the first.
    fn blocks(&self, weights: &Weights, at: &str) -> Result<Vec<Block>, Error> {
        let Config { hidden_size: hidden, intermediate_size: wide, .. } = self.config;
        let wide_at = format!("{at}.intermediate.dense");
        let weight = weights.tensor(&format!("{wide_at}.weight"), &[wide, hidden])?;
        let bias = weights.tensor(&format!("{wide_at}.bias"), &[wide])?;
        let narrow = weights.tensor(&format!("{at}.output.dense.weight"), &[hidden, wide])?;
        let block = |start| {
            let width = hidden.min(wide - start);
            let part =
                |tensor: &Tensor, dim| tensor.narrow(dim, start, width).map_err(Error::compute);
            Ok(Block {
                wide: linear(&part(&weight, 0)?, &part(&bias, 0)?)?,
                narrow: transposed(&part(&narrow, 1)?)?,
            })
        };
        (0..wide).step_by(hidden).map(block).collect()
    }

    fn norm(&self, weights: &Weights, at: &str) -> Result<Norm, Error> {
        let shape = [self.config.hidden_size];
        Ok(Norm {
            weight: numbers(&weights.tensor(&format!("{at}.weight"), &shape)?)?,
            bias: numbers(&weights.tensor(&format!("{at}.bias"), &shape)?)?,
            epsilon: self.config.layer_norm_eps as f32,
        })
    }
}

impl Config {
    /// The row of a text's first position: RoBERTa counts on from the padding token's id, which is
    /// 1 unless said.
    pub(super) fn position_offset(&self) -> usize {
        if self.model_type == "bert" { 0 } else { self.pad_token_id.unwrap_or(1) as usize + 1 }
    }
}

fn read_config(path: &Path) -> Result<Config, Error> {
    let value: Value = read_json(path)?;
    // First what make it is: other families call their sizes otherwise, and are not damaged.
    if let Some(feature) = foreign_feature(&value) {
        return Err(Error::Unsupported { path: path.to_owned(), feature, instead: INSTEAD });
    }
    let config: Config = serde_json::from_value(value).map_err(malformed(path))?;
    let heads = config.num_attention_heads;
    if config.hidden_size == 0 || heads == 0 || !config.hidden_size.is_multiple_of(heads) {
        let reason =
            format!("hidden size {} is not a multiple of {heads} heads", config.hidden_size);
        return Err(Error::Malformed { path: path.to_owned(), reason });
    }
    Ok(config)
}

/// What a `config.json` asks for that the network does not have.
fn foreign_feature(config: &Value) -> Option<String> {
    let asked = |name: &str| config[name].as_str();
    if let Some(family) = asked("model_type")
        && !matches!(family, "bert" | "roberta" | "xlm-roberta")
    {
        return Some(format!("model type `{family}`"));
    }
    if let Some(positions) = asked("position_embedding_type")
        && positions != "absolute"
    {
        return Some(format!("`{positions}` positions"));
    }
    let activation = asked("hidden_act")?;
    let is_known = Activation::deserialize(&config["hidden_act"]).is_ok();
    (!is_known).then(|| format!("activation `{activation}`"))
}

/// Where `modules.json`, which is at `path`, has the pooling's configuration. A final normalisation
/// may stand there or not: vectors are compared by their direction, so it is done in any case.
fn pooling_file(path: &Path, modules: &[u8]) -> Result<String, Error> {
    let modules: Vec<ModuleEntry> = parse_json(path, modules)?;
    let names: Vec<&str> =
        modules.iter().map(|module| module.kind.rsplit('.').next().unwrap_or_default()).collect();
    let unsupported = |feature: String| {
        Err(Error::Unsupported { path: path.to_owned(), feature, instead: INSTEAD })
    };
    let ([module, "Pooling"] | [module, "Pooling", "Normalize"]) = *names else {
        return unsupported(format!("modules {}", names.join(", ")));
    };
    if module != "Transformer" || !modules[0].path.is_empty() {
        return unsupported(format!("module {module} in `{}`", modules[0].path));
    }
    let pooling = &modules[1].path;
    let is_below = |part| matches!(part, Component::Normal(_));
    if pooling.is_empty() || !Path::new(pooling).components().all(is_below) {
        return unsupported(format!("a pooling in `{pooling}`"));
    }
    Ok(format!("{pooling}/{CONFIG}"))
}

fn read_pooling(dir: &Path) -> Result<Pooling, Error> {
    let path = dir.join(MODULES);
    let path = dir.join(pooling_file(&path, &file::read(&path, HOLDS)?)?);
    let config: PoolingConfig = read_json(&path)?;
    let modes = config.modes.iter().filter(|(_, is_on)| **is_on == Value::Bool(true));
    let modes: Vec<&str> = modes.filter_map(|(name, _)| name.strip_prefix(POOLING_MODE)).collect();
    let feature = match *modes {
        _ if !config.include_prompt => "a pooling without the prompt".to_owned(),
        ["mean_tokens"] => return Ok(Pooling::Mean),
        ["cls_token"] => return Ok(Pooling::Cls),
        _ => format!("the pooling [{}]", modes.join(", ")),
    };
    Err(Error::Unsupported { path, feature, instead: INSTEAD })
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    parse_json(path, &file::read(path, HOLDS)?)
}

/// What a file says that need not be there.
fn read_optional<T: DeserializeOwned + Default>(path: &Path) -> Result<T, Error> {
    match read_json(path) {
        Err(error) if error.is_not_found() => Ok(T::default()),
        read => read,
    }
}

fn parse_json<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(malformed(path))
}

fn malformed(path: &Path) -> impl Fn(serde_json::Error) -> Error {
    |error| Error::Malformed { path: path.to_owned(), reason: error.to_string() }
}
