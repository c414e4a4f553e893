//! Units of work over HTTP: begin, log, finish, resume; owners and refusals.

use http::Method;
use serde_json::json;

use super::{Fixture, json_request, with_header};
use crate::{caller::Naming, operation::Right};

const BEGIN: &str = "/api/v1/tasks/begin";
const KEY: &str = "idempotency-key";

#[tokio::test]
async fn a_task_is_begun_logged_and_finished_and_known_the_next_time() {
    let it = Fixture::new().await;
    let goal = json!({"id": "g", "description": "Publish the report"});
    it.post("/api/v1/records/goal", &goal).await.expect(201);
    let task = json!({"id": "t", "description": "Write it", "goal": "g", "agent": "clerk"});
    let begun = it.post(BEGIN, &task).await.expect(201);
    assert_eq!((begun.json(), begun.changed), (json!({"id": "t"}), vec!["task/t".to_owned()]));
    let log = json!({
        "decisions": [{"context": "which form", "chosen": "text"}],
        "tool_calls": [
            {"tool_name": "read", "input": {"path": "a"}, "output": "1", "success": true},
            {"tool_name": "write", "input": {"path": "b"}, "success": true},
        ],
    });
    let logged = it.post("/api/v1/tasks/t/log", &log).await.expect(200).json();
    assert_eq!(logged["keys"].as_array().unwrap().len(), 3);
    let finish = json!({"status": "completed", "text": "written"});
    let finished = it.post("/api/v1/tasks/t/finish", &finish).await.expect(200).json();
    assert_eq!(
        (&finished["status"], &finished["completed_goal"]),
        (&json!("completed"), &json!("g"))
    );
    let learned = finished["learned"].as_str().unwrap().to_owned();

    let again = it.post(BEGIN, &json!({"description": "Write it"})).await.expect(201).json();
    assert_eq!(
        (&again["known"]["key"], &again["known"]["steps"][1]["tool"]),
        (&json!(learned), &json!("write"))
    );
    let path = format!("/api/v1/tasks/{}", again["id"].as_str().unwrap());
    it.post(&format!("{path}/log"), &json!({"follow": learned})).await.expect(200);
    it.post(&format!("{path}/log"), &json!({"follow": "pattern/other"})).await.expect(400);
    let failed = json!({"status": "failed", "text": "no space"});
    let failed = it.post(&format!("{path}/finish"), &failed).await.expect(200).json();
    assert_eq!(failed["followed"], json!(learned));
    let pattern = it.get(&format!("/api/v1/records/{learned}")).await.expect(200).text();
    assert!(pattern.contains("0.5"), "{pattern}");
}

#[tokio::test]
async fn a_pending_task_is_started_by_its_id_and_an_ended_one_is_not() {
    let it = Fixture::new().await;
    let planned = json!({"id": "p", "description": "Sweep"});
    it.post("/api/v1/records/task", &planned).await.expect(201);
    it.post(BEGIN, &json!({"id": "p"})).await.expect(201);
    let twice = it.post(BEGIN, &json!({"id": "p"})).await.expect(400);
    assert!(twice.text().contains("in progress"), "{}", twice.text());
    it.post("/api/v1/tasks/p/finish", &json!({"status": "cancelled"})).await.expect(200);
    let ended = it.post("/api/v1/tasks/p/log", &json!({})).await.expect(400);
    assert!(ended.text().contains("cancelled"), "{}", ended.text());
    it.post("/api/v1/tasks/none/log", &json!({})).await.expect(404);
    it.post(BEGIN, &json!({})).await.expect(400);
    it.post(BEGIN, &json!({"description": "x", "owner": "ada"})).await.expect(400);
}

#[tokio::test]
async fn interrupted_tasks_are_listed_and_continued_by_the_next_call() {
    let it = Fixture::new().await;
    let work = it.memory.work().begin(aios_memory::work::NewTask::new("Count").idempotent());
    let work = work.await.unwrap();
    let id = work.id().clone();
    it.post(BEGIN, &json!({"description": "Held by the service"})).await.expect(201);
    drop(work);
    let list = it.get("/api/v1/resume").await.expect(200).json();
    let tasks = list["tasks"].as_array().unwrap();
    assert_eq!(tasks.len(), 1, "{list}");
    assert_eq!(
        (&tasks[0]["key"], &tasks[0]["idempotent"]),
        (&json!(format!("task/{id}")), &json!(true))
    );
    let log = json!({"tool_calls": [{"tool_name": "count", "success": true}]});
    it.post(&format!("/api/v1/tasks/{id}/log"), &log).await.expect(200);
    let list = it.get("/api/v1/resume").await.expect(200).json();
    assert_eq!(list["tasks"], json!([]));
}

#[tokio::test]
async fn tasks_belong_to_the_caller_and_need_the_right_to_write() {
    let it = Fixture::new().await;
    let begin = |user: &str| {
        let body = json!({"id": "t", "description": format!("of {user}")});
        it.send(it.user(user), json_request(Method::POST, BEGIN, &body))
    };
    begin("ada").await.expect(201);
    let finish = json!({"status": "completed"});
    let path = "/api/v1/tasks/t/finish";
    it.send(it.user("bob"), json_request(Method::POST, path, &finish)).await.expect(404);
    begin("bob").await.expect(201);
    it.send(it.user("bob"), json_request(Method::POST, path, &finish)).await.expect(200);
    let ada = it.memory.for_user("ada").unwrap();
    let task = ada.working().tasks().get(&aios_memory::Id::new("t").unwrap()).await.unwrap();
    assert_eq!(task.unwrap().status.as_str(), "in_progress");

    // Without the right to read, a task begins but does not show known steps.
    let steps = json!({"tool_calls": [{"tool_name": "ring", "success": true}]});
    let body = json!({"id": "k", "description": "Ring"});
    it.post(BEGIN, &body).await.expect(201);
    it.post("/api/v1/tasks/k/log", &steps).await.expect(200);
    it.post("/api/v1/tasks/k/finish", &finish).await.expect(200);
    let writer = it.caller(None, &[Right::Write], Naming::Fixed);
    let body = json!({"description": "Ring"});
    let begun = it.send(writer, json_request(Method::POST, BEGIN, &body)).await.expect(201).json();
    assert!(begun.get("known").is_none(), "{begun}");
}

#[tokio::test]
async fn repeated_calls_with_a_key_add_nothing_after_a_restart() {
    let mut it = Fixture::new().await;
    let keyed = |path: &str, body| with_header(json_request(Method::POST, path, body), KEY, path);
    let begin = json!({"description": "Sweep"});
    let log = json!({
        "decisions": [{"context": "which broom", "chosen": "the old one"}],
        "tool_calls": [{"tool_name": "sweep", "success": true}],
    });
    let finish = json!({"status": "completed", "text": "swept"});
    let mut answers = Vec::new();
    for _ in 0..2 {
        let begun = it.send(it.shared(), keyed(BEGIN, &begin)).await.expect(201).json();
        let path = format!("/api/v1/tasks/{}", begun["id"].as_str().unwrap());
        if answers.is_empty() {
            it.send(it.shared(), keyed(&format!("{path}/log"), &log)).await.expect(200);
            it.restart();
            it.send(it.shared(), keyed(&format!("{path}/log"), &log)).await.expect(200);
        }
        let ended = it.send(it.shared(), keyed(&format!("{path}/finish"), &finish)).await;
        answers.push((begun["id"].clone(), ended.expect(200).json()["status"].clone()));
        it.restart();
    }
    assert_eq!(answers[0], answers[1]);
    for (kind, count) in [("task", 1), ("decision", 1), ("tool_call", 1)] {
        let list = it.get(&format!("/api/v1/records/{kind}")).await.expect(200).json();
        assert_eq!(list["records"].as_array().unwrap().len(), count, "{kind}");
    }
}

#[tokio::test]
async fn a_goal_of_another_project_is_unknown() {
    let it = Fixture::new().await;
    let goal = json!({"id": "g", "description": "Plant a garden"});
    let path = "/api/v1/records/goal";
    it.send(it.in_project("ada", "two"), json_request(Method::POST, path, &goal)).await.expect(201);
    let begin = |goal: &str| json!({"description": "Dig", "goal": goal});
    for goal in ["g", "never"] {
        let request = json_request(Method::POST, BEGIN, &begin(goal));
        it.send(it.in_project("ada", "one"), request).await.expect(404);
    }
    let request = json_request(Method::POST, BEGIN, &begin("g"));
    it.send(it.in_project("ada", "two"), request).await.expect(201);
}

#[tokio::test]
async fn a_caller_neither_removes_nor_makes_the_mark_of_a_task_that_is_worked_on() {
    let it = Fixture::new().await;
    let body = json!({"id": "t", "description": "Sweep"});
    it.post(BEGIN, &body).await.expect(201);
    let path = "/api/v1/records/task/t";
    let patch = json!({"metadata": {"a": 1}});
    it.send(it.shared(), json_request(Method::PATCH, path, &patch)).await.expect(200);
    it.post("/api/v1/tasks/t/log", &json!({})).await.expect(200);
    it.post("/api/v1/tasks/t/finish", &json!({"status": "completed"})).await.expect(200);

    let fake = json!({"id": "fake", "description": "Sweep", "status": "in_progress",
        "metadata": {"work": {"process": "p", "hold": "h"}}});
    it.post("/api/v1/records/task", &fake).await.expect(201);
    assert_eq!(it.get("/api/v1/resume").await.json()["tasks"], json!([]));
    it.post("/api/v1/tasks/fake/log", &json!({})).await.expect(400);
}
