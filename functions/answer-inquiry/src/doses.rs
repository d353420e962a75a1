//! Doses as they are given to another municipality.

use crypto::{ResidentTag, TenantKeys};
use domain::{DoseState, ProgrammeCode, TenantScope};
use invocations::GivenDose;
use store::{DoseRevision, Store, StoreError};

/// The doses in force of these programmes, by programme and number. What is doubtful or was taken back is not
/// given.
pub(crate) async fn in_scope(
    store: &Store,
    scope: &TenantScope,
    keys: &TenantKeys,
    resident: &ResidentTag,
    programmes: &[ProgrammeCode],
) -> Result<Vec<GivenDose>, StoreError> {
    let generation = store.register(scope).await?.generation();
    let person = store
        .person_doses(scope, keys, resident, generation)
        .await?;
    let given = person.doses.iter().filter(|revision| {
        revision.state == DoseState::Recorded && programmes.contains(&revision.dose.programme)
    });
    Ok(given.map(given_dose).collect())
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
