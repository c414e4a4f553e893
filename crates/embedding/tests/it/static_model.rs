//! The file of a static model, whole and damaged, and the arithmetic over its rows.

use std::fs;

use aios_embedding::{Damage, Embedder, Error, StaticModel, StaticTable};
use proptest::prelude::*;

use crate::assert_close;

/// Bytes before the name: magic, version, dimension, rows, two lengths.
const HEADER_BYTES: usize = 28;
const CHECKSUM_BYTES: usize = 32;

fn table() -> StaticTable {
    StaticTable {
        name: "tiny".into(),
        pieces: ["red", "green", "##ish", "!"].map(String::from).to_vec(),
        dimension: 2,
        rows: vec![3.0, 0.0, 0.0, 0.5, -1.0, 1.0, 0.0, 0.0],
    }
}

fn damage_of(bytes: Vec<u8>) -> Damage {
    match StaticModel::from_bytes(bytes) {
        Err(error @ Error::Damaged { .. }) => {
            assert!(error.is_damaged() && !error.is_not_found());
            let Error::Damaged { source, .. } = error else { unreachable!() };
            source
        }
        Err(error) => panic!("another error: {error}"),
        Ok(_) => panic!("the bytes are taken for sound"),
    }
}

/// Applies `change` to all bytes but the checksum, and updates the checksum.
fn forged(change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let mut bytes = table().encode().unwrap();
    let end = bytes.len() - CHECKSUM_BYTES;
    change(&mut bytes[..end]);
    let checksum = blake3::hash(&bytes[..end]);
    bytes[end..].copy_from_slice(checksum.as_bytes());
    bytes
}

#[test]
fn a_vector_is_the_normalised_sum_of_the_rows() {
    let model = StaticModel::from_bytes(table().encode().unwrap()).unwrap();
    let check = |text: &str, expect: [f32; 2]| {
        let vector = model.embed_query(text).unwrap();
        assert_close(&vector, &expect, 1e-3);
        assert_eq!(model.embed_documents(&[text]).unwrap(), [vector]);
    };
    check("red", [1.0, 0.0]);
    check("Green GREEN", [0.0, 1.0]);
    check("reddish", [0.0, 0.0]);
    check("redish", [2.0 / 5f32.sqrt(), 1.0 / 5f32.sqrt()]);
    check("red violet green", [3.0 / 9.25f32.sqrt(), 0.5 / 9.25f32.sqrt()]);
    check("!", [0.0, 0.0]);
    assert_eq!(model.tokenize("redish reddish!"), [Some(0), Some(2), None, Some(3)]);
}

#[test]
fn the_same_content_has_the_same_fingerprint() {
    let fingerprint = |table: &StaticTable| {
        let model = StaticModel::from_bytes(table.encode().unwrap()).unwrap();
        model.fingerprint().clone()
    };
    let mut other = table();
    assert_eq!(fingerprint(&table()), fingerprint(&other));
    other.rows[0] = 2.0;
    assert_ne!(fingerprint(&table()), fingerprint(&other));
}

#[test]
fn a_directory_without_a_model_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let error = StaticModel::open(dir.path().join("nowhere")).err().unwrap();
    assert!(error.is_not_found());
    assert!(error.to_string().contains("nowhere"), "{error}");
    fs::write(dir.path().join("static-model.bin"), table().encode().unwrap()).unwrap();
    assert_eq!(StaticModel::open(dir.path()).unwrap().dimension(), 2);
    fs::write(dir.path().join("static-model.bin"), "<html>").unwrap();
    let error = StaticModel::open(dir.path()).err().unwrap();
    assert!(error.is_damaged() && error.to_string().contains("static-model.bin"), "{error}");
}

#[test]
fn each_kind_of_damage_has_its_error() {
    let whole = table().encode().unwrap();
    let scales = whole.len() - CHECKSUM_BYTES - 8 - 16;
    let vocabulary = HEADER_BYTES + "tiny".len();
    let put = |at: usize, value: [u8; 4]| forged(|bytes| bytes[at..at + 4].copy_from_slice(&value));
    let check = |bytes: Vec<u8>, expect: Damage| assert_eq!(damage_of(bytes), expect);

    check(Vec::new(), Damage::Magic);
    check(put(0, *b"GGUF"), Damage::Magic);
    check(put(8, 2u32.to_le_bytes()), Damage::Version { found: 2, known: 1 });
    let (rows_max, dimension_max) = (1 << 20, 4096);
    check(put(12, [0; 4]), Damage::Shape { rows: 4, dimension: 0, rows_max, dimension_max });
    check(put(16, [0; 4]), Damage::Shape { rows: 0, dimension: 2, rows_max, dimension_max });
    let rows = (u32::MAX) as usize;
    check(put(16, [255; 4]), Damage::Shape { rows, dimension: 2, rows_max, dimension_max });
    for value in [f32::NAN, f32::INFINITY, -1.0] {
        check(put(scales + 4, value.to_le_bytes()), Damage::Scale { row: 1 });
    }
    check(put(HEADER_BYTES, [0xFF; 4]), Damage::Name);
    check(put(vocabulary + 3, *b"\n\n\n\n"), Damage::Vocabulary { row: 1 });
    check(put(vocabulary + 4, [0xFF; 4]), Damage::Vocabulary { row: 1 });
    check(forged(|bytes| bytes[vocabulary + 3] = b'_'), Damage::Vocabulary { row: 3 });
}

#[test]
fn an_invalid_table_is_not_written() {
    let check = |change: fn(&mut StaticTable), expect: Damage| {
        let mut table = table();
        change(&mut table);
        assert_eq!(table.encode(), Err(expect));
    };
    check(|table| table.rows[5] = f32::NAN, Damage::Scale { row: 2 });
    check(|table| table.rows[5] = f32::INFINITY, Damage::Scale { row: 2 });
    check(|table| table.rows.truncate(7), Damage::Length { expected: 8, found: 7 });
    check(|table| table.pieces[1] = "red".into(), Damage::Vocabulary { row: 1 });
    check(|table| table.pieces[2] = "a\nb".into(), Damage::Vocabulary { row: 2 });
    check(|table| table.pieces[3].clear(), Damage::Vocabulary { row: 3 });
    check(|table| table.pieces[3] = "##".into(), Damage::Vocabulary { row: 3 });
}

proptest! {
    #[test]
    fn any_cut_and_any_flipped_bit_is_noticed(at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let whole = table().encode().unwrap();
        damage_of(whole[..at.index(whole.len())].to_vec());
        let mut flipped = whole.clone();
        flipped[at.index(whole.len())] ^= 1 << bit;
        damage_of(flipped);
        let mut longer = whole;
        longer.push(bit);
        damage_of(longer);
    }

    #[test]
    fn quantisation_keeps_every_value_within_half_a_step(
        rows in prop::collection::vec(-9f32..9.0, 8)
    ) {
        let table = StaticTable { rows: rows.clone(), ..table() };
        let model = StaticModel::from_bytes(table.encode().unwrap()).unwrap();
        for (row, text) in [(0, "red"), (1, "green"), (3, "!")] {
            let row = &rows[row * 2..row * 2 + 2];
            let largest = row[0].abs().max(row[1].abs());
            let length = (row[0] * row[0] + row[1] * row[1]).sqrt();
            prop_assume!(0.01 < length);
            let tolerance = largest / 127.0 / length + 1e-5;
            let expected = [row[0] / length, row[1] / length];
            assert_close(&model.embed_query(text).unwrap(), &expected, tolerance);
        }
    }
}
