//! The addresses of a service: TCP with or without TLS, and a Unix socket. The caller binds them,
//! or takes them over from systemd, and passes them to the server.

mod presence;
mod tls;

use std::{
    fs, io,
    net::SocketAddr,
    os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

pub use self::{
    presence::{Presence, Served},
    tls::Tls,
};
use crate::{Error, hex, peer::Peer};

/// Maximum length of a socket's path in bytes, including the final zero: the minimum of all
/// supported systems.
const SOCKET_BYTES_MAX: usize = 104;

/// The addresses on which a service listens.
#[derive(Debug, Default)]
pub struct Listener {
    pub(crate) tcp: Option<Tcp>,
    pub(crate) unix: Option<Unix>,
}

/// A TCP address.
#[derive(Debug)]
pub(crate) struct Tcp {
    listener: TcpListener,
    address: SocketAddr,
    pub(crate) tls: Option<Tls>,
}

/// A socket file, removed on drop if this process created it.
#[derive(Debug)]
pub(crate) struct Unix {
    listener: UnixListener,
    path: Option<PathBuf>,
}

impl Listener {
    /// Listens on a TCP address. Port 0 chooses a free one.
    ///
    /// # Errors
    /// [`Error::Bind`].
    pub async fn bind(address: SocketAddr) -> Result<Listener, Error> {
        Listener::default().and_tcp(address).await
    }

    /// Listens on a socket file that only the user of this process can use. Replaces a socket on
    /// which no process listens, but no file of another type.
    ///
    /// # Errors
    /// - [`Error::SocketPath`] if the path is too long for a socket.
    /// - [`Error::Foreign`] if its directory belongs to another user or is writable by others.
    /// - [`Error::Served`] if a process listens on it.
    /// - [`Error::Socket`] for any other failure.
    pub async fn bind_unix(path: impl Into<PathBuf>) -> Result<Listener, Error> {
        Listener::default().and_unix(path).await
    }

    /// Listens on a TCP address as well.
    ///
    /// # Errors
    /// The errors of [`bind`](Listener::bind).
    pub async fn and_tcp(self, address: SocketAddr) -> Result<Listener, Error> {
        let failed = |source| Error::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Listener { tcp: Some(Tcp { listener, address, tls: None }), ..self })
    }

    /// Listens on a socket file as well.
    ///
    /// # Errors
    /// The errors of [`bind_unix`](Listener::bind_unix).
    pub async fn and_unix(self, path: impl Into<PathBuf>) -> Result<Listener, Error> {
        let path = path.into();
        let failed = |source| Error::Socket { path: path.clone(), source };
        prepare(&path)?;
        remove_leftover(&path).await?;
        // The directory excludes other users until the mode of the file is set.
        let listener = UnixListener::bind(&path).map_err(failed)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
        Ok(Listener { unix: Some(Unix { listener, path: Some(path) }), ..self })
    }

    /// Takes over a TCP socket bound by another program, such as systemd.
    ///
    /// # Errors
    /// [`Error::Accept`] if the socket does not listen.
    pub fn and_bound_tcp(self, listener: std::net::TcpListener) -> Result<Listener, Error> {
        listener.set_nonblocking(true).map_err(Error::Accept)?;
        let listener = TcpListener::from_std(listener).map_err(Error::Accept)?;
        let address = listener.local_addr().map_err(Error::Accept)?;
        Ok(Listener { tcp: Some(Tcp { listener, address, tls: None }), ..self })
    }

    /// Takes over a Unix socket bound by another program, such as systemd, which also removes its
    /// file.
    ///
    /// # Errors
    /// [`Error::Accept`] if the socket does not listen.
    pub fn and_bound_unix(
        self,
        listener: std::os::unix::net::UnixListener,
    ) -> Result<Listener, Error> {
        listener.set_nonblocking(true).map_err(Error::Accept)?;
        let listener = UnixListener::from_std(listener).map_err(Error::Accept)?;
        Ok(Listener { unix: Some(Unix { listener, path: None }), ..self })
    }

    /// Uses TLS on the TCP address.
    #[must_use]
    pub fn with_tls(mut self, tls: Tls) -> Listener {
        if let Some(tcp) = &mut self.tcp {
            tcp.tls = Some(tls);
        }
        self
    }

    /// Returns the TCP address, if there is one.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.tcp.as_ref().map(|tcp| tcp.address)
    }

    /// Returns the path of the socket file, if there is one.
    #[must_use]
    pub fn socket(&self) -> Option<&Path> {
        self.unix.as_ref()?.path.as_deref()
    }
}

impl Tcp {
    pub(crate) async fn accept(&self, behind_proxy: bool) -> io::Result<(TcpStream, Peer)> {
        let (stream, from) = self.listener.accept().await?;
        stream.set_nodelay(true)?;
        let is_local = self.address.ip().is_loopback() && from.ip().is_loopback();
        let peer = match is_local && !behind_proxy {
            true => Peer::Loopback(from),
            false => Peer::Stranger(from),
        };
        Ok((stream, peer))
    }
}

impl Unix {
    /// Accepts a connection. Refuses other users of the system. The mode of the file already
    /// excludes them, except the superuser and those who got the file from another program.
    pub(crate) async fn accept(&self) -> io::Result<(UnixStream, Option<Peer>)> {
        let (stream, _) = self.listener.accept().await?;
        let other = stream.peer_cred()?;
        let user = nix::unistd::geteuid().as_raw();
        let peer = (other.uid() == user).then(|| Peer::SameUser { pid: other.pid() });
        Ok((stream, peer))
    }
}

impl Drop for Unix {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // A service that has replaced the file could not have listened while this one did.
            let _ = fs::remove_file(path);
        }
    }
}

/// Returns the path of a data directory's socket file: `run/service.sock` within it. If that path
/// is too long for a socket or not writable, the file is in the user's runtime directory and named
/// by a hash of the path.
#[must_use]
pub fn socket_of(data_dir: &Path) -> PathBuf {
    let within = data_dir.join("run").join("service.sock");
    let is_short = within.as_os_str().len() < SOCKET_BYTES_MAX;
    match is_short && is_writable(data_dir) {
        true => within,
        false => outside(data_dir, "sock"),
    }
}

/// Returns the path of the file that marks the service of a data directory. It is in the directory
/// even if the socket cannot be, so that every process finds the same file, independent of its
/// runtime directory.
fn mark_of(data_dir: &Path) -> PathBuf {
    match is_writable(data_dir) {
        true => data_dir.join("run").join("service.json"),
        false => outside(data_dir, "json"),
    }
}

fn is_writable(dir: &Path) -> bool {
    nix::unistd::access(dir, nix::unistd::AccessFlags::W_OK).is_ok()
}

/// Returns the path of a data directory's file in the runtime directory. Different spellings of the
/// data directory's path give the same file.
fn outside(data_dir: &Path, ending: &str) -> PathBuf {
    let whole = fs::canonicalize(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    let digest = Sha256::digest(whole.as_os_str().as_encoded_bytes());
    let name = hex::digits(&digest[..8]);
    runtime_dir().join(format!("{name}.{ending}"))
}

/// Returns the directory for sockets of this user.
fn runtime_dir() -> PathBuf {
    match std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| Path::new(dir).is_absolute()) {
        Some(dir) => PathBuf::from(dir).join("aios-memory"),
        None => std::env::temp_dir().join(format!("aios-memory-{}", nix::unistd::geteuid())),
    }
}

/// Checks the path of a socket and prepares its directory.
fn prepare(path: &Path) -> Result<(), Error> {
    if SOCKET_BYTES_MAX <= path.as_os_str().len() {
        return Err(Error::SocketPath { path: path.to_owned(), bytes_max: SOCKET_BYTES_MAX - 1 });
    }
    prepare_dir(path)
}

/// Removes a socket on which no process listens.
async fn remove_leftover(path: &Path) -> Result<(), Error> {
    let failed = |source| Error::Socket { path: path.to_owned(), source };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
        Ok(about) if !about.file_type().is_socket() => {
            let problem = "a file of this name is there, and it is not a socket";
            return Err(failed(io::Error::new(io::ErrorKind::AlreadyExists, problem)));
        }
        Ok(_) => {}
    }
    match UnixStream::connect(path).await {
        Ok(other) => {
            let pid = other.peer_cred().ok().and_then(|peer| peer.pid()).unwrap_or_default();
            let at = path.display().to_string();
            Err(Error::Served { pid: pid.unsigned_abs(), at })
        }
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(failed)
        }
        // A process listens, but it is too busy to accept, or is not a service.
        Err(error) => Err(failed(error)),
    }
}

/// Creates the directory of a file and checks that no other user can create files in it.
fn prepare_dir(path: &Path) -> Result<(), Error> {
    let failed = |source| Error::Socket { path: path.to_owned(), source };
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
    let about = fs::metadata(dir).map_err(failed)?;
    let user = nix::unistd::geteuid().as_raw();
    // In a directory with the sticky bit, other users cannot replace the file, but they can create
    // it first.
    match about.uid() == user && about.mode() & 0o022 == 0 {
        true => Ok(()),
        false => Err(Error::Foreign { path: dir.to_owned() }),
    }
}
