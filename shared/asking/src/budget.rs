use domain::TenantScope;
use store::{Store, StoreError, TenantSettings};

const RESIDENTS_PER_INQUIRY: u64 = 50;
const LEAST_PER_DAY: u32 = 100;

/// How many inquiries the municipality may make in a day: as set, or one for every fifty residents of
/// its register, and at least a hundred.
pub async fn per_day(
    store: &Store,
    scope: &TenantScope,
    settings: &TenantSettings,
) -> Result<u32, StoreError> {
    if let Some(set) = settings.inquiries_per_day {
        return Ok(set);
    }
    let register = store.register(scope).await?;
    let residents = register.in_force.map_or(0, |in_force| in_force.active);
    let share = u32::try_from(residents / RESIDENTS_PER_INQUIRY).unwrap_or(u32::MAX);
    Ok(share.max(LEAST_PER_DAY))
}
