//! Addresses of endpoints.

use super::read;

fn at(base: &str) -> Result<String, String> {
    read(base, false).map(String::from).map_err(|error| error.to_string())
}

#[test]
fn completions_are_below_the_base() {
    for (base, expected) in [
        ("https://api.example/v1", "https://api.example/v1/chat/completions"),
        ("https://api.example/v1/", "https://api.example/v1/chat/completions"),
        ("https://api.example", "https://api.example/chat/completions"),
        (
            "https://api.example/v1?version=2#top",
            "https://api.example/v1/chat/completions?version=2",
        ),
        ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1/chat/completions"),
        ("http://[::1]:8080", "http://[::1]:8080/chat/completions"),
        ("http://localhost/v1", "http://localhost/v1/chat/completions"),
    ] {
        assert_eq!(at(base).as_deref(), Ok(expected));
    }
}

#[test]
fn only_this_machine_is_reached_without_encryption() {
    for base in ["http://api.example/v1", "http://192.168.1.5", "http://127.0.0.1.example"] {
        assert!(at(base).unwrap_err().contains("https"), "{base}");
        assert!(read(base, true).is_ok(), "{base}");
    }
    for base in ["ftp://api.example", "api.example/v1", "", "file:///etc/passwd", "data:text"] {
        assert!(at(base).is_err() && read(base, true).is_err(), "{base}");
    }
}

#[test]
fn a_password_in_an_address_is_refused_and_not_shown() {
    for base in ["https://me:secret@api.example/v1", "https://secret@api.example/v1"] {
        let error = at(base).unwrap_err();
        assert!(!error.contains("secret"), "{error}");
    }
}
