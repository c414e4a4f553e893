//! Grouping of texts into batches, and of batches onto threads.
//!
//! Texts are sorted by length and computed in batches, each on one thread: one single-threaded
//! inference per core is faster than several threads within each matrix product. The results are
//! returned in the original order.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::lanes::Lanes;
use crate::{Error, vector::normalise};

/// A tokenized text.
pub(crate) struct Sequence {
    pub(crate) ids: Vec<u32>,
    /// True if the text itself has a known token.
    pub(crate) is_known: bool,
}

/// Limits of a batch. A single text may exceed the token limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct BatchLimits {
    pub(super) texts: usize,
    pub(super) tokens: usize,
}

/// Runs the inferences of one model.
pub(super) struct Scheduler {
    threads: usize,
    lanes: Lanes,
}

impl Scheduler {
    /// Creates a scheduler that runs at most `threads` inferences concurrently; 0 counts as 1.
    pub(super) fn new(threads: usize) -> Scheduler {
        let threads = threads.max(1);
        Scheduler { threads, lanes: Lanes::new(threads) }
    }

    /// Returns the vectors of `sequences` in their order, each of length 1, or zeros if no token is
    /// known. `forward` computes the vectors of a batch; its scratch is reused on the same thread.
    pub(super) fn embed<S: Default>(
        &self,
        sequences: &[Sequence],
        limits: BatchLimits,
        dimension: usize,
        forward: impl Fn(&[&[u32]], &mut S) -> Vec<Vec<f32>> + Sync,
    ) -> Result<Vec<Vec<f32>>, Error> {
        in_order(sequences, dimension, |sorted| self.compute(sorted, limits, forward))
    }

    /// Returns the vectors that `forward` computes for the `sorted` sequences, in their order.
    pub(super) fn compute<S: Default>(
        &self,
        sorted: &[&[u32]],
        limits: BatchLimits,
        forward: impl Fn(&[&[u32]], &mut S) -> Vec<Vec<f32>> + Sync,
    ) -> Result<Vec<Vec<f32>>, Error> {
        let lanes = (&self.lanes, self.threads);
        in_batches(lanes, &batches(sorted, limits), |batch, scratch| {
            let vectors = forward(batch, scratch);
            check_finite(&vectors)?;
            Ok(vectors)
        })
    }
}

/// Returns the vectors of `sequences` in their order, each of length 1, or zeros if no token is
/// known. `compute` computes those of the known ones, sorted by length.
pub(crate) fn in_order(
    sequences: &[Sequence],
    dimension: usize,
    compute: impl FnOnce(&[&[u32]]) -> Result<Vec<Vec<f32>>, Error>,
) -> Result<Vec<Vec<f32>>, Error> {
    let mut order: Vec<usize> =
        (0..sequences.len()).filter(|&index| sequences[index].is_known).collect();
    order.sort_by_key(|&index| sequences[index].ids.len());
    let sorted: Vec<&[u32]> = order.iter().map(|&index| &*sequences[index].ids).collect();
    let computed = compute(&sorted)?;
    let mut vectors = vec![vec![0.0; dimension]; sequences.len()];
    for (index, mut vector) in order.into_iter().zip(computed) {
        normalise(&mut vector);
        vectors[index] = vector;
    }
    Ok(vectors)
}

/// Splits `sorted` into batches.
fn batches<'a>(sorted: &'a [&'a [u32]], limits: BatchLimits) -> Vec<&'a [&'a [u32]]> {
    let mut batches = Vec::new();
    let mut rest = sorted;
    while !rest.is_empty() {
        let mut tokens = 0;
        let fitting = rest.iter().take(limits.texts).take_while(|ids| {
            tokens += ids.len();
            tokens <= limits.tokens
        });
        let (batch, later) = rest.split_at(fitting.count().max(1));
        batches.push(batch);
        rest = later;
    }
    batches
}

/// Returns the results of `forward` for all batches, in order. Threads take batches from the end,
/// where the longest are, so that they finish at about the same time.
pub(crate) fn in_batches<T: Sync, R: Send, S: Default>(
    (lanes, threads): (&Lanes, usize),
    batches: &[&[T]],
    forward: impl Fn(&[T], &mut S) -> Result<Vec<R>, Error> + Sync,
) -> Result<Vec<R>, Error> {
    let left = AtomicUsize::new(batches.len());
    let work = || {
        let (mut done, mut scratch) = (Vec::new(), S::default());
        while let Ok(count) =
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
        {
            let lane = lanes.enter();
            let results = forward(batches[count - 1], &mut scratch);
            drop(lane);
            done.push((count - 1, results?));
        }
        Ok(done)
    };
    let helpers = threads.min(batches.len()).saturating_sub(1);
    let mut done = thread::scope(|scope| {
        // If the system cannot start a thread, the running ones process its batches.
        let helper = |_| thread::Builder::new().spawn_scoped(scope, work).ok();
        let helpers: Vec<_> = (0..helpers).map_while(helper).collect();
        let mut done = work()?;
        for helper in helpers {
            done.extend(helper.join().expect("an inference does not panic")?);
        }
        Ok::<_, Error>(done)
    })?;
    done.sort_unstable_by_key(|(index, _)| *index);
    Ok(done.into_iter().flat_map(|(_, results)| results).collect())
}

/// Checks that all numbers are finite.
pub(crate) fn check_finite(vectors: &[Vec<f32>]) -> Result<(), Error> {
    if vectors.iter().flatten().any(|x| !x.is_finite()) {
        return Err(Error::compute("the weights produce a vector that is not finite"));
    }
    Ok(())
}
