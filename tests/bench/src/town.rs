//! A municipality that drops files, and the functions' real binaries that work on them.
//!
//! Every file gets processes of its own, so that peaks of memory do not mix and start-up is not counted
//! as work.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::Credentials;
use bytes::Bytes;
use crypto::WrappedKey;
use domain::{FileKind, TenantCode, TenantScope, UploadState};
use jiff::Timestamp;
use store::{Store, TenantSettings, Upload};

use crate::cloud::{Cloud, RECORDS, Requests, Written};
use crate::function::{Function, object_created};
use crate::register::TENANT;

const DROP: &str = "drop";
const WORK: &str = "work";
const TENANT_ROLE: &str = "arn:aws:iam::000000000000:role/tenant";

/// The first file is dropped now; each further one a minute later.
const FIRST_DROP: &str = "2026-01-01T00:00:00Z";

/// A municipality in a cloud of its own.
pub struct Town {
    cloud: Cloud,
    binaries: PathBuf,
    environment: Vec<(String, String)>,
    scope: TenantScope,
    store: Store,
    runtime: tokio::runtime::Runtime,
    dropped: i64,
}

/// What one function spent on one file.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// CPU time, without the start of the process.
    pub cpu: Duration,
    /// The most memory the process held, its start included.
    pub peak: u64,
    /// Invocations.
    pub invocations: u64,
}

/// What became of one file.
#[derive(Debug)]
pub struct Outcome {
    /// The upload as the register tells of it.
    pub upload: Upload,
    /// What receive-upload spent.
    pub receive: Spent,
    /// What load-chunk or load-doses spent.
    pub load: Spent,
    /// Items written.
    pub written: Written,
    /// Requests to S3.
    pub requests: Requests,
}

impl Town {
    /// Enters the municipality in a fresh cloud; `binaries` is the folder of the functions' binaries.
    pub fn found(binaries: &Path) -> Result<Self> {
        Self::found_in(Cloud::start()?, binaries)
    }

    /// The same in a cloud that keeps what is written of residents and hints.
    pub fn found_keeping(binaries: &Path) -> Result<Self> {
        Self::found_in(Cloud::keeping()?, binaries)
    }

    fn found_in(cloud: Cloud, binaries: &Path) -> Result<Self> {
        let environment = environment(&cloud);
        let tenant = TenantCode::parse(TENANT)
            .ok()
            .context("not a municipality")?;
        let scope = TenantScope::for_operator(tenant);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let store = Store::new(client(&runtime, &environment), RECORDS.to_owned());
        let key = WrappedKey {
            version: 1,
            blob: vec![1; 32],
        };
        runtime.block_on(store.add_tenant(&scope, &TenantSettings::default(), &key))?;
        let _ = cloud.take_written();
        let binaries = binaries.to_owned();
        Ok(Self {
            cloud,
            binaries,
            environment,
            scope,
            store,
            runtime,
            dropped: 0,
        })
    }

    /// Drops a residents file and works until it is in force.
    pub fn drop_file(&mut self, content: Bytes) -> Result<Outcome> {
        self.drop_of(FileKind::Residents, content)
    }

    /// Drops a dose file and works until its rows are recorded.
    pub fn drop_doses(&mut self, content: Bytes) -> Result<Outcome> {
        // What came into force before has nobody's doses to attach.
        while self.cloud.next_message("doses").is_some() {}
        self.drop_of(FileKind::Doses, content)
    }

    fn drop_of(&mut self, kind: FileKind, content: Bytes) -> Result<Outcome> {
        let (loader, queue) = match kind {
            FileKind::Residents => ("load-chunk", "loads"),
            FileKind::Doses => ("load-doses", "doses"),
            FileKind::Inquiries => ("ask-inquiries", "inquiries"),
        };
        self.dropped += 1;
        let at = FIRST_DROP.parse::<Timestamp>()? + jiff::SignedDuration::from_mins(self.dropped);
        let key = format!("inbox/{TENANT}/{}/{:03}.csv", kind.as_str(), self.dropped);
        let size = content.len() as u64;
        let version = self.cloud.put_object(DROP, &key, content);
        let event = object_created(DROP, &key, &version, size, &at.to_string());
        let receive = self.work("receive-upload", "uploads", Some(event))?;
        let load = self.work(loader, queue, None)?;
        let upload = self.newest_upload()?;
        ensure!(
            upload.rows.total() == upload.rows_checked,
            "{} rows went in, {} are accounted for",
            upload.rows_checked,
            upload.rows.total()
        );
        let (written, requests) = (self.cloud.take_written(), self.cloud.take_requests());
        Ok(Outcome {
            upload,
            receive,
            load,
            written,
            requests,
        })
    }

    /// A function of this municipality's cloud, started.
    pub fn start(&self, function: &str) -> Result<Function> {
        Function::start(&self.binaries.join(function), &self.environment)
    }

    /// Starts a function and delivers one message, or all that wait in the queue.
    fn work(&self, function: &str, queue: &str, mut message: Option<String>) -> Result<Spent> {
        let mut running = self.start(function)?;
        let started = running.cold_start().cpu;
        let mut invocations = 0;
        let only = message.is_some();
        while let Some(body) = message.or_else(|| self.cloud.next_message(queue)) {
            running
                .deliver(&body)
                .with_context(|| format!("{function} on {body}"))?;
            invocations += 1;
            if only {
                break;
            }
            message = None;
        }
        let cpu = running.process().cpu()?.saturating_sub(started);
        Ok(Spent {
            cpu,
            peak: running.process().peak()?,
            invocations,
        })
    }

    fn newest_upload(&self) -> Result<Upload> {
        let page = self
            .runtime
            .block_on(self.store.uploads(&self.scope, 1, None))?;
        let upload = page
            .items
            .into_iter()
            .next()
            .context("the file is not listed")?;
        match upload.state {
            UploadState::InForce | UploadState::NoChange => Ok(upload),
            state => bail!("the file ended as {state:?}: {:?}", upload.refusal),
        }
    }
}

/// What the functions find in their environment, as the template sets it.
#[must_use]
pub fn environment(cloud: &Cloud) -> Vec<(String, String)> {
    let mut environment = cloud.environment();
    let settings = [
        ("RECORDS_TABLE", RECORDS.to_owned()),
        ("DROP_BUCKET", DROP.to_owned()),
        ("WORK_BUCKET", WORK.to_owned()),
        ("UPLOADS_QUEUE_URL", cloud.queue_url("uploads")),
        ("LOADS_QUEUE_URL", cloud.queue_url("loads")),
        ("DOSES_QUEUE_URL", cloud.queue_url("doses")),
        ("INQUIRIES_QUEUE_URL", cloud.queue_url("inquiries")),
        ("CHUNK_BYTES", "25165824".to_owned()),
        ("DOSE_CHUNK_BYTES", "1048576".to_owned()),
        ("TENANT_ROLE_ARN", TENANT_ROLE.to_owned()),
    ];
    environment.extend(settings.map(|(name, value)| (name.to_owned(), value)));
    environment
}

fn client(
    runtime: &tokio::runtime::Runtime,
    environment: &[(String, String)],
) -> aws_sdk_dynamodb::Client {
    let endpoint = environment
        .iter()
        .find(|(name, _)| name == "AWS_ENDPOINT_URL");
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("ap-northeast-1"))
        .credentials_provider(Credentials::new("AKIDBENCH", "bench", None, None, "bench"))
        .endpoint_url(endpoint.map(|(_, url)| url.clone()).unwrap_or_default());
    aws_sdk_dynamodb::Client::new(&runtime.block_on(loader.load()))
}
