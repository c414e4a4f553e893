//! Destination of the output: the streams of this process, or buffers while a service executes a
//! command for another process.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

/// Output of a command that was executed for another process.
#[derive(Debug, Default)]
pub(crate) struct Captured {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

tokio::task_local! {
    static CAPTURED: Arc<Mutex<Captured>>;
}

/// Awaits `work`, and returns its result with what it printed. The work must print from its own
/// task.
pub(crate) async fn capture<T>(work: impl Future<Output = T>) -> (T, Captured) {
    let captured = Arc::new(Mutex::new(Captured::default()));
    let result = CAPTURED.scope(Arc::clone(&captured), work).await;
    let mut captured = captured.lock().unwrap_or_else(PoisonError::into_inner);
    (result, std::mem::take(&mut captured))
}

/// Returns the writer for stdout.
pub(super) fn stdout() -> Box<dyn Write + Send> {
    writer(|captured| &mut captured.stdout, || Box::new(io::stdout()))
}

/// Returns the writer for stderr.
pub(super) fn stderr() -> Box<dyn Write + Send> {
    writer(|captured| &mut captured.stderr, || Box::new(io::stderr()))
}

/// Returns the stderr of this process, for the log of a service.
pub(super) fn own_stderr() -> impl Write {
    io::stderr()
}

fn writer(
    stream: fn(&mut Captured) -> &mut Vec<u8>,
    own: fn() -> Box<dyn Write + Send>,
) -> Box<dyn Write + Send> {
    match CAPTURED.try_with(Arc::clone) {
        Ok(captured) => Box::new(Buffer { captured, stream }),
        Err(_) => own(),
    }
}

struct Buffer {
    captured: Arc<Mutex<Captured>>,
    stream: fn(&mut Captured) -> &mut Vec<u8>,
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut captured = self.captured.lock().unwrap_or_else(PoisonError::into_inner);
        (self.stream)(&mut captured).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
