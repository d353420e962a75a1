//! The seam between the AWS SDKs and the services of this process: an HTTP client without network.
//!
//! A service is known by its `X-Amz-Target`; what has none is STS if it is a form, else S3. A client made for a function
//! also holds each call against the function's role in the template, or against the role that the
//! call's session token stands for, so that a right that is missing there fails here as on AWS.

use std::{fmt, sync::Arc, time::Duration};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_sqs::config::{Credentials, SharedCredentialsProvider};
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
use http::{
    Method, Request, Response, StatusCode,
    header::{AsHeaderName, CONTENT_TYPE},
};
use http_body_util::BodyExt as _;

use crate::{
    access::Caller,
    answer::{Refusal, answer},
    dynamodb::LocalDynamoDb,
    iam,
    kms::LocalKms,
    lambda::{LocalLambda, invoked},
    s3::{self, LocalS3},
    sqs::LocalSqs,
    sts::{self, LocalSts},
};

/// How long an SDK call may take with its repetitions, and how many there are: as in `runtime`.
const OPERATION: Duration = Duration::from_secs(10);
const ATTEMPTS: u32 = 4;

/// The services of one stack. Clones share them.
#[derive(Clone)]
pub struct Services {
    /// Tables.
    pub dynamodb: LocalDynamoDb,
    /// Queues.
    pub sqs: LocalSqs,
    /// Keys.
    pub kms: LocalKms,
    /// Functions that others call.
    pub lambda: LocalLambda,
    /// Buckets.
    pub s3: LocalS3,
}

/// The session of a token is over, or never was.
struct SessionOver;

const SESSION_OVER: &str = "the session is over";

/// A service that speaks JSON, and what it is asked.
struct Target<'a> {
    service: &'a str,
    operation: &'a str,
}

impl Services {
    /// Answers a call of any of the JSON services (`X-Amz-Target`), as on a port of its own.
    pub async fn call_json(&self, target: &str, request: Bytes) -> Response<Bytes> {
        match Target::parse(target) {
            Some(Target {
                service: "DynamoDB_20120810",
                operation,
            }) => self.dynamodb.call(operation, request).await,
            Some(Target {
                service: "AmazonSQS",
                operation,
            }) => self.sqs.call(operation, request).await,
            Some(Target {
                service: "TrentService",
                operation,
            }) => self.kms.call(operation, &request),
            _ => {
                let what = format!("{target} is not known to the local stack");
                answer(Err(Refusal::new("UnknownOperationException", what)))
            }
        }
    }
}

impl<'a> Target<'a> {
    fn parse(header: &'a str) -> Option<Self> {
        let (service, operation) = header.split_once('.')?;
        Some(Self { service, operation })
    }
}

/// An HTTP client for [`aws_config::SdkConfig`] that reaches the services in process.
#[derive(Clone)]
pub struct InProcess {
    services: Services,
    /// Sessions, and whose rights they have.
    sts: LocalSts,
    /// The caller whose rights are checked; none for the stack's owner.
    caller: Option<Arc<Caller>>,
}

impl InProcess {
    pub(crate) fn new(services: Services, sts: LocalSts, caller: Option<Arc<Caller>>) -> Self {
        Self {
            services,
            sts,
            caller,
        }
    }

    /// Answers one request.
    pub async fn respond(
        &self,
        request: Request<SdkBody>,
    ) -> Result<Response<SdkBody>, ConnectorError> {
        let (target, form) = (text(&request, "x-amz-target"), text(&request, CONTENT_TYPE));
        let is_form = form.is_some_and(|kind| kind.split(';').next() == Some(sts::FORM));
        let invoked = invoked(request.uri().path());
        if target.is_none() && !is_form && invoked.is_none() {
            let request = request.map(s3::Body::http_body);
            let response = self.respond_s3(request).await;
            return Ok(response.map(SdkBody::from_body_1_x));
        }
        let Ok(caller) = self.caller_of(&request) else {
            let refusal = Refusal::new("ExpiredTokenException", SESSION_OVER);
            return Ok(answer(Err(refusal)).map(into_sdk));
        };
        let caller = caller.as_deref();
        if let Some(function) = invoked {
            return self.respond_invoke(caller, &function, request).await;
        }
        let body = request.into_body().collect().await;
        let body = body.map_err(ConnectorError::io)?.to_bytes();
        let Some(target) = target else {
            return Ok(self.sts.call(caller, &body).map(into_sdk));
        };
        if let Some(caller) = caller
            && let Err(denied) = caller.check(&iam::of_json(&target, &body, &caller.access.place))
        {
            return Ok(answer(Err(Refusal::new("AccessDeniedException", denied))).map(into_sdk));
        }
        Ok(self.services.call_json(&target, body).await.map(into_sdk))
    }

    async fn respond_invoke(
        &self,
        caller: Option<&Caller>,
        function: &str,
        request: Request<SdkBody>,
    ) -> Result<Response<SdkBody>, ConnectorError> {
        if let Some(caller) = caller
            && let Err(denied) = caller.check(&iam::of_invoke(function, &caller.access.place))
        {
            return Ok(answer(Err(Refusal::new("AccessDeniedException", denied))).map(into_sdk));
        }
        let event = request.into_body().collect().await;
        let event = event.map_err(ConnectorError::io)?.to_bytes();
        let answered = self.services.lambda.invoke(function, &event).await;
        Ok(answered.map(into_sdk))
    }

    /// The caller whose rights a call has: those of the session whose token it carries, or of whoever the client
    /// was made for.
    fn caller_of<B>(&self, request: &Request<B>) -> Result<Option<Arc<Caller>>, SessionOver> {
        match session_token(request) {
            None => Ok(self.caller.clone()),
            Some(token) => self.sts.caller(&token).map(Some).ok_or(SessionOver),
        }
    }

    /// Answers one request of S3.
    pub(crate) async fn respond_s3(&self, request: Request<s3::Body>) -> Response<s3::Body> {
        // A browser asks first whether it may ask, and does so without anybody's rights.
        if request.method() == Method::OPTIONS {
            return self.services.s3.call(request).await;
        }
        let Ok(caller) = self.caller_of(&request) else {
            return s3_refusal("ExpiredToken", SESSION_OVER);
        };
        let caller = caller.as_deref();
        if let Some(caller) = caller
            && let Err(denied) = caller.check(&iam::of_s3(&request))
        {
            return s3_refusal("AccessDenied", &denied);
        }
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let bucket = request.uri().path().trim_start_matches('/');
        let bucket = bucket.split('/').next().unwrap_or_default().to_owned();
        let response = self.services.s3.call(request).await;
        // That something is not there is told only to those who may list the whole bucket.
        if let Some(caller) = caller
            && reads
            && response.status() == StatusCode::NOT_FOUND
            && !caller.may(&iam::of_listing(&bucket))
        {
            return s3_refusal("AccessDenied", "there, or not there");
        }
        response
    }
}

fn text<B>(request: &Request<B>, name: impl AsHeaderName) -> Option<String> {
    let value = request.headers().get(name)?;
    value.to_str().ok().map(str::to_owned)
}

/// In a header, or in a link that was signed before.
fn session_token<B>(request: &Request<B>) -> Option<String> {
    text(request, "x-amz-security-token").or_else(|| {
        let query = request.uri().query()?;
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let token = pairs.find(|(name, _)| name == "X-Amz-Security-Token")?;
        Some(token.1.into_owned())
    })
}

fn into_sdk(body: Bytes) -> SdkBody {
    SdkBody::from(body)
}

fn s3_refusal(code: &str, message: &str) -> Response<s3::Body> {
    let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    let mut response = Response::new(s3::Body::from(body));
    *response.status_mut() = StatusCode::FORBIDDEN;
    response
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            let request = request
                .try_into_http1x()
                .map_err(|error| ConnectorError::user(error.into()))?;
            let response = this.respond(request).await?;
            HttpResponse::try_from(response).map_err(|error| ConnectorError::user(error.into()))
        })
    }
}

impl HttpClient for InProcess {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// A configuration for every SDK client: our patience (as in `runtime`), this client.
pub(crate) fn config(client: SharedHttpClient, endpoint: &str, region: &str) -> SdkConfig {
    let key = crate::stack::ACCESS_KEY;
    let credentials = Credentials::new(key, key, None, None, "local stack");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint)
        .http_client(client)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(
            TimeoutConfig::builder()
                .operation_timeout(OPERATION)
                .build(),
        )
        .build()
}
