//! Whether a row of a file is recorded already. Dose files are cumulative: they repeat the same rows every night, with
//! the coupon and the number that the person had at the time. Since then the person may have got another coupon, or may
//! have been numbered anew: removed under one number and registered under another.
//!
//! In this module a dose *stands* if it holds its number now, and *stood* if any revision ever said it.

use crypto::ResidentTag;
use domain::{Dose, Generation};
use jiff::Timestamp;
use store::{DoseRevision, PersonDoses, StoreError};

use crate::{
    Area, Incoming, Kept, Outcome, Recorder,
    find::{FoundPerson, Others},
    judge::turned_down,
    wait::Waited,
};

/// The recorded dose that a row repeats, and whose it is.
pub(crate) type Stands<'a> = (ResidentTag, &'a DoseRevision);

impl Recorder {
    /// Answers that the dose of a row is recorded already, and takes the row's own entry off the waiting list.
    pub(crate) async fn stands_already(
        &self,
        area: &Area<'_>,
        incoming: &Incoming,
        (tag, held): Stands<'_>,
        waited: Waited,
        now: Timestamp,
    ) -> Result<Outcome, StoreError> {
        let open = self.waited(area, &incoming.dose, waited).await?;
        if let Some(open) = open.filter(|it| it.settled.is_none()) {
            self.change(area, now, |change| {
                change.unless_moved(&tag, held)?;
                change.remove_waiting(&open)
            })
            .await?;
        }
        Ok(Outcome::Unchanged(Kept::dose(held.key(tag), held)))
    }
}

/// The recorded dose that a row repeats, if it is not simply under the number that was `found`: one that was recorded
/// under the coupon of the row for somebody who was `read`, or one of the same person under another number.
pub(crate) fn stands<'a>(
    incoming: &Incoming,
    found: Option<&'a FoundPerson>,
    read: &'a [PersonDoses],
) -> Option<Stands<'a>> {
    if !incoming.is_of_file() || found.is_some_and(|it| says(&it.doses, incoming).is_some()) {
        return None;
    }
    let elsewhere = found.into_iter().flat_map(|it| &it.others);
    read.iter().chain(elsewhere).find_map(|other| {
        let held = says(other, incoming)?;
        let is_theirs = is_of_coupon(incoming, other, &held.dose)
            || found.is_some_and(|it| is_numbered_anew(incoming, it, other));
        is_theirs.then_some((other.tag, held))
    })
}

/// The dose of a row that staff cancelled, if it was recorded for the same person under another number.
pub(crate) fn cancelled<'a>(incoming: &Incoming, found: &'a FoundPerson) -> Option<Stands<'a>> {
    if !incoming.is_of_file() || says(&found.doses, incoming).is_some() {
        return None;
    }
    found.others.iter().find_map(|other| {
        let cancelled = turned_down(other, &incoming.dose)?;
        is_numbered_anew(incoming, found, other).then_some((other.tag, cancelled))
    })
}

/// The dose that holds the number of the row in this record, if it is the same injection.
fn says<'a>(doses: &'a PersonDoses, incoming: &Incoming) -> Option<&'a DoseRevision> {
    let dose = &incoming.dose;
    let held = doses.under(dose.programme, dose.number)?;
    (held.state.holds_number() && held.dose.is_same_injection(dose)).then_some(held)
}

/// The recorded dose that a row repeats, if several people have its coupon and the row names one of them.
pub(crate) fn stands_of_one<'a>(
    incoming: &Incoming,
    read: &'a [PersonDoses],
) -> Option<Stands<'a>> {
    let mut named = read.iter().filter(|it| names(incoming, it));
    let is_one = named.next().is_some() && named.next().is_none();
    stands(incoming, None, read).filter(|_| is_one)
}

/// Nobody has the coupon of the row any more: the person for whom the row was once recorded under it, even if that dose
/// was corrected or cancelled since.
pub(crate) fn stood(
    incoming: &Incoming,
    others: Others,
    generation: Generation,
) -> Option<FoundPerson> {
    let theirs = others.into_iter().find(|it| has_stood(incoming, it))?;
    FoundPerson::alone(theirs, generation)
}

/// Whether the row was once recorded, under its coupon, for somebody other than the person who has that coupon now and
/// is `found`. What was corrected or cancelled there must not come into force here without anybody looking at it.
pub(crate) fn stood_for_another(
    incoming: &Incoming,
    found: &FoundPerson,
    read: &[PersonDoses],
) -> bool {
    let mut others = read.iter().filter(|it| !found.is_also(it));
    others.any(|it| has_stood(incoming, it))
}

fn has_stood(incoming: &Incoming, doses: &PersonDoses) -> bool {
    let mut revisions = doses.doses.iter().chain(&doses.history);
    incoming.is_of_file()
        && revisions.any(|it| {
            it.dose.is_same_injection(&incoming.dose) && is_of_coupon(incoming, doses, &it.dose)
        })
}

/// Whether the recorded dose came with the coupon of the row, and the row names nobody else beside it.
fn is_of_coupon(incoming: &Incoming, theirs: &PersonDoses, stands: &Dose) -> bool {
    let coupon = incoming.dose.coupon;
    coupon.is_some() && stands.coupon == coupon && names(incoming, theirs)
}

/// Whether the two are one person, and the row names nobody else.
fn is_numbered_anew(incoming: &Incoming, found: &FoundPerson, other: &PersonDoses) -> bool {
    found.is_also(other) && fits(incoming, found)
}

/// Whether the second attribute is that of the person, under whichever of their numbers.
pub(crate) fn fits(incoming: &Incoming, found: &FoundPerson) -> bool {
    found.records().any(|it| names(incoming, it))
}

fn names(incoming: &Incoming, doses: &PersonDoses) -> bool {
    let person = doses.person.as_ref();
    person.is_some_and(|it| incoming.second.fits(doses.tag, &it.resident.resident))
}
