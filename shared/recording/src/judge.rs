//! What the rules say of a dose for a person, beside what stands already.

use domain::{Decision, Dose, Finding, FindingCode, Held, OtherDose, Severity};
use jiff::Timestamp;
use store::PersonDoses;

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

/// Only what refuses; beside a second attribute that does not fit, nothing else is said.
pub(crate) fn refusals(findings: Vec<Finding>) -> Vec<Finding> {
    if findings.contains(&Finding::SECOND_ATTRIBUTE) {
        return vec![Finding::SECOND_ATTRIBUTE];
    }
    let refuses = |finding: &Finding| finding.severity() == Severity::Refuse;
    findings.into_iter().filter(refuses).collect()
}

pub(crate) fn codes(findings: &[Finding]) -> Vec<FindingCode> {
    findings.iter().map(|finding| finding.code).collect()
}
