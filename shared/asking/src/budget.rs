use domain::{TenantScope, japan_date};
use jiff::Timestamp;
use store::{DayCount, Store, StoreError, TenantSettings};

const RESIDENTS_PER_INQUIRY: u64 = 50;
const LEAST_PER_DAY: u32 = 100;
const LEAST_MISSES: u32 = 20;

/// How many inquiries the municipality may make in a day: as set, or one for every fifty residents of
/// its register, and at least a hundred; in any case no more than the operator allows.
pub async fn per_day(
    store: &Store,
    scope: &TenantScope,
    settings: &TenantSettings,
) -> Result<u32, StoreError> {
    let most = settings.inquiries_at_most.unwrap_or(u32::MAX);
    if let Some(set) = settings.inquiries_per_day {
        return Ok(set.min(most));
    }
    let register = store.register(scope).await?;
    let residents = register.in_force.map_or(0, |in_force| in_force.active);
    let share = u32::try_from(residents / RESIDENTS_PER_INQUIRY).unwrap_or(u32::MAX);
    Ok(share.max(LEAST_PER_DAY).min(most))
}

/// How many inquiries that lead to nobody are usual on a day: a quarter of what may be asked, and at least
/// twenty. Not everybody who moves in was vaccinated where they came from.
#[must_use]
pub fn usual_misses(per_day: u32) -> u32 {
    (per_day / 4).max(LEAST_MISSES)
}

/// Whether more lead to nobody than is usual: somebody may be trying numbers.
#[must_use]
pub fn has_many_misses(count: &DayCount, per_day: u32) -> bool {
    count.misses() > usual_misses(per_day)
}

/// Counts that somebody named another person than a basis is about, and tells the alarms: which
/// municipality, and nobody else.
pub async fn count_mismatch(
    store: &Store,
    scope: &TenantScope,
    per_day: u32,
    now: Timestamp,
) -> Result<(), StoreError> {
    let count = store.count_mismatch(scope, japan_date(now), now).await?;
    tell_of_mismatches(scope, 1, &count, per_day);
    Ok(())
}

/// Tells the alarms of so many, with whom the day's count is this.
pub fn tell_of_mismatches(scope: &TenantScope, many: u32, count: &DayCount, per_day: u32) {
    tracing::info!(target: "metrics", tenant = %scope.code(), inquiries_mismatched = many);
    warn_of_misses(scope, count, per_day);
}

/// An alarm stands on this.
pub(crate) fn warn_of_misses(scope: &TenantScope, count: &DayCount, per_day: u32) {
    if has_many_misses(count, per_day) {
        tracing::info!(target: "metrics", tenant = %scope.code(), inquiries_many_misses = 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_the_budget_may_lead_to_nobody_whatever_led_there() {
        let of = |nothing_found, mismatched| DayCount {
            nothing_found,
            mismatched,
            ..DayCount::default()
        };
        assert!(!has_many_misses(&of(20, 0), 3));
        assert!(has_many_misses(&of(11, 10), 80));
        assert!(!has_many_misses(&of(100, 150), 1_000));
        assert!(has_many_misses(&of(0, 251), 1_000));
    }
}
