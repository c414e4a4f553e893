//! The mark file from which processes find the service of a data directory.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{Listener, mark_of, prepare_dir};
use crate::Error;

/// Number of retries to lock a mark, and the pause between them.
const TRIES: usize = 10;
const PAUSE: Duration = Duration::from_millis(10);

/// The mark of a running service: a locked file in the data directory. The lock ends with the
/// process, so a mark without a lock is a leftover.
#[derive(Debug)]
pub struct Presence {
    file: File,
    is_on_demand: bool,
}

/// A running service, as recorded in its mark.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Served {
    /// Process id.
    pub pid: u32,
    /// Unix socket.
    pub socket: PathBuf,
    /// True if a program started the service for its own calls, so that a program with another
    /// version or other settings may end and replace it. False if a user or a supervisor did.
    pub is_on_demand: bool,
}

/// Content of the mark file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Mark {
    pid: u32,
    listen: Option<SocketAddr>,
    socket: Option<PathBuf>,
    #[serde(default)]
    is_on_demand: bool,
}

impl Presence {
    /// Claims the data directory for the service of this process.
    ///
    /// # Errors
    /// - [`Error::Served`] if another process serves it, with the process and its addresses.
    /// - [`Error::Foreign`], [`Error::Socket`] if the file cannot be used.
    pub fn claim(data_dir: &Path) -> Result<Presence, Error> {
        let path = mark_of(data_dir);
        prepare_dir(&path)?;
        let failed = |source| Error::Socket { path: path.clone(), source };
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match locked(&file) {
            Ok(()) => Ok(Presence { file, is_on_demand: false }),
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                file.read_to_string(&mut text).map_err(failed)?;
                let mark: Mark = serde_json::from_str(&text).unwrap_or_default();
                Err(Error::Served { pid: mark.pid, at: mark.places() })
            }
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Marks the service as started by a program for its own calls.
    #[must_use]
    pub fn on_demand(self) -> Presence {
        Presence { is_on_demand: true, ..self }
    }

    /// Records the addresses of the service in the mark.
    ///
    /// # Errors
    /// [`Error::Accept`] if the file cannot be written.
    pub fn note(&mut self, listener: &Listener) -> Result<(), Error> {
        let mark = Mark {
            pid: std::process::id(),
            listen: listener.local_addr(),
            socket: listener.socket().map(Path::to_path_buf),
            is_on_demand: self.is_on_demand,
        };
        let write = |file: &mut File| -> std::io::Result<()> {
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(&serde_json::to_vec(&mark)?)
        };
        write(&mut self.file).map_err(Error::Accept)
    }

    /// Returns the socket of the service that runs for a data directory, if any.
    #[must_use]
    pub fn find(data_dir: &Path) -> Option<PathBuf> {
        Presence::find_service(data_dir).map(|served| served.socket)
    }

    /// Returns the service that runs for a data directory, if it has a socket.
    #[must_use]
    pub fn find_service(data_dir: &Path) -> Option<Served> {
        let path = mark_of(data_dir);
        let file = File::open(&path).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => {}
            Ok(()) | Err(TryLockError::Error(_)) => return None,
        }
        let mark: Mark = serde_json::from_str(&fs::read_to_string(&path).ok()?).ok()?;
        let Mark { pid, is_on_demand, .. } = mark;
        mark.socket.map(|socket| Served { pid, socket, is_on_demand })
    }
}

/// Locks a mark. A process that looks for a service briefly holds the lock as well.
fn locked(file: &File) -> Result<(), TryLockError> {
    for _ in 0..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            locked => return locked,
        }
    }
    file.try_lock()
}

impl Mark {
    fn places(&self) -> String {
        let listen = self.listen.map(|address| address.to_string());
        let socket = self.socket.as_ref().map(|path| path.display().to_string());
        let places: Vec<String> = listen.into_iter().chain(socket).collect();
        match places.is_empty() {
            true => "no address yet".to_owned(),
            false => places.join(" and "),
        }
    }
}
