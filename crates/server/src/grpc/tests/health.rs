//! Health.

use tonic::Code;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use super::{fails, ok};
use crate::{Config, grpc::routes};

#[tokio::test]
async fn health_is_that_of_the_process_and_of_the_service() {
    let (router, health) = routes(&Config::default()).await;
    let mut client = HealthClient::new(router);
    let named = |service: &str| HealthCheckRequest { service: service.to_owned() };
    for service in ["", "aios.memory.MemoryService"] {
        let answer = ok(client.check(named(service)).await);
        assert_eq!(answer.status(), ServingStatus::Serving);
    }
    health.set_not_serving().await;
    for service in ["", "aios.memory.MemoryService"] {
        let answer = ok(client.check(named(service)).await);
        assert_eq!(answer.status(), ServingStatus::NotServing);
    }
    fails(client.check(named("another.Service")).await, Code::NotFound);
}
