//! Receives what municipalities drop: checks every row, accepts or refuses the file, and cuts an
//! accepted one into chunks.
//!
//! **Triggered by** object-created events of the drop bucket's `inbox/`, through the queue `uploads`.
//!
//! **What a repeat does.** An upload's id is derived from bucket, key and version, so a repeated
//! event finds the upload that the first one made.
//! - Once the upload is decided, a repeat only tells load-chunk or load-doses again that there is
//!   something to do.
//! - While another worker checks it, the event is left in the queue and comes again.
//! - A check whose worker died is done anew from the first byte, with the same day and settings. Its
//!   outputs are written under the same names; what decides is one transaction at the end, which
//!   only the holder of the lease can make.
//!
//! An event of any bucket but the drop bucket is refused unread: only a mistake in the deployment
//! sends one, and it ends among the dead letters.
//!
//! The receipt is written before the decision, never after it: from then on whoever loads writes it.
//!
//! Read in this order: `event`, `receive` (whose file it is), `check` (its rows, as `kind` has them),
//! `conclude` and `decide` (what becomes of it), `tell` (who hears of it).

mod check;
mod conclude;
mod cut;
mod decide;
mod error;
mod event;
mod kind;
mod pass;
mod protections;
mod receive;
mod removals;
mod rows;
mod tell;
mod wire;

use std::sync::Arc;

use crypto::Keyring;
use domain::Clock;
use jiff::Timestamp;
use objects::{Objects, Unassigned};
use queues::{DoseQueue, InquiryQueue, LoadQueue};
use store::Store;

use error::ReceiveError;
pub use wire::wire;

/// How many bytes of a file make a chunk, by kind.
struct ChunkBytes {
    /// Of a residents file.
    residents: u64,
    /// Of a dose file. Each row of it is a transaction of its own.
    doses: u64,
}

impl ChunkBytes {
    /// Where settings do not say otherwise: some 200,000 residents, some 10,000 doses.
    const USUAL: Self = Self {
        residents: 24 * 1024 * 1024,
        doses: 1024 * 1024,
    };
}

/// The function's work, over its adapters.
struct ReceiveUpload {
    store: Store,
    drop: Objects,
    work: Objects,
    /// The part of the drop bucket that is nobody's.
    unassigned: Unassigned,
    loads: LoadQueue,
    doses: DoseQueue,
    inquiries: InquiryQueue,
    keys: Keyring,
    clock: Arc<dyn Clock>,
    chunk_bytes: ChunkBytes,
    /// Random; the writer of a file does not know it.
    seed: u64,
}

impl ReceiveUpload {
    /// Works off one message. The invocation is ended at `deadline`, whatever it is doing.
    async fn handle(&self, body: &str, deadline: Timestamp) -> Result<(), ReceiveError> {
        let all = event::parse(body)?;
        if all
            .iter()
            .any(|dropped| !self.drop.is_bucket(&dropped.bucket))
        {
            tracing::info!(target: "metrics", events_of_foreign_buckets = 1_u64);
            return Err(ReceiveError::ForeignBucket);
        }
        for dropped in &all {
            self.receive(dropped, deadline).await?;
        }
        Ok(())
    }
}
