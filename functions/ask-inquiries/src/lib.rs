//! Asks what the rows of an accepted file of inquiries ask, each on a basis of its own.
//!
//! **Triggered by** messages of the queue `inquiries`, one for an accepted file.
//!
//! **What a repeat does.** The message is a hint to look at the records; what they say decides.
//! - A file whose rows were all asked is not asked again; only what comes after (`errors.csv`, the end,
//!   the receipt) is made sure of.
//! - A file under another worker's lease is left alone; the message is sent anew, delayed until that
//!   lease ends.
//! - A file whose worker died, or ran out of time, is begun anew. The ids of a row's basis and inquiry are
//!   made of file and row, so a row that was answered is given the same answer again and asks nobody,
//!   also when its basis has ended meanwhile; one that was left half-way is finished.
//! - A file whose worker failed is free at once, so that the same message tries again. After thirty workers one
//!   more that runs out of time, or loses the file to another, counts as failed.
//! - A row whose holder cannot answer before something is mended leaves its inquiry to the file in which it
//!   comes again: that goes on under the same id, and is as good at being begun anew.
//! - The answers are written under the file's id, whole, each time.
//! - Forms that are said to be somebody else's count as misses in the transaction that ends the rows: once.
//!   The alarms are told of them before it, and again by whoever has to do it again.
//!
//! A row goes the very way of an inquiry through the API: one recorded basis, one claim, one entry in the
//! logs of both sides, under the same budget. A basis that needs a second person's approval cannot be
//! asked on by file, for whoever drops a file is one. The asker's log has the file as who asked, and beside it who
//! dropped it, where it was dropped by a link of the API.
//!
//! This function looks up across municipalities who holds records, and can open none; it reads what its own
//! municipality dropped, and no key of records.

mod answers;
mod asked;
mod end;
mod error;
mod file;
mod wire;

use std::sync::Arc;

use asking::Asking;
use chunks::Chunks;
use domain::{Clock, TenantScope, UploadId};
use jiff::Timestamp;
use objects::Objects;
use queues::{InquiryMessage, InquiryQueue};
use store::{Store, StoreError, Upload};

use error::AskInquiriesError;
pub use wire::wire;

/// The function's work, over its adapters.
struct AskInquiries {
    store: Store,
    asking: Asking,
    drop: Objects,
    work: Objects,
    /// Its own queue.
    queue: InquiryQueue,
    clock: Arc<dyn Clock>,
}

impl AskInquiries {
    /// Works off one message. The invocation is ended at `deadline`, whatever it is doing.
    async fn handle(&self, body: &str, deadline: Timestamp) -> Result<(), AskInquiriesError> {
        let message = InquiryMessage::parse(body)?;
        let (scope, upload) = (message.scope(), message.upload);
        match self.ask_file(&scope, &upload, deadline).await {
            Err(AskInquiriesError::Unfinished(unfinished)) => {
                tracing::info!(%upload, "{}", unfinished.said("file"));
                let wait = unfinished.wait(self.clock.now());
                Ok(self.queue.send_after(&[message], wait).await?)
            }
            other => other,
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

    async fn upload(
        &self,
        scope: &TenantScope,
        id: &UploadId,
    ) -> Result<Upload, AskInquiriesError> {
        let upload = self.store.upload(scope, id).await?;
        Ok(upload.ok_or(StoreError::Damaged {
            what: "upload of a file of inquiries",
        })?)
    }
}
