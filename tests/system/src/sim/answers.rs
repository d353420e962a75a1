//! What services answer when they do not, or not quite, do what is asked.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Frame;
use serde_json::{Map, Value, json};

use crate::chance::Chance;

/// Something that goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Turned away for its number.
    Throttled,
    /// The service is out of order.
    Broken,
    /// Done, but the answer is lost.
    AnswerLost,
    /// Never arrives.
    RequestLost,
    /// Some of the batch is done.
    Half,
    /// Another transaction is at the same item.
    Conflict,
    /// A transaction that is too much for one of its items.
    TooMuch,
    /// The answer breaks off in the middle.
    Cut,
}

impl Fault {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Throttled,
        Self::Broken,
        Self::AnswerLost,
        Self::RequestLost,
        Self::Half,
        Self::Conflict,
        Self::TooMuch,
        Self::Cut,
    ];

    /// Whether this can happen to such a call.
    #[must_use]
    pub fn befalls(self, operation: &str) -> bool {
        match self {
            Self::Half => {
                ["BatchWriteItem", "BatchGetItem", "SendMessageBatch"].contains(&operation)
            }
            Self::Conflict | Self::TooMuch => operation == "TransactWriteItems",
            Self::Cut => operation.starts_with("S3 GET"),
            Self::Throttled | Self::Broken | Self::AnswerLost | Self::RequestLost => true,
        }
    }
}

fn answer(status: StatusCode, body: String) -> Response<SdkBody> {
    let mut response = Response::new(SdkBody::from(body));
    *response.status_mut() = status;
    response
}

/// Turned away for its number, as each service words it.
#[must_use]
pub(super) fn throttled(what: &str) -> Response<SdkBody> {
    let service = what.split(['.', ' ']).next().unwrap_or_default();
    let code = match service {
        "S3" => {
            let body = "<Error><Code>SlowDown</Code><Message>slow down</Message></Error>";
            return answer(StatusCode::SERVICE_UNAVAILABLE, body.to_owned());
        }
        "DynamoDB_20120810" => {
            "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"
        }
        "TrentService" => "ThrottlingException",
        _ => "RequestThrottled",
    };
    answer(
        StatusCode::BAD_REQUEST,
        json!({ "__type": code, "message": "slow down" }).to_string(),
    )
}

/// Out of order.
#[must_use]
pub(super) fn out_of_order(what: &str) -> Response<SdkBody> {
    let body = if what.starts_with("S3 ") {
        "<Error><Code>InternalError</Code><Message>we failed</Message></Error>".to_owned()
    } else {
        json!({ "__type": "InternalServerError", "message": "we failed" }).to_string()
    };
    answer(StatusCode::INTERNAL_SERVER_ERROR, body)
}

/// A transaction is cancelled, for this reason of its first item.
#[must_use]
pub(super) fn cancelled(request: &Request<SdkBody>, reason: &str) -> Response<SdkBody> {
    let asked = body_of(request);
    let items = asked["TransactItems"].as_array().map_or(1, Vec::len);
    let reasons: Vec<Value> = (0..items)
        .map(|item| json!({ "Code": if item == 0 { reason } else { "None" } }))
        .collect();
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": "Transaction cancelled",
        "CancellationReasons": reasons,
    });
    answer(StatusCode::BAD_REQUEST, body.to_string())
}

/// The part of a batch that is done, and what the answer must say of the rest.
pub(super) struct Halves {
    /// To be served; `None` when nothing of the batch is done.
    pub done: Option<Request<SdkBody>>,
    rest: Rest,
}

enum Rest {
    /// Member of the answer, and what stands there.
    Unprocessed(&'static str, Value),
    /// Entries that failed, by id.
    Failed(Vec<Value>),
}

/// Cuts a batch in two, as chance will have it.
#[must_use]
pub(super) fn halves(request: Request<SdkBody>, operation: &str, chance: &mut Chance) -> Halves {
    let asked = body_of(&request);
    let (mut done, mut rest) = (asked.clone(), asked.clone());
    let any = if operation == "SendMessageBatch" {
        split(&mut done["Entries"], &mut rest["Entries"], chance)
    } else {
        let tables = asked["RequestItems"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        let mut any = false;
        for table in tables.keys() {
            let path = if operation == "BatchGetItem" {
                format!("/RequestItems/{table}/Keys")
            } else {
                format!("/RequestItems/{table}")
            };
            let (done, rest) = (
                done.pointer_mut(&path).unwrap(),
                rest.pointer_mut(&path).unwrap(),
            );
            any |= split(done, rest, chance);
        }
        any
    };
    let rest = match operation {
        "SendMessageBatch" => Rest::Failed(rest["Entries"].as_array().cloned().unwrap_or_default()),
        "BatchGetItem" => Rest::Unprocessed("UnprocessedKeys", rest["RequestItems"].take()),
        _ => Rest::Unprocessed("UnprocessedItems", rest["RequestItems"].take()),
    };
    let (parts, _) = request.into_parts();
    let done = any.then(|| Request::from_parts(parts, SdkBody::from(done.to_string())));
    Halves { done, rest }
}

/// Leaves each entry in one of the two; says whether any is left in the first.
fn split(done: &mut Value, rest: &mut Value, chance: &mut Chance) -> bool {
    let all = done.as_array().cloned().unwrap_or_default();
    let (mut now, mut later): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|_| chance.in_thousand(500));
    // Of a batch that is half done, something is left.
    if later.is_empty() {
        later.extend(now.pop());
    }
    let any = !now.is_empty();
    *done = now.into();
    *rest = later.into();
    any
}

impl Halves {
    /// The answer, given what the part that was done was answered with.
    #[must_use]
    pub(super) fn answer(self, to_done: Option<Response<SdkBody>>) -> Response<SdkBody> {
        let mut said = match to_done {
            Some(response) if !response.status().is_success() => return response,
            Some(response) => serde_json::from_slice(response.body().bytes().unwrap()).unwrap(),
            None => Value::Object(Map::new()),
        };
        match self.rest {
            Rest::Unprocessed(member, rest) => said[member] = rest,
            Rest::Failed(entries) => {
                let failed = |entry: &Value| json!({ "Id": entry["Id"], "Code": "InternalError", "SenderFault": false });
                said["Failed"] = entries.iter().map(failed).collect();
                if said.get("Successful").is_none() {
                    said["Successful"] = json!([]);
                }
            }
        }
        if said.get("Responses").is_none() && said.get("UnprocessedKeys").is_some() {
            said["Responses"] = json!({});
        }
        answer(StatusCode::OK, said.to_string())
    }
}

fn body_of(request: &Request<SdkBody>) -> Value {
    serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or_default()
}

/// A body that breaks off: its length is as announced, but not all of it comes.
struct CutBody {
    rest: Option<Bytes>,
}

impl http_body::Body for CutBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(match self.rest.take() {
            Some(bytes) => Ok(Frame::data(bytes)),
            None => Err(std::io::Error::other("the connection broke")),
        }))
    }
}

/// The same answer, of which only the first half arrives.
#[must_use]
pub(super) fn cut(response: Response<SdkBody>) -> Response<SdkBody> {
    response.map(|body| {
        let bytes = Bytes::copy_from_slice(body.bytes().unwrap_or_default());
        let rest = Some(bytes.slice(..bytes.len() / 2));
        SdkBody::from_body_1_x(CutBody { rest })
    })
}
