//! Input that no client sends by mistake gets an answer or a closed connection, without panics or
//! growth.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{PATIENCE, Request, Service, answer};

/// Bytes without a structure, the same in each run.
fn noise(mut seed: u64) -> Vec<u8> {
    (0..10_000)
        .map(|_| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed.to_le_bytes()[0]
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn noise_on_the_port_closes_the_connection() {
    let service = Service::start().await;
    for seed in 1..20 {
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        let _ = stream.write_all(&noise(seed)).await;
        let answer = answer(stream).await;
        assert!(matches!(answer.status, 0 | 400), "{answer:?}");
    }
    assert_eq!(service.send(&Request::get("/healthz")).await.status, 200);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_sends_nothing_or_slowly_is_closed() {
    let service =
        Service::start_with(|config| config.header_timeout = Duration::from_millis(200)).await;
    for begin in ["", "P", "GET /healthz HTT", "GET /healthz HTTP/1.1\r\nhost: loc"] {
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        stream.write_all(begin.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let closed = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
        assert!(closed.is_ok(), "`{begin}` keeps its connection");
    }
    assert_eq!(service.send(&Request::get("/healthz")).await.status, 200);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_routes_and_methods_are_problems() {
    let service = Service::start().await;
    for path in ["/", "/api/v1/nothing"] {
        let answer = service.send(&Request::get(path)).await;
        assert_eq!((answer.status, &answer.json()["status"]), (404, &404.into()), "{answer:?}");
        assert!(answer.json()["detail"].to_string().contains(path), "{answer:?}");
    }
    let answer = service.send(&Request::get("/api/v1/remember")).await;
    assert_eq!(answer.status, 405, "{answer:?}");
    assert!(answer.head.to_lowercase().contains("allow: post"), "{answer:?}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_and_bodies_beyond_their_limits_are_refused() {
    let service = Service::start_with(|config| config.message_bytes_max = 10_000).await;
    let long = Request::get("/healthz").with("x-long", "x".repeat(1 << 20));
    assert!(matches!(service.send(&long).await.status, 0 | 431));
    let body = format!(r#"{{"query": "{}"}}"#, "x".repeat(20_000));
    let answer = service.send(&Request::post("/api/v1/recall", body)).await;
    assert_eq!(answer.status, 413, "{answer:?}");
    assert!(answer.head.contains("application/problem+json"), "{answer:?}");
    let deep = "[".repeat(4_000) + &"]".repeat(4_000);
    let answer = service.send(&Request::post("/api/v1/recall", deep)).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_the_limit_are_closed_at_once() {
    let service = Service::start_with(|config| config.connections_max = 2).await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        let mut byte = [0];
        stream.read_exact(&mut byte).await.unwrap();
        open.push(stream);
    }
    let third = TcpStream::connect(service.address).await.unwrap();
    assert_eq!(answer(third).await.status, 0);
    drop(open);
    // The places are free again when the service detects that the connections are closed.
    let begun = std::time::Instant::now();
    while service.send(&Request::get("/healthz")).await.status != 200 {
        assert!(begun.elapsed() < PATIENCE);
        tokio::task::yield_now().await;
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_not_of_the_protocol_is_invalid() {
    let service = Service::start().await;
    let requests = [
        ("a field without an end", "\0\0\0\0\u{2}\u{a}\u{7f}"),
        ("a message without an end", "\0\0\0\0\u{2}\u{a}"),
        ("no message", ""),
        ("an unknown flag", "\u{2}\0\0\0\0"),
    ];
    for (problem, body) in requests {
        let request = Request {
            method: "POST",
            path: "/aios.memory.MemoryService/GetAgentState",
            headers: vec![("content-type", "application/grpc".to_owned())],
            body: body.to_owned(),
        };
        let answer = service.send(&request).await;
        assert!(answer.head.contains("grpc-status: 3\r\n"), "{problem}: {answer:?}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_quotes_at_most_the_beginning_of_a_long_input() {
    let service = Service::start().await;
    let path = format!("/{}", "x".repeat(30_000));
    let answer = service.send(&Request::get(&path)).await;
    assert_eq!(answer.status, 404);
    assert!(answer.body.len() < 2_000, "{} bytes", answer.body.len());
    service.stop().await;
}

/// Sends the head of a request and a part of its body.
async fn begun(service: &Service, path: &str, kind: &str, length: usize) -> TcpStream {
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {kind}\r\n\
         content-length: {length}\r\n\r\n{{\"query"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_arrive_slowly_hold_up_nobody() {
    let service = Service::start_with(|config| config.calls_waiting_max = 4).await;
    let mut slow = Vec::new();
    for _ in 0..80 {
        slow.push(begun(&service, "/api/v1/recall", "application/json", 100).await);
        let rpc = "/aios.memory.MemoryService/Recall";
        slow.push(begun(&service, rpc, "application/grpc", 100).await);
    }
    let recall = Request::post("/api/v1/recall", r#"{"query": "x"}"#);
    let answer = tokio::time::timeout(Duration::from_secs(20), service.send(&recall)).await;
    assert_eq!(answer.expect("the call waits for the slow ones").status, 200);
    // The slow ones are answered once they have arrived.
    let mut first = slow.remove(0);
    let rest = format!("\": \"x\"{}}}", " ".repeat(100 - 7 - 7));
    first.write_all(rest.as_bytes()).await.unwrap();
    let mut begin = [0; 15];
    tokio::time::timeout(PATIENCE, first.read_exact(&mut begin)).await.unwrap().unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200 OK", "{}", String::from_utf8_lossy(&begin));
    drop((first, slow));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_ends_is_given_up() {
    let service =
        Service::start_with(|config| config.call_timeout = Duration::from_millis(300)).await;
    let stream = begun(&service, "/api/v1/recall", "application/json", 100).await;
    assert_eq!(answer(stream).await.status, 504);
    service.stop().await;
}
