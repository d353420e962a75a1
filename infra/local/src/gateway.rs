//! What API Gateway does in front of the functions: routes, tokens, events in payload format 2.0.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use data_encoding::BASE64;
use domain::Clock;
use http::{HeaderMap, Request, Response, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{host::FunctionHost, oidc::Issuer, template::Api};

/// API Gateway takes bodies of at most 10 MB.
const LARGEST_BODY: usize = 10 * 1024 * 1024;

/// The HTTP API of the template.
pub struct Gateway {
    routes: Vec<CompiledRoute>,
    issuer: Arc<Issuer>,
    clock: Arc<dyn Clock>,
}

struct CompiledRoute {
    key: String,
    method: String,
    segments: Vec<Segment>,
    function: String,
}

#[derive(PartialEq, Eq)]
enum Segment {
    Literal(String),
    Parameter(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    is_base64_encoded: bool,
}

impl Gateway {
    /// Routes of the template; tokens are verified by the local issuer.
    #[must_use]
    pub fn new(api: &Api, issuer: Arc<Issuer>, clock: Arc<dyn Clock>) -> Self {
        let compile = |route: &crate::template::Route| {
            let (method, path) = route.key.split_once(' ').unwrap_or(("", &route.key));
            CompiledRoute {
                key: route.key.clone(),
                method: method.to_owned(),
                segments: path.split('/').skip(1).map(Segment::of).collect(),
                function: route.function.clone(),
            }
        };
        let mut routes: Vec<_> = api.routes.iter().map(compile).collect();
        // A literal path goes before one with parameters.
        routes.sort_by_key(CompiledRoute::parameters);
        Self {
            routes,
            issuer,
            clock,
        }
    }

    /// Answers one request as API Gateway would, by way of the function behind the route.
    pub async fn call(&self, request: Request<Bytes>, host: &FunctionHost) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        let Some((route, parameters)) = self
            .routes
            .iter()
            .find_map(|route| Some((route, route.matches(&parts.method, path)?)))
        else {
            return message(StatusCode::NOT_FOUND, "Not Found");
        };
        let Some(claims) = self.claims(&parts.headers) else {
            return message(StatusCode::UNAUTHORIZED, "Unauthorized");
        };
        if body.len() > LARGEST_BODY {
            return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long");
        }
        let query = parts.uri.query().unwrap_or_default();
        let mut event = event(route, &parameters, query, &claims, &body);
        event["headers"] = json!(header_texts(&parts.headers));
        match host
            .invoke_arn(&route.function, event.to_string().into_bytes())
            .await
        {
            Ok(answer) => read(&answer).unwrap_or_else(|| bad_gateway(&route.key)),
            Err(_) => bad_gateway(&route.key),
        }
    }

    /// The claims of the one bearer token of the request.
    fn claims(&self, headers: &HeaderMap) -> Option<Map<String, Value>> {
        let mut all = headers.get_all(header::AUTHORIZATION).iter();
        let (Some(value), None) = (all.next(), all.next()) else {
            return None;
        };
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        self.issuer.verify(token, self.clock.now()).ok()
    }
}

impl Segment {
    fn of(text: &str) -> Self {
        let parameter = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'));
        parameter.map_or_else(
            || Self::Literal(text.to_owned()),
            |name| Self::Parameter(name.to_owned()),
        )
    }
}

impl CompiledRoute {
    fn parameters(&self) -> usize {
        self.segments
            .iter()
            .filter(|segment| matches!(segment, Segment::Parameter(_)))
            .count()
    }

    /// The path's parameters, decoded, if method and path are this route's.
    fn matches(&self, method: &http::Method, path: &str) -> Option<BTreeMap<String, String>> {
        if self.method != method.as_str() {
            return None;
        }
        let mut parts = path.split('/').skip(1);
        let mut parameters = BTreeMap::new();
        for segment in &self.segments {
            let part = parts.next()?;
            match segment {
                Segment::Literal(text) if text == part => {}
                Segment::Parameter(name) if !part.is_empty() => {
                    parameters.insert(name.clone(), decoded(part, false)?);
                }
                Segment::Literal(_) | Segment::Parameter(_) => return None,
            }
        }
        parts.next().is_none().then_some(parameters)
    }
}

fn event(
    route: &CompiledRoute,
    parameters: &BTreeMap<String, String>,
    query: &str,
    claims: &Map<String, Value>,
    body: &Bytes,
) -> Value {
    let (text, encoded) = match std::str::from_utf8(body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (BASE64.encode(body), true),
    };
    let mut event = json!({
        "version": "2.0",
        "routeKey": route.key,
        "rawQueryString": query,
        "headers": {},
        "requestContext": {
            "stage": "$default",
            "routeKey": route.key,
            "authorizer": { "jwt": { "claims": as_texts(claims), "scopes": null } },
            "http": { "method": route.method },
        },
        "isBase64Encoded": encoded,
    });
    if let Some(event) = event.as_object_mut() {
        if !text.is_empty() {
            event.insert("body".to_owned(), text.into());
        }
        if !parameters.is_empty() {
            event.insert("pathParameters".to_owned(), json!(parameters));
        }
        let query = query_parameters(query);
        if !query.is_empty() {
            event.insert("queryStringParameters".to_owned(), json!(query));
        }
    }
    event
}

/// Headers by their names in small letters. One that is given twice is handed over once, joined by a
/// comma. The token is left out: nobody behind the gateway needs it.
fn header_texts(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let Ok(value) = value.to_str() else { continue };
        if name == header::AUTHORIZATION {
            continue;
        }
        texts
            .entry(name.as_str().to_owned())
            .and_modify(|known| {
                known.push(',');
                known.push_str(value);
            })
            .or_insert_with(|| value.to_owned());
    }
    texts
}

/// API Gateway hands claims over as texts; a list becomes `[a b]`.
fn as_texts(claims: &Map<String, Value>) -> Map<String, Value> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| {
                    item.as_str()
                        .map_or_else(|| item.to_string(), str::to_owned)
                })
                .collect();
            format!("[{}]", items.join(" "))
        }
        other => other.to_string(),
    };
    claims
        .iter()
        .map(|(name, value)| (name.clone(), text(value).into()))
        .collect()
}

/// A parameter that is given twice is handed over once, joined by a comma.
fn query_parameters(query: &str) -> BTreeMap<String, String> {
    let mut parameters: BTreeMap<String, String> = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (Some(name), Some(value)) = (decoded(name, true), decoded(value, true)) else {
            continue;
        };
        parameters
            .entry(name)
            .and_modify(|known| {
                known.push(',');
                known.push_str(&value);
            })
            .or_insert(value);
    }
    parameters
}

/// Decodes `%xx`, and `+` where it stands for a space; `None` when that gives no text.
pub(crate) fn decoded(text: &str, plus_is_space: bool) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' if plus_is_space => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(out).ok()
}

fn read(answer: &[u8]) -> Option<Response<Bytes>> {
    let answer: Answer = serde_json::from_slice(answer).ok()?;
    let body = if answer.is_base64_encoded {
        BASE64.decode(answer.body.as_bytes()).ok()?
    } else {
        answer.body.into_bytes()
    };
    let mut response = Response::builder().status(answer.status_code);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    response.body(Bytes::from(body)).ok()
}

fn bad_gateway(route: &str) -> Response<Bytes> {
    tracing::error!(route, "a function gave no answer");
    message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}

fn message(status: StatusCode, text: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(json!({ "message": text }).to_string()));
    *response.status_mut() = status;
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
