//! The key-value store.

use http::Method;
use serde_json::{Value, json};

use super::{Fixture, json_request, with_header};

const PATH: &str = "/api/v1/store/batch";

async fn batch(it: &Fixture, ops: Value) -> Vec<Value> {
    let answer = it.post(PATH, &json!({"ops": ops})).await.expect(200).json();
    answer["results"].as_array().unwrap().clone()
}

fn put(namespace: &[&str], key: &str, value: Value) -> Value {
    json!({"op": "put", "namespace": namespace, "key": key, "value": value})
}

fn keys(result: &Value) -> Vec<&str> {
    let items = result["items"].as_array().unwrap();
    items.iter().map(|item| item["key"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_item_is_put_read_replaced_and_removed() {
    let it = Fixture::new().await;
    let get = json!({"op": "get", "namespace": ["ada", "prefs"], "key": "tea"});
    let results = batch(
        &it,
        json!([
            get,
            put(&["ada", "prefs"], "tea", json!({"milk": true})),
            get,
            put(&["ada", "prefs"], "tea", json!({"milk": false})),
            put(&["ada", "prefs"], "tea", json!({"milk": false})),
            get,
            put(&["ada", "prefs"], "tea", Value::Null),
            get,
            put(&["ada", "prefs"], "tea", Value::Null),
        ]),
    )
    .await;
    assert_eq!(results[0], json!({"item": null}));
    assert_eq!(results[1]["state"], "stored");
    assert_eq!(results[2]["item"]["value"], json!({"milk": true}));
    assert_eq!(results[2]["item"]["namespace"], json!(["ada", "prefs"]));
    assert_eq!(results[4]["state"], "known");
    assert_eq!(results[5]["item"]["value"], json!({"milk": false}));
    assert_eq!(results[6]["state"], "removed");
    assert_eq!(results[7], json!({"item": null}));
    assert_eq!(results[8]["state"], "absent");
}

#[tokio::test]
async fn items_are_searched_by_namespace_filter_and_query() {
    let it = Fixture::new().await;
    batch(
        &it,
        json!([
            put(&["docs", "a"], "one", json!({"text": "The staging port is 5433.", "size": 3})),
            put(&["docs", "b"], "two", json!({"text": "Tea is at four.", "size": 5})),
            put(&["docs"], "three", json!({"text": "Coffee is at ten.", "size": "7"})),
            put(&["docsy"], "four", json!({"text": "The port is closed."})),
        ]),
    )
    .await;
    let results = batch(
        &it,
        json!([
            {"op": "search", "namespace_prefix": ["docs"]},
            {"op": "search", "namespace_prefix": ["docs"], "limit": 1, "offset": 1},
            {"op": "search", "namespace_prefix": ["docs"], "filter": {"size": {"$gt": 3}}},
            {"op": "search", "namespace_prefix": ["docs"], "filter": {"size": 3}},
            {"op": "search", "namespace_prefix": ["docs"], "query": "which port?"},
            {"op": "search", "namespace_prefix": ["docs"], "query": "port", "filter": {"size": 4}},
            {"op": "search"}
        ]),
    )
    .await;
    assert_eq!(keys(&results[0]), ["one", "two", "three"]);
    assert_eq!(keys(&results[1]), ["two"]);
    assert_eq!(keys(&results[2]), ["two", "three"]);
    assert_eq!(keys(&results[3]), ["one"]);
    assert_eq!(keys(&results[4])[0], "one");
    assert!(!keys(&results[4]).contains(&"four"));
    assert!(0.0 < results[4]["items"][0]["score"].as_f64().unwrap());
    assert_eq!(keys(&results[5]), Vec::<&str>::new());
    assert_eq!(keys(&results[6]).len(), 4);
}

#[tokio::test]
async fn namespaces_are_listed_by_their_ends() {
    let it = Fixture::new().await;
    batch(
        &it,
        json!([
            put(&["a", "x", "1"], "k", json!({})),
            put(&["a", "y", "1"], "k", json!({})),
            put(&["b", "x", "2"], "k", json!({})),
        ]),
    )
    .await;
    let results = batch(
        &it,
        json!([
            {"op": "list_namespaces"},
            {"op": "list_namespaces", "prefix": ["a"]},
            {"op": "list_namespaces", "prefix": ["*", "x"]},
            {"op": "list_namespaces", "suffix": ["1"]},
            {"op": "list_namespaces", "max_depth": 1},
            {"op": "list_namespaces", "limit": 1, "offset": 2}
        ]),
    )
    .await;
    let counts: Vec<usize> =
        results.iter().map(|it| it["namespaces"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [3, 2, 2, 2, 2, 1]);
    assert_eq!(results[4]["namespaces"], json!([["a"], ["b"]]));
    assert_eq!(results[5]["namespaces"], json!([["b", "x", "2"]]));
}

#[tokio::test]
async fn items_are_their_owners() {
    let it = Fixture::new().await;
    batch(&it, json!([put(&["n"], "k", json!({"of": "everybody"}))])).await;
    let send = |user: &str, ops: Value| {
        it.send(it.user(user), json_request(Method::POST, PATH, &json!({"ops": ops})))
    };
    send("ada", json!([put(&["n"], "k", json!({"of": "ada"}))])).await.expect(200);
    let ops = json!([
        {"op": "get", "namespace": ["n"], "key": "k"},
        {"op": "search", "namespace_prefix": ["n"]},
        {"op": "search", "namespace_prefix": ["n"], "query": "everybody"},
        {"op": "list_namespaces"},
        put(&["n"], "k", Value::Null)
    ]);
    let bobs = send("bob", ops).await.expect(200).json();
    let expected = json!([{"item": null}, {"items": []}, {"items": []}, {"namespaces": []}]);
    assert_eq!(json!(bobs["results"].as_array().unwrap()[..4]), expected);
    assert_eq!(bobs["results"][4]["state"], "absent");
    let get = json!([{"op": "get", "namespace": ["n"], "key": "k"}]);
    let adas = send("ada", get).await.expect(200).json();
    assert_eq!(adas["results"][0]["item"]["value"]["of"], "ada");
}

#[tokio::test]
async fn an_invalid_operation_refuses_the_batch_before_any_is_carried_out() {
    let it = Fixture::new().await;
    for operation in [
        json!({"op": "get", "namespace": [], "key": "k"}),
        json!({"op": "get", "namespace": ["a.b"], "key": "k"}),
        json!({"op": "get", "namespace": ["a", ""], "key": "k"}),
        json!({"op": "get", "namespace": ["a"], "key": " "}),
        json!({"op": "put", "namespace": ["a"], "key": "k"}),
        json!({"op": "drop", "namespace": ["a"]}),
        json!({"op": "search", "limit": 0}),
        json!({"op": "search", "filter": {"a": {"$near": 1}}}),
        json!({"op": "search", "filter": {"a": {"$gt": true}}}),
        json!({"op": "list_namespaces", "max_depth": 0}),
    ] {
        let body = json!({"ops": [put(&["a"], "k", json!({})), operation]});
        it.post(PATH, &body).await.expect(400);
    }
    assert_eq!(batch(&it, json!([{"op": "search"}])).await, [json!({"items": []})]);
}

#[tokio::test]
async fn a_repeated_batch_puts_nothing_again() {
    let it = Fixture::new().await;
    let body = json!({"ops": [
        put(&["a"], "k", json!({"n": 1})),
        {"op": "get", "namespace": ["a"], "key": "k"}
    ]});
    let send = || with_header(json_request(Method::POST, PATH, &body), "idempotency-key", "k");
    it.send(it.shared(), send()).await.expect(200);
    batch(&it, json!([put(&["a"], "k", json!({"n": 2}))])).await;
    let again = it.send(it.shared(), send()).await.expect(200).json();
    assert_eq!(again["results"][1]["item"]["value"], json!({"n": 2}));
}
