//! One memory, used in its process and served to others at the same time, with a restart.

use std::path::Path;

use aios_memory::{AgentMemory, Config};
use aios_memory_server::{Listener, Server};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    sync::oneshot,
};

async fn open(dir: &Path) -> AgentMemory {
    let mut config = Config::at(dir.join("memory"));
    config.embedding.model = "static".to_owned();
    AgentMemory::open(config).await.unwrap()
}

/// Posts a JSON body over the socket, as this user.
async fn post(socket: &Path, user: &str, path: &str, body: &Value) -> Value {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\naios-user: {user}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    serde_json::from_str(body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_on_one_side_is_found_on_the_other_and_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("s");
    for round in 0..2 {
        let memory = open(dir.path()).await;
        let ada = memory.for_user("ada").unwrap();
        let listener = Listener::bind_unix(&socket).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = Server::new(memory.clone(), aios_memory_server::Config::default());
        let running = tokio::spawn(server.serve(listener, async {
            let _ = stopped.await;
        }));

        ada.remember(&format!("Within round {round} the lamp was green.")).await.unwrap();
        let body = json!({"items": [{"text": format!("From outside of round {round}: blue.")}]});
        post(&socket, "ada", "/api/v1/remember", &body).await;

        // Both sides see both notes of each round.
        let found = post(&socket, "ada", "/api/v1/recall", &json!({"query": "green lamp"})).await;
        let texts = found["hits"].as_array().unwrap().iter().map(|hit| hit["text"].to_string());
        assert_eq!(
            texts.filter(|text| text.contains("Within round")).count(),
            round + 1,
            "{found}"
        );
        let found = ada.recall("from outside").await.unwrap();
        let texts = found.hits.iter().map(|hit| hit.text.as_str());
        assert_eq!(texts.filter(|text| text.starts_with("From outside")).count(), round + 1);
        let other = post(&socket, "bob", "/api/v1/recall", &json!({"query": "green lamp"})).await;
        assert_eq!(other["hits"], json!([]));

        stop.send(()).unwrap();
        running.await.unwrap().unwrap();
        memory.shutdown().await.unwrap();
    }
}
