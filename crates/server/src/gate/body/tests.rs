//! Limits of single bodies, and of all bodies together.

use futures::stream;
use http_body_util::BodyExt;

use super::*;
use crate::failure::Class;

fn chunked(chunks: &[&'static str]) -> Body {
    let chunks: Vec<Result<Bytes, std::io::Error>> =
        chunks.iter().map(|chunk| Ok(Bytes::from_static(chunk.as_bytes()))).collect();
    Body::from_stream(stream::iter(chunks))
}

async fn class(bodies: &Bodies, body: Body, is_grpc: bool) -> Option<Class> {
    bodies.whole(body, is_grpc).await.err().map(|failure| failure.class)
}

#[tokio::test]
async fn a_body_arrives_whole() {
    let bodies = Bodies::new(10, 1);
    for chunks in [&[][..], &["whole body"], &["wh", "ole", " body"]] {
        let (body, _held) = bodies.whole(chunked(chunks), false).await.unwrap();
        assert_eq!(body.collect().await.unwrap().to_bytes(), chunks.concat());
    }
}

#[tokio::test]
async fn a_body_beyond_its_limit_is_refused() {
    let bodies = Bodies::new(10, 4);
    let too_large = Some(Class::TooLarge);
    assert_eq!(class(&bodies, Body::from("x".repeat(11)), false).await, too_large);
    assert_eq!(class(&bodies, chunked(&["123456", "12345"]), false).await, too_large);
    // The message of gRPC has a prefix.
    assert_eq!(class(&bodies, Body::from("x".repeat(15)), true).await, None);
    assert_eq!(class(&bodies, Body::from("x".repeat(16)), true).await, too_large);
}

#[tokio::test]
async fn bodies_together_have_a_limit() {
    let bodies = Bodies::new(10, 2);
    let body = || chunked(&["12345", "12345"]);
    let first = bodies.whole(body(), false).await.unwrap();
    let _second = bodies.whole(body(), false).await.unwrap();
    let _third = bodies.whole(body(), false).await.unwrap();
    assert_eq!(class(&bodies, chunked(&["1"]), false).await, Some(Class::Unavailable));
    // A body without bytes reserves nothing, and a refused body releases its bytes.
    assert_eq!(class(&bodies, chunked(&[]), false).await, None);
    drop(first);
    assert_eq!(class(&bodies, chunked(&["12345", "12345"]), false).await, None);
    assert_eq!(class(&bodies, chunked(&["12345", "12345"]), false).await, None);
}
