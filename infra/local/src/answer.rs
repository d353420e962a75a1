//! Answers of the services that speak JSON (DynamoDB, SQS, KMS).

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

const JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.0");

/// An error as such a service words it.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refusal {
    /// The caller's fault (400).
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            message: message.into(),
        }
    }

    /// Ours (500).
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self {
            status,
            code: "InternalFailure",
            message: message.into(),
        }
    }
}

impl From<serde_json::Error> for Refusal {
    /// Says where a body could not be read, never what stands there.
    fn from(error: serde_json::Error) -> Self {
        let place = format!("the body cannot be read (column {})", error.column());
        Self::new("SerializationException", place)
    }
}

/// The answer of a call, good or bad.
pub(crate) fn answer(result: Result<Value, Refusal>) -> Response<Bytes> {
    match result {
        Ok(value) => body(StatusCode::OK, value.to_string()),
        Err(Refusal {
            status,
            code,
            message,
        }) => body(
            status,
            json!({ "__type": code, "message": message }).to_string(),
        ),
    }
}

pub(crate) fn body(status: StatusCode, text: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}
