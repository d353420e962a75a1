#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod answered;
mod bytes;
mod check;
mod chunk;
mod consent_item;
mod consents;
mod day_count;
mod dose;
mod error;
mod export;
mod former;
mod held;
mod holders;
mod inquiries;
mod item;
mod keys;
mod load;
mod load_end;
mod log;
mod log_event;
mod many;
mod page;
mod profile;
mod protected;
mod register;
mod released;
mod residents;
mod slots;
mod stream;
mod tenant;
mod transaction;
mod turn;
mod upload;
mod upload_item;
mod wire;

use aws_sdk_dynamodb::Client;
use domain::{PerTenant, TenantScope};

pub use answered::{Answering, NewAnswer, answer_place};
pub use check::{Acceptance, CheckClaim, Conclusion};
pub use chunk::{Chunk, ChunkClaim, ChunkPlan, ChunkState, LoadedRows};
pub use consent_item::{Consent, Evidence};
pub use consents::{Changed, Recording};
pub use day_count::{DayCount, Mismatches};
pub use dose::{
    Begun, ContentId, DoseAct, DoseChange, DoseCounts, DoseId, DoseKey, DoseList, DoseRevision,
    Entry, InRegister, InSight, ListPage, Listed, Newcomer, NewcomerKey, NextDose, Once,
    OnceBefore, PEOPLE_AT_ONCE, PersonDoses, PersonItems, Remembered, RememberedKind, Settled,
    Settlement, Source, TouchedPage, Transaction, WaitingDose, WaitingKey, content_id,
};
pub use error::StoreError;
pub use export::{Export, LastExport, Published};
pub use held::{Confirmation, Confirming, Discarding, Release};
pub use holders::{HolderEntry, HolderIndex, Pointer, entries_of, open_pointer, seal_pointer};
pub use inquiries::{Claim, Ending, Inquiry, NewClaim, NewEnding};
pub use keys::partitions_of;
pub use load::{BatchBody, RegisterWriter, ShiftBody, SlotContent, Status, Taken};
pub use load_end::LoadEnd;
pub use log::{LogEntry, LogHead};
pub use log_event::{HolderOutcome, LogEvent, Terms};
pub use page::PageOf;
pub use profile::{CorruptProfile, read_profile, write_profile};
pub use register::{InForce, ManifestPlace, Register, Switch};
pub use released::Releasing;
pub use residents::{ResidentInForce, Snapshot};
pub use stream::{StreamKey, StreamSlot};
pub use tenant::TenantState;
pub use upload_item::{FileRefusal, HeldFor, Upload, UploadPage};

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
