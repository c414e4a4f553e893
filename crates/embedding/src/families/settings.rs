//! Reads the `config.json` of each family and refuses unsupported settings.

mod reader;

use std::path::Path;

use candle_nn::Activation;
use candle_transformers::models::{
    bert, debertav2, jina_bert, modernbert, nomic_bert, t5, xlm_roberta,
};
use serde_json::Value;

use crate::{Error, directory::INSTEAD};
use reader::Reader;

/// Maximum number of tokens of a JinaBERT. When a model is opened, candle computes a table of
/// distances for all of them: four bytes for each pair and head, 3.2 GB for the 8,192 that the
/// models state.
const JINA_POSITIONS_MAX: usize = 1024;

/// Models to suggest for a refused cross-encoder.
pub(super) const CROSS_ENCODERS: &str =
    "a cross-encoder with one label, of the BERT, XLM-RoBERTa or DeBERTa-v2 family";

/// A `config.json`, checked.
pub(super) struct Settings {
    /// Name of the family in a fingerprint.
    pub(super) family: &'static str,
    /// Numbers per row of a token.
    pub(super) hidden: usize,
    /// Maximum number of tokens of a sequence.
    pub(super) positions: usize,
    /// Rows of the table of tokens.
    pub(super) vocabulary: usize,
    /// The settings that affect vectors: every one that was read, with its value.
    pub(super) deciding: String,
    pub(super) make: Make,
}

/// The network's own configuration.
#[derive(Clone)]
pub(super) enum Make {
    Modern(modernbert::Config),
    Nomic(nomic_bert::Config),
    Jina(jina_bert::Config),
    Deberta(Box<debertav2::Config>),
    T5(t5::Config),
    /// For cross-encoders only.
    Bert(bert::Config),
    /// For cross-encoders only.
    Roberta(xlm_roberta::Config),
}

/// The function that reads the settings of a family.
type Read = fn(&Reader<'_>) -> Result<Sizes, Error>;

impl Settings {
    /// Reads the settings of an encoder from `config`, the content of `path`. `None` if it is not
    /// of one of these families.
    pub(super) fn read(path: &Path, config: &Value) -> Result<Option<Settings>, Error> {
        let is_alibi = config["position_embedding_type"] == "alibi";
        let (family, read): (&'static str, Read) = match config["model_type"].as_str() {
            Some("modernbert") => ("modernbert", modern),
            Some("nomic_bert") => ("nomic_bert", nomic),
            Some("bert" | "jina_bert") if is_alibi => ("jina_bert", jina),
            Some("deberta-v2") => ("deberta-v2", deberta),
            Some("t5") => ("t5", t5),
            _ => return Ok(None),
        };
        Settings::of_family(Reader::new(path, config, INSTEAD), family, read).map(Some)
    }

    /// Reads the settings of a cross-encoder with one label from `config`, the content of `path`.
    pub(super) fn read_cross_encoder(path: &Path, config: &Value) -> Result<Settings, Error> {
        let reader = Reader::new(path, config, CROSS_ENCODERS);
        reader.only("position_embedding_type", "absolute")?;
        let (family, read): (&'static str, Read) = match config["model_type"].as_str() {
            Some("bert") => ("bert", bert),
            Some("roberta" | "xlm-roberta") => ("xlm-roberta", roberta),
            Some("deberta-v2") => ("deberta-v2", deberta),
            other => {
                let family = other.unwrap_or("none");
                return Err(reader.unsupported(format!("a cross-encoder of type `{family}`")));
            }
        };
        let labels = config["id2label"].as_object().map_or(2, serde_json::Map::len);
        if labels != 1 {
            return Err(reader.unsupported(format!("a cross-encoder with {labels} labels")));
        }
        Settings::of_family(reader, family, read)
    }

    fn of_family(reader: Reader<'_>, family: &'static str, read: Read) -> Result<Settings, Error> {
        let Sizes { hidden, positions, vocabulary, heads, make } = read(&reader)?;
        if hidden == 0 || heads == 0 || !hidden.is_multiple_of(heads) {
            let reason = format!("hidden size {hidden} is not a multiple of {heads} heads");
            return Err(reader.malformed(reason));
        }
        let deciding = reader.into_deciding();
        Ok(Settings { family, hidden, positions, vocabulary, deciding, make })
    }
}

/// A network's configuration with the sizes of its inputs and outputs.
struct Sizes {
    hidden: usize,
    positions: usize,
    vocabulary: usize,
    heads: usize,
    make: Make,
}

/// Reads the settings of ModernBERT (Warner et al., 2024).
fn modern(reader: &Reader<'_>) -> Result<Sizes, Error> {
    for name in ["attention_bias", "mlp_bias", "norm_bias"] {
        reader.refuse_true(name)?;
    }
    reader.only("hidden_activation", "gelu")?;
    let global = reader.number(&["rope_parameters.full_attention.rope_theta", "global_rope_theta"]);
    let local =
        reader.number(&["rope_parameters.sliding_attention.rope_theta", "local_rope_theta"]);
    for kind in ["full_attention", "sliding_attention"] {
        reader.only(&format!("rope_parameters.{kind}.rope_type"), "default")?;
    }
    let num_hidden_layers = reader.size(&["num_hidden_layers"])?;
    let config = modernbert::Config {
        vocab_size: reader.size(&["vocab_size"])?,
        hidden_size: reader.size(&["hidden_size"])?,
        num_hidden_layers,
        num_attention_heads: reader.size(&["num_attention_heads"])?,
        intermediate_size: reader.size(&["intermediate_size"])?,
        max_position_embeddings: reader.size(&["max_position_embeddings"])?,
        layer_norm_eps: reader.number_or(&["norm_eps", "layer_norm_eps"], 1e-5)?,
        pad_token_id: 0,
        global_attn_every_n_layers: global_every(reader, num_hidden_layers)?,
        global_rope_theta: global?.unwrap_or(160_000.0),
        local_attention: reader.size_or(&["local_attention"], 128)?,
        local_rope_theta: local?.unwrap_or(10_000.0),
        classifier_config: None,
    };
    Ok(Sizes {
        hidden: config.hidden_size,
        positions: config.max_position_embeddings,
        vocabulary: config.vocab_size,
        heads: config.num_attention_heads,
        make: Make::Modern(config),
    })
}

/// Returns the interval of the layers of a ModernBERT that attend to the whole text, given as a
/// number, or by a list with the kind of each layer.
fn global_every(reader: &Reader<'_>, layers: usize) -> Result<usize, Error> {
    let Some(kinds) = reader.list("layer_types")? else {
        let every = reader.size_or(&["global_attn_every_n_layers"], 3)?;
        return match every {
            0 => Err(reader.malformed("`global_attn_every_n_layers` must not be 0".to_owned())),
            every => Ok(every),
        };
    };
    let second = kinds.iter().skip(1).position(|kind| kind == "full_attention");
    let every = second.map_or(layers.max(1), |index| index + 1);
    let expected = |index| if index % every == 0 { "full_attention" } else { "sliding_attention" };
    let is_regular = kinds.iter().enumerate().all(|(index, kind)| kind == expected(index));
    if kinds.len() != layers || !is_regular {
        return Err(reader.unsupported("irregular `layer_types`".to_owned()));
    }
    Ok(every)
}

/// Reads the settings of NomicBERT (Nussbaum et al., 2024), by the names of nomic-ai or of
/// transformers.
fn nomic(reader: &Reader<'_>) -> Result<Sizes, Error> {
    for name in ["use_rms_norm", "parallel_block", "prenorm", "rotary_emb_interleaved"] {
        reader.refuse_true(name)?;
    }
    if 0.0 < reader.number_or(&["num_experts"], 0.0)? {
        return Err(reader.unsupported("a mixture of experts".to_owned()));
    }
    if reader.number_or(&["rotary_emb_fraction"], 1.0)? != 1.0 {
        return Err(reader.unsupported("`rotary_emb_fraction` other than 1".to_owned()));
    }
    if reader.number(&["rotary_emb_scale_base"])?.is_some() {
        return Err(reader.unsupported("`rotary_emb_scale_base`".to_owned()));
    }
    reader.only("activation_function", "swiglu")?;
    reader.only("hidden_act", "silu")?;
    reader.only("rope_parameters.rope_type", "default")?;
    let positions = reader.size(&["n_positions", "max_position_embeddings"])?;
    let config = nomic_bert::Config {
        vocab_size: reader.size(&["vocab_size"])?,
        n_embd: reader.size(&["n_embd", "hidden_size"])?,
        n_head: reader.size(&["n_head", "num_attention_heads"])?,
        n_layer: reader.size(&["n_layer", "num_hidden_layers"])?,
        n_inner: reader.size(&["n_inner", "intermediate_size"])?,
        n_positions: positions,
        type_vocab_size: reader.size_or(&["type_vocab_size"], 2)?,
        layer_norm_epsilon: reader.number_or(&["layer_norm_epsilon", "layer_norm_eps"], 1e-12)?,
        rotary_emb_fraction: 1.0,
        rotary_emb_base: reader
            .number_or(&["rope_parameters.rope_theta", "rotary_emb_base"], 1000.0)?,
        rotary_emb_interleaved: false,
        qkv_proj_bias: reader.is_true("qkv_proj_bias")?,
        mlp_fc1_bias: reader.is_true("mlp_fc1_bias")?,
        mlp_fc2_bias: reader.is_true("mlp_fc2_bias")?,
        activation_function: "swiglu".to_owned(),
        prenorm: false,
        model_type: None,
    };
    Ok(Sizes {
        hidden: config.n_embd,
        // Beyond that, the angles of positions depend on the length of the text.
        positions: positions.min(reader.size_or(&["max_trained_positions"], 2048)?),
        vocabulary: config.vocab_size,
        heads: config.n_head,
        make: Make::Nomic(config),
    })
}

/// Reads the settings of JinaBERT (Guenther et al., 2023), the second version of jina-embeddings.
fn jina(reader: &Reader<'_>) -> Result<Sizes, Error> {
    reader.only("feed_forward_type", "geglu")?;
    reader.only("hidden_act", "gelu")?;
    let positions = reader.size(&["max_position_embeddings"])?.min(JINA_POSITIONS_MAX);
    let config = jina_bert::Config {
        vocab_size: reader.size(&["vocab_size"])?,
        hidden_size: reader.size(&["hidden_size"])?,
        num_hidden_layers: reader.size(&["num_hidden_layers"])?,
        num_attention_heads: reader.size(&["num_attention_heads"])?,
        intermediate_size: reader.size(&["intermediate_size"])?,
        hidden_act: Activation::Gelu,
        max_position_embeddings: positions,
        type_vocab_size: reader.size_or(&["type_vocab_size"], 2)?,
        initializer_range: 0.0,
        layer_norm_eps: reader.number_or(&["layer_norm_eps"], 1e-12)?,
        pad_token_id: 0,
        position_embedding_type: jina_bert::PositionEmbeddingType::Alibi,
    };
    Ok(Sizes {
        hidden: config.hidden_size,
        positions,
        vocabulary: config.vocab_size,
        heads: config.num_attention_heads,
        make: Make::Jina(config),
    })
}

/// Reads the settings of DeBERTa, versions 2 and 3 (He et al., 2021), without a convolution.
fn deberta(reader: &Reader<'_>) -> Result<Sizes, Error> {
    if 0.0 < reader.number_or(&["conv_kernel_size"], 0.0)? {
        return Err(reader.unsupported("a convolution".to_owned()));
    }
    let hidden = reader.size(&["hidden_size"])?;
    for (name, expected) in [
        ("attention_head_size", None),
        ("embedding_size", Some(hidden)),
        ("pooler_hidden_size", Some(hidden)),
    ] {
        let found = reader.optional_size(name)?;
        if found.is_some() && found != expected {
            return Err(reader.unsupported(format!("`{name}`")));
        }
    }
    let activation = |name: &str| match name {
        "gelu" => Ok(debertav2::HiddenAct::Gelu),
        "gelu_new" | "gelu_pytorch_tanh" => Ok(debertav2::HiddenAct::GeluApproximate),
        "relu" => Ok(debertav2::HiddenAct::Relu),
        other => Err(reader.unsupported(format!("activation `{other}`"))),
    };
    let signed = |name: &str| Ok(reader.number_or(&[name], -1.0)? as isize);
    let config = debertav2::Config {
        vocab_size: reader.size(&["vocab_size"])?,
        hidden_size: hidden,
        num_hidden_layers: reader.size(&["num_hidden_layers"])?,
        num_attention_heads: reader.size(&["num_attention_heads"])?,
        intermediate_size: reader.size(&["intermediate_size"])?,
        hidden_act: activation(&reader.text_or("hidden_act", "gelu")?)?,
        hidden_dropout_prob: 0.0,
        attention_probs_dropout_prob: 0.0,
        max_position_embeddings: reader.size_or(&["max_position_embeddings"], 512)?,
        type_vocab_size: reader.size_or(&["type_vocab_size"], 0)?,
        initializer_range: 0.0,
        layer_norm_eps: reader.number_or(&["layer_norm_eps"], 1e-7)?,
        relative_attention: reader.is_true("relative_attention")?,
        max_relative_positions: signed("max_relative_positions")?,
        pad_token_id: None,
        position_biased_input: reader.flag("position_biased_input")?.unwrap_or(true),
        pos_att_type: attention_kinds(reader)?,
        position_buckets: Some(signed("position_buckets")?),
        share_att_key: Some(reader.is_true("share_att_key")?),
        attention_head_size: None,
        embedding_size: None,
        norm_rel_ebd: Some(reader.text_or("norm_rel_ebd", "none")?),
        conv_kernel_size: None,
        conv_groups: None,
        conv_act: None,
        id2label: Some([(0, String::new())].into()),
        label2id: None,
        pooler_dropout: Some(0.0),
        pooler_hidden_act: Some(activation(&reader.text_or("pooler_hidden_act", "gelu")?)?),
        pooler_hidden_size: Some(hidden),
        cls_dropout: None,
    };
    Ok(Sizes {
        hidden,
        positions: config.max_position_embeddings,
        vocabulary: config.vocab_size,
        heads: config.num_attention_heads,
        make: Make::Deberta(Box::new(config)),
    })
}

/// Returns the kinds of relative distances in the attention of a DeBERTa, given as a list, or as
/// text with bars.
fn attention_kinds(reader: &Reader<'_>) -> Result<Vec<String>, Error> {
    let kinds = match reader.list("pos_att_type") {
        Ok(kinds) => kinds.unwrap_or_default(),
        Err(_) => {
            let text = reader.text_or("pos_att_type", "")?;
            text.split('|').map(|kind| kind.trim().to_owned()).collect()
        }
    };
    match kinds.iter().find(|kind| !matches!(&***kind, "c2p" | "p2c")) {
        Some(kind) => Err(reader.unsupported(format!("`{kind}` attention"))),
        None => Ok(kinds),
    }
}

/// Reads the settings of the encoder of T5 (Raffel et al., 2020).
fn t5(reader: &Reader<'_>) -> Result<Sizes, Error> {
    let (gated, activation) = match &*reader.text_or("feed_forward_proj", "relu")? {
        "relu" => (false, Activation::Relu),
        "gated-gelu" => (true, Activation::NewGelu),
        "gated-silu" => (true, Activation::Silu),
        other => return Err(reader.unsupported(format!("`feed_forward_proj` = `{other}`"))),
    };
    let config = t5::Config {
        vocab_size: reader.size(&["vocab_size"])?,
        d_model: reader.size(&["d_model"])?,
        d_kv: reader.size(&["d_kv"])?,
        d_ff: reader.size(&["d_ff"])?,
        num_layers: reader.size(&["num_layers"])?,
        num_heads: reader.size(&["num_heads"])?,
        relative_attention_num_buckets: reader.size_or(&["relative_attention_num_buckets"], 32)?,
        relative_attention_max_distance: reader
            .size_or(&["relative_attention_max_distance"], 128)?,
        layer_norm_epsilon: reader.number_or(&["layer_norm_epsilon"], 1e-6)?,
        feed_forward_proj: t5::ActivationWithOptionalGating { gated, activation },
        use_cache: false,
        ..t5::Config::default()
    };
    Ok(Sizes {
        hidden: config.d_model,
        positions: reader.size_or(&["n_positions"], 512)?,
        vocabulary: config.vocab_size,
        // The row size need not be a multiple of the number of heads.
        heads: 1,
        make: Make::T5(config),
    })
}

/// Reads the settings of BERT (Devlin et al., 2018), with a cross-encoder's layer on the first
/// token.
fn bert(reader: &Reader<'_>) -> Result<Sizes, Error> {
    let hidden_act = match &*reader.text_or("hidden_act", "gelu")? {
        "gelu" => bert::HiddenAct::Gelu,
        "gelu_new" | "gelu_pytorch_tanh" => bert::HiddenAct::GeluApproximate,
        "relu" => bert::HiddenAct::Relu,
        other => return Err(reader.unsupported(format!("activation `{other}`"))),
    };
    let config = bert::Config {
        vocab_size: reader.size(&["vocab_size"])?,
        hidden_size: reader.size(&["hidden_size"])?,
        num_hidden_layers: reader.size(&["num_hidden_layers"])?,
        num_attention_heads: reader.size(&["num_attention_heads"])?,
        intermediate_size: reader.size(&["intermediate_size"])?,
        hidden_act,
        max_position_embeddings: reader.size(&["max_position_embeddings"])?,
        type_vocab_size: reader.size_or(&["type_vocab_size"], 2)?,
        layer_norm_eps: reader.number_or(&["layer_norm_eps"], 1e-12)?,
        hidden_dropout_prob: 0.0,
        model_type: None,
        ..bert::Config::default()
    };
    Ok(Sizes {
        hidden: config.hidden_size,
        positions: config.max_position_embeddings,
        vocabulary: config.vocab_size,
        heads: config.num_attention_heads,
        make: Make::Bert(config),
    })
}

/// Reads the settings of RoBERTa (Liu et al., 2019) or XLM-RoBERTa, as a cross-encoder.
fn roberta(reader: &Reader<'_>) -> Result<Sizes, Error> {
    let hidden_act = match &*reader.text_or("hidden_act", "gelu")? {
        "gelu" => Activation::Gelu,
        "gelu_new" | "gelu_pytorch_tanh" => Activation::NewGelu,
        "relu" => Activation::Relu,
        other => return Err(reader.unsupported(format!("activation `{other}`"))),
    };
    let padding = reader.size_or(&["pad_token_id"], 1)?;
    let config = xlm_roberta::Config {
        hidden_size: reader.size(&["hidden_size"])?,
        layer_norm_eps: reader.number_or(&["layer_norm_eps"], 1e-12)?,
        attention_probs_dropout_prob: 0.0,
        hidden_dropout_prob: 0.0,
        num_attention_heads: reader.size(&["num_attention_heads"])?,
        position_embedding_type: "absolute".to_owned(),
        intermediate_size: reader.size(&["intermediate_size"])?,
        hidden_act,
        num_hidden_layers: reader.size(&["num_hidden_layers"])?,
        vocab_size: reader.size(&["vocab_size"])?,
        max_position_embeddings: reader.size(&["max_position_embeddings"])?,
        type_vocab_size: reader.size_or(&["type_vocab_size"], 1)?,
        pad_token_id: u32::try_from(padding)
            .map_err(|error| reader.malformed(error.to_string()))?,
    };
    Ok(Sizes {
        hidden: config.hidden_size,
        // Positions are counted from the padding token's id plus one.
        positions: config.max_position_embeddings.saturating_sub(padding + 1),
        vocabulary: config.vocab_size,
        heads: config.num_attention_heads,
        make: Make::Roberta(config),
    })
}
