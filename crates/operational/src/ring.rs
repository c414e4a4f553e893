//! A fixed ring of the most recent entries, for many writers and many readers that take nothing
//! away.
//!
//! # Algorithm
//!
//! A slot is one atomic word: a pointer to an entry, or null; how many references to that entry the
//! slot has given away; and the low bits of the entry's lap, `seq / capacity`. Slot `i` of
//! `capacity` serves every `seq` with `seq % capacity == i`. An entry is one allocation: a count of
//! references, its `seq`, its value.
//!
//! - **push** allocates the entry, takes a ticket with `head.fetch_add(1)` - the ticket is the
//!   entry's `seq` - and swaps it into its slot. If what comes out is older, it has been *evicted*.
//!   If it is newer, the push was lapped: it swaps the newer one back in, until what it holds is
//!   older than what it put in.
//! - **read** takes `head` and looks at the slots of `[head - capacity, head)`. To look at a slot,
//!   it adds one to the slot's word. That both reads the pointer and takes a reference to the
//!   entry, in one step: there is no moment in which the entry could be freed in between. An entry
//!   with the `seq` that was asked for is the answer; a higher one means evicted; a lower one, or
//!   null, means not published yet. From an entry whose lap looks like the one before, the reader
//!   keeps off: a push is about to replace it, and would have to wait for its cache line. (It may
//!   also be newer by as many laps as the bits go round in. Then the head has moved on, and the
//!   reader counts it as missed just the same.)
//! - **clear** raises `floor` to `head`, then swaps every slot for null that holds nothing newer,
//!   and puts back what was newer after all. Whoever has put an entry into a slot, for the first
//!   time or back, and finds that it is below the floor by then, clears that slot.
//!
//! The counting is *differential* (also *split*) reference counting: A. Williams, *C++ Concurrency
//! in Action*, 7.2.4; `folly::AtomicSharedPtr`. An entry starts with `WEIGHT` references, all the
//! slot's. Taking one adds to the slot's word, dropping one subtracts from the entry's count; who
//! swaps an entry out of its slot learns from the word how many were taken, and gives up the rest
//! at once. A slot that has given away half of its references is given more by the reader who
//! notices.
//!
//! # Progress
//!
//! No operation waits for another thread, whatever that one does or fails to do. Taking a ticket
//! and looking at a slot are single atomic additions. A push swaps more than once only if a push of
//! a later lap, or a `clear`, was at the slot before it; each further swap means that another
//! operation there has ended. So pushes are lock-free, and bounded by the number of threads that
//! are a lap apart. Reads are one pass over at most `capacity` slots, and wait-free but for the
//! replenishing, once in 2^16 reads of one entry, which is lock-free. (The allocator has its own
//! guarantees.)
//!
//! # Ordering
//!
//! - An entry is published by the `Release` half of a swap. Every other access of the slot is a
//!   read-modify-write too and so continues the release sequence: whoever takes the pointer out of
//!   the word with `Acquire` sees all of the entry.
//! - `head` orders nothing and is `Relaxed`: tickets are distinct because `fetch_add` is atomic,
//!   and a slot speaks for itself through the entry's `seq`. One thread's tickets ascend, so the
//!   order of each producer is the order of `seq`.
//! - `clear` raises the floor before it swaps the slots, empty ones too. Whoever puts in an entry
//!   below the floor either does so before that swap, and `clear` takes it out, or reads that swap
//!   or a later one, and then it sees the floor and clears the slot. (A slot that `clear` leaves
//!   alone holds something newer, which evicts what is put in.) No sequentially consistent fence is
//!   needed.
//!   Each entry is taken out for good by exactly one swap, so each leaves the ring exactly once.
//! - References are dropped with `Release`, and the last one acquires before it frees, as in
//!   `std::sync::Arc`.
//!
//! # Memory
//!
//! Between 8 and 16 bytes of slots for each place, 128 at least, and at most `capacity` entries of
//! 16 bytes and the value, in steps of 16. There is no garbage: an evicted entry is freed by the
//! push that evicted it, or by the last reader who holds it. A thread that is stopped in the middle
//! of a push or a read keeps one entry alive, and what it has collected.
//!
//! # What a reader sees
//!
//! Each entry whole or not at all, in the order of `seq`. A read is weakly consistent: it is not a
//! snapshot of one moment, and an entry that is pushed while it runs may be missing. An entry that
//! is evicted while it runs is counted as missed, never silently skipped. While a lapped push or a
//! `clear` has a newer entry in its hands, that entry counts as not published.
//!
//! # Limits
//!
//! Addresses have at most 48 bits, which is asserted, and is so for user programs on today's 64-bit
//! systems. Fewer than 2^16 threads look at one slot at the same time; a program that tries more is
//! aborted, as `std::sync::Arc` does.
//!
//! Not here: what the values mean, filters, time.

use std::{cmp, fmt, num::NonZeroUsize, ops::ControlFlow};

use crossbeam_utils::CachePadded;

use crate::sync::{AtomicU64, Ordering};
use slot::{Lap, Share, Slot};

pub use slot::Kept;

#[cfg(all(test, crossbeam_loom))]
mod models;
mod slot;

/// The last `capacity` values pushed, readable by any number of threads while others push.
///
/// ```
/// use aios_operational::Ring;
///
/// let ring = Ring::new(3.try_into()?);
/// for word in ["a", "b", "c", "d"] {
///     ring.push(word);
/// }
/// let words: Vec<&str> = ring.recent(10).entries.iter().map(|entry| **entry).collect();
/// assert_eq!(words, ["d", "c", "b"]);
/// # Ok::<(), std::num::TryFromIntError>(())
/// ```
pub struct Ring<T> {
    /// Spread so that the slots of successive tickets do not share a cache line: see `slot`.
    slots: Box<[Slot<T>]>,
    /// How many of the slots are in use.
    capacity: usize,
    /// The number of rows of slots, a power of two, as an exponent.
    rows_log2: u32,
    /// The next ticket; also how many were taken.
    head: CachePadded<AtomicU64>,
    /// Entries below it have been cleared.
    floor: CachePadded<AtomicU64>,
    /// How many slots hold an entry. A push that replaces one leaves it alone, so that a full ring
    /// pays nothing for exact counters.
    occupied: CachePadded<AtomicU64>,
    /// How many entries were taken out by `clear`.
    cleared: AtomicU64,
}

/// Why an entry left the ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// A newer entry took its slot.
    Evicted,
    /// The ring was cleared.
    Cleared,
}

/// The newest entries.
#[derive(Debug)]
pub struct Recent<T> {
    /// Newest first.
    pub entries: Vec<Kept<T>>,
    /// How many within the range walked could not be given, because they were evicted during the
    /// walk or not yet published.
    pub missed: u64,
}

/// What is new since a position.
#[derive(Debug)]
pub struct Since<T> {
    /// Oldest first.
    pub entries: Vec<Kept<T>>,
    /// Which part of the sequence that was.
    pub span: Span,
}

/// The part of the sequence that a read has dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first `seq` that was not dealt with: where to go on.
    pub next: u64,
    /// How many entries before `next` the reader will never see, evicted or cleared.
    /// What was visited and what was missed add up to the distance travelled.
    pub missed: u64,
}

/// Exact whenever no push or clear is under way: then `pushed == kept + evicted + cleared`. In
/// between, a push that has its ticket and is not published yet counts as evicted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RingCounters {
    /// Entries pushed since the start.
    pub pushed: u64,
    /// Entries in the ring.
    pub kept: u64,
    /// Entries that gave way to newer ones.
    pub evicted: u64,
    /// Entries removed by clearing.
    pub cleared: u64,
}

impl<T: Send + Sync> Ring<T> {
    /// A ring of exactly `capacity` places.
    #[must_use]
    pub fn new(capacity: NonZeroUsize) -> Ring<T> {
        let capacity = capacity.get();
        let rows = capacity.div_ceil(ROW).next_power_of_two();
        Ring {
            slots: (0..rows * ROW).map(|_| Slot::empty()).collect(),
            capacity,
            rows_log2: rows.trailing_zeros(),
            head: CachePadded::new(AtomicU64::new(0)),
            floor: CachePadded::new(AtomicU64::new(0)),
            occupied: CachePadded::new(AtomicU64::new(0)),
            cleared: AtomicU64::new(0),
        }
    }

    /// How many entries it holds at most.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// The `seq` that the next push will get.
    #[must_use]
    pub fn head(&self) -> u64 {
        // ORDERING: a number on its own; see the module's section on ordering.
        self.head.load(Ordering::Relaxed)
    }

    /// Adds `value` and returns its `seq`. Never waits.
    #[inline]
    pub fn push(&self, value: T) -> u64 {
        self.push_with(value, |_, _| {})
    }

    /// As [`push`](Ring::push), and hands `on_exit` what this push made leave the ring: the entry
    /// it replaced, or its own if it was lapped or cleared before it was published.
    #[inline]
    pub fn push_with(&self, value: T, mut on_exit: impl FnMut(Kept<T>, Exit)) -> u64 {
        let (seq, share) = self.stamp(value);
        self.settle(self.place(seq).slot, share, &mut on_exit);
        seq
    }

    /// As [`push_with`](Ring::push_with), and returns the entry itself.
    #[inline]
    pub fn push_shared_with(&self, value: T, mut on_exit: impl FnMut(Kept<T>, Exit)) -> Kept<T> {
        let (seq, mut share) = self.stamp(value);
        let own = share.take();
        self.settle(self.place(seq).slot, share, &mut on_exit);
        own
    }

    /// The newest `count` entries, newest first.
    #[must_use]
    pub fn recent(&self, count: usize) -> Recent<T> {
        let mut entries = Vec::with_capacity(count.min(self.capacity()));
        if count == 0 {
            return Recent { entries, missed: 0 };
        }
        let missed = self.visit_recent(|entry| {
            entries.push(entry);
            if entries.len() < count { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        Recent { entries, missed }
    }

    /// Up to `count` entries from `seq` on, oldest first. Stops before the first entry that is not
    /// published yet, so that a push under way is never skipped.
    #[must_use]
    pub fn since(&self, seq: u64, count: usize) -> Since<T> {
        let mut entries = Vec::new();
        if count == 0 {
            return Since { entries, span: Span { next: seq.min(self.head()), missed: 0 } };
        }
        let span = self.visit_since(seq, |entry| {
            entries.push(entry);
            if entries.len() < count { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        Since { entries, span }
    }

    /// Hands `visit` the entries from the newest back until it breaks. Returns how many within the
    /// range walked were missed.
    pub fn visit_recent(&self, mut visit: impl FnMut(Kept<T>) -> ControlFlow<()>) -> u64 {
        // ORDERING: Acquire pairs with the raising of the floor: the head is not older.
        let floor = self.floor.load(Ordering::Acquire);
        let head = self.head();
        let oldest = self.oldest_in_view(head).max(floor);
        let mut missed = 0;
        for seq in (oldest..head).rev() {
            match self.look(seq) {
                Look::Found(entry) => {
                    if visit(entry).is_break() {
                        break;
                    }
                }
                // Its successor of the next lap is there, so all that are older have been lapped
                // too.
                Look::Evicted => return missed + (seq + 1 - oldest),
                Look::Pending if seq < self.floor_seen() => break,
                Look::Pending => missed += 1,
            }
        }
        missed
    }

    /// Hands `visit` the entries from `seq` on, oldest first, until it breaks; the one it breaks on
    /// has been dealt with. A `seq` beyond the end counts as the end.
    pub fn visit_since(&self, seq: u64, mut visit: impl FnMut(Kept<T>) -> ControlFlow<()>) -> Span {
        // ORDERING: as in `visit_recent`.
        let floor = self.floor.load(Ordering::Acquire);
        let head = self.head();
        let start = seq.min(head);
        let mut next = self.oldest_in_view(head).max(floor).clamp(start, head);
        let mut missed = next - start;
        while next < head {
            match self.look(next) {
                Look::Found(entry) => {
                    next += 1;
                    if visit(entry).is_break() {
                        break;
                    }
                    continue;
                }
                Look::Evicted => {}
                Look::Pending if next < self.floor_seen() => {}
                // Lapped while it was under way: it will be evicted, or stay out of view.
                Look::Pending if next < self.oldest_in_view(self.head()) => {}
                Look::Pending => break,
            }
            missed += 1;
            next += 1;
        }
        Span { next, missed }
    }

    /// Removes every entry pushed so far and returns how many that were. The counters go on.
    pub fn clear(&self) -> u64 {
        self.clear_with(|_, _| {})
    }

    /// As [`clear`](Ring::clear), and hands `on_exit` each entry that leaves the ring by it. That
    /// can be an eviction too: by an entry too new to be cleared, on its way back into its slot.
    pub fn clear_with(&self, mut on_exit: impl FnMut(Kept<T>, Exit)) -> u64 {
        let head = self.head();
        // ORDERING: Release orders the head before the floor for readers. For those who access the
        // slots, the swaps below order the floor before themselves.
        let floor = self.floor.fetch_max(head, Ordering::AcqRel).max(head);
        let mut count = 0;
        let mut on_exit = |entry, exit| {
            count += u64::from(exit == Exit::Cleared);
            on_exit(entry, exit);
        };
        for slot in &self.slots {
            if slot.take().is_some_and(|entry| floor <= entry.seq()) {
                continue;
            }
            if let Some(newer) = self.take_out(slot, floor, &mut on_exit) {
                self.settle(slot, newer, &mut on_exit);
            }
        }
        count
    }

    /// What has become of the entries so far.
    #[must_use]
    pub fn counters(&self) -> RingCounters {
        // ORDERING: statistics.
        let cleared = self.cleared.load(Ordering::Relaxed);
        let kept = self.occupied.load(Ordering::Relaxed);
        let pushed = self.head.load(Ordering::Relaxed);
        RingCounters { pushed, kept, evicted: pushed.saturating_sub(kept + cleared), cleared }
    }

    /// Gives `value` its place in the order. Allocates before it takes the ticket: what lies
    /// between ticket and publication holds up those who read in order.
    #[inline]
    fn stamp(&self, value: T) -> (u64, Share<T>) {
        let share = Share::new(value);
        // ORDERING: tickets need only be distinct.
        let seq = self.head.fetch_add(1, Ordering::Relaxed);
        // ORDERING: published by the swap that follows.
        share.entry().seq.store(seq, Ordering::Relaxed);
        (seq, share)
    }

    /// Brings `share` into `slot`, unless what is there is newer or it has been cleared meanwhile.
    #[inline]
    fn settle(&self, slot: &Slot<T>, mut share: Share<T>, on_exit: &mut impl FnMut(Kept<T>, Exit)) {
        loop {
            let seq = self.install(slot, share, on_exit);
            let floor = self.floor_seen();
            if floor <= seq {
                return;
            }
            match self.take_out(slot, floor, on_exit) {
                Some(newer) => share = newer,
                None => return,
            }
        }
    }

    /// Puts the newer of `share` and what is in `slot` there, and lets the older one go. Returns
    /// the
    /// `seq` of the newer.
    #[inline]
    fn install(
        &self,
        slot: &Slot<T>,
        mut share: Share<T>,
        on_exit: &mut impl FnMut(Kept<T>, Exit),
    ) -> u64 {
        loop {
            let seq = share.entry().seq();
            let Some(replaced) = slot.swap(Some((share, self.place(seq).lap))) else {
                // ORDERING: a statistic.
                self.occupied.fetch_add(1, Ordering::Relaxed);
                return seq;
            };
            if replaced.entry().seq() < seq {
                on_exit(replaced.into_kept(), Exit::Evicted);
                return seq;
            }
            share = replaced;
        }
    }

    /// Empties `slot`, and clears what was there if it is below `floor`; else returns it, to be put
    /// back.
    #[cold]
    fn take_out(
        &self,
        slot: &Slot<T>,
        floor: u64,
        on_exit: &mut impl FnMut(Kept<T>, Exit),
    ) -> Option<Share<T>> {
        let share = slot.swap(None)?;
        // ORDERING: a statistic.
        self.occupied.fetch_sub(1, Ordering::Relaxed);
        if floor <= share.entry().seq() {
            return Some(share);
        }
        // ORDERING: a statistic.
        self.cleared.fetch_add(1, Ordering::Relaxed);
        on_exit(share.into_kept(), Exit::Cleared);
        None
    }

    fn look(&self, seq: u64) -> Look<T> {
        let place = self.place(seq);
        let Some(entry) = place.slot.take_unless(place.lap.before()) else {
            return Look::Pending;
        };
        match entry.seq().cmp(&seq) {
            cmp::Ordering::Less => Look::Pending,
            cmp::Ordering::Equal => Look::Found(entry),
            cmp::Ordering::Greater => Look::Evicted,
        }
    }

    /// The floor, as raised by any `clear` that has swapped a slot which this thread has accessed
    /// since.
    #[inline]
    fn floor_seen(&self) -> u64 {
        // ORDERING: the access of the slot acquired the floor.
        self.floor.load(Ordering::Relaxed)
    }

    /// Where `seq` belongs. The slots of successive ones go down a column, from row to row.
    #[inline]
    fn place(&self, seq: u64) -> Place<'_, T> {
        let (lap, at) = (seq / self.capacity as u64, (seq % self.capacity as u64) as usize);
        let (row, column) = (at & ((1 << self.rows_log2) - 1), at >> self.rows_log2);
        Place { slot: &self.slots[row * ROW + column], lap: Lap::new(lap) }
    }

    fn oldest_in_view(&self, head: u64) -> u64 {
        head.saturating_sub(self.capacity as u64)
    }
}

/// The slots of a row share their cache lines: two, since processors fetch them in pairs. In models
/// there are no caches.
const ROW: usize = if cfg!(crossbeam_loom) { 1 } else { 16 };

/// The slot of a `seq`, and its lap there.
struct Place<'a, T> {
    slot: &'a Slot<T>,
    lap: Lap,
}

/// What a slot says about one `seq`.
enum Look<T> {
    Found(Kept<T>),
    /// A newer entry has its place.
    Evicted,
    /// An older entry or none has its place.
    Pending,
}

impl<T> Drop for Ring<T> {
    fn drop(&mut self) {
        for slot in &self.slots {
            drop(slot.swap(None));
        }
    }
}

impl<T> fmt::Debug for Ring<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}
