//! Distils a static table from a transformer. The method is that of model2vec (Tulkens and van
//! Dongen, 2024); the weights are those of Arora et al., "A Simple but Tough-to-Beat Baseline for
//! Sentence Embeddings", 2017.
//!
//! 1. Every word piece is embedded by itself, between the special tokens.
//! 2. The vectors are rotated to their principal axes; the first few axes are kept.
//! 3. Each row is weighted by `a / (a + p)`, where `p` is the estimated frequency of the piece:
//!    `1 / rank` by Zipf's law, because a vocabulary is sorted by frequency.
//!
//! The table of related terms is computed from the static table.

mod related;

use faer::{Mat, Side};

pub use crate::bert::encode_int8;
use crate::{Bert, Error, StaticTable};
pub use related::related_table;

/// The `a` of the weight `a / (a + p)`.
const SIF_A: f64 = 1e-4;

/// Treatment of the mean of all word pieces before the principal axes are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Centring {
    /// The mean is kept. Retrieves better.
    Without,
    /// The mean is subtracted.
    Mean,
}

/// The vectors of all word pieces of a model, before reduction and weighting.
pub struct PieceVectors {
    pieces: Vec<String>,
    vectors: Mat<f64>,
}

impl PieceVectors {
    /// Embeds every word piece with `model`.
    ///
    /// # Errors
    /// [`Error::Compute`] if the model refuses a piece.
    pub fn compute(model: &Bert) -> Result<PieceVectors, Error> {
        let (pieces, vectors) = model.piece_vectors()?;
        let columns = vectors.first().map_or(0, Vec::len);
        let vectors =
            Mat::from_fn(pieces.len(), columns, |row, column| f64::from(vectors[row][column]));
        Ok(PieceVectors { pieces, vectors })
    }

    /// Returns the number of word pieces.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Returns true if there are no word pieces.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Returns the table with `dimension` columns, or with the model's if those are fewer.
    ///
    /// # Errors
    /// [`Error::Compute`] if the axes cannot be computed, which happens only if a value is not
    /// finite.
    pub fn table(
        &self,
        name: &str,
        dimension: usize,
        centring: Centring,
    ) -> Result<StaticTable, Error> {
        let rows = self.vectors.nrows();
        let mut vectors = self.vectors.clone();
        if centring == Centring::Mean {
            for column in vectors.col_iter_mut() {
                let mean = column.sum() / rows as f64;
                column.iter_mut().for_each(|x| *x -= mean);
            }
        }
        let axes = principal_axes(&vectors)?;
        let dimension = dimension.min(axes.ncols());
        let reduced = &vectors * axes.get(.., ..dimension);
        let harmonic: f64 = (1..=rows).map(|rank| 1.0 / rank as f64).sum();
        let mut table = StaticTable {
            name: name.into(),
            pieces: self.pieces.clone(),
            dimension,
            rows: Vec::with_capacity(rows * dimension),
        };
        for row in 0..rows {
            let probability = 1.0 / ((row + 1) as f64 * harmonic);
            let weight = SIF_A / (SIF_A + probability);
            table.rows.extend(reduced.row(row).iter().map(|x| (weight * x) as f32));
        }
        Ok(table)
    }
}

/// Returns the principal axes as columns, in descending order of variance. The sign of an axis
/// makes its largest component positive.
fn principal_axes(vectors: &Mat<f64>) -> Result<Mat<f64>, Error> {
    let spread = vectors.transpose() * vectors;
    let eigen = spread.self_adjoint_eigen(Side::Lower).map_err(|error| {
        Error::compute(format!("the principal axes of the word pieces: {error:?}"))
    })?;
    let ascending = eigen.U();
    let count = ascending.ncols();
    Ok(Mat::from_fn(count, count, |row, column| {
        let axis = ascending.col(count - 1 - column);
        let largest =
            axis.iter().copied().fold(0.0, |a: f64, b| if a.abs() < b.abs() { b } else { a });
        axis[row].copysign(axis[row] * largest)
    }))
}
