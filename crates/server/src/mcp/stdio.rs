//! The protocol over the pipes of a process: one message per line.
//!
//! The lists are answered before anything is opened, because a host selects its tools when its turn
//! starts. Calls go to the service of the data directory if one is running, so that this process
//! stays small; otherwise the memory is opened at the first call. If a service starts, ends or is
//! replaced, only the route of the next call changes.

mod front;
mod lines;
mod link;
mod transport;

use std::{collections::BTreeSet, fs::File, path::PathBuf, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

pub use self::link::Opening;
use self::{
    front::Front,
    link::{Head, Link},
    transport::Pipes,
};
use super::offer::{Offer, Profiles};
use crate::operation::Right;

/// Time limit for closing the memory and writing the last answers.
const CLOSE_MAX: Duration = Duration::from_secs(10);
/// Default time without a message after which a session ends.
const IDLE_EXIT: Duration = Duration::from_secs(6 * 3600);

/// A session of the Model Context Protocol over two pipes.
///
/// ```no_run
/// use std::fs::File;
///
/// use aios_memory::AgentMemory;
/// use aios_memory_server::{Mcp, Opening};
///
/// # async fn run(input: File, output: File) {
/// let settings = aios_memory::Config::at("memory");
/// let data_dir = settings.memory.data_dir.clone();
/// let open = move || -> Opening {
///     let settings = settings.clone();
///     Box::pin(async move { Ok(AgentMemory::open(settings).await?) })
/// };
/// Mcp::new(data_dir, open).with_user("ada").serve(input, output, std::future::pending()).await;
/// # }
/// ```
pub struct Mcp {
    data_dir: PathBuf,
    open: Arc<dyn Fn() -> Opening + Send + Sync>,
    head: Head,
    offer: Offer,
    rights: BTreeSet<Right>,
    idle_exit: Duration,
    is_alone: bool,
}

impl Mcp {
    /// Creates a session for the memory of a data directory. `open` opens the memory if no service
    /// answers for it.
    #[must_use]
    pub fn new(
        data_dir: impl Into<PathBuf>,
        open: impl Fn() -> Opening + Send + Sync + 'static,
    ) -> Mcp {
        Mcp {
            data_dir: data_dir.into(),
            open: Arc::new(open),
            head: Head::default(),
            offer: Offer::default(),
            rights: Right::ALL.into(),
            idle_exit: IDLE_EXIT,
            is_alone: false,
        }
    }

    /// Sets the user whose records are read and written. Default: none, which means shared records.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>) -> Mcp {
        self.head.user = Some(user.into());
        self
    }

    /// Narrows the session to a project and records without a project.
    #[must_use]
    pub fn with_project(mut self, project: impl Into<String>) -> Mcp {
        self.head.project = Some(project.into());
        self
    }

    /// Narrows the session to an agent and records without an agent.
    #[must_use]
    pub fn with_agent(mut self, agent: impl Into<String>) -> Mcp {
        self.head.agent = Some(agent.into());
        self
    }

    /// Narrows the session to a conversation and records without one.
    #[must_use]
    pub fn with_session(mut self, session: impl Into<String>) -> Mcp {
        self.head.session = Some(session.into());
        self
    }

    /// Sets the offered tools. Default: the profile `core`.
    #[must_use]
    pub fn with_profiles(mut self, profiles: Profiles) -> Mcp {
        self.offer.profiles = profiles;
        self
    }

    /// Adds JSON to the text of answers. Token budgets apply only to the text.
    #[must_use]
    pub fn structured(mut self) -> Mcp {
        self.offer.is_structured = true;
        self
    }

    /// Offers only tools that change nothing.
    #[must_use]
    pub fn read_only(mut self) -> Mcp {
        self.rights = [Right::Read, Right::Observe].into();
        self
    }

    /// Opens the memory in this process even if a service is running.
    #[must_use]
    pub fn without_service(self) -> Mcp {
        Mcp { is_alone: true, ..self }
    }

    /// Sets the time without a message after which the session ends. Default: 6 hours.
    #[must_use]
    pub fn with_idle_exit(self, idle_exit: Duration) -> Mcp {
        Mcp { idle_exit, ..self }
    }

    /// Serves until the input ends, the output fails, the idle time passes without a message, or
    /// `ended` completes. Calls accepted before the end of the input are answered.
    pub async fn serve(self, input: File, output: File, ended: impl Future<Output = ()>) {
        let Mcp { data_dir, open, head, offer, rights, idle_exit, is_alone } = self;
        let stop = CancellationToken::new();
        let link = Arc::new(Link::new(data_dir, open, head, offer, is_alone));
        let front = Front::new(Arc::clone(&link), offer.profiles, rights);
        let lines = lines::read(input);
        let (out, written) = lines::write(output, stop.clone());
        let pipes = Pipes::new(lines, out, idle_exit);
        let session = async {
            match rmcp::service::serve_server_with_ct(front, pipes, stop.clone()).await {
                Ok(running) => drop(running.waiting().await),
                Err(error) => tracing::debug!(%error, "the session did not begin"),
            }
        };
        tokio::select! {
            () = session => {}
            () = ended => {}
            () = stop.cancelled() => {}
        }
        stop.cancel();
        if tokio::time::timeout(CLOSE_MAX, link.close()).await.is_err() {
            tracing::warn!("the memory was not closed in time; acknowledged writes are durable");
        }
        let _ = tokio::time::timeout(CLOSE_MAX, written).await;
    }
}
