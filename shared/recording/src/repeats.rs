//! Whether a row of a file is recorded already. Dose files are cumulative: they repeat the same rows every night, with
//! the coupon and the number that the person had at the time. Since then the person may have got another coupon, or may
//! have been numbered anew: removed under one number and registered under another.
//!
//! Here a row *is recorded* if a dose that holds its number now says the same, and *was recorded* if any revision ever
//! did.

use crypto::ResidentTag;
use domain::{Dose, Generation};
use store::{DoseRevision, PersonDoses, StoreError};

use crate::{
    Incoming, Kept, Outcome, Recorder,
    find::{FoundPerson, InQuestion},
    incoming::Arrival,
    judge::turned_down,
    wait::Waited,
};

/// The recorded dose that a row repeats.
pub(crate) struct Repeated<'a> {
    /// Under whom it is recorded.
    pub(crate) resident: ResidentTag,
    /// What is recorded.
    pub(crate) dose: &'a DoseRevision,
}

impl Repeated<'_> {
    /// Where it is kept.
    pub(crate) fn kept(&self) -> Kept {
        Kept::dose(self.dose.key(self.resident), self.dose)
    }
}

impl Recorder {
    /// Answers that the dose of a row is recorded already, and takes the row's own entry off the waiting list.
    pub(crate) async fn answer_already_recorded(
        &self,
        arrival: Arrival<'_>,
        repeated: &Repeated<'_>,
        waited: Waited,
    ) -> Result<Outcome, StoreError> {
        let Arrival { area, incoming, .. } = arrival;
        let open = self.waited(area, &incoming.dose, waited).await?;
        if let Some(open) = open.filter(|it| it.settled.is_none()) {
            self.change(area, arrival.now, |change| {
                change.unless_moved(&repeated.resident, repeated.dose)?;
                change.remove_waiting(&open)
            })
            .await?;
        }
        Ok(Outcome::Unchanged(repeated.kept()))
    }
}

/// The recorded dose that a row repeats, if it is not simply under the number that was `found`: one that was recorded
/// under the coupon of the row for somebody `in_question`, or one of the same person under another number.
pub(crate) fn already_recorded<'a>(
    incoming: &Incoming,
    found: Option<&'a FoundPerson>,
    in_question: &'a [PersonDoses],
) -> Option<Repeated<'a>> {
    if !incoming.is_of_file()
        || found.is_some_and(|it| same_injection(&it.doses, incoming).is_some())
    {
        return None;
    }
    let elsewhere = found.into_iter().flat_map(|it| &it.others);
    in_question.iter().chain(elsewhere).find_map(|other| {
        let dose = same_injection(other, incoming)?;
        let is_theirs = is_of_coupon(incoming, other, &dose.dose)
            || found.is_some_and(|it| is_numbered_anew(incoming, it, other));
        let resident = other.tag;
        is_theirs.then_some(Repeated { resident, dose })
    })
}

/// The same, if several people have the coupon of the row, and the row names one of them.
pub(crate) fn already_recorded_for_named<'a>(
    incoming: &Incoming,
    in_question: &'a [PersonDoses],
) -> Option<Repeated<'a>> {
    let mut named = in_question.iter().filter(|it| names(incoming, it));
    let is_one = named.next().is_some() && named.next().is_none();
    already_recorded(incoming, None, in_question).filter(|_| is_one)
}

/// The dose of a row that staff cancelled, if it was recorded for the same person under another number.
pub(crate) fn cancelled_under_other_number<'a>(
    incoming: &Incoming,
    found: &'a FoundPerson,
) -> Option<Repeated<'a>> {
    if !incoming.is_of_file() || same_injection(&found.doses, incoming).is_some() {
        return None;
    }
    found.others.iter().find_map(|other| {
        let dose = turned_down(other, &incoming.dose)?;
        let resident = other.tag;
        is_numbered_anew(incoming, found, other).then_some(Repeated { resident, dose })
    })
}

/// Nobody has the coupon of the row any more: the person for whom the row was once recorded under it, even if that dose
/// was corrected or cancelled since.
pub(crate) fn whose_it_was(
    incoming: &Incoming,
    in_question: InQuestion,
    generation: Generation,
) -> Option<FoundPerson> {
    let mut people = in_question.into_iter();
    let theirs = people.find(|it| was_recorded_under_coupon(incoming, it))?;
    FoundPerson::alone(theirs, generation)
}

/// Whether the row was once recorded, under its coupon, for somebody other than the person who has that coupon now and
/// is `found`. What was corrected or cancelled there must not come into force here without anybody looking at it.
pub(crate) fn was_recorded_for_another(
    incoming: &Incoming,
    found: &FoundPerson,
    in_question: &[PersonDoses],
) -> bool {
    let mut others = in_question.iter().filter(|it| !found.is_also(it));
    others.any(|it| was_recorded_under_coupon(incoming, it))
}

/// Whether the row was once recorded for this person, under its coupon.
fn was_recorded_under_coupon(incoming: &Incoming, doses: &PersonDoses) -> bool {
    let mut revisions = doses.doses.iter().chain(&doses.history);
    incoming.is_of_file()
        && revisions.any(|it| {
            it.dose.is_same_injection(&incoming.dose) && is_of_coupon(incoming, doses, &it.dose)
        })
}

/// The dose that holds the number of the row in this record, if it is the same injection.
fn same_injection<'a>(doses: &'a PersonDoses, incoming: &Incoming) -> Option<&'a DoseRevision> {
    let dose = &incoming.dose;
    let held = doses.under(dose.programme, dose.number)?;
    (held.state.holds_number() && held.dose.is_same_injection(dose)).then_some(held)
}

/// Whether the recorded dose came with the coupon of the row, and the row names nobody else beside it.
fn is_of_coupon(incoming: &Incoming, theirs: &PersonDoses, recorded: &Dose) -> bool {
    let coupon = incoming.dose.coupon;
    coupon.is_some() && recorded.coupon == coupon && names(incoming, theirs)
}

/// Whether the two are one person, and the row names nobody else.
fn is_numbered_anew(incoming: &Incoming, found: &FoundPerson, other: &PersonDoses) -> bool {
    found.is_also(other) && fits(incoming, found)
}

/// Whether the second attribute is that of the person, under whichever of their numbers.
pub(crate) fn fits(incoming: &Incoming, found: &FoundPerson) -> bool {
    found.records().any(|it| names(incoming, it))
}

/// Whether the second attribute is that of the person under this number.
fn names(incoming: &Incoming, doses: &PersonDoses) -> bool {
    let person = doses.person.as_ref();
    person.is_some_and(|it| incoming.second.fits(doses.tag, &it.resident.resident))
}
