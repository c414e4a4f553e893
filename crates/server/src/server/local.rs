//! The routes for a memory that this process has opened, for its own calls, without an address or
//! socket.

use std::sync::Arc;

use aios_memory::{AgentMemory, Error};
use axum::{Router, body::Body, extract::Request, middleware, response::Response};
use tower::ServiceExt;

use crate::{
    Config,
    access::Access,
    credential::Credentials,
    gate::{Gate, pass},
    http,
    peer::Peer,
    place::ConnectionPlaces,
    telemetry::Tracing,
};

/// A service for the calls of its own process.
pub(crate) struct Local {
    memory: AgentMemory,
    gate: Arc<Gate>,
    router: Router,
    places: ConnectionPlaces,
}

impl Local {
    /// Returns the routes for `memory`, with the limits in its settings.
    pub(crate) fn new(memory: AgentMemory) -> Local {
        let config = Config { tokens_file: None, ..Config::of(memory.config()) };
        let access = Access::new(&config, Credentials::default(), false);
        let gate = Arc::new(Gate::new(memory.clone(), &config, access, Tracing::off()));
        let gated = middleware::from_fn_with_state(Arc::clone(&gate), pass);
        let router = http::router(&config, None).layer(gated);
        let places = ConnectionPlaces::new(config.calls_max);
        Local { memory, gate, router, places }
    }

    /// Answers a call of this process.
    pub(crate) async fn send(&self, mut request: Request<Body>) -> Response {
        let pid = i32::try_from(std::process::id()).ok();
        request.extensions_mut().insert(Peer::SameUser { pid });
        request.extensions_mut().insert(self.places.clone());
        let Ok(response) = self.router.clone().oneshot(request).await;
        response
    }

    /// Waits for writes that have started, and closes the memory.
    ///
    /// # Errors
    /// Errors of closing the memory. Acknowledged writes are durable nevertheless.
    pub(crate) async fn close(self) -> Result<(), Error> {
        self.gate.draining.cancel();
        self.gate.writes.close();
        self.gate.writes.wait().await;
        self.memory.shutdown().await
    }
}
