use crypto::{ResidentTag, TenantKeys};
use domain::{ProgrammeCode, TenantScope};
use invocations::GivenDose;
use store::{Store, StoreError};

pub(crate) async fn in_scope(
    store: &Store,
    scope: &TenantScope,
    _keys: &TenantKeys,
    _resident: &ResidentTag,
    _programmes: &[ProgrammeCode],
) -> Result<Vec<GivenDose>, StoreError> {
    store.register(scope).await?;
    Ok(Vec::new())
}
