//! Weights of eight bits, in the layout of compressed-tensors.

use std::collections::HashMap;

use aios_embedding::{Bert, BertOptions, Embedder, Error};
use safetensors::{Dtype, tensor::TensorView};

use crate::{
    assert_close,
    bert::tiny::{HIDDEN, Tiny},
};

/// A tensor as stored in a file.
struct Stored {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Stored {
    fn floats(shape: &[usize], values: &[f32]) -> Stored {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Stored { dtype: Dtype::F32, shape: shape.to_vec(), bytes }
    }

    fn integers(shape: &[usize], values: &[i8]) -> Stored {
        let bytes = values.iter().map(|value| value.cast_unsigned()).collect();
        Stored { dtype: Dtype::I8, shape: shape.to_vec(), bytes }
    }
}

/// Returns the scale at which the largest absolute value of a slice is 127.
fn scale(values: &[f32]) -> f32 {
    values.iter().fold(0.0f32, |most, value| most.max(value.abs())) / 127.0
}

/// Creates a tiny BERT whose matrices are integers with a scale per row, or one for all, and
/// another whose floats are the products of both.
fn quantised(per_row: bool) -> (Tiny, Tiny) {
    let (integers, floats) = (Tiny::new(|_| ()), Tiny::new(|_| ()));
    let (mut whole, mut products) = (HashMap::new(), HashMap::new());
    for (name, tensor) in &integers.tensors {
        let plain = || Stored::floats(&tensor.shape, &tensor.values);
        let [rows, columns] = *tensor.shape else {
            whole.insert(name.clone(), plain());
            products.insert(name.clone(), plain());
            continue;
        };
        let width = if per_row { columns } else { rows * columns };
        let scales: Vec<f32> = tensor.values.chunks(width).map(scale).collect();
        let steps: Vec<i8> = (tensor.values.chunks(width).zip(&scales))
            .flat_map(|(part, scale)| part.iter().map(move |x| (x / scale).round() as i8))
            .collect();
        let values: Vec<f32> = (steps.chunks(width).zip(&scales))
            .flat_map(|(part, scale)| part.iter().map(move |step| f32::from(*step) * scale))
            .collect();
        let shape: &[usize] = if per_row { &[rows, 1] } else { &[1] };
        whole.insert(format!("{name}_scale"), Stored::floats(shape, &scales));
        whole.insert(name.clone(), Stored::integers(&tensor.shape, &steps));
        products.insert(name.clone(), Stored::floats(&tensor.shape, &values));
    }
    write(&integers, &whole);
    write(&floats, &products);
    (integers, floats)
}

fn write(tiny: &Tiny, tensors: &HashMap<String, Stored>) {
    let views = tensors.iter().map(|(name, stored)| {
        let view = TensorView::new(stored.dtype, stored.shape.clone(), &stored.bytes).unwrap();
        (name.clone(), view)
    });
    safetensors::serialize_to_file(views, None, &tiny.path().join("model.safetensors")).unwrap();
}

fn embed(tiny: &Tiny) -> Vec<f32> {
    let bert = Bert::open(tiny.path(), BertOptions::default()).unwrap();
    bert.embed_query("red blue green").unwrap()
}

#[test]
fn integers_with_a_scale_are_their_products() {
    let plain = embed(&Tiny::new(|_| ()));
    for per_row in [true, false] {
        let (integers, floats) = quantised(per_row);
        assert_close(&embed(&integers), &embed(&floats), 1e-6);
        assert_ne!(embed(&integers), plain);
        assert_close(&embed(&integers), &plain, 0.05);
    }
}

#[test]
fn other_eight_bit_formats_are_refused() {
    const NAME: &str = "encoder.layer.0.output.dense.weight";
    let check = |change: fn(&mut HashMap<String, Stored>), expect: &str| {
        let tiny = Tiny::new(|_| ());
        let stored = |(name, tensor): (&String, &crate::bert::tiny::Tensor)| {
            (name.clone(), Stored::floats(&tensor.shape, &tensor.values))
        };
        let mut tensors: HashMap<String, Stored> = tiny.tensors.iter().map(stored).collect();
        change(&mut tensors);
        write(&tiny, &tensors);
        let error = Bert::open(tiny.path(), BertOptions::default()).err().unwrap();
        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
        assert!(error.to_string().contains(expect), "{error}");
    };
    let integers = |tensors: &mut HashMap<String, Stored>| {
        let shape = tensors[NAME].shape.clone();
        let values = vec![1; shape.iter().product()];
        tensors.insert(NAME.to_owned(), Stored::integers(&shape, &values));
    };
    check(integers, "8-bit weights");
    check(
        |tensors| {
            tensors.insert(format!("{NAME}_scale"), Stored::floats(&[HIDDEN, 2], &[1.0; 16]));
        },
        "a scale of shape [8, 2]",
    );
    check(
        |tensors| {
            tensors.insert(format!("{NAME}_zero_point"), Stored::integers(&[HIDDEN], &[1; 8]));
        },
        "weight_zero_point",
    );
    check(
        |tensors| {
            let name = NAME.replace(".weight", ".SCB");
            tensors.insert(name, Stored::floats(&[HIDDEN], &[1.0; 8]));
        },
        "SCB",
    );
}
