//! The doses of a person under another number of the same municipality: one that numbers somebody anew removes them
//! under one 個別宛名番号 and registers them under another, and what was recorded before stays where it is.
//!
//! Two records are of one person if they have the same My Number and birth date; or, where one of the two has no My
//! Number, the same coupon and birth date. Names do not count. Two records that are both registered are never of one
//! person.
//!
//! The other records are looked for among those to whom the person's coupon leads. A dose that names the coupon has
//! read them already; one that names the number reads that hint as well. Those born on the same day are searched only
//! where that is worth two more calls: for the page of a person, for a venue that would see no doses, and for a dose
//! from the API or from the waiting list if the dose before it is missing.

use std::iter;

use crypto::ResidentTag;
use domain::{CouponNumber, Date, Dose, DoseNumber, ProgrammeCode, Resident};
use store::{DoseRevision, InRegister, PersonDoses, Status, StoreError};

use crate::{
    Area, Found, Recorder, Whom,
    find::{FoundPerson, Hinted, InQuestion},
};

impl FoundPerson {
    /// All of their doses that hold a number, in any of their records. If two records have the same number, the dose of
    /// the record that was found counts.
    pub fn standing(&self) -> impl Iterator<Item = &DoseRevision> {
        let own = standing(&self.doses);
        let elsewhere = self.others.iter().flat_map(standing);
        let is_free =
            move |it: &&DoseRevision| !holds(&self.doses, it.dose.programme, it.dose.number);
        own.chain(elsewhere.filter(is_free))
    }

    /// Whether another record of the person's has a dose under this number.
    pub(crate) fn is_taken_elsewhere(&self, programme: ProgrammeCode, number: DoseNumber) -> bool {
        self.others.iter().any(|it| holds(it, programme, number))
    }

    /// As the register has them now: under the number that they have, or had last.
    pub(crate) fn in_force(&self) -> &Resident {
        let others = self.others.iter().filter_map(|it| it.person.as_ref());
        let last = others.chain([&self.person]).max_by_key(|it| lasted(it));
        &last.unwrap_or(&self.person).resident.resident
    }

    /// With those of these people who are the same person.
    pub(crate) fn with(mut self, people: impl IntoIterator<Item = PersonDoses>) -> Self {
        for doses in people {
            let person = doses.person.as_ref();
            let is_theirs = person.is_some_and(|it| is_same(&self.person, it));
            if is_theirs && !self.is_known(&doses.tag) {
                self.others.push(doses);
            }
        }
        self
    }

    /// What is recorded of them: as found first, then under other numbers.
    pub fn records(&self) -> impl Iterator<Item = &PersonDoses> {
        iter::once(&self.doses).chain(&self.others)
    }

    /// Whether this is what is recorded of the same person under another number.
    pub(crate) fn is_also(&self, other: &PersonDoses) -> bool {
        self.others.iter().any(|it| it.tag == other.tag)
    }

    /// Whether this is the tag of one of their records that were read.
    pub(crate) fn is_known(&self, tag: &ResidentTag) -> bool {
        self.records().any(|it| it.tag == *tag)
    }

    /// The same person, with the record in front in which the number of `dose` is taken: there it meets the dose that
    /// has its number.
    fn upon(mut self, dose: &Dose) -> Self {
        let taken = |it: &PersonDoses| holds(it, dose.programme, dose.number);
        if !taken(&self.doses)
            && let Some(other) = self.others.iter_mut().find(|it| taken(it))
        {
            std::mem::swap(&mut self.doses, other);
        }
        self
    }

    fn lacks_the_one_before(&self, dose: &Dose) -> bool {
        dose.number.previous().is_some_and(|before| {
            let mut standing = self.standing().map(|it| &it.dose);
            !standing.any(|it| (it.programme, it.number) == (dose.programme, before))
        })
    }
}

impl Recorder {
    /// The person who is meant, with those of their other records that their coupon leads to; and everybody else to
    /// whom the coupon leads, or led once.
    pub(crate) async fn found(
        &self,
        area: &Area<'_>,
        hinted: Hinted,
        whom: &Whom,
    ) -> Result<(Found, InQuestion), StoreError> {
        let (found, mut read) = hinted.found(whom);
        let Found::One(found) = found else {
            return Ok((found, read));
        };
        // Those whom the coupon leads to have been read.
        if !matches!(whom, Whom::Coupon(_)) {
            let coupon = found.person.resident.resident.coupon;
            let tags = self.of_coupon(area, coupon, &found.doses.tag).await?;
            read = self.read_those(area, &tags, found.generation).await?;
        }
        let found = found.with(read.iter().cloned());
        Ok((Found::One(Box::new(found)), read))
    }

    /// The others to whom the coupon of a person leads, or led once.
    pub(crate) async fn of_coupon(
        &self,
        area: &Area<'_>,
        coupon: Option<CouponNumber>,
        of: &ResidentTag,
    ) -> Result<Vec<ResidentTag>, StoreError> {
        let Some(coupon) = coupon else {
            return Ok(Vec::new());
        };
        let mut tags = self.tags(area, &Whom::Coupon(coupon)).await?;
        tags.retain(|tag| tag != of);
        Ok(tags)
    }

    /// The person with what was recorded under any other number, even if no coupon leads to it: it is searched among
    /// those born on the same day. Two calls, and one more for each hundred of them.
    pub async fn with_all_records(
        &self,
        area: &Area<'_>,
        found: FoundPerson,
    ) -> Result<FoundPerson, StoreError> {
        let Area { scope, keys, .. } = area;
        let person = &found.person.resident.resident;
        let Some(number) = person.my_number else {
            return Ok(found);
        };
        let birth = keys.birth_tag(person.birth_date);
        let mut born = self.store.birth_hints(scope, &birth).await?;
        born.retain(|tag| !found.is_known(tag));
        let tags = self
            .store
            .residents_of_number(scope, keys, &born, number, found.generation)
            .await?;
        let people = self.read_those(area, &tags, found.generation).await?;
        Ok(found.with(people))
    }

    /// The person with what is recorded under the number that was `meant`, if that is another number of theirs. One
    /// Query, unless that record was read already.
    pub(crate) async fn with_meant(
        &self,
        area: &Area<'_>,
        found: FoundPerson,
        meant: Option<ResidentTag>,
    ) -> Result<FoundPerson, StoreError> {
        let Some(meant) = meant.filter(|tag| !found.is_known(tag)) else {
            return Ok(found);
        };
        let people = self.read_those(area, &[meant], found.generation).await?;
        Ok(found.with(people))
    }

    /// The person as `dose` is to be judged for them.
    pub(crate) async fn for_dose(
        &self,
        area: &Area<'_>,
        mut found: FoundPerson,
        dose: &Dose,
        is_alone: bool,
    ) -> Result<FoundPerson, StoreError> {
        if is_alone && found.lacks_the_one_before(dose) {
            found = self.with_all_records(area, found).await?;
        }
        Ok(found.upon(dose))
    }
}

/// Whether two records of a municipality are of one person.
fn is_same(one: &InRegister, other: &InRegister) -> bool {
    let registered = [one, other]
        .iter()
        .all(|it| it.status == Status::Registered);
    let (one, other) = (&one.resident.resident, &other.resident.resident);
    let has_same_number = match (one.my_number, other.my_number) {
        (Some(one), Some(other)) => one == other,
        _ => one.coupon.is_some() && one.coupon == other.coupon,
    };
    !registered && one.birth_date == other.birth_date && has_same_number
}

/// If the people at these places are all one person, the place of the record in force, or of the last one that was.
pub(crate) fn one_of(people: &[PersonDoses], these: &[usize]) -> Option<usize> {
    let record = |at: usize| people.get(at)?.person.as_ref();
    let last = *these.iter().max_by_key(|at| record(**at).map(lasted))?;
    let one = record(last)?;
    let are_one = these
        .iter()
        .all(|at| *at == last || record(*at).is_some_and(|it| is_same(one, it)));
    are_one.then_some(last)
}

/// An order of records by time: registered is later than left, and of two who left, the one who left later is later.
fn lasted(record: &InRegister) -> (bool, Option<Date>) {
    let is_registered = record.status == Status::Registered;
    (is_registered, record.resident.resident.moved_on)
}

fn standing(doses: &PersonDoses) -> impl Iterator<Item = &DoseRevision> {
    let doses = doses.doses.iter();
    doses.filter(|it| it.state.holds_number())
}

fn holds(doses: &PersonDoses, programme: ProgrammeCode, number: DoseNumber) -> bool {
    let held = doses.under(programme, number);
    held.is_some_and(|it| it.state.holds_number())
}

#[cfg(test)]
mod tests {
    use domain::{CouponNumber, Date, Generation, Movement, MyNumber, OwnedText, Sex};
    use store::ResidentInForce;

    use super::*;

    /// What tells whose a record is.
    #[derive(Debug, Clone, Copy)]
    struct Identity {
        my_number: Option<u64>,
        coupon: Option<u64>,
        /// In January 1950.
        born_on: i8,
    }

    const PERSON: Identity = Identity {
        my_number: Some(98_320_567_321),
        coupon: Some(12),
        born_on: 2,
    };
    const OTHER_NUMBER: Identity = Identity {
        my_number: Some(98_320_567_322),
        ..PERSON
    };
    const OTHER_COUPON: Identity = Identity {
        coupon: Some(13),
        ..PERSON
    };
    const NO_COUPON: Identity = Identity {
        coupon: None,
        ..PERSON
    };

    const fn without_number(identity: Identity) -> Identity {
        Identity {
            my_number: None,
            ..identity
        }
    }

    const fn born_later(identity: Identity) -> Identity {
        Identity {
            born_on: 3,
            ..identity
        }
    }

    fn record(identity: Identity, status: Status) -> InRegister {
        let resident = Resident {
            number: String::from("1").into(),
            coupon: identity
                .coupon
                .and_then(|it| CouponNumber::from_u64(it).ok()),
            my_number: identity.my_number.and_then(MyNumber::with_check_digit),
            name: OwnedText::new("山田 花子"),
            kana: None,
            birth_date: Date::constant(1950, 1, identity.born_on),
            sex: Sex::Female,
            movement: Movement::Register,
            moved_on: None,
            reason: None,
            protected: None,
        };
        let resident = ResidentInForce {
            tag: ResidentTag::from_bytes([1; 16]),
            since: Generation::NONE,
            resident,
        };
        InRegister { resident, status }
    }

    #[test]
    fn whoever_is_registered_is_the_latest_and_before_them_who_left_last() {
        let person = |status, moved_on| {
            let mut person = record(PERSON, status);
            person.resident.resident.moved_on = moved_on;
            person
        };
        let on = |day| Some(Date::constant(2021, 4, day));
        let order = [
            person(Status::Removed, None),
            person(Status::Removed, on(1)),
            person(Status::Removed, on(2)),
            person(Status::Registered, None),
            person(Status::Registered, on(1)),
        ];
        let order = order.each_ref().map(lasted);
        assert!(order.is_sorted_by(|one, next| one < next), "{order:?}");
    }

    #[test]
    fn two_records_are_of_one_person_only_if_what_is_stored_says_so() {
        let same = [
            (PERSON, PERSON),
            (PERSON, NO_COUPON),
            (OTHER_COUPON, PERSON),
            (PERSON, without_number(PERSON)),
            (without_number(PERSON), without_number(PERSON)),
        ];
        let different = [
            (PERSON, OTHER_NUMBER),
            (PERSON, born_later(PERSON)),
            (without_number(PERSON), born_later(without_number(PERSON))),
            (PERSON, without_number(OTHER_COUPON)),
            (without_number(NO_COUPON), without_number(NO_COUPON)),
        ];
        let same = same.map(|pair| (pair, true));
        let cases = same.into_iter().chain(different.map(|pair| (pair, false)));
        let statuses = [Status::Registered, Status::Removed];
        for ((one, other), expected) in cases {
            for (a, b) in statuses.iter().flat_map(|a| statuses.map(|b| (*a, b))) {
                let both_registered = (a, b) == (Status::Registered, Status::Registered);
                let said = is_same(&record(one, a), &record(other, b));
                let expected = expected && !both_registered;
                assert_eq!(said, expected, "{one:?} {a:?} {other:?} {b:?}");
            }
        }
    }
}
