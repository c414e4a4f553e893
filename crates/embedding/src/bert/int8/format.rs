//! The file of an int8 BERT, version 1. All numbers are little-endian.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `AIOSBERT` |
//! | 4 | version, 1 |
//! | 24 | hidden size `h`, wide size `w`, layers, heads, positions `p`, word pieces `n` |
//! | 4 | pooling: 0 mean, 1 first token |
//! | 4 | activation: 0 GELU, 1 GELU by tanh, 2 ReLU |
//! | 8 | bytes of the name, bytes of the vocabulary |
//! | 4 | epsilon of the normalisations, f32 |
//! | | name of the model, UTF-8 |
//! | | vocabulary, UTF-8: `n` word pieces, each ended by a line feed |
//! | `n h / 2` | word vectors, 4 bits a number plus 8: the low half of a byte comes first |
//! | `n h / 64` | a step per 64 numbers of a word vector, u8 |
//! | `4 n` | a scale per word vector, f32: a number is `bits * step * scale` |
//! | `4 p h` | position vectors, f32, each with the vector of token type 0 added |
//! | `8 h` | weights and biases of the normalisation of embeddings, f32 |
//! | | the layers |
//! | 32 | BLAKE3 of everything before |
//!
//! A layer is the products query-key-value (`h` to `3 h`) and attended (`h` to `h`), a
//! normalisation, the products wide (`h` to `w`) and narrow (`w` to `h`), and a normalisation. A
//! product consists, for its outputs, of scales (f32), sums of the weights (i32) and biases (f32),
//! followed by the int8 weights, packed as in [`kernels`](super::kernels). Queries are divided by
//! the square root of the head size.

use std::borrow::Cow;

use super::{
    attention::{Attention, LANES},
    kernels::COLUMNS,
    network::{Layer, Linear, Network, Words},
    product::Product,
};
use crate::{
    Damage,
    bert::{Activation, Norm, Pooling},
    wordpiece::WordPiece,
};

const MAGIC: &[u8; 8] = b"AIOSBERT";
const VERSION: u32 = 1;
const CHECKSUM_BYTES: usize = 32;
/// Numbers of a word vector that share a step.
pub(super) const STEP_NUMBERS: usize = 64;
/// Maximum row size and maximum number of positions.
const SIZE_MAX: usize = 1 << 14;
/// Maximum number of layers, and of heads.
const LAYERS_MAX: usize = 256;
/// Maximum number of word pieces.
const PIECES_MAX: usize = 1 << 20;
/// Maximum number of bytes of the name, and of the vocabulary.
const TEXT_BYTES_MAX: usize = 1 << 26;

/// The content of a file.
pub(super) struct Parsed {
    pub(super) name: String,
    pub(super) checksum: blake3::Hash,
    pub(super) wordpiece: WordPiece,
    pub(super) network: Network,
}

/// The sizes in a file's header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub(super) hidden: usize,
    pub(super) wide: usize,
    pub(super) layers: usize,
    pub(super) heads: usize,
    pub(super) positions: usize,
    pub(super) pieces: usize,
}

/// Reads and checks a file.
pub(super) fn parse(bytes: Cow<'static, [u8]>) -> Result<Parsed, Damage> {
    if !bytes.starts_with(MAGIC) {
        return Err(Damage::Magic);
    }
    let found = bytes.len() as u64;
    let content = bytes.len().saturating_sub(CHECKSUM_BYTES).max(MAGIC.len());
    let mut reader = Reader { bytes: &bytes, at: MAGIC.len(), end: content };
    let version = reader.word()?;
    if version != VERSION {
        return Err(Damage::Version { found: version, known: VERSION });
    }
    let checksum = blake3::hash(&bytes[..content]);
    if checksum.as_bytes() != &bytes[content..] {
        return Err(Damage::Checksum);
    }
    let mut size = || reader.word().map(|word| word as usize);
    let sizes = Sizes {
        hidden: size()?,
        wide: size()?,
        layers: size()?,
        heads: size()?,
        positions: size()?,
        pieces: size()?,
    };
    let [pooling, activation, name_bytes, vocabulary_bytes] = [size()?, size()?, size()?, size()?];
    sizes.check()?;
    let pooling = *[Pooling::Mean, Pooling::Cls].get(pooling).ok_or(SHAPE)?;
    let activations = [Activation::Gelu, Activation::GeluTanh, Activation::Relu];
    let activation = *activations.get(activation).ok_or(SHAPE)?;
    if TEXT_BYTES_MAX < name_bytes || TEXT_BYTES_MAX < vocabulary_bytes {
        return Err(SHAPE);
    }
    let epsilon = reader.float()?;
    let name = str::from_utf8(reader.take(name_bytes)?).map_err(|_| Damage::Name)?.to_owned();
    let wordpiece = vocabulary(reader.part(vocabulary_bytes)?, sizes.pieces)?;
    let network = reader.network(sizes, epsilon, pooling, activation)?;
    match reader.end - reader.at {
        0 => Ok(Parsed { name, checksum, wordpiece, network }),
        more => Err(Damage::Length { expected: found - more as u64, found }),
    }
}

const SHAPE: Damage = Damage::Network;

impl Sizes {
    /// Checks that the kernels support the sizes.
    pub(super) fn check(&self) -> Result<(), Damage> {
        let Sizes { hidden, wide, layers, heads, positions, pieces } = *self;
        let is_sound = (1..=SIZE_MAX).contains(&hidden)
            && hidden.is_multiple_of(STEP_NUMBERS)
            && (1..=SIZE_MAX).contains(&wide)
            && wide.is_multiple_of(COLUMNS)
            && (1..=LAYERS_MAX).contains(&layers)
            && (1..=LAYERS_MAX).contains(&heads)
            && hidden.is_multiple_of(heads * LANES)
            && (3..=SIZE_MAX).contains(&positions)
            && (1..=PIECES_MAX).contains(&pieces);
        if is_sound { Ok(()) } else { Err(SHAPE) }
    }
}

fn vocabulary(bytes: Cow<'static, [u8]>, pieces: usize) -> Result<WordPiece, Damage> {
    let row = |valid: &[u8]| valid.iter().filter(|&&byte| byte == b'\n').count();
    let lines = match bytes {
        Cow::Borrowed(bytes) => str::from_utf8(bytes).map(Cow::Borrowed),
        Cow::Owned(bytes) => match str::from_utf8(&bytes) {
            Ok(lines) => Ok(Cow::Owned(lines.to_owned())),
            Err(error) => {
                return Err(Damage::Vocabulary { row: row(&bytes[..error.valid_up_to()]) });
            }
        },
    };
    let lines = lines.map_err(|_| Damage::Vocabulary { row: 0 })?;
    let wordpiece = WordPiece::new(lines).map_err(|bad| Damage::Vocabulary { row: bad.0 })?;
    match wordpiece.len() {
        found if found == pieces => Ok(wordpiece),
        found => Err(Damage::Vocabulary { row: found.min(pieces) }),
    }
}

/// A file that is read from its start.
struct Reader<'a> {
    bytes: &'a Cow<'static, [u8]>,
    at: usize,
    /// The offset of the checksum.
    end: usize,
}

impl Reader<'_> {
    fn take(&mut self, length: usize) -> Result<&[u8], Damage> {
        let start = self.skip(length)?;
        Ok(&self.bytes[start..start + length])
    }

    /// Same as [`take`](Reader::take), without copying static bytes.
    fn part(&mut self, length: usize) -> Result<Cow<'static, [u8]>, Damage> {
        let start = self.skip(length)?;
        Ok(match self.bytes {
            Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[start..start + length]),
            Cow::Owned(bytes) => Cow::Owned(bytes[start..start + length].to_vec()),
        })
    }

    fn skip(&mut self, length: usize) -> Result<usize, Damage> {
        let start = self.at;
        if self.end - start < length {
            let expected = (start + length + CHECKSUM_BYTES) as u64;
            return Err(Damage::Length { expected, found: self.bytes.len() as u64 });
        }
        self.at += length;
        Ok(start)
    }

    fn words(&mut self, count: usize) -> Result<impl Iterator<Item = [u8; 4]>, Damage> {
        Ok(self.take(4 * count)?.as_chunks().0.iter().copied())
    }

    fn word(&mut self) -> Result<u32, Damage> {
        Ok(self.words(1)?.map(u32::from_le_bytes).sum())
    }

    fn floats(&mut self, count: usize) -> Result<Vec<f32>, Damage> {
        let floats: Vec<f32> = self.words(count)?.map(f32::from_le_bytes).collect();
        if floats.iter().all(|x| x.is_finite()) { Ok(floats) } else { Err(SHAPE) }
    }

    fn float(&mut self) -> Result<f32, Damage> {
        Ok(self.floats(1)?.into_iter().sum())
    }

    fn network(
        &mut self,
        sizes: Sizes,
        epsilon: f32,
        pooling: Pooling,
        activation: Activation,
    ) -> Result<Network, Damage> {
        let Sizes { hidden, wide, heads, positions, pieces, .. } = sizes;
        Ok(Network {
            hidden,
            words: Words {
                bits: self.part(pieces * hidden / 2)?,
                steps: self.part(pieces * hidden / STEP_NUMBERS)?,
                scales: self.floats(pieces)?,
            },
            positions: self.floats(positions * hidden)?,
            norm: self.norm(hidden, epsilon)?,
            layers: (0..sizes.layers)
                .map(|_| {
                    Ok(Layer {
                        attention: Attention { heads, size: hidden / heads },
                        query_key_value: self.linear(hidden, 3 * hidden)?,
                        attended: self.linear(hidden, hidden)?,
                        attended_norm: self.norm(hidden, epsilon)?,
                        wide: self.linear(hidden, wide)?,
                        narrow: self.linear(wide, hidden)?,
                        narrow_norm: self.norm(hidden, epsilon)?,
                    })
                })
                .collect::<Result<_, _>>()?,
            activation,
            pooling,
        })
    }

    fn norm(&mut self, hidden: usize, epsilon: f32) -> Result<Norm, Damage> {
        Ok(Norm { weight: self.floats(hidden)?, bias: self.floats(hidden)?, epsilon })
    }

    fn linear(&mut self, inputs: usize, outputs: usize) -> Result<Linear, Damage> {
        let scales = self.floats(outputs)?;
        let sums = self.words(outputs)?.map(i32::from_le_bytes).collect();
        let bias = self.floats(outputs)?;
        let weights = self.part(inputs * outputs)?;
        Ok(Linear { product: Product { inputs, weights, sums, scales }, bias })
    }
}

/// Writes the content of a file: the header, `parts`, the checksum.
#[cfg(any(test, feature = "distill"))]
pub(super) fn write(
    sizes: Sizes,
    (pooling, activation, epsilon): (Pooling, Activation, f32),
    (name, vocabulary): (&str, &str),
    parts: &[u8],
) -> Vec<u8> {
    let Sizes { hidden, wide, layers, heads, positions, pieces } = sizes;
    let (pooling, activation) = (pooling as usize, activation as usize);
    let header = [hidden, wide, layers, heads, positions, pieces, pooling, activation];
    let mut bytes = MAGIC.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    let lengths = [name.len(), vocabulary.len()];
    bytes.extend(header.iter().chain(&lengths).flat_map(|&x| (x as u32).to_le_bytes()));
    bytes.extend(epsilon.to_le_bytes());
    bytes.extend(name.as_bytes());
    bytes.extend(vocabulary.as_bytes());
    bytes.extend(parts);
    bytes.extend(blake3::hash(&bytes).as_bytes());
    bytes
}
