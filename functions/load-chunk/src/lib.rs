//! Loads accepted residents files into the register.
//!
//! **Triggered by** messages of the queue `loads`, one at a time: `advance` (start the tenant's next
//! waiting load, or take up an unfinished one) and `chunk` (load one chunk of a file).
//!
//! **What a repeat does.** Every message is a hint to look at the records; what they say decides.
//! - A chunk that is done, or whose file is in force, is not loaded again; only what comes after it
//!   (switch, receipt, start of the next file) is made sure of.
//! - A chunk under another worker's lease is left alone; the message is sent anew, delayed until
//!   that lease ends.
//! - A chunk whose worker failed is free as soon as nothing of that worker's can still arrive, so that the same
//!   message, which counts its attempts, tries again, and lies among the dead letters after the last one.
//! - A chunk that is more than the table takes for longer than one call may last is free as well, and its message is
//!   sent anew, for later: that is no failure.
//! - After thirty workers one more that runs out of time, loses its chunk to another, or is throttled counts as
//!   failed.
//! - New residents are put unconditionally, with the same content each time; that is safe because
//!   one generation loads at a time and no worker sends anything beyond its lease.
//! - Known residents are shifted on the condition that the generation is not there yet.
//! - What a file without the column 支援措置 leaves as it is, is read of the register in force, which does not
//!   move while the file loads: each time the same.
//! - A merge is not begun in the last minute of an invocation: the same message, sent anew, does it.
//! - The switch is one transaction from g − 1 to g; the second attempt changes nothing.
//! - After the switch load-doses is told that doses may have found their resident; it looks for itself.
//! - Manifests that no longer count are deleted after the switch; what stays, after the next one.
//!
//! A worker that runs out of time notes how many changed rows are written; the next goes on there.

mod advance;
mod chunk;
mod compare;
mod error;
mod in_force;
mod kept;
mod lapsed;
mod lease;
mod rows;
mod wire;
mod write;

use std::sync::Arc;

use chunks::{Chunks, Unfinished};
use crypto::Keyring;
use domain::{Clock, TenantScope, UploadId};
use jiff::Timestamp;
use objects::Objects;
use queues::{DoseMessage, DoseQueue, LoadMessage, LoadQueue};
use store::{Store, StoreError, TenantState};

use error::LoadError;
pub use wire::wire;

/// The function's work, over its adapters.
struct LoadChunk {
    store: Store,
    drop: Objects,
    work: Objects,
    /// Its own queue.
    loads: LoadQueue,
    doses: DoseQueue,
    keys: Keyring,
    clock: Arc<dyn Clock>,
}

impl LoadChunk {
    /// Works off one message. The invocation is ended at `deadline`, whatever it is doing.
    async fn handle(&self, body: &str, deadline: Timestamp) -> Result<(), LoadError> {
        let message = LoadMessage::parse(body)?;
        let scope = message.scope();
        match &message {
            LoadMessage::Advance { .. } => match self.advance(&scope, deadline).await {
                Err(LoadError::Unfinished(Unfinished::OutOfTime)) => {
                    Ok(self.loads.send(&[message]).await?)
                }
                other => other,
            },
            LoadMessage::Chunk { upload, chunk, .. } => {
                match self.load(&scope, upload, *chunk, deadline).await {
                    Err(LoadError::Unfinished(unfinished)) => {
                        tracing::info!(%upload, chunk, "{}", unfinished.said("chunk"));
                        let wait = unfinished.wait(self.clock.now());
                        Ok(self.loads.send_after(&[message], wait).await?)
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

    /// Doses that wait for somebody may belong to those who came into force.
    async fn tell_doses(&self, scope: &TenantScope) -> Result<(), LoadError> {
        let attach = DoseMessage::Attach {
            tenant: scope.code(),
            after: None,
        };
        Ok(self.doses.send(&[attach]).await?)
    }

    async fn tenant(&self, scope: &TenantScope) -> Result<TenantState, LoadError> {
        let tenant = self.store.tenant(scope).await?;
        Ok(tenant.ok_or(StoreError::Damaged {
            what: "tenant of a load",
        })?)
    }
}
