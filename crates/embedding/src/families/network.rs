//! The networks of candle-transformers behind one call.

use candle_core::{Module, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::{
    debertav2::DebertaV2Model, jina_bert, modernbert::ModernBert, nomic_bert::NomicBertModel,
    t5::T5EncoderModel,
};

use super::{
    Weights,
    settings::{Make, Settings},
};
use crate::Error;

const WORDS: &str = "embeddings.word_embeddings.weight";

/// An encoder: a row of numbers for each token.
pub(super) enum Network {
    Modern(ModernBert),
    Nomic(NomicBertModel),
    Jina(jina_bert::BertModel),
    Deberta(Box<DebertaV2Model>),
    T5(T5EncoderModel),
}

impl Network {
    /// Builds the network for sequences of at most `length_max` tokens.
    pub(super) fn load(
        settings: &Settings,
        length_max: usize,
        weights: Weights,
    ) -> Result<Network, Error> {
        match settings.make.clone() {
            Make::Modern(mut config) => {
                config.max_position_embeddings = length_max;
                let names = ("embeddings.tok_embeddings.weight", "model.");
                let load = |builder: VarBuilder<'static>| {
                    // Only the first layer lacks this norm. Without the check, candle would accept
                    // any layer without it.
                    for layer in 1..config.num_hidden_layers {
                        builder.get_unchecked(&format!("model.layers.{layer}.attn_norm.weight"))?;
                    }
                    ModernBert::load(builder, &config)
                };
                weights.load(names, &[], load).map(Network::Modern)
            }
            Make::Nomic(mut config) => {
                config.n_positions = length_max;
                let load = |builder| NomicBertModel::load(builder, &config);
                weights.load((WORDS, ""), &[], load).map(Network::Nomic)
            }
            Make::Jina(mut config) => {
                config.max_position_embeddings = length_max;
                let load = |builder| jina_bert::BertModel::new(builder, &config);
                weights.load((WORDS, ""), &[], load).map(Network::Jina)
            }
            Make::Deberta(config) => {
                let load = |builder| DebertaV2Model::load(builder, &config);
                weights.load((WORDS, ""), &[], load).map(Box::new).map(Network::Deberta)
            }
            Make::T5(config) => {
                let names = ("encoder.final_layer_norm.weight", "");
                let load = |builder| T5EncoderModel::load(builder, &config);
                weights.load(names, &[], load).map(Network::T5)
            }
            Make::Bert(_) | Make::Roberta(_) => unreachable!("these are opened as a `Bert`"),
        }
    }

    /// Returns the rows of sequences of one length: `[sequences, tokens, hidden size]`.
    pub(super) fn forward(&self, ids: &Tensor) -> candle_core::Result<Tensor> {
        match self {
            Network::Modern(network) => network.forward(ids, &ids.ones_like()?),
            Network::Nomic(network) => network.forward(ids, None, None),
            Network::Jina(network) => network.forward(ids),
            Network::Deberta(network) => network.forward(ids, None, None),
            // The network caches its state, so a copy is used; it shares the weights.
            Network::T5(network) => network.clone().forward(ids),
        }
    }
}
