use std::collections::BTreeMap;

use api::{Code, HEADERS, LARGE_BODY_LIMIT, Problem, RawRequest, Request, Response};
use bytes::Bytes;
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::panics::catching;
use crate::{BoxFuture, Error};

/// API Gateway's payload format 2.0, as much of it as counts. Of headers few do: who asks stands in the
/// claims that the gateway has verified.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEvent {
    version: String,
    route_key: String,
    #[serde(default)]
    path_parameters: Option<BTreeMap<String, String>>,
    #[serde(default)]
    query_string_parameters: Option<BTreeMap<String, String>>,
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    request_context: RawContext,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
struct RawContext {
    #[serde(default)]
    authorizer: Option<RawAuthorizer>,
}

#[derive(Deserialize)]
struct RawAuthorizer {
    #[serde(default)]
    jwt: Option<RawToken>,
}

#[derive(Deserialize)]
struct RawToken {
    #[serde(default)]
    claims: Option<Map<String, Value>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    status_code: u16,
    headers: BTreeMap<&'a str, &'a str>,
    body: String,
    is_base64_encoded: bool,
}

const NO_EVENT: Error = Error::Event("the HTTP API");

pub(crate) async fn dispatch<F>(handle: &F, event: &[u8]) -> Result<Vec<u8>, Error>
where
    F: Fn(Request) -> BoxFuture<'static, Response> + ?Sized,
{
    let event: RawEvent = serde_json::from_slice(event).map_err(|_| NO_EVENT)?;
    if event.version != "2.0" {
        return Err(NO_EVENT);
    }
    let route = event.route_key.clone();
    let response = match read(event).and_then(Request::new) {
        Ok(request) => catching(async { handle(request).await })
            .await
            .unwrap_or_else(|panicked| Problem::internal(&panicked).into()),
        Err(problem) => problem.into(),
    };
    record(&route, &response);
    write(&response)
}

fn read(event: RawEvent) -> Result<RawRequest, Problem> {
    let body = event.body.unwrap_or_default();
    let body = if event.is_base64_encoded {
        // Checked before it is decoded: four characters make three bytes.
        if body.len() > LARGE_BODY_LIMIT / 3 * 4 + 4 {
            return Err(Problem::new(Code::BodyTooLarge));
        }
        let decoded = BASE64.decode(body.as_bytes());
        decoded.map_err(|_| Problem::new(Code::BodyMalformed))?
    } else {
        body.into_bytes()
    };
    let token = event.request_context.authorizer.and_then(|it| it.jwt);
    Ok(RawRequest {
        route: event.route_key,
        path: event.path_parameters.unwrap_or_default(),
        query: event.query_string_parameters.unwrap_or_default(),
        headers: known(event.headers.unwrap_or_default()),
        body: Bytes::from(body),
        claims: token.and_then(|token| token.claims),
    })
}

/// The headers that routes look at, by their names in small letters.
fn known(headers: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let small = |(name, value): (String, String)| (name.to_ascii_lowercase(), value);
    let is_known = |(name, _): &(String, String)| HEADERS.contains(&name.as_str());
    headers.into_iter().map(small).filter(is_known).collect()
}

/// One line for each request. The route is the template's, so no path that was asked for is in it.
fn record(route: &str, response: &Response) {
    let status = response.status();
    let problem = response.problem();
    let code = problem.map_or("OK", |problem| problem.code().as_str());
    if let Some(cause) = problem.and_then(Problem::cause) {
        tracing::error!(route, status, code, error = cause, "a request failed");
    } else {
        tracing::info!(route, status, code, "a request was answered");
    }
    if status >= 500 {
        tracing::info!(target: "metrics", requests_failed = 1);
    }
}

fn write(response: &Response) -> Result<Vec<u8>, Error> {
    let (body, is_base64_encoded) = match std::str::from_utf8(response.body()) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (BASE64.encode(response.body()), true),
    };
    let answer = Answer {
        status_code: response.status(),
        headers: response.headers().into_iter().collect(),
        body,
        is_base64_encoded,
    };
    serde_json::to_vec(&answer).map_err(|_| NO_EVENT)
}
