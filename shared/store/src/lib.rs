#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod bytes;
mod dose;
mod error;
mod export;
mod holders;
mod inquiry;
mod item;
mod keys;
mod many;
mod page;
mod register;
mod tenant;
mod transaction;
mod turn;
mod update_terms;
mod upload;
mod wire;

use aws_sdk_dynamodb::Client;
use domain::{PerTenant, TenantScope};

pub use dose::{
    Begun, ContentId, DoseAct, DoseChange, DoseCounts, DoseId, DoseKey, DoseList, DoseRevision,
    Entry, ListPage, Listed, Newcomer, NewcomerKey, NextDose, Once, OnceBefore, PEOPLE_AT_ONCE,
    PersonDoses, PersonItems, Remembered, RememberedKind, Settled, Settlement, Source, TouchedPage,
    Transaction, WaitingDose, WaitingKey, content_id,
};
pub use error::StoreError;
pub use export::{Export, LastExport, Published};
pub use holders::{HolderEntry, HolderIndex, Pointer, entries_of, open_pointer, seal_pointer};
pub use inquiry::{
    Answering, Changed, Claim, Consent, DayCount, Ending, Evidence, HolderOutcome, Inquiry,
    LogEntry, LogEvent, LogHead, Mismatches, NewAnswer, NewClaim, NewEnding, Recording, Releasing,
    Terms, answer_place,
};
pub use keys::partitions_of;
pub use page::PageOf;
pub use register::{
    BatchBody, InForce, InRegister, InSight, ManifestPlace, Register, RegisterWriter,
    ResidentInForce, ShiftBody, SlotContent, Snapshot, Status, StreamKey, StreamSlot, Switch,
    Taken, write_profile,
};
pub use tenant::TenantState;
pub use upload::{
    Acceptance, CheckClaim, Chunk, ChunkClaim, ChunkPlan, ChunkState, Conclusion, Confirmation,
    Confirming, Discarding, FileRefusal, HeldFor, LoadEnd, LoadedRows, Release, Upload, UploadPage,
};

/// While somebody waits for an answer, a transaction that is too much for the table is sent again this often.
const TWICE: u32 = 2;

/// The table `records`.
#[derive(Debug, Clone)]
pub struct Store {
    clients: PerTenant<Client>,
    table: String,
    /// How often a transaction that is too much is sent again.
    patience: u32,
}

impl Store {
    /// Works on `table` through the SDK's client: one for all, or one for each municipality.
    #[must_use]
    pub fn new(clients: impl Into<PerTenant<Client>>, table: String) -> Self {
        let clients = clients.into();
        Self {
            clients,
            table,
            patience: TWICE,
        }
    }

    /// For work that nobody waits for: a transaction that is too much for the table is sent again for as long as
    /// one call may take.
    #[must_use]
    pub fn patient(self) -> Self {
        Self {
            patience: u32::MAX,
            ..self
        }
    }

    /// The client that may touch what is this municipality's.
    pub(crate) fn client(&self, scope: &TenantScope) -> Client {
        self.clients.of(scope.code())
    }
}
