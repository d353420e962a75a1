//! Municipalities that drop files, and the functions' real binaries that work on them.
//!
//! Every file gets processes of its own, so that peaks of memory do not mix and start-up is not counted
//! as work.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use bytes::Bytes;
use crypto::{BranchKey, NoncePool, PersonTags, TenantKeys, WrappedKey};
use domain::{
    Encoding, ExportId, ExportOrigin, ExportScope, ExportState, FileKind, MyNumber, TenantCode,
    TenantScope, TenantSettings, UploadState,
};
use jiff::Timestamp;
use queues::{ExportMessage, Message as _};
use store::{Export, HolderIndex, Store, Upload, seal_pointer};

use crate::cloud::{BRANCH, Cloud, HOLDERS, RECORDS, Requests, Written};
use crate::function::{Function, object_created};
use crate::register::{Register, TENANT};

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
    config: SdkConfig,
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
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let config = runtime.block_on(config(&environment));
        let client = aws_sdk_dynamodb::Client::new(&config);
        let store = Store::new(client, RECORDS.to_owned());
        let binaries = binaries.to_owned();
        let town = Self {
            cloud,
            binaries,
            environment,
            config,
            store,
            runtime,
            dropped: 0,
        };
        town.enrol(TENANT, &TenantSettings::default())?;
        Ok(town)
    }

    /// Lets a further municipality take part.
    pub fn enrol(&self, code: &str, settings: &TenantSettings) -> Result<()> {
        let key = WrappedKey {
            version: 1,
            blob: vec![1; 32],
        };
        let scope = scope(code)?;
        let added = self
            .store
            .add_tenant(&scope, settings, &key, Timestamp::UNIX_EPOCH);
        self.runtime.block_on(added)?;
        let _ = self.cloud.take_written();
        Ok(())
    }

    /// Puts entries of the index of holders: whose, of whom, and which of the residents they are.
    pub fn index(&self, code: &str, residents: impl Iterator<Item = u64>) -> Result<()> {
        let scope = scope(code)?;
        let keys = TenantKeys::new(scope.code(), vec![BranchKey::new(1, BRANCH)]);
        let keys = keys.context("no key")?;
        let client = aws_sdk_dynamodb::Client::new(&self.config);
        let index = HolderIndex::new(client, HOLDERS.to_owned());
        let client = aws_sdk_kms::Client::new(&self.config);
        let persons = PersonTags::new(client, "holders".to_owned());
        let mut nonces = NoncePool::default();
        self.runtime.block_on(async {
            for i in residents {
                let number = MyNumber::parse(Register::my_number(i).as_bytes()).ok();
                let person = persons.tag(number.context("not a My Number")?).await?;
                let resident = keys.resident_tag(&Register::number(i));
                let pointer = seal_pointer(&keys, &mut nonces, &person, &resident);
                index.put(&scope, &person, &pointer).await?;
            }
            Ok(())
        })
    }

    /// Drops a residents file and works until it is in force.
    pub fn drop_file(&mut self, content: Bytes) -> Result<Outcome> {
        self.drop_of(TENANT, FileKind::Residents, content)
    }

    /// Drops a dose file and works until its rows are recorded.
    pub fn drop_doses(&mut self, content: Bytes) -> Result<Outcome> {
        self.drop_of(TENANT, FileKind::Doses, content)
    }

    /// Drops a file of any municipality and works until it has come to its end.
    pub fn drop_of(&mut self, code: &str, kind: FileKind, content: Bytes) -> Result<Outcome> {
        // What came into force before has nobody's doses to attach.
        while self.cloud.next_message("doses").is_some() {}
        let (loader, queue) = match kind {
            FileKind::Residents => ("load-chunk", "loads"),
            FileKind::Doses => ("load-doses", "doses"),
            FileKind::Inquiries => ("ask-inquiries", "inquiries"),
        };
        self.dropped += 1;
        let at = FIRST_DROP.parse::<Timestamp>()? + jiff::SignedDuration::from_mins(self.dropped);
        let key = format!("inbox/{code}/{}/{:03}.csv", kind.as_str(), self.dropped);
        let size = content.len() as u64;
        let version = self.cloud.put_object(DROP, &key, content);
        let event = object_created(DROP, &key, &version, size, &at.to_string());
        let receive = self.work("receive-upload", "uploads", Some(event))?;
        let load = self.work(loader, queue, None)?;
        let upload = self.newest_upload(&scope(code)?)?;
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

    /// Has all doses of the municipality exported; gives how many they were, and what that took.
    pub fn export(&mut self) -> Result<(u64, Spent)> {
        let scope = scope(TENANT)?;
        let at = FIRST_DROP.parse::<Timestamp>()?;
        let id = ExportId::derive(at, &[7; 32]);
        let wanted = (ExportScope::Full, Encoding::Utf8 { bom: true });
        let export = Export::requested(id, ExportOrigin::Asked, wanted, at);
        let requested = self.store.request_export(&scope, &export);
        self.runtime.block_on(requested)?;
        let message = ExportMessage::Export {
            tenant: scope.code(),
            export: id,
        };
        let spent = self.work("export-ledger", "exports", Some(message.to_json()))?;
        let export = self.runtime.block_on(self.store.export(&scope, &id))?;
        let export = export.context("the export is gone")?;
        ensure!(
            export.state == ExportState::Published,
            "the export failed: {:?}",
            export.failure
        );
        Ok((export.doses, spent))
    }

    /// A function of this cloud, started.
    pub fn start(&self, function: &str) -> Result<Function> {
        self.start_beside(function, &[])
    }

    /// The same with more in its environment.
    pub fn start_beside(&self, function: &str, more: &[(String, String)]) -> Result<Function> {
        let environment = [&self.environment[..], more].concat();
        Function::start(&self.binaries.join(function), &environment)
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

    fn newest_upload(&self, scope: &TenantScope) -> Result<Upload> {
        let page = self.runtime.block_on(self.store.uploads(scope, 1, None))?;
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
        ("EXPORTS_QUEUE_URL", cloud.queue_url("exports")),
        ("KMS_CALLS_PER_SECOND", "0".to_owned()),
        ("HOLDERS_TABLE", HOLDERS.to_owned()),
        ("HOLDERS_KEY", "holders".to_owned()),
        ("ANSWER_FUNCTION", "answer-inquiry".to_owned()),
    ];
    environment.extend(settings.map(|(name, value)| (name.to_owned(), value)));
    environment
}

fn scope(code: &str) -> Result<TenantScope> {
    let tenant = TenantCode::parse(code).ok();
    Ok(TenantScope::for_operator(
        tenant.context("not a municipality")?,
    ))
}

async fn config(environment: &[(String, String)]) -> SdkConfig {
    let endpoint = environment
        .iter()
        .find(|(name, _)| name == "AWS_ENDPOINT_URL");
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("ap-northeast-1"))
        .credentials_provider(Credentials::new("AKIDBENCH", "bench", None, None, "bench"))
        .endpoint_url(endpoint.map(|(_, url)| url.clone()).unwrap_or_default())
        .load()
        .await
}
