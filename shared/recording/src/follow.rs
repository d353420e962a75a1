//! What a change of one dose does to the doses after it. When a dose comes into force, later doses that were doubtful
//! only because it was missing come into force too. When a dose is taken back, the one after it becomes doubtful for want
//! of it, whether it was in force or in review.
//!
//! Doses arrive out of order: a venue types the second one at once, the first one comes weeks later in a file.
//! Nobody should have to look at a doubt that has gone. A dose that is itself doubtful takes no doubt away, and
//! gives none: it holds its number.

use domain::{
    Dose, DoseState, Finding, FindingCode, OtherDose, PersonFacts, check_dose, japan_date,
};
use jiff::Timestamp;
use store::{DoseAct, DoseChange, DoseRevision, Entry, NextDose, StoreError};

use crate::{Area, find::FoundPerson, judge::codes};

/// What the rules find about a dose of this person beside `others`.
pub(crate) fn findings_beside(
    area: &Area<'_>,
    dose: &Dose,
    found: &FoundPerson,
    others: &[OtherDose],
    now: Timestamp,
) -> Vec<Finding> {
    let facts = PersonFacts::of(found.in_force());
    let lot = area.lots.seen(dose.product, &dose.lot);
    check_dose(dose, Some(&facts), others, lot, japan_date(now))
}

/// What follows from `put`, with `others` standing.
pub(crate) fn followers<'a>(
    area: &Area<'_>,
    found: &'a FoundPerson,
    others: &[OtherDose],
    put: &NextDose,
    now: Timestamp,
) -> Vec<(&'a DoseRevision, NextDose)> {
    match put.state {
        DoseState::Recorded => cleared(area, found, others, put, now),
        DoseState::Review => Vec::new(),
        DoseState::Cancelled => left_behind(found, put).into_iter().collect(),
    }
}

/// The doses after `put`, in turn, that were doubtful because the one before was missing and have no doubts any more.
/// The first of them that has another doubt ends the series: it stays doubtful, and from then on has only that doubt.
fn cleared<'a>(
    area: &Area<'_>,
    found: &'a FoundPerson,
    others: &[OtherDose],
    put: &NextDose,
    now: Timestamp,
) -> Vec<(&'a DoseRevision, NextDose)> {
    let mut followers = Vec::new();
    let mut number = put.dose.number;
    while let Some(next) = number.next()
        && let Some(held) = found.doses.under(put.dose.programme, next)
        && held.state == DoseState::Review
        && held.findings.contains(&FindingCode::PreviousMissing)
    {
        let mut findings = codes(&findings_beside(area, &held.dose, found, others, now));
        // No rule finds it: somebody must look at it.
        findings.extend(held.findings.iter().filter(|it| it.is_of_history()));
        if !findings.is_empty() {
            if findings != held.findings {
                let next = rechecked(held, DoseState::Review, findings, put);
                followers.push((held, next));
            }
            break;
        }
        let next = rechecked(held, DoseState::Recorded, findings, put);
        number = held.dose.number;
        followers.push((held, next));
    }
    followers
}

/// The dose behind one that leaves its number: the one before is missing now, whatever else is doubtful about
/// it. A locked one stays, and so does one that somebody accepted without the one before, and one before which
/// another stands under another number of the person's.
fn left_behind<'a>(found: &'a FoundPerson, put: &NextDose) -> Option<(&'a DoseRevision, NextDose)> {
    let (programme, number) = (put.dose.programme, put.dose.number);
    if found.is_taken_elsewhere(programme, number) {
        return None;
    }
    let held = found.doses.under(programme, number.next()?)?;
    let doubt = FindingCode::PreviousMissing;
    if !held.state.holds_number() || held.locked || held.findings.contains(&doubt) {
        return None;
    }
    // What else was found or accepted stays beside it: then it does not come back by itself.
    let mut findings = held.findings.clone();
    findings.push(doubt);
    findings.sort_unstable();
    Some((held, rechecked(held, DoseState::Review, findings, put)))
}

/// What stands there, once more, as it follows from `put`.
fn rechecked(
    held: &DoseRevision,
    state: DoseState,
    findings: Vec<FindingCode>,
    put: &NextDose,
) -> NextDose {
    NextDose {
        dose: held.dose.clone(),
        state,
        locked: held.locked,
        findings,
        recorded_at: None,
        entry: Entry {
            act: DoseAct::Rechecked,
            why: None,
            // By whom it follows; a row of a file is known by the dose that it brought itself.
            source: held.entry.source,
            ..put.entry.clone()
        },
    }
}

/// Puts `next` on `before`, and what follows from it.
pub(crate) fn put(
    change: &mut DoseChange<'_>,
    area: &Area<'_>,
    found: &FoundPerson,
    before: Option<&DoseRevision>,
    next: NextDose,
    now: Timestamp,
) -> Result<DoseRevision, StoreError> {
    let followers = followers(area, found, &beside(found, &next), &next, now);
    for other in &found.others {
        change.beside(other);
    }
    let written = change.advance(&found.doses, before, next)?;
    for (held, next) in followers {
        change.advance(&found.doses, Some(held), next)?;
    }
    Ok(written)
}

/// Whether anything follows from `next`.
pub(crate) fn has_followers(
    area: &Area<'_>,
    found: &FoundPerson,
    next: &NextDose,
    now: Timestamp,
) -> bool {
    !followers(area, found, &beside(found, next), next, now).is_empty()
}

/// What stands when `next` has been put.
fn beside(found: &FoundPerson, next: &NextDose) -> Vec<OtherDose> {
    let put = OtherDose::of(&next.dose);
    let is_elsewhere = |it: &OtherDose| (it.programme, it.number) != (put.programme, put.number);
    let others = found.standing().map(|it| OtherDose::of(&it.dose));
    others.filter(is_elsewhere).chain([put]).collect()
}
