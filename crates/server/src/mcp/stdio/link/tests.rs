//! Lost answers of a service that closes the connection.

use std::{fs::File, io::Write, sync::Arc};

use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
};

use super::{Head, Link, Lost, Opening, Unanswered};
use crate::mcp::offer::Offer;

/// A service that closes the connection in its first calls.
struct Breaking {
    dir: TempDir,
    listener: UnixListener,
    /// Locked while the service runs.
    _mark: File,
}

impl Breaking {
    fn new() -> Breaking {
        let dir = tempfile::tempdir().unwrap();
        let run = dir.path().join("run");
        std::fs::create_dir(&run).unwrap();
        let socket = run.join("service.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let mut mark = File::create(run.join("service.json")).unwrap();
        mark.lock().unwrap();
        write!(mark, "{}", json!({"pid": 1, "listen": null, "socket": socket})).unwrap();
        Breaking { dir, listener, _mark: mark }
    }

    fn link(&self) -> Arc<Link> {
        let open = Arc::new(|| -> Opening { unreachable!("a service runs") });
        let (head, offer) = (Head::default(), Offer::default());
        Arc::new(Link::new(self.dir.path().to_owned(), open, head, offer, false))
    }

    /// Accepts a connection and reads its request.
    async fn asked(&self) -> UnixStream {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        let mut bytes = [0; 4096];
        assert!(0 < stream.read(&mut bytes).await.unwrap());
        stream
    }
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_only_if_that_is_safe() {
    let service = Breaking::new();
    let link = service.link();
    let asking = Arc::clone(&link);
    let answer =
        tokio::spawn(async move { asking.ask("tools/call", json!({}), Lost::Repeated).await });
    drop(service.asked().await);
    let body = json!({"jsonrpc": "2.0", "id": 1, "result": {"text": "done"}}).to_string();
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
    service.asked().await.write_all((head + &body).as_bytes()).await.unwrap();
    assert_eq!(answer.await.unwrap().unwrap(), json!({"text": "done"}));

    let answer =
        tokio::spawn(async move { link.ask("tools/call", json!({}), Lost::Refused).await });
    drop(service.asked().await);
    let Err(Unanswered::Refused(failure)) = answer.await.unwrap() else { panic!("not refused") };
    assert!(failure.message.contains("may have made the change"), "{failure:?}");
}
