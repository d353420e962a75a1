//! What already stands of a row of a file. Dose files are cumulative: they say the same rows every night, under the
//! coupon and the number of then. Meanwhile their person may have another coupon, or may be numbered anew: removed
//! under one number and registered under another.

use crypto::ResidentTag;
use domain::{CouponNumber, Dose, Generation};
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
    /// Whom else the coupon of a person leads to, or once led.
    pub(crate) async fn of_coupon(
        &self,
        area: &Area<'_>,
        coupon: Option<CouponNumber>,
        of: &ResidentTag,
    ) -> Result<Vec<ResidentTag>, StoreError> {
        let Some(coupon) = coupon else {
            return Ok(Vec::new());
        };
        let coupon = area.keys.coupon_tag(coupon);
        let mut tags = self.store.coupon_hints(area.scope, &coupon).await?;
        tags.retain(|tag| tag != of);
        Ok(tags)
    }

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

/// Those of the people who were `read` with a row's person who may be that person as well: whom its coupon leads to or
/// once led.
pub(crate) fn others(incoming: &Incoming, found: &FoundPerson, read: Others) -> Others {
    let dose = &incoming.dose;
    let held = found.doses.under(dose.programme, dose.number);
    // What holds the number is compared with the row anyway.
    if !incoming.is_of_file() || held.is_some_and(|it| it.state.holds_number()) {
        return Others::new();
    }
    read
}

/// The dose of a row where it stands already for one of `others`: recorded under the coupon of the row, or for the
/// very person who is `found` under another number.
pub(crate) fn stands<'a>(
    incoming: &Incoming,
    found: Option<&FoundPerson>,
    others: &'a [PersonDoses],
) -> Option<Stands<'a>> {
    if !incoming.is_of_file() {
        return None;
    }
    let dose = &incoming.dose;
    others.iter().find_map(|other| {
        let held = other.under(dose.programme, dose.number)?;
        let is_same = held.state.holds_number() && held.dose.is_same_injection(dose);
        let is_theirs = || is_of_coupon(incoming, other, &held.dose);
        let is_anew = || found.is_some_and(|it| is_numbered_anew(incoming, it, other));
        (is_same && (is_theirs() || is_anew())).then_some((other.tag, held))
    })
}

/// What staff took back of a row for the very person who is `found`, under another number.
pub(crate) fn cancelled<'a>(
    incoming: &Incoming,
    found: &FoundPerson,
    others: &'a [PersonDoses],
) -> Option<Stands<'a>> {
    others.iter().find_map(|other| {
        let cancelled = turned_down(other, &incoming.dose)?;
        is_numbered_anew(incoming, found, other).then_some((other.tag, cancelled))
    })
}

/// Of those who had the coupon of a row, which nobody has now, the one for whom it was recorded under it once,
/// whatever became of that since.
pub(crate) fn stood(
    incoming: &Incoming,
    others: Others,
    generation: Generation,
) -> Option<FoundPerson> {
    if !incoming.is_of_file() {
        return None;
    }
    others.into_iter().find_map(|doses| {
        let mut revisions = doses.doses.iter().chain(&doses.history);
        let stood = revisions.any(|it| {
            it.dose.is_same_injection(&incoming.dose) && is_of_coupon(incoming, &doses, &it.dose)
        });
        let person = doses.person.clone().filter(|_| stood)?;
        Some(FoundPerson {
            person,
            doses,
            others: Vec::new(),
            generation,
        })
    })
}

/// Whether what stands, or stood, came under the coupon of the row, and the row names nobody else.
fn is_of_coupon(incoming: &Incoming, theirs: &PersonDoses, stands: &Dose) -> bool {
    let coupon = incoming.dose.coupon;
    let person = theirs.person.as_ref();
    coupon.is_some()
        && stands.coupon == coupon
        && person.is_some_and(|it| incoming.second.fits(theirs.tag, &it.resident.resident))
}

/// Whether two of one coupon are one person, who left under the one number and came under the other. The row may name
/// either.
fn is_numbered_anew(incoming: &Incoming, found: &FoundPerson, other: &PersonDoses) -> bool {
    let Some(person) = &other.person else {
        return false;
    };
    let (one, another) = (&found.person.resident.resident, &person.resident.resident);
    let is_other_human = match (one.my_number, another.my_number) {
        (Some(one), Some(another)) => one != another,
        _ => false,
    };
    let second = &incoming.second;
    found.person.status != person.status
        && one.birth_date == another.birth_date
        && !is_other_human
        && (second.fits(found.doses.tag, one) || second.fits(other.tag, another))
}
