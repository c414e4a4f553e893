//! A running service with its own memory, and a client that sends exactly the given requests.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use aios_memory::AgentMemory;
use aios_memory_server::{Config, Error, Listener, NewToken, Server, Tokens};
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    sync::oneshot,
    task::JoinHandle,
};

/// Time limit of a test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A service that runs until it is stopped.
pub(crate) struct Service {
    pub(crate) memory: AgentMemory,
    pub(crate) address: SocketAddr,
    pub(crate) socket: PathBuf,
    pub(crate) dir: TempDir,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<Result<(), Error>>,
}

impl Service {
    /// Starts a service on loopback and on a socket, with a file of tokens.
    pub(crate) async fn start() -> Service {
        Service::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Service {
        Service::start_as(change, |server| server).await
    }

    /// Starts a service whose calls are traced.
    #[cfg(feature = "telemetry")]
    pub(crate) async fn start_traced(
        telemetry: aios_memory_server::Telemetry,
        change: impl FnOnce(&mut Config),
    ) -> Service {
        Service::start_as(change, |server| server.with_telemetry(telemetry)).await
    }

    async fn start_as(
        change: impl FnOnce(&mut Config),
        complete: impl FnOnce(Server) -> Server,
    ) -> Service {
        Service::start_over(|_| {}, change, complete).await
    }

    /// Starts a service over a memory with changed settings.
    pub(crate) async fn start_over(
        change_memory: impl FnOnce(&mut aios_memory::Config),
        change: impl FnOnce(&mut Config),
        complete: impl FnOnce(Server) -> Server,
    ) -> Service {
        let dir = tempfile::tempdir().unwrap();
        let mut settings = aios_memory::Config::at(dir.path().join("memory"));
        settings.embedding.model = "static".to_owned();
        change_memory(&mut settings);
        let memory = AgentMemory::open(settings.clone()).await.unwrap();
        let mut config = Config::of(&settings);
        change(&mut config);
        let socket = dir.path().join("s");
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let listener = listener.and_unix(&socket).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        // Prepared before the test continues, which may change the files that the service reads at
        // its start.
        let ready = complete(Server::new(memory.clone(), config)).prepare(listener).await.unwrap();
        let running = tokio::spawn(ready.run(async {
            let _ = stopped.await;
        }));
        Service { memory, address, socket, dir, stop: Some(stop), running }
    }

    /// Adds a token and returns its secret.
    pub(crate) fn token(&self, new: NewToken) -> String {
        self.tokens().add(new, aios_memory::Timestamp::now()).unwrap()
    }

    pub(crate) fn tokens(&self) -> Tokens {
        Tokens::open(aios_memory_server::tokens_file(self.memory.config())).unwrap()
    }

    /// Sends a request over loopback.
    pub(crate) async fn send(&self, request: &Request<'_>) -> Answer {
        exchange(TcpStream::connect(self.address).await.unwrap(), request).await
    }

    /// Sends a request over the socket.
    pub(crate) async fn send_over_socket(&self, request: &Request<'_>) -> Answer {
        exchange(UnixStream::connect(&self.socket).await.unwrap(), request).await
    }

    /// Requests the shutdown of the service.
    pub(crate) fn ask_to_end(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Waits until the service has ended, and closes the memory.
    pub(crate) async fn ended(self) -> TempDir {
        tokio::time::timeout(PATIENCE, self.running).await.unwrap().unwrap().unwrap();
        self.memory.shutdown().await.unwrap();
        self.dir
    }

    pub(crate) async fn stop(mut self) -> TempDir {
        self.ask_to_end();
        self.ended().await
    }
}

/// An HTTP/1.1 request.
#[derive(Clone)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) headers: Vec<(&'a str, String)>,
    pub(crate) body: String,
}

impl<'a> Request<'a> {
    pub(crate) fn get(path: &'a str) -> Request<'a> {
        Request { method: "GET", path, headers: Vec::new(), body: String::new() }
    }

    pub(crate) fn post(path: &'a str, body: impl ToString) -> Request<'a> {
        let headers = vec![("content-type", "application/json".to_owned())];
        Request { method: "POST", path, headers, body: body.to_string() }
    }

    pub(crate) fn with(mut self, name: &'a str, value: impl Into<String>) -> Request<'a> {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn bearer(self, secret: &str) -> Request<'a> {
        self.with("authorization", format!("Bearer {secret}"))
    }

    fn bytes(&self) -> Vec<u8> {
        let Request { method, path, headers, body } = self;
        let mut text = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "host") {
            text.push_str("host: localhost\r\n");
        }
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        text.into_bytes()
    }
}

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Sends a request and reads the answer to its end.
pub(crate) async fn exchange<S>(mut stream: S, request: &Request<'_>) -> Answer
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // The service may answer and close before it has read all of a large request.
    let _ = stream.write_all(&request.bytes()).await;
    answer(stream).await
}

/// Reads an answer to its end.
pub(crate) async fn answer<S: AsyncRead + Unpin>(mut stream: S) -> Answer {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.unwrap();
    // A client whose request was not read to its end gets a reset after the answer.
    let _ = read;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text.as_str(), ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let body = match head.to_lowercase().contains("transfer-encoding: chunked") {
        true => unchunked(body),
        false => body.to_owned(),
    };
    Answer { status, head: head.to_owned(), body }
}

fn unchunked(mut rest: &str) -> String {
    let mut body = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let Ok(size) = usize::from_str_radix(size.trim(), 16) else { break };
        let Some(chunk) = after.get(..size) else { break };
        body.push_str(chunk);
        rest = after.get(size + 2..).unwrap_or("");
    }
    body
}
