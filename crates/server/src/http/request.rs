//! Parses requests: bodies, query parameters and path segments. Unknown fields and parameters are
//! refused by name.

use std::{collections::HashSet, time::Duration};

use aios_memory::{
    Id, Key, Kind, MemoryView, Scope, Timestamp,
    draft::{moment, repeated},
};
use axum::{
    body::{Body, Bytes},
    extract::{
        FromRequest, FromRequestParts, Path, Query as AxumQuery, Request,
        rejection::{JsonRejection, PathRejection},
    },
};
use http::{HeaderMap, Uri, header, request::Parts};
use http_body_util::{BodyExt, Limited};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};

use super::service::Service;
use crate::{
    call::Call,
    failure::{Class, Failure},
    scope::scope_of,
};

/// Maximum time for the arrival of a body. For most calls, the gate's time limit is shorter.
const BODY_TIME_MAX: Duration = Duration::from_secs(60);

impl<S: Sync> FromRequestParts<S> for Call {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Call, Failure> {
        Call::of(&parts.extensions)
    }
}

/// A JSON body of a route without query parameters.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Service> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, service: &Service) -> Result<Json<T>, Failure> {
        no_parameters(request.uri())?;
        let bytes = json_bytes(request, service).await?;
        parsed(&bytes).map(Json)
    }
}

/// A JSON body of a route with query parameters, which the route reads as well.
pub(crate) struct JsonBeside<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Service> for JsonBeside<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, service: &Service) -> Result<JsonBeside<T>, Failure> {
        let bytes = json_bytes(request, service).await?;
        parsed(&bytes).map(JsonBeside)
    }
}

/// The empty body of a route without fields. An empty JSON object is accepted.
pub(crate) struct NoBody;

impl FromRequest<Service> for NoBody {
    type Rejection = Failure;

    async fn from_request(request: Request, service: &Service) -> Result<NoBody, Failure> {
        let call = Call::of(request.extensions())?;
        let bytes = whole_body(&call, request.into_body(), service.body_bytes_max()).await?;
        match bytes.trim_ascii().is_empty() {
            true => Ok(NoBody),
            false => parsed(&bytes).map(|NoParameters {}| NoBody),
        }
    }
}

/// Returns the bytes of a JSON body.
async fn json_bytes(request: Request, service: &Service) -> Result<Bytes, Failure> {
    let call = Call::of(request.extensions())?;
    check_type(request.headers(), &["application/json", "application/merge-patch+json"])?;
    whole_body(&call, request.into_body(), service.body_bytes_max()).await
}

/// Parses JSON into the type of a request.
///
/// # Errors
/// Fails with the invalid field or position.
pub(crate) fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    // serde would read a list as the fields in their order.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Failure::invalid("expected a JSON object, not a list"));
    }
    // The JSON parser would silently keep the last of two duplicate fields.
    repeated::check(bytes).map_err(Failure::invalid)?;
    axum::Json::from_bytes(bytes).map(|axum::Json(value)| value).map_err(|it| malformed(&it))
}

fn malformed(rejection: &JsonRejection) -> Failure {
    let text = rejection.body_text();
    // Removes the framework's sentence at the start of the rejection.
    let reason = text.split_once(": ").map_or(text.as_str(), |(_, reason)| reason);
    Failure::invalid(reason.trim_start_matches(".: ").to_owned())
}

/// Reads a body to its end.
///
/// # Errors
/// Fails if it is longer than `bytes_max`, does not arrive in time, or the connection breaks.
pub(crate) async fn whole_body(
    call: &Call,
    body: Body,
    bytes_max: usize,
) -> Result<Bytes, Failure> {
    let time = call.time_left(BODY_TIME_MAX);
    match tokio::time::timeout(time, Limited::new(body, bytes_max).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if is_too_long(&*error) => Err(Failure::too_long(bytes_max)),
        Ok(Err(_)) => Err(broken()),
        Err(_) => Err(Failure::deadline()),
    }
}

/// Returns true if the body exceeded a limit, here or in the gate.
pub(crate) fn is_too_long(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        next = error.source();
    }
    false
}

pub(crate) fn broken() -> Failure {
    Failure::invalid("the connection broke within the body")
}

/// Checks the type of the body.
///
/// # Errors
/// Fails if `types` does not include it.
pub(crate) fn check_type(headers: &HeaderMap, types: &[&str]) -> Result<(), Failure> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let given = given.unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    let is_utf8 =
        given.split(';').skip(1).filter_map(|it| it.split_once('=')).all(|(name, value)| {
            !name.trim().eq_ignore_ascii_case("charset") || is_utf8_named(value.trim())
        });
    if is_utf8 && types.iter().any(|known| essence.eq_ignore_ascii_case(known)) {
        return Ok(());
    }
    let message = match essence {
        _ if !is_utf8 => format!("a body of type `{given}` is not read here; expected UTF-8"),
        "" => format!("the header `content-type` is missing; expected {}", types.join(" or ")),
        other => format!("a body of type `{other}` is not read here; expected {}", types[0]),
    };
    Err(Failure::new(Class::MediaType, "media_type", message))
}

/// Returns true for UTF-8 and its subset ASCII.
fn is_utf8_named(charset: &str) -> bool {
    let name = charset.trim_matches('"');
    ["utf-8", "utf8", "us-ascii"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Refuses query parameters.
pub(crate) fn no_parameters(uri: &Uri) -> Result<(), Failure> {
    match uri.query().filter(|query| !query.is_empty()) {
        None => Ok(()),
        Some(query) => {
            let name = query.split(['=', '&']).next().unwrap_or_default();
            Err(Failure::invalid(format!(
                "unknown query parameter `{name}`: this route has none, its options are in the body"
            )))
        }
    }
}

/// Query parameters.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Query<T>, Failure> {
        each_once(&parts.uri)?;
        match AxumQuery::try_from_uri(&parts.uri) {
            Ok(AxumQuery(query)) => Ok(Query(query)),
            Err(rejection) => {
                let text = rejection.body_text();
                let reason = text.split_once(": ").map_or(text.as_str(), |(_, reason)| reason);
                Err(Failure::invalid(format!("query parameters: {reason}")))
            }
        }
    }
}

/// Refuses duplicate query parameters. A map would silently keep the last one.
fn each_once(uri: &Uri) -> Result<(), Failure> {
    let Ok(AxumQuery(pairs)) = AxumQuery::<Vec<(String, String)>>::try_from_uri(uri) else {
        return Ok(());
    };
    let mut names = HashSet::new();
    match pairs.iter().find(|(name, _)| !names.insert(name)) {
        None => Ok(()),
        Some((name, _)) => {
            let name = moment::excerpt(name);
            Err(Failure::invalid(format!("query parameters: duplicate field `{name}`")))
        }
    }
}

/// The parameters of a route without any.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoParameters {}

/// The record named by the path.
pub(crate) struct RecordKey(pub(crate) Key);

impl<S: Send + Sync> FromRequestParts<S> for RecordKey {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<RecordKey, Failure> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((kind, id)) = path.map_err(|it| bad_path(&it))?;
        Ok(RecordKey(Key::new(kind_named(&kind)?, id_of(id)?)))
    }
}

/// The kind named by the path.
pub(crate) struct RecordKind(pub(crate) Kind);

impl<S: Send + Sync> FromRequestParts<S> for RecordKind {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<RecordKind, Failure> {
        let PathName(kind) = PathName::from_request_parts(parts, state).await?;
        Ok(RecordKind(kind_named(&kind)?))
    }
}

/// The single name in the path, such as a session.
pub(crate) struct PathName(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for PathName {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<PathName, Failure> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(name)| PathName(name)).map_err(|it| bad_path(&it))
    }
}

fn bad_path(rejection: &PathRejection) -> Failure {
    Failure::invalid(format!("the path cannot be read: {}", rejection.body_text()))
}

/// Returns the kind with this name.
pub(crate) fn kind_named(name: &str) -> Result<Kind, Failure> {
    Kind::meant_by(name).map_err(|error| aios_memory::Error::from(error).into())
}

/// Returns the kinds with these names; `None` if no name is given.
pub(crate) fn kinds_named(names: &[String]) -> Result<Option<Vec<Kind>>, Failure> {
    let kinds = names.iter().map(|name| kind_named(name)).collect::<Result<Vec<_>, _>>()?;
    Ok((!kinds.is_empty()).then_some(kinds))
}

/// Parses an id.
pub(crate) fn id_of(text: String) -> Result<Id, Failure> {
    Id::new(text).map_err(|error| aios_memory::Error::from(error).into())
}

/// Parses a key.
pub(crate) fn key_of(text: &str) -> Result<Key, Failure> {
    text.parse().map_err(|error: aios_memory::record::Error| aios_memory::Error::from(error).into())
}

/// Deserialises an optional RFC 3339 time.
pub(crate) fn time<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(value)?;
    text.map(|text| moment::parse_rfc3339(&text).map_err(D::Error::custom)).transpose()
}

/// Checks a number against its bounds.
///
/// # Errors
/// Fails with the field and the bounds.
pub(crate) fn within<N: PartialOrd + std::fmt::Display>(
    field: &str,
    number: N,
    bounds: std::ops::RangeInclusive<N>,
) -> Result<N, Failure> {
    if bounds.contains(&number) {
        return Ok(number);
    }
    let (min, max) = (bounds.start(), bounds.end());
    Err(Failure::invalid(format!("`{field}` is from {min} to {max}, not {number}")))
}

/// The part of the caller's memory that a call is about. It narrows, and never widens.
#[derive(Debug, Clone, Default)]
pub(crate) struct Part {
    /// Id of a project. Records without a project are included.
    pub(crate) project: Option<String>,
    /// Name of an agent. Records without an agent are included.
    pub(crate) agent: Option<String>,
    /// Id of a conversation. Records without one are included.
    pub(crate) session: Option<String>,
}

impl Part {
    pub(crate) fn scope(&self) -> Result<Scope, Failure> {
        let Part { project, agent, session } = self.clone();
        scope_of("", project, agent, session)
    }

    /// Returns `view` narrowed to this part.
    pub(crate) fn of(&self, view: &MemoryView) -> Result<MemoryView, Failure> {
        let scope = self.scope()?;
        if scope == Scope::default() {
            return Ok(view.clone());
        }
        Ok(view.narrow(&scope.into())?)
    }
}
