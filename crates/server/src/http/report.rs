//! `GET /api/v1/report`: the records visible to the caller, by kind, day, user and agent.

use aios_memory::{ReportOptions, Timestamp, report::DAYS_MAX};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    answer,
    request::{Query, time, within},
};
use crate::{call::Call, failure::Failure, operation::Right};

/// The period of a report.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Period {
    /// Start of the period, RFC 3339. Default: midnight in UTC, `days` ago.
    #[serde(default, deserialize_with = "time")]
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Number of days including today, in UTC, 1 to 3660. Not with `since`. Default: 30.
    #[param(minimum = 1, maximum = 3660)]
    days: Option<usize>,
}

/// Reports on the records that the caller may read: counts by kind, day, user and agent, recalled
/// records, and the success of patterns and procedures. Without the right `observe`, the size on
/// disk, backups and events are left out.
#[utoipa::path(
    get,
    path = "/api/v1/report",
    tag = "operation",
    params(Period),
    responses((status = 200, description = "The report", body = serde_json::Value))
)]
pub(crate) async fn report(call: Call, Query(period): Query<Period>) -> Result<Response, Failure> {
    let options = ReportOptions::default().with_kinds(call.caller.readable(None)?);
    let options = match (period.since, period.days) {
        (Some(_), Some(_)) => {
            return Err(Failure::invalid("`since` and `days` exclude each other"));
        }
        (Some(since), None) => options.with_since(since),
        (None, Some(days)) => options.with_days(within("days", days, 1..=DAYS_MAX)?),
        (None, None) => options,
    };
    let mut report = call.read(Box::pin(call.caller.view().report(&options))).await?;
    if !call.caller.has(Right::Observe) {
        report.totals.disk_bytes = None;
        report.backups = None;
    }
    Ok(answer::json(StatusCode::OK, &report))
}
