//! The thread that computes, and the queue in front of it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::{Builder, JoinHandle},
    time::{Duration, Instant},
};

use futures::channel::oneshot;

use super::engine::Engine;
use super::error::LocalError;
use super::guide::Guide;
use super::session::Session;
use crate::chat::{ChatError, Request};

/// Requests that wait for the one in progress. Further ones are refused.
const QUEUE_MAX: usize = 16;

/// The thread of a model. Dropping it stops the computation and joins the thread.
pub(super) struct Worker {
    queue: Option<SyncSender<Job>>,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    timeout: Duration,
}

struct Job {
    request: Request,
    end: Instant,
    reply: oneshot::Sender<Result<String, ChatError>>,
}

impl Worker {
    pub(super) fn start(engine: Engine, timeout: Duration) -> Result<Worker, LocalError> {
        let (queue, jobs) = sync_channel(QUEUE_MAX);
        let stopped = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stopped);
        let thread = Builder::new().name("aios-chat-model".to_owned());
        let thread = thread.spawn(move || run(engine, &jobs, &flag));
        let thread = thread.map_err(|source| LocalError::Thread { source })?;
        Ok(Worker { queue: Some(queue), stopped, thread: Some(thread), timeout })
    }

    /// Computes an answer.
    pub(super) async fn ask(&self, request: Request) -> Result<String, ChatError> {
        let unavailable = |reason: &str| ChatError::Unavailable { reason: reason.to_owned() };
        let (reply, answer) = oneshot::channel();
        let now = Instant::now();
        // A limit beyond the clock is the longest one.
        let end = now.checked_add(self.timeout).unwrap_or(now + Duration::from_secs(86_400));
        let queue = self.queue.as_ref().expect("the queue ends when the worker is dropped");
        queue.try_send(Job { request, end, reply }).map_err(|error| match error {
            TrySendError::Full(_) => unavailable("too many requests are waiting for it"),
            TrySendError::Disconnected(_) => unavailable("its thread has ended, open it again"),
        })?;
        answer.await.unwrap_or_else(|_| Err(unavailable("its thread has ended, open it again")))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has told its callers already.
            let _ = thread.join();
        }
    }
}

fn run(mut engine: Engine, jobs: &Receiver<Job>, stopped: &AtomicBool) {
    while let Ok(job) = jobs.recv() {
        let Job { request, end, reply } = job;
        let stop = || {
            let ended = |reason: &str| Some(ChatError::Unavailable { reason: reason.to_owned() });
            if stopped.load(Ordering::Relaxed) {
                return ended("the model was closed");
            }
            if reply.is_canceled() {
                return ended("nobody waits for the answer");
            }
            if end <= Instant::now() { ended("it took too long") } else { None }
        };
        let answer = answer(&mut engine, &request, &stop);
        // A caller that is gone needs no answer.
        let _ = reply.send(answer);
    }
}

fn answer(
    engine: &mut Engine,
    request: &Request,
    stop: &dyn Fn() -> Option<ChatError>,
) -> Result<String, ChatError> {
    let prompt = engine.tokens.prompt(&request.system, &request.user)?;
    let mut session = Session::begin(engine, prompt, stop)?;
    match Guide::read(&request.schema, request.messages) {
        Some(guide) => guide.answer(&mut session),
        None => session.all(),
    }
}
