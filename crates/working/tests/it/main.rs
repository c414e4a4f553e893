//! The working memory through its public API.
#![allow(clippy::unwrap_used)]

mod age;
mod cases;
mod crash;
mod doctor;
mod entries;
mod facts;
mod family;
mod fault;
mod feed;
mod files;
mod foreign;
mod kinds;
mod limits;
mod messages;
mod migration;
mod owners;
mod projects;
mod records;
mod restore;
mod schema;
mod scope;
mod search;
mod stores;
mod update;
mod work;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use aios_record::{Gate, Id, Identity, Key, Kind, Owner, Timestamp};
use aios_working::{Clock, Config, FEED_KINDS, Working, WorkingView};
use tempfile::TempDir;

/// A working memory in a temporary directory, with a manual clock that advances by one millisecond
/// at each call.
struct Place {
    folder: TempDir,
    clock: Arc<AtomicI64>,
}

const START: &str = "2026-03-01T12:00:00Z";
const HOUR_US: i64 = 3_600_000_000;

impl Place {
    fn new() -> Place {
        let start: Timestamp = START.parse().unwrap();
        let clock = Arc::new(AtomicI64::new(start.as_microsecond()));
        Place { folder: tempfile::tempdir().unwrap(), clock }
    }

    fn config(&self) -> Config {
        let clock = Arc::clone(&self.clock);
        let now =
            move || Timestamp::from_microsecond(clock.fetch_add(1000, Ordering::Relaxed)).unwrap();
        Config { clock: Clock::new(now), ..Config::default() }
    }

    fn fed(&self) -> Config {
        Config { feed_kinds: FEED_KINDS.to_vec(), ..self.config() }
    }

    fn open(&self, config: Config) -> Working {
        Working::open(&self.folder.path().join("working.db"), config).unwrap()
    }

    fn pass_hours(&self, hours: i64) {
        self.clock.fetch_add(hours * HOUR_US, Ordering::Relaxed);
    }
}

fn opened() -> (Place, Working) {
    let place = Place::new();
    let working = place.open(place.fed());
    (place, working)
}

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

fn key(kind: Kind, text: &str) -> Key {
    Key::new(kind, id(text))
}

fn user(name: &str) -> Owner {
    Owner::user(name).unwrap()
}

/// Returns the view of a user.
fn view(working: &Working, name: &str) -> WorkingView {
    working.scoped(Gate::owner(user(name)))
}

/// Returns the identity of a shared record.
fn shared(kind: Kind, name: &str) -> Identity {
    Identity::new(Owner::SHARED, kind, id(name))
}
