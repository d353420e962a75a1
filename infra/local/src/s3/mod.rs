//! An S3 that lives in this process, with object versions and object-created events.
//!
//! The protocol (routes, XML, signatures, `aws-chunked` bodies) is the crate `s3s`; what it asks
//! for is kept here, in memory or in a folder. The same service answers the SDK in process
//! ([`LocalS3::call`]) and the ordinary command line over a port ([`LocalS3::serve`]).
//!
//! What a caller may rely on:
//!
//! - An object exists whole or not at all: its bytes are staged, its description is renamed into
//!   place last. Killing the process at any point leaves the version or nothing of it.
//! - A version in a folder is on the disk before the caller hears of it (`fsync` of bytes,
//!   description and directory).
//! - Every created object is announced **at least once**. The description of a version lies under
//!   the name `….unannounced.json` until the callback has returned, so a process killed between
//!   the two finds it at its next start: [`LocalS3::announce_pending`] calls again. Receivers
//!   must therefore take a second announcement of the same version as nothing new.
//! - Version ids and sequencers come from one counter driven by the clock: the same calls under
//!   the same clock give the same ids, and an id is never given twice.
//! - Nothing of a request is logged: object names stay out of the log, whatever its level.
//!
//! Not done: tagging, ACLs, policies, encryption, lifecycle rules, POST forms, and every other
//! call not in `service`; they answer `NotImplemented`. Signatures and the expiry of presigned
//! links are judged by the machine's clock, since `s3s` reads that one; a skew is forgiven.

mod checksum;
mod conditions;
mod content;
mod cors;
mod folder;
mod host;
mod index;
mod listing;
mod notification;
mod service;
mod store;

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
pub use cors::CorsRule;
use domain::Clock;
use http::{HeaderValue, Method, StatusCode, header};
use hyper_util::rt::TokioIo;
pub use notification::ObjectCreated;
pub use s3s::Body;
use s3s::auth::SimpleAuth;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;

use self::{cors::Cors, store::Store};

/// Where objects are kept.
#[derive(Debug, Clone)]
pub enum Storage {
    /// In memory: gone with the process.
    Memory,
    /// In this folder, which is made when it does not exist.
    Folder(PathBuf),
}

/// A bucket that exists from the start. There is no call that makes another.
#[derive(Debug, Clone)]
pub struct BucketSpec {
    /// Name, by the rules of S3.
    pub name: String,
    /// Whether each write keeps the earlier ones as versions.
    pub versioned: bool,
}

/// The one pair of keys that this S3 accepts.
#[derive(Clone)]
pub struct Credentials {
    /// Access key id.
    pub access_key: String,
    /// Secret access key.
    pub secret_key: String,
}

/// Called once an object is durable, from whatever thread completed it; may be called again for
/// the same version after a restart. The writer's answer waits for it, so it must be quick. What
/// it logs may be lost: the service answers with logging switched off.
///
/// Says whether the object was taken in; one that was not is announced anew after the next start.
pub type OnCreated = Arc<dyn Fn(ObjectCreated) -> bool + Send + Sync>;

/// The service. Clones share one store.
#[derive(Clone)]
pub struct LocalS3 {
    service: S3Service,
    store: Arc<Store>,
    cors: Arc<Cors>,
}

impl LocalS3 {
    /// Opens the store and reads what an earlier process left in its folder.
    ///
    /// Announces nothing by itself: call [`Self::announce_pending`] when the receivers stand.
    pub fn new(
        storage: Storage,
        buckets: &[BucketSpec],
        credentials: &Credentials,
        on_created: OnCreated,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        for bucket in buckets {
            anyhow::ensure!(
                s3s::path::check_bucket_name(&bucket.name),
                "not a bucket name by the rules of S3: {}",
                bucket.name
            );
        }
        let store = Store::open(storage, buckets, on_created, clock).context("cannot open S3")?;
        let store = Arc::new(store);
        let mut builder = S3ServiceBuilder::new(service::Operations::new(Arc::clone(&store)));
        let secret = credentials.secret_key.as_str();
        builder.set_auth(SimpleAuth::from_single(
            credentials.access_key.as_str(),
            secret,
        ));
        builder.set_host(host::BucketHosts::new(
            buckets.iter().map(|bucket| bucket.name.clone()),
        ));
        builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(
            forgiving_clock(),
        ))));
        Ok(Self {
            service: builder.build(),
            store,
            cors: Arc::default(),
        })
    }

    /// The same, which lets pages of some origins call a bucket, as the rules of that bucket say.
    #[must_use]
    pub fn with_cors(mut self, rules: Vec<(String, CorsRule)>) -> Self {
        self.cors = Arc::new(Cors::new(rules));
        self
    }

    /// Announces again every version whose announcement an earlier process did not finish;
    /// returns how many. In memory there are none.
    #[allow(
        clippy::must_use_candidate,
        reason = "the calls are the point, not their number"
    )]
    pub fn announce_pending(&self) -> usize {
        self.store.announce_pending()
    }

    /// Answers one request. Its body is read, and the answer's body sent, as a stream.
    ///
    /// As on the wire, the answer to HEAD carries no body, and a request without a `Host` header
    /// is taken to be for the authority of its URI.
    pub async fn call(&self, mut request: http::Request<Body>) -> http::Response<Body> {
        if !request.headers().contains_key(header::HOST)
            && let Some(authority) = request.uri().authority()
            && let Ok(host) = HeaderValue::from_str(authority.as_str())
        {
            request.headers_mut().insert(header::HOST, host);
        }
        if let Some(answer) = self.cors.preflight(&request) {
            return answer.map(|()| Body::empty());
        }
        let let_in = self.cors.let_in(&request);
        let method = request.method().clone();
        // s3s logs request lines and errors; they hold object names.
        let answer = self
            .service
            .call(request)
            .with_subscriber(NoSubscriber::default())
            .await;
        let mut response = answer.unwrap_or_else(|_| {
            let mut response = http::Response::new(Body::empty());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        });
        let status = response.status();
        if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED {
            tracing::error!(%method, %status, "local S3 could not answer");
        }
        if let Some(let_in) = let_in {
            let_in.mark(&mut response);
        }
        if method == Method::HEAD || status == StatusCode::NOT_MODIFIED {
            *response.body_mut() = Body::empty();
        }
        response
    }

    /// Serves HTTP/1.1 on `listener` until the future is dropped, which also ends its connections.
    ///
    /// Both ways of addressing a bucket work: `http://127.0.0.1:9000/<bucket>/<key>` and
    /// `http://<bucket>.localhost:9000/<key>`.
    pub async fn serve(&self, listener: TcpListener) -> std::io::Result<()> {
        let s3 = self.clone();
        let answer = move |request| {
            let s3 = s3.clone();
            async move { s3.call(request).await }
        };
        serve_by(listener, answer).await
    }
}

/// Serves S3 as [`LocalS3::serve`] does, by whatever answers its requests.
pub(crate) async fn serve_by<F, R>(listener: TcpListener, respond: F) -> std::io::Result<()>
where
    F: Fn(http::Request<Body>) -> R + Clone + Send + 'static,
    R: Future<Output = http::Response<Body>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        while connections.try_join_next().is_some() {}
        let respond = respond.clone();
        connections.spawn(async move {
            let answer = hyper::service::service_fn(move |request: http::Request<_>| {
                let answered = respond(request.map(Body::from));
                async move { Ok::<_, Infallible>(answered.await) }
            });
            // A connection that breaks is the client's affair; it will ask again.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer)
                .await;
        });
    }
}

/// Requests signed under a test's own clock are as good as those of today.
fn forgiving_clock() -> S3Config {
    let mut config = S3Config::default();
    config.presigned_url_max_skew_time_secs = u32::MAX;
    config
}
