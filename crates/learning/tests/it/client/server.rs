//! An endpoint that answers as scripted, on this machine.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use aios_learning::{ApiKey, ChatClient, ChatOptions};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

pub(crate) const KEY: &str = "sk-secret-4711";

/// The answer to one connection.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// A status, headers and a body.
    Status(u16, &'static str, String),
    /// Nothing, until the client closes.
    Silence,
    /// The end of the connection before an answer.
    Close,
    /// A part of the body that the headers announce, then the end of the connection.
    Part(String),
    /// A body without an end.
    Endless,
}

/// A request that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    pub(crate) head: String,
    pub(crate) body: Value,
}

pub(crate) struct Server {
    pub(crate) base_url: String,
    pub(crate) arrived: Arc<Mutex<Vec<Arrived>>>,
    /// A message for each request.
    pub(crate) news: UnboundedReceiver<()>,
}

impl Server {
    /// Starts an endpoint that answers one connection with each of `replies`, and refuses further
    /// ones.
    pub(crate) fn start(replies: Vec<Reply>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let arrived = Arc::default();
        let (news, received) = unbounded_channel();
        let server = Server { base_url, arrived: Arc::clone(&arrived), news: received };
        thread::spawn(move || {
            for reply in replies {
                let (mut stream, _) = listener.accept().unwrap();
                if let Some(request) = read(&mut stream) {
                    arrived.lock().unwrap().push(request);
                    let _ = news.send(());
                    send(&mut stream, &reply);
                }
            }
        });
        server
    }

    pub(crate) fn options(&self) -> ChatOptions {
        ChatOptions::new(&self.base_url, "tiny")
            .with_key(ApiKey::new(KEY).unwrap())
            .with_backoff(std::time::Duration::ZERO)
    }

    pub(crate) fn client(&self) -> ChatClient {
        ChatClient::new(self.options()).unwrap()
    }

    pub(crate) fn requests(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }
}

/// An answer of a model, in the form of the endpoint.
pub(crate) fn said(text: &str) -> Reply {
    let usage = json!({"prompt_tokens": 30, "completion_tokens": 12, "total_tokens": 42});
    finished(text, "stop", &usage)
}

pub(crate) fn finished(text: &str, reason: &str, usage: &Value) -> Reply {
    let message = json!({"role": "assistant", "content": text});
    let choice = json!({"index": 0, "message": message, "finish_reason": reason});
    Reply::Status(200, "", json!({"choices": [choice], "usage": usage}).to_string())
}

pub(crate) fn status(status: u16) -> Reply {
    let body = json!({"error": {"message": format!("trouble with the key {KEY}")}});
    Reply::Status(status, "", body.to_string())
}

/// Reads a request with its body. `None` if the client closes before its end.
fn read(stream: &mut TcpStream) -> Option<Arrived> {
    let mut bytes = Vec::new();
    let mut block = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
            });
            if body.len() == length.unwrap_or(0) {
                let body = serde_json::from_str(body).unwrap_or_default();
                return Some(Arrived { head: head.to_owned(), body });
            }
        }
        match stream.read(&mut block) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&block[..count]),
        }
    }
}

fn send(stream: &mut TcpStream, reply: &Reply) {
    let head = |status: u16, headers: &str, length: usize| {
        format!(
            "HTTP/1.1 {status} Scripted\r\nconnection: close\r\n{headers}content-length: {length}\
             \r\n\r\n"
        )
    };
    // A client that closes early is a part of some tests.
    let _ = match reply {
        Reply::Status(status, headers, body) => {
            stream.write_all((head(*status, headers, body.len()) + body).as_bytes())
        }
        Reply::Silence => stream.read_to_end(&mut Vec::new()).map(drop),
        Reply::Close => Ok(()),
        Reply::Part(body) => stream.write_all((head(200, "", body.len() + 100) + body).as_bytes()),
        Reply::Endless => endless(stream),
    };
}

/// Sends until the client closes.
fn endless(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 Scripted\r\nconnection: close\r\n\r\n{")?;
    loop {
        stream.write_all(&[b' '; 64 * 1024])?;
    }
}
