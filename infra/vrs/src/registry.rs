//! The municipalities that take part: entered and read with an operator's own rights.

use anyhow::{Context as _, Result, bail};
use aws_config::SdkConfig;
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
    table: String,
    key: String,
}

impl Registry {
    /// `config` says where the services are and with whose rights they are asked.
    pub(crate) fn new(config: &SdkConfig, table: &str, key: &str) -> Self {
        Self {
            store: Store::new(aws_sdk_dynamodb::Client::new(config), table.to_owned()),
            kms: Kms::new(aws_sdk_kms::Client::new(config)),
            table: table.to_owned(),
            key: key.to_owned(),
        }
    }

    /// The table itself.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Enters a municipality with these settings and a branch key of its own.
    pub(crate) async fn add(&self, tenant: TenantCode, settings: &TenantSettings) -> Result<()> {
        let scope = TenantScope::for_operator(tenant);
        if self.settings(tenant).await?.is_some() {
            bail!("{tenant} takes part already");
        }
        let key = self
            .kms
            .new_branch_key(&self.key, tenant, 1)
            .await
            .with_context(|| {
                format!(
                    "no branch key; is the id of the key (--key {}) right?",
                    self.key
                )
            })?;
        let added = self
            .store
            .add_tenant(&scope, settings, &key, runtime::system_clock());
        match added.await {
            Err(StoreError::Moved) => bail!("{tenant} was entered by somebody else just now"),
            other => other.map_err(|error| self.failed(tenant, error)),
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
        let scope = TenantScope::for_operator(tenant);
        let state = self.store.tenant(&scope).await;
        let state = state.map_err(|error| self.failed(tenant, error))?;
        Ok(state.map(|state| state.settings))
    }

    /// What an operator can do about it.
    fn failed(&self, tenant: TenantCode, error: StoreError) -> anyhow::Error {
        let table = &self.table;
        let said = match &error {
            StoreError::Damaged { .. } => format!(
                "what table {table} has of {tenant} itself does not read: restore it as \"Recover\" in \
                 infra/OPERATE.md says"
            ),
            StoreError::TryAgain { .. } => format!(
                "table {table} is out of reach: try again, and see whether network, region and credentials are right"
            ),
            _ => format!(
                "table {table} cannot be used: see whether its name (--table), region, credentials and rights are right"
            ),
        };
        anyhow::Error::from(error).context(said)
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
            other => other.map_err(|error| self.failed(tenant, error)),
        }
    }
}
