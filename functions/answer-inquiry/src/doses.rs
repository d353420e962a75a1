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
