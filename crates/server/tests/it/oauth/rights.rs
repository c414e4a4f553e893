//! The scopes of access tokens as rights, over both transports.

use aios_memory_server::wire::{
    GetRecordRequest, RecallRequest, RememberItem, RememberRequest,
    memory_service_client::MemoryServiceClient,
};
use serde_json::json;
use tonic::{Code, transport::Endpoint};

use super::{issuer::Filed, recall, remember, service};
use crate::support::Request;

fn with_token<T>(message: T, token: &str) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    let value = format!("Bearer {token}").parse().unwrap();
    request.metadata_mut().insert("authorization", value);
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_scope_is_named() {
    let provider = Filed::new("ES256");
    let service = service(&provider).await;
    for (scope, request, missing) in [
        ("", recall("x"), "memory:read"),
        ("openid profile read memory", recall("x"), "memory:read"),
        ("memory:Read MEMORY:READ memory:read2", recall("x"), "memory:read"),
        ("memory:write", recall("x"), "memory:read"),
        ("memory:read", remember("A text."), "memory:write"),
        ("memory:read memory:write", Request::get("/api/v1/stats"), "memory:observe"),
        // Rights of a part of a request, in addition to that of its route.
        (
            "memory:write",
            Request::post("/api/v1/store/batch", json!({"ops": [{"op": "search", "query": "x"}]})),
            "memory:read",
        ),
    ] {
        let answer = service.send(&request.bearer(&provider.token("ada", scope))).await;
        assert_eq!(answer.status, 403, "{scope}: {answer:?}");
        let expected = format!("error=\"insufficient_scope\", scope=\"{missing}\"");
        assert!(answer.head.contains(&expected), "{scope}: {answer:?}");
        assert!(answer.head.contains("resource_metadata="), "{scope}: {answer:?}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_hold_over_grpc() {
    let provider = Filed::new("EdDSA");
    let service = service(&provider).await;
    let endpoint = Endpoint::from_shared(format!("http://{}", service.address)).unwrap();
    let mut client = MemoryServiceClient::new(endpoint.connect().await.unwrap());
    let (reading, writing) =
        (provider.token("ada", "memory:read"), provider.token("ada", "memory:write"));
    let item =
        RememberItem { text: "The cake is behind the oven.".to_owned(), ..Default::default() };
    let texts = RememberRequest { items: vec![item], scope: None };
    let refused = client.remember(with_token(texts.clone(), &reading)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused:?}");
    let told = refused.metadata().get("www-authenticate").unwrap().to_str().unwrap();
    assert!(told.contains("insufficient_scope") && told.contains("memory:write"), "{told}");
    client.remember(with_token(texts, &writing)).await.unwrap();
    let query = RecallRequest { query: "cake".to_owned(), ..Default::default() };
    let refused = client.recall(with_token(query.clone(), &writing)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused:?}");
    let found = client.recall(with_token(query.clone(), &reading)).await.unwrap().into_inner();
    assert_eq!(found.hits.len(), 1);
    let bob = provider.token("bob", "memory:read");
    let other = client.recall(with_token(query, &bob)).await.unwrap().into_inner();
    assert!(other.hits.is_empty(), "{other:?}");
    let spoilt = format!("{}A", &reading[..reading.len() - 2]);
    let request = with_token(GetRecordRequest::default(), &spoilt);
    let refused = client.get_record(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated, "{refused:?}");
    let told = refused.metadata().get("www-authenticate").unwrap().to_str().unwrap();
    assert!(told.contains("invalid_token"), "{told}");
    drop(client);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delegate_of_the_provider_names_a_user_in_each_call() {
    let provider = Filed::new("ES256");
    let service = service(&provider).await;
    let app = provider.token("app", "memory:read memory:write memory:delegate");
    let unnamed = service.send(&recall("x").bearer(&app)).await;
    assert_eq!(unnamed.status, 400, "{unnamed:?}");
    let stored = remember("The cake is behind the oven.").bearer(&app).with("aios-user", "ada");
    assert_eq!(service.send(&stored).await.status, 200);
    let ada = provider.token("ada", "memory:read");
    let own = service.send(&recall("cake").bearer(&ada)).await.json();
    assert_eq!(own["hits"].as_array().unwrap().len(), 1, "{own}");
    // This scope alone gives no right.
    let nothing = provider.token("app", "memory:delegate");
    let denied = service.send(&recall("cake").bearer(&nothing).with("aios-user", "ada")).await;
    assert_eq!(denied.status, 403, "{denied:?}");
    service.stop().await;
}
