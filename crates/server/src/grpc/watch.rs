//! Follows the events of the machine. The reader polls the ring, which neither waits for readers
//! nor registers them; overwritten events are counted.

use aios_memory::operational::{Category, Cursor, Filter, Operational, StoredEvent};

use super::{events::event_message, stream::Source, values};
use crate::{
    bounds::EVENTS_INTERVAL,
    call::Call,
    failure::Failure,
    wire::{EventNews, WatchEventsRequest},
};

/// Maximum number of events per message, and per poll of the ring.
const EVENTS_MAX: usize = 256;

/// A reader of events.
pub(super) struct Watch {
    operational: Operational,
    category: Option<Category>,
    source: Option<String>,
    /// Id of this run of the service, which its cursors contain.
    run: String,
    next: Cursor,
    /// True until the first message is sent, which tells the client that the stream has started.
    is_first: bool,
    /// Number of events since the last message that were overwritten or expired.
    lost: u64,
    expired: u64,
}

impl Watch {
    pub(super) fn new(
        call: &Call,
        request: WatchEventsRequest,
        run: &str,
    ) -> Result<Watch, Failure> {
        let WatchEventsRequest { cursor, replay, category, source } = request;
        let operational = call.caller.operational().clone();
        let end = operational.cursor();
        let next = match (values::text(cursor), replay) {
            (None, false) => end,
            (None, true) => {
                let kept = operational.recent(usize::MAX, &Filter::all()).events;
                kept.last().map_or(end, |oldest| Cursor::at(oldest.seq()))
            }
            (Some(cursor), _) => {
                parse(&cursor, run).filter(|next| *next <= end).ok_or_else(|| {
                    Failure::invalid("`cursor`: not a cursor of this run of the service")
                        .with_advice("watch without a cursor: the service was restarted")
                })?
            }
        };
        Ok(Watch {
            operational,
            category: values::text(category).map(Category::from),
            source: values::text(source),
            run: run.to_owned(),
            next,
            is_first: true,
            lost: 0,
            expired: 0,
        })
    }

    fn selects(&self, event: &StoredEvent) -> bool {
        self.category.as_ref().is_none_or(|category| category == event.category())
            && self.source.as_ref().is_none_or(|source| source == event.source())
    }

    /// Reads the next events from the ring.
    fn look(&mut self) -> Vec<StoredEvent> {
        let news = self.operational.events_since(self.next, EVENTS_MAX);
        self.next = news.next;
        self.lost += news.missed;
        self.expired += news.expired;
        news.events
    }
}

impl Source for Watch {
    type Message = EventNews;

    async fn next(&mut self) -> Result<Option<EventNews>, Failure> {
        loop {
            let seen = self.look();
            let events = seen.iter().filter(|event| self.selects(event));
            let events: Vec<_> = events.map(event_message).collect();
            if self.is_first || !events.is_empty() || 0 < self.lost {
                self.is_first = false;
                let (lost, expired) = (self.lost, self.expired);
                (self.lost, self.expired) = (0, 0);
                let cursor = format!("{}.{}", self.run, self.next.seq());
                return Ok(Some(EventNews { events, lost, expired, cursor }));
            }
            match seen.is_empty() {
                true => tokio::time::sleep(EVENTS_INTERVAL).await,
                // Lets other calls run between events that are not selected.
                false => tokio::task::yield_now().await,
            }
        }
    }
}

/// Returns the position in a cursor if the cursor is from this run.
fn parse(cursor: &str, run: &str) -> Option<Cursor> {
    let (of, seq) = cursor.split_once('.')?;
    if of != run || !seq.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    seq.parse().ok().map(Cursor::at)
}
