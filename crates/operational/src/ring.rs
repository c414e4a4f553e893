//! A fixed ring of the most recent entries, for many writers and many readers that take nothing
//! away.
//!
//! # Algorithm
//!
//! A slot holds a pointer to an immutable [`Entry`] (its `seq` and its value, one allocation) or
//! null. Slot `i` of `capacity` serves every `seq` with `seq % capacity == i`.
//!
//! - **push** pins the epoch, allocates the entry, takes a ticket with `head.fetch_add(1)` - the
//!   ticket is the entry's `seq` - and installs the entry in its slot by compare-and-swap, but only
//!   over null or over a lower `seq`. What it replaced has been *evicted*. A push that finds a
//!   higher `seq` in its slot was lapped: its own entry is the one evicted, unseen.
//! - **read** pins the epoch, reads `head`, and looks at the slots of `[head - capacity, head)`. A
//!   slot whose entry has the `seq` that was asked for is the answer; a higher one means evicted; a
//!   lower one, or null, means not published yet.
//! - **clear** raises `floor` to `head`, then swaps every entry below the floor for null. A push
//!   whose ticket is below the floor takes its entry out again.
//!
//! Removed entries are freed by epoch-based reclamation (K. Fraser, *Practical lock-freedom*, 2004;
//! `crossbeam-epoch`) once no thread can still be looking at them. The tickets are those of the
//! array queues of D. Vyukov; what is new against them is that readers consume nothing and writers
//! never wait for a slot to become free.
//!
//! # Progress
//!
//! No operation waits for another thread. A push retries its compare-and-swap only when another
//! push of the same slot or a `clear` got there first. A push that got there first is either newer,
//! and ends the loop, or one of the pushes that were stalled a whole lap, of which each thread can
//! have one: without `clear`, a push takes a bounded number of steps. With it, pushes are
//! lock-free. Reads are one pass over at most `capacity` slots and retry nothing. (The allocator
//! has its own guarantees.)
//!
//! # Ordering
//!
//! - An entry is published by a `Release` compare-and-swap and found by an `Acquire` load of the
//!   same slot, so whoever finds it sees all of it.
//! - `head` orders nothing and is `Relaxed`: tickets are distinct because `fetch_add` is atomic,
//!   and a slot speaks for itself through the entry's `seq`. One thread's tickets ascend, so the
//!   order of each producer is the order of `seq`.
//! - `clear` raises the floor before it touches the slots, and it *writes* every slot that holds
//!   nothing newer than the floor, null to null included. A push below the floor therefore either
//!   published before that write, and `clear` removes it, or its compare-and-swap reads that write
//!   (or a later link of its release sequence), and then it sees the floor and removes itself. No
//!   sequentially consistent fence is needed. Each removal is one successful compare-and-swap, so
//!   each entry leaves the ring exactly once.
//!
//! # Memory
//!
//! `capacity` slots of one cache line pair each, `capacity` entries, and the garbage that is not
//! freed yet. A thread keeps at most 64 removed entries to itself before it hands them on, and
//! every 128th pin of a thread frees up to 512 that two epochs have passed over: while no reader
//! stays pinned, that is a few hundred entries for each thread that pushes. Readers pin only for
//! the walk itself. One that the scheduler stops in the middle of it holds the epoch, and garbage
//! grows with every push until it runs again; then it is freed, up to 512 entries every 128 pushes.
//! An idle thread may hold its last 64 until it next pins or exits.
//!
//! # What a reader sees
//!
//! Each entry whole or not at all, in the order of `seq`. A read is weakly consistent: it is not a
//! snapshot of one moment, and an entry that is pushed while it runs may be missing. An entry that
//! is evicted while it runs is counted as missed, never silently skipped.
//!
//! Not here: what the values mean, filters, time.

// The one module of the workspace in which unsafe code is allowed: entries are shared between
// threads by raw pointer, and freed by epochs.
#![allow(unsafe_code)]

use std::{
    cmp,
    mem::ManuallyDrop,
    num::NonZeroUsize,
    ops::{ControlFlow, Deref},
    ptr,
    sync::Arc,
};

use crossbeam_epoch::{self as epoch, Atomic, Guard, Shared};
use crossbeam_utils::CachePadded;

use crate::sync::{AtomicU64, Ordering};

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
/// let recent = ring.recent(10);
/// let words: Vec<&str> = recent.entries.iter().map(|entry| ***entry).collect();
/// assert_eq!(words, ["d", "c", "b"]);
/// # Ok::<(), std::num::TryFromIntError>(())
/// ```
pub struct Ring<T> {
    slots: Box<[CachePadded<Atomic<Entry<T>>>]>,
    /// The next ticket; also how many were taken.
    head: CachePadded<AtomicU64>,
    /// Entries below it have been cleared.
    floor: CachePadded<AtomicU64>,
    /// How many entries went into an empty slot. A push that replaces an entry leaves it alone, so
    /// that a full ring pays nothing for exact counters.
    filled: CachePadded<AtomicU64>,
    /// How many entries were taken out by `clear`.
    cleared: AtomicU64,
}

/// A value in the ring and its place in the order of all pushes.
#[derive(Debug)]
pub struct Entry<T> {
    /// Written once, between the ticket and the publication.
    seq: AtomicU64,
    value: T,
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
    pub entries: Vec<Arc<Entry<T>>>,
    /// How many within the range walked could not be given, because they were evicted during the
    /// walk or not yet published.
    pub missed: u64,
}

/// What is new since a position.
#[derive(Debug)]
pub struct Since<T> {
    /// Oldest first.
    pub entries: Vec<Arc<Entry<T>>>,
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

impl<T: Send + Sync + 'static> Ring<T> {
    /// A ring of exactly `capacity` places.
    #[must_use]
    pub fn new(capacity: NonZeroUsize) -> Ring<T> {
        Ring {
            slots: (0..capacity.get()).map(|_| CachePadded::new(Atomic::null())).collect(),
            head: CachePadded::new(AtomicU64::new(0)),
            floor: CachePadded::new(AtomicU64::new(0)),
            filled: CachePadded::new(AtomicU64::new(0)),
            cleared: AtomicU64::new(0),
        }
    }

    /// How many entries it holds at most.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.slots.len()
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

    /// As [`push`](Ring::push), and calls `on_exit` for what this push made leave the ring: the
    /// entry it replaced, or its own if it was lapped or cleared before it was published.
    ///
    /// `on_exit` runs pinned: clone what is needed and do the work later.
    #[inline]
    pub fn push_with(&self, value: T, on_exit: impl FnMut(&Arc<Entry<T>>, Exit)) -> u64 {
        self.publish(value, &epoch::pin(), |entry| entry.seq(), on_exit)
    }

    /// As [`push_with`](Ring::push_with), and returns the entry itself.
    #[inline]
    pub fn push_shared_with(
        &self,
        value: T,
        on_exit: impl FnMut(&Arc<Entry<T>>, Exit),
    ) -> Arc<Entry<T>> {
        self.publish(value, &epoch::pin(), Arc::clone, on_exit)
    }

    /// The newest `count` entries, newest first.
    #[must_use]
    pub fn recent(&self, count: usize) -> Recent<T> {
        let mut entries = Vec::with_capacity(count.min(self.capacity()));
        if count == 0 {
            return Recent { entries, missed: 0 };
        }
        let missed = self.visit_recent(|entry| {
            entries.push(Arc::clone(entry));
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
            entries.push(Arc::clone(entry));
            if entries.len() < count { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        Since { entries, span }
    }

    /// Shows `visit` the entries from the newest back, under one pin, until it breaks. Returns how
    /// many within the range walked were missed.
    pub fn visit_recent(&self, visit: impl FnMut(&Arc<Entry<T>>) -> ControlFlow<()>) -> u64 {
        self.walk_back(&epoch::pin(), visit)
    }

    /// Shows `visit` the entries from `seq` on, oldest first, under one pin, until it breaks; the
    /// one it breaks on has been dealt with. A `seq` beyond the end counts as the end.
    pub fn visit_since(
        &self,
        seq: u64,
        visit: impl FnMut(&Arc<Entry<T>>) -> ControlFlow<()>,
    ) -> Span {
        self.walk_on(seq, &epoch::pin(), visit)
    }

    /// Removes every entry pushed so far and returns how many that were. The counters go on.
    pub fn clear(&self) -> u64 {
        self.clear_with(|_, _| {})
    }

    /// As [`clear`](Ring::clear), and calls `on_exit`, pinned, for each entry that it removes.
    pub fn clear_with(&self, on_exit: impl FnMut(&Arc<Entry<T>>, Exit)) -> u64 {
        self.sweep_out(&epoch::pin(), on_exit)
    }

    /// What has become of the entries so far.
    #[must_use]
    pub fn counters(&self) -> RingCounters {
        // ORDERING: statistics. Reading them against the order in which they grow keeps the
        // differences from going below zero by more than the pushes under way.
        let cleared = self.cleared.load(Ordering::Relaxed);
        let filled = self.filled.load(Ordering::Relaxed);
        let pushed = self.head.load(Ordering::Relaxed);
        RingCounters {
            pushed,
            kept: filled.saturating_sub(cleared),
            evicted: pushed.saturating_sub(filled),
            cleared,
        }
    }

    /// Puts `value` into its slot. `own` sees the entry before anyone else does.
    #[inline]
    fn publish<R>(
        &self,
        value: T,
        guard: &Guard,
        own: impl FnOnce(&Arc<Entry<T>>) -> R,
        mut on_exit: impl FnMut(&Arc<Entry<T>>, Exit),
    ) -> R {
        // The allocation and the pin, which may free garbage, come before the ticket: what lies
        // between ticket and publication holds up those who read in order.
        let entry = Arc::new(Entry { seq: AtomicU64::new(0), value });
        // ORDERING: tickets need only be distinct.
        let seq = self.head.fetch_add(1, Ordering::Relaxed);
        // ORDERING: published by the compare-and-swap below.
        entry.seq.store(seq, Ordering::Relaxed);
        let result = own(&entry);

        let slot = self.slot(seq);
        let new = Shared::from(Arc::into_raw(entry));
        // ORDERING: Acquire, to read the `seq` of the entry that is found.
        let mut current = slot.load(Ordering::Acquire, guard);
        loop {
            if let Some(other) = borrow(&current)
                && seq < other.seq()
            {
                // SAFETY: `new` came from `into_raw` above and nobody else has seen it.
                let lapped = unsafe { Arc::from_raw(new.as_raw()) };
                on_exit(&lapped, Exit::Evicted);
                return result;
            }
            // ORDERING: Release publishes the entry; Acquire shows the floor of a `clear` that
            // wrote this slot, and on failure the entry that is there instead.
            match slot.compare_exchange(current, new, Ordering::AcqRel, Ordering::Acquire, guard) {
                Ok(_) => break,
                Err(error) => current = error.current,
            }
        }
        match current.is_null() {
            // ORDERING: a statistic.
            true => _ = self.filled.fetch_add(1, Ordering::Relaxed),
            false => retire(current, Exit::Evicted, guard, &mut on_exit),
        }
        // ORDERING: whoever cleared this slot before the compare-and-swap above raised the floor
        // before that, and the compare-and-swap acquired it.
        if seq < self.floor.load(Ordering::Relaxed) {
            self.remove(slot, new, guard, &mut on_exit);
        }
        result
    }

    fn walk_back(
        &self,
        guard: &Guard,
        mut visit: impl FnMut(&Arc<Entry<T>>) -> ControlFlow<()>,
    ) -> u64 {
        // ORDERING: Acquire pairs with the raising of the floor: the head is not older.
        let floor = self.floor.load(Ordering::Acquire);
        let head = self.head();
        let oldest = self.oldest_in_view(head).max(floor);
        let mut missed = 0;
        for seq in (oldest..head).rev() {
            match self.look(seq, guard) {
                Look::Found(entry) => {
                    if visit(&entry).is_break() {
                        break;
                    }
                }
                // Its successor of the next lap is there, so the tickets of all that are older
                // have been lapped too.
                Look::Evicted => return missed + (seq + 1 - oldest),
                // ORDERING: null was written by a `clear`, and `look` acquired it.
                Look::Pending if seq < self.floor.load(Ordering::Relaxed) => break,
                Look::Pending => missed += 1,
            }
        }
        missed
    }

    fn walk_on(
        &self,
        seq: u64,
        guard: &Guard,
        mut visit: impl FnMut(&Arc<Entry<T>>) -> ControlFlow<()>,
    ) -> Span {
        // ORDERING: as in `walk_back`.
        let floor = self.floor.load(Ordering::Acquire);
        let head = self.head();
        let start = seq.min(head);
        let mut next = self.oldest_in_view(head).max(floor).clamp(start, head);
        let mut missed = next - start;
        while next < head {
            match self.look(next, guard) {
                Look::Found(entry) => {
                    next += 1;
                    if visit(&entry).is_break() {
                        break;
                    }
                    continue;
                }
                Look::Evicted => {}
                // ORDERING: as in `walk_back`.
                Look::Pending if next < self.floor.load(Ordering::Relaxed) => {}
                // Lapped while it was under way: it will be evicted, or stay out of view.
                Look::Pending if next < self.oldest_in_view(self.head()) => {}
                Look::Pending => break,
            }
            missed += 1;
            next += 1;
        }
        Span { next, missed }
    }

    fn sweep_out(&self, guard: &Guard, mut on_exit: impl FnMut(&Arc<Entry<T>>, Exit)) -> u64 {
        let floor = self.head();
        // ORDERING: Release orders the floor before the writes of the slots below, for those who
        // acquire them, and the head before the floor for readers.
        let floor = self.floor.fetch_max(floor, Ordering::AcqRel).max(floor);
        let mut count = 0;
        for slot in &self.slots {
            // ORDERING: Acquire, to read the entry's `seq`.
            let mut current = slot.load(Ordering::Acquire, guard);
            loop {
                if borrow(&current).is_some_and(|entry| floor <= entry.seq()) {
                    break;
                }
                // An empty slot is written too: see the module's section on ordering.
                match self.try_remove(slot, current, guard, &mut on_exit) {
                    Ok(removed) => {
                        count += removed;
                        break;
                    }
                    Err(found) => current = found,
                }
            }
        }
        count
    }

    /// Takes `entry` out of `slot` unless that has happened already.
    #[cold]
    fn remove(
        &self,
        slot: &Atomic<Entry<T>>,
        entry: Shared<'_, Entry<T>>,
        guard: &Guard,
        on_exit: &mut impl FnMut(&Arc<Entry<T>>, Exit),
    ) {
        // On failure somebody else took it out, and has accounted for it.
        let _ = self.try_remove(slot, entry, guard, on_exit);
    }

    /// Replaces `current` in `slot` by null. Returns how many entries that removed, or what is in
    /// the slot instead.
    fn try_remove<'g>(
        &self,
        slot: &Atomic<Entry<T>>,
        current: Shared<'g, Entry<T>>,
        guard: &'g Guard,
        on_exit: &mut impl FnMut(&Arc<Entry<T>>, Exit),
    ) -> Result<u64, Shared<'g, Entry<T>>> {
        // ORDERING: Release hands the floor to the push that comes next; Acquire on failure, to
        // read the entry that is there instead.
        slot.compare_exchange(current, Shared::null(), Ordering::AcqRel, Ordering::Acquire, guard)
            .map_err(|error| error.current)?;
        if current.is_null() {
            return Ok(0);
        }
        // ORDERING: a statistic.
        self.cleared.fetch_add(1, Ordering::Relaxed);
        retire(current, Exit::Cleared, guard, on_exit);
        Ok(1)
    }

    fn look<'g>(&self, seq: u64, guard: &'g Guard) -> Look<'g, T> {
        // ORDERING: Acquire pairs with the publication: the whole entry is visible.
        let found = self.slot(seq).load(Ordering::Acquire, guard);
        let Some(entry) = borrow(&found) else { return Look::Pending };
        match entry.seq().cmp(&seq) {
            cmp::Ordering::Less => Look::Pending,
            cmp::Ordering::Equal => Look::Found(entry),
            cmp::Ordering::Greater => Look::Evicted,
        }
    }

    fn slot(&self, seq: u64) -> &Atomic<Entry<T>> {
        &self.slots[(seq % self.slots.len() as u64) as usize]
    }

    fn oldest_in_view(&self, head: u64) -> u64 {
        head.saturating_sub(self.slots.len() as u64)
    }
}

/// What a slot says about one `seq`.
enum Look<'g, T> {
    Found(Borrowed<'g, T>),
    /// A newer entry has its place.
    Evicted,
    /// An older entry or none has its place.
    Pending,
}

/// The ring's own count of an entry, lent to a pinned thread.
struct Borrowed<'g, T> {
    entry: ManuallyDrop<Arc<Entry<T>>>,
    _pinned: std::marker::PhantomData<&'g Guard>,
}

impl<T> Deref for Borrowed<'_, T> {
    type Target = Arc<Entry<T>>;

    fn deref(&self) -> &Arc<Entry<T>> {
        &self.entry
    }
}

/// The entry behind `shared`, which was read from a slot under the guard that `'g` stands for.
#[inline]
fn borrow<'g, T>(shared: &Shared<'g, Entry<T>>) -> Option<Borrowed<'g, T>> {
    let raw = shared.as_raw();
    if raw.is_null() {
        return None;
    }
    // SAFETY: pointers in slots come from `Arc::into_raw`, and the count that belongs to the slot
    // is given up only by a deferred call, which runs after every guard that could have read the
    // pointer from the slot is gone. `ManuallyDrop` leaves the count where it is.
    let entry = ManuallyDrop::new(unsafe { Arc::from_raw(raw) });
    Some(Borrowed { entry, _pinned: std::marker::PhantomData })
}

/// Gives up the ring's count of an entry that this thread has just unlinked, when nobody can be
/// looking at it any more.
#[inline]
fn retire<T: Send + Sync + 'static>(
    unlinked: Shared<'_, Entry<T>>,
    exit: Exit,
    guard: &Guard,
    on_exit: &mut impl FnMut(&Arc<Entry<T>>, Exit),
) {
    let raw = unlinked.as_raw();
    // SAFETY: the successful compare-and-swap that unlinked it made this thread the only one to
    // give up the slot's count. `T` is `Send` and `'static`, so any thread may drop it at any time.
    unsafe { guard.defer_unchecked(move || drop(Arc::from_raw(raw))) };
    // Deferred first, so that a panic in `on_exit` leaks nothing; the guard keeps it alive.
    if let Some(entry) = borrow(&unlinked) {
        on_exit(&entry, exit);
    }
}

impl<T> Drop for Ring<T> {
    fn drop(&mut self) {
        for slot in &mut self.slots {
            let slot = std::mem::replace(&mut **slot, Atomic::null());
            // SAFETY: `&mut self` says that no other thread has access, so nothing read under this
            // guard can be freed by anyone else.
            let guard = unsafe { epoch::unprotected() };
            // ORDERING: exclusive access.
            let raw = slot.load(Ordering::Relaxed, guard).as_raw();
            if !ptr::eq(raw, ptr::null()) {
                // SAFETY: from `Arc::into_raw`, and the slot's count is given up here alone.
                drop(unsafe { Arc::from_raw(raw) });
            }
        }
    }
}

impl<T> Entry<T> {
    /// Its place in the order of all pushes, from 0.
    #[must_use]
    pub fn seq(&self) -> u64 {
        // ORDERING: written before the entry was published.
        self.seq.load(Ordering::Relaxed)
    }
}

impl<T> Deref for Entry<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> std::fmt::Debug for Ring<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ring").field("capacity", &self.slots.len()).finish_non_exhaustive()
    }
}
