//! The answer as it is kept for a repeat: sealed under a key that is made from the person's tag, the
//! inquiry and the birth date. No key of records has a part in it, and nobody opens it who cannot say
//! number and birth date again. That is why the one to a row of a file may be kept beyond its basis: whoever
//! has the file has number and birth date, and nobody else can use it.

use crypto::{KeyLabel, NoncePool, OpenError, PersonTag, Place};
use domain::{InquiryId, TenantScope};
use jiff::SignedDuration;

use crate::{Found, Question};

const LABEL: KeyLabel = KeyLabel::Generation(0);
const SCHEMA: u8 = 1;
/// A basis that ended is asked on no more.
const OF_A_REQUEST: SignedDuration = SignedDuration::from_hours(24);
/// A file may lie among the dead letters for 14 days before it is begun anew; another day for its tries.
const OF_A_FILE: SignedDuration = SignedDuration::from_hours(15 * 24);

/// How long beyond its basis an answer is kept.
pub(crate) const fn after_the_end(question: &Question) -> SignedDuration {
    if question.outlives_basis {
        OF_A_FILE
    } else {
        OF_A_REQUEST
    }
}

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
