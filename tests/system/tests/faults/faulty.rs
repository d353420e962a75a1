//! An HTTP client that does not always do what it is asked.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use system::chance::Chance;
use tokio::task::Id;

#[derive(Debug, Clone, Copy)]
enum Fault {
    /// Not done: too many requests.
    Throttled,
    /// Not done: an error of the service.
    Failed,
    /// Done, and nobody hears of it.
    AnswerLost,
    /// A batch of which only the first items are done.
    HalfDone,
    /// Done only after this many seconds.
    Late(u64),
    /// Done at once, answered only after this many seconds.
    AnswerLate(u64),
    /// Not done, and the last thing this invocation asked for.
    Crashed,
    /// Done, and the last thing this invocation asked for.
    CrashedAfter,
}

/// Sows the faults of one schedule.
pub(crate) struct Sower {
    chance: Chance,
    /// Faults that may still be sown: an end must be in sight.
    left: u32,
    per_thousand: u64,
    dead: HashSet<Id>,
    pub(crate) sown: u64,
}

impl Sower {
    pub(crate) fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let left = u32::try_from(4 + chance.below(12)).unwrap();
        let per_thousand = *chance.of(&[30, 80, 200]);
        Self {
            chance,
            left,
            per_thousand,
            dead: HashSet::new(),
            sown: 0,
        }
    }

    fn fault(&mut self) -> Option<Fault> {
        if self.left == 0 || !self.chance.in_thousand(self.per_thousand) {
            return None;
        }
        self.left -= 1;
        self.sown += 1;
        let late = 1 + self.chance.draw() % 400;
        let faults = [
            Fault::Throttled,
            Fault::Failed,
            Fault::AnswerLost,
            Fault::HalfDone,
            Fault::Late(late),
            Fault::AnswerLate(late),
            Fault::Crashed,
            Fault::CrashedAfter,
        ];
        Some(*self.chance.of(&faults))
    }

    /// Every request takes its time, so that invocations overlap in ever other ways.
    fn pace(&mut self) -> Duration {
        Duration::from_millis(self.chance.draw() % 40)
    }
}

/// The client of one function, with faults.
#[derive(Clone)]
pub(crate) struct Faulty {
    inner: SharedHttpClient,
    sower: Arc<Mutex<Sower>>,
}

impl Faulty {
    pub(crate) fn over(inner: SharedHttpClient, sower: Arc<Mutex<Sower>>) -> SharedHttpClient {
        SharedHttpClient::new(Self { inner, sower })
    }
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

impl HttpClient for Faulty {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(FaultyConnector {
            inner,
            sower: Arc::clone(&self.sower),
        })
    }
}

#[derive(Debug)]
struct FaultyConnector {
    inner: SharedHttpConnector,
    sower: Arc<Mutex<Sower>>,
}

impl fmt::Debug for Sower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sower")
    }
}

impl HttpConnector for FaultyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, sower) = (self.inner.clone(), Arc::clone(&self.sower));
        HttpConnectorFuture::new(async move {
            // Invocations run in tasks of their own.
            let task = tokio::task::try_id();
            let (pace, fault, dead) = {
                let mut sower = sower.lock().unwrap();
                let dead = task.is_some_and(|task| sower.dead.contains(&task));
                (sower.pace(), sower.fault(), dead)
            };
            if dead {
                return std::future::pending().await;
            }
            tokio::time::sleep(pace).await;
            let die = || {
                if let Some(task) = task {
                    sower.lock().unwrap().dead.insert(task);
                }
            };
            match fault {
                None => inner.call(request).await,
                Some(Fault::Throttled) => {
                    Ok(refusal(&request, 400, "ThrottlingException", "SlowDown"))
                }
                Some(Fault::Failed) => Ok(refusal(
                    &request,
                    500,
                    "InternalServerError",
                    "InternalError",
                )),
                Some(Fault::AnswerLost) => {
                    inner.call(request).await?;
                    Err(ConnectorError::io("the answer was lost".into()))
                }
                Some(Fault::HalfDone) => half(&inner, request).await,
                Some(Fault::Late(seconds)) => {
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                    inner.call(request).await
                }
                Some(Fault::AnswerLate(seconds)) => {
                    let answer = inner.call(request).await;
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                    answer
                }
                Some(Fault::Crashed) => {
                    die();
                    std::future::pending().await
                }
                Some(Fault::CrashedAfter) => {
                    inner.call(request).await?;
                    die();
                    std::future::pending().await
                }
            }
        })
    }
}

fn refusal(request: &HttpRequest, status: u16, json_code: &str, s3_code: &str) -> HttpResponse {
    let (status, body) = if request.headers().get("x-amz-target").is_some() {
        (
            status,
            json!({ "__type": json_code, "message": "sown" }).to_string(),
        )
    } else {
        (
            503,
            format!("<Error><Code>{s3_code}</Code><Message>sown</Message></Error>"),
        )
    };
    HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))
}

/// Does the first half of a batch of puts and gives the rest back; other requests are done whole.
async fn half(
    inner: &SharedHttpConnector,
    mut request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let body = request.body().bytes().map(<[u8]>::to_vec);
    let (true, Some(body)) = (target.ends_with(".BatchWriteItem"), body) else {
        return inner.call(request).await;
    };
    let mut batch: Value = serde_json::from_slice(&body).unwrap();
    let tables = batch["RequestItems"].as_object_mut().unwrap();
    let mut rest = serde_json::Map::new();
    for (table, puts) in tables.iter_mut() {
        let puts = puts.as_array_mut().unwrap();
        let later = puts.split_off(puts.len().div_ceil(2));
        if !later.is_empty() {
            rest.insert(table.clone(), later.into());
        }
    }
    let body = batch.to_string();
    request
        .headers_mut()
        .insert("content-length", body.len().to_string());
    *request.body_mut() = SdkBody::from(body);
    inner.call(request).await?;
    let answer = json!({ "UnprocessedItems": rest }).to_string();
    Ok(HttpResponse::new(
        200.try_into().unwrap(),
        SdkBody::from(answer),
    ))
}
