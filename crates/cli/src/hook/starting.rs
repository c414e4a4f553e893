//! Starts and ends the service of a data directory, detached from the hook and its host.
//!
//! The service holds a lock from its start to its end. The lock belongs to an open file, which is
//! the stdin of the process. If several hooks run at once, one of them starts the service and the
//! others wait for it.

use std::{
    env,
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use aios_memory::Config;
use aios_memory_server::Served;
use nix::{
    errno::Errno,
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::state::{DIRECTORY, make_folder};

/// Time without a connection after which a service started by a hook ends.
const IDLE_EXIT: &str = "15m";

/// Variables of a supervisor that concern only the process it started.
const OF_SUPERVISOR: &[&str] = &["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET"];

/// The first file descriptor after the standard streams.
const FIRST_OTHER_FD: i32 = 3;

/// Starts the service unless one is starting, running or ending. Returns true if it was started.
///
/// # Errors
/// The I/O error of the failed operation.
pub(super) fn start(
    data_dir: &Path,
    settings_file: Option<&PathBuf>,
    config: &Config,
) -> io::Result<bool> {
    let folder = data_dir.join(DIRECTORY);
    make_folder(&folder)?;
    let Some(lock) = locked(&folder.join("service.lock"))? else { return Ok(false) };
    let errors = private(&folder.join("service.err"))?;
    errors.set_len(0)?;
    // Otherwise pipes of the host would stay open while the service runs.
    close_fds::set_fds_cloexec_threadsafe(FIRST_OTHER_FD, &[]);
    let mut command = Command::new(env::current_exe()?);
    command
        .args(["serve", "--detached", "--idle-exit", IDLE_EXIT, "--listen", "none", "--data-dir"])
        .arg(data_dir)
        .stdin(lock)
        .stdout(Stdio::null())
        .stderr(errors)
        .current_dir("/");
    if let Some(file) = settings_file {
        command.arg("--config").arg(std::path::absolute(file)?);
    }
    if config.log.path.as_os_str().is_empty() {
        command.env("AIOS_MEMORY_LOG_PATH", folder.join("service.log"));
    }
    for name in OF_SUPERVISOR {
        command.env_remove(name);
    }
    command.spawn().map(|_| true)
}

/// Asks a service that a hook started to end. It completes accepted calls first.
///
/// # Errors
/// The I/O error of the signal. Succeeds if the service has already ended.
pub(super) fn end(service: &Served) -> io::Result<()> {
    let pid = i32::try_from(service.pid).map_err(io::Error::other)?;
    match kill(Pid::from_raw(pid), Signal::SIGTERM) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Locks the lock file and returns it. `None` if another process holds the lock.
fn locked(path: &Path) -> io::Result<Option<File>> {
    let file = private(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}
