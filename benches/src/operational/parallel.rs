//! Runs threads at the same time.
//!
//! On a busy machine, threads that should contend run one after the other, and locks are never
//! contended. Therefore the threads of a round start when all of them are running, rounds are
//! short, and a round counts only if the scheduler preempted none of its threads, as reported by
//! the kernel. A thread that waits for a lock yields voluntarily, which is counted separately.

use std::{
    hint,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::{Size, status};

/// Number of rounds.
const ROUNDS: usize = 41;
/// Time limit for all rounds. An idle machine needs a fraction of it.
const PATIENCE: Duration = Duration::from_secs(4);

/// Result of a round.
#[derive(Debug, Clone)]
pub(super) struct Round {
    /// Time from the start of the first worker to the end of the last.
    pub(super) elapsed: Duration,
    /// Result of each worker.
    pub(super) samples: Vec<Vec<u64>>,
}

/// Runs rounds of `workers` threads that each call `work`, while `readers` threads call `read`
/// repeatedly. Returns disturbed rounds only if there are no others.
pub(super) fn rounds(
    size: Size,
    workers: usize,
    readers: usize,
    work: impl Fn(usize) -> Vec<u64> + Sync,
    read: impl Fn() + Sync,
) -> Vec<Round> {
    let (mut quiet, mut loud) = (Vec::new(), Vec::new());
    let started = Instant::now();
    while quiet.len() < size.pick(1, ROUNDS)
        && started.elapsed() < size.pick(Duration::ZERO, PATIENCE)
        || quiet.is_empty() && loud.is_empty()
    {
        let (round, disturbed) = round(workers, readers, &work, &read);
        if disturbed && fit(workers + readers) { loud.push(round) } else { quiet.push(round) }
    }
    if quiet.is_empty() { loud } else { quiet }
}

/// Returns true if this number of threads can run at the same time. Otherwise they share
/// processors, and rounds must be long enough for that.
pub(super) fn fit(threads: usize) -> bool {
    thread::available_parallelism().is_ok_and(|processors| threads <= processors.get())
}

fn round(
    workers: usize,
    readers: usize,
    work: &(impl Fn(usize) -> Vec<u64> + Sync),
    read: &(impl Fn() + Sync),
) -> (Round, bool) {
    let (start, done) = (Start::new(workers + readers), AtomicBool::new(false));
    thread::scope(|scope| {
        let reading: Vec<_> = (0..readers)
            .map(|_| {
                scope.spawn(|| {
                    let before = start.together();
                    while !done.load(Ordering::Relaxed) {
                        read();
                    }
                    before != preemptions()
                })
            })
            .collect();
        let working: Vec<_> = (0..workers)
            .map(|worker| {
                let start = &start;
                scope.spawn(move || {
                    let before = start.together();
                    let started = Instant::now();
                    let samples = work(worker);
                    (started, Instant::now(), samples, before != preemptions())
                })
            })
            .collect();
        let results: Vec<_> =
            working.into_iter().map(|thread| thread.join().expect("nobody panics")).collect();
        done.store(true, Ordering::Relaxed);
        let mut disturbed = results.iter().any(|result| result.3);
        for reader in reading {
            disturbed |= reader.join().expect("nobody panics");
        }
        let first = results.iter().map(|result| result.0).min();
        let last = results.iter().map(|result| result.1).max();
        let elapsed = first.zip(last).map_or(Duration::ZERO, |(first, last)| last - first);
        let samples = results.into_iter().map(|result| result.2).collect();
        (Round { elapsed, samples }, disturbed)
    })
}

/// Barrier that releases threads once all of them are running.
struct Start {
    missing: AtomicUsize,
}

impl Start {
    fn new(threads: usize) -> Start {
        Start { missing: AtomicUsize::new(threads) }
    }

    /// Waits for all threads. Spins, so that a released thread is on a processor. Returns the
    /// number of preemptions of the thread so far.
    fn together(&self) -> u64 {
        let before = preemptions();
        self.missing.fetch_sub(1, Ordering::AcqRel);
        let mut spins = 0_u32;
        while self.missing.load(Ordering::Acquire) != 0 {
            spins += 1;
            // With more threads than processors, the others need this processor.
            if spins.is_multiple_of(1 << 14) { thread::yield_now() } else { hint::spin_loop() }
        }
        before
    }
}

/// Returns the number of preemptions of this thread. 0 if the system does not report it.
fn preemptions() -> u64 {
    status::of_thread("nonvoluntary_ctxt_switches")
}
