//! A client in another language, whose stubs are made only from reflection.
//!
//! `cargo xtask verify foreign` runs it with an interpreter that has grpcio and grpcio-reflection.
//! The suite runs the same calls from Rust, in `compatible`.

use std::{path::Path, process::Command};

use crate::support::Service;

#[tokio::test(flavor = "multi_thread")]
async fn a_python_client_calls_every_compatible_rpc() {
    let Ok(python) = std::env::var("AIOS_FOREIGN_PYTHON") else { return };
    let service = Service::start().await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/client.py");
    let address = service.address.to_string();
    let ran = tokio::task::spawn_blocking(move || {
        Command::new(python).arg(script).arg(address).output().unwrap()
    });
    let ran = ran.await.unwrap();
    let told = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{told}");
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "24 RPCs answered as they should\n");
    service.stop().await;
}
