//! A tiny model: its file, its tokens, its vectors.

use super::{format::Sizes, product::pack, *};
use crate::bert::{Activation, Pooling};

const PIECES: &[&str] =
    &["[PAD]", "[UNK]", "[CLS]", "[SEP]", ".", "1", "alpha", "beta", "gamma", "##x", "\u{7684}"];
const SIZES: Sizes =
    Sizes { hidden: 64, wide: 96, layers: 2, heads: 2, positions: 10, pieces: PIECES.len() };

/// Pseudo-random numbers between -1 and 1.
struct Numbers(u32);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / (1 << 23) as f32 - 1.0
    }

    fn floats(&mut self, count: usize, scale: f32, plus: f32) -> Vec<u8> {
        (0..count).flat_map(|_| (self.next() * scale + plus).to_le_bytes()).collect()
    }

    fn norm(&mut self, hidden: usize) -> Vec<u8> {
        [self.floats(hidden, 0.2, 1.0), self.floats(hidden, 0.2, 0.0)].concat()
    }

    fn product(&mut self, inputs: usize, outputs: usize) -> Vec<u8> {
        let weights: Vec<i8> = (0..inputs * outputs).map(|_| (self.next() * 127.0) as i8).collect();
        let sum = |row: &[i8]| row.iter().map(|&weight| i32::from(weight)).sum::<i32>();
        let sums = weights.chunks(inputs).flat_map(|row| sum(row).to_le_bytes()).collect();
        let scales = self.floats(outputs, 1e-4, 2e-3);
        [scales, sums, self.floats(outputs, 0.1, 0.0), pack(&weights, inputs)].concat()
    }
}

fn parts() -> Vec<u8> {
    let (mut numbers, Sizes { hidden, wide, layers, positions, pieces, .. }) = (Numbers(7), SIZES);
    let mut bytes: Vec<u8> =
        (0..pieces * hidden / 2).map(|_| (numbers.next() * 127.0) as i8 as u8).collect();
    bytes.extend((0..pieces * hidden / 64).map(|_| 100));
    bytes.extend(numbers.floats(pieces, 1e-3, 2e-3));
    bytes.extend(numbers.floats(positions * hidden, 0.3, 0.0));
    bytes.extend(numbers.norm(hidden));
    for _ in 0..layers {
        bytes.extend(numbers.product(hidden, 3 * hidden));
        bytes.extend(numbers.product(hidden, hidden));
        bytes.extend(numbers.norm(hidden));
        bytes.extend(numbers.product(hidden, wide));
        bytes.extend(numbers.product(wide, hidden));
        bytes.extend(numbers.norm(hidden));
    }
    bytes
}

fn file() -> Vec<u8> {
    let lines: String = PIECES.iter().flat_map(|piece| [piece, "\n"]).collect();
    format::write(SIZES, (Pooling::Mean, Activation::Gelu, 1e-12), ("tiny", &lines), &parts())
}

fn model() -> Int8Bert {
    Int8Bert::from_bytes(file()).unwrap()
}

fn damage(bytes: Vec<u8>) -> Damage {
    match Int8Bert::from_bytes(bytes).err() {
        Some(Error::Damaged { source, .. }) => source,
        other => panic!("{other:?}"),
    }
}

/// Returns the file after `change`, with a valid checksum.
fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = file();
    bytes.truncate(bytes.len() - 32);
    change(&mut bytes);
    let checksum = blake3::hash(&bytes);
    bytes.extend(checksum.as_bytes());
    bytes
}

fn ids(text: &str) -> Vec<u32> {
    model().encode(text, &mut Scratch::default()).ids
}

#[test]
fn texts_are_framed_and_cut_at_the_limit() {
    assert_eq!(ids("Alpha betax."), [2, 6, 7, 9, 4, 3]);
    assert_eq!(ids("delta [SEP] alpha"), [2, 1, 1, 1, 1, 6, 3]);
    assert_eq!(ids(&"alpha ".repeat(20)), [2, 6, 6, 6, 6, 6, 6, 6, 6, 3]);
    assert_eq!(model().tokens_max(), Some(8));
}

#[test]
fn a_long_text_is_read_only_in_part_without_splitting_words() {
    for spaces in [0, 1, 100, 1000] {
        let text = format!("{}alpha{}", " ".repeat(spaces), " beta".repeat(5000));
        assert_eq!(ids(&text), [2, 6, 7, 7, 7, 7, 7, 7, 7, 3], "{spaces} spaces");
    }
    // A word that is too long, at any cut.
    assert_eq!(ids(&format!("alpha{} beta", "x".repeat(5000))), [2, 1, 7, 3]);
}

#[test]
fn a_vector_is_independent_of_batch_and_threads() {
    let texts: Vec<String> = (0..300)
        .map(|at: usize| format!("alpha{} {}", "x".repeat(at % 4), "beta 1 ".repeat(at % 3)))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let together = model().with_threads(3).embed_documents(&texts).unwrap();
    let alone = model().with_threads(1);
    for (text, expected) in texts.iter().zip(&together) {
        assert_eq!(&alone.embed_query(text).unwrap(), expected, "{text}");
    }
    assert_ne!(together[0], together[1]);
}

#[test]
fn every_path_gives_the_same_vectors() {
    let mut model = model();
    let texts = ["alpha", "beta gamma 1.", "gammax alpha betax beta"];
    let expected = model.embed_documents(&texts).unwrap();
    for path in kernels::Path::available() {
        model.path = path;
        assert_eq!(model.embed_documents(&texts).unwrap(), expected, "{path:?}");
    }
}

#[test]
fn unknown_texts_have_no_vector() {
    let model = model();
    let lengths = |texts: &[&str]| -> Vec<f32> {
        let vectors = model.embed_documents(texts).unwrap();
        vectors.iter().map(|vector| vector.iter().map(|x| x * x).sum::<f32>().round()).collect()
    };
    assert_eq!(lengths(&["", "delta", "\u{7684}", "\u{7684} 1"]), [0.0; 4]);
    assert_eq!(lengths(&["alpha", "alpha delta", "alpha \u{7684}", "1 ."]), [1.0; 4]);
}

#[test]
fn a_damaged_file_is_refused() {
    assert!(matches!(damage(Vec::new()), Damage::Magic));
    assert!(matches!(damage(b"AIOSTATC".to_vec()), Damage::Magic));
    let whole = file();
    for length in [8, 11, 12, 40, 44, whole.len() / 2, whole.len() - 1] {
        let damage = damage(whole[..length].to_vec());
        assert!(matches!(damage, Damage::Length { .. } | Damage::Checksum), "{length}: {damage}");
    }
    for at in (12..whole.len()).step_by(97) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        assert!(matches!(damage(bytes), Damage::Checksum));
    }
    let mut bytes = whole;
    bytes[8] = 9;
    assert!(matches!(damage(bytes), Damage::Version { found: 9, known: 1 }));
}

#[test]
fn a_sound_checksum_is_not_enough() {
    let word = |at: usize, word: u32| {
        changed(move |bytes| bytes[at..at + 4].copy_from_slice(&word.to_le_bytes()))
    };
    // Hidden, wide, layers, heads, positions, pieces, pooling, activation; text lengths.
    for (at, number) in (12..52).step_by(4).flat_map(|at| [(at, 0), (at, 5), (at, u32::MAX)]) {
        let is_same = u32::from_le_bytes(file()[at..at + 4].try_into().unwrap()) == number;
        if !is_same {
            let _ = damage(word(at, number));
        }
    }
    let end = file().len() - 32;
    let _ = damage(word(52, f32::NAN.to_bits()));
    let _ = damage(word(end - 4, f32::INFINITY.to_bits()));
    assert!(matches!(damage(changed(|bytes| bytes.push(0))), Damage::Length { .. }));
    assert!(matches!(damage(changed(|bytes| _ = bytes.pop())), Damage::Length { .. }));
    let first_piece = 56 + "tiny".len();
    let twice = changed(|bytes| bytes[first_piece..first_piece + 5].copy_from_slice(b"[UNK]"));
    assert!(matches!(damage(twice), Damage::Vocabulary { row: 1 }));
    let without_unknown =
        changed(|bytes| bytes[first_piece + 6..first_piece + 11].copy_from_slice(b"[ABC]"));
    assert!(matches!(damage(without_unknown), Damage::Network));
}
