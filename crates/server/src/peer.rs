//! The peer of a connection, as far as the operating system identifies it.

use std::net::SocketAddr;

/// The peer of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// A process of the user who runs the service, over the Unix socket.
    SameUser {
        /// Process id, for the audit log.
        pid: Option<i32>,
    },
    /// A process of this machine, connected to a loopback address.
    Loopback(SocketAddr),
    /// Any other peer. Only a token identifies the caller.
    Stranger(SocketAddr),
}

impl std::fmt::Display for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Peer::SameUser { pid: Some(pid) } => write!(f, "process {pid}"),
            Peer::SameUser { pid: None } => f.write_str("socket"),
            Peer::Loopback(address) | Peer::Stranger(address) => address.fmt(f),
        }
    }
}
