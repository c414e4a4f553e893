//! Limits and rules of a service. The addresses are not among them: the caller passes a listener.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use crate::{
    Error, OAuth, Tokens,
    credential::Credentials,
    oauth::{self, Provider},
};

/// Limits and rules of a [`Server`](crate::Server).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// User for calls over loopback without a token. Default: none; such calls read and write
    /// shared records.
    pub user: Option<String>,
    /// Maximum size of a request in bytes. Default: 4 MiB.
    pub message_bytes_max: usize,
    /// Maximum number of concurrent calls. Default: 64.
    pub calls_max: usize,
    /// Maximum number of waiting calls while [`calls_max`](Config::calls_max) are in progress.
    /// Default: 256.
    pub calls_waiting_max: usize,
    /// Time limit of a call that sets no deadline, and the longest accepted deadline. Default: 30
    /// s.
    pub call_timeout: Duration,
    /// Maximum average number of calls per second and token. Default: 50.
    pub calls_per_second: u32,
    /// Maximum number of calls of a token in a burst after a pause. Default: 200.
    pub calls_burst: u32,
    /// Maximum number of open connections. Default: 1,000.
    pub connections_max: usize,
    /// Maximum number of open streams (events, exports, imports), which do not count as calls.
    /// Default: 256.
    pub streams_max: usize,
    /// Time limit for receiving the headers of a request. Default: 10 s.
    pub header_timeout: Duration,
    /// Time limit for calls in progress after a shutdown was requested. Default: 10 s.
    pub drain_timeout: Duration,
    /// Time without a connection after which the service ends. Default: none.
    pub idle_exit: Option<Duration>,
    /// File of tokens. Without it, only the socket and loopback are served.
    pub tokens_file: Option<PathBuf>,
    /// Identity provider whose access tokens are accepted in addition to the service's own.
    /// Default: none.
    pub oauth: Option<OAuth>,
    /// Additional host names of the service, as in the header `Host`. Loopback names are always
    /// accepted over loopback.
    pub hosts: Vec<String>,
    /// Web origins that may call, such as `https://console.example.com`. Default: only the
    /// service's own.
    pub origins: Vec<String>,
    /// True if a proxy in front of the service terminates TLS. Default: false.
    pub behind_proxy: bool,
    /// True to serve the routes of mem0's clients under `/v1`, `/v2` and `/v3`. Default: false.
    pub mem0: bool,
    /// True to serve the routes of Hindsight's clients under `/v1/default/banks`. Default: false.
    pub hindsight: bool,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            user: None,
            message_bytes_max: 4 << 20,
            calls_max: 64,
            calls_waiting_max: 256,
            call_timeout: Duration::from_secs(30),
            calls_per_second: 50,
            calls_burst: 200,
            connections_max: 1_000,
            streams_max: 256,
            header_timeout: Duration::from_secs(10),
            drain_timeout: Duration::from_secs(10),
            idle_exit: None,
            tokens_file: None,
            oauth: None,
            hosts: Vec::new(),
            origins: Vec::new(),
            behind_proxy: false,
            mem0: false,
            hindsight: false,
        }
    }
}

impl Config {
    /// Returns the limits and rules in the settings of a memory.
    #[must_use]
    pub fn of(settings: &aios_memory::Config) -> Config {
        let server = &settings.server;
        let user = match server.user.as_str() {
            "" => settings.memory.user.as_str(),
            user => user,
        };
        let calls = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Config {
            user: Some(user.to_owned()).filter(|user| !user.is_empty()),
            message_bytes_max: server.message_bytes_max,
            calls_max: server.calls_max,
            calls_waiting_max: server.calls_waiting_max,
            call_timeout: Duration::from_millis(server.call_timeout_ms),
            calls_per_second: calls(server.calls_per_second),
            calls_burst: calls(server.calls_burst),
            connections_max: server.connections_max,
            streams_max: server.streams_max,
            header_timeout: Duration::from_millis(server.header_timeout_ms),
            drain_timeout: Duration::from_millis(server.drain_timeout_ms),
            idle_exit: None,
            tokens_file: Some(tokens_file(settings)),
            oauth: oauth::of(settings),
            hosts: server.hosts.clone(),
            origins: server.origins.clone(),
            behind_proxy: false,
            mem0: server.mem0,
            hindsight: server.hindsight,
        }
    }

    /// Sets the time without a connection after which the service ends.
    #[must_use]
    pub fn with_idle_exit(self, idle_exit: Duration) -> Config {
        Config { idle_exit: Some(idle_exit), ..self }
    }

    /// Declares that a proxy in front of the service terminates TLS.
    #[must_use]
    pub fn behind_proxy(self) -> Config {
        Config { behind_proxy: true, ..self }
    }

    /// Checks, before anything is opened, that a service with these limits and rules may listen on
    /// `address`. [`Server::prepare`](crate::Server::prepare) repeats the check.
    ///
    /// # Errors
    /// As [`Server::prepare`](crate::Server::prepare).
    pub fn check(&self, address: Option<SocketAddr>, is_encrypted: bool) -> Result<(), Error> {
        self.credentials(address, is_encrypted).map(drop)
    }

    /// Checks the limits and rules, and opens the credentials.
    pub(crate) fn credentials(
        &self,
        address: Option<SocketAddr>,
        is_encrypted: bool,
    ) -> Result<Credentials, Error> {
        self.check_limits()?;
        let tokens = self.tokens_file.as_ref().map(Tokens::open).transpose()?;
        let provider = self.oauth.clone().map(Provider::open).transpose()?;
        let Some(address) = address.filter(|it| self.behind_proxy || !it.ip().is_loopback()) else {
            return Ok(Credentials { tokens, provider });
        };
        let has_tokens = tokens.as_ref().map_or(Ok(false), |it| it.is_empty().map(|it| !it))?;
        if !has_tokens && provider.is_none() {
            return Err(Error::NoTokens { address });
        }
        if !is_encrypted && !self.behind_proxy {
            return Err(Error::NoTls { address });
        }
        Ok(Credentials { tokens, provider })
    }

    fn check_limits(&self) -> Result<(), Error> {
        let limits = [
            ("server.message_bytes_max", self.message_bytes_max),
            ("server.calls_max", self.calls_max),
            ("server.connections_max", self.connections_max),
            ("server.streams_max", self.streams_max),
            ("server.calls_per_second", self.calls_per_second as usize),
            ("server.calls_burst", self.calls_burst as usize),
        ];
        for (setting, limit) in limits {
            if !(1..=LIMIT_MAX).contains(&limit) {
                let problem = format!("{limit} is not from 1 to {LIMIT_MAX}");
                return Err(Error::Setting { setting, problem });
            }
        }
        for (setting, time) in [
            ("server.call_timeout", self.call_timeout),
            ("server.header_timeout", self.header_timeout),
        ] {
            if time.is_zero() {
                return Err(Error::Setting { setting, problem: "0 leaves no time".to_owned() });
            }
        }
        Ok(())
    }
}

/// Maximum value of a limit.
const LIMIT_MAX: usize = 1 << 30;

/// Returns the path of the token file in the settings of a memory.
#[must_use]
pub fn tokens_file(settings: &aios_memory::Config) -> PathBuf {
    let file = &settings.server.tokens_file;
    match file.as_os_str().is_empty() {
        true => settings.memory.data_dir.join("tokens.json"),
        false => file.clone(),
    }
}
