//! A fresh S3 on a port of its own, and an SDK client that speaks to it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials as SdkCredentials, Region};
use aws_sdk_s3::primitives::ByteStream;
use jiff::Timestamp;
use local::s3::{BucketSpec, Credentials, LocalS3, ObjectCreated, Storage};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub(crate) const REGION: &str = "ap-northeast-1";
pub(crate) const ACCESS_KEY: &str = "LOCALACCESSKEY";
pub(crate) const SECRET_KEY: &str = "local-secret-key";
/// Keeps versions.
pub(crate) const DROP: &str = "vrs-drop";
/// Does not.
pub(crate) const PLAIN: &str = "vrs-plain";

/// Announcements of this key are not taken in.
pub(crate) const UNHEARD: &str = "unheard";

pub(crate) struct World {
    pub(crate) s3: LocalS3,
    pub(crate) client: Client,
    /// `http://127.0.0.1:<port>`.
    pub(crate) endpoint: String,
    pub(crate) created: Arc<Mutex<Vec<ObjectCreated>>>,
    /// What the clock says next, in milliseconds.
    ticks: Arc<AtomicI64>,
    serving: JoinSet<()>,
    folder: Option<PathBuf>,
}

impl World {
    pub(crate) async fn in_memory() -> Self {
        Self::on(Storage::Memory).await
    }

    pub(crate) async fn in_folder(folder: &Path) -> Self {
        Self::on(Storage::Folder(folder.to_owned())).await
    }

    async fn on(storage: Storage) -> Self {
        let created = Arc::new(Mutex::new(Vec::new()));
        let folder = match &storage {
            Storage::Memory => None,
            Storage::Folder(folder) => Some(folder.clone()),
        };
        let ticks = Arc::new(beginning());
        let s3 = open_at(storage, &created, &ticks);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let mut serving = JoinSet::new();
        let served = s3.clone();
        serving.spawn(async move { served.serve(listener).await.unwrap() });
        Self {
            s3,
            client: client(&endpoint),
            endpoint,
            created,
            ticks,
            serving,
            folder,
        }
    }

    pub(crate) async fn put(
        &self,
        bucket: &str,
        key: &str,
        body: impl Into<Vec<u8>>,
    ) -> Option<String> {
        let body = ByteStream::from(body.into());
        let answer = self
            .client
            .put_object()
            .bucket(bucket)
            .key(key)
            .body(body)
            .send()
            .await;
        answer.unwrap().version_id
    }

    pub(crate) async fn get(&self, bucket: &str, key: &str) -> Vec<u8> {
        let answer = self
            .client
            .get_object()
            .bucket(bucket)
            .key(key)
            .send()
            .await
            .unwrap();
        answer.body.collect().await.unwrap().to_vec()
    }

    /// Ends the serving, so that the folder can be opened again.
    pub(crate) async fn close(mut self) {
        self.serving.shutdown().await;
        let folder = self.folder.take();
        drop(self);
        // Connections are dropped by their own tasks; the last one lets go of the folder.
        let lock = folder.map(|folder| File::open(folder.join("lock")).unwrap());
        while lock.as_ref().is_some_and(|lock| lock.try_lock().is_err()) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Lets seconds go by.
    pub(crate) fn wait(&self, seconds: i64) {
        self.ticks.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    pub(crate) fn created(&self) -> Vec<ObjectCreated> {
        self.created.lock().unwrap().clone()
    }
}

/// Opens a store without serving it.
pub(crate) fn open(storage: Storage, created: &Arc<Mutex<Vec<ObjectCreated>>>) -> LocalS3 {
    open_at(storage, created, &Arc::new(beginning()))
}

fn open_at(
    storage: Storage,
    created: &Arc<Mutex<Vec<ObjectCreated>>>,
    ticks: &Arc<AtomicI64>,
) -> LocalS3 {
    let created = Arc::clone(created);
    LocalS3::new(
        storage,
        &buckets(),
        &Credentials {
            access_key: ACCESS_KEY.to_owned(),
            secret_key: SECRET_KEY.to_owned(),
        },
        Arc::new(move |object: ObjectCreated| {
            let taken_in = object.key != UNHEARD;
            created.lock().unwrap().push(object);
            taken_in
        }),
        Arc::new(ticking_clock(Arc::clone(ticks))),
    )
    .unwrap()
}

pub(crate) fn buckets() -> Vec<BucketSpec> {
    let bucket = |name: &str, versioned| BucketSpec {
        name: name.to_owned(),
        versioned,
    };
    vec![bucket(DROP, true), bucket(PLAIN, false)]
}

/// The opening of the system, in milliseconds.
fn beginning() -> AtomicI64 {
    let start: Timestamp = "2021-04-12T00:00:00Z".parse().unwrap();
    AtomicI64::new(start.as_millisecond())
}

/// A millisecond later each time it is asked.
fn ticking_clock(ticks: Arc<AtomicI64>) -> impl Fn() -> Timestamp + Send + Sync {
    move || Timestamp::from_millisecond(ticks.fetch_add(1, Ordering::Relaxed)).unwrap()
}

pub(crate) fn client(endpoint: &str) -> Client {
    client_signing_with(endpoint, SECRET_KEY)
}

pub(crate) fn client_signing_with(endpoint: &str, secret_key: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(SdkCredentials::new(
            ACCESS_KEY, secret_key, None, None, "test",
        ))
        .endpoint_url(endpoint)
        .force_path_style(true)
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

/// Bytes that differ everywhere.
pub(crate) fn bytes(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()
    };
    (0..length.div_ceil(4))
        .flat_map(|_| next())
        .take(length)
        .collect()
}

/// The code that S3 names in a failed call.
#[macro_export]
macro_rules! code_of {
    ($call:expr) => {{
        use aws_sdk_s3::error::ProvideErrorMetadata as _;
        let error = $call.send().await.unwrap_err();
        let status = error.raw_response().map(|raw| raw.status().as_u16());
        (
            status.unwrap_or_default(),
            error.code().unwrap_or_default().to_owned(),
        )
    }};
}

/// The same test in memory and in a folder.
#[macro_export]
macro_rules! in_both {
    ($name:ident, $world:ident, $body:block) => {
        mod $name {
            use super::*;

            async fn body($world: $crate::world::World) $body

            #[tokio::test]
            async fn in_memory() {
                body($crate::world::World::in_memory().await).await;
            }

            #[tokio::test]
            async fn in_a_folder() {
                let folder = tempfile::tempdir().unwrap();
                body($crate::world::World::in_folder(folder.path()).await).await;
            }
        }
    };
}
