//! Timeouts as clients write them.

use super::*;

fn parsed(text: &str) -> Option<Duration> {
    timeout(&HeaderValue::from_bytes(text.as_bytes()).unwrap())
}

#[test]
fn a_timeout_has_up_to_8_digits_and_a_unit() {
    assert_eq!(parsed("2H"), Some(Duration::from_secs(7200)));
    assert_eq!(parsed("1M"), Some(Duration::from_secs(60)));
    assert_eq!(parsed("99999999S"), Some(Duration::from_secs(99_999_999)));
    assert_eq!(parsed("5m"), Some(Duration::from_millis(5)));
    assert_eq!(parsed("5u"), Some(Duration::from_micros(5)));
    assert_eq!(parsed("0n"), Some(Duration::ZERO));
    for invalid in ["", "S", "5", "123456789S", "-1S", "1.5S", "5 S", "5s", "5\u{e9}"] {
        assert_eq!(parsed(invalid), None, "{invalid}");
    }
}

#[test]
fn a_call_has_the_shorter_of_its_own_limit_and_that_of_the_service() {
    let (began, limit) = (Instant::now(), Duration::from_secs(30));
    let end = |given: Option<&'static str>, shape| {
        let mut headers = HeaderMap::new();
        if let Some(given) = given {
            headers.insert("grpc-timeout", HeaderValue::from_static(given));
        }
        deadline(&headers, shape, limit, began).ok().map(|end| end.map(|end| end - began))
    };
    assert_eq!(end(None, Shape::Unary), Some(Some(limit)));
    assert_eq!(end(Some("1S"), Shape::Unary), Some(Some(Duration::from_secs(1))));
    assert_eq!(end(Some("1H"), Shape::Unary), Some(Some(limit)));
    assert_eq!(end(None, Shape::Stream), Some(None));
    assert_eq!(end(Some("1H"), Shape::Stream), Some(Some(Duration::from_secs(3600))));
    assert_eq!(end(Some("soon"), Shape::Unary), None, "refused");
}
