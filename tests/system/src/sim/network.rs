//! The network between the functions and the services: every call waits here until somebody decides
//! what becomes of it.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
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
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use local::{ACCESS_KEY, aws::Services, s3};
use tokio::{
    sync::oneshot,
    time::{Duration, Instant},
};

use super::queue::Queues;

/// A call is over after this time, its repetitions included: the patience that functions have.
pub const PATIENCE: Duration = Duration::from_secs(10);
const ATTEMPTS: u32 = 3;

/// What a caller gets to see.
pub(super) type Answer = Result<Response<SdkBody>, ConnectorError>;

/// A call under way.
pub struct Call {
    /// Which worker makes it.
    pub worker: usize,
    /// `DynamoDB_20120810.GetItem`, or `S3 GET` with the object's key.
    pub what: String,
    /// When it was made.
    pub sent: Instant,
    request: Request<SdkBody>,
    answer: oneshot::Sender<Answer>,
}

#[derive(Default)]
struct Under {
    next: u64,
    calls: BTreeMap<u64, Call>,
    /// Calls that were given up by the network; whoever made them waits until they lose patience.
    silent: Vec<oneshot::Sender<Answer>>,
}

/// All calls under way. Clones share them.
#[derive(Clone)]
pub(super) struct Network {
    under: Arc<Mutex<Under>>,
    services: Services,
    queues: Queues,
}

impl Network {
    /// Between functions and these services; queues are the schedule's own.
    #[must_use]
    pub(super) fn new(services: Services, queues: Queues) -> Self {
        Self {
            under: Arc::default(),
            services,
            queues,
        }
    }

    /// Where the SDK clients of a worker go; `region` keeps their retry budgets apart from those of
    /// other schedules in the process.
    #[must_use]
    pub(super) fn config(&self, worker: usize, region: &str) -> SdkConfig {
        let line = Line {
            network: self.clone(),
            worker: Some(worker),
        };
        config(SharedHttpClient::new(line), region)
    }

    /// The same for somebody whose calls are answered at once.
    #[must_use]
    pub(super) fn direct(&self, region: &str) -> SdkConfig {
        let line = Line {
            network: self.clone(),
            worker: None,
        };
        config(SharedHttpClient::new(line), region)
    }

    /// Numbers of the calls under way, in the order in which they were made.
    #[must_use]
    pub(super) fn waiting(&self) -> Vec<u64> {
        self.with(|under| under.calls.keys().copied().collect())
    }

    /// What a call under way is about, and whether its caller still waits.
    #[must_use]
    pub(super) fn look<T>(&self, number: u64, look: impl FnOnce(&Call) -> T) -> Option<T> {
        self.with(|under| under.calls.get(&number).map(look))
    }

    /// Takes a call off the network, to do with it what one likes.
    #[must_use]
    pub(super) fn take(&self, number: u64) -> Option<Call> {
        self.with(|under| under.calls.remove(&number))
    }

    /// Leaves the caller without an answer.
    pub(super) fn leave(&self, reply: Reply) {
        self.with(|under| {
            under.silent.retain(|answer| !answer.is_closed());
            under.silent.push(reply.0);
        });
    }

    /// Lets the services do what is asked.
    pub(super) async fn serve(&self, request: Request<SdkBody>) -> Response<SdkBody> {
        let target = request.headers().get("x-amz-target");
        let Some(target) = target.map(|it| it.to_str().expect("a target is text").to_owned())
        else {
            let answer = self
                .services
                .s3
                .call(request.map(s3::Body::http_body))
                .await;
            let (parts, body) = answer.into_parts();
            let body = body.collect().await.expect("bytes in memory").to_bytes();
            return Response::from_parts(parts, SdkBody::from(body));
        };
        let body = request.into_body();
        let body = Bytes::copy_from_slice(body.bytes().expect("bytes in memory"));
        match target.strip_prefix("AmazonSQS.") {
            Some(operation) => self.queues.call(operation, &body),
            None => self
                .services
                .call_json(&target, body)
                .await
                .map(SdkBody::from),
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Under) -> T) -> T {
        work(&mut self.under.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn put(&self, worker: usize, request: Request<SdkBody>) -> oneshot::Receiver<Answer> {
        let (answer, receive) = oneshot::channel();
        let what = described(&request);
        let call = Call {
            worker,
            what,
            sent: Instant::now(),
            request,
            answer,
        };
        self.with(|under| {
            under.next += 1;
            under.calls.insert(under.next, call);
        });
        receive
    }
}

impl Call {
    /// Whether nobody waits for the answer any more.
    #[must_use]
    pub fn is_orphan(&self) -> bool {
        self.answer.is_closed()
    }

    /// The last part of the operation's name, such as `BatchWriteItem`.
    #[must_use]
    pub fn operation(&self) -> &str {
        self.what.rsplit('.').next().unwrap_or_default()
    }

    /// The request and the way back.
    #[must_use]
    pub fn open(self) -> (Request<SdkBody>, Reply) {
        (self.request, Reply(self.answer))
    }
}

/// The way back to a caller.
pub struct Reply(oneshot::Sender<Answer>);

impl Reply {
    /// Answers. Nobody may be there any more; then it is told to nobody.
    pub fn with(self, answer: Answer) {
        drop(self.0.send(answer));
    }
}

fn described(request: &Request<SdkBody>) -> String {
    let target = request.headers().get("x-amz-target");
    target.map_or_else(
        || format!("S3 {} {}", request.method(), request.uri().path()),
        |target| target.to_str().unwrap_or_default().to_owned(),
    )
}

/// The line of one worker into the network.
#[derive(Clone)]
struct Line {
    network: Network,
    worker: Option<usize>,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let network = self.network.clone();
        let request = request
            .try_into_http1x()
            .expect("the SDK makes sound requests");
        let under_way = match self.worker {
            Some(worker) => Ok(network.put(worker, request)),
            None => Err(request),
        };
        HttpConnectorFuture::new(async move {
            let answer = match under_way {
                Ok(answer) => answer.await.unwrap_or_else(|_| Err(broken())),
                Err(request) => Ok(network.serve(request).await),
            };
            HttpResponse::try_from(answer?).map_err(|error| ConnectorError::user(error.into()))
        })
    }
}

impl HttpClient for Line {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// The connection broke before an answer came.
#[must_use]
pub(super) fn broken() -> ConnectorError {
    ConnectorError::io("the connection broke".into())
}

fn config(client: SharedHttpClient, region: &str) -> SdkConfig {
    let credentials = Credentials::new(ACCESS_KEY, ACCESS_KEY, None, None, "schedule");
    // Without chance in its pauses: what is tried again is tried when the schedule lets it.
    let retry = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(Duration::ZERO);
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url("http://127.0.0.1:9000")
        .http_client(client)
        .retry_config(retry)
        .timeout_config(TimeoutConfig::builder().operation_timeout(PATIENCE).build())
        .build()
}
