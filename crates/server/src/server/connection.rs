//! A connection with HTTP/1.1 or HTTP/2, as determined by its first bytes.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::{Opened, Peer, Running};
use crate::{Config, command, place::ConnectionPlaces};

/// Maximum size of the headers of a request in bytes.
const HEADER_BYTES_MAX: usize = 64 << 10;
/// Maximum number of open streams per HTTP/2 connection.
const STREAMS_PER_CONNECTION: u32 = 256;
/// Time of silence after which an HTTP/2 connection is pinged.
const PING_PAUSE: Duration = Duration::from_secs(60);
/// Time limit for the answer to a ping.
const PING_TIMEOUT: Duration = Duration::from_secs(20);

impl Running {
    /// Serves a connection in a separate task.
    pub(super) fn start<S>(&self, stream: S, peer: Peer)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        if let Some(opened) = self.opened() {
            let connection = self.connection(peer, &opened);
            self.connections.spawn(async move {
                connection.run(stream).await;
                drop(opened);
            });
        }
    }

    /// Serves a connection that begins with a TLS handshake.
    pub(super) fn start_tls(&self, stream: TcpStream, peer: Peer, acceptor: TlsAcceptor) {
        let Some(opened) = self.opened() else { return };
        let connection = self.connection(peer, &opened);
        self.connections.spawn(async move {
            let handshake = acceptor.accept(stream);
            match tokio::time::timeout(connection.config.header_timeout, handshake).await {
                Ok(Ok(stream)) => connection.run(stream).await,
                Ok(Err(error)) => tracing::debug!(%peer, %error, "no handshake"),
                Err(_) => tracing::debug!(%peer, "the handshake took too long"),
            }
            drop(opened);
        });
    }

    fn connection(&self, peer: Peer, opened: &Opened) -> Connection {
        Connection {
            config: self.config.clone(),
            router: self.router.clone(),
            peer,
            is_used: Arc::clone(&opened.is_used),
            draining: self.gate.draining.clone(),
            cut_off: self.cut_off.clone(),
        }
    }
}

struct Connection {
    config: Config,
    router: Router,
    peer: Peer,
    is_used: Arc<AtomicBool>,
    draining: tokio_util::sync::CancellationToken,
    cut_off: tokio_util::sync::CancellationToken,
}

impl Connection {
    async fn run<S>(self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Connection { config, router, peer, is_used, draining, cut_off } = self;
        let has_begun = Arc::new(AtomicBool::new(false));
        let begun = Arc::clone(&has_begun);
        let places = ConnectionPlaces::new(config.calls_max);
        let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            begun.store(true, Ordering::Relaxed);
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer);
            request.extensions_mut().insert(places.clone());
            let (router, is_used) = (router.clone(), Arc::clone(&is_used));
            async move {
                let is_command = request.uri().path() == command::ROUTE;
                let answer = router.oneshot(request).await?;
                if !is_command || answer.status().is_success() {
                    is_used.store(true, Ordering::Relaxed);
                }
                Ok::<_, Infallible>(answer)
            }
        });
        let builder = builder(&config);
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let silence = tokio::time::sleep(config.header_timeout);
        tokio::pin!(silence);
        let (mut is_watched, mut is_ending) = (true, false);
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%peer, %error, "a connection broke");
                    }
                    return;
                }
                // hyper has no time limit for the first bytes, which determine the version.
                () = &mut silence, if is_watched => {
                    is_watched = false;
                    if !has_begun.load(Ordering::Relaxed) {
                        tracing::debug!(%peer, "a connection without a request is closed");
                        return;
                    }
                }
                () = draining.cancelled(), if !is_ending => {
                    is_ending = true;
                    if !has_begun.load(Ordering::Relaxed) {
                        return;
                    }
                    connection.as_mut().graceful_shutdown();
                }
                () = cut_off.cancelled() => return,
            }
        }
    }
}

fn builder(config: &Config) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(config.header_timeout)
        .max_buf_size(HEADER_BYTES_MAX)
        .keep_alive(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .max_header_list_size(HEADER_BYTES_MAX as u32)
        .keep_alive_interval(PING_PAUSE)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}
