//! The methods of `LongtermView` that read and write.

use aios_memory::{
    Id, Identity, Kind, Owner, Record, Scope, ScopeFilter, SearchOptions,
    longterm::{ConfigChange, Explain, Incident, Knowledge, Note, NoteUpdate, Outcome, Procedure},
};
use aios_record::Source;
use serde_json::json;

use super::{Exercise, Hand, exercises, key, own_scope, value};

pub(super) const TABLE: &[Exercise] = exercises! { h;
    "LongtermView::gate" => [value(h.view.longterm().gate())];
    "longterm::Records::counts" => [h.view.longterm().records().counts().await];
    "longterm::Records::identities" => [h.view.longterm().records().identities().await];
    "longterm::Records::known" => [h.view.longterm().records().known(&everyones()).await];
    "longterm::Records::scopes" => [h.view.longterm().records().scopes(&everyones()).await];
    "longterm::Records::identities_after" => [
        h.view.longterm().records().identities_after(Kind::Note, None, 100).await,
    ];
    "LongtermView::get_except" => [
        h.view.longterm().get_except(&key(Kind::Note, "n1"), &[]).await,
        h.view.longterm().get_except(&key(Kind::Note, "n1"), &[Owner::SHARED]).await,
    ];
    "LongtermView::places" => [
        h.view.longterm().places(Kind::Note).await.map(|places| places.len()),
    ];
    "LongtermView::get" => [
        h.view.longterm().get(&key(Kind::Note, "n1")).await,
        h.view.longterm().get(&key(Kind::Message, "m1")).await,
        h.view.longterm().get(&key(Kind::Goal, "g2")).await,
        h.view.longterm().get(&key(Kind::Note, "nothing")).await,
    ];
    "longterm::Records::get_all" => [
        sorted(h.view.longterm().records().get_all(&everyones()).await),
    ];
    "longterm::Records::standings" => [
        h.view.longterm().records().standings(&drafts(&h)).await,
    ];
    "LongtermView::list" => [
        h.view.longterm().list(Kind::Note, None, 100).await,
        h.view.longterm().list(Kind::Note, None, 2).await,
        h.view.longterm().list(Kind::Knowledge, None, 100).await,
    ];
    "longterm::Records::says" => [
        value(h.view.longterm().records().says("the zebra", "a zebra in the barn")),
    ];
    "LongtermView::narrow" => [
        h.view.longterm().narrow(&in_session()).map(|it| it.gate().clone()),
        h.view.longterm().narrow(&in_session()).unwrap().records().counts().await,
        h.view.longterm().narrow(&in_session()).unwrap().search("barn", &explained()).await,
    ];
    "LongtermView::search_former" => [
        h.view.longterm()
            .search_former("zebra vet", "2026-06-01T00:00:00Z".parse().unwrap(), &explained())
            .await
            .map(|it| (it.hits, it.replaced.len(), it.lost)),
    ];
    "LongtermView::search" => [
        h.view.longterm().search("Where does the zebra sleep?", &explained()).await,
        h.view.longterm().search("zebra0 zebra1 zebra2 vet", &explained()).await,
        h.view.longterm().search("the same words in the store of everybody", &explained()).await,
        h.view.longterm().search("barn key", &explained().with_limit(1)).await,
        h.view.longterm()
            .search("vet", &explained().with_tags(tagged()).with_kinds(vec![Kind::Note]))
            .await,
        h.view.longterm()
            .search("vet", &SearchOptions::default().with_scope(Scope::default().with_user("u1")))
            .await.map(|found| found.hits.len()),
        h.view.longterm()
            .search("vet", &SearchOptions::default().with_scope(Scope::default().with_user("u2")))
            .await.map(|found| found.hits.len()),
    ];
    "longterm::KnowledgeCollection::search" => [
        h.view.longterm().knowledge().search("two bales of hay", 10).await,
    ];
    "LongtermView::history" => [
        h.view.longterm().history(&key(Kind::Note, "n1")).await,
        h.view.longterm().history(&key(Kind::Goal, "g1")).await,
    ];
    "longterm::ConfigChanges::of_file" => [
        h.view.longterm().config_changes().of_file("etc/barn.toml").await,
        h.view.longterm().config_changes().of_file("etc/nothing.toml").await,
    ];
    "longterm::KnowledgeCollection::get" => [
        h.view.longterm().knowledge().get(&id("kn1")).await,
        h.view.longterm().knowledge().get(&id("nothing")).await,
    ];
    "longterm::ConfigChanges::get" => [h.view.longterm().config_changes().get(&id("cc1")).await];
    "longterm::Incidents::get" => [h.view.longterm().incidents().get(&id("in1")).await];
    "longterm::KnowledgeCollection::find" => [
        h.view.longterm().knowledge().find(Some("stock"), Some("hay")).await,
        h.view.longterm().knowledge().find(None, None).await,
    ];
    "longterm::Notes::marked" => [
        h.view.longterm().notes().marked("graph").await.map(|notes| notes.len()),
    ];
    "longterm::Notes::get" => [h.view.longterm().notes().get(&id("n1")).await];
    "longterm::Records::derive_further" => [
        h.view.longterm().records()
            .derive_further(&key(Kind::Procedure, "pr1"), &[], 9, |origins, fields| {
                fields.insert("known".to_owned(), json!(origins.len()));
                true
            })
            .await,
        h.view.longterm().records()
            .derive_further(&key(Kind::Procedure, "nothing"), &[], 9, |_, _| true)
            .await,
    ];
    "longterm::Procedures::get" => [h.view.longterm().procedures().get(&id("pr1")).await];
    "longterm::Sources::derived" => [
        h.view.longterm().sources().derived(&everyones(), &[]).await.map(sorted_identities),
        h.view.longterm().sources().derived(&[], &[care(&h)]).await.map(sorted_identities),
    ];
    "longterm::Sources::made_from" => [
        h.view.longterm().sources().made_from(&[care(&h)]).await.map(sorted_identities),
    ];
    "longterm::Sources::ids" => [h.view.longterm().sources().ids(Source::FILE).await];
    "longterm::Records::with_prefix" => [
        h.view.longterm().records().with_prefix(Kind::Note, "n").await,
        h.view.longterm().records().with_prefix(Kind::Knowledge, "").await,
    ];
    "longterm::Sources::retire" => [
        h.view.longterm().sources().retire(&notes(&h)).await.map(sorted_identities),
        h.view.longterm().search("Where does the zebra sleep?", &explained()).await,
    ];
    "longterm::Tombstones::are_forgotten" => [
        h.view.longterm().tombstones().are_forgotten(&drafts(&h)).await,
    ];
    "longterm::Tombstones::are_texts_forgotten" => [
        h.view.longterm().tombstones()
            .are_texts_forgotten(&own_scope(&h).owner(), None, &["Never of it"]).await,
    ];
    "longterm::Records::each" => [{
        let mut seen = Vec::new();
        let look = |record: Record| seen.push(record.identity());
        h.view.longterm().records().each(look).await.map(|()| sorted_identities(seen))
    }];
    "longterm::Records::each_counted" => [{
        let mut seen = Vec::new();
        let look = |record: Record| seen.push(record.identity());
        h.view.longterm().records().each_counted(look).await.map(|()| sorted_identities(seen))
    }];
    "longterm::Records::each_version" => [{
        let mut seen = Vec::new();
        let look = |version: Record| seen.push(version.identity());
        h.view.longterm().records().each_version(look).await.map(|()| sorted_identities(seen))
    }];
    "longterm::Sources::summaries_of" => [
        h.view.longterm().sources().summaries_of(&everyones()).await.map(sorted_identities),
    ];

    "longterm::Records::build" => [
        h.view.longterm().records()
            .build(Kind::Note, h.fields(json!({"id": "n8", "content": "zebra@"}))),
    ];
    "longterm::Records::put" => [
        h.view.longterm()
            .records().put(Kind::Note, h.fields(json!({"id": "n5", "content": "hoof of zebra@"})))
            .await,
        h.view.longterm()
            .records().put(Kind::Note, h.fields(json!({"id": "n2", "content": "other zebra@"})))
            .await,
        h.view.longterm().history(&key(Kind::Note, "n2")).await,
    ];
    "LongtermView::update" => [
        h.view.longterm()
            .update(&key(Kind::Note, "n1"), h.fields(json!({"content": "Vet of zebra@: Tuesday."})))
            .await,
        h.view.longterm().update(&key(Kind::Note, "nothing"), h.fields(json!({"title": "x"})))
            .await,
    ];
    "longterm::ConfigChanges::put" => [
        h.view.longterm().config_changes().put(ConfigChange {
            id: id("cc3"),
            ..ConfigChange::new("etc/barn.toml", h.text("animal = 'zebra@', doors = 3"))
        }).await,
    ];
    "longterm::Incidents::put" => [
        h.view.longterm().incidents().put(Incident {
            id: id("in2"),
            ..Incident::new(h.text("The zebra@ ate the hat"))
        }).await,
    ];
    "longterm::KnowledgeCollection::put" => [
        h.view.longterm().knowledge().put(Knowledge {
            id: id("kn2"),
            ..Knowledge::new("Hooves", h.text("The hooves of the zebra@ are trimmed in May."))
        }).await,
        h.view.longterm().knowledge().put(Knowledge {
            id: id("kn1"),
            category: Some("stock".to_owned()),
            key: Some("hay".to_owned()),
            ..Knowledge::new("Feeding", h.text("The zebra@ eats three bales a week."))
        }).await,
        h.view.longterm().knowledge().find(None, None).await,
    ];
    "longterm::Notes::put" => [
        h.view.longterm().notes().put(Note {
            id: id("n6"),
            ..Note::new(h.text("A brush for the zebra@ lies on the shelf."))
        }).await,
    ];
    "longterm::Notes::update" => [
        h.view.longterm().notes().update(&id("n1"), NoteUpdate {
            content: Some(h.text("The vet of the zebra@ comes on Wednesday.")),
            ..NoteUpdate::default()
        }).await,
        h.view.longterm().notes().update(&id("nothing"), NoteUpdate::default()).await,
    ];
    "longterm::Procedures::put" => [
        h.view.longterm().procedures().put(Procedure {
            id: id("pr2"),
            ..Procedure::new("Saddle", h.text("Nobody saddles the zebra@"))
        }).await,
    ];
    "longterm::Procedures::count" => [
        h.view.longterm()
            .procedures().count(&id("pr1"), Outcome::Success, 20)
            .await,
        h.view.longterm()
            .procedures().count(&id("nothing"), Outcome::Success, 20)
            .await,
    ];
    "LongtermView::store" => [
        h.view.longterm().store(drafts(&h)).await,
        h.view.longterm().store(vec![draft(&h, "n1", "the id of another", Some("u1"))]).await
            .map(|stored| stored.len()),
        h.view.longterm().store(vec![draft(&h, "n1", "the id of another", Some("u2"))]).await
            .map(|stored| stored.len()),
    ];
    "LongtermView::store_deferred" => [
        h.view.longterm().store_deferred(vec![
            draft(&h, "n10", "A hoof pick for the zebra@.", h.user),
            draft(&h, "n2", "The same words are in the store of everybody.", h.user),
        ]).await,
    ];
    "LongtermView::store_with_vectors" => [
        h.view.longterm().store_with_vectors(vec![
            (draft(&h, "n7", "with a vector, zebra@", h.user), vec![1.0, 0.0]),
        ]).await,
    ];
    "longterm::Tombstones::leave" => [
        h.view.longterm().tombstones().leave(&[draft(&h, "n9", "Never zebra@", h.user)]).await,
        h.view.longterm().tombstones().are_forgotten(&[
            draft(&h, "n9", "Never zebra@", h.user),
            draft(&h, "n99", "Never zebra@", h.user),
        ]).await,
    ];
    "longterm::Tombstones::of_records" => [{
        let draft = draft(&h, "n9", "Never a word of zebra@", h.user);
        h.view.longterm().tombstones().of_records(&[draft]).await.map(drop)
    }];
    "longterm::Tombstones::of_texts" => [
        h.view.longterm().tombstones().of_texts(&own_scope(&h).owner(), &["Never"]).await.map(drop),
    ];
    "longterm::Tombstones::of_paragraphs" => [{
        let owner = own_scope(&h).owner();
        h.view.longterm().tombstones().of_paragraphs(&owner, "d", &["Never zebra"]).await.map(drop)
    }];
    "longterm::Tombstones::leave_texts" => [{
        let left = draft(&h, "n9", "Never a word of zebra@", h.user);
        let of = std::slice::from_ref(&left);
        let tombstones = h.view.longterm().tombstones().of_records(of).await.unwrap();
        h.view.longterm().tombstones().leave_texts(&tombstones).await.unwrap();
        let other = Record { kind: Kind::Fact, ..left };
        h.view.longterm().tombstones().are_forgotten(&[other]).await
    }];
    "longterm::Records::forget_versions" => [
        h.view.longterm().records().forget_versions(&notes(&h)).await,
        h.view.longterm().history(&key(Kind::Note, "n1")).await.map(|versions| versions.len()),
    ];
    "longterm::Tombstones::lift" => [
        h.view.longterm().tombstones().lift(&[draft(&h, "n9", "Never zebra@", h.user)]).await,
        h.view.longterm().tombstones().are_forgotten(&[draft(&h, "n9", "Never zebra@", h.user)])
            .await,
    ];
};

fn id(id: &str) -> Id {
    Id::new(id).unwrap()
}

/// Returns names that all owners use, for each owner.
fn everyones() -> Vec<Identity> {
    let owners = [Owner::SHARED, Owner::user("u1").unwrap(), Owner::user("u2").unwrap()];
    let keys = [
        (Kind::Note, "n1"),
        (Kind::Goal, "g1"),
        (Kind::Message, "m1"),
        (Kind::Fact, "f1"),
        (Kind::Note, "n-only-zebra1"),
        (Kind::Note, "n-only-zebra2"),
    ];
    let of = |owner: &Owner| {
        let owner = owner.clone();
        keys.map(|(kind, name)| Identity::new(owner.clone(), kind, id(name)))
    };
    owners.iter().flat_map(of).collect()
}

fn sorted(
    records: Result<Vec<Record>, aios_memory::longterm::Error>,
) -> Result<Vec<Record>, aios_memory::longterm::Error> {
    records.map(|mut records| {
        records.sort_by_key(Record::identity);
        records
    })
}

/// Returns the source of the document that every owner ingested.
fn care(hand: &Hand) -> Source {
    let files = hand.files.parent().unwrap().join("files");
    Source::file(std::fs::canonicalize(files).unwrap().join("care.md").to_str().unwrap())
}

/// Returns everyone's notes that the view may change or cannot see.
fn notes(hand: &Hand) -> Vec<Identity> {
    let may_change =
        |owner: &Owner| hand.view.gate().may_change(&Scope::default().with_owner(owner));
    let mut notes = everyones();
    notes.retain(|it| it.kind == Kind::Note && (may_change(&it.owner) || !it.owner.is_shared()));
    notes
}

fn sorted_identities(mut identities: Vec<Identity>) -> Vec<Identity> {
    identities.sort();
    identities
}

/// Creates a note with the owner's secret word.
fn draft(hand: &Hand, name: &str, text: &str, user: Option<&str>) -> Record {
    let fields = hand.fields(json!({"id": name, "content": text}));
    let shared = hand.memory.for_shared();
    let mut record = shared.longterm().records().build(Kind::Note, fields).unwrap();
    record.scope.user = user.map(str::to_owned);
    record
}

/// Creates notes of the owner: one that is stored, one with a used id and another text, and new
/// ones.
fn drafts(hand: &Hand) -> Vec<Record> {
    let user = own_scope(hand).user;
    [
        ("n2", "The same words are in the store of everybody."),
        ("n3", "The same words are in the store of everybody."),
        ("n-only-zebra@", "other words"),
        ("n4", "A note of the zebra@ that is new."),
    ]
    .map(|(name, text)| draft(hand, &hand.text(name), text, user.as_deref()))
    .to_vec()
}

fn in_session() -> ScopeFilter {
    ScopeFilter::new(Scope::default().with_session("s1"))
}

fn tagged() -> Vec<String> {
    vec!["care".to_owned()]
}

fn explained() -> SearchOptions {
    SearchOptions::default().with_explain(Explain::Yes).with_limit(1000)
}
