//! How a legal basis comes in, and what is refused.

use api::{Fault, Fields, Problem};
use asking::NewBasis;
use data_encoding::HEXLOWER;
use domain::{
    Date, EvidenceKind, MOST_EVIDENCE_NUMBER, Purpose, basis, is_evidence_number, japan_date,
    parse_date,
};
use jiff::Timestamp;

const WORD_LIMIT: usize = MOST_EVIDENCE_NUMBER;
const PROGRAMMES_LIMIT: usize = 200;

/// Reads a basis, and holds it against the law of today.
pub(crate) fn read(mut fields: Fields, now: Timestamp) -> Result<NewBasis, Problem> {
    let today = japan_date(now);
    let code = fields.text("basis", WORD_LIMIT)?;
    let purpose = fields.text("purpose", WORD_LIMIT)?;
    let programmes = fields.text("programmes", PROGRAMMES_LIMIT)?;
    let number = fields.text("evidence_number", WORD_LIMIT)?;
    let scan = fields.optional_text("scan_sha256", 2 * WORD_LIMIT)?;
    let signed_on = fields.optional_text("signed_on", WORD_LIMIT)?;
    let days = fields.optional_text("days", WORD_LIMIT)?;
    let my_number = fields.my_number("my_number")?;
    let birth_date = fields.date("birth_date")?;
    fields.done()?;

    let invalid = |name, fault| Problem::invalid(name, fault);
    let basis = basis(code.expose(), today).ok_or(invalid("basis", Fault::Basis))?;
    let purpose: Option<Purpose> = purpose.expose().parse().ok();
    let purpose = purpose.filter(|purpose| basis.serves(*purpose));
    let scan = scan.map(|scan| read_sha256(scan.expose()));
    if scan == Some(None) || (scan.is_none() && basis.evidence() == EvidenceKind::ScannedForm) {
        return Err(invalid("scan_sha256", Fault::Sha256));
    }
    let days = days.map(|days| read_days(days.expose()));
    if days == Some(None) {
        return Err(invalid("days", Fault::Number));
    }
    let signed_on = signed_on.map(|day| parse_date(day.expose()).ok());
    let is_past = |day: Date| day <= today;
    let is_undated = signed_on.is_none() && basis.evidence() == EvidenceKind::ScannedForm;
    if is_undated || signed_on.is_some_and(|day| !day.is_some_and(is_past)) {
        return Err(invalid("signed_on", Fault::SignedOn));
    }
    if birth_date > today {
        return Err(invalid("birth_date", Fault::Date));
    }
    let new = NewBasis {
        basis,
        purpose: purpose.ok_or(invalid("purpose", Fault::Purpose))?,
        programmes: basis
            .programmes_as_written(programmes.expose())
            .ok_or(invalid("programmes", Fault::Programmes))?,
        number: Some(number.expose().to_owned())
            .filter(|number| is_evidence_number(number))
            .ok_or(invalid("evidence_number", Fault::EvidenceNumber))?,
        scan: scan.flatten(),
        signed_on: signed_on.flatten(),
        days: days.flatten(),
        my_number,
        birth_date,
    };
    if new.last_day().is_some_and(|last| last < today) {
        return Err(invalid("signed_on", Fault::SignedOn));
    }
    Ok(new)
}

fn read_sha256(text: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

fn read_days(text: &str) -> Option<u8> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let days: u8 = text.parse().ok()?;
    (digits && (1..=domain::LONGEST_DAYS).contains(&days)).then_some(days)
}
