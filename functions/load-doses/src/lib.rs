//! Records the doses of accepted dose files, and attaches waiting doses to those who came.
//!
//! **Triggered by** messages of the queue `doses`, one at a time: `chunk` (record the rows of one chunk of a
//! file) and `attach` (the register moved: go through the waiting list).
//!
//! **What a repeat does.** Every message is a hint to look at the records; what they say decides.
//! - A chunk that is done is not recorded again; only what comes after the last one (`errors.csv`, the end
//!   of the load, the receipt) is made sure of.
//! - A chunk under another worker's lease is left alone; the message is sent anew, delayed until that lease
//!   ends.
//! - A chunk whose worker failed is free at once, so that the same message, which counts its attempts, tries
//!   again, and lies among the dead letters after the last one.
//! - A chunk that is more than the table takes for longer than one call may last is free as well, and its message is
//!   sent anew, for later: that is no failure.
//! - After thirty workers one more that runs out of time, loses its chunk to another, or is throttled counts as
//!   failed.
//! - A chunk whose worker died is begun anew. Each row is one transaction on the condition of what was
//!   read, and a row that was recorded is known by its file and row, so it counts as what it was.
//! - The load ends by one conditional update. `errors.csv` is written before it, the receipt after it, under
//!   the same names with the same content each time.
//! - A waiting dose leaves the list in the transaction in which it becomes something else. One that cannot be read, or
//!   whose person cannot, holds up no other; the message fails behind all of them.
//! - The next file says the same rows again. What was recorded is unchanged, also if its person has another coupon or
//!   number since; what staff cancelled is refused and listed nowhere, and the receipt and `errors.csv` say so.
//!
//! Rows of several people are recorded at the same time, 24 in one transaction where they are plain, those of one
//! person in a chunk one after the other and lowest number first: else a second dose would be doubtful only because
//! the first was behind it. Where a coupon leads to several people, its rows may come before or after those that
//! name their person; what is in force in the end is the same.
//!
//! Chunks of a file are recorded at the same time. A second dose whose first stands in another chunk may be looked
//! at before it: it is doubtful then (`previous-missing`), counts so in the receipt, and comes into force with its
//! first, also where both are written in the same instant (see `recording`).

mod attach;
mod chunk;
mod end;
mod error;
mod record;
mod share;
mod wire;

use std::sync::Arc;

use chunks::Chunks;
use crypto::{Keyring, TenantKeys};
use domain::{Clock, KnownLots, TenantScope, TenantSettings, UploadId};
use jiff::Timestamp;
use objects::Objects;
use queues::{DoseMessage, DoseQueue};
use recording::{Area, Recorder};
use store::{Store, StoreError};

use error::LoadDosesError;
pub use wire::wire;

/// The function's work, over its adapters.
struct LoadDoses {
    store: Store,
    recorder: Recorder,
    drop: Objects,
    work: Objects,
    /// Its own queue.
    doses: DoseQueue,
    keys: Keyring,
    clock: Arc<dyn Clock>,
}

/// A municipality whose doses are recorded.
struct Tenant<'a> {
    scope: &'a TenantScope,
    keys: Arc<TenantKeys>,
    settings: TenantSettings,
}

impl Tenant<'_> {
    fn area(&self) -> Area<'_> {
        let lots: &KnownLots = &self.settings.lots;
        Area {
            scope: self.scope,
            keys: &self.keys,
            lots,
        }
    }
}

impl LoadDoses {
    /// Works off one message. The invocation is ended at `deadline`, whatever it is doing.
    async fn handle(&self, body: &str, deadline: Timestamp) -> Result<(), LoadDosesError> {
        let message = DoseMessage::parse(body)?;
        let scope = message.scope();
        match &message {
            DoseMessage::Attach { after, .. } => self.attach(&scope, after.clone(), deadline).await,
            DoseMessage::Chunk { upload, chunk, .. } => {
                match self.load(&scope, upload, *chunk, deadline).await {
                    Err(LoadDosesError::Unfinished(unfinished)) => {
                        tracing::info!(%upload, chunk, "{}", unfinished.said("chunk"));
                        let wait = unfinished.wait(self.clock.now());
                        Ok(self.doses.send_after(&[message], wait).await?)
                    }
                    other => other,
                }
            }
        }
    }

    /// The chunks of a file, to be worked off.
    fn chunks<'a>(&'a self, scope: &'a TenantScope, upload: UploadId) -> Chunks<'a> {
        Chunks {
            store: &self.store,
            clock: &*self.clock,
            scope,
            upload,
        }
    }

    async fn tenant<'a>(&self, scope: &'a TenantScope) -> Result<Tenant<'a>, LoadDosesError> {
        let tenant = self.store.tenant(scope).await?;
        let tenant = tenant.ok_or(StoreError::Damaged {
            what: "tenant of a dose file",
        })?;
        Ok(Tenant {
            scope,
            keys: tenant.keys(scope, &self.keys, self.clock.now()).await?,
            settings: tenant.settings,
        })
    }
}
