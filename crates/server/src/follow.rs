//! Reads a stream of events, for programs of the user who runs the service.

use std::{ops::ControlFlow, path::Path};

use http_body_util::BodyExt;
use hyper::{Request, StatusCode};
use serde_json::Value;

use crate::command::ask;

/// Maximum size of an event in the stream, in bytes.
const EVENT_BYTES_MAX: usize = 8 << 20;

/// An item in a stream of events.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum News {
    /// An event, as `GET /api/v1/events` writes it.
    Event(Value),
    /// This number of events was overwritten before it could be read.
    Lost(u64),
    /// The service was restarted after the events that were read before.
    Restarted,
}

/// Reason for the end of a stream of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Followed {
    /// No service answers at the socket.
    NoService,
    /// The service ended, or the connection broke.
    Ended,
    /// The reader stopped.
    Enough,
}

/// Follows the events of the service at `socket` until it ends or `on_news` breaks. If `category`
/// or `source` is given, only matching events are passed on; losses count all events.
pub async fn follow_events(
    socket: &Path,
    category: Option<&str>,
    source: Option<&str>,
    mut on_news: impl FnMut(News) -> ControlFlow<()>,
) -> Followed {
    let answer = ask(socket, Request::get("/api/v1/events"), Vec::new()).await;
    let Some(answer) = answer.filter(|answer| answer.status() == StatusCode::OK) else {
        return Followed::NoService;
    };
    let mut body = answer.into_body();
    let mut text = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        text.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        while let Some(end) = text.windows(2).position(|pair| pair == b"\n\n") {
            let block: Vec<u8> = text.drain(..end + 2).collect();
            let Some(news) = parsed(&String::from_utf8_lossy(&block)) else { continue };
            if is_wanted(&news, category, source) && on_news(news).is_break() {
                return Followed::Enough;
            }
        }
        if EVENT_BYTES_MAX < text.len() {
            break;
        }
    }
    Followed::Ended
}

/// Parses a block of server-sent events. Returns `None` for comments and unknown blocks.
fn parsed(block: &str) -> Option<News> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
    let data = || serde_json::from_str::<Value>(field("data: ")?).ok();
    match field("event: ")? {
        "event" => data().map(News::Event),
        "lapped" => data()?["lost"].as_u64().map(News::Lost),
        "restarted" => Some(News::Restarted),
        _ => None,
    }
}

fn is_wanted(news: &News, category: Option<&str>, source: Option<&str>) -> bool {
    let News::Event(event) = news else { return true };
    let is = |name: &str, wanted: Option<&str>| {
        wanted.is_none_or(|wanted| event[name].as_str() == Some(wanted))
    };
    is("category", category) && is("source", source)
}
