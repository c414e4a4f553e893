//! Layers after the pooling.

use std::{collections::HashMap, fs};

use aios_embedding::{Bert, BertOptions, Embedder, Error};
use candle_core::{Device, Tensor, safetensors};
use serde_json::{Value, json};

use super::{
    reference,
    tiny::{HIDDEN, Tiny},
};
use crate::assert_close;

const TANH: &str = "torch.nn.modules.activation.Tanh";
const IDENTITY: &str = "torch.nn.modules.linear.Identity";

struct Layer {
    /// One row per output.
    weight: Vec<Vec<f32>>,
    bias: Option<Vec<f32>>,
    activation: &'static str,
}

impl Layer {
    fn new(inputs: usize, outputs: usize, has_bias: bool, activation: &'static str) -> Layer {
        let number = |row: usize, column: usize| ((row * 7 + column * 5) % 11) as f32 / 5.0 - 1.0;
        let row = |row| (0..inputs).map(|column| number(row, column)).collect();
        let bias = || (0..outputs).map(|row| number(row, 3)).collect();
        let weight = (0..outputs).map(row).collect();
        Layer { weight, bias: has_bias.then(bias), activation }
    }

    fn forward(&self, vector: &[f64]) -> Vec<f64> {
        let output = |(index, row): (usize, &Vec<f32>)| {
            let sum: f64 = row.iter().zip(vector).map(|(weight, x)| f64::from(*weight) * x).sum();
            let sum = sum + self.bias.as_ref().map_or(0.0, |bias| f64::from(bias[index]));
            if self.activation == TANH { sum.tanh() } else { sum }
        };
        self.weight.iter().enumerate().map(output).collect()
    }

    fn write(&self, tiny: &Tiny, folder: &str) {
        let dir = tiny.path().join(folder);
        fs::create_dir(&dir).unwrap();
        let (outputs, inputs) = (self.weight.len(), self.weight[0].len());
        let config = json!({
            "in_features": inputs, "out_features": outputs, "bias": self.bias.is_some(),
            "activation_function": self.activation,
        });
        fs::write(dir.join("config.json"), config.to_string()).unwrap();
        let weight = Tensor::from_vec(self.weight.concat(), (outputs, inputs), &Device::Cpu);
        let mut tensors = HashMap::from([("linear.weight", weight.unwrap())]);
        if let Some(bias) = &self.bias {
            tensors.insert("linear.bias", Tensor::new(&**bias, &Device::Cpu).unwrap());
        }
        safetensors::save(&tensors, dir.join("model.safetensors")).unwrap();
    }
}

/// Creates a tiny BERT with these layers after its pooling.
fn with_layers(layers: &[Layer]) -> Tiny {
    let tiny = Tiny::new(|_| ());
    let mut modules: Vec<Value> = tiny_modules();
    for (index, layer) in layers.iter().enumerate() {
        let folder = format!("{}_Dense", index + 2);
        layer.write(&tiny, &folder);
        let module = json!({ "path": folder, "type": "sentence_transformers.models.Dense" });
        modules.insert(index + 2, module);
    }
    fs::write(tiny.path().join("modules.json"), json!(modules).to_string()).unwrap();
    tiny
}

fn tiny_modules() -> Vec<Value> {
    super::tiny::modules().as_array().unwrap().clone()
}

fn open(tiny: &Tiny) -> Bert {
    Bert::open(tiny.path(), BertOptions::default()).unwrap()
}

fn refusal(tiny: &Tiny) -> Error {
    Bert::open(tiny.path(), BertOptions::default()).err().unwrap()
}

#[test]
fn layers_after_the_pooling_are_computed() {
    for (has_bias, activation) in [(true, TANH), (false, IDENTITY)] {
        let layers =
            [Layer::new(HIDDEN, 12, has_bias, activation), Layer::new(12, 5, true, IDENTITY)];
        let tiny = with_layers(&layers);
        let bert = open(&tiny);
        assert_eq!(bert.dimension(), 5);
        let vectors = bert.embed_documents(&["red blue", "violet"]).unwrap();
        let pooled = reference::pool(&tiny, &tiny.ids("red blue"));
        let expected = layers.iter().fold(pooled, |vector, layer| layer.forward(&vector));
        assert_close(&vectors[0], &reference::normalised(&expected), 1e-5);
        assert_eq!(vectors[1], [0.0; 5]);
    }
}

#[test]
fn layers_change_the_fingerprint() {
    let fingerprint = |layers: &[Layer]| open(&with_layers(layers)).fingerprint().clone();
    let plain = fingerprint(&[]);
    assert_eq!(plain, *open(&Tiny::new(|_| ())).fingerprint());
    let tanh = fingerprint(&[Layer::new(HIDDEN, HIDDEN, true, TANH)]);
    let identity = fingerprint(&[Layer::new(HIDDEN, HIDDEN, true, IDENTITY)]);
    assert!(plain != tanh && tanh != identity && plain != identity);
}

#[test]
fn layers_that_do_not_fit_are_refused() {
    let error = refusal(&with_layers(&[Layer::new(HIDDEN + 1, 4, true, TANH)]));
    assert!(error.is_damaged(), "{error}");
    assert!(error.to_string().contains("a dense layer expects 9 inputs, not 8"), "{error}");
    let other = Layer::new(HIDDEN, 4, true, "torch.nn.modules.activation.ReLU");
    let error = refusal(&with_layers(&[other]));
    assert!(matches!(error, Error::Unsupported { .. }), "{error}");
    assert!(error.to_string().contains("activation.ReLU"), "{error}");
    for name in ["2_Dense/config.json", "2_Dense/model.safetensors"] {
        let tiny = with_layers(&[Layer::new(HIDDEN, 4, true, TANH)]);
        fs::remove_file(tiny.path().join(name)).unwrap();
        let error = refusal(&tiny);
        assert!(error.is_not_found() && error.to_string().contains(name), "{error}");
        assert_eq!(Bert::missing_file(tiny.path()).unwrap(), Some(tiny.path().join(name)));
    }
    let tiny = with_layers(&[Layer::new(HIDDEN, 4, true, TANH)]);
    let mut modules = tiny_modules();
    modules.insert(2, json!({ "path": "..", "type": "sentence_transformers.models.Dense" }));
    fs::write(tiny.path().join("modules.json"), json!(modules).to_string()).unwrap();
    let error = refusal(&tiny);
    assert!(error.to_string().contains("a layer in `..`"), "{error}");
    let infinite = with_layers(&[Layer::new(HIDDEN, 4, true, IDENTITY)]);
    let path = infinite.path().join("2_Dense/model.safetensors");
    let mut tensors = safetensors::load(&path, &Device::Cpu).unwrap();
    let bias = Tensor::full(f32::INFINITY, 4, &Device::Cpu).unwrap();
    tensors.insert("linear.bias".to_owned(), bias);
    safetensors::save(&tensors, &path).unwrap();
    let error = open(&infinite).embed_query("red").unwrap_err();
    assert!(matches!(error, Error::Compute { .. }), "{error}");
}
