//! Errors of starting and running a service. `failure` has the failures of single calls.

use std::{io, net::SocketAddr, path::PathBuf};

/// Error of starting or running a service.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The service cannot listen on an address.
    #[error("failed to listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The service cannot listen on a socket file.
    #[error("failed to listen on the socket {}", path.display())]
    Socket {
        /// The socket file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The path of a socket exceeds the limit of the system.
    #[error(
        "the path of the socket {} is longer than the {bytes_max} bytes of a socket",
        path.display()
    )]
    SocketPath {
        /// The socket file.
        path: PathBuf,
        /// Maximum length of such a path in bytes.
        bytes_max: usize,
    },
    /// The path of the socket contains a file or directory that another user could change.
    #[error("{} belongs to another user of the system", path.display())]
    Foreign {
        /// The file or directory.
        path: PathBuf,
    },
    /// Another process serves the same data directory.
    #[error("the process {pid} serves this data directory already, on {at}")]
    Served {
        /// The id of the process.
        pid: u32,
        /// Its addresses.
        at: String,
    },
    /// A non-loopback address would be served without tokens.
    #[error("{address} can be reached by other machines, and there are no tokens")]
    NoTokens {
        /// The address.
        address: SocketAddr,
    },
    /// A non-loopback address would be served without TLS.
    #[error("{address} can be reached by other machines, and tokens would travel unencrypted")]
    NoTls {
        /// The address.
        address: SocketAddr,
    },
    /// A certificate or key cannot be used.
    #[error("failed to use the certificate {} with its key: {reason}", path.display())]
    Certificate {
        /// The file of the certificate.
        path: PathBuf,
        /// The cause.
        reason: String,
    },
    /// The file of tokens cannot be read or written.
    #[error("failed to use the tokens in {}: {reason}", path.display())]
    Tokens {
        /// The file.
        path: PathBuf,
        /// The cause.
        reason: String,
    },
    /// A token cannot be added or revoked.
    #[error("{problem}")]
    Token {
        /// The problem.
        problem: String,
    },
    /// The settings of the identity provider are invalid or incomplete.
    #[error("{problem}")]
    Provider {
        /// The problem.
        problem: String,
    },
    /// The public keys of the identity provider cannot be used.
    #[error("failed to use the keys of the identity provider in {at}: {reason}")]
    Keys {
        /// The file or address.
        at: String,
        /// The cause.
        reason: String,
    },
    /// A setting of the service is invalid.
    #[error("{setting}: {problem}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// The problem.
        problem: String,
    },
    /// An environment variable of OpenTelemetry has an unsupported value.
    #[error("{variable}: {problem}")]
    Telemetry {
        /// The environment variable.
        variable: &'static str,
        /// The problem.
        problem: String,
        /// The next step.
        advice: &'static str,
    },
    /// The memory failed.
    #[error(transparent)]
    Memory(#[from] aios_memory::Error),
    /// The listener failed.
    #[error("failed to accept connections")]
    Accept(#[source] io::Error),
}

impl Error {
    /// Returns the next step, as text for the operator.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        Some(match self {
            Error::Bind { .. } => "choose another address, or end the program that uses it",
            Error::Socket { .. } => "choose another path for the socket",
            Error::SocketPath { .. } => "choose a shorter path for the socket",
            Error::Foreign { .. } => "choose another path for the socket, or move it away",
            Error::Served { .. } => "use that service, or end its process first",
            Error::NoTokens { .. } => {
                "add a token first, set `auth.oauth.issuer`, or listen on 127.0.0.1"
            }
            Error::NoTls { .. } => {
                "name a certificate and its key, or say that a proxy terminates TLS"
            }
            Error::Certificate { .. } => "check both files: PEM, the certificate chain and its key",
            Error::Tokens { .. } => "check the file, which only its owner may read",
            Error::Provider { .. } => {
                "set `auth.oauth.issuer` and `auth.oauth.audience` both, or neither and no \
                 `auth.oauth.jwks`; addresses are https"
            }
            Error::Keys { .. } => "check that it is a JSON Web Key Set that only its owner writes",
            Error::Token { .. } | Error::Setting { .. } => "correct it",
            Error::Telemetry { advice, .. } => advice,
            Error::Memory(_) | Error::Accept(_) => return None,
        })
    }

    /// Returns a stable identifier of the condition, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Error::Bind { .. } | Error::Socket { .. } | Error::SocketPath { .. } => "listen",
            Error::Foreign { .. } => "data_dir",
            Error::Served { .. } => "served",
            Error::NoTokens { .. } | Error::NoTls { .. } => "exposed",
            Error::Certificate { .. } => "certificate",
            Error::Tokens { .. } | Error::Token { .. } => "tokens",
            Error::Provider { .. }
            | Error::Keys { .. }
            | Error::Setting { .. }
            | Error::Telemetry { .. } => "config",
            Error::Memory(error) => error.code(),
            Error::Accept(_) => "internal",
        }
    }
}
