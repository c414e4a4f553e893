//! Slots of the ring and their reference counting: an entry is shared by the threads that visit its
//! slot, and freed by the last one that holds it. The module docs of `ring` give the reasons.

// The only module of the crate with unsafe code: entries are shared between threads by raw pointer
// and counted by hand.
#![allow(unsafe_code)]

use std::{
    fmt,
    marker::PhantomData,
    ops::Deref,
    process,
    ptr::{self, NonNull},
};

use crate::sync::{AtomicU64, Ordering, fence};

/// A reference to an entry of a ring: its value, and its position in the order of all pushes. It
/// keeps the entry alive, even if the ring is dropped.
pub struct Kept<T> {
    entry: NonNull<Entry<T>>,
    _owns: PhantomData<Entry<T>>,
}

/// Low bits of a lap, as stored in a slot's word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Lap(u64);

impl Lap {
    #[inline]
    pub(super) fn new(lap: u64) -> Lap {
        Lap((lap << TAKEN_BITS) & LAP_MASK)
    }

    #[inline]
    pub(super) fn before(self) -> Lap {
        Lap(self.0.wrapping_sub(1 << TAKEN_BITS) & LAP_MASK)
    }

    #[inline]
    fn of(word: u64) -> Lap {
        Lap(word & LAP_MASK)
    }
}

/// The allocation that all references to one entry point to.
///
/// The alignment leaves four bits of the address to the slot's word.
#[repr(align(16))]
pub(super) struct Entry<T> {
    /// Number of references, including those that the slot has not given away.
    references: AtomicU64,
    /// Written once, before the entry is published.
    pub(super) seq: AtomicU64,
    value: T,
}

impl<T> Entry<T> {
    pub(super) fn seq(&self) -> u64 {
        // ORDERING: `seq` was written before the entry was published.
        self.seq.load(Ordering::Relaxed)
    }
}

/// References an entry starts with. In models so few that slots run short of them.
const WEIGHT: u64 = if cfg!(crossbeam_loom) { 4 } else { (1 << TAKEN_BITS) - 1 };
/// Number of references given away at which a slot is replenished with as many.
const WEIGHT_LOW: u64 = WEIGHT / 2;
/// Low bits of a slot's word: the number of references given away.
const TAKEN_BITS: u32 = 17;
const TAKEN_MASK: u64 = (1 << TAKEN_BITS) - 1;
/// Bits above them: the low bits of the entry's lap.
const LAP_BITS: u32 = if cfg!(crossbeam_loom) { 1 } else { 3 };
const LAP_MASK: u64 = ((1 << LAP_BITS) - 1) << TAKEN_BITS;
/// Number of bits below the address.
const LOW_BITS: u32 = 20;
/// The high bits of a slot's word are an address without its four low bits, which are zero.
const ADDRESS_SHIFT: u32 = LOW_BITS - 4;
const ADDRESS_BITS: u32 = 64 - ADDRESS_SHIFT;

/// One slot of the ring: an entry, its lap and the number of references given away, or null. The
/// bits beside null have no meaning.
pub(super) struct Slot<T> {
    word: AtomicU64,
    _owns: PhantomData<Entry<T>>,
}

impl<T> Slot<T> {
    pub(super) fn empty() -> Slot<T> {
        Slot { word: AtomicU64::new(0), _owns: PhantomData }
    }

    /// Acquires a reference to the entry in this slot.
    #[inline]
    pub(super) fn take(&self) -> Option<Kept<T>> {
        // ORDERING: Acquire, since null may have been written by a `clear`, after it raised the
        // floor.
        entry_of::<T>(self.word.load(Ordering::Acquire))?;
        self.take_any()
    }

    /// Acquires a reference to the entry in this slot, unless its lap bits match `lap`.
    #[inline]
    pub(super) fn take_unless(&self, lap: Lap) -> Option<Kept<T>> {
        // ORDERING: Acquire, as in `take`, and so that an entry whose lap bits match `lap` only by
        // wrap-around shows how far the head has moved on.
        let word = self.word.load(Ordering::Acquire);
        entry_of::<T>(word).filter(|_| Lap::of(word) != lap)?;
        self.take_any()
    }

    #[inline]
    fn take_any(&self) -> Option<Kept<T>> {
        // ORDERING: Acquire pairs with the publication, so the whole entry is visible.
        let before = self.word.fetch_add(1, Ordering::Acquire);
        let entry = entry_of(before)?;
        // From here on this thread owns the reference that it has acquired.
        let kept = Kept { entry, _owns: PhantomData };
        let taken = (before & TAKEN_MASK) + 1;
        if WEIGHT_LOW <= taken {
            self.replenish(&kept, taken);
        }
        Some(kept)
    }

    /// Adds references that this slot can give away to `kept`, the entry that it holds or has held.
    #[cold]
    fn replenish(&self, kept: &Kept<T>, taken: u64) {
        if WEIGHT <= taken {
            // This many threads are between acquiring and replenishing. Continuing would give away
            // references that do not exist.
            process::abort();
        }
        // ORDERING: this thread holds a reference, so the count cannot reach zero meanwhile.
        kept.entry().references.fetch_add(WEIGHT_LOW, Ordering::Relaxed);
        // ORDERING: the pointer is already known and held.
        let mut word = self.word.load(Ordering::Relaxed);
        while entry_of(word) == Some(kept.entry) && WEIGHT_LOW <= word & TAKEN_MASK {
            // ORDERING: AcqRel continues the release sequence of the publication; an exchange that
            // writes must pass on what it has read.
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
        // The entry has left this slot, or another reader was faster.
        // ORDERING: as above.
        kept.entry().references.fetch_sub(WEIGHT_LOW, Ordering::Relaxed);
    }

    /// Replaces the contents of this slot with `share` and returns the previous contents.
    #[inline]
    pub(super) fn swap(&self, share: Option<(Share<T>, Lap)>) -> Option<Share<T>> {
        let word = share.map_or(0, |(share, lap)| share.into_word() | lap.0);
        // ORDERING: Release publishes the entry; Acquire makes the previous entry visible, and the
        // floor of a `clear` that swapped before.
        let before = self.word.swap(word, Ordering::AcqRel);
        let entry = entry_of(before)?;
        Some(Share { entry, taken: before & TAKEN_MASK, _owns: PhantomData })
    }
}

/// Returns the entry that a slot's word points to.
#[inline]
fn entry_of<T>(word: u64) -> Option<NonNull<Entry<T>>> {
    let address = (word & !(TAKEN_MASK | LAP_MASK)) >> ADDRESS_SHIFT;
    NonNull::new(ptr::with_exposed_provenance_mut(address as usize))
}

/// The references to an entry that a slot owns: [`WEIGHT`] minus those given away. It is held by
/// one thread, on the way into a slot or out of it.
pub(super) struct Share<T> {
    entry: NonNull<Entry<T>>,
    taken: u64,
    _owns: PhantomData<Entry<T>>,
}

impl<T> Share<T> {
    #[inline]
    pub(super) fn new(value: T) -> Share<T> {
        let entry = Entry { references: AtomicU64::new(WEIGHT), seq: AtomicU64::new(0), value };
        let entry = NonNull::from(Box::leak(Box::new(entry)));
        Share { entry, taken: 0, _owns: PhantomData }
    }

    #[inline]
    pub(super) fn entry(&self) -> &Entry<T> {
        // SAFETY: a share holds references, so the entry is alive.
        unsafe { self.entry.as_ref() }
    }

    /// Gives one reference away.
    pub(super) fn take(&mut self) -> Kept<T> {
        self.taken += 1;
        Kept { entry: self.entry, _owns: PhantomData }
    }

    /// Converts the share to a slot's word without a lap.
    #[inline]
    fn into_word(self) -> u64 {
        let address = self.entry.as_ptr().expose_provenance() as u64;
        assert!(address >> ADDRESS_BITS == 0, "addresses have at most {ADDRESS_BITS} bits");
        let word = address << ADDRESS_SHIFT | self.taken;
        std::mem::forget(self);
        word
    }

    /// Reduces the share to one reference.
    #[inline]
    pub(super) fn into_kept(self) -> Kept<T> {
        let entry = self.entry;
        self.give_up(WEIGHT - self.taken - 1);
        std::mem::forget(self);
        Kept { entry, _owns: PhantomData }
    }

    /// Drops `count` of the references, which must be fewer than all.
    #[inline]
    fn give_up(&self, count: u64) {
        let references = &self.entry().references;
        // ORDERING: Acquire pairs with the Release of the threads that dropped theirs, in case this
        // thread is the last.
        if references.load(Ordering::Acquire) == WEIGHT - self.taken {
            // No other thread has a reference or can get one, so a store suffices.
            // ORDERING: exclusive access.
            return references.store(WEIGHT - self.taken - count, Ordering::Relaxed);
        }
        // ORDERING: Release, as for every dropped reference.
        references.fetch_sub(count, Ordering::Release);
    }
}

/// Drops all references of the share. This happens only when the ring itself is dropped.
impl<T> Drop for Share<T> {
    fn drop(&mut self) {
        self.give_up(WEIGHT - self.taken - 1);
        drop(Kept { entry: self.entry, _owns: PhantomData });
    }
}

// SAFETY: a slot shares its entry with every thread that has access to the ring, and any of them
// may drop it; both are allowed by `T: Send + Sync`.
unsafe impl<T: Send + Sync> Send for Slot<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Slot<T> {}
// SAFETY: as for `Arc`: several threads have references to one value, and the last one drops it.
unsafe impl<T: Send + Sync> Send for Kept<T> {}
// SAFETY: as above, since `&Kept` can be cloned.
unsafe impl<T: Send + Sync> Sync for Kept<T> {}

impl<T> Kept<T> {
    /// Returns the position in the order of all pushes, from 0.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.entry().seq()
    }

    #[inline]
    fn entry(&self) -> &Entry<T> {
        // SAFETY: this is one of the references that keep the entry alive, and only shared
        // references to it exist.
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
        // ORDERING: a reference is made from an existing one, as in `Arc`.
        let before = self.entry().references.fetch_add(1, Ordering::Relaxed);
        if u64::MAX / 2 < before {
            // References are being leaked; the count must not wrap around to zero.
            process::abort();
        }
        Kept { entry: self.entry, _owns: PhantomData }
    }
}

impl<T> Drop for Kept<T> {
    #[inline]
    fn drop(&mut self) {
        let references = &self.entry().references;
        // If only this thread holds the entry, no other thread can get a reference, so a load
        // suffices. That is the usual case for an evicted entry.
        // ORDERING: Release, so that the thread that frees the entry does so after this. The load
        // and the fence acquire: they pair with the Release of all others.
        if references.load(Ordering::Acquire) != 1 {
            if references.fetch_sub(1, Ordering::Release) != 1 {
                return;
            }
            fence(Ordering::Acquire);
        }
        // SAFETY: the pointer came from a `Box`, and this was the last reference.
        drop(unsafe { Box::from_raw(self.entry.as_ptr()) });
    }
}

impl<T: fmt::Debug> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("seq", &self.seq()).field("value", &**self).finish()
    }
}
