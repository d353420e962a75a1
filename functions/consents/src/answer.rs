//! What is answered of a recorded basis: everything but the person.

use data_encoding::HEXLOWER;
use domain::{Stage, basis, japan_date};
use jiff::Timestamp;
use serde::Serialize;
use store::Consent;

/// A page of the list.
#[derive(Serialize)]
pub(crate) struct Page {
    pub(crate) consents: Vec<Shown>,
    /// The value of `after` for the next page; `null` on the last one.
    pub(crate) next: Option<String>,
}

/// A recorded basis.
#[derive(Serialize)]
pub(crate) struct Shown {
    id: String,
    basis: String,
    /// Its name in Japanese, in the reading of the day it was recorded.
    basis_text: &'static str,
    purpose: &'static str,
    programmes: Vec<String>,
    evidence_number: String,
    scan_sha256: Option<String>,
    /// The day of the form or decision, if it was given.
    signed_on: Option<String>,
    state: &'static str,
    recorded_at: String,
    expires_at: String,
    recorded_by: String,
    approved_by: Option<String>,
    /// The inquiry that has it.
    inquiry: Option<String>,
}

impl Shown {
    pub(crate) fn of(consent: &Consent, now: Timestamp) -> Self {
        let life = &consent.life;
        let inquiry = match life.stage() {
            Stage::Claimed(inquiry) | Stage::Answered(inquiry) => Some(inquiry.to_string()),
            Stage::Draft | Stage::Granted | Stage::Revoked => None,
        };
        let reading = basis(&consent.basis, japan_date(consent.recorded_at));
        Self {
            id: consent.id.to_string(),
            basis: consent.basis.clone(),
            basis_text: reading.map_or("", |basis| basis.ja()),
            purpose: consent.purpose.as_str(),
            programmes: consent.programmes.iter().map(ToString::to_string).collect(),
            evidence_number: consent.evidence.number.clone(),
            scan_sha256: consent.evidence.scan.map(|scan| HEXLOWER.encode(&scan)),
            signed_on: consent.evidence.signed_on.map(|day| day.to_string()),
            state: life.state(now).as_str(),
            recorded_at: consent.recorded_at.to_string(),
            expires_at: life.expires_at().to_string(),
            recorded_by: life.recorder().to_string(),
            approved_by: consent.approved_by.map(|approver| approver.to_string()),
            inquiry,
        }
    }
}
