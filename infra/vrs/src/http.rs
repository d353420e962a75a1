//! The HTTP API of a running stack, as a program of a municipality would call it.

use anyhow::{Context as _, Result, bail};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode, header};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::reach::{authority, nothing_answers};

/// Calls one API with one token.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
    token: Option<String>,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Null when the body is no JSON.
    pub(crate) body: Value,
}

impl Api {
    /// `base` is the address without a slash at its end.
    pub(crate) fn new(base: &str) -> Result<Self> {
        let base = base.trim_end_matches('/');
        authority(base)?;
        let client = Client::builder(TokioExecutor::new()).build_http();
        Ok(Self {
            client,
            base: base.to_owned(),
            token: None,
        })
    }

    /// The same API with this token.
    pub(crate) fn with_token(&self, token: String) -> Self {
        Self {
            token: Some(token),
            ..self.clone()
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Answer> {
        self.call(Method::GET, path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.call(Method::POST, path, &[], Some(body)).await
    }

    /// Any request; a null body is none.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Result<Answer> {
        let body = Some(body).filter(|body| !body.is_null());
        self.call(method.parse()?, path, headers, body).await
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let bytes = body.map(Value::to_string).unwrap_or_default();
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let request = request
            .body(Full::from(bytes))
            .context("cannot write the request")?;
        let response = self.client.request(request).await;
        let response = response.with_context(|| nothing_answers(&self.base))?;
        let status = response.status();
        let body = response
            .into_body()
            .collect()
            .await
            .context("the answer broke off")?;
        let body = serde_json::from_slice(&body.to_bytes()).unwrap_or(Value::Null);
        Ok(Answer { status, body })
    }
}

impl Answer {
    /// The body of an answer that went well; else what the API said of it.
    pub(crate) fn ok(self) -> Result<Value> {
        if self.status.is_success() {
            return Ok(self.body);
        }
        let status = self.status.as_u16();
        let says = |name: &str| self.body.get(name).and_then(Value::as_str);
        let text = says("title_en")
            .or_else(|| says("title"))
            .or_else(|| says("message"));
        match (says("code"), text) {
            (Some(code), text) => bail!(
                "the API answered {status} {code}: {}",
                text.unwrap_or("(no text)")
            ),
            (None, Some(text)) => bail!("the API answered {status}: {text}"),
            (None, None) => {
                bail!("what answered {status} is not the API of `vrs serve`: look at --api")
            }
        }
    }
}
