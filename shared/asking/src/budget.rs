use domain::{TenantScope, TenantSettings, japan_date};
use jiff::Timestamp;
use store::{DayCount, Store, StoreError};

const RESIDENTS_PER_INQUIRY: u64 = 50;
const LEAST_PER_DAY: u32 = 100;
/// A register of any size may be loaded: what it says of itself raises nothing above this.
const MOST_PER_DAY: u32 = 2_000;
const LEAST_MISSES: u32 = 20;
const MOST_MISSES: u32 = 200;

/// How many inquiries the municipality may make in a day: as set, or one for every fifty residents of
/// its register, at least a hundred and at most two thousand; in any case no more than the operator allows.
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
    Ok(for_residents(residents).min(most))
}

/// How many inquiries a municipality with this many residents may make in a day if nobody has set a limit.
fn for_residents(residents: u64) -> u32 {
    let share = u32::try_from(residents / RESIDENTS_PER_INQUIRY).unwrap_or(u32::MAX);
    share.clamp(LEAST_PER_DAY, MOST_PER_DAY)
}

/// How many inquiries that find nobody are usual on a day: a quarter of what may be asked, at least
/// twenty and at most two hundred. Not everybody who moves in was vaccinated where they came from.
#[must_use]
pub fn usual_misses(per_day: u32) -> u32 {
    (per_day / 4).clamp(LEAST_MISSES, MOST_MISSES)
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

/// Tells the alarms of `many` mismatches; `count` is the day's count with them.
pub fn tell_of_mismatches(scope: &TenantScope, many: u32, count: &DayCount, per_day: u32) {
    tracing::info!(target: "metrics", tenant = %scope.code(), inquiries_mismatched = many);
    warn_of_misses(scope, count, per_day);
}

/// An alarm watches this metric.
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
        assert!(!has_many_misses(&of(100, 50), 600));
        assert!(has_many_misses(&of(0, 151), 600));
    }

    #[test]
    fn no_budget_however_large_makes_more_than_two_hundred_misses_usual() {
        let budgets = [0, 80, 84, 800, 1_000, 2_000, 1_000_000, u32::MAX];
        let usual = [20, 20, 21, 200, 200, 200, 200, 200];
        assert_eq!(budgets.map(usual_misses), usual);
    }

    #[test]
    fn a_register_of_any_size_raises_the_budget_to_two_thousand_at_most() {
        let registers = [0, 5_000, 5_050, 99_999, 100_000, 3_800_000, u64::MAX];
        let budgets = [100, 100, 101, 1_999, 2_000, 2_000, 2_000];
        assert_eq!(registers.map(for_residents), budgets);
    }
}
