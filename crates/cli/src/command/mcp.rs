//! `mcp`: the memory as tools of an agent host, which starts this process and closes its input.

use std::{
    fs::File,
    io,
    os::{fd::AsFd, unix::process::parent_id},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use aios_memory::{Access, AgentMemory, Config, upkeep::Scratch};
use aios_memory_server::{Error, Opening};
use nix::unistd::{dup2_stdin, dup2_stdout};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    args::{Global, Mcp},
    failure::Failure,
    opening::keep_temporary_files_in,
    resident,
};

/// Interval of checks that the host is still running.
const PARENT_PAUSE: Duration = Duration::from_secs(1);

pub(crate) async fn mcp(mcp: &Mcp, config: Config, global: &Global) -> Result<(), Failure> {
    if global.is_unusual() {
        return Err(Failure::Usage {
            message: "a session of MCP is that of one user, or of the shared records".to_owned(),
            hint: "omit --all-users and --exact-scope",
        });
    }
    let ending = ending()?;
    let (input, output) = pipes().map_err(|source| Failure::Io {
        action: "set stdin and stdout aside".to_owned(),
        source,
    })?;
    let data_dir = std::path::absolute(&config.memory.data_dir)
        .map_err(|source| Failure::Io { action: "find the data directory".to_owned(), source })?;
    let idle_exit = Duration::from_secs(config.mcp.idle_exit_seconds);
    let is_open: Arc<AtomicBool> = Arc::default();
    let opener = opener(config.clone(), Arc::clone(&is_open));
    let mut session = aios_memory_server::Mcp::new(data_dir, opener)
        .with_profiles(mcp.tools)
        .with_idle_exit(idle_exit);
    if let Some(user) = global.acting_user(&config.memory.user) {
        session = session.with_user(user);
    }
    let [project, agent, conversation] = global.parts();
    if let Some(project) = project {
        session = session.with_project(project);
    }
    if let Some(agent) = agent {
        session = session.with_agent(agent);
    }
    if let Some(conversation) = conversation {
        session = session.with_session(conversation);
    }
    if mcp.structured {
        session = session.structured();
    }
    if config.memory.access == Access::ReadOnly {
        session = session.read_only();
    }
    if global.no_service {
        session = session.without_service();
    }
    let releasing = tokio::spawn(async move { resident::release_while_proxy(&is_open).await });
    session.serve(input, output, ending).await;
    releasing.abort();
    Ok(())
}

/// Returns the function that opens the memory at the first call, and then sets `is_open`.
fn opener(
    config: Config,
    is_open: Arc<AtomicBool>,
) -> impl Fn() -> Opening + Send + Sync + 'static {
    let scratch: Arc<OnceLock<Option<Scratch>>> = Arc::default();
    move || {
        is_open.store(true, Ordering::Relaxed);
        let (config, scratch) = (config.clone(), Arc::clone(&scratch));
        Box::pin(async move {
            scratch.get_or_init(|| keep_temporary_files_in(&config));
            AgentMemory::open(config).await.map_err(Error::Memory)
        })
    }
}

/// Reserves stdin and stdout for the protocol. From then on, a library that prints writes to
/// stderr, and one that reads gets no input.
fn pipes() -> io::Result<(File, File)> {
    let input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let output = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    dup2_stdin(File::open("/dev/null")?)?;
    dup2_stdout(io::stderr())?;
    Ok((input, output))
}

/// Returns a future that completes at a termination signal, or when the host has exited.
fn ending() -> Result<impl Future<Output = ()>, Failure> {
    let failed = |source: io::Error| Failure::Io { action: "wait for signals".to_owned(), source };
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
    let parent = parent_id();
    let orphaned = async move {
        while parent_id() == parent {
            tokio::time::sleep(PARENT_PAUSE).await;
        }
    };
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
            () = orphaned => {}
        }
    })
}
