use crypto::{ResidentTag, Tag};
use domain::{Generation, TenantScope, UploadId};
use jiff::Timestamp;

pub(crate) const SCHEMA: u8 = 1;
/// The name that seals carry, whatever a stack calls its table.
pub(crate) const TABLE: &str = "records";
pub(crate) const PROFILE_SK: &str = "P";

fn of(scope: &TenantScope, rest: &str) -> String {
    format!("T#{}#{rest}", scope.code())
}

pub(crate) fn resident(scope: &TenantScope, tag: &ResidentTag) -> String {
    of(scope, &format!("R#{tag}"))
}

pub(crate) fn coupon(scope: &TenantScope, tag: &Tag) -> String {
    of(scope, &format!("C#{tag}"))
}

pub(crate) fn birth(scope: &TenantScope, tag: &Tag) -> String {
    of(scope, &format!("B#{tag}"))
}

pub(crate) fn upload(scope: &TenantScope, id: &UploadId) -> String {
    of(scope, &format!("U#{id}"))
}

pub(crate) fn chunk_sk(number: u32) -> String {
    format!("CHUNK#{number:06}")
}

pub(crate) fn uploads(scope: &TenantScope) -> String {
    of(scope, "UPLOADS")
}

pub(crate) fn uploads_sk(dropped_at: Timestamp, id: &UploadId) -> String {
    format!("{:013}#{id}", dropped_at.as_millisecond().max(0))
}

pub(crate) fn current(scope: &TenantScope) -> String {
    of(scope, "CURRENT")
}

pub(crate) fn waiting_sk(generation: Generation) -> String {
    format!("WAITING#{:012}", generation.get())
}

pub(crate) fn tenant(scope: &TenantScope) -> String {
    of(scope, "TENANT")
}
