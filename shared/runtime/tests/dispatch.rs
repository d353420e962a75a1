//! Events as AWS sends them, through `dispatch`, to small handlers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::io::Write;
use std::sync::{Arc, Mutex};

use api::{Request, Response};
use jiff::Timestamp;
use runtime::{Error, Failure, Handler, dispatch, subscriber};
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

const DEADLINE: Timestamp = Timestamp::UNIX_EPOCH;

async fn answer(handler: &Handler, event: &Value) -> Value {
    let bytes = dispatch(handler, event.to_string().as_bytes(), DEADLINE)
        .await
        .unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn batch(bodies: &[&str]) -> Value {
    let record = |(number, body): (usize, &&str)| {
        json!({
            "messageId": format!("m{number}"), "receiptHandle": "h", "body": body,
            "attributes": {"ApproximateReceiveCount": "2", "SentTimestamp": "1"},
            "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:ap-northeast-1:0:loads", "awsRegion": "ap-northeast-1",
        })
    };
    json!({"Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>()})
}

fn request(change: impl FnOnce(&mut Value)) -> Value {
    let mut event = json!({
        "version": "2.0", "routeKey": "GET /things/{id}", "rawPath": "/things/x", "rawQueryString": "",
        "headers": {"authorization": "Bearer x", "x-tenant": "011002"},
        "pathParameters": {"id": "x"},
        "requestContext": {
            "accountId": "0", "apiId": "a", "stage": "$default", "requestId": "r",
            "authorizer": {"jwt": {
                "claims": {"sub": "u", "tenant": "131016", "roles": "[read register]"}, "scopes": null,
            }},
            "http": {"method": "GET", "path": "/things/x", "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1", "userAgent": "t"},
        },
        "isBase64Encoded": false,
    });
    change(&mut event);
    event
}

/// Answers with what it was asked.
fn echo() -> Handler {
    Handler::http((), |(), request: Request| {
        Box::pin(async move {
            let fields = request
                .fields()
                .and_then(|mut fields| fields.optional_text("say", 20));
            Response::from(fields.map(|say| {
                Response::json(&json!({
                    "route": request.route(),
                    "id": request.path("id"),
                    "tenant": request.caller().scope().code().as_str(),
                    "say": say.map(|say| say.expose().clone()),
                }))
            }))
        })
    })
}

fn body(answer: &Value) -> Value {
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn messages_that_fail_are_named_and_the_others_are_not_delivered_again() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let handler = Handler::queue(Arc::clone(&seen), |seen, body, deadline| {
        seen.lock().unwrap().push((body.to_owned(), deadline));
        Box::pin(async move {
            assert_ne!(body, "panic");
            if body == "fail" {
                Err(Failure::from("no"))
            } else {
                Ok(())
            }
        })
    });
    let answer = answer(&handler, &batch(&["ok", "fail", "panic", "ok"])).await;
    let failed = json!([{"itemIdentifier": "m1"}, {"itemIdentifier": "m2"}]);
    assert_eq!(answer, json!({"batchItemFailures": failed}));
    let seen: Vec<_> = seen.lock().unwrap().clone();
    let bodies: Vec<_> = seen.iter().map(|(body, _)| body.as_str()).collect();
    assert_eq!(bodies, ["ok", "fail", "panic", "ok"]);
    assert!(seen.iter().all(|(_, deadline)| *deadline == DEADLINE));
}

/// A failure that says whether it passes.
#[derive(Debug, thiserror::Error)]
#[error("busy: {0}")]
struct Busy(bool);

#[tokio::test]
async fn a_failure_that_passes_is_a_warning_and_comes_again_like_any_other() {
    let handler = Handler::queue((), |(), body, _| {
        Box::pin(async move {
            match body {
                "later" => Err(Failure::from(Busy(true))),
                "never" => Err(Failure::from(Busy(false))),
                _ => Err(Failure::from("of no known kind")),
            }
        })
    })
    .passing(|busy: &Busy| busy.0);
    let log = Log::default();
    let lines = subscriber(LevelFilter::INFO, Arc::new(|| DEADLINE), log.clone());
    let answer = {
        let _here = tracing::subscriber::set_default(lines);
        answer(&handler, &batch(&["later", "never", "else"])).await
    };
    assert_eq!(answer["batchItemFailures"].as_array().unwrap().len(), 3);
    let lines = log.lines();
    let said: Vec<_> = lines[..3]
        .iter()
        .map(|line| {
            (
                line["level"].as_str().unwrap(),
                line["code"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            ("WARN", "MESSAGE_LATER"),
            ("ERROR", "MESSAGE_FAILED"),
            ("ERROR", "MESSAGE_FAILED"),
        ]
    );
    assert_eq!(lines[3]["messages_returned"], 3);
    assert_eq!(lines[3]["messages_failed"], 2);
    assert_eq!(lines[3]["messages_later"], 1);
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn lines(&self) -> Vec<Value> {
        let bytes = self.0.lock().unwrap();
        let lines = bytes.split(|byte| *byte == b'\n');
        lines
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_panic_before_the_first_await_fails_its_message_only() {
    let handler = Handler::queue((), |(), body, _| {
        assert_ne!(body, "panic");
        Box::pin(async { Ok::<(), Failure>(()) })
    });
    let answer = answer(&handler, &batch(&["panic", "ok"])).await;
    assert_eq!(
        answer,
        json!({"batchItemFailures": [{"itemIdentifier": "m0"}]})
    );
}

#[tokio::test]
async fn a_request_reaches_the_function_as_the_verified_caller() {
    let event = request(|event| {
        event["body"] = json!("{\"say\":\"山\"}");
        event["requestContext"]["authorizer"]["jwt"]["claims"]["roles"] = json!(["read"]);
    });
    let answer = answer(&echo(), &event).await;
    assert_eq!(answer["statusCode"], 200);
    assert_eq!(answer["headers"]["content-type"], "application/json");
    assert_eq!(answer["headers"]["cache-control"], "no-store");
    assert_eq!(answer["isBase64Encoded"], false);
    let said = json!({"route": "GET /things/{id}", "id": "x", "tenant": "131016", "say": "山"});
    assert_eq!(body(&answer), said);
}

#[tokio::test]
async fn a_body_in_base64_is_the_same_body() {
    let event = request(|event| {
        event["body"] = json!("eyJzYXkiOiJoaSJ9");
        event["isBase64Encoded"] = json!(true);
    });
    assert_eq!(body(&answer(&echo(), &event).await)["say"], "hi");
}

#[tokio::test]
async fn requests_that_cannot_be_taken_get_a_problem() {
    let claims = "/requestContext/authorizer/jwt/claims";
    let set = |pointer: &'static str, value: Value| {
        request(|event| *event.pointer_mut(pointer).unwrap() = value)
    };
    let say = |body: String, base64: bool| {
        request(|event| {
            event["body"] = json!(body);
            event["isBase64Encoded"] = json!(base64);
        })
    };
    let cases = [
        (
            set("/requestContext/authorizer", json!(null)),
            401,
            "UNAUTHENTICATED",
        ),
        (
            set("/requestContext/authorizer", json!({"iam": {}})),
            401,
            "UNAUTHENTICATED",
        ),
        (
            set("/requestContext/authorizer/jwt", json!({})),
            401,
            "UNAUTHENTICATED",
        ),
        (set("/requestContext", json!({})), 401, "UNAUTHENTICATED"),
        (set(claims, json!({})), 401, "UNAUTHENTICATED"),
        (set(claims, json!({"sub": "u"})), 403, "TENANT_CLAIM"),
        (
            set(claims, json!({"sub": "u", "tenant": "[131016 011002]"})),
            403,
            "TENANT_CLAIM",
        ),
        (say("{".to_owned(), false), 400, "BODY_MALFORMED"),
        (say("not base64".to_owned(), true), 400, "BODY_MALFORMED"),
        (say("x".repeat(65_537), false), 413, "BODY_TOO_LARGE"),
        (say("eHh4".repeat(1 << 16), true), 413, "BODY_TOO_LARGE"),
        (say("{\"say\":1}".to_owned(), false), 400, "FIELD_INVALID"),
        (
            request(|event| event["queryStringParameters"] = json!({"a": "b"})),
            400,
            "QUERY_UNKNOWN",
        ),
    ];
    for (event, status, code) in cases {
        let answer = answer(&echo(), &event).await;
        assert_eq!(answer["statusCode"], status, "{code}");
        assert_eq!(
            answer["headers"]["content-type"],
            "application/problem+json"
        );
        assert_eq!(body(&answer)["code"], code);
    }
}

#[tokio::test]
async fn a_panic_is_our_fault_and_its_text_is_not_answered() {
    let handler = Handler::http((), |(), request: Request| {
        Box::pin(async move {
            assert!(request.path("id").is_empty(), "山田 was in hand");
            Response::json(&())
        })
    });
    let answer = answer(&handler, &request(|_| ())).await;
    assert_eq!(answer["statusCode"], 500);
    assert_eq!(body(&answer)["code"], "INTERNAL");
    assert!(!answer.to_string().contains("山田"));
}

#[tokio::test]
async fn what_is_no_event_of_the_trigger_is_refused() {
    let queue = Handler::queue((), |(), _, _| Box::pin(async { Ok::<(), Failure>(()) }));
    let events = [
        (&queue, "{}".to_owned()),
        (&queue, "[]".to_owned()),
        (&queue, "{\"Records\":[{\"body\":\"x\"}]}".to_owned()),
        (&queue, request(|_| ()).to_string()),
        (&echo(), "{}".to_owned()),
        (&echo(), batch(&["x"]).to_string()),
        (
            &echo(),
            request(|event| event["version"] = json!("1.0")).to_string(),
        ),
    ];
    for (handler, event) in events {
        let refused = dispatch(handler, event.as_bytes(), DEADLINE).await;
        assert!(matches!(refused, Err(Error::Event(_))), "{event}");
    }
}
