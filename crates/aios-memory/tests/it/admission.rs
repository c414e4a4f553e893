//! Admission through the view of a user: neither its questions nor its writes reach other owners.

use std::sync::Arc;

use aios_memory::{
    Error, Id, Kind, Mode, Record, Scope, ScopeFilter,
    admission::{Admission, Arrival, Content, Document, Manner, Outcome, Revision},
    working::NewMessage,
};
use serde_json::json;

use crate::{Fixture, of, texts};

fn note(user: Option<&str>) -> Arrival {
    let scope = Scope { user: user.map(str::to_owned), ..Scope::default() };
    let id = Id::new("n1").unwrap();
    Arrival::of_record(1, Record::new(Kind::Note, id, "the zanzibarquux sleeps", scope))
}

#[tokio::test]
async fn a_record_of_another_owner_is_refused_and_not_looked_up() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let (ada, bob) = (of(&memory, "ada"), of(&memory, "bob"));
    let mut admission = Admission::new(&ada, Manner::Found);
    let verdicts = admission.admit(vec![note(None), note(Some("bob"))]).await.unwrap();
    assert_eq!(verdicts[0].outcome, Outcome::Added);
    assert!(matches!(verdicts[1].outcome, Outcome::Refused(_)), "{verdicts:?}");
    assert_eq!(admission.are_known(vec![note(None)]).await.unwrap(), [true]);
    admission.finish().await.unwrap();

    let mut admission = Admission::new(&bob, Manner::Found);
    assert_eq!(admission.are_known(vec![note(None)]).await.unwrap(), [false]);
    let of_ada = Scope::default().with_user("ada");
    let error = admission.are_known(vec![note(Some("ada"))]).await.unwrap_err();
    assert!(matches!(error, Error::Vocabulary(_)), "{error:?}");
    let error = admission.messages_in(&of_ada, &"talk".parse().unwrap(), 9).await.unwrap_err();
    assert!(matches!(error, Error::Vocabulary(_)), "{error:?}");
    assert_eq!(texts(&bob, "zanzibarquux").await, [""; 0]);
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_document_is_revised_only_within_the_scope_of_the_view() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let ada = of(&memory, "ada");
    let document = Arc::new(Document::at(&fixture.dir.path().join("a.md")).unwrap());
    let project = ada.narrow(&ScopeFilter::from(Scope::default().with_project("p"))).unwrap();
    for (view, scope) in
        [(&ada, Scope::default().with_user("bob")), (&project, Scope::default().with_project("q"))]
    {
        let refused = Revision::begin(view, Arc::clone(&document), scope).await;
        assert!(matches!(refused, Err(Error::Vocabulary(_))));
    }
    Revision::begin(&ada, document, Scope::default()).await.unwrap();
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_dry_run_stores_nothing() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let mut admission = Admission::new(&memory, Manner::Found).with_mode(Mode::DryRun);
    let verdicts = admission.admit(vec![note(None)]).await.unwrap();
    assert_eq!(verdicts[0].outcome, Outcome::Added);
    admission.finish().await.unwrap();
    assert_eq!(memory.stats().await.unwrap().longterm.records, 0);
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn an_import_takes_neither_the_mark_of_a_process_nor_the_count_of_a_session() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let scope = Scope::default();
    let task = |id: &str, is_released: bool| {
        let payload = json!({
            "id": id, "description": "sweep", "status": "in_progress",
            "metadata": {"a": 1, "work": {"process": "p", "hold": "h", "released": is_released}},
        });
        let id = Id::new(id).unwrap();
        Record { payload, ..Record::new(Kind::Task, id, "sweep", scope.clone()) }
    };
    let payload = json!({"id": "s", "message_count": 1_000_000_000_000_000_000_i64});
    let session = Record::new(Kind::Session, Id::new("s").unwrap(), "", scope.clone());
    let session = Record { payload, ..session };
    let records = [task("held", false), task("left", true), session];
    let arrivals = records.into_iter().zip(1..).map(|(it, at)| Arrival::of_record(at, it));
    let mut admission = Admission::new(&memory, Manner::Found);
    let verdicts = admission.admit(arrivals.collect()).await.unwrap();
    assert!(verdicts.iter().all(|it| it.outcome == Outcome::Added), "{verdicts:?}");
    admission.finish().await.unwrap();
    let held = memory.get(&"task/held".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(held.payload["metadata"], json!({"a": 1}));
    // An interrupted one is resumed here.
    let resumable = memory.work().resume_list().await.unwrap();
    let resumable: Vec<&str> = resumable.iter().map(|it| it.task.id.as_str()).collect();
    assert_eq!(resumable, ["left"]);
    let session = memory.working().sessions().get(&"s".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(session.message_count, 0);
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_written_batch_of_messages_is_stored_whole_or_not_at_all() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let session: Id = "s".parse().unwrap();
    let message = |content: &str, id: &str| {
        let scope = Scope::default().with_session("s");
        let external_id = Some(id.to_owned());
        let said = NewMessage::new(session.clone(), "user", content);
        let said = NewMessage { external_id, scope: scope.clone(), ..said };
        let content = Content::Message(Box::new(said));
        Arrival::new(1, Kind::Message, id.parse().unwrap(), scope, content)
    };
    let admit = async |arrivals| Admission::new(&memory, Manner::Written).admit(arrivals).await;
    let count = async || memory.working().messages().recent(&session, 9).await.unwrap().len();
    let batch = vec![message("one", "a"), message("two", "b"), message("three", "b")];
    admit(batch).await.unwrap_err();
    assert_eq!(count().await, 0);
    admit(vec![message("one", "a"), message("one", "a")]).await.unwrap();
    assert_eq!(count().await, 1);
    admit(vec![message("two", "b"), message("other", "a")]).await.unwrap_err();
    assert_eq!(count().await, 1);
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn an_id_of_another_project_is_refused_whatever_the_text() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let ada = of(&memory, "ada");
    let [east, west] = ["east", "west"].map(|project| {
        ada.narrow(&ScopeFilter::from(Scope::default().with_project(project))).unwrap()
    });
    let mut admission = Admission::new(&east, Manner::Found);
    admission.admit(vec![note(None)]).await.unwrap();
    admission.finish().await.unwrap();
    let other = Record::new(Kind::Note, "n1".parse().unwrap(), "other", Scope::default());
    for arrival in [note(None), Arrival::of_record(1, other)] {
        for manner in [Manner::Found, Manner::Conversed] {
            let mut admission = Admission::new(&west, manner);
            let verdicts = admission.admit(vec![arrival.clone()]).await.unwrap();
            assert!(matches!(verdicts[0].outcome, Outcome::Refused(_)), "{verdicts:?}");
        }
    }
    // A caller who sees both projects recognises the record.
    let selected = ada.select(west.gate().filter()).unwrap();
    let mut admission = Admission::new(&selected, Manner::Found);
    let verdicts = admission.admit(vec![note(None)]).await.unwrap();
    assert_eq!(verdicts[0].outcome, Outcome::Known);
    memory.shutdown().await.unwrap();
}
