//! The RPCs of facts.

use aios_memory_server::{
    Right,
    wire::{
        ChatMessage, ConfirmFactRequest, ContradictionsRequest, FactHistoryRequest, FactsRequest,
        FactsResponse, LearnRequest, RejectFactRequest, Scope, SearchFactsRequest,
        memory_service_client::MemoryServiceClient,
    },
};
use tonic::{
    Code, Request, Response, Status,
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt;

use super::token;
use crate::support::Service;

type Client = MemoryServiceClient<Channel>;

/// 2026-01-01T10:00:00Z.
const FIRST: i64 = 1_767_261_600;
const DAY: i64 = 86_400;

async fn client(service: &Service) -> Client {
    let endpoint = Endpoint::from_shared(format!("http://{}", service.address)).unwrap();
    MemoryServiceClient::new(endpoint.connect().await.unwrap())
}

fn ok<T>(answer: Result<Response<T>, Status>) -> T {
    answer.unwrap().into_inner()
}

#[track_caller]
fn fails<T: std::fmt::Debug>(answer: Result<Response<T>, Status>, code: Code) -> Status {
    let status = answer.unwrap_err();
    assert_eq!(status.code(), code, "{status:?}");
    status
}

fn said(text: &str, day: i64) -> ChatMessage {
    ChatMessage {
        content: text.to_owned(),
        name: "Ada".to_owned(),
        timestamp: FIRST + day * DAY,
        ..Default::default()
    }
}

fn of_ada() -> LearnRequest {
    let messages = vec![said("I live in Ghent.", 0), said("I live in Oslo now.", 4)];
    LearnRequest { messages, scope: None }
}

fn texts(page: &FactsResponse) -> Vec<&str> {
    page.facts.iter().map(|fact| fact.text.as_str()).collect()
}

pub(super) async fn learning_is_off(service: &Service) {
    let mut client = client(service).await;
    let status = fails(client.learn(of_ada()).await, Code::FailedPrecondition);
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!(info.reason, "learning_off");
    assert!(info.metadata["try"].contains("operator"), "{info:?}");
    ok(client.facts(FactsRequest::default()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_are_learned_read_and_judged() {
    let service = Service::start().await;
    let mut client = client(&service).await;
    let report = ok(client.learn(of_ada()).await);
    assert_eq!((report.added, report.superseded, report.failed_count), (2, 1, 0), "{report:?}");
    let now = ok(client.facts(FactsRequest::default()).await);
    assert_eq!(texts(&now), ["Ada lives in Oslo now."]);
    let home = &now.facts[0];
    assert_eq!(
        (&*home.subject, &*home.attribute, &*home.value_json),
        ("Ada", "home", b"\"Oslo\"".as_slice())
    );
    assert_eq!((home.stated_at, &*home.origin, &*home.trust), (FIRST + 4 * DAY, "rules", "normal"));
    assert_eq!((home.ended_at, home.confirmed_at), (0, 0));
    assert!(home.evidence[0].starts_with("message/"), "{home:?}");
    let then = FactsRequest { as_of: FIRST + DAY, ..Default::default() };
    assert_eq!(texts(&ok(client.facts(then).await)), ["Ada lives in Ghent."]);

    let slot =
        FactHistoryRequest { subject: "Ada".to_owned(), attribute: "home".to_owned(), scope: None };
    let history = ok(client.fact_history(slot).await).facts;
    assert_eq!(history.len(), 2);
    assert_eq!((history[0].valid_to, &history[0].superseded_by), (FIRST + 4 * DAY, &home.key));
    let query = SearchFactsRequest { query: "home of Ada".to_owned(), ..Default::default() };
    assert_eq!(ok(client.search_facts(query).await).facts[0].key, home.key);
    assert!(
        ok(client.contradictions(ContradictionsRequest::default()).await).contradictions.is_empty()
    );

    let key = home.key.clone();
    let confirmed = ok(client.confirm_fact(ConfirmFactRequest { key: key.clone() }).await);
    assert_eq!((&confirmed.key, &*confirmed.trust, confirmed.confidence), (&key, "high", 1.0));
    assert!(0 < confirmed.confirmed_at);
    let gone = ok(client.reject_fact(RejectFactRequest { key: key.clone() }).await);
    assert_eq!(gone.rejected, std::slice::from_ref(&key));
    fails(client.reject_fact(RejectFactRequest { key }).await, Code::NotFound);
    assert_eq!(texts(&ok(client.facts(FactsRequest::default()).await)), ["Ada lives in Ghent."]);
    drop(client);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_their_tokens() {
    let service = Service::start().await;
    let mut client = client(&service).await;
    let hobbies = ["oboe", "viola", "harp", "tuba", "lute"];
    let messages = (0..).zip(hobbies).map(|(day, it)| said(&format!("I play the {it}."), day));
    let learned = LearnRequest { messages: messages.collect(), scope: None };
    assert_eq!(ok(client.learn(learned).await).added, 5);
    let mut request = FactsRequest { page_size: 2, ..Default::default() };
    let mut listed = Vec::new();
    loop {
        let page = ok(client.facts(request.clone()).await);
        assert!(page.facts.len() <= 2);
        listed.extend(page.facts.into_iter().map(|fact| fact.text));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let expected: Vec<String> =
        hobbies.iter().rev().map(|it| format!("Ada plays the {it}.")).collect();
    assert_eq!(listed, expected);
    for (request, field) in [
        (FactsRequest { page_token: "2026".to_owned(), ..Default::default() }, "`page_token`"),
        (FactsRequest { page_size: 501, ..Default::default() }, "`page_size`"),
        (FactsRequest { as_of: -1, ..Default::default() }, "`as_of`"),
        (FactsRequest { subject: " ".to_owned(), ..Default::default() }, "`subject`"),
    ] {
        let status = fails(client.facts(request).await, Code::InvalidArgument);
        assert!(status.message().contains(field), "{status:?}");
    }
    let none = FactHistoryRequest::default();
    fails(client.fact_history(none).await, Code::InvalidArgument);
    let many = SearchFactsRequest { query: "a".to_owned(), limit: 201, scope: None };
    fails(client.search_facts(many).await, Code::InvalidArgument);
    drop(client);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_do_not_fit_are_refused_or_reported_by_their_place() {
    let service = Service::start().await;
    let mut client = client(&service).await;
    let of = |messages| LearnRequest { messages, scope: None };
    fails(client.learn(of(Vec::new())).await, Code::InvalidArgument);
    let early = ChatMessage { timestamp: -1, ..said("I like tea.", 0) };
    let status = fails(client.learn(of(vec![said("a", 0), early])).await, Code::InvalidArgument);
    assert!(status.message().starts_with("message 2: `timestamp`"), "{status:?}");
    let messages = vec![said("I live in Ghent.", 0), said(" ", 1)];
    let report = ok(client.learn(of(messages)).await);
    assert_eq!((report.added, report.failed_count, report.failed[0].line), (1, 1, 2), "{report:?}");

    let scope =
        Scope { project: "parser".to_owned(), session: "standup".to_owned(), ..Default::default() };
    let message = said("We deploy the parser on Mondays.", 2);
    let report =
        ok(client.learn(LearnRequest { messages: vec![message], scope: Some(scope) }).await);
    assert_eq!(report.failed_count, 0, "{report:?}");
    let session = "standup".parse().unwrap();
    let stored = service.memory.working().messages().recent(&session, 5).await.unwrap();
    assert_eq!(stored[0].meta.scope.project.as_deref(), Some("parser"));
    drop(client);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_rpc_without_its_right_and_a_foreign_fact_are_refused() {
    let service = Service::start().await;
    let mut client = client(&service).await;
    let ada = token(&service, "ada", "ada", &Right::ALL);
    let writing = token(&service, "writing", "ada", &[Right::Read, Right::Write]);
    let bob = token(&service, "bob", "bob", &Right::ALL);
    fn by<T>(message: T, token: &str) -> Request<T> {
        let mut request = Request::new(message);
        let value = format!("Bearer {token}").parse().unwrap();
        request.metadata_mut().insert("authorization", value);
        request
    }
    ok(client.learn(by(of_ada(), &ada)).await);
    let mine = ok(client.facts(by(FactsRequest::default(), &ada)).await);
    assert_eq!((mine.facts.len(), &*mine.facts[0].user), (1, "ada"));
    assert!(ok(client.facts(by(FactsRequest::default(), &bob)).await).facts.is_empty());
    let key = mine.facts[0].key.clone();
    let confirm = || ConfirmFactRequest { key: key.clone() };
    let reject = || RejectFactRequest { key: key.clone() };
    fails(client.confirm_fact(by(confirm(), &bob)).await, Code::NotFound);
    fails(client.reject_fact(by(reject(), &bob)).await, Code::NotFound);
    fails(client.confirm_fact(by(confirm(), &writing)).await, Code::PermissionDenied);
    fails(client.reject_fact(by(reject(), &writing)).await, Code::PermissionDenied);
    let note = ConfirmFactRequest { key: "note/none".to_owned() };
    fails(client.confirm_fact(by(note, &ada)).await, Code::InvalidArgument);
    let mut all = by(confirm(), &ada);
    all.metadata_mut().insert("aios-all-users", "true".parse().unwrap());
    fails(client.confirm_fact(all).await, Code::InvalidArgument);
    ok(client.confirm_fact(by(confirm(), &ada)).await);
    drop(client);
    service.stop().await;
}
