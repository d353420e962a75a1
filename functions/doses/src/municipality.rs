//! Keys and settings of municipalities, read once a minute.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use api::{Problem, enrolled};
use crypto::{Keyring, TenantKeys};
use domain::{KnownLots, TenantCode, TenantScope};
use jiff::{SignedDuration, Timestamp};
use recording::Area;
use store::Store;

/// Changed settings take effect within this time.
const KEPT: SignedDuration = SignedDuration::from_mins(1);

/// One municipality's keys and settings.
pub(crate) struct Municipality {
    pub(crate) scope: TenantScope,
    pub(crate) keys: Arc<TenantKeys>,
    lots: KnownLots,
}

pub(crate) struct Municipalities {
    store: Store,
    ring: Keyring,
    kept: Mutex<HashMap<TenantCode, (Timestamp, Arc<Municipality>)>>,
}

impl Municipality {
    pub(crate) fn area(&self) -> Area<'_> {
        Area {
            scope: &self.scope,
            keys: &self.keys,
            lots: &self.lots,
        }
    }
}

impl Municipalities {
    pub(crate) fn new(store: Store, ring: Keyring) -> Self {
        Self {
            store,
            ring,
            kept: Mutex::default(),
        }
    }

    /// The caller's municipality, if it takes part.
    pub(crate) async fn of(
        &self,
        scope: &TenantScope,
        now: Timestamp,
    ) -> Result<Arc<Municipality>, Problem> {
        if let Some(known) = self.kept(scope.code(), now) {
            return Ok(known);
        }
        let tenant = enrolled(self.store.tenant(scope).await)?;
        let keys = tenant.keys(scope, &self.ring, now).await?;
        let municipality = Arc::new(Municipality {
            scope: scope.clone(),
            keys,
            lots: tenant.settings.lots,
        });
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(scope.code(), (now, Arc::clone(&municipality)));
        Ok(municipality)
    }

    fn kept(&self, code: TenantCode, now: Timestamp) -> Option<Arc<Municipality>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, municipality) = kept.get(&code)?;
        (now.duration_since(*since) < KEPT).then(|| Arc::clone(municipality))
    }
}
