//! The answer as it is kept for a repeat: sealed under a key that is made from the person's tag, the
//! inquiry and the birth date. No key of records has a part in it, and nobody opens it who cannot say
//! number and birth date again.

use crypto::{KeyLabel, NoncePool, OpenError, PersonTag, Place};
use domain::{InquiryId, TenantScope};

use crate::{Found, Question};

const LABEL: KeyLabel = KeyLabel::Generation(0);
const SCHEMA: u8 = 1;

fn place<'a>(tenant: &'a str, inquiry: &'a str) -> Place<'a> {
    Place {
        tenant,
        table: "records",
        pk: b"Q",
        sk: inquiry.as_bytes(),
        attribute: "answer",
        schema: SCHEMA,
    }
}

pub(crate) fn seal(
    scope: &TenantScope,
    person: &PersonTag,
    inquiry: InquiryId,
    question: &Question,
    found: &Found,
) -> Vec<u8> {
    let (code, id) = (scope.code(), inquiry.to_string());
    let keys = person.answer_keys(code, inquiry, question.birth_date);
    let plain = serde_json::to_vec(found).unwrap_or_default();
    let sealer = keys.sealer(LABEL);
    sealer.seal(
        &mut NoncePool::default(),
        &place(code.as_str(), &id),
        &plain,
    )
}

pub(crate) fn open(
    scope: &TenantScope,
    person: &PersonTag,
    inquiry: InquiryId,
    question: &Question,
    sealed: &[u8],
) -> Result<Found, OpenError> {
    let (code, id) = (scope.code(), inquiry.to_string());
    let keys = person.answer_keys(code, inquiry, question.birth_date);
    let plain = keys.open_under(LABEL, &place(code.as_str(), &id), sealed)?;
    serde_json::from_slice(&plain).map_err(|_| OpenError::UnknownForm)
}
