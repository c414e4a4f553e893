//! Clients for measurements: HTTP/1.1 with a persistent connection, and gRPC over HTTP/2.

use std::{net::SocketAddr, path::Path};

use aios_memory_server::wire;
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::{
    Request,
    body::{Bytes, Frame},
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use serde_json::Value;
use tokio::net::{TcpStream, UnixStream};

const SERVICE: &str = "aios.memory.MemoryService";
/// Size of the gRPC prefix: a flag for compression, and the length of the message in four bytes.
const PREFIX_BYTES: usize = 5;

/// An HTTP/1.1 connection.
pub(super) struct Http {
    send: http1::SendRequest<Full<Bytes>>,
}

impl Http {
    /// Connects over TCP.
    ///
    /// # Panics
    /// If the service cannot be reached.
    pub(super) async fn over_tcp(address: SocketAddr) -> Http {
        let stream = TcpStream::connect(address).await.expect("the service");
        stream.set_nodelay(true).expect("a socket");
        Http::over(stream).await
    }

    /// Connects over a socket.
    ///
    /// # Panics
    /// If the service cannot be reached.
    pub(super) async fn over_socket(path: &Path) -> Http {
        Http::over(UnixStream::connect(path).await.expect("the service")).await
    }

    async fn over<S>(stream: S) -> Http
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let (send, connection) =
            http1::handshake(TokioIo::new(stream)).await.expect("a connection");
        tokio::spawn(connection);
        Http { send }
    }

    /// Sends a JSON body and returns the answer.
    ///
    /// # Panics
    /// If the answer is not a success.
    pub(super) async fn post(&mut self, path: &str, body: String) -> Value {
        let request = Request::post(path)
            .header("host", "localhost")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .expect("a request");
        serde_json::from_slice(&self.exchange(request).await).expect("JSON")
    }

    /// Fetches a path.
    ///
    /// # Panics
    /// If the answer is not a success.
    pub(super) async fn get(&mut self, path: &str) -> Bytes {
        let request = Request::get(path).header("host", "localhost").body(Full::default());
        self.exchange(request.expect("a request")).await
    }

    async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Bytes {
        self.send.ready().await.expect("the connection");
        let answer = self.send.send_request(request).await.expect("an answer");
        let status = answer.status();
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        assert!(status.is_success(), "{status}: {body:?}");
        body
    }
}

/// A gRPC connection. Clones share it.
#[derive(Clone)]
pub(super) struct Grpc {
    send: http2::SendRequest<BoxBody<Bytes, std::convert::Infallible>>,
    address: SocketAddr,
}

impl Grpc {
    /// Connects over TCP.
    ///
    /// # Panics
    /// If the service cannot be reached.
    pub(super) async fn over_tcp(address: SocketAddr) -> Grpc {
        let stream = TcpStream::connect(address).await.expect("the service");
        stream.set_nodelay(true).expect("a socket");
        let (send, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("a connection");
        tokio::spawn(connection);
        Grpc { send, address }
    }

    /// Calls an RPC with one message.
    ///
    /// # Errors
    /// The status, as text.
    ///
    /// # Panics
    /// If the connection breaks.
    pub(super) async fn call<R: Message + Default>(
        &mut self,
        rpc: &str,
        message: &impl Message,
    ) -> Result<R, String> {
        self.send(rpc, Full::new(framed(message)).boxed()).await
    }

    /// Calls an RPC with a stream of messages.
    ///
    /// # Errors
    /// The status, as text.
    ///
    /// # Panics
    /// If the connection breaks.
    pub(super) async fn stream<R: Message + Default>(
        &mut self,
        rpc: &str,
        messages: Vec<impl Message>,
    ) -> Result<R, String> {
        let frames = messages.into_iter().map(|message| Ok(Frame::data(framed(&message))));
        let frames: Vec<_> = frames.collect();
        let body = StreamBody::new(futures::stream::iter(frames));
        self.send(rpc, BodyExt::boxed(body)).await
    }

    /// Searches, and returns the number of hits.
    ///
    /// # Panics
    /// If the call fails.
    pub(super) async fn recall(&mut self, query: &str) -> usize {
        let request = wire::RecallRequest { query: query.to_owned(), ..Default::default() };
        let reply: wire::RecallResponse = self.call("Recall", &request).await.expect("hits");
        reply.hits.len()
    }

    async fn send<R: Message + Default>(
        &mut self,
        rpc: &str,
        body: BoxBody<Bytes, std::convert::Infallible>,
    ) -> Result<R, String> {
        let request = Request::post(format!("http://{}/{SERVICE}/{rpc}", self.address))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(body)
            .expect("a request");
        self.send.ready().await.expect("the connection");
        let answer = self.send.send_request(request).await.expect("an answer");
        let early = answer.headers().get("grpc-status").cloned();
        let collected = answer.into_body().collect().await.expect("a body");
        let late = collected.trailers().and_then(|it| it.get("grpc-status").cloned());
        match early.or(late) {
            Some(status) if status.as_bytes() == b"0" => {}
            status => return Err(format!("{status:?}")),
        }
        let bytes = collected.to_bytes();
        let message = bytes.get(PREFIX_BYTES..).ok_or("no message")?;
        R::decode(message).map_err(|error| error.to_string())
    }
}

fn framed(message: &impl Message) -> Bytes {
    let mut bytes = vec![0];
    bytes.extend_from_slice(&(message.encoded_len() as u32).to_be_bytes());
    message.encode(&mut bytes).expect("room in a vector");
    Bytes::from(bytes)
}
