//! Credentials for the work of one municipality, and clients that have them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_sts::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::types::Tag;
use domain::{Clock, PerTenant, TenantCode};
use jiff::{SignedDuration, Timestamp};

/// How long credentials are good for: as long as AWS lets a role hand them to another.
const LIFE: SignedDuration = SignedDuration::from_hours(1);
/// They are taken anew this long before they end. A link signed with them ends with them, and the
/// longest that we sign is good for 15 minutes.
const LEFT: SignedDuration = SignedDuration::from_mins(20);
/// For how many municipalities a process keeps clients. A process rarely sees so many within an
/// hour; when it does, it begins anew.
const MOST: usize = 64;
const PROVIDER: &str = "role of one tenant";

/// The role for the work of one municipality, taken for each with its code as the session's tag.
pub(crate) struct Tenants {
    config: SdkConfig,
    sts: aws_sdk_sts::Client,
    role: String,
    clock: Arc<dyn Clock>,
    sessions: Mutex<HashMap<TenantCode, SharedCredentialsProvider>>,
}

impl Tenants {
    /// Asks nothing of anybody yet.
    pub(crate) fn new(config: &SdkConfig, role: String, clock: Arc<dyn Clock>) -> Self {
        Self {
            config: config.clone(),
            sts: aws_sdk_sts::Client::new(config),
            role,
            clock,
            sessions: Mutex::default(),
        }
    }

    /// Clients of one service, made once for each municipality. They share credentials with those of
    /// other services, and connections with all.
    pub(crate) fn clients<C>(self: &Arc<Self>, make: fn(&SdkConfig) -> C) -> PerTenant<C>
    where
        C: Clone + Send + Sync + 'static,
    {
        let tenants = Arc::clone(self);
        let made = Mutex::new(HashMap::new());
        PerTenant::new(move |tenant| kept(&made, tenant, || make(&tenants.config_of(tenant))))
    }

    fn config_of(&self, tenant: TenantCode) -> SdkConfig {
        let session = kept(&self.sessions, tenant, || {
            SharedCredentialsProvider::new(Session {
                sts: self.sts.clone(),
                role: self.role.clone(),
                tenant,
                clock: Arc::clone(&self.clock),
                taken: tokio::sync::Mutex::default(),
            })
        });
        // The session keeps what it got; a second cache would not know when a link needs more time.
        let uncached = IdentityCache::no_cache();
        let config = self.config.to_builder().credentials_provider(session);
        config.identity_cache(uncached).build()
    }
}

fn kept<T: Clone>(
    all: &Mutex<HashMap<TenantCode, T>>,
    tenant: TenantCode,
    make: impl FnOnce() -> T,
) -> T {
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    if all.len() >= MOST && !all.contains_key(&tenant) {
        all.clear();
    }
    all.entry(tenant).or_insert_with(make).clone()
}

/// What a process holds for one municipality.
struct Session {
    sts: aws_sdk_sts::Client,
    role: String,
    tenant: TenantCode,
    clock: Arc<dyn Clock>,
    /// Held while they are taken, so that many calls at once take them once.
    taken: tokio::sync::Mutex<Option<(Credentials, Timestamp)>>,
}

impl Session {
    async fn credentials(&self) -> provider::Result {
        let mut taken = self.taken.lock().await;
        let now = self.clock.now();
        if let Some((credentials, until)) = &*taken
            && until.duration_since(now) > LEFT
        {
            return Ok(credentials.clone());
        }
        let fresh = self.take().await?;
        let until = now.saturating_add(LIFE).unwrap_or(Timestamp::MAX);
        *taken = Some((fresh.clone(), until));
        Ok(fresh)
    }

    async fn take(&self) -> provider::Result {
        let tag = Tag::builder().key("tenant").value(self.tenant.as_str());
        let answer = self
            .sts
            .assume_role()
            .role_arn(&self.role)
            // Shows in the audit trail beside each call.
            .role_session_name(format!("tenant-{}", self.tenant))
            .tags(tag.build().map_err(CredentialsError::provider_error)?)
            .duration_seconds(i32::try_from(LIFE.as_secs()).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| self.not_taken(error))?;
        let none = || CredentialsError::provider_error("an answer without credentials");
        let given = answer.credentials.ok_or_else(none)?;
        Ok(Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            None,
            PROVIDER,
        ))
    }

    /// The call that needs the credentials fails as if its own service had not been reached: only this says what it was.
    fn not_taken(&self, error: SdkError<AssumeRoleError>) -> CredentialsError {
        let (code, tenant) = ("ROLE_NOT_TAKEN", self.tenant);
        let why = error.code().unwrap_or("NotReached");
        tracing::warn!(code, %tenant, error = why, "the role for a municipality was not given");
        CredentialsError::provider_error(error)
    }
}

impl ProvideCredentials for Session {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({})", self.tenant)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use aws_config::retry::RetryConfig;
    use aws_config::{BehaviorVersion, Region};
    use serde_json::json;
    use tracing_subscriber::filter::LevelFilter;

    use super::*;
    use crate::log::tests::lines;

    /// Denies the one request that comes.
    fn deny(listener: &TcpListener) {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut request, mut some) = (Vec::new(), [0; 4096]);
        let begun = b"Action=AssumeRole";
        while !request.windows(begun.len()).any(|it| it == begun) {
            let read = stream.read(&mut some).unwrap();
            assert_ne!(read, 0, "no role is asked for");
            request.extend_from_slice(&some[..read]);
        }
        let body = "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>";
        let length = body.len();
        let head = format!(
            "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
        );
        stream
            .write_all(format!("{head}{body}").as_bytes())
            .unwrap();
    }

    #[test]
    fn a_role_that_is_not_given_is_told_of_in_the_log() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || deny(&listener));
        let credentials = Credentials::new("key", "secret", None, None, "test");
        let work = async {
            let config = aws_config::defaults(BehaviorVersion::latest())
                .region(Region::new("ap-northeast-1"))
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .retry_config(RetryConfig::disabled())
                .http_client(crate::adapters::https())
                .endpoint_url(endpoint)
                .load()
                .await;
            let clock = Arc::new(|| Timestamp::UNIX_EPOCH);
            let tenants = Arc::new(Tenants::new(&config, "role".to_owned(), clock));
            let clients = tenants.clients(aws_sdk_dynamodb::Client::new);
            let client = clients.of(TenantCode::parse("131016").unwrap());
            assert!(client.list_tables().send().await.is_err());
        };
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().unwrap();
        let lines = lines(LevelFilter::WARN, || runtime.block_on(work));
        let told = |name: &str| {
            lines
                .iter()
                .map(|line| line[name].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(told("code"), [json!("ROLE_NOT_TAKEN")]);
        assert_eq!(told("tenant"), [json!("131016")]);
        assert_eq!(told("error"), [json!("AccessDenied")]);
    }
}
