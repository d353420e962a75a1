//! What is recorded of a legal basis, and what is refused.

use api::{Fault, Fields, Problem};
use crypto::{PersonTag, Sha256};
use data_encoding::HEXLOWER;
use domain::{
    Basis, ConsentId, ConsentLife, Date, EvidenceKind, MyNumber, ProgrammeCode, Purpose, StaffTag,
    basis, japan_date, programme,
};
use jiff::Timestamp;
use store::{Consent, Evidence};

const WORD_LIMIT: usize = 40;
const PROGRAMMES_LIMIT: usize = 200;

/// A basis as it comes in, checked.
pub(crate) struct NewBasis {
    basis: &'static Basis,
    purpose: Purpose,
    programmes: Vec<ProgrammeCode>,
    number: String,
    scan: Option<[u8; 32]>,
    days: Option<u8>,
    pub(crate) my_number: MyNumber,
    birth_date: Date,
}

impl NewBasis {
    pub(crate) fn read(mut fields: Fields, now: Timestamp) -> Result<Self, Problem> {
        let today = japan_date(now);
        let code = fields.text("basis", WORD_LIMIT)?;
        let purpose = fields.text("purpose", WORD_LIMIT)?;
        let programmes = fields.text("programmes", PROGRAMMES_LIMIT)?;
        let number = fields.text("evidence_number", WORD_LIMIT)?;
        let scan = fields.optional_text("scan_sha256", 2 * WORD_LIMIT)?;
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
        if birth_date > today {
            return Err(invalid("birth_date", Fault::Date));
        }
        Ok(Self {
            basis,
            purpose: purpose.ok_or(invalid("purpose", Fault::Purpose))?,
            programmes: read_programmes(programmes.expose(), basis)
                .ok_or(invalid("programmes", Fault::Programmes))?,
            number: read_evidence_number(number.expose())
                .ok_or(invalid("evidence_number", Fault::EvidenceNumber))?,
            scan: scan.flatten(),
            days: days.flatten(),
            my_number,
            birth_date,
        })
    }

    /// As it will be stored: of the person, only what binds it to them.
    pub(crate) fn consent(
        &self,
        id: ConsentId,
        person: &PersonTag,
        recorder: StaffTag,
        now: Timestamp,
    ) -> Consent {
        let kind = self.basis.evidence();
        let once = match kind {
            EvidenceKind::ScannedForm => Sha256::of_parts(&[&b"form"[..], self.number.as_bytes()]),
            EvidenceKind::Decision => person.evidence_digest(&self.number, self.birth_date),
        };
        Consent {
            id,
            basis: self.basis.code().to_owned(),
            purpose: self.purpose,
            programmes: self.programmes.clone(),
            evidence: Evidence {
                kind,
                number: self.number.clone(),
                scan: self.scan,
                once,
            },
            person: person.digest(id, self.birth_date),
            life: ConsentLife::recorded(self.basis, recorder, now, self.days),
            recorded_at: now,
            approved_by: None,
        }
    }

    /// Whether a recorded one says the same, so that this is a repeat of it.
    pub(crate) fn is(&self, recorded: &Consent, person: &PersonTag) -> bool {
        recorded.basis == self.basis.code()
            && recorded.purpose == self.purpose
            && recorded.programmes == self.programmes
            && recorded.evidence.number == self.number
            && recorded.evidence.scan == self.scan
            && recorded
                .person
                .is(&person.digest(recorded.id, self.birth_date))
    }
}

/// Known programmes that the basis covers, each once, in a fixed order.
fn read_programmes(text: &str, basis: &Basis) -> Option<Vec<ProgrammeCode>> {
    let codes = text.split(' ').map(|word| word.parse().ok());
    let mut codes: Vec<ProgrammeCode> = codes.collect::<Option<_>>()?;
    codes.sort_unstable();
    codes.dedup();
    let fit = |code: &ProgrammeCode| programme(*code).is_some() && basis.covers(code);
    codes.iter().all(fit).then_some(codes)
}

/// Letters, digits and a few signs. A My Number is none, though it would fit.
fn read_evidence_number(text: &str) -> Option<String> {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).collect();
    let tells_a_person = MyNumber::parse(&digits).is_ok();
    (text.bytes().all(safe) && !tells_a_person).then(|| text.to_owned())
}

fn read_sha256(text: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

fn read_days(text: &str) -> Option<u8> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let days: u8 = text.parse().ok()?;
    (digits && (1..=domain::LONGEST_DAYS).contains(&days)).then_some(days)
}
