//! What the rules say of a dose for a person, beside what stands already.

use domain::{Decision, Dose, DoseState, Finding, FindingCode, Held, OtherDose, Severity};
use jiff::Timestamp;
use store::{DoseRevision, PersonDoses};

use crate::{Area, find::FoundPerson, follow::findings_beside};

/// What is decided about a dose for a person, before anything is written.
pub(crate) struct Judged {
    pub(crate) decision: Decision,
    pub(crate) findings: Vec<Finding>,
}

impl Judged {
    /// One doubt more about what is to be put under its number.
    pub(crate) fn doubt(&mut self, code: FindingCode) {
        if !codes(&self.findings).contains(&code) {
            self.findings.push(code.into());
        }
        self.decision = Decision::Review;
    }
}

/// Holds a dose against the rules, the person and their other doses.
pub(crate) fn judge(
    area: &Area<'_>,
    dose: &Dose,
    found: &FoundPerson,
    second_fits: bool,
    now: Timestamp,
) -> Judged {
    let held = found.doses.under(dose.programme, dose.number);
    let mut findings = findings(area, dose, found, now);
    if !second_fits {
        findings.insert(0, Finding::SECOND_ATTRIBUTE);
    }
    let is_free = held.is_none_or(|held| !held.state.holds_number());
    if is_free && found.records().any(|it| was_taken_back(it, dose)) {
        findings.push(FindingCode::CancelledBefore.into());
    }
    let in_number = held.map(|held| Held {
        dose: &held.dose,
        state: held.state,
    });
    Judged {
        decision: Decision::of(in_number, dose, &findings),
        findings,
    }
}

/// Whether the very same dose stood under its number, which is free now, in whatever revision, or was turned
/// down beside another.
fn was_taken_back(doses: &PersonDoses, dose: &Dose) -> bool {
    let mut revisions = doses.doses.iter().chain(&doses.history);
    let turned_down = |it: &store::Newcomer| {
        let mut settled = it.settled.iter().chain(&it.earlier);
        it.dose == *dose && settled.any(|it| it.how == store::Settled::Kept)
    };
    revisions.any(|it| it.dose == *dose) || doses.newcomers.iter().any(turned_down)
}

/// The revision in which staff took this very dose back: as it was corrected last before that, if it was.
pub(crate) fn turned_down<'a>(doses: &'a PersonDoses, dose: &Dose) -> Option<&'a DoseRevision> {
    let mut revisions = doses.doses.iter().chain(&doses.history);
    revisions.find(|it| it.state == DoseState::Cancelled && it.dose == *dose)
}

/// What the rules find about a dose of this person.
pub(crate) fn findings(
    area: &Area<'_>,
    dose: &Dose,
    found: &FoundPerson,
    now: Timestamp,
) -> Vec<Finding> {
    let others = found.standing().map(|it| OtherDose::of(&it.dose));
    findings_beside(area, dose, found, &others.collect::<Vec<_>>(), now)
}

/// Only what refuses; beside a second attribute that does not fit, nothing else is said. What tells the birth date is
/// said only where nothing else refuses: else whoever has a coupon, and tries dates that are refused anyway, finds
/// out between which two of them the person was born.
pub(crate) fn refusals(findings: Vec<Finding>) -> Vec<Finding> {
    if findings.contains(&Finding::SECOND_ATTRIBUTE) {
        return vec![Finding::SECOND_ATTRIBUTE];
    }
    let refuses = |finding: &Finding| finding.severity() == Severity::Refuse;
    let refusals: Vec<_> = findings.into_iter().filter(refuses).collect();
    let tells = |finding: &Finding| finding.code.tells_birth_date();
    if refusals.iter().all(tells) {
        return refusals;
    }
    refusals.into_iter().filter(|it| !tells(it)).collect()
}

pub(crate) fn codes(findings: &[Finding]) -> Vec<FindingCode> {
    findings.iter().map(|finding| finding.code).collect()
}
