//! gRPC: `aios.memory.MemoryService`, with health and reflection. The generated types are used only
//! here and in [`wire`]; each module converts the messages of its RPCs to calls of the memory.
//!
//! Not here: connections, tokens, limits and time, which the gate handles. It inserts a
//! [`Call`](crate::call::Call) into the extensions of each request.

mod answer;
mod context;
mod events;
mod export;
mod facts;
mod fields;
mod forget;
mod library;
mod messages;
mod records;
mod remember;
mod scope;
mod search;
mod service;
mod stream;
mod tasks;
mod values;
mod watch;
mod work;

use tonic::{server::NamedService, service::Routes};
use tonic_health::{ServingStatus, server::HealthReporter};

use self::service::Service;
use crate::{Config, wire, wire::memory_service_server::MemoryServiceServer};

/// The service whose health is reported.
type Memory = MemoryServiceServer<Service>;

/// Reports whether the service accepts calls. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Health(HealthReporter);

/// Returns the gRPC routes, without a fallback, and the handle of their health, which is SERVING.
pub(crate) async fn routes(config: &Config) -> (axum::Router, Health) {
    let (reporter, health_server) = tonic_health::server::health_reporter();
    let health = Health(reporter);
    health.set_serving().await;
    let memory = Memory::new(Service::new()).max_decoding_message_size(config.message_bytes_max);
    let described = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(wire::DESCRIPTOR)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    // Reflection adds its own descriptor.
    let v1 = described().build_v1().expect("the descriptors are part of the program");
    let v1alpha = described().build_v1alpha().expect("the descriptors are part of the program");
    // `Routes::default` has a fallback, which prevents merging with another router.
    let routes = Routes::from(axum::Router::new())
        .add_service(memory)
        .add_service(health_server)
        .add_service(v1)
        .add_service(v1alpha);
    (routes.into_axum_router(), health)
}

impl Health {
    /// Reports SERVING for the service and for the process.
    pub(crate) async fn set_serving(&self) {
        self.set(ServingStatus::Serving).await;
    }

    /// Reports NOT_SERVING, while the service drains.
    pub(crate) async fn set_not_serving(&self) {
        self.set(ServingStatus::NotServing).await;
    }

    async fn set(&self, status: ServingStatus) {
        for name in ["", Memory::NAME] {
            self.0.set_service_status(name, status).await;
        }
    }
}

#[cfg(test)]
mod tests;
