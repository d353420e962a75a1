//! What already stands of a row of a file. Dose files are cumulative: they say the same rows every night, under the
//! coupon and the number of then. Meanwhile their person may have another coupon, or may be numbered anew: removed
//! under one number and registered under another.

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

/// The dose that a row says once more, and whose it is.
pub(crate) type Stands<'a> = (ResidentTag, &'a DoseRevision);

impl Recorder {
    /// A row whose dose stands already does not go on waiting beside it.
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

/// The dose of a row where it stands already for one of those who were `read`: recorded under the coupon of the row,
/// or for the very person who is `found` under another number.
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

/// What staff took back of a row for the very person who is `found`, under another number.
pub(crate) fn cancelled<'a>(incoming: &Incoming, found: &'a FoundPerson) -> Option<Stands<'a>> {
    if !incoming.is_of_file() || says(&found.doses, incoming).is_some() {
        return None;
    }
    found.others.iter().find_map(|other| {
        let cancelled = turned_down(other, &incoming.dose)?;
        is_numbered_anew(incoming, found, other).then_some((other.tag, cancelled))
    })
}

/// What holds the number of a row and tells of the same injection. Under the number that was found it is compared with
/// the row anyway.
fn says<'a>(doses: &'a PersonDoses, incoming: &Incoming) -> Option<&'a DoseRevision> {
    let dose = &incoming.dose;
    let held = doses.under(dose.programme, dose.number)?;
    (held.state.holds_number() && held.dose.is_same_injection(dose)).then_some(held)
}

/// What stands of a row that names one of several who have its coupon.
pub(crate) fn stands_of_one<'a>(
    incoming: &Incoming,
    read: &'a [PersonDoses],
) -> Option<Stands<'a>> {
    let mut named = read.iter().filter(|it| names(incoming, it));
    let is_one = named.next().is_some() && named.next().is_none();
    stands(incoming, None, read).filter(|_| is_one)
}

/// Of those who had the coupon of a row, which nobody has now, the one for whom it was recorded under it once,
/// whatever became of that since.
pub(crate) fn stood(
    incoming: &Incoming,
    others: Others,
    generation: Generation,
) -> Option<FoundPerson> {
    let theirs = others.into_iter().find(|it| has_stood(incoming, it))?;
    FoundPerson::alone(theirs, generation)
}

/// Whether a row was recorded under its coupon for somebody else than who is `found`, who has it now: what was
/// corrected or cancelled there must not come into force here unseen.
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

/// Whether what stands, or stood, came under the coupon of the row, and the row names nobody else.
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
