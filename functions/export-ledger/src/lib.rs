//! Gives doses back to the municipalities' own ledgers (予防接種台帳): CSV, the waiting list beside it, and the
//! same as FHIR R4.
//!
//! **Triggered by** messages of the queue `exports`, one at a time: `nightly` (from the schedule, then from
//! itself: ask for an export of each of the next municipalities that takes part, and leave those behind
//! them to the next invocation), `nightly_of` (from itself: the same for one municipality, about which it could
//! not be asked among the others) and `export` (make one that was asked for).
//!
//! **What a repeat does.**
//! - The nightly export of a municipality and a day has one id, so a repeated `nightly` asks for nothing
//!   new; for exports that are still to be made it sends the messages once more, in case they were lost. A
//!   municipality that cannot be asked about keeps nobody waiting: it gets a message of its own, which fails and
//!   comes again by itself, and that for those behind it is sent once.
//! - An export that would not be done before the invocation ends is given up in good time, as failed, at whichever
//!   page of people or of the waiting list that is seen: the same would happen again. If everybody was read once, and
//!   only the records did not rest, it is made later.
//! - An export that is published or failed is left as it is. One that is not is made from the beginning:
//!   its files are written anew under the same names. One invocation makes an export at a time, until it is
//!   ended by force: a second message meanwhile comes again later.
//! - A record that cannot be read is read no better again: the export has failed, and says which part of it is damaged.
//! - Records that never rest are read again for a quarter of an hour; then the export has failed, and says so.
//!
//! **What is promised.** Files exist only if what was read of the records agrees with their counts; if not,
//! nothing is published, the export says what differs, and an alarm goes off. An export of changes, whoever asked for
//! it, goes on from the last one of a night that was published: one that was asked for by hand moves nothing, so
//! nobody who takes in those of the nights misses anything for it. Whoever puts exports of changes together has the
//! doses that a full one says: a number without a dose in force any more is a row without it in the ledger, and in
//! FHIR its immunization with the status `entered-in-error`. Patients are there as they were when their doses changed
//! last: a birth date or a sex that the register corrects since is in full ones only. People are read in small shares,
//! on all processors, and written as they come: what is held is a tag for each person, the shares that were read
//! ahead, and the parts on their way.

mod error;
mod export;
mod fhir;
mod files;
mod manifest;
mod nightly;
mod people;
mod read;
mod reconcile;
mod wire;

use std::sync::Arc;

use crypto::Keyring;
use domain::Clock;
use jiff::Timestamp;
use objects::Objects;
use queues::{ExportMessage, ExportQueue};
use store::Store;

use error::ExportError;
pub use wire::wire;

/// The function's work, over its adapters.
struct ExportLedger {
    store: Store,
    drop: Objects,
    exports: ExportQueue,
    keys: Keyring,
    clock: Arc<dyn Clock>,
    /// How many there are to read on.
    processors: usize,
}

impl ExportLedger {
    /// Works off one message. The invocation is ended at `deadline`, whatever it is doing.
    async fn handle(&self, body: &str, deadline: Timestamp) -> Result<(), ExportError> {
        let message = ExportMessage::parse(body)?;
        match &message {
            ExportMessage::Nightly { after } => self.nightly(*after).await,
            ExportMessage::NightlyOf { tenant } => self.nightly_of(*tenant).await,
            ExportMessage::Export { tenant, export } => {
                let scope = domain::TenantScope::from_own_queue(*tenant);
                self.export(&scope, *export, deadline).await
            }
        }
    }
}
