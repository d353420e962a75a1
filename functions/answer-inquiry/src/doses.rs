//! Doses as they are given to another municipality.

use domain::{DoseState, ProgrammeCode};
use invocations::GivenDose;
use store::{DoseRevision, PersonDoses};

/// The doses in force of these programmes, by programme and number. What is doubtful or was taken back is not
/// given.
pub(crate) fn in_scope(person: &PersonDoses, programmes: &[ProgrammeCode]) -> Vec<GivenDose> {
    let given = person.doses.iter().filter(|revision| {
        revision.state == DoseState::Recorded && programmes.contains(&revision.dose.programme)
    });
    given.map(given_dose).collect()
}

/// Those of several records of one person, by programme, number and day; one that stands in two of them is one.
pub(crate) fn put_together(doses: &mut Vec<GivenDose>) {
    doses.sort_by(|a, b| parts(a).cmp(&parts(b)));
    doses.dedup();
}

fn parts(dose: &GivenDose) -> (&str, u8, [&str; 3]) {
    let rest = [&dose.given_on, &dose.product, &dose.lot].map(String::as_str);
    (dose.programme.as_str(), dose.number, rest)
}

fn given_dose(revision: &DoseRevision) -> GivenDose {
    let dose = &revision.dose;
    GivenDose {
        programme: dose.programme.to_string(),
        number: dose.number.get(),
        given_on: dose.given_on.to_string(),
        product: dose.product.to_string(),
        lot: dose.lot.to_string(),
    }
}
