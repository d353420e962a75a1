//! What is answered about doses.

use api::{Code, Problem, Response};
use domain::{Finding, FindingCode, Severity, programme};
use recording::{Changed, Kept, Outcome};
use serde::Serialize;
use serde_json::{Value, json};
use store::{DoseRevision, Entry, Settlement, Source};

/// What became of a recorded dose.
#[derive(Serialize)]
struct Done {
    outcome: &'static str,
    id: String,
    revision: Option<u32>,
    findings: Vec<Value>,
}

/// What a dose says, and how it stands.
#[derive(Serialize)]
pub(crate) struct ShownDose {
    programme: String,
    number: u8,
    given_on: String,
    product: ShownProduct,
    lot: String,
    venue: Option<String>,
    physician: Option<String>,
    coupon: Option<String>,
}

#[derive(Serialize)]
struct ShownProduct {
    code: String,
    maker: Option<&'static str>,
    name: Option<&'static str>,
}

/// One revision, with who, when and why.
#[derive(Serialize)]
pub(crate) struct ShownRevision {
    revision: u32,
    state: &'static str,
    locked: bool,
    #[serde(flatten)]
    dose: ShownDose,
    findings: Vec<Value>,
    recorded_at: String,
    #[serde(flatten)]
    entry: ShownEntry,
}

/// Who did something, when and why.
#[derive(Serialize)]
pub(crate) struct ShownEntry {
    act: &'static str,
    at: String,
    /// `None` for a row of a file.
    by: Option<String>,
    reason: Option<String>,
    source: Value,
}

impl ShownDose {
    pub(crate) fn of(dose: &domain::Dose) -> Self {
        let product = programme(dose.programme).and_then(|it| it.product(dose.product));
        let coupon = dose.coupon.map(domain::CouponNumber::expose_digits);
        Self {
            programme: dose.programme.to_string(),
            number: dose.number.get(),
            given_on: dose.given_on.to_string(),
            product: ShownProduct {
                code: dose.product.to_string(),
                maker: product.map(domain::Product::maker),
                name: product.map(domain::Product::name),
            },
            lot: dose.lot.to_string(),
            venue: dose.venue.as_ref().map(|it| it.expose().to_owned()),
            physician: dose.physician.as_ref().map(|it| it.expose().to_owned()),
            coupon: coupon.map(|digits| digits.into_iter().map(char::from).collect()),
        }
    }
}

impl ShownRevision {
    pub(crate) fn of(revision: &DoseRevision) -> Self {
        Self {
            revision: revision.revision,
            state: revision.state.as_str(),
            locked: revision.locked,
            dose: ShownDose::of(&revision.dose),
            findings: codes(&revision.findings),
            recorded_at: revision.recorded_at.to_string(),
            entry: ShownEntry::of(&revision.entry),
        }
    }
}

impl ShownEntry {
    pub(crate) fn of(entry: &Entry) -> Self {
        let by = entry.by.expose();
        Self {
            act: entry.act.as_str(),
            at: entry.at.to_string(),
            by: (!by.is_empty()).then(|| by.clone()),
            reason: entry.why.as_ref().map(|why| why.expose().clone()),
            source: match entry.source {
                Source::Api => json!({ "kind": "api" }),
                Source::File { upload, row } => {
                    json!({ "kind": "file", "upload": upload.to_string(), "row": row })
                }
            },
        }
    }
}

/// What somebody decided about a newcomer or a waiting dose.
pub(crate) fn settlement(settled: &Settlement) -> Value {
    json!({
        "how": settled.how.as_str(),
        "at": settled.at.to_string(),
        "by": settled.by.expose(),
        "reason": settled.why.as_ref().map(|why| why.expose().clone()),
    })
}

/// Findings with what they say.
pub(crate) fn codes(findings: &[FindingCode]) -> Vec<Value> {
    let shown = |code: &FindingCode| finding(*code, code.severity() == Severity::Refuse);
    findings.iter().map(shown).collect()
}

fn finding(code: FindingCode, refuses: bool) -> Value {
    json!({
        "code": code.as_str(),
        "refuses": refuses,
        "ja": code.text_ja(),
        "en": code.text_en(),
    })
}

/// The answer to a dose that came in.
pub(crate) fn outcome(outcome: Outcome) -> Result<Response, Problem> {
    let done = |outcome, status, kept: Kept| {
        let revision = (kept.revision > 0).then_some(kept.revision);
        let done = Done {
            outcome,
            id: kept.id.to_string(),
            revision,
            findings: codes(&kept.findings),
        };
        let response = Response::json(&done).of_status(status);
        Ok(match revision {
            Some(revision) => response.of_revision(revision),
            None => response,
        })
    };
    match outcome {
        Outcome::Recorded(kept) => done("recorded", 201, kept),
        Outcome::Review(kept) => done("review", 201, kept),
        Outcome::Unchanged(kept) => done("unchanged", 200, kept),
        Outcome::Waiting(kept) => done("waiting", 202, kept),
        Outcome::Conflict(kept) => Err(Problem::new(Code::DoseConflict)
            .with("id", kept.id.to_string())
            .with("findings", codes(&kept.findings))),
        Outcome::Refused(findings) => Err(refused(findings)),
        Outcome::Withdrawn(kept) => {
            let findings = kept.findings.into_iter().map(Finding::from).collect();
            Err(refused(findings).with("id", kept.id.to_string()))
        }
        Outcome::KeyReused => Err(Problem::new(Code::IdempotencyKeyReused)),
    }
}

/// The rules refuse a dose, and why.
pub(crate) fn refused(findings: Vec<Finding>) -> Problem {
    let found: Vec<_> = findings.into_iter().map(|finding| finding.code).collect();
    let code = match found.as_slice() {
        [FindingCode::CouponOfSeveral] => Code::CouponOfSeveral,
        _ => Code::DoseRefused,
    };
    // What is only a doubt elsewhere refuses here.
    let findings: Vec<_> = found.into_iter().map(|it| finding(it, true)).collect();
    Problem::new(code).with("findings", findings)
}

/// The answer to a change.
pub(crate) fn changed(changed: Changed) -> Result<Response, Problem> {
    match changed {
        Changed::Done(revision) | Changed::Unchanged(revision) => {
            let shown = ShownRevision::of(&revision);
            Ok(Response::json(&shown).of_revision(revision.revision))
        }
        Changed::Settled => Ok(Response::json(&json!({ "settled": true }))),
        Changed::Refused(findings) => Err(refused(findings)),
        Changed::Stale => Err(Problem::new(Code::RevisionStale)),
        Changed::Locked => Err(Problem::new(Code::DoseLocked)),
        Changed::Impossible => Err(Problem::new(Code::DoseState)),
        Changed::NotFound => Err(Problem::not_found()),
    }
}
