//! Admission of calls: checks `Host` and `Origin`, and determines the caller from the connection,
//! the token and the named user. Each step sets a scope or narrows it; none widens it.
//!
//! Headers are claims of the caller. Only the connection ([`Peer`]) and the token are trusted.

#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, sync::Arc};

use aios_memory::{AgentMemory, Scope, Timestamp};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use tonic::metadata::MetadataMap;

use crate::{
    Config,
    caller::{ALL_USERS, Caller, MadeBy, Naming},
    credential::{Credential, Credentials},
    failure::Failure,
    oauth::Provider,
    operation::{Operation, Right, UserIn},
    peer::Peer,
    scope::scope_of,
};

/// Header, and gRPC metadata, that name the user of a call.
const USER: &str = "aios-user";
/// The same as bytes, for names outside of ASCII over gRPC.
const USER_BYTES: &str = "aios-user-bin";
/// Headers, and gRPC metadata, that narrow a call to a part of the caller's memory.
pub(crate) const PROJECT: &str = "aios-project";
pub(crate) const AGENT: &str = "aios-agent";
pub(crate) const SESSION: &str = "aios-session";
/// Headers that a proxy adds. A call with one does not come from the peer of its connection.
const FORWARDED: [&str; 8] = [
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
];
/// Prefix of further proxy headers, such as `x-forwarded-for`.
const FORWARDED_PREFIX: &str = "x-forwarded";

/// Rules for admitting calls.
#[derive(Debug)]
pub(crate) struct Access {
    user: Option<String>,
    hosts: Vec<String>,
    origins: Vec<String>,
    credentials: Credentials,
    /// `https` if callers reach the TCP address over TLS.
    scheme: &'static str,
}

/// The caller of a call, and its credential, which can be revoked or expire.
pub(crate) struct Admitted {
    pub(crate) caller: Caller,
    pub(crate) credential: Option<Credential>,
}

impl Access {
    /// Returns the rules of a service. `is_encrypted` is true if its TCP address has TLS, here or
    /// at a proxy.
    pub(crate) fn new(config: &Config, credentials: Credentials, is_encrypted: bool) -> Access {
        let lower = |names: &[String]| names.iter().map(|name| name.to_lowercase()).collect();
        Access {
            user: config.user.clone(),
            hosts: lower(&config.hosts),
            origins: lower(&config.origins),
            credentials,
            scheme: if is_encrypted { "https" } else { "http" },
        }
    }

    /// Returns the identity provider.
    pub(crate) fn provider(&self) -> Option<&Provider> {
        self.credentials.provider.as_ref()
    }

    /// Returns the address by which the call names the service, if there is an identity provider.
    pub(crate) fn base(&self, uri: &Uri, headers: &HeaderMap) -> Option<String> {
        self.provider()?;
        let host = host_of(uri, headers).ok()?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
        host.bytes().all(is_plain).then(|| format!("{}://{host}", self.scheme))
    }

    /// Checks that the call is meant for this service and does not come from a web page of another
    /// origin.
    ///
    /// A browser that resolves `evil.example` to 127.0.0.1 (DNS rebinding) still sends
    /// `Host: evil.example`.
    pub(crate) fn check_source(
        &self,
        peer: Peer,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<(), Failure> {
        let host = host_of(uri, headers)?;
        let is_known = match peer {
            // Web pages cannot reach the socket, and clients may name it by any label. A network
            // name comes through a proxy, which a web page may have called.
            Peer::SameUser { .. } => {
                !is_of_network(&host) || is_loopback_name(&host) || self.is_host(&host)
            }
            Peer::Loopback(_) => is_loopback_name(&host) || self.is_host(&host),
            // Without a list of hosts, the token is sufficient, because no web page has it.
            Peer::Stranger(_) => self.hosts.is_empty() || self.is_host(&host),
        };
        if !is_known {
            return Err(Failure::denied(&format!("this service is not called `{host}`"))
                .with_advice("call it by its own name, or add the name to `server.hosts`"));
        }
        match single(headers, header::ORIGIN.as_str())? {
            Some(origin) => self.check_origin(peer, &host, origin),
            None => check_fetch_site(headers),
        }
    }

    /// Returns the origin of a web page that may read the answer.
    pub(crate) fn allowed_origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        let text = origin.to_str().ok()?.to_lowercase();
        self.origins.contains(&text).then(|| origin.clone())
    }

    fn check_origin(&self, peer: Peer, host: &str, origin: &HeaderValue) -> Result<(), Failure> {
        let origin = origin.to_str().unwrap_or_default().to_lowercase();
        let own = [format!("http://{host}"), format!("https://{host}")];
        let is_own = !matches!(peer, Peer::SameUser { .. }) && own.contains(&origin);
        match is_own || self.origins.contains(&origin) {
            true => Ok(()),
            false => Err(Failure::denied(&format!("the origin `{origin}` may not call"))
                .with_advice("add it to `server.origins`")),
        }
    }

    fn is_host(&self, host: &str) -> bool {
        self.hosts.iter().any(|known| known == host || known == name_of(host))
    }

    /// Returns the caller of a call. If the operation's user is [`UserIn::Request`], the handler
    /// must require one from a delegate.
    pub(crate) async fn admit(
        &self,
        memory: &AgentMemory,
        peer: Peer,
        headers: &HeaderMap,
        operation: Operation,
        now: Timestamp,
    ) -> Result<Admitted, Failure> {
        let user = named_user(headers)?;
        let names_all = names_all_users(headers)?;
        let (caller, credential) = match single(headers, header::AUTHORIZATION.as_str())? {
            Some(value) => {
                let credential = self.credentials.check(value, now).await?;
                (credential.caller(memory)?, Some(credential))
            }
            None => (self.by_connection(memory, peer, headers)?, None),
        };
        let caller = match user {
            Some(_) if names_all => {
                return Err(Failure::invalid("the call names a user, and all users"));
            }
            Some(user) => caller.acting_for(&user)?,
            None if names_all => caller.acting_for_all()?,
            None if operation.user == UserIn::Header && caller.needs_user() => {
                return Err(Failure::invalid("this token must name a user in each call")
                    .with_advice("send the user in the header `aios-user`"));
            }
            None => caller,
        };
        let caller = match part_of(headers)? {
            None => caller,
            Some(part) if operation.admits_part() => caller.within(&part.into())?,
            Some(_) => {
                return Err(Failure::invalid(format!(
                    "`{}` concerns the whole machine, which no header narrows",
                    operation.name
                ))
                .with_advice("leave out `aios-project`, `aios-agent` and `aios-session`"));
            }
        };
        Ok(Admitted { caller, credential })
    }

    /// Returns `true` if a credential that admitted a call is still valid.
    pub(crate) fn still_admits(&self, credential: &Credential, now: Timestamp) -> bool {
        self.credentials.still_admit(credential, now)
    }

    fn by_connection(
        &self,
        memory: &AgentMemory,
        peer: Peer,
        headers: &HeaderMap,
    ) -> Result<Caller, Failure> {
        let made_by = |name: &str, naming| {
            let mut rights = BTreeSet::from(Right::ALL);
            if naming == Naming::Fixed {
                // Any process of this machine may be the caller, of any user.
                rights.remove(&Right::Admin);
            }
            MadeBy { name: Arc::from(name), rights: Arc::new(rights), naming }
        };
        match peer {
            Peer::SameUser { .. } | Peer::Loopback(_) if is_forwarded(headers) => {
                Err(Failure::unauthenticated("a proxy forwarded this call, so it needs a token"))
            }
            Peer::SameUser { .. } => {
                Caller::new(memory.clone(), None, None, made_by("socket", Naming::Any))
            }
            Peer::Loopback(_) => {
                let user = self.user.as_deref();
                Caller::new(memory.clone(), user, None, made_by("loopback", Naming::Fixed))
            }
            Peer::Stranger(_) => Err(Failure::unauthenticated("this call needs a token")),
        }
    }
}

/// Returns `true` if a proxy forwarded the call.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    let named = |name: &str| FORWARDED.contains(&name) || name.starts_with(FORWARDED_PREFIX);
    headers.keys().any(|name| named(name.as_str()))
}

/// Returns the host that the caller names: `:authority` in HTTP/2, otherwise `Host`.
fn host_of(uri: &Uri, headers: &HeaderMap) -> Result<String, Failure> {
    let given = single(headers, header::HOST.as_str())?;
    let host = match (uri.authority(), given) {
        (Some(authority), None) => authority.as_str(),
        (None, Some(value)) => value.to_str().unwrap_or_default(),
        (Some(authority), Some(value)) if value.as_bytes() == authority.as_str().as_bytes() => {
            authority.as_str()
        }
        (Some(_), Some(_)) => return Err(Failure::invalid("two hosts are named")),
        (None, None) => "",
    };
    match host.is_empty() || host.contains('@') {
        true => Err(Failure::invalid("the call names no host")),
        false => Ok(host.to_lowercase()),
    }
}

/// Returns a host without its port.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_loopback_name(host: &str) -> bool {
    matches!(name_of(host), "localhost" | "127.0.0.1" | "[::1]")
}

/// Returns `true` for a name of several labels, such as `memory.example`.
fn is_of_network(host: &str) -> bool {
    name_of(host).trim_matches('.').contains('.')
}

/// Refuses requests that a page of another site makes without an `Origin`, such as for an image.
fn check_fetch_site(headers: &HeaderMap) -> Result<(), Failure> {
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        None | Some(b"none" | b"same-origin") => Ok(()),
        Some(_) => Err(Failure::denied("a web page of another origin may not call")),
    }
}

/// Returns the user that a call names.
fn named_user(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let bytes = match (single(headers, USER)?, single(headers, USER_BYTES)?) {
        (None, None) => return Ok(None),
        (Some(text), None) => text.as_bytes().to_vec(),
        (None, Some(encoded)) => decoded(encoded)?,
        (Some(_), Some(_)) => return Err(Failure::invalid("the call names two users")),
    };
    match String::from_utf8(bytes) {
        Ok(user) if user.is_empty() => Err(Failure::invalid("the call names an empty user")),
        Ok(user) => Ok(Some(user)),
        Err(_) => Err(Failure::invalid("the name of the user is not UTF-8")),
    }
}

/// Returns `true` if a call concerns the records of every owner. [`Caller::check`] decides for each
/// operation whether that is admitted.
fn names_all_users(headers: &HeaderMap) -> Result<bool, Failure> {
    match single(headers, ALL_USERS)? {
        None => Ok(false),
        Some(value) if value == "true" => Ok(true),
        Some(_) => Err(Failure::invalid(format!("the header `{ALL_USERS}` is `true`, or absent"))),
    }
}

fn decoded(encoded: &HeaderValue) -> Result<Vec<u8>, Failure> {
    let invalid = || Failure::invalid("`aios-user-bin` is not base64");
    let only = HeaderMap::from_iter([(HeaderName::from_static(USER_BYTES), encoded.clone())]);
    let metadata = MetadataMap::from_headers(only);
    let value = metadata.get_bin(USER_BYTES).ok_or_else(invalid)?;
    Ok(value.to_bytes().map_err(|_| invalid())?.to_vec())
}

/// Returns the part of the memory to which a call is narrowed.
fn part_of(headers: &HeaderMap) -> Result<Option<Scope>, Failure> {
    let value = |name: &str| {
        let Some(value) = single(headers, name)? else { return Ok(None) };
        let text = String::from_utf8(value.as_bytes().to_vec());
        text.map(Some).map_err(|_| Failure::invalid(format!("the header `{name}` is not UTF-8")))
    };
    let scope = scope_of("aios-", value(PROJECT)?, value(AGENT)?, value(SESSION)?)?;
    Ok(Some(scope).filter(|scope| *scope != Scope::default()))
}

/// Returns the value of a header that may occur only once.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a HeaderValue>, Failure> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    match values.next() {
        None => Ok(first),
        Some(_) => Err(Failure::invalid(format!("the header `{name}` is given twice"))),
    }
}
