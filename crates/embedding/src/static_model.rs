//! The static model: one row per word piece. A text's vector is the normalised mean of its rows.
//!
//! It ignores word order and context, so its speed is that of memory. `assets/README.md` describes
//! the creation of the bundled table. Pieces of scripts that the model has not learned (`learned`)
//! are ignored.

mod format;

use std::{
    borrow::Cow,
    path::Path,
    sync::{Arc, OnceLock},
};

use format::Parsed;
pub use format::StaticTable;

use crate::{
    Damage, Embedder, Error, Fingerprint, file,
    learned::{self, Sort},
    vector::normalise,
    wordpiece::{Scratch, WordPiece},
};

/// The file of a static model within its directory.
pub(crate) const FILE_NAME: &str = "static-model.bin";

static BUNDLED_BYTES: &[u8] = include_bytes!("../assets/static-model.bin");
static BUNDLED: OnceLock<Arc<StaticModel>> = OnceLock::new();

/// A table of word-piece vectors as an [`Embedder`]. Queries and documents are treated alike.
pub struct StaticModel {
    fingerprint: Fingerprint,
    wordpiece: WordPiece,
    dimension: usize,
    scales: Vec<f32>,
    /// Kind of each row.
    sorts: Vec<Sort>,
    /// The int8 rows as bytes, concatenated.
    rows: Cow<'static, [u8]>,
}

impl StaticModel {
    /// Returns the model bundled with this crate: 256 dimensions, distilled from all-MiniLM-L6-v2.
    /// English, uncased. Loaded once per process.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the bytes in the program are damaged.
    pub fn bundled() -> Result<Arc<StaticModel>, Error> {
        if let Some(model) = BUNDLED.get() {
            return Ok(Arc::clone(model));
        }
        let model = StaticModel::load(Cow::Borrowed(BUNDLED_BYTES))
            .map_err(|source| Error::Damaged { origin: "this program".into(), source })?;
        Ok(Arc::clone(BUNDLED.get_or_init(|| Arc::new(model))))
    }

    /// Reads `static-model.bin` from `dir`.
    ///
    /// # Errors
    /// [`Error::Missing`] if the file does not exist, [`Error::Read`] if it cannot be read,
    /// [`Error::Damaged`] if its content is not a static model.
    pub fn open(dir: impl AsRef<Path>) -> Result<StaticModel, Error> {
        let path = dir.as_ref().join(FILE_NAME);
        let bytes = file::read(&path, "a static model, static-model.bin")?;
        StaticModel::load(Cow::Owned(bytes))
            .map_err(|source| Error::Damaged { origin: format!("`{}`", path.display()), source })
    }

    /// Reads a static model from the content of its file.
    ///
    /// # Errors
    /// [`Error::Damaged`] if `bytes` is not a static model.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<StaticModel, Error> {
        StaticModel::load(Cow::Owned(bytes))
            .map_err(|source| Error::Damaged { origin: "the given bytes".into(), source })
    }

    fn load(bytes: Cow<'static, [u8]>) -> Result<StaticModel, Damage> {
        let Parsed { name, checksum, dimension, scales, vocabulary, rows } = format::parse(bytes)?;
        let wordpiece =
            WordPiece::new(vocabulary).map_err(|bad| Damage::Vocabulary { row: bad.0 })?;
        if wordpiece.len() != scales.len() {
            let row = wordpiece.len().min(scales.len());
            return Err(Damage::Vocabulary { row });
        }
        let fingerprint = Fingerprint::of(&name, checksum, "mean", dimension);
        let sorts = learned::sorts(wordpiece.texts());
        Ok(StaticModel { fingerprint, wordpiece, dimension, scales, sorts, rows })
    }

    /// Returns the ids of the word pieces of `text` in order, which are rows of the table; `None`
    /// for an unknown word.
    #[must_use]
    pub fn tokenize(&self, text: &str) -> Vec<Option<u32>> {
        let mut ids = Vec::new();
        self.wordpiece.encode(text, &mut Scratch::default(), |id| ids.push(id));
        ids
    }

    /// Returns the words that are a single piece, in the order of the table's rows.
    #[cfg(feature = "distill")]
    pub(crate) fn words(&self) -> Vec<&str> {
        self.wordpiece.words()
    }

    /// Returns the normalised mean of the rows of `text`. If all words are unknown, the result is
    /// zeros, because the remaining digits and marks carry no meaning.
    fn embed(&self, text: &str, scratch: &mut Scratch) -> Vec<f32> {
        let mut sum = vec![0.0; self.dimension];
        let (mut has_known_word, mut has_unknown) = (false, false);
        self.wordpiece.encode(text, scratch, |id| {
            let sort = id.map_or(Sort::Unknown, |id| self.sorts[id as usize]);
            has_known_word |= sort == Sort::Word;
            has_unknown |= sort == Sort::Unknown;
            let Some(id) = id.filter(|_| sort != Sort::Unknown) else { return };
            let (id, start) = (id as usize, id as usize * self.dimension);
            add_scaled(&mut sum, &self.rows[start..start + self.dimension], self.scales[id]);
        });
        if has_unknown && !has_known_word {
            sum.fill(0.0);
        }
        normalise(&mut sum);
        sum
    }
}

impl Embedder for StaticModel {
    fn embed_documents(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        let mut scratch = Scratch::default();
        Ok(texts.iter().map(|text| self.embed(text, &mut scratch)).collect())
    }

    fn embed_query(&self, text: &str) -> Result<Vec<f32>, Error> {
        Ok(self.embed(text, &mut Scratch::default()))
    }

    fn count_tokens(&self, text: &str) -> usize {
        let mut count = 0;
        self.wordpiece.encode(text, &mut Scratch::default(), |_| count += 1);
        count
    }

    fn is_fast(&self) -> bool {
        true
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

fn add_scaled(sum: &mut [f32], row: &[u8], scale: f32) {
    for (sum, &byte) in sum.iter_mut().zip(row) {
        *sum += scale * f32::from(byte as i8);
    }
}
