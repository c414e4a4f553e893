//! The addresses of a service: TCP with or without TLS, and a Unix socket. The caller binds them,
//! or takes them over from systemd, and gives them to the server.

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

pub use self::{presence::Presence, tls::Tls};
use crate::{Error, hex, peer::Peer};

/// Bytes of a socket's path, with the byte that ends it: the least of the systems.
const SOCKET_BYTES_MAX: usize = 104;

/// The addresses that a service listens on.
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

/// A socket file, which is removed on drop if this process made it.
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

    /// Listens on a socket file, which only the user of this process can use. A socket that nobody
    /// listens on is replaced; a file of another type is not.
    ///
    /// # Errors
    /// - [`Error::SocketPath`] if the path is too long for a socket.
    /// - [`Error::Foreign`] if its directory belongs to another user or others may write in it.
    /// - [`Error::Served`] if a process listens on it.
    /// - [`Error::Socket`].
    pub async fn bind_unix(path: impl Into<PathBuf>) -> Result<Listener, Error> {
        Listener::default().and_unix(path).await
    }

    /// Listens on a TCP address too.
    ///
    /// # Errors
    /// As [`bind`](Listener::bind).
    pub async fn and_tcp(self, address: SocketAddr) -> Result<Listener, Error> {
        let failed = |source| Error::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Listener { tcp: Some(Tcp { listener, address, tls: None }), ..self })
    }

    /// Listens on a socket file too.
    ///
    /// # Errors
    /// As [`bind_unix`](Listener::bind_unix).
    pub async fn and_unix(self, path: impl Into<PathBuf>) -> Result<Listener, Error> {
        let path = path.into();
        let failed = |source| Error::Socket { path: path.clone(), source };
        prepare(&path)?;
        remove_leftover(&path).await?;
        // The directory keeps others out until the mode of the file is set.
        let listener = UnixListener::bind(&path).map_err(failed)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
        Ok(Listener { unix: Some(Unix { listener, path: Some(path) }), ..self })
    }

    /// Takes over a TCP socket that another program bound, such as systemd.
    ///
    /// # Errors
    /// [`Error::Accept`] if it does not listen.
    pub fn and_bound_tcp(self, listener: std::net::TcpListener) -> Result<Listener, Error> {
        listener.set_nonblocking(true).map_err(Error::Accept)?;
        let listener = TcpListener::from_std(listener).map_err(Error::Accept)?;
        let address = listener.local_addr().map_err(Error::Accept)?;
        Ok(Listener { tcp: Some(Tcp { listener, address, tls: None }), ..self })
    }

    /// Takes over a Unix socket that another program bound, such as systemd, which also removes its
    /// file.
    ///
    /// # Errors
    /// [`Error::Accept`] if it does not listen.
    pub fn and_bound_unix(
        self,
        listener: std::os::unix::net::UnixListener,
    ) -> Result<Listener, Error> {
        listener.set_nonblocking(true).map_err(Error::Accept)?;
        let listener = UnixListener::from_std(listener).map_err(Error::Accept)?;
        Ok(Listener { unix: Some(Unix { listener, path: None }), ..self })
    }

    /// Encrypts the TCP address.
    #[must_use]
    pub fn with_tls(mut self, tls: Tls) -> Listener {
        if let Some(tcp) = &mut self.tcp {
            tcp.tls = Some(tls);
        }
        self
    }

    /// Returns the TCP address.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.tcp.as_ref().map(|tcp| tcp.address)
    }

    /// Returns the socket file.
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
    /// Accepts a connection. That of another user of the system is refused: the mode of the file
    /// keeps others out, except the superuser and those who got the file from another program.
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
            // Another service that has replaced the file could not have listened beside this one.
            let _ = fs::remove_file(path);
        }
    }
}

/// Returns the socket file of a data directory: `run/service.sock` in it. If that path is longer
/// than a socket's may be, or cannot be written, it is a file of the user's runtime directory,
/// named by a hash of the path.
#[must_use]
pub fn socket_of(data_dir: &Path) -> PathBuf {
    let within = data_dir.join("run").join("service.sock");
    let is_short = within.as_os_str().len() < SOCKET_BYTES_MAX;
    match is_short && is_writable(data_dir) {
        true => within,
        false => outside(data_dir, "sock"),
    }
}

/// Returns the file that marks the service of a data directory. It lies in the directory even if
/// the socket cannot, so that every process finds the same one, whatever its runtime directory is.
fn mark_of(data_dir: &Path) -> PathBuf {
    match is_writable(data_dir) {
        true => data_dir.join("run").join("service.json"),
        false => outside(data_dir, "json"),
    }
}

fn is_writable(dir: &Path) -> bool {
    nix::unistd::access(dir, nix::unistd::AccessFlags::W_OK).is_ok()
}

/// Returns a file of the runtime directory for a data directory, which has one however it is
/// spelled.
fn outside(data_dir: &Path, ending: &str) -> PathBuf {
    let whole = fs::canonicalize(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    let digest = Sha256::digest(whole.as_os_str().as_encoded_bytes());
    let name = hex::digits(&digest[..8]);
    runtime_dir().join(format!("{name}.{ending}"))
}

/// Returns the directory of this user's sockets.
fn runtime_dir() -> PathBuf {
    match std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| Path::new(dir).is_absolute()) {
        Some(dir) => PathBuf::from(dir).join("aios-memory"),
        None => std::env::temp_dir().join(format!("aios-memory-{}", nix::unistd::geteuid())),
    }
}

/// Checks the path of a socket, and prepares its directory.
fn prepare(path: &Path) -> Result<(), Error> {
    if SOCKET_BYTES_MAX <= path.as_os_str().len() {
        return Err(Error::SocketPath { path: path.to_owned(), bytes_max: SOCKET_BYTES_MAX - 1 });
    }
    prepare_dir(path)
}

/// Removes a socket that nobody listens on.
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
        // Somebody listens who is too busy to accept, or answers otherwise than a service.
        Err(error) => Err(failed(error)),
    }
}

/// Makes the directory of a file and checks that nobody else can put a file there.
fn prepare_dir(path: &Path) -> Result<(), Error> {
    let failed = |source| Error::Socket { path: path.to_owned(), source };
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
    let about = fs::metadata(dir).map_err(failed)?;
    let user = nix::unistd::geteuid().as_raw();
    // In a directory with the sticky bit others cannot replace what is not theirs, but they can
    // make a file of this name first.
    match about.uid() == user && about.mode() & 0o022 == 0 {
        true => Ok(()),
        false => Err(Error::Foreign { path: dir.to_owned() }),
    }
}
