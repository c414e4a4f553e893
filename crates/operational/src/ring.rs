//! A fixed-size ring of the most recent entries, for many writers and many readers. Reading removes
//! nothing.
//!
//! # Algorithm
//!
//! A slot is one atomic word: a pointer to an entry, or null; the number of references to that
//! entry that the slot has given away; and the low bits of the entry's lap, `seq / capacity`. Slot
//! `i` of `capacity` serves every `seq` with `seq % capacity == i`. An entry is one allocation: a
//! reference count, its `seq`, its value.
//!
//! - **push** allocates the entry, takes a ticket with `head.fetch_add(1)` - the ticket is the
//!   entry's `seq` - and swaps the entry into its slot. If the replaced entry is older, it has been
//!   *evicted*. If it is newer, the push was lapped: it swaps the newer entry back in, until the
//!   entry it holds is older than the one it stored.
//! - **read** loads `head` and visits the slots of `[head - capacity, head)`. To visit a slot, it
//!   adds one to the slot's word. This single step both reads the pointer and acquires a reference
//!   to the entry, so the entry cannot be freed in between. An entry with the requested `seq` is
//!   the result; a higher `seq` means evicted; a lower one, or null, means not published yet. If
//!   the lap bits match the preceding lap, the reader does not touch the slot: a push is about to
//!   replace the entry, and would have to wait for its cache line. (The lap bits wrap around, so
//!   the entry may also be newer. Then the head has moved on, and the reader counts the entry as
//!   missed just the same.)
//! - **clear** raises `floor` to `head`, then swaps null into every slot that holds nothing newer,
//!   and puts back any entry that turns out to be newer. A thread that has stored an entry in a
//!   slot, for the first time or back, and then finds the entry below the floor, clears that slot.
//!
//! The counting is *differential* (also *split*) reference counting: A. Williams, *C++ Concurrency
//! in Action*, 7.2.4; `folly::AtomicSharedPtr`. An entry starts with `WEIGHT` references, all owned
//! by the slot. Acquiring one adds to the slot's word, dropping one subtracts from the entry's
//! count. The thread that swaps an entry out of its slot reads from the word how many were
//! acquired, and drops the rest at once. A reader that finds half of a slot's references given away
//! replenishes them.
//!
//! # Progress
//!
//! No operation waits for another thread, even if that thread is suspended or killed. Taking a
//! ticket and visiting a slot are single atomic additions. A push swaps more than once only if a
//! push of a later lap, or a `clear`, reached the slot before it; each further swap means that
//! another operation there has ended. So pushes are lock-free, and bounded by the number of threads
//! that are a lap apart. A read is one pass over at most `capacity` slots. It is wait-free except
//! for the replenishing, which occurs once in 2^16 reads of one entry and is lock-free. (The
//! allocator has its own guarantees.)
//!
//! # Ordering
//!
//! - An entry is published by the `Release` half of a swap. Every other write to the slot is a
//!   read-modify-write too and so continues the release sequence: a thread that reads the pointer
//!   from the word with `Acquire` sees all of the entry.
//! - `head` orders nothing and is `Relaxed`: tickets are distinct because `fetch_add` is atomic,
//!   and a slot identifies its entry by the entry's `seq`. The tickets of one thread ascend, so the
//!   order of each producer is the order of `seq`.
//! - `clear` raises the floor before it swaps the slots, empty ones too. A thread that stores an
//!   entry below the floor either does so before that swap, and `clear` removes the entry, or reads
//!   that swap or a later one, and then it sees the floor and clears the slot. (A slot that `clear`
//!   leaves alone holds a newer entry, which evicts the stored one.) No sequentially consistent
//!   fence is needed. Each entry is removed for good by exactly one swap, so each leaves the ring
//!   exactly once.
//! - References are dropped with `Release`, and the last one acquires before it frees, as in
//!   `std::sync::Arc`.
//!
//! # Memory
//!
//! 8 to 16 bytes of slots per entry of capacity, at least 128 bytes, and at most `capacity` entries
//! of 16 bytes plus the value, in steps of 16. There is no garbage: an evicted entry is freed by
//! the push that evicted it, or by the last reader that holds it. A thread suspended in the middle
//! of a push or a read keeps one entry alive, and those it has collected.
//!
//! # Read consistency
//!
//! An entry is seen whole or not at all, in the order of `seq`. A read is weakly consistent: it is
//! not a snapshot of one moment, and an entry that is pushed during the read may be missing. An
//! entry that is evicted during the read is counted as missed, never silently skipped. While a
//! lapped push or a `clear` holds a newer entry outside its slot, that entry counts as not
//! published.
//!
//! # Limits
//!
//! Addresses have at most 48 bits. This is asserted, and holds for user programs on today's 64-bit
//! systems. Fewer than 2^16 threads may visit one slot at the same time; a program that exceeds
//! this is aborted, as by `std::sync::Arc`.
//!
//! Not here: the meaning of the values, filters, time.

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
    /// Arranged so that the slots of successive tickets do not share a cache line: see `place`.
    slots: Box<[Slot<T>]>,
    /// Number of slots in use.
    capacity: usize,
    /// The number of rows of slots, a power of two, as an exponent.
    rows_log2: u32,
    /// Next ticket, which is also the number of tickets taken.
    head: CachePadded<AtomicU64>,
    /// Entries with a lower `seq` have been cleared.
    floor: CachePadded<AtomicU64>,
    /// Number of slots that hold an entry. A push that replaces an entry does not change it, so
    /// exact counters cost a full ring nothing.
    occupied: CachePadded<AtomicU64>,
    /// Number of entries removed by `clear`.
    cleared: AtomicU64,
}

/// Reason an entry left the ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// A newer entry replaced it.
    Evicted,
    /// The ring was cleared.
    Cleared,
}

/// The newest entries.
#[derive(Debug)]
pub struct Recent<T> {
    /// Entries, newest first.
    pub entries: Vec<Kept<T>>,
    /// Number of entries within the range walked that could not be returned, because they were
    /// evicted during the walk or not yet published.
    pub missed: u64,
}

/// Entries since a position.
#[derive(Debug)]
pub struct Since<T> {
    /// Entries, oldest first.
    pub entries: Vec<Kept<T>>,
    /// Part of the sequence that was covered.
    pub span: Span,
}

/// The part of the sequence that a read has covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First `seq` that was not covered: the start of the next read.
    pub next: u64,
    /// Number of entries before `next` that the reader will never see, evicted or cleared. Visited
    /// and missed entries add up to the distance travelled.
    pub missed: u64,
}

/// Entry counters. Exact if no push or clear is in progress: then
/// `pushed == kept + evicted + cleared`. Otherwise, a push that has its ticket and is not published
/// yet counts as evicted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RingCounters {
    /// Number of entries pushed since the start.
    pub pushed: u64,
    /// Number of entries in the ring.
    pub kept: u64,
    /// Number of entries replaced by newer ones.
    pub evicted: u64,
    /// Number of entries removed by clearing.
    pub cleared: u64,
}

impl<T: Send + Sync> Ring<T> {
    /// Creates a ring of exactly `capacity` slots.
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

    /// Returns the maximum number of entries.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Returns the `seq` of the next push.
    #[must_use]
    pub fn head(&self) -> u64 {
        // ORDERING: a number on its own; see the section on ordering in the module docs.
        self.head.load(Ordering::Relaxed)
    }

    /// Adds `value` and returns its `seq`. Never waits.
    #[inline]
    pub fn push(&self, value: T) -> u64 {
        self.push_with(value, |_, _| {})
    }

    /// Same as [`push`](Ring::push), and passes to `on_exit` each entry that this push removed from
    /// the ring: the entry it replaced, or its own if that was lapped or cleared before it was
    /// published.
    #[inline]
    pub fn push_with(&self, value: T, mut on_exit: impl FnMut(Kept<T>, Exit)) -> u64 {
        let (seq, share) = self.stamp(value);
        self.settle(self.place(seq).slot, share, &mut on_exit);
        seq
    }

    /// Same as [`push_with`](Ring::push_with), and returns the entry itself.
    #[inline]
    pub fn push_shared_with(&self, value: T, mut on_exit: impl FnMut(Kept<T>, Exit)) -> Kept<T> {
        let (seq, mut share) = self.stamp(value);
        let own = share.take();
        self.settle(self.place(seq).slot, share, &mut on_exit);
        own
    }

    /// Returns the newest `count` entries, newest first.
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

    /// Returns up to `count` entries from `seq` on, oldest first. Stops before the first entry that
    /// is not published yet, so that a push in progress is never skipped.
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

    /// Passes the entries to `visit`, newest first, until it breaks. Returns the number of missed
    /// entries within the range walked.
    pub fn visit_recent(&self, mut visit: impl FnMut(Kept<T>) -> ControlFlow<()>) -> u64 {
        // ORDERING: Acquire pairs with the raising of the floor: the head read next is not older.
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
                // An entry of a later lap is in the slot, so all older entries have been lapped
                // too.
                Look::Evicted => return missed + (seq + 1 - oldest),
                Look::Pending if seq < self.floor_seen() => break,
                Look::Pending => missed += 1,
            }
        }
        missed
    }

    /// Passes the entries from `seq` on to `visit`, oldest first, until it breaks; the entry it
    /// breaks on is covered. A `seq` beyond the end counts as the end.
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
                // Lapped while in progress: it will be evicted, or stay out of view.
                Look::Pending if next < self.oldest_in_view(self.head()) => {}
                Look::Pending => break,
            }
            missed += 1;
            next += 1;
        }
        Span { next, missed }
    }

    /// Removes every entry pushed so far and returns their number. Counters are not reset.
    pub fn clear(&self) -> u64 {
        self.clear_with(|_, _| {})
    }

    /// Same as [`clear`](Ring::clear), and passes to `on_exit` each entry that this removes from
    /// the ring. That can be an eviction too: by an entry that is too new to be cleared and is put
    /// back into its slot.
    pub fn clear_with(&self, mut on_exit: impl FnMut(Kept<T>, Exit)) -> u64 {
        let head = self.head();
        // ORDERING: Release orders the head before the floor for readers. For threads that access
        // the slots, the swaps below order the floor before themselves.
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

    /// Returns the entry counters.
    #[must_use]
    pub fn counters(&self) -> RingCounters {
        // ORDERING: statistics.
        let cleared = self.cleared.load(Ordering::Relaxed);
        let kept = self.occupied.load(Ordering::Relaxed);
        let pushed = self.head.load(Ordering::Relaxed);
        RingCounters { pushed, kept, evicted: pushed.saturating_sub(kept + cleared), cleared }
    }

    /// Assigns `value` its `seq`. Allocates before it takes the ticket, because the time between
    /// ticket and publication delays readers that read in order.
    #[inline]
    fn stamp(&self, value: T) -> (u64, Share<T>) {
        let share = Share::new(value);
        // ORDERING: tickets need only be distinct.
        let seq = self.head.fetch_add(1, Ordering::Relaxed);
        // ORDERING: published by the swap that follows.
        share.entry().seq.store(seq, Ordering::Relaxed);
        (seq, share)
    }

    /// Stores `share` in `slot`, unless the slot holds a newer entry or `share` has been cleared
    /// meanwhile.
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

    /// Leaves the newer of `share` and the entry in `slot` there, and passes the older one to
    /// `on_exit`. Returns the `seq` of the newer.
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

    /// Empties `slot`. Clears its entry if that is below `floor`, and otherwise returns it to be
    /// put back.
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

    /// Returns the floor, as raised by any `clear` that has swapped a slot which this thread has
    /// accessed since.
    #[inline]
    fn floor_seen(&self) -> u64 {
        // ORDERING: the access of the slot acquired the floor.
        self.floor.load(Ordering::Relaxed)
    }

    /// Returns the slot and lap of `seq`. The slots of successive ones run down a column, from row
    /// to row.
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

/// Slots per row. A row shares two cache lines, since processors fetch them in pairs. Models have
/// no caches.
const ROW: usize = if cfg!(crossbeam_loom) { 1 } else { 16 };

/// The slot of a `seq`, and the lap of the `seq` there.
struct Place<'a, T> {
    slot: &'a Slot<T>,
    lap: Lap,
}

/// The state of one `seq` in its slot.
enum Look<T> {
    Found(Kept<T>),
    /// A newer entry is in the slot.
    Evicted,
    /// An older entry, or none, is in the slot.
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
