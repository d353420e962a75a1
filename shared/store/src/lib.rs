#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod bytes;
mod check;
mod chunk;
mod dose;
mod error;
mod export;
mod held;
mod item;
mod keys;
mod load;
mod load_end;
mod many;
mod profile;
mod register;
mod residents;
mod tenant;
mod transaction;
mod upload;
mod upload_item;
mod wire;

use aws_sdk_dynamodb::Client;
use domain::{PerTenant, TenantScope};

pub use check::{Acceptance, CheckClaim, Conclusion};
pub use chunk::{Chunk, ChunkClaim, ChunkPlan, ChunkState, LoadedRows};
pub use dose::{
    ContentId, DoseAct, DoseChange, DoseCounts, DoseId, DoseKey, DoseList, DoseRevision, Entry,
    InRegister, ListPage, Listed, Newcomer, NewcomerKey, NextDose, Once, OnceBefore, PersonDoses,
    Remembered, RememberedKind, Settled, Settlement, Source, TouchedPage, Transaction, WaitingDose,
    WaitingKey, content_id,
};
pub use error::StoreError;
pub use export::{Export, LastExport};
pub use held::{Confirmation, Discarding};
pub use load::{BatchBody, RegisterWriter, ShiftBody, SlotContent, Status};
pub use load_end::LoadEnd;
pub use profile::{CorruptProfile, read_profile, write_profile};
pub use register::{InForce, ManifestPlace, Register, Switch};
pub use residents::{ResidentInForce, Snapshot};
pub use tenant::{TenantSettings, TenantState};
pub use upload_item::{FileRefusal, Upload, UploadPage};

/// The table `records`.
#[derive(Debug, Clone)]
pub struct Store {
    clients: PerTenant<Client>,
    table: String,
}

impl Store {
    /// Works on `table` through the SDK's client: one for all, or one for each municipality.
    #[must_use]
    pub fn new(clients: impl Into<PerTenant<Client>>, table: String) -> Self {
        let clients = clients.into();
        Self { clients, table }
    }

    /// The client that may touch what is this municipality's.
    pub(crate) fn client(&self, scope: &TenantScope) -> Client {
        self.clients.of(scope.code())
    }
}
