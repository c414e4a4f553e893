//! Critical events, on their way from RAM to the disk.
//!
//! The ring hands them to a bounded queue without waiting; a task takes what is queued and writes
//! it in one transaction. When the queue is full the ring keeps them and offers them again.

use std::sync::Arc;

use aios_operational::{Event, Operational, Overflow, Pushed, Refused, StoredEvent};
use aios_working::Working;
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    task::JoinHandle,
};

use crate::{AgentMemory, Error, pump::Pump};

/// How many events may wait for the disk.
const QUEUE: usize = 1024;

/// How many are written at once.
const BATCH: usize = 256;

/// An event, and who waits for it.
struct Queued {
    event: StoredEvent,
    written: Option<oneshot::Sender<Result<(), Error>>>,
}
