//! Owners, sessions and agents in every spelling.

use serde_json::json;

use super::*;

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
    for name in ["role", "name", "speaker", "author", "user_agent", "users", "username_hint"] {
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

#[test]
fn sessions_are_known_in_every_spelling() {
    for name in ["session", "sessionId", "conversation_id", "threadId", "chat-id"] {
        let Value::Object(mut object) = json!({name: "s"}) else { unreachable!() };
        assert_eq!(take_named(&mut object, SESSION), Ok(Some("s".to_owned())), "{name}");
        assert!(object.is_empty());
    }
    let Value::Object(mut object) = json!({"session": "a", "thread_id": "b"}) else {
        unreachable!()
    };
    assert!(take_named(&mut object, SESSION).is_err());
}
