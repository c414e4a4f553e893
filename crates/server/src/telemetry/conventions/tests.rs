//! Names of operations.

use super::*;
use crate::operation::{FACADES, INTERNAL, ROUTES, RPCS, Right};

/// Operations that write or forget but are not a single memory operation.
const OTHERS: [&str; 5] = [
    "PushEvent",
    "UpdateMetric",
    "POST /api/v1/store/batch",
    "POST /api/v1/events",
    "POST /internal/v1/command",
];

#[test]
fn every_operation_that_writes_has_a_name_of_the_conventions() {
    for operation in RPCS.iter().chain(ROUTES).chain(FACADES).chain(INTERNAL) {
        let name = memory_operation(operation);
        let is_fitting = match operation.right {
            Right::Write => matches!(name, Some("create_memory" | "update_memory")),
            // A confirmation needs this right as well.
            Right::Forget => {
                name == Some("delete_memory")
                    || operation.is_of_one_owner && name == Some("update_memory")
            }
            _ => matches!(name, None | Some("search_memory")),
        };
        let is_other = OTHERS.contains(&operation.name);
        assert!(is_fitting != is_other || (is_other && name.is_none()), "{}", operation.name);
    }
}

#[test]
fn only_a_failure_of_the_service_is_an_error() {
    let answer = |status: u16| http::Response::builder().status(status).body(()).unwrap();
    let of_grpc =
        |status: &str| http::Response::builder().header("grpc-status", status).body(()).unwrap();
    assert_eq!(outcome(&answer(200), false, "ok").1, Status::Unset);
    assert_eq!(outcome(&answer(404), false, "not_found").1, Status::Unset);
    assert_eq!(outcome(&answer(503), false, "busy").1, Status::error("busy"));
    assert_eq!(outcome(&of_grpc("5"), true, "not_found").1, Status::Unset);
    assert_eq!(outcome(&of_grpc("14"), true, "busy").1, Status::error("busy"));
    let (attributes, status) = outcome(&answer(200), true, "ok");
    assert_eq!((attributes, status), (vec![KeyValue::new(GRPC_STATUS, 0)], Status::Unset));
}
