//! The protocols of systemd: sockets that it has bound, and the notification that the service is
//! ready.

use std::{
    env,
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixDatagram},
    },
};

use aios_memory_server::Listener;
use listenfd::ListenFd;

use crate::failure::Failure;

/// Returns the sockets that systemd has bound, if any: at most one TCP and one Unix socket.
pub(super) fn listener() -> Result<Option<Listener>, Failure> {
    let mut bound = ListenFd::from_env();
    if bound.len() == 0 {
        return Ok(None);
    }
    let mut listener = Listener::default();
    for index in 0..bound.len() {
        if let Ok(Some(socket)) = bound.take_unix_listener(index) {
            listener = listener.and_bound_unix(socket)?;
        } else if let Ok(Some(socket)) = bound.take_tcp_listener(index) {
            listener = listener.and_bound_tcp(socket)?;
        } else {
            return Err(Failure::Usage {
                message: format!("the socket {index} from systemd is of no type that is served"),
                hint: "pass stream sockets, as in packaging/systemd/aios-memory.socket",
            });
        }
    }
    Ok(Some(listener))
}

/// Notifies systemd of a state, if it requested that. A failure is only logged.
pub(super) fn notify(state: &str) {
    let Some(path) = env::var_os("NOTIFY_SOCKET") else { return };
    let bytes = path.as_encoded_bytes();
    let address = match bytes.strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(&path),
    };
    let sent = address
        .and_then(|address| UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address));
    if let Err(error) = sent {
        tracing::warn!(%error, "the supervisor was not told `{state}`");
    }
}
