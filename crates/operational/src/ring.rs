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

// The one module of the workspace in which unsafe code is allowed: entries are shared between
// threads by raw pointer and counted by hand.
#![allow(unsafe_code)]

use std::{
    cmp, fmt,
    marker::PhantomData,
    num::NonZeroUsize,
    ops::{ControlFlow, Deref},
    process,
    ptr::{self, NonNull},
};

use crossbeam_utils::CachePadded;

use crate::sync::{AtomicU64, Ordering, fence};

#[cfg(all(test, crossbeam_loom))]
mod models;

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

/// A reference to an entry of a ring: its value, and its place in the order of all pushes. It keeps
/// the entry alive whatever becomes of the ring.
pub struct Kept<T> {
    entry: NonNull<Entry<T>>,
    _owns: PhantomData<Entry<T>>,
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

/// The low bits of a lap, as they stand in a slot's word.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Lap(u64);

impl Lap {
    #[inline]
    fn new(lap: u64) -> Lap {
        Lap((lap << TAKEN_BITS) & LAP_MASK)
    }

    #[inline]
    fn before(self) -> Lap {
        Lap(self.0.wrapping_sub(1 << TAKEN_BITS) & LAP_MASK)
    }

    #[inline]
    fn of(word: u64) -> Lap {
        Lap(word & LAP_MASK)
    }
}

/// What a slot says about one `seq`.
enum Look<T> {
    Found(Kept<T>),
    /// A newer entry has its place.
    Evicted,
    /// An older entry or none has its place.
    Pending,
}

/// What all references to one entry point to.
///
/// The alignment leaves four bits of its address to the slot's word.
#[repr(align(16))]
struct Entry<T> {
    /// How many references there are, those that its slot has not given away included.
    references: AtomicU64,
    /// Written once, before the entry is published.
    seq: AtomicU64,
    value: T,
}

impl<T> Entry<T> {
    fn seq(&self) -> u64 {
        // ORDERING: written before the entry was published.
        self.seq.load(Ordering::Relaxed)
    }
}

/// How many references an entry starts with. In models so few that slots run short of them.
const WEIGHT: u64 = if cfg!(crossbeam_loom) { 4 } else { (1 << TAKEN_BITS) - 1 };
/// How many a slot has given away when it is given as many again.
const WEIGHT_LOW: u64 = WEIGHT / 2;
/// The low bits of a slot's word: how many references it has given away.
const TAKEN_BITS: u32 = 17;
const TAKEN_MASK: u64 = (1 << TAKEN_BITS) - 1;
/// The bits above them: the low bits of the entry's lap.
const LAP_BITS: u32 = if cfg!(crossbeam_loom) { 1 } else { 3 };
const LAP_MASK: u64 = ((1 << LAP_BITS) - 1) << TAKEN_BITS;
/// The high bits of a slot's word are an address without its four low bits, which are zero.
const ADDRESS_SHIFT: u32 = 20 - 4;
const ADDRESS_BITS: u32 = 64 - ADDRESS_SHIFT;

/// One place of the ring: an entry, its lap and how many references to it were given away, or null.
/// What stands beside null means nothing.
struct Slot<T> {
    word: AtomicU64,
    _owns: PhantomData<Entry<T>>,
}

impl<T> Slot<T> {
    fn empty() -> Slot<T> {
        Slot { word: AtomicU64::new(0), _owns: PhantomData }
    }

    /// A reference to the entry that is here.
    #[inline]
    fn take(&self) -> Option<Kept<T>> {
        // ORDERING: Acquire, since null may be what a `clear` wrote, after it raised the floor.
        entry_of::<T>(self.word.load(Ordering::Acquire))?;
        self.take_any()
    }

    /// A reference to the entry that is here, unless it looks to be of `lap`.
    #[inline]
    fn take_unless(&self, lap: Lap) -> Option<Kept<T>> {
        // ORDERING: Acquire, as in `take`, and so that an entry which only looks to be of `lap`
        // shows how far the head has moved on.
        let word = self.word.load(Ordering::Acquire);
        entry_of::<T>(word).filter(|_| Lap::of(word) != lap)?;
        self.take_any()
    }

    #[inline]
    fn take_any(&self) -> Option<Kept<T>> {
        // ORDERING: Acquire pairs with the publication: the whole entry is visible.
        let before = self.word.fetch_add(1, Ordering::Acquire);
        let entry = entry_of(before)?;
        // From here on this thread owns the reference that it has taken.
        let kept = Kept { entry, _owns: PhantomData };
        let taken = (before & TAKEN_MASK) + 1;
        if WEIGHT_LOW <= taken {
            self.replenish(&kept, taken);
        }
        Some(kept)
    }

    /// Gives this slot more references to `kept`, which it holds or has held, to give away.
    #[cold]
    fn replenish(&self, kept: &Kept<T>, taken: u64) {
        if WEIGHT <= taken {
            // As many threads as this are between taking and replenishing. Going on would hand out
            // references that do not exist.
            process::abort();
        }
        // ORDERING: this thread holds a reference, so the count cannot reach zero meanwhile.
        kept.entry().references.fetch_add(WEIGHT_LOW, Ordering::Relaxed);
        // ORDERING: the pointer is known and held already.
        let mut word = self.word.load(Ordering::Relaxed);
        while entry_of(word) == Some(kept.entry) && WEIGHT_LOW <= word & TAKEN_MASK {
            // ORDERING: AcqRel continues the release sequence of the publication; an exchange that
            // writes has to hand on what it has read.
            match self.word.compare_exchange_weak(
                word,
                word - WEIGHT_LOW,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(found) => word = found,
            }
        }
        // The entry has gone from here, or another reader was faster.
        // ORDERING: as above.
        kept.entry().references.fetch_sub(WEIGHT_LOW, Ordering::Relaxed);
    }

    /// Puts `share` in place of what is here.
    #[inline]
    fn swap(&self, share: Option<(Share<T>, Lap)>) -> Option<Share<T>> {
        let word = share.map_or(0, |(share, lap)| share.into_word() | lap.0);
        // ORDERING: Release publishes the entry; Acquire shows the one that was here, and the floor
        // of a `clear` that swapped before.
        let before = self.word.swap(word, Ordering::AcqRel);
        let entry = entry_of(before)?;
        Some(Share { entry, taken: before & TAKEN_MASK, _owns: PhantomData })
    }
}

/// The entry that a slot's word points to.
#[inline]
fn entry_of<T>(word: u64) -> Option<NonNull<Entry<T>>> {
    let address = (word & !(TAKEN_MASK | LAP_MASK)) >> ADDRESS_SHIFT;
    NonNull::new(ptr::with_exposed_provenance_mut(address as usize))
}

/// The references to an entry that belong to a slot: [`WEIGHT`] less those that it has given away.
/// One thread has it in its hands, on the way into a slot or out of it.
struct Share<T> {
    entry: NonNull<Entry<T>>,
    taken: u64,
    _owns: PhantomData<Entry<T>>,
}

impl<T> Share<T> {
    #[inline]
    fn new(value: T) -> Share<T> {
        let entry = Entry { references: AtomicU64::new(WEIGHT), seq: AtomicU64::new(0), value };
        let entry = NonNull::from(Box::leak(Box::new(entry)));
        Share { entry, taken: 0, _owns: PhantomData }
    }

    #[inline]
    fn entry(&self) -> &Entry<T> {
        // SAFETY: a share holds references, so the entry is alive.
        unsafe { self.entry.as_ref() }
    }

    /// Gives one reference away.
    fn take(&mut self) -> Kept<T> {
        self.taken += 1;
        Kept { entry: self.entry, _owns: PhantomData }
    }

    /// As it stands in a slot.
    #[inline]
    fn into_word(self) -> u64 {
        let address = self.entry.as_ptr().expose_provenance() as u64;
        assert!(address >> ADDRESS_BITS == 0, "addresses have at most {ADDRESS_BITS} bits");
        let word = address << ADDRESS_SHIFT | self.taken;
        std::mem::forget(self);
        word
    }

    /// One reference instead of all of them.
    #[inline]
    fn into_kept(self) -> Kept<T> {
        let entry = self.entry;
        self.give_up(WEIGHT - self.taken - 1);
        std::mem::forget(self);
        Kept { entry, _owns: PhantomData }
    }

    /// Gives up `count` of the references, which are not all that there are.
    #[inline]
    fn give_up(&self, count: u64) {
        let references = &self.entry().references;
        // ORDERING: Acquire pairs with the Release of those who dropped theirs, in case this thread
        // is the last.
        if references.load(Ordering::Acquire) == WEIGHT - self.taken {
            // Nobody else has a reference or can get one, so a store does it.
            // ORDERING: exclusive access.
            return references.store(WEIGHT - self.taken - count, Ordering::Relaxed);
        }
        // ORDERING: Release, as for every reference that is dropped.
        references.fetch_sub(count, Ordering::Release);
    }
}

/// A share that is dropped has nowhere to go: the ring itself is being dropped.
impl<T> Drop for Share<T> {
    fn drop(&mut self) {
        self.give_up(WEIGHT - self.taken - 1);
        drop(Kept { entry: self.entry, _owns: PhantomData });
    }
}

impl<T> Drop for Ring<T> {
    fn drop(&mut self) {
        for slot in &self.slots {
            drop(slot.swap(None));
        }
    }
}

// SAFETY: a slot shares its entry with every thread that has access to the ring, and any of them
// may drop it.
unsafe impl<T: Send + Sync> Send for Slot<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Slot<T> {}
// SAFETY: as for `Arc`: references to one value on several threads, the last of which drops it.
unsafe impl<T: Send + Sync> Send for Kept<T> {}
// SAFETY: as above, since `&Kept` can be cloned.
unsafe impl<T: Send + Sync> Sync for Kept<T> {}

impl<T> Kept<T> {
    /// Its place in the order of all pushes, from 0.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.entry().seq()
    }

    #[inline]
    fn entry(&self) -> &Entry<T> {
        // SAFETY: this is one of the references that keep the entry alive, and there are only
        // shared ones.
        unsafe { self.entry.as_ref() }
    }
}

impl<T> Deref for Kept<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.entry().value
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Kept<T> {
        // ORDERING: a reference is made from one that exists, as in `Arc`.
        let before = self.entry().references.fetch_add(1, Ordering::Relaxed);
        if u64::MAX / 2 < before {
            // References are being leaked; the count must not come round to zero.
            process::abort();
        }
        Kept { entry: self.entry, _owns: PhantomData }
    }
}

impl<T> Drop for Kept<T> {
    #[inline]
    fn drop(&mut self) {
        let references = &self.entry().references;
        // Of an entry that only this thread holds nobody can get a reference: then a load does it,
        // which is most often so for what a push evicts.
        // ORDERING: Release, so that whoever frees the entry does so after this. The load and the
        // fence acquire: they pair with the Release of all others.
        if references.load(Ordering::Acquire) != 1 {
            if references.fetch_sub(1, Ordering::Release) != 1 {
                return;
            }
            fence(Ordering::Acquire);
        }
        // SAFETY: the pointer came from a `Box`, and the last reference is gone.
        drop(unsafe { Box::from_raw(self.entry.as_ptr()) });
    }
}

impl<T: fmt::Debug> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("seq", &self.seq()).field("value", &**self).finish()
    }
}

impl<T> fmt::Debug for Ring<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}
