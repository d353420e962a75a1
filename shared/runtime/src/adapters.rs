use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::tls;
use crypto::{Keyring, Kms, PersonTags};
use domain::{Clock, PerTenant};
use invocations::Holders;
use jiff::Timestamp;
use objects::{Objects, Unassigned};
use queues::{DoseQueue, ExportQueue, InquiryQueue, LoadQueue};
use store::{HolderIndex, Store};

use crate::connections::Services;
use crate::tenants::Tenants;
use crate::{Retry, SettingError, Settings, connections};

/// A call that takes longer than this, its repetitions included, has failed.
const OPERATION: Duration = Duration::from_secs(10);
/// The setting that names the role for the work of one municipality.
const TENANT_ROLE: &str = "TENANT_ROLE_ARN";
const CONNECT: Duration = Duration::from_secs(2);
/// Repetitions wait up to 1, 2 and 4 s, so that the last one still falls within [`OPERATION`].
const ATTEMPTS: u32 = 4;

/// What a function may work with, built when it asks for it.
#[derive(Clone)]
pub struct Adapters {
    settings: Settings,
    config: SdkConfig,
    clock: Arc<dyn Clock>,
    /// None: every call is made with the process's own rights.
    tenants: Option<Arc<Tenants>>,
    /// Whether something was built that asks KMS.
    uses_kms: Arc<AtomicBool>,
}

impl Adapters {
    /// `config` decides where the calls go, with which credentials, and how patiently.
    ///
    /// With the setting `TENANT_ROLE_ARN`, what is a municipality's is touched under that role, for
    /// that municipality alone. Without it, all is done with the rights that `config` brings: those
    /// of an operator, or, in a function that was deployed without the setting, none.
    #[must_use]
    pub fn new(settings: Settings, config: SdkConfig, clock: Arc<dyn Clock>) -> Self {
        let role = settings.maybe(TENANT_ROLE).map(str::to_owned);
        let tenants = role.map(|role| Arc::new(Tenants::new(&config, role, Arc::clone(&clock))));
        Self {
            settings,
            config,
            clock,
            tenants,
            uses_kms: Arc::default(),
        }
    }

    /// Opens the connections that the first event needs, for the clients that were built: in a start, work
    /// costs nobody time.
    pub(crate) async fn open_connections(&self) {
        let services = Services {
            dynamodb: self.settings.maybe("RECORDS_TABLE").is_some(),
            kms: self.uses_kms.load(Ordering::Relaxed),
            sts: self.tenants.is_some(),
        };
        connections::open(self.config.clone(), services).await;
    }

    /// Clients that have the rights of one municipality each.
    fn clients<C>(&self, make: fn(&SdkConfig) -> C) -> PerTenant<C>
    where
        C: Clone + Send + Sync + 'static,
    {
        match &self.tenants {
            Some(tenants) => tenants.clients(make),
            None => make(&self.config).into(),
        }
    }

    /// The function's settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where the time comes from.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// The table `RECORDS_TABLE`.
    pub fn store(&self) -> Result<Store, SettingError> {
        Ok(Store::new(
            self.clients(aws_sdk_dynamodb::Client::new),
            self.settings.get("RECORDS_TABLE")?.to_owned(),
        ))
    }

    /// The table `HOLDERS_TABLE`.
    pub fn holder_index(&self) -> Result<HolderIndex, SettingError> {
        let client = aws_sdk_dynamodb::Client::new(&self.config);
        let table = self.settings.get("HOLDERS_TABLE")?.to_owned();
        Ok(HolderIndex::new(client, table))
    }

    /// Tags of persons under the key `HOLDERS_KEY`.
    pub fn person_tags(&self) -> Result<PersonTags, SettingError> {
        self.uses_kms.store(true, Ordering::Relaxed);
        let client = aws_sdk_kms::Client::new(&self.config);
        let key = self.settings.get("HOLDERS_KEY")?.to_owned();
        Ok(PersonTags::new(client, key))
    }

    /// The function `ANSWER_FUNCTION`, which answers for one holder at a time.
    pub fn holders(&self) -> Result<Holders, SettingError> {
        let client = aws_sdk_lambda::Client::new(&self.config);
        let function = self.settings.get("ANSWER_FUNCTION")?.to_owned();
        Ok(Holders::new(client, function))
    }

    /// The bucket `DROP_BUCKET`, which municipalities see.
    pub fn drop_bucket(&self) -> Result<Objects, SettingError> {
        self.bucket("DROP_BUCKET")
    }

    /// The bucket `WORK_BUCKET`, which only our own functions see.
    pub fn work_bucket(&self) -> Result<Objects, SettingError> {
        self.bucket("WORK_BUCKET")
    }

    fn bucket(&self, setting: &str) -> Result<Objects, SettingError> {
        Ok(Objects::new(
            self.clients(aws_sdk_s3::Client::new),
            self.settings.get(setting)?.to_owned(),
        ))
    }

    /// The part of the bucket `DROP_BUCKET` that is nobody's.
    pub fn unassigned(&self) -> Result<Unassigned, SettingError> {
        let client = aws_sdk_s3::Client::new(&self.config);
        let bucket = self.settings.get("DROP_BUCKET")?.to_owned();
        Ok(Unassigned::new(client, bucket))
    }

    /// The queue `LOADS_QUEUE_URL`.
    pub fn loads(&self) -> Result<LoadQueue, SettingError> {
        let client = aws_sdk_sqs::Client::new(&self.config);
        Ok(LoadQueue::new(
            client,
            self.settings.get("LOADS_QUEUE_URL")?.to_owned(),
        ))
    }

    /// The queue `DOSES_QUEUE_URL`.
    pub fn doses(&self) -> Result<DoseQueue, SettingError> {
        let client = aws_sdk_sqs::Client::new(&self.config);
        Ok(DoseQueue::new(
            client,
            self.settings.get("DOSES_QUEUE_URL")?.to_owned(),
        ))
    }

    /// The queue `INQUIRIES_QUEUE_URL`.
    pub fn inquiries(&self) -> Result<InquiryQueue, SettingError> {
        let client = aws_sdk_sqs::Client::new(&self.config);
        Ok(InquiryQueue::new(
            client,
            self.settings.get("INQUIRIES_QUEUE_URL")?.to_owned(),
        ))
    }

    /// The queue `EXPORTS_QUEUE_URL`.
    pub fn exports(&self) -> Result<ExportQueue, SettingError> {
        let client = aws_sdk_sqs::Client::new(&self.config);
        Ok(ExportQueue::new(
            client,
            self.settings.get("EXPORTS_QUEUE_URL")?.to_owned(),
        ))
    }

    /// Retries of the function's own queue, whose URL stands in the setting of this name.
    pub fn retry(&self, queue_url: &str) -> Result<Retry, SettingError> {
        let client = aws_sdk_sqs::Client::new(&self.config);
        Ok(Retry::new(client, self.settings.get(queue_url)?.to_owned()))
    }

    /// An empty ring of keys over KMS.
    #[must_use]
    pub fn keys(&self) -> Keyring {
        self.uses_kms.store(true, Ordering::Relaxed);
        Keyring::new(Kms::new(self.clients(aws_sdk_kms::Client::new)))
    }
}

impl fmt::Debug for Adapters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adapters")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Region, credentials and endpoints as AWS sets them for a function, with our timeouts.
pub async fn sdk_config() -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .operation_timeout(OPERATION)
        .connect_timeout(CONNECT)
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(https())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .load()
        .await
}

/// One client for all, so that every municipality's calls share connections.
pub(crate) fn https() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(
            tls::rustls_provider::CryptoMode::AwsLc,
        ))
        .build_https()
}

/// The clock of the machine, for `main.rs` and whoever stands in for it.
#[must_use]
pub fn system_clock() -> Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the machine's clock is read"
    )]
    Timestamp::now()
}
