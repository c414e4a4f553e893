//! A tiny model with random weights that PyTorch made (`tests/fixtures/families/make.py`), as a
//! directory of its own.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use candle_core::{DType, Device, Tensor, safetensors};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bert::tiny;

pub(crate) struct Fixture {
    source: PathBuf,
    dir: TempDir,
}

impl Fixture {
    pub(crate) fn new(name: &str) -> Fixture {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/families");
        let fixture = Fixture { source: root.join(name), dir: tempfile::tempdir().unwrap() };
        for file in ["config.json", "model.safetensors"] {
            fs::copy(fixture.source.join(file), fixture.path().join(file)).unwrap();
        }
        fs::create_dir(fixture.path().join("1_Pooling")).unwrap();
        fixture.write("tokenizer.json", &tiny::tokenizer());
        fixture.write("modules.json", &tiny::modules());
        fixture.pooled("mean_tokens")
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The results of PyTorch with it.
    pub(crate) fn expected(&self) -> Value {
        serde_json::from_slice(&fs::read(self.source.join("expected.json")).unwrap()).unwrap()
    }

    pub(crate) fn write(&self, name: &str, value: &Value) {
        fs::write(self.path().join(name), value.to_string()).unwrap();
    }

    pub(crate) fn pooled(self, mode: &str) -> Fixture {
        let name = format!("pooling_mode_{mode}");
        self.write("1_Pooling/config.json", &json!({ name: true }));
        self
    }

    /// With another value in `config.json`.
    pub(crate) fn with(self, name: &str, value: Value) -> Fixture {
        let config = fs::read(self.path().join("config.json")).unwrap();
        let mut config: Value = serde_json::from_slice(&config).unwrap();
        config[name] = value;
        self.write("config.json", &config);
        self
    }

    /// With other weights.
    pub(crate) fn weights(self, change: impl FnOnce(&mut HashMap<String, Tensor>)) -> Fixture {
        let path = self.path().join("model.safetensors");
        let mut tensors = safetensors::load(&path, &Device::Cpu).unwrap();
        change(&mut tensors);
        safetensors::save(&tensors, &path).unwrap();
        self
    }

    /// With `number` in place of the weights of a norm that every token passes.
    pub(crate) fn spoilt(self, number: f32) -> Fixture {
        self.weights(|tensors| {
            let is_norm = |name: &&String| name.contains(".0.") || name.contains("LayerNorm");
            let norm = |name: &&String| is_norm(name) && name.to_lowercase().contains("norm");
            let name = tensors.keys().filter(norm).min().unwrap().clone();
            let tensor = tensors.get_mut(&name).unwrap();
            let spoilt = Tensor::full(number, tensor.shape(), &Device::Cpu).unwrap();
            *tensor = spoilt.to_dtype(DType::F32).unwrap();
        })
    }
}
