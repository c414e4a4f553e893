//! Admission through the view of a user: neither its questions nor its writes reach other owners.

use std::sync::Arc;

use aios_memory::{
    Error, Id, Kind, Mode, Record, Scope, ScopeFilter,
    admission::{Admission, Arrival, Document, Manner, Outcome, Revision},
};

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
