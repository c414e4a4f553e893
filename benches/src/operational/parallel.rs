//! Threads that really run at the same time.
//!
//! On a machine that is busy with other things, threads that should contend take turns instead, and
//! nobody ever waits for a lock. So the threads of a round start when all of them are running, a
//! round is short, and it counts only if the scheduler took none of them off its processor: the
//! kernel says so for each thread. A thread that waits for a lock gives its processor up by itself,
//! which is another count.

use std::{
    hint,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::{Size, status};

/// How many rounds are wanted.
const ROUNDS: usize = 41;
/// How long it is tried to get that many. A quiet machine needs a fraction of it.
const PATIENCE: Duration = Duration::from_secs(4);

/// What a round was.
#[derive(Debug, Clone)]
pub(super) struct Round {
    /// From the moment when the first worker started to the one when the last was through.
    pub(super) elapsed: Duration,
    /// What each worker returned.
    pub(super) samples: Vec<Vec<u64>>,
}

/// Rounds of `workers` threads that each call `work`, while `readers` threads call `read` again and
/// again. Those that were disturbed, if the machine is so busy that no other was to be had.
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

/// Whether so many threads can all run at the same time. If not, they take turns whatever we do,
/// and rounds have to be long enough for that.
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

/// Lets threads go when all of them are running.
struct Start {
    missing: AtomicUsize,
}

impl Start {
    fn new(threads: usize) -> Start {
        Start { missing: AtomicUsize::new(threads) }
    }

    /// Spins, so that whoever is let go is on a processor. Returns the thread's preemptions so far.
    fn together(&self) -> u64 {
        let before = preemptions();
        self.missing.fetch_sub(1, Ordering::AcqRel);
        let mut spins = 0_u32;
        while self.missing.load(Ordering::Acquire) != 0 {
            spins += 1;
            // With more threads than processors, the others need this one.
            if spins.is_multiple_of(1 << 14) { thread::yield_now() } else { hint::spin_loop() }
        }
        before
    }
}

/// How often the scheduler has taken this thread off its processor. 0 where nobody says.
fn preemptions() -> u64 {
    status::of_thread("nonvoluntary_ctxt_switches")
}
