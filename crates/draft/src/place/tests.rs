//! Owners, sessions and agents in every spelling.

use serde_json::json;

use super::*;
use crate::spellings::{FIELDS, NESTED};

fn owner(value: Value) -> Result<Option<String>, String> {
    let Value::Object(mut object) = value else { panic!("an object is expected") };
    owner_of_record(&mut object)
}

#[test]
fn an_owner_is_recognised_in_every_spelling() {
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
        "bank_id",
        "bankId",
        "peer_id",
        "human_id",
        "\u{ff55}\u{ff53}\u{ff45}\u{ff52}_\u{ff49}\u{ff44}",
        "us\u{435}r_id",
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
    for name in [
        "role",
        "name",
        "speaker",
        "author",
        "user_agent",
        "userType",
        "users_online",
        "user_message",
        "user_input",
        "user_prompt",
        "user_query",
        "user_rating",
        "user_timezone",
        "account_type",
        "remember",
        "client_msg_id",
        "client",
        "message_uid",
        "members",
    ] {
        assert_eq!(owner(json!({name: "ada"})), Ok(None), "{name}");
    }
    let said = json!({"user_story_of_mine": "As a user\nI want to see it", "isUser": true});
    assert_eq!(owner(said), Ok(None));
    let speaker = json!({"author": {"id": "7", "username": "ada"}, "input": {"user": "bob"}});
    assert_eq!(owner(speaker), Ok(None));
    assert_eq!(owner(json!({"user": null, "owner": ""})), Ok(None));
}

#[test]
fn an_owner_is_found_in_every_nested_object_except_content() {
    for record in [
        json!({"payload": {"user_id": "bob"}}),
        json!({"info": {"user": "bob"}}),
        json!({"data": {"user_id": "bob"}}),
        json!({"anything": {"deeper": {"user_id": "bob"}}}),
        json!({"metadata": {"payload": {"userid": "bob"}}}),
        json!({"meta_data": {"user_id": "bob"}}),
        json!({"metaData": {"user_id": "bob"}}),
        json!({"cmetadata": {"user_id": "bob"}}),
        json!({"filters": {"user_id": "bob"}}),
        json!({"author": {"user_id": "bob", "name": "x"}}),
        json!({"config": {"configurable": {"user_id": "bob", "thread_id": "t"}}}),
        json!({"additional_kwargs": {"user_id": "bob"}}),
        json!({"metadata": [{"user_id": "bob"}]}),
        json!({"metadata": {"list": [{"x": 1}, {"user_id": "bob"}]}}),
        json!({"a": {"a": {"a": {"a": {"a": {"a": {"a": {"user": {"ID": "bob"}}}}}}}}}),
    ] {
        assert_eq!(owner(record.clone()), Ok(Some("bob".to_owned())), "{record}");
        let Value::Object(mut both) = record.clone() else { unreachable!() };
        both.insert("user".to_owned(), "alice".into());
        assert!(owner(both.into()).is_err(), "{record}");
    }
}

#[test]
fn an_owner_with_characters_that_cannot_be_stored_is_refused() {
    for name in ["bob\u{fffd}", "bob\0"] {
        assert!(owner(json!({"user": name})).is_err());
        assert!(owner(json!({"metadata": {"user": {"id": name}}})).is_err());
    }
}

#[test]
fn the_owner_of_a_nested_message_is_lifted_to_its_record() {
    let lifted = |value: Value| {
        let Value::Object(mut object) = value else { unreachable!() };
        lift_owner(&mut object).map(|()| object.get("user").cloned())
    };
    let both = json!({"user_id": "alice", "data": {"content": "x", "user_id": "bob"}});
    assert!(lifted(both).is_err());
    let inner = json!({"message": {"content": "x", "additional_kwargs": {"user_id": "bob"}}});
    assert_eq!(lifted(inner), Ok(Some("bob".into())));
    let speaker = json!({"text": "x", "author": {"name": "x", "user_id": "bob"}});
    assert_eq!(lifted(speaker), Ok(Some("bob".into())));
}

#[test]
fn an_ambiguous_owner_is_refused() {
    assert!(owner(json!({"user": "ada", "owner": "bob"})).is_err());
    assert!(owner(json!({"user": "ada", "metadata": {"user_id": "bob"}})).is_err());
    assert!(owner(json!({"user": ["ada"]})).is_err());
    assert!(owner(json!({"user": {"age": 5}})).is_err());
    assert_eq!(owner(json!({"user": "ada", "user_id": "ada"})), Ok(Some("ada".to_owned())));
}

#[test]
fn an_owner_object_is_named_by_its_first_non_empty_field() {
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
fn sessions_are_recognised_in_every_spelling() {
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
    let run = place(json!({"thread_id": "t", "run_id": "r"})).unwrap();
    assert_eq!(run, Scope::default().with_session("t"));
    let Value::Object(mut blank) = json!({"thread_id": "t", "run_id": null}) else {
        unreachable!()
    };
    take_place(&mut blank).unwrap();
    assert!(blank.is_empty(), "{blank:?}");
    let run = place(json!({"thread_id": null, "run_id": "r"})).unwrap();
    assert_eq!(run, Scope::default().with_session("r"));
    assert!(place(json!({"session": ["a", "b"]})).is_err());
}

/// Returns every way in which a field may stand in a record.
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
fn an_owner_that_is_given_as_a_pair_is_refused() {
    for name in ["user_id", "user", "owner", "member_id"] {
        for pair in [
            json!({"key": name, "value": "ada"}),
            json!({"name": name, "value": {"stringValue": "ada"}}),
            json!({"k": name, "v": "ada"}),
            json!([name, "ada"]),
        ] {
            for record in [json!({"metadata": [pair]}), json!({"metadata": {"attributes": [pair]}})]
            {
                let problem = place(record.clone()).unwrap_err();
                assert!(problem.contains(&format!("`{name}`")), "{record}: {problem}");
            }
        }
    }
    for pair in [
        json!({"key": "user_id", "value": null}),
        json!({"key": "colour", "value": "ada"}),
        json!({"key": "user_id"}),
    ] {
        assert_eq!(place(json!({"metadata": [pair]})).unwrap().user, None, "{pair}");
    }
}

#[test]
fn a_person_who_may_be_the_owner_is_named() {
    for name in [
        "actor",
        "actor_id",
        "creator",
        "created_by",
        "sub",
        "bank",
        "peer",
        "group_id",
        "groupId",
        "entity_id",
        "peer_uuid",
    ] {
        for record in [
            json!({name: "ada"}),
            json!({"metadata": {name: "ada"}}),
            json!({"claims": {name: "ada"}}),
            json!({"metadata": {"jwt": {name: "ada"}}}),
        ] {
            let Value::Object(record) = record else { unreachable!() };
            assert_eq!(like_owner(&record).as_deref(), Some(name), "{record:?}");
        }
    }
    let Value::Object(role) = json!({"actor": "assistant"}) else { unreachable!() };
    assert_eq!(like_owner(&role), None);
}

#[test]
fn a_field_that_only_looks_like_an_owner_is_refused_and_named() {
    for name in [
        "uid",
        "user_uuid",
        "userUuid",
        "useruuid",
        "member_id",
        "memberId",
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
        "end_user",
        "endUser",
        "enduser",
        "app_user",
        "for_user",
        "users",
        "owned_by",
        "user_info",
        "userProfile",
        "user_data",
        "user_identifier",
        "user_code",
        "user_hash",
        "user_token",
        "user_slug",
        "account_no",
        "account_identifier",
        "user_nickname",
        "user_1",
        "user1",
        "usr",
        "usr_id",
        "account2",
        "tenant_slug",
        "client_id",
        "subscriber",
        "member",
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

#[test]
fn an_object_about_a_person_is_refused_by_its_subject() {
    for record in [
        json!({"userInfo": {"sub": "ada"}}),
        json!({"metadata": {"user_info": {"oid": "ada"}}}),
        json!({"endUser": {"upn": "ada@x"}}),
    ] {
        assert!(owner(record.clone()).is_err(), "{record}");
    }
}

#[test]
fn a_part_without_a_visible_character_is_absent() {
    for name in ["project", "agent", "session"] {
        for value in ["", " ", "\u{200b}"] {
            assert_eq!(place(json!({name: value})), Ok(Scope::default()), "{name}: {value:?}");
            assert_eq!(place(json!({"scope": {name: value}})), Ok(Scope::default()));
        }
    }
}
