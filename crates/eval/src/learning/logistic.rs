//! Logistic regression by Newton's method, for the weights of the worth (Hastie, Tibshirani and
//! Friedman, "The Elements of Statistical Learning", 2009, section 4.4).

use aios_learning::{Numbers, Weights};

/// Number of features of a message.
pub(crate) const NUMBERS: usize = 6;

/// Ridge penalty on the weights, which keeps the matrix non-singular.
const RIDGE: f64 = 1.0;
/// Number of steps, after which the weights no longer change.
const STEPS: usize = 12;
const SIZE: usize = NUMBERS + 1;

/// Fits the weights of the `used` features. The others get 0.
pub(crate) fn fit(examples: &[(Numbers, bool)], used: [bool; NUMBERS]) -> Weights {
    let rows: Vec<([f64; SIZE], f64)> = examples
        .iter()
        .map(|(numbers, label)| {
            let mut row = [1.0; SIZE];
            for (at, value) in numbers.scaled().into_iter().enumerate() {
                row[at] = if used[at] { value } else { 0.0 };
            }
            (row, f64::from(u8::from(*label)))
        })
        .collect();
    let mut weights = [0.0; SIZE];
    for _ in 0..STEPS {
        let step = solve(system(&rows, &weights));
        for at in 0..SIZE {
            weights[at] += step[at];
        }
    }
    let [of_numbers @ .., constant] = weights;
    Weights { of_numbers, constant }
}

/// Returns the second derivatives and the gradient of the likelihood.
fn system(rows: &[([f64; SIZE], f64)], weights: &[f64; SIZE]) -> [[f64; SIZE + 1]; SIZE] {
    let mut matrix = [[0.0; SIZE + 1]; SIZE];
    for at in 0..SIZE {
        matrix[at][at] = RIDGE;
        matrix[at][SIZE] = -RIDGE * weights[at];
    }
    for (row, label) in rows {
        let sum: f64 = row.iter().zip(weights).map(|(value, weight)| value * weight).sum();
        let score = 1.0 / (1.0 + (-sum).exp());
        for i in 0..SIZE {
            matrix[i][SIZE] += row[i] * (label - score);
            for j in 0..SIZE {
                matrix[i][j] += row[i] * row[j] * score * (1.0 - score);
            }
        }
    }
    matrix
}

/// Solves a linear system by Gaussian elimination with pivoting.
fn solve(mut matrix: [[f64; SIZE + 1]; SIZE]) -> [f64; SIZE] {
    for column in 0..SIZE {
        let pivot = (column..SIZE)
            .max_by(|a, b| matrix[*a][column].abs().total_cmp(&matrix[*b][column].abs()))
            .unwrap_or(column);
        matrix.swap(column, pivot);
        let head = matrix[column];
        for (at, row) in matrix.iter_mut().enumerate() {
            if at == column || head[column] == 0.0 {
                continue;
            }
            let factor = row[column] / head[column];
            for (value, lead) in row.iter_mut().zip(head) {
                *value -= factor * lead;
            }
        }
    }
    let mut solution = [0.0; SIZE];
    for (at, row) in matrix.iter().enumerate() {
        solution[at] = if row[at] == 0.0 { 0.0 } else { row[SIZE] / row[at] };
    }
    solution
}
