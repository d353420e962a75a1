//! Credentials for the work of one municipality, and clients that have them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
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
            .map_err(CredentialsError::provider_error)?;
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
