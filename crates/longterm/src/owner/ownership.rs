//! Ownership of the library by this process, and the progress of its drains.

use std::{collections::BTreeSet, sync::Arc};

use aios_ledger::Access;
use futures::future::BoxFuture;
use tokio::{
    sync::{Mutex, Notify, watch},
    task,
};

use super::{Owner, deferred::Deferred, places::Places};
use crate::{Config, Error, intake::Vectors, journal::Journal, search::Resident, shelf::Shelf};

/// The ownership of the library, held by this process or not.
pub(crate) struct Ownership {
    pub(super) config: Arc<Config>,
    pub(super) journal: Journal,
    pub(super) shelf: Arc<Shelf>,
    places: Places,
    dimension: usize,
    pub(super) deferred: Deferred,
    /// The library in RAM, which follows the drains.
    resident: Arc<Resident>,
    /// `Some` while this process is the owner.
    owner: Mutex<Option<Owner>>,
    /// Columns whose damaged indexes this process has rebuilt.
    mended: std::sync::Mutex<BTreeSet<String>>,
    /// Sequence number of the newest change that this process has moved into the library.
    drained: watch::Sender<i64>,
    /// Notified when there is something to drain.
    pub(super) wake: Arc<Notify>,
}

impl Ownership {
    pub(crate) fn new(
        places: &Places,
        config: &Arc<Config>,
        journal: &Journal,
        vectors: &Vectors,
        shelf: &Arc<Shelf>,
        resident: &Arc<Resident>,
        wake: &Arc<Notify>,
    ) -> Ownership {
        Ownership {
            config: Arc::clone(config),
            journal: journal.clone(),
            shelf: Arc::clone(shelf),
            places: places.clone(),
            dimension: vectors.dimension(),
            deferred: Deferred::new(journal, vectors),
            resident: Arc::clone(resident),
            owner: Mutex::new(None),
            mended: std::sync::Mutex::default(),
            drained: watch::Sender::new(0),
            wake: Arc::clone(wake),
        }
    }

    /// Becomes the owner unless another process is. Does nothing with [`Access::ReadOnly`].
    pub(crate) fn own(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            if self.config.access == Access::ReadOnly {
                return Ok(());
            }
            let mut owner = self.owner.lock().await;
            if owner.is_some() {
                return Ok(());
            }
            let taking = Owner::take(&self.places, &self.journal, &self.config, self.dimension);
            let taken = Box::pin(taking).await;
            let taken = match taken {
                // A rebuild was faster. The next call finds its table.
                Err(Error::Ousted) => None,
                taken => taken?,
            };
            if let Some(taken) = taken {
                self.shelf.keep_library(taken.library().clone());
                let mut mended = self.mended.lock().expect("no holder panics");
                mended.extend(taken.mended().iter().cloned());
                drop(mended);
                *owner = Some(taken);
            }
            Ok(())
        })
    }

    /// Releases the ownership.
    pub(crate) async fn release(&self) {
        drop(self.owner.lock().await.take());
    }

    /// Returns a receiver that changes each time this process has moved changes into the library.
    pub(crate) fn drained(&self) -> watch::Receiver<i64> {
        self.drained.subscribe()
    }

    /// Returns the columns whose damaged indexes this process has rebuilt since the last call.
    pub(crate) fn take_mended(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.mended.lock().expect("no holder panics"))
    }

    /// Drains all changes that wait now, see [`drain_owned`](Ownership::drain_owned).
    pub(crate) async fn drain_now(self: &Arc<Ownership>) -> Result<bool, Error> {
        let through = self.journal.newest_pending().await?;
        self.drain_owned(through).await
    }

    /// If this process is the owner, embeds and drains the changes up to sequence number `through`,
    /// and continues requested purges. Returns `true` if all changes are drained. Once begun it
    /// runs to its end, whether or not the caller waits for it. An owner that fails is dropped,
    /// which releases the lock; the next owner heals the library.
    pub(crate) fn drain_owned(
        self: &Arc<Ownership>,
        through: i64,
    ) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async move {
            let this = Arc::clone(self);
            let work = task::spawn(async move {
                if this.owner.lock().await.is_none() {
                    return Ok(false);
                }
                this.deferred.embed_outstanding(through).await?;
                let mut place = this.owner.lock().await;
                let Some(mut owner) = place.take() else { return Ok(false) };
                let worked = async {
                    let is_drained = owner.drain(through).await?;
                    if this.shelf.take_missed() {
                        owner.renew_indexes().await?;
                    }
                    owner.purge().await?;
                    Ok(is_drained)
                };
                let worked = worked.await;
                if worked.is_ok() {
                    // Receivers are notified only if the number changes.
                    this.drained
                        .send_if_modified(|last| std::mem::replace(last, through) != through);
                }
                if worked.is_err() {
                    // The owner's handle may be at a version that the next owner moves to the
                    // quarantine.
                    this.shelf.drop_library();
                    return match owner.or_ousted(worked).await {
                        Err(Error::Ousted) => Ok(false),
                        failed => failed,
                    };
                }
                this.shelf.keep_library(owner.library().clone());
                this.resident.follow_library();
                *place = Some(owner);
                worked
            });
            work.await.unwrap_or_else(|_| {
                self.shelf.drop_library();
                Err(Error::Closed)
            })
        })
    }
}
