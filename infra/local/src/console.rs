//! The console at `/`: the files of `infra/console`, as this crate was built with them.
//!
//! On AWS the same files lie in a bucket behind a distribution, which sets the same headers.

mod files;

use std::sync::LazyLock;

use aws_lc_rs::digest;
use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::json;

use self::files::{FILES, File};
use crate::serve::Urls;

/// Beside the content security policy, which names the origins of the stack.
const HEADERS: [(&str, &str); 6] = [
    ("cache-control", "no-cache"),
    ("cross-origin-opener-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(self), geolocation=(), microphone=()",
    ),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

/// One for each file, in their order.
static TAGS: LazyLock<Vec<String>> =
    LazyLock::new(|| FILES.iter().map(|file| tag(file.bytes)).collect());

/// Answers for a path of the console; `None` if it is none.
pub(crate) fn answer(
    urls: &Urls,
    client: &str,
    request: &Request<Bytes>,
) -> Option<Response<Bytes>> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return None;
    }
    let path = request.uri().path().strip_prefix('/')?;
    let mut response = if path == "config.json" {
        config(urls, client)
    } else {
        let name = if path.is_empty() { "index.html" } else { path };
        let at = FILES.iter().position(|file| file.name == name)?;
        if path.is_empty() && is_under_another_name(urls, request.headers()) {
            return Some(to_own_name(urls));
        }
        file(FILES.get(at)?, TAGS.get(at)?, request.headers())
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&policy(urls)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if request.method() == Method::HEAD {
        response.body_mut().clear();
    }
    Some(response)
}

fn file(file: &File, tag: &str, asked: &HeaderMap) -> Response<Bytes> {
    let known = asked.get(header::IF_NONE_MATCH);
    let known = known.and_then(|it| it.to_str().ok()).unwrap_or_default();
    let mut response = if known.split(',').any(|it| it.trim() == tag) {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        Response::new(Bytes::from_static(file.bytes))
    };
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static(file.kind);
    headers.insert(header::CONTENT_TYPE, kind);
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// Where the console finds the API and the issuer. An operator on AWS writes it once.
fn config(urls: &Urls, client: &str) -> Response<Bytes> {
    let config =
        json!({ "api": urls.api, "issuer": urls.api, "client": client, "scope": "openid" });
    let mut response = Response::new(Bytes::from(config.to_string()));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// The console's own origin is the issuer's, by the name that both were told.
fn is_under_another_name(urls: &Urls, asked: &HeaderMap) -> bool {
    let own = urls.api.strip_prefix("http://");
    let host = asked.get(header::HOST).and_then(|host| host.to_str().ok());
    host.is_some() && host != own
}

fn to_own_name(urls: &Urls) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    if let Ok(to) = HeaderValue::from_str(&format!("{}/", urls.api)) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}

fn policy(urls: &Urls) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' {}; \
         form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; \
         trusted-types 'none'",
        urls.s3
    )
}

fn tag(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    let short = digest.as_ref().get(..12).unwrap_or_default();
    format!("\"{}\"", BASE64URL_NOPAD.encode(short))
}

#[cfg(test)]
mod tests;
