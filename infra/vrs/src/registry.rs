//! The municipalities that take part: entered and read with an operator's own rights.

use anyhow::{Context as _, Result, bail};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use crypto::Kms;
use domain::{TenantCode, TenantScope, TenantSettings, municipalities};
use futures::future::try_join_all;
use layouts::check_settings;
use store::{Store, StoreError};

/// Questions to the table under way at once.
const AT_ONCE: usize = 64;

/// The table `records` and the key that wraps the municipalities' branch keys.
pub(crate) struct Registry {
    store: Store,
    kms: Kms,
    key: String,
}

impl Registry {
    /// `config` says where the services are and with whose rights they are asked.
    pub(crate) fn new(config: &SdkConfig, table: &str, key: &str) -> Self {
        Self {
            store: Store::new(aws_sdk_dynamodb::Client::new(config), table.to_owned()),
            kms: Kms::new(aws_sdk_kms::Client::new(config)),
            key: key.to_owned(),
        }
    }

    /// The table itself.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Enters a municipality with the usual settings and a branch key of its own.
    pub(crate) async fn add(&self, tenant: TenantCode) -> Result<()> {
        let scope = TenantScope::for_operator(tenant);
        if self.store.tenant(&scope).await?.is_some() {
            bail!("{tenant} takes part already");
        }
        let key = self
            .kms
            .new_branch_key(&self.key, tenant, 1)
            .await
            .context("no branch key")?;
        match self
            .store
            .add_tenant(
                &scope,
                &TenantSettings::default(),
                &key,
                runtime::system_clock(),
            )
            .await
        {
            Err(StoreError::Moved) => bail!("{tenant} was entered by somebody else just now"),
            other => Ok(other?),
        }
    }

    /// The municipalities that take part, by code. Asks for each of the 1,741, because no key of the
    /// table leads over municipalities.
    pub(crate) async fn list(&self) -> Result<Vec<(TenantCode, TenantSettings)>> {
        let mut found = Vec::new();
        for some in municipalities().chunks(AT_ONCE) {
            let asked = some.iter().map(|it| self.settings(it.code()));
            for (each, settings) in some.iter().zip(try_join_all(asked).await?) {
                found.extend(settings.map(|settings| (each.code(), settings)));
            }
        }
        Ok(found)
    }

    /// A municipality's settings, if it takes part.
    pub(crate) async fn settings(&self, tenant: TenantCode) -> Result<Option<TenantSettings>> {
        let state = self
            .store
            .tenant(&TenantScope::for_operator(tenant))
            .await?;
        Ok(state.map(|state| state.settings))
    }

    /// Puts settings in force that were made out of those that `settings` answered.
    pub(crate) async fn change(
        &self,
        tenant: TenantCode,
        mut changed: TenantSettings,
    ) -> Result<()> {
        check_settings(&changed)?;
        changed.revision += 1;
        match self
            .store
            .set_tenant(&TenantScope::for_operator(tenant), &changed)
            .await
        {
            Err(StoreError::Moved) => bail!("somebody else changed them just now; look again"),
            other => Ok(other?),
        }
    }
}

/// Services of a `vrs serve` on this machine: they take any credentials of their own.
pub(crate) fn on_this_machine(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("local", "local", None, None, "vrs");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("ap-northeast-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint)
        .build()
}
