//! The slots of the ring and the counting of references: how an entry is shared by whoever looks at
//! its slot, and freed by the last who holds it. The reasons stand at the top of `ring`.

// The one module of the workspace in which unsafe code is allowed: entries are shared between
// threads by raw pointer and counted by hand.
#![allow(unsafe_code)]

use std::{
    fmt,
    marker::PhantomData,
    ops::Deref,
    process,
    ptr::{self, NonNull},
};

use crate::sync::{AtomicU64, Ordering, fence};

/// A reference to an entry of a ring: its value, and its place in the order of all pushes. It keeps
/// the entry alive whatever becomes of the ring.
pub struct Kept<T> {
    entry: NonNull<Entry<T>>,
    _owns: PhantomData<Entry<T>>,
}

/// The low bits of a lap, as they stand in a slot's word.
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

/// What all references to one entry point to.
///
/// The alignment leaves four bits of its address to the slot's word.
#[repr(align(16))]
pub(super) struct Entry<T> {
    /// How many references there are, those that its slot has not given away included.
    references: AtomicU64,
    /// Written once, before the entry is published.
    pub(super) seq: AtomicU64,
    value: T,
}

impl<T> Entry<T> {
    pub(super) fn seq(&self) -> u64 {
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
/// All that is below the address.
const LOW_BITS: u32 = 20;
/// The high bits of a slot's word are an address without its four low bits, which are zero.
const ADDRESS_SHIFT: u32 = LOW_BITS - 4;
const ADDRESS_BITS: u32 = 64 - ADDRESS_SHIFT;

/// One place of the ring: an entry, its lap and how many references to it were given away, or null.
/// What stands beside null means nothing.
pub(super) struct Slot<T> {
    word: AtomicU64,
    _owns: PhantomData<Entry<T>>,
}

impl<T> Slot<T> {
    pub(super) fn empty() -> Slot<T> {
        Slot { word: AtomicU64::new(0), _owns: PhantomData }
    }

    /// A reference to the entry that is here.
    #[inline]
    pub(super) fn take(&self) -> Option<Kept<T>> {
        // ORDERING: Acquire, since null may be what a `clear` wrote, after it raised the floor.
        entry_of::<T>(self.word.load(Ordering::Acquire))?;
        self.take_any()
    }

    /// A reference to the entry that is here, unless it looks to be of `lap`.
    #[inline]
    pub(super) fn take_unless(&self, lap: Lap) -> Option<Kept<T>> {
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
    pub(super) fn swap(&self, share: Option<(Share<T>, Lap)>) -> Option<Share<T>> {
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
    pub(super) fn into_kept(self) -> Kept<T> {
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
