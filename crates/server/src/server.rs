//! The service: accepts connections, passes their requests through the gate to gRPC and HTTP, and
//! shuts down without losing accepted calls.

mod connection;
mod life;
mod local;
mod metadata;

use std::{
    future::Future,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use aios_memory::AgentMemory;
use axum::{Router, middleware};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use self::local::Local;
use crate::{
    Config, Error, Listener, Telemetry,
    access::Access,
    command::{self, Commands},
    gate::{Gate, pass},
    grpc, http,
    importer::Importer,
    live,
    peer::Peer,
    telemetry::Tracing,
};

/// Pause after a listener error, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A service for one open memory.
///
/// ```no_run
/// use aios_memory::AgentMemory;
/// use aios_memory_server::{Config, Listener, Server};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let memory = AgentMemory::open(aios_memory::Config::at("memory")).await?;
/// let listener = Listener::bind("127.0.0.1:50053".parse()?).await?;
/// let shutdown = async {
///     let _ = tokio::signal::ctrl_c().await;
/// };
/// Server::new(memory.clone(), Config::default()).serve(listener, shutdown).await?;
/// memory.shutdown().await?;
/// # Ok(())
/// # }
/// ```
pub struct Server {
    memory: AgentMemory,
    config: Config,
    commands: Option<Arc<dyn Commands>>,
    importer: Option<Arc<dyn Importer>>,
    telemetry: Option<Telemetry>,
}

impl Server {
    /// Creates a service for `memory`.
    #[must_use]
    pub fn new(memory: AgentMemory, config: Config) -> Server {
        Server { memory, config, commands: None, importer: None, telemetry: None }
    }

    /// Executes command lines of the user who runs the service, over its socket.
    #[must_use]
    pub fn with_commands(self, commands: impl Commands) -> Server {
        Server { commands: Some(Arc::new(commands)), ..self }
    }

    /// Reads files in the formats of other programs that are uploaded to `/api/v1/ingest`. Without
    /// an importer, only lines of records are accepted.
    #[must_use]
    pub fn with_importer(self, importer: impl Importer) -> Server {
        Server { importer: Some(Arc::new(importer)), ..self }
    }

    /// Traces the calls.
    #[must_use]
    pub fn with_telemetry(self, telemetry: Telemetry) -> Server {
        Server { telemetry: Some(telemetry), ..self }
    }

    /// Serves the listener until `shutdown` completes: [`prepare`](Server::prepare) followed by
    /// [`Ready::run`].
    ///
    /// # Errors
    /// The errors of both.
    pub async fn serve(
        self,
        listener: Listener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), Error> {
        self.prepare(listener).await?.run(shutdown).await
    }

    /// Checks that the listener may be served. Connections wait until [`Ready::run`].
    ///
    /// # Errors
    /// - [`Error::NoTokens`], [`Error::NoTls`] if other machines can reach the address without
    ///   tokens or TLS.
    /// - [`Error::Tokens`] if the file of tokens cannot be used.
    /// - [`Error::Provider`], [`Error::Keys`] if the identity provider's settings or its file of
    ///   keys cannot be used.
    /// - [`Error::Setting`] if a limit is 0.
    /// - [`Error::Telemetry`] if traces cannot be exported.
    pub async fn prepare(self, listener: Listener) -> Result<Ready, Error> {
        let Server { memory, config, commands, importer, telemetry } = self;
        let has_tls = listener.tcp.as_ref().is_some_and(|tcp| tcp.tls.is_some());
        let credentials = config.credentials(listener.local_addr(), has_tls)?;
        let access = Access::new(&config, credentials, has_tls || config.behind_proxy);
        let tracing = telemetry.map_or_else(|| Ok(Tracing::off()), Telemetry::start)?;
        let gate = Arc::new(Gate::new(memory, &config, access, tracing));
        let running = Running::new(config, gate, commands, importer).await;
        Ok(Ready { running, listener })
    }
}

/// A service that is ready to run.
pub struct Ready {
    running: Running,
    listener: Listener,
}

impl Ready {
    /// Returns the TCP address, if there is one.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.listener.local_addr()
    }

    /// Returns the path of the socket file, if there is one.
    #[must_use]
    pub fn socket(&self) -> Option<&Path> {
        self.listener.socket()
    }

    /// Serves until `shutdown` completes, or no connection was open for [`Config::idle_exit`],
    /// apart from those of declined commands.
    /// Calls that were accepted are then completed; new ones are refused with a retryable status.
    /// Calls that last longer than [`Config::drain_timeout`] are cut off, but a write that has
    /// started is completed. The memory stays open.
    ///
    /// # Errors
    /// [`Error::Accept`] if the listener fails.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        let Ready { running, listener } = self;
        running.accept_until(&listener, shutdown).await?;
        // From here on, the system refuses new connections.
        drop(listener);
        running.drain().await;
        Ok(())
    }
}

/// A service that accepts connections.
struct Running {
    config: Config,
    gate: Arc<Gate>,
    router: Router,
    health: grpc::Health,
    places: Arc<Semaphore>,
    connections: TaskTracker,
    cut_off: CancellationToken,
    open: Arc<Open>,
}

/// Number of open connections, with a notification when it changes.
struct Open {
    count: AtomicUsize,
    changed: Notify,
    /// The time at which the last used connection ended.
    used_at: Mutex<Instant>,
}

impl Open {
    fn new() -> Open {
        let used_at = Mutex::new(Instant::now());
        Open { count: AtomicUsize::new(0), changed: Notify::new(), used_at }
    }

    fn used_at(&self) -> MutexGuard<'_, Instant> {
        self.used_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One open connection.
struct Opened {
    open: Arc<Open>,
    gate: Arc<Gate>,
    /// True after a call other than a declined command.
    is_used: Arc<AtomicBool>,
    _place: OwnedSemaphorePermit,
}

impl Drop for Opened {
    fn drop(&mut self) {
        if self.is_used.load(Ordering::Relaxed) {
            *self.open.used_at() = Instant::now();
        }
        let before = self.open.count.fetch_sub(1, Ordering::Relaxed);
        self.gate.metrics.connections(before.saturating_sub(1));
        self.open.changed.notify_waiters();
    }
}

impl Running {
    async fn new(
        config: Config,
        gate: Arc<Gate>,
        commands: Option<Arc<dyn Commands>>,
        importer: Option<Arc<dyn Importer>>,
    ) -> Running {
        let (rpcs, health) = grpc::routes(&config).await;
        let answered = commands.map(|commands| command::router(gate.memory.clone(), commands));
        let metadata = config.oauth.as_ref().map(|_| metadata::router(Arc::clone(&gate)));
        let router = http::router(&config, importer)
            .merge(life::router(Arc::clone(&gate)))
            .merge(metadata.unwrap_or_default())
            .merge(live::router(Arc::clone(&gate)))
            .merge(answered.unwrap_or_default())
            .merge(rpcs)
            .layer(middleware::from_fn_with_state(Arc::clone(&gate), pass));
        Running {
            places: Arc::new(Semaphore::new(config.connections_max)),
            config,
            gate,
            router,
            health,
            connections: TaskTracker::new(),
            cut_off: CancellationToken::new(),
            open: Arc::new(Open::new()),
        }
    }

    async fn accept_until(
        &self,
        listener: &Listener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), Error> {
        tokio::pin!(shutdown);
        let idle = self.idle();
        tokio::pin!(idle);
        loop {
            tokio::select! {
                () = &mut shutdown => return Ok(()),
                () = &mut idle => return Ok(()),
                accepted = self.accept(listener) => match accepted {
                    Ok(()) => {}
                    // The connection failed, or too many files are open. The listener itself works.
                    Err(error) => {
                        tracing::warn!(error = &error as &dyn std::error::Error, "not accepted");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                }
            }
        }
    }

    /// Accepts one connection and serves it in a separate task.
    async fn accept(&self, listener: &Listener) -> std::io::Result<()> {
        let tcp = async {
            match &listener.tcp {
                Some(tcp) => tcp.accept(self.config.behind_proxy).await,
                None => std::future::pending().await,
            }
        };
        let unix = async {
            match &listener.unix {
                Some(unix) => unix.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            accepted = tcp => {
                let (stream, peer) = accepted?;
                let tls = listener.tcp.as_ref().and_then(|tcp| tcp.tls.as_ref());
                match tls {
                    None => self.start(stream, peer),
                    Some(tls) => self.start_tls(stream, peer, tls.acceptor()),
                }
            }
            accepted = unix => {
                let (stream, peer) = accepted?;
                match peer {
                    Some(peer) => self.start(stream, peer),
                    None => tracing::warn!("another user of the system opened the socket"),
                }
            }
        }
        Ok(())
    }

    /// Reserves the place of a connection. Beyond the limit, the connection is closed immediately.
    fn opened(&self) -> Option<Opened> {
        let place = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => {
                tracing::warn!(limit = self.config.connections_max, "too many connections");
                return None;
            }
        };
        let before = self.open.count.fetch_add(1, Ordering::Relaxed);
        self.gate.metrics.connections(before + 1);
        self.open.changed.notify_waiters();
        let (open, gate) = (Arc::clone(&self.open), Arc::clone(&self.gate));
        Some(Opened { open, gate, is_used: Arc::default(), _place: place })
    }

    /// Completes when no connection was open for `idle_exit`. Connections with no calls other than
    /// declined commands do not count.
    async fn idle(&self) {
        let Some(limit) = self.config.idle_exit else {
            return std::future::pending().await;
        };
        loop {
            let changed = self.open.changed.notified();
            if self.open.count.load(Ordering::Relaxed) == 0 {
                let ends = *self.open.used_at() + limit;
                if tokio::time::timeout_at(ends, changed).await.is_err() {
                    tracing::info!("nobody was connected for {limit:?}");
                    return;
                }
            } else {
                changed.await;
            }
        }
    }

    /// Completes the accepted calls.
    async fn drain(self) {
        self.health.set_not_serving().await;
        self.gate.draining.cancel();
        self.connections.close();
        let in_time = tokio::time::timeout(self.config.drain_timeout, self.connections.wait());
        if in_time.await.is_err() {
            tracing::warn!("calls are cut off after {:?}", self.config.drain_timeout);
            self.cut_off.cancel();
            self.connections.wait().await;
        }
        // The memory bounds each write, and none may be interrupted.
        self.gate.writes.close();
        self.gate.writes.wait().await;
        self.gate.tracing.end().await;
    }
}
