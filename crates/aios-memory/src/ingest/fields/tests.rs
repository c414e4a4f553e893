//! Owners, sessions and agents in every spelling.

use serde_json::json;

use super::*;
use crate::ingest::spellings::FIELDS;

fn owner(value: Value) -> Result<Option<String>, String> {
    let Value::Object(mut object) = value else { panic!("an object is expected") };
    owner_of(&mut object)
}

#[test]
fn an_owner_is_known_in_every_spelling() {
    for name in [
        "user",
        "user_id",
        "userId",
        "user-id",
        "USER_ID",
        "userid",
        "username",
        "user_name",
        "userName",
        "owner",
        "ownerId",
        "account",
        "account_id",
        "customer_name",
        "tenant",
        "tenantId",
        "tenant-id",
    ] {
        assert_eq!(owner(json!({name: "ada"})), Ok(Some("ada".to_owned())), "{name}");
        assert_eq!(owner(json!({"metadata": {name: "ada"}})), Ok(Some("ada".to_owned())));
    }
    assert_eq!(owner(json!({"user": 7})), Ok(Some("7".to_owned())));
    for object in [json!({"id": "ada"}), json!({"name": "ada"}), json!({"email": "ada"})] {
        assert_eq!(owner(json!({"user": object})), Ok(Some("ada".to_owned())));
    }
}

#[test]
fn roles_speakers_and_other_fields_name_no_owner() {
    for name in
        ["role", "name", "speaker", "author", "user_agent", "users", "userType", "users_online"]
    {
        assert_eq!(owner(json!({name: "ada"})), Ok(None), "{name}");
    }
    assert_eq!(owner(json!({"user": null, "owner": ""})), Ok(None));
}

#[test]
fn an_owner_that_is_not_clear_is_refused() {
    assert!(owner(json!({"user": "ada", "owner": "bob"})).is_err());
    assert!(owner(json!({"user": "ada", "metadata": {"user_id": "bob"}})).is_err());
    assert!(owner(json!({"user": ["ada"]})).is_err());
    assert!(owner(json!({"user": {"age": 5}})).is_err());
    assert_eq!(owner(json!({"user": "ada", "user_id": "ada"})), Ok(Some("ada".to_owned())));
}

#[test]
fn an_owner_that_is_an_object_is_the_first_field_that_says_something() {
    let named = |object: Value| owner(json!({"user": object}));
    assert_eq!(named(json!({"id": null, "name": "u1"})), Ok(Some("u1".to_owned())));
    assert_eq!(named(json!({"id": "", "email": "u1@x"})), Ok(Some("u1@x".to_owned())));
    assert_eq!(named(json!({"id": " ", "name": null, "email": 7})), Ok(Some("7".to_owned())));
    for object in [json!({}), json!({"id": null}), json!({"id": "", "name": " ", "email": null})] {
        assert!(named(object).is_err());
    }
}

fn place(value: Value) -> Result<Scope, String> {
    let Value::Object(mut object) = value else { panic!("an object is expected") };
    take_place(&mut object).map(|place| place.scope)
}

#[test]
fn sessions_are_known_in_every_spelling() {
    for name in SESSION.spellings.iter().copied().chain(["sessionId", "threadId", "chat-id"]) {
        for value in [
            json!({name: "s"}),
            json!({name: {"id": "s"}}),
            json!({"scope": {name: "s"}}),
            json!({"metadata": {name: "s"}}),
        ] {
            let found = place(value.clone()).unwrap();
            assert_eq!(found, Scope::default().with_session("s"), "{value}");
        }
    }
    assert!(place(json!({"session": "a", "thread_id": "b"})).is_err());
    assert!(place(json!({"session": ["a", "b"]})).is_err());
}

/// Every way in which a field may stand in a record.
fn nestings(name: &str, value: &str) -> Vec<Value> {
    let mut nestings = vec![
        json!({name: value}),
        json!({name: {"id": value}}),
        json!({name: {"id": null, "name": value}}),
        json!({"scope": {name: value}}),
        json!({"metadata": {"scope": {name: value}}}),
        json!({"session": {"id": "s", name: value}}),
    ];
    for nested in NESTED.iter().filter(|nested| **nested != "scope") {
        nestings.push(json!({*nested: {name: value}}));
        nestings.push(json!({*nested: {"metadata": {name: value}}}));
    }
    nestings
}

#[test]
fn an_owner_is_never_left_in_a_record() {
    let mut names = Vec::new();
    for owner in ["user", "owner", "account", "customer", "tenant"] {
        for end in ["", "id", "_id", "-id", "Id", " ID", ".id", "name", "_name", "Name"] {
            names.push(format!("{owner}{end}"));
        }
    }
    names.extend(["USER_ID", "User", "_user_id", "tenantId"].map(str::to_owned));
    for name in names {
        for record in nestings(&name, "ada") {
            let found = place(record.clone()).map(|scope| scope.user);
            assert_eq!(found, Ok(Some("ada".to_owned())), "{record}");
        }
    }
}

#[test]
fn what_only_looks_like_an_owner_is_refused_and_named() {
    for name in [
        "uid",
        "user_uuid",
        "userUuid",
        "useruuid",
        "member_id",
        "memberId",
        "member",
        "user_key",
        "user_email",
        "owner_ref",
        "account_number",
        "customer_uuid",
        "tenant_key",
        "from_user_id",
        "user_ids",
        "mem0_user_id",
        "metadata.user_id",
    ] {
        for record in nestings(name, "ada") {
            let problem = place(record.clone()).unwrap_err();
            assert!(problem.contains(&format!("`{name}`")), "{record}: {problem}");
        }
        assert_eq!(place(json!({name: null, "session": "s"})).unwrap().user, None);
    }
    for name in FIELDS.iter().flat_map(|field| field.spellings) {
        assert_eq!(owner(json!({*name: "ada"})), Ok(None), "{name}");
    }
}
