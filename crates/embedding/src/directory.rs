//! A sentence-transformers directory: the steps before and after the network, for every family of
//! networks.

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use tokenizers::{
    PostProcessor, Tokenizer,
    normalizers::{Sequence, utils::Lowercase},
};

use crate::{
    BertOptions, Error, Fingerprint,
    bert::{Pooling, Tokens},
    dense::Dense,
    file,
};

pub(crate) const HOLDS: &str = "a sentence-transformers model: modules.json, config.json, \
                     tokenizer.json, model.safetensors and 1_Pooling/config.json";
/// Models to suggest for a refused one.
pub(crate) const INSTEAD: &str = if cfg!(feature = "families") {
    "a sentence-transformers model of the BERT, DistilBERT, XLM-RoBERTa, ModernBERT, NomicBERT, \
     JinaBERT, DeBERTa-v2 or T5 family"
} else {
    "a sentence-transformers model of the BERT, DistilBERT or XLM-RoBERTa family"
};

const MODULES: &str = "modules.json";
pub(crate) const CONFIG: &str = "config.json";
pub(crate) const TOKENIZER: &str = "tokenizer.json";
pub(crate) const WEIGHTS: &str = "model.safetensors";
const INPUT: &str = "sentence_bert_config.json";
const PROMPTS: &str = "config_sentence_transformers.json";

/// Prefix of the settings in the pooling's `config.json`.
const POOLING_MODE: &str = "pooling_mode_";

/// The files of a model, as paths in its directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileNames {
    /// Required files.
    pub needed: Vec<String>,
    /// Files that are read if they exist.
    pub optional: Vec<String>,
}

/// Returns the files of a model with this `modules.json`.
pub(crate) fn names(modules: &[u8]) -> Result<FileNames, Error> {
    let Modules { pooling, dense } = read_modules(Path::new(MODULES), modules)?;
    let mut needed: Vec<String> = [MODULES, CONFIG, TOKENIZER, WEIGHTS].map(str::to_owned).into();
    needed.push(format!("{pooling}/{CONFIG}"));
    for layer in dense {
        needed.extend([CONFIG, WEIGHTS].map(|name| format!("{layer}/{name}")));
    }
    Ok(FileNames { needed, optional: [INPUT, PROMPTS].map(str::to_owned).into() })
}

/// Returns the first required file that is not in `dir`.
pub(crate) fn missing(dir: &Path) -> Result<Option<PathBuf>, Error> {
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

/// The files of a model, parsed.
pub(crate) struct Directory {
    path: PathBuf,
    pub(crate) pooling: Pooling,
    /// Layers after the pooling.
    pub(crate) dense: Vec<Dense>,
    /// Maximum number of tokens that the model is meant for, special ones included, if it is
    /// stated.
    input_max: Option<usize>,
    /// True if texts are lowercased before the tokenizer.
    lowercase: bool,
    pub(crate) prompts: Prompts,
    tokenizer: Vec<u8>,
    pub(crate) weights: Vec<u8>,
}

/// Prefixes of texts.
#[derive(Debug, Clone)]
pub(crate) struct Prompts {
    pub(crate) query: String,
    pub(crate) document: String,
}

/// An entry of `modules.json`.
#[derive(Deserialize)]
struct ModuleEntry {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

/// The pooling's `config.json`. The names of modes vary, so unknown ones are read as well.
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
    /// Returns the prompt of the first of `names` that has one, or the default prompt.
    fn named(&self, names: &[&str]) -> String {
        let of_name = |name: &&str| self.prompts.get(*name);
        let of_all = || self.prompts.get(self.default_prompt_name.as_ref()?);
        names.iter().find_map(of_name).or_else(of_all).cloned().unwrap_or_default()
    }
}

/// The part of `tokenizer.json` that concerns unknown words.
#[derive(Deserialize)]
struct TokenizerFile {
    model: TokenizerModel,
}

#[derive(Deserialize)]
struct TokenizerModel {
    unk_token: Option<String>,
    unk_id: Option<u32>,
}

impl Directory {
    pub(crate) fn read(dir: &Path, options: &BertOptions) -> Result<Directory, Error> {
        let path = dir.join(MODULES);
        let modules = read_modules(&path, &file::read(&path, HOLDS)?)?;
        let pooling = read_pooling(dir.join(modules.pooling).join(CONFIG))?;
        let dense = modules.dense.iter().map(|layer| Dense::read(&dir.join(layer)));
        let input: InputConfig = read_optional(&dir.join(INPUT))?;
        let prompts: PromptsConfig = read_optional(&dir.join(PROMPTS))?;
        let query = || prompts.named(&["query"]);
        let document = || prompts.named(&["document", "passage"]);
        Ok(Directory {
            pooling,
            dense: dense.collect::<Result<_, _>>()?,
            input_max: input.max_seq_length,
            lowercase: input.do_lower_case,
            prompts: Prompts {
                query: options.query_prefix.clone().unwrap_or_else(query),
                document: options.document_prefix.clone().unwrap_or_else(document),
            },
            tokenizer: file::read(&dir.join(TOKENIZER), HOLDS)?,
            weights: file::read(&dir.join(WEIGHTS), HOLDS)?,
            path: dir.to_owned(),
        })
    }

    /// Returns the maximum number of tokens of a sequence, special ones included, for a network of
    /// `positions`.
    pub(crate) fn length_max(&self, positions: usize) -> usize {
        self.input_max.unwrap_or(positions).min(positions)
    }

    /// Returns the length of a vector if the rows of the network have `hidden` numbers.
    pub(crate) fn dimension(&self, hidden: usize) -> Result<usize, Error> {
        self.dense.iter().try_fold(hidden, |found, layer| {
            if layer.inputs() != found {
                let needed = layer.inputs();
                let reason = format!("a dense layer expects {needed} inputs, not {found}");
                return Err(Error::Malformed { path: self.path.join(MODULES), reason });
            }
            Ok(layer.outputs())
        })
    }

    pub(crate) fn weights_path(&self) -> PathBuf {
        self.path.join(WEIGHTS)
    }

    /// Computes a fingerprint that changes exactly if a vector may change. `config` is the part of
    /// that file that affects vectors, `length_max` the limit of tokens, `dimension` the length of
    /// a vector.
    pub(crate) fn fingerprint(
        &self,
        model_type: &str,
        config: &[u8],
        length_max: usize,
        dimension: usize,
    ) -> Fingerprint {
        let mut hasher = blake3::Hasher::new();
        let length = length_max.to_string();
        let lowercase: &[&[u8]] = if self.lowercase { &[b"lower case"] } else { &[] };
        let parts = [
            &*self.weights,
            &*self.tokenizer,
            config,
            length.as_bytes(),
            self.prompts.query.as_bytes(),
            self.prompts.document.as_bytes(),
        ];
        let dense: Vec<&[u8]> = self.dense.iter().map(|layer| &layer.hash.as_bytes()[..]).collect();
        for part in parts.iter().chain(lowercase).chain(&dense) {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        Fingerprint::of(model_type, hasher.finalize(), self.pooling.name(), dimension)
    }

    /// Returns the tokenizer, which truncates a text at `length_max` tokens, special ones included.
    pub(crate) fn tokens(&self, length_max: usize) -> Result<Tokens, Error> {
        let path = self.path.join(TOKENIZER);
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
        match length_max.checked_sub(special) {
            Some(tokens_max) if 0 < tokens_max => {
                Ok(Tokens { tokenizer, unknown: named.or(model.unk_id), tokens_max })
            }
            _ => Err(malformed(format!(
                "it adds {special} special tokens, but the model accepts only {length_max} tokens"
            ))),
        }
    }
}

/// Folders of the modules after the network.
struct Modules {
    pooling: String,
    dense: Vec<String>,
}

/// Reads the modules after the network from `modules.json` at `path`. A final normalisation is
/// optional there but always applied, because vectors are compared by direction.
fn read_modules(path: &Path, modules: &[u8]) -> Result<Modules, Error> {
    let modules: Vec<ModuleEntry> = parse_json(path, modules)?;
    let names: Vec<&str> =
        modules.iter().map(|module| module.kind.rsplit('.').next().unwrap_or_default()).collect();
    let unsupported = |feature: String| {
        Err(Error::Unsupported { path: path.to_owned(), feature, instead: INSTEAD })
    };
    let layers = match &*names {
        [_, "Pooling", layers @ .., "Normalize"] | [_, "Pooling", layers @ ..] => layers,
        _ => return unsupported(format!("modules {}", names.join(", "))),
    };
    if layers.iter().any(|layer| *layer != "Dense") {
        return unsupported(format!("modules {}", names.join(", ")));
    }
    if names[0] != "Transformer" || !modules[0].path.is_empty() {
        return unsupported(format!("module {} in `{}`", names[0], modules[0].path));
    }
    let mut folders = Vec::new();
    for (module, name) in modules[1..].iter().zip(&names[1..=1 + layers.len()]) {
        let is_below = |part| matches!(part, Component::Normal(_));
        if module.path.is_empty() || !Path::new(&module.path).components().all(is_below) {
            let kind = if *name == "Dense" { "layer" } else { "pooling" };
            return unsupported(format!("a {kind} in `{}`", module.path));
        }
        folders.push(module.path.clone());
    }
    let pooling = folders.remove(0);
    Ok(Modules { pooling, dense: folders })
}

fn read_pooling(path: PathBuf) -> Result<Pooling, Error> {
    let config: PoolingConfig = read_json(&path)?;
    let modes = config.modes.iter().filter(|(_, is_on)| **is_on == Value::Bool(true));
    let modes: Vec<&str> = modes.filter_map(|(name, _)| name.strip_prefix(POOLING_MODE)).collect();
    let feature = match *modes {
        _ if !config.include_prompt => "pooling without the prompt".to_owned(),
        ["mean_tokens"] => return Ok(Pooling::Mean),
        ["cls_token"] => return Ok(Pooling::Cls),
        _ => format!("pooling by [{}]", modes.join(", ")),
    };
    Err(Error::Unsupported { path, feature, instead: INSTEAD })
}

pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    parse_json(path, &file::read(path, HOLDS)?)
}

/// Reads a file that may be missing.
fn read_optional<T: DeserializeOwned + Default>(path: &Path) -> Result<T, Error> {
    match read_json(path) {
        Err(error) if error.is_not_found() => Ok(T::default()),
        read => read,
    }
}

pub(crate) fn parse_json<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(malformed(path))
}

pub(crate) fn malformed(path: &Path) -> impl Fn(serde_json::Error) -> Error {
    |error| Error::Malformed { path: path.to_owned(), reason: error.to_string() }
}
