//! Two owners in one store: whatever they do, in any order, each has the same as in a store of its
//! own.

use std::env;

use aios_longterm::{Config, FeedPage, Longterm, LongtermView, NoteUpdate, SearchOptions};
use aios_record::{
    Change, FeedItem, Gate, Id, Identity, Key, Kind, Owner, Record, Scope, Timestamp,
};
use serde_json::json;

use crate::support::model;

/// Number of sequences. Default for `AIOS_CRASH_ROUNDS`.
const ROUNDS: u64 = 3;
const STEPS: u64 = 40;
const USERS: [&str; 2] = ["ada", "bob"];
const IDS: [&str; 3] = ["1", "2", "main"];
const SESSIONS: [Option<&str>; 3] = [None, None, Some("main")];
const TEXTS: [&str; 5] = [
    "the heron stands in the reeds",
    "The  heron stands\r\nin the reeds",
    "a kettle of tea for the warden",
    "the warden counts herons",
    "five kettles",
];

/// Xorshift (Marsaglia, 2003).
struct Random(u64);

impl Random {
    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        all[usize::try_from(self.0 >> 20).unwrap() % all.len()]
    }
}

/// An operation of an owner.
#[derive(Debug, Clone, Copy)]
enum Step {
    Store,
    StoreMessage,
    Feed,
    Update,
    Delete,
    Forget,
    Leave,
    GiveUp,
    Search,
    Drain,
}

const ALL: [Step; 14] = [
    Step::Store,
    Step::Store,
    Step::Store,
    Step::StoreMessage,
    Step::StoreMessage,
    Step::Feed,
    Step::Update,
    Step::Update,
    Step::Delete,
    Step::Forget,
    Step::Leave,
    Step::GiveUp,
    Step::Search,
    Step::Drain,
];

/// A step with its arguments.
#[derive(Debug, Clone, Copy)]
struct Act {
    step: Step,
    user: &'static str,
    id: &'static str,
    session: Option<&'static str>,
    text: &'static str,
}

impl Act {
    fn of(random: &mut Random) -> Act {
        Act {
            step: random.of(&ALL),
            user: random.of(&USERS),
            id: random.of(&IDS),
            session: random.of(&SESSIONS),
            text: random.of(&TEXTS),
        }
    }

    fn record(self, kind: Kind) -> Record {
        let mut scope = Scope::default().with_user(self.user);
        scope.session = self.session.map(str::to_owned);
        let record = Record::new(kind, Id::new(self.id).unwrap(), self.text, scope);
        // The payload of a note, and the position of a turn.
        let payload = json!({"id": self.id, "content": self.text});
        let position = (kind == Kind::Message).then(|| i64::try_from(self.id.len()).unwrap());
        Record { payload, position, ..record }
    }

    fn identity(self) -> Identity {
        self.record(Kind::Note).identity()
    }

    /// Runs the step, and returns its outcome as text.
    async fn run(self, longterm: &Longterm) -> String {
        let view = view(longterm, self.user);
        let feed = async |change: Change| {
            let after = longterm.feed().watermark().await.unwrap();
            let changes = vec![FeedItem { seq: after + 1, change }];
            longterm.feed().apply(FeedPage { after, through: after + 1, changes }).await
        };
        match self.step {
            Step::Store => format!("{:?}", view.store(vec![self.record(Kind::Note)]).await),
            Step::StoreMessage => {
                format!("{:?}", view.store(vec![self.record(Kind::Message)]).await)
            }
            Step::Feed => {
                format!("{:?}", feed(Change::Upsert(Box::new(self.record(Kind::Note)))).await)
            }
            Step::Delete => {
                let owner = Some(Owner::user(self.user).unwrap());
                let key = Key::new(Kind::Note, Id::new(self.id).unwrap());
                format!("{:?}", feed(Change::Delete { owner, key }).await)
            }
            Step::Update => {
                let update =
                    NoteUpdate { content: Some(self.text.to_owned()), ..NoteUpdate::default() };
                format!("{:?}", view.notes().update(&Id::new(self.id).unwrap(), update).await)
            }
            Step::Forget => format!("{:?}", view.forget(vec![self.identity()]).await),
            Step::Leave => {
                format!("{:?}", view.tombstones().leave(&[self.record(Kind::Note)]).await)
            }
            Step::GiveUp => format!("{:?}", longterm.upkeep().give_up(&[self.identity()]).await),
            Step::Search => {
                let found = view.search(self.text, &SearchOptions::default()).await.unwrap();
                let mut hits: Vec<_> = found.hits.iter().map(|hit| hit.record.identity()).collect();
                hits.sort();
                format!("{hits:?}")
            }
            Step::Drain => format!("{:?}", longterm.upkeep().drain().await),
        }
    }
}

fn view(longterm: &Longterm, user: &str) -> LongtermView {
    longterm.scoped(Gate::owner(Owner::user(user).unwrap()))
}

async fn open_at_one_moment(dir: &std::path::Path) -> Longterm {
    let config =
        Config { clock: || Timestamp::from_second(1_700_000_000).unwrap(), ..Config::default() };
    Longterm::open(dir, config, model()).await.unwrap()
}

/// Returns everything that a view shows, as text.
async fn shown(longterm: &Longterm, user: &str) -> Vec<String> {
    let view = view(longterm, user);
    let mut shown = vec![
        format!("{:?}", view.records().identities().await.unwrap()),
        format!("{:?}", view.records().counts().await.unwrap()),
    ];
    for kind in [Kind::Note, Kind::Message] {
        shown.push(format!("{:?}", view.list(kind, None, 10).await.unwrap()));
        let first = view.list(kind, None, 1).await.unwrap();
        shown.push(format!("{:?}", view.list(kind, first.next.as_ref(), 1).await.unwrap()));
        for id in IDS {
            let of_id = Id::new(id).unwrap();
            shown
                .push(format!("{:?}", view.history(&Key::new(kind, of_id.clone())).await.unwrap()));
            for (text, session) in
                TEXTS.iter().flat_map(|text| SESSIONS[1..].iter().map(move |it| (text, it)))
            {
                let record = Act { step: Step::Store, user: "ada", id, session: *session, text };
                let record = Record {
                    scope: Scope { user: Some(user.to_owned()), ..record.record(kind).scope },
                    ..record.record(kind)
                };
                let records = std::slice::from_ref(&record);
                shown.push(format!(
                    "{id} {text} {session:?}: {:?} {:?} {:?}",
                    view.records().known(&[record.identity()]).await.unwrap(),
                    view.records().standings(records).await.unwrap(),
                    view.tombstones().are_forgotten(records).await.unwrap(),
                ));
            }
        }
    }
    shown
}

#[tokio::test]
async fn two_owners_in_one_store_do_not_affect_each_other() {
    let number = |name| env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let seed = number("AIOS_SEED").unwrap_or(7);
    let mut random = Random(seed);
    for round in 0..number("AIOS_CRASH_ROUNDS").unwrap_or(ROUNDS) {
        let dirs = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let both = open_at_one_moment(dirs[0].path()).await;
        let alone =
            [open_at_one_moment(dirs[1].path()).await, open_at_one_moment(dirs[2].path()).await];
        let of = |user: &str| &alone[usize::from(user == USERS[1])];
        for step in 0..STEPS {
            let act = Act::of(&mut random);
            let context = format!("seed {seed}, round {round}, step {step}, {act:?}");
            assert_eq!(act.run(&both).await, act.run(of(act.user)).await, "{context}");
            if matches!(act.step, Step::Search | Step::Drain) || step + 1 == STEPS {
                for user in USERS {
                    assert_eq!(shown(&both, user).await, shown(of(user), user).await, "{context}");
                }
            }
        }
        let records = [&alone[0], &alone[1]].map(async |it| it.stats().await.unwrap().records);
        let [ada, bob] = records;
        assert_eq!(both.stats().await.unwrap().records, ada.await + bob.await);
        both.upkeep().drain().await.unwrap();
        assert!(
            both.upkeep().verify_rows(|_| {}).await.unwrap().is_clean(),
            "seed {seed}, round {round}"
        );
    }
}
