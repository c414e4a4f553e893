//! Lists of records by kind, from the tiers that store them.
//!
//! A list of a kind of working memory also contains the records that have moved to long-term
//! memory. The order is the time of a record; at equal times, records that have moved come first,
//! by the time of recording and the identity, and then those in working memory, in the order in
//! which they were stored. A record that moves between two pages keeps its time, so it is not
//! repeated, and it is skipped only if the page ended at another record of the same time.

use std::collections::{HashMap, HashSet};

use aios_longterm::ListCursor;
use aios_record::{Id, Identity, Kind, Owner, Record, Scope, ScopeFilter};
use aios_working::{TimeCursor, TimePage};

use crate::{Error, MemoryView};

/// Number of records of long-term memory that are looked up in working memory at once.
const CHUNK: usize = 256;

/// The first character of a cursor after a record that has moved to long-term memory.
const MOVED: char = 'm';

/// A page of records of one kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// The records.
    pub records: Vec<Record>,
    /// The cursor of the next page; `None` if this is the last one.
    pub next: Option<String>,
}

/// A position in a list of a kind of working memory.
#[derive(Debug, Clone)]
enum Place {
    Start,
    /// After a record that has moved to long-term memory.
    Moved(ListCursor),
    /// After a record in working memory.
    Here(TimeCursor),
}

impl MemoryView {
    /// Returns at most `limit` records of a kind by their [time](Record::time), oldest first,
    /// starting after the cursor `after` ([`Page::next`]) if it is given. Records that have moved
    /// from working to long-term memory are included. Each record is listed once, as working memory
    /// has it if it is in both.
    ///
    /// # Errors
    /// - [`Error::Limit`] if `limit` is not from 1 to 1000.
    /// - [`Error::Cursor`] if `after` is not a [`Page::next`] of this kind.
    /// - Errors of working or long-term memory.
    pub async fn list(&self, kind: Kind, after: Option<&str>, limit: usize) -> Result<Page, Error> {
        Error::check_limit(limit)?;
        let no_cursor = || Error::Cursor { text: after.unwrap_or_default().to_owned() };
        if kind.is_kept() {
            let last = after.map(|text| kept_cursor(text).ok_or_else(no_cursor)).transpose()?;
            if last.as_ref().is_some_and(|last| last.identity.kind != kind) {
                return Err(no_cursor());
            }
            let page = self.longterm().list(kind, last.as_ref(), limit).await?;
            let next = page.next.map(|next| shown_cursor(&next));
            return Ok(Page { records: page.records, next });
        }
        let place = match after {
            None => Place::Start,
            Some(text) => Place::read(text, kind).ok_or_else(no_cursor)?,
        };
        // Long-term memory is read first: a record that moves meanwhile is in one of them.
        let mut moved = self.moved(kind, &place).await?;
        let here = match self.here(kind, &place, limit).await {
            Err(Error::Working(aios_working::Error::Cursor { .. })) => return Err(no_cursor()),
            here => here?,
        };
        if let Some(last) = &here.next {
            moved.retain(|it| it.time <= last.time);
        }
        let listed: HashSet<Identity> = here.records.iter().map(Record::identity).collect();
        moved.retain(|it| !listed.contains(&it.identity));
        let moved = self.only_moved(moved, limit).await?;
        self.merged(moved, here, limit).await
    }

    /// Returns the messages of a session that have moved to long-term memory, by their position.
    /// Working memory has the others. `owner` is the owner of the session, if it is known; the
    /// default is this view's own session of that id, or else the shared one.
    ///
    /// # Errors
    /// [`Error::is_ambiguous`] if this is the administrator's view and several owners have the
    /// session; errors of working or long-term memory.
    pub async fn moved_messages(
        &self,
        session: &Id,
        owner: Option<&Owner>,
    ) -> Result<Vec<Record>, Error> {
        let kind = Kind::Message;
        let scope = Scope { session: Some(session.to_string()), ..Scope::default() };
        // A view of another session has no messages of this one.
        let Ok(view) = self.narrow(&ScopeFilter::new(scope)) else { return Ok(Vec::new()) };
        let places = view.longterm().places(kind).await?;
        let count = places.len();
        let moved = view.only_moved(places, count).await?;
        if moved.is_empty() {
            return Ok(Vec::new());
        }
        let identities: Vec<Identity> = moved.into_iter().map(|it| it.identity).collect();
        let mut messages = view.longterm().records().get_all(&identities).await?;
        messages.retain(|it| it.scope.session.as_deref() == Some(session.as_str()));
        let mut owners: Vec<Owner> = messages.iter().map(Record::owner).collect();
        owners.sort_unstable();
        owners.dedup();
        let is_ambiguous = 1 < owners.len() && self.gate().acts_for().is_none();
        if owner.is_none() && is_ambiguous {
            let (kind, id) = (Kind::Session, session.clone());
            return Err(aios_longterm::Error::Ambiguous { kind, id, owners }.into());
        }
        // A user's view sees the user's own messages and shared ones.
        let own = owners.iter().find(|it| **it != Owner::SHARED);
        if let Some(meant) = owner.or(own) {
            messages.retain(|it| it.owner() == *meant);
        }
        messages.sort_by_key(|it| (it.position, it.time()));
        Ok(messages)
    }

    /// Returns the records of a kind in working memory after `place`.
    async fn here(&self, kind: Kind, place: &Place, limit: usize) -> Result<TimePage, Error> {
        let records = self.working().records();
        Ok(match place {
            Place::Start => records.list_by_time(kind, None, limit).await?,
            Place::Here(cursor) => records.list_by_time(kind, Some(*cursor), limit).await?,
            Place::Moved(last) => records.list_from(kind, last.time, limit).await?,
        })
    }

    /// Returns the places of the records of a kind in long-term memory after `place`, whether they
    /// are in working memory or not.
    async fn moved(&self, kind: Kind, place: &Place) -> Result<Vec<ListCursor>, Error> {
        // Settings never move.
        if kind.is_setting() {
            return Ok(Vec::new());
        }
        let mut places = self.longterm().places(kind).await?;
        places.retain(|it| match place {
            Place::Start => true,
            Place::Moved(last) => last < it,
            Place::Here(last) => last.time < it.time,
        });
        Ok(places)
    }

    /// Returns the first of `places`, one more than `limit`, whose records are not in working
    /// memory, neither shown nor expired.
    async fn only_moved(
        &self,
        places: Vec<ListCursor>,
        limit: usize,
    ) -> Result<Vec<ListCursor>, Error> {
        let is_behind = !places.is_empty() && self.shared().pump.is_behind().await?;
        let mut moved = Vec::new();
        let mut rest = places.into_iter();
        while moved.len() <= limit {
            let chunk: Vec<ListCursor> = rest.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                break;
            }
            let asked = chunk.iter().map(|it| it.identity.clone()).collect();
            let here = self.working().with_expired().records().get_all(asked).await?;
            let here: HashSet<Identity> = here.iter().map(Record::identity).collect();
            for place in chunk.into_iter().filter(|it| !here.contains(&it.identity)) {
                if !(is_behind && self.is_removed(&place.identity).await?) {
                    moved.push(place);
                }
            }
        }
        moved.truncate(limit + 1);
        Ok(moved)
    }

    /// Returns `true` if working memory removed a record, and the feed has not delivered that.
    async fn is_removed(&self, identity: &Identity) -> Result<bool, Error> {
        let watermark = self.shared().longterm.feed().watermark().await?;
        let removed = self.shared().working.feed().removed(watermark, &identity.key()).await?;
        Ok(removed.contains(&identity.owner))
    }

    /// Returns the first `limit` records of both tiers.
    async fn merged(
        &self,
        moved: Vec<ListCursor>,
        here: TimePage,
        limit: usize,
    ) -> Result<Page, Error> {
        let count = moved.len() + here.records.len();
        let mut has_more = limit < count || here.next.is_some();
        let identities: Vec<Identity> = moved.iter().map(|it| it.identity.clone()).collect();
        let found = match identities.is_empty() {
            true => Vec::new(),
            false => self.longterm().records().get_all(&identities).await?,
        };
        let mut found: HashMap<Identity, Record> =
            found.into_iter().map(|record| (record.identity(), record)).collect();
        let moved = moved.into_iter().filter_map(|place| {
            let record = found.remove(&place.identity)?;
            Some((Place::Moved(place), record))
        });
        let here = here.cursors.into_iter().map(Place::Here).zip(here.records);
        let mut all: Vec<(Place, Record)> = moved.chain(here).collect();
        // The sort is stable: at equal times, the records that have moved come first.
        all.sort_by_key(|(place, _)| place.time());
        has_more |= limit < all.len();
        all.truncate(limit);
        let next = all.last().filter(|_| has_more).map(|(place, _)| place.shown());
        Ok(Page { records: all.into_iter().map(|(_, record)| record).collect(), next })
    }
}

impl Place {
    fn time(&self) -> i64 {
        match self {
            Place::Start => i64::MIN,
            Place::Moved(cursor) => cursor.time,
            Place::Here(cursor) => cursor.time,
        }
    }

    /// Returns the cursor of the rest of the list.
    fn shown(&self) -> String {
        match self {
            Place::Start => String::new(),
            Place::Moved(cursor) => format!("{MOVED}{}", shown_cursor(cursor)),
            Place::Here(TimeCursor { time, row }) => format!("{time}.{row}"),
        }
    }

    /// Reads a [shown](Place::shown) cursor of a list of `kind`.
    fn read(text: &str, kind: Kind) -> Option<Place> {
        match text.strip_prefix(MOVED) {
            Some(rest) => kept_cursor(rest).filter(|it| it.identity.kind == kind).map(Place::Moved),
            None => {
                let (time, row) = text.split_once('.')?;
                let (time, row) = (time.parse().ok()?, row.parse().ok()?);
                Some(Place::Here(TimeCursor { time, row }))
            }
        }
    }
}

/// Encodes the cursor of a page of kept records: its time, the time of recording if that differs,
/// and the identity in hexadecimal, because an identity may contain any character.
fn shown_cursor(ListCursor { time, recorded_at, identity }: &ListCursor) -> String {
    let identity = identity.encode();
    let digits: Vec<String> = identity.bytes().map(|byte| format!("{byte:02x}")).collect();
    let recorded = if recorded_at == time { String::new() } else { format!(".{recorded_at}") };
    format!("{time}{recorded}.{}", digits.concat())
}

fn kept_cursor(text: &str) -> Option<ListCursor> {
    let (times, digits) = text.rsplit_once('.')?;
    let (time, recorded_at) = times.split_once('.').unwrap_or((times, times));
    let bytes: Option<Vec<u8>> = digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let identity = Identity::decode(&String::from_utf8(bytes?).ok()?).ok()?;
    let (time, recorded_at) = (time.parse().ok()?, recorded_at.parse().ok()?);
    Some(ListCursor { time, recorded_at, identity })
}
