//! The two steps of signing in: the page at [`AUTHORIZE`], the exchange at [`TOKEN`].

use std::collections::BTreeMap;

use bytes::Bytes;
use domain::TenantCode;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Issuer, TokenRequest, grants::Grant, page, pkce::Challenge};
use crate::gateway::decoded;

/// Where a browser is sent to sign in.
pub(crate) const AUTHORIZE: &str = "/authorize";
/// Where the client exchanges its code.
pub(crate) const TOKEN: &str = "/token";

/// What a token can allow, as staff read it.
pub(super) const ROLES: [(&str, &str, &str); 5] = [
    ("read", "住民を調べる", "search and read residents"),
    (
        "register",
        "ファイルを取り込む",
        "drop and decide about files",
    ),
    ("doses", "接種を記録する", "record doses"),
    (
        "inquire",
        "他の自治体に照会する",
        "ask other municipalities",
    ),
    ("approve", "承認・ロックする", "approve and lock"),
];

/// A working day's half; then one signs in again.
const SESSION: SignedDuration = SignedDuration::from_hours(4);
const LONGEST_FIELD: usize = 512;
const LONGEST_PERSON: usize = 64;

/// Parts of a form or a query, each given once.
type Form = BTreeMap<String, Vec<String>>;

/// What the client asks for (RFC 6749, 4.1.1; RFC 7636, 4.3).
pub(super) struct Asked {
    state: Option<String>,
    nonce: Option<String>,
    challenge: String,
    client: String,
    redirect_uri: String,
}

impl Asked {
    /// `None` for anything but a request of our own client: an error must not send a browser elsewhere.
    fn read(issuer: &Issuer, form: &Form) -> Option<Self> {
        let asked = Self {
            state: one(form, "state").map(str::to_owned),
            nonce: one(form, "nonce").map(str::to_owned),
            challenge: one(form, "code_challenge")?.to_owned(),
            client: one(form, "client_id")?.to_owned(),
            redirect_uri: one(form, "redirect_uri")?.to_owned(),
        };
        let known = asked.client == issuer.client()
            && asked.redirect_uri == issuer.redirect_uri()
            && one(form, "response_type") == Some("code")
            && one(form, "code_challenge_method") == Some("S256")
            && Challenge::parse(&asked.challenge).is_some();
        known.then_some(asked)
    }

    /// As hidden fields of the form.
    pub(super) fn fields(&self) -> Vec<(&'static str, &str)> {
        let mut fields = vec![
            ("response_type", "code"),
            ("code_challenge_method", "S256"),
            ("code_challenge", &self.challenge),
            ("client_id", &self.client),
            ("redirect_uri", &self.redirect_uri),
        ];
        fields.extend(self.state.as_deref().map(|state| ("state", state)));
        fields.extend(self.nonce.as_deref().map(|nonce| ("nonce", nonce)));
        fields
    }
}

/// Answers the paths of this module.
pub(crate) fn answer(
    issuer: &Issuer,
    request: &Request<Bytes>,
    now: Timestamp,
) -> Option<Response<Bytes>> {
    let method = request.method();
    match request.uri().path() {
        AUTHORIZE if method == Method::GET => {
            let query = request.uri().query().unwrap_or_default();
            Some(match Asked::read(issuer, &form(query.as_bytes())) {
                Some(asked) => html(StatusCode::OK, page::form(&asked, None)),
                None => refused("invalid_request"),
            })
        }
        AUTHORIZE if method == Method::POST => Some(signed_in(issuer, request, now)),
        TOKEN if method == Method::POST => Some(exchange(issuer, request, now)),
        _ => None,
    }
}

/// Somebody said who they are.
fn signed_in(issuer: &Issuer, request: &Request<Bytes>, now: Timestamp) -> Response<Bytes> {
    // A page of another origin cannot sign anybody in.
    let origin = request.headers().get(header::ORIGIN);
    if origin.is_some_and(|origin| origin.as_bytes() != issuer.url.as_bytes()) {
        return refused("invalid_request");
    }
    let form = form(request.body());
    let Some(asked) = Asked::read(issuer, &form) else {
        return refused("invalid_request");
    };
    let tenant = one(&form, "tenant").and_then(|code| code.parse::<TenantCode>().ok());
    let Some(tenant) = tenant else {
        let said = (
            "その自治体コードはありません。",
            "there is no such municipality",
        );
        return html(StatusCode::BAD_REQUEST, page::form(&asked, Some(said)));
    };
    let person = one(&form, "person").map(str::trim).unwrap_or_default();
    if person.is_empty() || person.chars().count() > LONGEST_PERSON {
        let said = ("職員を入力してください。", "the person is missing");
        return html(StatusCode::BAD_REQUEST, page::form(&asked, Some(said)));
    }
    let wished = form.get("role").map(Vec::as_slice).unwrap_or_default();
    let roles = ROLES.iter().map(|(role, ..)| (*role).to_owned());
    let token = TokenRequest {
        tenant: tenant.as_str().to_owned(),
        roles: roles.filter(|role| wished.contains(role)).collect(),
        subject: person.to_owned(),
        valid_for: SESSION,
    };
    let Some(challenge) = Challenge::parse(&asked.challenge) else {
        return refused("invalid_request");
    };
    let grant = Grant {
        challenge,
        nonce: asked.nonce.clone(),
        token,
    };
    let Ok(code) = issuer.grants.give(grant, now) else {
        return refused("temporarily_unavailable");
    };
    let mut to = format!("{}?code={code}", asked.redirect_uri);
    if let Some(state) = &asked.state {
        to.push_str("&state=");
        to.push_str(&encoded(state));
    }
    let mut response = html(StatusCode::SEE_OTHER, String::new());
    if let Ok(to) = HeaderValue::from_str(&to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}

/// Code and verifier for a token (RFC 6749, 4.1.3; RFC 7636, 4.5).
fn exchange(issuer: &Issuer, request: &Request<Bytes>, now: Timestamp) -> Response<Bytes> {
    let form = form(request.body());
    if one(&form, "grant_type") != Some("authorization_code") {
        return refused("unsupported_grant_type");
    }
    let ours = one(&form, "client_id") == Some(issuer.client())
        && one(&form, "redirect_uri") == Some(issuer.redirect_uri().as_str());
    let grant = one(&form, "code").and_then(|code| issuer.grants.take(code, now));
    let verifier = one(&form, "code_verifier").unwrap_or_default();
    let Some(grant) = grant.filter(|grant| ours && grant.challenge.is_met_by(verifier)) else {
        return refused("invalid_grant");
    };
    match issuer.token_with(&grant.token, grant.nonce.as_deref(), now) {
        Ok(token) => answered(
            StatusCode::OK,
            "application/json",
            json!({
                "access_token": token,
                "id_token": token,
                "token_type": "Bearer",
                "expires_in": grant.token.valid_for.as_secs(),
            })
            .to_string(),
        ),
        Err(_) => refused("server_error"),
    }
}

fn form(text: &[u8]) -> Form {
    let mut form = Form::new();
    let text = std::str::from_utf8(text).unwrap_or_default();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if let (Some(name), Some(value)) = (decoded(name, true), decoded(value, true)) {
            form.entry(name).or_default().push(value);
        }
    }
    form
}

/// A field that is there exactly once and not absurdly long.
fn one<'a>(form: &'a Form, name: &str) -> Option<&'a str> {
    match form.get(name).map(Vec::as_slice) {
        Some([value]) if value.len() <= LONGEST_FIELD => Some(value),
        _ => None,
    }
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&data_encoding::HEXUPPER.encode(&[byte]));
        }
    }
    out
}

fn refused(error: &str) -> Response<Bytes> {
    let body = json!({ "error": error }).to_string();
    answered(StatusCode::BAD_REQUEST, "application/json", body)
}

fn html(status: StatusCode, page: String) -> Response<Bytes> {
    let mut response = answered(status, "text/html; charset=utf-8", page);
    let policy = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; \
                  base-uri 'none'";
    let policy = HeaderValue::from_static(policy);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    // With none at all the form would name its origin `null`.
    let own = HeaderValue::from_static("same-origin");
    headers.insert(header::REFERRER_POLICY, own);
    response
}

fn answered(status: StatusCode, kind: &'static str, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests;
