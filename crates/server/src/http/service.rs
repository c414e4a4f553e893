//! State shared by the handlers.

use std::{sync::Arc, time::Duration};

use aios_memory::Turns;

use super::replays::Replays;
use crate::{config::Config, importer::Importer};

/// State shared by the handlers. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Service {
    inner: Arc<Inner>,
}

struct Inner {
    /// Maximum length in bytes of a body, and of a line of a streamed one.
    body_bytes_max: usize,
    /// Time without an event after which an event stream sends a comment.
    quiet_max: Duration,
    turns: Turns,
    replays: Arc<Replays>,
    importer: Option<Arc<dyn Importer>>,
}

impl Service {
    pub(super) fn new(
        config: &Config,
        importer: Option<Arc<dyn Importer>>,
        quiet_max: Duration,
    ) -> Service {
        let inner = Inner {
            body_bytes_max: config.message_bytes_max,
            quiet_max,
            turns: Turns::new(),
            replays: Arc::new(Replays::new()),
            importer,
        };
        Service { inner: Arc::new(inner) }
    }

    pub(super) fn body_bytes_max(&self) -> usize {
        self.inner.body_bytes_max
    }

    pub(super) fn quiet_max(&self) -> Duration {
        self.inner.quiet_max
    }

    pub(super) fn turns(&self) -> &Turns {
        &self.inner.turns
    }

    /// Returns the importer of other programs' formats, if there is one.
    pub(super) fn importer(&self) -> Option<&Arc<dyn Importer>> {
        self.inner.importer.as_ref()
    }

    pub(super) fn replays(&self) -> &Arc<Replays> {
        &self.inner.replays
    }
}
