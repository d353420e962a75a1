use jiff::civil::Date;

use super::{
    Dose, Finding, FindingCode, LotSeen, OtherDose, PersonFacts, Product, Programme, Removal,
    programme,
};

/// Holds a dose against the tables, the person and their other doses. What is found is listed in the order
/// of [`FindingCode::ALL`]; nothing found means that the dose can be recorded as it is.
///
/// `person` is `None` for a dose that waits for somebody to have its coupon; `others` are the doses of the
/// person that hold their numbers, of any programme (one with the number of `dose` is passed over: it is
/// what `dose` replaces or conflicts with); `today` is the day in Japan. The second attribute is compared by
/// the caller, who adds [`Finding::SECOND_ATTRIBUTE`].
#[must_use]
pub fn check_dose(
    dose: &Dose,
    person: Option<&PersonFacts>,
    others: &[OtherDose],
    lot: LotSeen,
    today: Date,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let programme = programme(dose.programme);
    let product = programme.and_then(|programme| programme.product(dose.product));
    match programme {
        None => found.push(FindingCode::UnknownProgramme),
        Some(programme) => check_programme(dose, programme, others, &mut found),
    }
    if let Some(product) = product {
        check_product(dose, product, person, others, &mut found);
    } else if programme.is_some() {
        found.push(FindingCode::UnknownProduct);
    }
    check_day(dose, person, today, &mut found);
    match lot {
        LotSeen::Never => found.push(FindingCode::LotUnknown),
        LotSeen::OtherProduct(_) => found.push(FindingCode::LotOfOtherProduct),
        LotSeen::ThisProduct | LotSeen::NotAsked => {}
    }
    found.sort_unstable();
    found.dedup();
    found.into_iter().map(Finding::from).collect()
}

fn check_programme(
    dose: &Dose,
    programme: &Programme,
    others: &[OtherDose],
    found: &mut Vec<FindingCode>,
) {
    let day = dose.given_on;
    if day < programme.first_day() {
        found.push(FindingCode::BeforeProgramme);
    }
    if programme.last_day().is_some_and(|last| last < day) {
        found.push(FindingCode::AfterProgramme);
    }
    match programme.first_day_of(dose.number) {
        None => found.push(FindingCode::NumberAboveProgramme),
        Some(first) if day < first => found.push(FindingCode::BeforeNumber),
        Some(_) => {}
    }
    check_order(dose, programme, others, found);
}

/// The other doses of the same programme: is the one before there, do the days follow the numbers, and is
/// there enough time between neighbours?
fn check_order(
    dose: &Dose,
    programme: &Programme,
    others: &[OtherDose],
    found: &mut Vec<FindingCode>,
) {
    let of_programme = |other: &&OtherDose| other.programme == dose.programme;
    let mut has_previous = dose.number.previous().is_none();
    for other in others.iter().filter(of_programme) {
        if other.number < dose.number {
            let is_previous = other.number.next() == Some(dose.number);
            has_previous |= is_previous;
            if dose.given_on <= other.given_on {
                found.push(FindingCode::NotAfterPrevious);
            } else if is_previous && is_too_soon(programme, other, &OtherDose::of(dose)) {
                found.push(FindingCode::IntervalTooShort);
            }
        } else if other.number > dose.number {
            let is_next = other.number.previous() == Some(dose.number);
            if dose.given_on >= other.given_on {
                found.push(FindingCode::NotBeforeNext);
            } else if is_next && is_too_soon(programme, &OtherDose::of(dose), other) {
                found.push(FindingCode::IntervalTooShort);
            }
        }
    }
    if !has_previous {
        found.push(FindingCode::PreviousMissing);
    }
}

fn is_too_soon(programme: &Programme, earlier: &OtherDose, later: &OtherDose) -> bool {
    programme
        .earliest(
            later.number,
            later.product,
            earlier.given_on,
            later.given_on,
        )
        .is_some_and(|earliest| later.given_on < earliest)
}

fn check_product(
    dose: &Dose,
    product: &Product,
    person: Option<&PersonFacts>,
    others: &[OtherDose],
    found: &mut Vec<FindingCode>,
) {
    if !product.is_in_use(dose.given_on) {
        found.push(FindingCode::ProductNotInUse);
    }
    if let Some(person) = person
        && person.birth_date <= dose.given_on
        && !product.is_licensed_for(
            person.birth_date,
            (dose.number, dose.given_on),
            began(dose, others),
        )
    {
        found.push(FindingCode::AgeNotLicensed);
    }
}

/// When the person was first given this vaccine, if that was under a lower number.
fn began(dose: &Dose, others: &[OtherDose]) -> Option<Date> {
    let earlier = others.iter().filter(|it| {
        (it.programme, it.product) == (dose.programme, dose.product) && it.number < dose.number
    });
    earlier.min_by_key(|it| it.number).map(|it| it.given_on)
}

fn check_day(dose: &Dose, person: Option<&PersonFacts>, today: Date, found: &mut Vec<FindingCode>) {
    if today < dose.given_on {
        found.push(FindingCode::FutureDate);
    }
    let Some(person) = person else {
        return;
    };
    if dose.given_on < person.birth_date {
        found.push(FindingCode::BeforeBirth);
    }
    match person.removal {
        Removal::On(day) if day < dose.given_on => found.push(FindingCode::RemovedBefore),
        Removal::DayUnknown => found.push(FindingCode::RemovedBefore),
        Removal::On(_) | Removal::No => {}
    }
}
