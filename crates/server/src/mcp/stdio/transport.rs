//! Messages as lines. The library's transport ignores a malformed line, so the host would wait
//! forever for its answer, and ends the session at a notification before the first request.

use std::{
    collections::HashSet,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rmcp::{
    RoleServer,
    model::{ClientJsonRpcMessage, ClientNotification, ErrorCode, RequestId, ServerJsonRpcMessage},
    transport::Transport,
};
use serde_json::Value;
use tokio::{
    sync::{Notify, mpsc},
    time::Instant,
};

use super::lines::{LINE_BYTES_MAX, Line};
use crate::mcp::message::{Parsed, parse, refusal};

/// Time limit for the answers to the last requests after the input has ended.
const LAST_ANSWERS_MAX: Duration = Duration::from_secs(60);

/// The pipes of a session.
pub(super) struct Pipes {
    lines: mpsc::Receiver<Line>,
    out: mpsc::Sender<Vec<u8>>,
    idle_exit: Duration,
    idle_at: Instant,
    /// Deadline for the remaining answers, set when the input has ended.
    ends_at: Option<Instant>,
    /// True after the first request.
    has_begun: bool,
    /// Unsent answer to a malformed line.
    refusal: Option<Vec<u8>>,
    open: Arc<Open>,
}

/// Requests that are not answered yet.
#[derive(Default)]
struct Open {
    ids: Mutex<HashSet<RequestId>>,
    changed: Notify,
}

impl Pipes {
    pub(super) fn new(
        lines: mpsc::Receiver<Line>,
        out: mpsc::Sender<Vec<u8>>,
        idle_exit: Duration,
    ) -> Pipes {
        let idle_at = Instant::now() + idle_exit;
        let (ends_at, has_begun, refusal) = (None, false, None);
        Pipes { lines, out, idle_exit, idle_at, ends_at, has_begun, refusal, open: Arc::default() }
    }

    /// Parses a line to a message. `None` if the line was answered or ignored.
    fn message(&mut self, line: Line) -> Option<ClientJsonRpcMessage> {
        let parsed = match line {
            Line::Whole(bytes) => parse(&bytes),
            Line::TooLong => {
                let message = format!("a message has at most {LINE_BYTES_MAX} bytes");
                Parsed::Refused(refusal(ErrorCode::INVALID_REQUEST, Value::Null, &message))
            }
        };
        let message = match parsed {
            Parsed::Message(message) => *message,
            Parsed::Nothing => return None,
            Parsed::Refused(refusal) => {
                self.refusal = Some(self::line(&refusal));
                return None;
            }
        };
        match &message {
            ClientJsonRpcMessage::Request(request) => {
                self.has_begun = true;
                self.open.begin(request.id.clone());
            }
            _ if !self.has_begun => return None,
            ClientJsonRpcMessage::Notification(told) => {
                if let ClientNotification::CancelledNotification(cancelled) = &told.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.open.end(id);
                }
            }
            _ => {}
        }
        Some(message)
    }
}

impl Transport<RoleServer> for Pipes {
    type Error = io::Error;

    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        let (out, open) = (self.out.clone(), Arc::clone(&self.open));
        async move {
            let id = match &message {
                ServerJsonRpcMessage::Response(response) => Some(response.id.clone()),
                ServerJsonRpcMessage::Error(error) => error.id.clone(),
                _ => None,
            };
            let sent = out.send(line(&serde_json::to_value(&message)?)).await;
            if let Some(id) = id {
                open.end(&id);
            }
            sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
        }
    }

    /// Cancel-safe, because the library polls this concurrently with other work.
    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            if self.refusal.is_some() {
                let place = self.out.reserve().await.ok()?;
                if let Some(refusal) = self.refusal.take() {
                    place.send(refusal);
                }
            }
            let Ok(line) = tokio::time::timeout_at(self.idle_at, self.lines.recv()).await else {
                tracing::info!("no message for {:?}", self.idle_exit);
                return None;
            };
            let Some(line) = line else {
                let ends_at = *self.ends_at.get_or_insert(Instant::now() + LAST_ANSWERS_MAX);
                let _ = tokio::time::timeout_at(ends_at, self.open.none()).await;
                return None;
            };
            self.idle_at = Instant::now() + self.idle_exit;
            if let Some(message) = self.message(line) {
                return Some(message);
            }
        }
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        self.lines.close();
        Ok(())
    }
}

impl Open {
    fn begin(&self, id: RequestId) {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
    }

    fn end(&self, id: &RequestId) {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        self.changed.notify_waiters();
    }

    fn is_empty(&self) -> bool {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Waits until every request has been answered.
    async fn none(&self) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.is_empty() {
                return;
            }
            changed.await;
        }
    }
}

/// Returns a message as a line.
fn line(message: &Value) -> Vec<u8> {
    let mut line = message.to_string().into_bytes();
    line.push(b'\n');
    line
}
