//! Tests of the RPCs through the generated client, without a connection.

mod compatible;
mod descriptor;
mod health;
mod own;
mod streams;
mod values;

use std::sync::Arc;

use aios_memory::AgentMemory;
use axum::{Extension, Router};
use serde_json::Value;
use tempfile::TempDir;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{Code, Response, Status};

use crate::{
    Config,
    call::Call,
    caller::{Caller, MadeBy, Naming},
    operation::Right,
    place::Place,
    telemetry::Traced,
    wire::memory_service_client::MemoryServiceClient,
};

type Client = MemoryServiceClient<Router>;

/// A memory in a temporary directory, and the end of its streams.
struct Fixture {
    memory: AgentMemory,
    ended: CancellationToken,
    _dir: TempDir,
}

impl Fixture {
    async fn new() -> Fixture {
        let dir = tempfile::tempdir().unwrap();
        let mut config = aios_memory::Config::at(dir.path().join("memory"));
        // The fast model, so that a memory opens in milliseconds.
        config.embedding.model = "static".to_owned();
        let memory = AgentMemory::open(config).await.unwrap();
        Fixture { memory, ended: CancellationToken::new(), _dir: dir }
    }

    /// Returns a client with all rights that acts for no user.
    async fn client(&self) -> Client {
        self.client_with(None, &Right::ALL).await
    }

    /// Returns a client of a user, with all rights.
    async fn client_of(&self, user: &str) -> Client {
        self.client_with(Some(user), &Right::ALL).await
    }

    async fn client_with(&self, user: Option<&str>, rights: &[Right]) -> Client {
        let (router, _) = super::routes(&Config::default()).await;
        MemoryServiceClient::new(router.layer(Extension(self.call(user, rights))))
    }

    /// Returns the call that the gate would make.
    fn call(&self, user: Option<&str>, rights: &[Right]) -> Call {
        let made_by = MadeBy {
            name: "test".into(),
            rights: Arc::new(rights.iter().copied().collect()),
            naming: Naming::Fixed,
        };
        Call {
            caller: Caller::new(self.memory.clone(), user, None, made_by).unwrap(),
            deadline: None,
            ended: self.ended.clone(),
            writes: TaskTracker::new(),
            place: Place::free(),
            traced: Traced::default(),
        }
    }
}

/// Returns the message of an answer.
fn ok<T>(answer: Result<Response<T>, Status>) -> T {
    answer.unwrap().into_inner()
}

/// Checks that a call fails with `code`, and returns its message.
#[track_caller]
fn fails<T: std::fmt::Debug>(answer: Result<Response<T>, Status>, code: Code) -> String {
    let status = answer.unwrap_err();
    assert_eq!(status.code(), code, "{status:?}");
    status.message().to_owned()
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}
