use crypto::{ResidentTag, Tag};
use data_encoding::BASE64URL_NOPAD;
use domain::{
    Date, Encoding, ExportId, ExportScope, Generation, InquiryId, TenantCode, TenantScope, UploadId,
};
use jiff::Timestamp;

use crate::{DoseId, DoseKey, DoseList, NewcomerKey, WaitingKey};

pub(crate) const SCHEMA: u8 = 1;
/// The name that seals carry, whatever a stack calls its table.
pub(crate) const TABLE: &str = "records";
pub(crate) const PROFILE_SK: &str = "P";

fn of(scope: &TenantScope, rest: &str) -> String {
    format!("T#{}#{rest}", scope.code())
}

/// What every partition key of a municipality begins with.
#[must_use]
pub fn partitions_of(scope: &TenantScope) -> String {
    of(scope, "")
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

pub(crate) fn exports(scope: &TenantScope) -> String {
    of(scope, "EXPORTS")
}

pub(crate) const EXPORT_PREFIX: &str = "E#";

pub(crate) fn export_sk(id: &ExportId) -> String {
    format!("{EXPORT_PREFIX}{id}")
}

/// Which export in this scope and encoding was asked for last.
pub(crate) fn asked_export_sk(of: ExportScope, encoding: Encoding) -> String {
    format!("OPEN#{}#{}", of.as_str(), encoding.as_str())
}

pub(crate) fn tenant(scope: &TenantScope) -> String {
    of(scope, "TENANT")
}

/// Sort keys of doses, of their history and of newcomers lie between these and the profile.
pub(crate) const FIRST_DOSE_SK: &str = "D#";

pub(crate) fn dose_sk(key: &DoseKey) -> String {
    format!("D#{}#{:02}", key.programme, key.number)
}

/// How many revisions there are of a person's doses.
pub(crate) const EDITION_SK: &str = "E";

pub(crate) fn history_sk(key: &DoseKey, revision: u32) -> String {
    format!("H#{}#{:02}#{revision:06}", key.programme, key.number)
}

pub(crate) fn newcomer_sk(key: &NewcomerKey) -> String {
    let dose = &key.dose;
    format!("N#{}#{:02}#{}", dose.programme, dose.number, key.id)
}

pub(crate) fn waiting_doses(scope: &TenantScope, coupon: &Tag) -> String {
    of(scope, &format!("W#{coupon}"))
}

pub(crate) fn waiting_dose_sk(key: &WaitingKey) -> String {
    format!("{}#{:02}#{}", key.programme, key.number, key.id)
}

pub(crate) fn dose_list(scope: &TenantScope, list: DoseList) -> String {
    of(scope, &format!("L#{}", list.as_str()))
}

/// By time, then by what stands in the list, in the form of its name.
pub(crate) fn dose_list_sk(since: Timestamp, id: &DoseId) -> String {
    format!("{:013}#{id}", since.as_millisecond().max(0))
}

pub(crate) fn touched(scope: &TenantScope, day: Date) -> String {
    of(scope, &format!("TOUCHED#{day}"))
}

pub(crate) fn dose_counts(scope: &TenantScope) -> String {
    of(scope, "COUNTS")
}

pub(crate) fn memory(scope: &TenantScope, digest: &str) -> String {
    of(scope, &format!("I#{digest}"))
}

pub(crate) fn consents(scope: &TenantScope) -> String {
    of(scope, "CONSENT")
}

/// What a form, or a decision for one person, was recorded under.
pub(crate) fn evidence(scope: &TenantScope, once: &[u8; 32]) -> String {
    of(scope, &format!("EVIDENCE#{}", BASE64URL_NOPAD.encode(once)))
}

pub(crate) fn inquiries(scope: &TenantScope) -> String {
    of(scope, "Q")
}

pub(crate) fn kept(scope: &TenantScope, inquiry: &InquiryId) -> String {
    of(scope, &format!("KEPT#{inquiry}"))
}

pub(crate) fn budget(scope: &TenantScope) -> String {
    of(scope, "BUDGET")
}

pub(crate) fn log(scope: &TenantScope) -> String {
    of(scope, "LOG")
}

pub(crate) fn log_sk(seq: u64) -> String {
    format!("{seq:012}")
}

pub(crate) fn asked_about(scope: &TenantScope, resident: &ResidentTag) -> String {
    of(scope, &format!("ASKED#{resident}"))
}

pub(crate) fn released(scope: &TenantScope, resident: &ResidentTag) -> String {
    of(scope, &format!("RELEASED#{resident}"))
}

/// Who was ever protected.
pub(crate) fn protected(scope: &TenantScope) -> String {
    of(scope, "PROTECTED")
}

/// An asker names its inquiries: of two askers, each may use the same name.
pub(crate) fn answered(scope: &TenantScope, asker: TenantCode, inquiry: &InquiryId) -> String {
    of(scope, &format!("ANSWERED#{asker}#{inquiry}"))
}
