//! A local hub with one model.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

pub(crate) const MODEL: &str = "org/tiny";
pub(crate) const COMMIT: &str = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf";
const MODULES: &str = r#"[{"path": "", "type": "sentence_transformers.models.Transformer"},
    {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]"#;
/// SHA-256 of "weights ", repeated 40,000 times.
const SHA256: &str = "f24b2a3dde032ad3cfa43694852eed642b03bdda72801683a38ec4f7ceb788a8";

/// A one-time fault of the hub when it sends the weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Closes the connection after this number of bytes.
    Cut(usize),
    /// Sends different content of the same size.
    Flip,
}

/// Address of the hub, the requests that it received, and its pending fault.
pub(crate) struct Hub {
    pub(crate) address: String,
    asked: Arc<Mutex<Vec<String>>>,
    fault: Arc<Mutex<Option<Fault>>>,
}

impl Hub {
    pub(crate) fn start() -> Hub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let hub = Hub {
            address: format!("http://{}", listener.local_addr().unwrap()),
            asked: Arc::default(),
            fault: Arc::default(),
        };
        let (asked, fault) = (Arc::clone(&hub.asked), Arc::clone(&hub.fault));
        // The thread ends with the process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client may disconnect after it has read enough.
                let _ = answer(stream, &asked, &fault);
            }
        });
        hub
    }

    /// Returns the requests since the last call: the paths, with their start offsets.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    pub(crate) fn fail_once(&self, fault: Fault) {
        *self.fault.lock().unwrap() = Some(fault);
    }
}

/// Returns the files, with `true` for large ones.
fn files() -> Vec<(&'static str, Vec<u8>, bool)> {
    let small = |name, content: &str| (name, content.as_bytes().to_vec(), false);
    vec![
        small("modules.json", MODULES),
        small("config.json", "{}"),
        small("tokenizer.json", r#"{"model": {}}"#),
        small("sentence_bert_config.json", r#"{"max_seq_length": 20}"#),
        small("1_Pooling/config.json", r#"{"pooling_mode_mean_tokens": true}"#),
        small("README.md", "Nobody asks for this."),
        ("model.safetensors", b"weights ".repeat(40_000), true),
    ]
}

fn listing() -> String {
    let siblings: Vec<String> = files()
        .iter()
        .enumerate()
        .map(|(number, (name, content, is_large))| {
            let size = content.len();
            let large = if *is_large {
                format!(r#", "lfs": {{"sha256": "{SHA256}", "size": {size}}}"#)
            } else {
                String::new()
            };
            format!(r#"{{"rfilename": "{name}", "blobId": "{number:040}", "size": {size}{large}}}"#)
        })
        .collect();
    format!(r#"{{"sha": "{COMMIT}", "siblings": [{}]}}"#, siblings.join(", "))
}

fn answer(
    mut stream: TcpStream,
    asked: &Mutex<Vec<String>>,
    fault: &Mutex<Option<Fault>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().unwrap_or(Ok(String::new()))?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut start = 0;
    for line in lines {
        let line = line?.to_ascii_lowercase();
        if let Some(range) = line.strip_prefix("range: bytes=") {
            start = range.trim_end_matches('-').parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let at = if start == 0 { String::new() } else { format!(" from {start}") };
    asked.lock().unwrap().push(format!("{path}{at}"));
    let mut content = None;
    if path.starts_with(&format!("/api/models/{MODEL}/revision/")) {
        content = Some(listing().into_bytes());
    } else if let Some(name) = path.strip_prefix(&format!("/{MODEL}/resolve/{COMMIT}/")) {
        content = files().into_iter().find(|file| file.0 == name).map(|file| file.1);
    }
    let Some(mut content) = content else {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    };
    let status = if start == 0 { "200 OK" } else { "206 Partial Content" };
    content.drain(..start);
    let length = content.len();
    if path.ends_with("model.safetensors") {
        match fault.lock().unwrap().take() {
            Some(Fault::Cut(bytes)) => content.truncate(bytes),
            Some(Fault::Flip) => content[7] ^= 1,
            None => {}
        }
    }
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(&content)
}
