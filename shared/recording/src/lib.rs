#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod attach;
mod change;
mod find;
mod follow;
mod former;
mod incoming;
mod judge;
mod outcome;
mod queue;
mod record;
mod repeats;
mod resolve;
mod retry;
mod together;
mod wait;

use std::sync::{Mutex, PoisonError};

use crypto::{NoncePool, TenantKeys};
use domain::{KnownLots, TenantScope};
use store::{DoseChange, Store, StoreError, Transaction};

pub use attach::Attached;
pub use change::{Changed, Correction, Reasoned};
pub use find::{Found, FoundPerson};
pub use incoming::{Incoming, Second, Whom};
pub use outcome::{Kept, Outcome};
pub use resolve::Resolution;

/// A municipality's area: for whom something is done, under which keys and settings.
#[derive(Clone, Copy)]
pub struct Area<'a> {
    /// For whom.
    pub scope: &'a TenantScope,
    /// The municipality's keys.
    pub keys: &'a TenantKeys,
    /// The lots that were delivered to it.
    pub lots: &'a KnownLots,
}

/// Records doses and changes what was recorded.
pub struct Recorder {
    store: Store,
    nonces: Mutex<NoncePool>,
}

impl Recorder {
    /// Works on the table.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self {
            store,
            nonces: Mutex::default(),
        }
    }

    /// The table.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Puts a change together and commits it.
    async fn change<T>(
        &self,
        area: &Area<'_>,
        now: jiff::Timestamp,
        put: impl FnOnce(&mut DoseChange<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (whole, made) = self.put_together(area, now, put)?;
        self.store.commit(area.scope, whole).await?;
        Ok(made)
    }

    /// Sealing takes microseconds, so nobody waits long for the nonces.
    fn put_together<T>(
        &self,
        area: &Area<'_>,
        now: jiff::Timestamp,
        put: impl FnOnce(&mut DoseChange<'_>) -> Result<T, StoreError>,
    ) -> Result<(Transaction, T), StoreError> {
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        let mut change = DoseChange::new(&self.store, area.scope, area.keys, &mut nonces, now);
        let made = put(&mut change)?;
        Ok((change.finish()?, made))
    }
}
