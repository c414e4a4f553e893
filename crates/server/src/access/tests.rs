//! Hosts, origins and named users, header by header.

use http::{HeaderMap, HeaderValue, Uri};

use super::*;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

fn loopback() -> Peer {
    Peer::Loopback("127.0.0.1:4000".parse().unwrap())
}

fn check(pairs: &[(&'static str, &str)]) -> bool {
    let config = Config {
        hosts: vec!["memory.example".to_owned()],
        origins: vec!["https://app.example".to_owned()],
        ..Config::default()
    };
    let access = Access::new(&config, Credentials::default(), false);
    access.check_source(loopback(), &Uri::from_static("/api/v1/stats"), &headers(pairs)).is_ok()
}

#[test]
fn loopback_is_called_by_its_own_names() {
    for host in ["localhost", "LOCALHOST:50053", "127.0.0.1:50053", "[::1]:1", "memory.example:80"]
    {
        assert!(check(&[("host", host)]), "{host}");
    }
    for host in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil@localhost",
        "memory.example.evil",
        "127.0.0.2",
        "",
    ] {
        assert!(!check(&[("host", host)]), "{host}");
    }
    assert!(!check(&[]), "no host");
    assert!(!check(&[("host", "localhost"), ("host", "localhost")]), "two hosts");
}

#[test]
fn the_socket_is_called_by_any_name_that_is_not_of_the_network() {
    let config = Config { hosts: vec!["memory.example".to_owned()], ..Config::default() };
    let access = Access::new(&config, Credentials::default(), false);
    let is_known = |host: &str| {
        let (peer, uri) = (Peer::SameUser { pid: None }, Uri::from_static("/api/v1/stats"));
        access.check_source(peer, &uri, &headers(&[("host", host)])).is_ok()
    };
    for host in ["localhost", "127.0.0.1:80", "unix", "docker", ".", "[::]:50051", "memory.example"]
    {
        assert!(is_known(host), "{host}");
    }
    for host in ["evil.example", "EVIL.example.:80", "127.0.0.1.evil.example", ""] {
        assert!(!is_known(host), "{host}");
    }
}

#[test]
fn a_part_is_named_once_and_has_visible_text() {
    let part = |pairs: &[(&'static str, &str)]| part_of(&headers(pairs));
    assert_eq!(part(&[]).unwrap(), None);
    let named = part(&[("aios-project", "\u{e9}tude"), ("aios-session", "s")]).unwrap().unwrap();
    assert_eq!(named, Scope::default().with_project("\u{e9}tude").with_session("s"));
    let refused = part(&[("aios-agent", " ")]).unwrap_err();
    assert!(refused.message.contains("`aios-agent`"), "{refused:?}");
    assert!(part(&[("aios-agent", "a"), ("aios-agent", "a")]).is_err());
}

#[test]
fn a_web_page_of_another_origin_cannot_call() {
    let host = ("host", "localhost:50053");
    assert!(check(&[host, ("origin", "http://localhost:50053")]));
    assert!(check(&[host, ("origin", "https://app.example")]));
    for origin in ["null", "http://localhost", "https://evil.example", "http://app.example", ""] {
        assert!(!check(&[host, ("origin", origin)]), "{origin}");
    }
    for site in ["cross-site", "same-site", "anything"] {
        assert!(!check(&[host, ("sec-fetch-site", site)]), "{site}");
    }
    assert!(check(&[host, ("sec-fetch-site", "none")]));
}

#[test]
fn a_user_is_named_once_and_in_utf8() {
    let named = |pairs: &[(&'static str, &str)]| named_user(&headers(pairs));
    assert_eq!(named(&[]).unwrap(), None);
    assert_eq!(named(&[("aios-user", "ada")]).unwrap().as_deref(), Some("ada"));
    assert_eq!(named(&[("aios-user-bin", "w6lsaWU")]).unwrap().as_deref(), Some("\u{e9}lie"));
    assert!(named(&[("aios-user", "")]).is_err());
    assert!(named(&[("aios-user", "ada"), ("aios-user", "bob")]).is_err());
    assert!(named(&[("aios-user", "ada"), ("aios-user-bin", "YWRh")]).is_err());
    assert!(named(&[("aios-user-bin", "not base64!")]).is_err());
    assert!(named(&[("aios-user-bin", "/////w")]).is_err());
}
