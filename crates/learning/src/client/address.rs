//! The address of the endpoint, checked.

use std::net::IpAddr;

use reqwest::Url;

use super::error::ClientError;

/// Returns the address for completions below `base_url`.
///
/// # Errors
/// [`ClientError::Address`] unless it is https without a user in it. http is accepted on this
/// machine, and elsewhere if `permits_http`.
pub(super) fn read(base_url: &str, permits_http: bool) -> Result<Url, ClientError> {
    let wrong = |problem: &'static str| ClientError::Address { problem };
    let mut url = Url::parse(base_url).map_err(|_| wrong("expected an address with a scheme"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("expected an address without a user, the key is a value of its own"));
    }
    match url.scheme() {
        "https" => {}
        "http" if permits_http || is_loopback(&url) => {}
        "http" => return Err(wrong("expected https, because the address is on another machine")),
        _ => return Err(wrong("expected the scheme https")),
    }
    url.set_fragment(None);
    let mut path =
        url.path_segments_mut().map_err(|()| wrong("expected an address with a path"))?;
    path.pop_if_empty().extend(["chat", "completions"]);
    drop(path);
    Ok(url)
}

/// Returns true if an address is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests;
