//! What becomes of a file whose rows were checked: a pure decision over what was found and the
//! register as it stands.

use jiff::{Timestamp, civil::Date};
use store::{Register, TenantSettings};

/// What matters about a checked file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    /// Rows in.
    pub(crate) rows: u64,
    /// Rows refused.
    pub(crate) refused: u64,
    /// Rows that would remove somebody.
    pub(crate) removals: Removals,
    /// SHA-256 of the file.
    pub(crate) sha256: [u8; 32],
    /// As-of date in its name.
    pub(crate) as_of: Option<Date>,
    /// When it was dropped.
    pub(crate) dropped_at: Timestamp,
}

/// How much of a register a file would remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Removals {
    /// How many people at the most.
    pub(crate) people: u64,
    /// Of how many.
    pub(crate) of: u64,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// A newer file was accepted before.
    Stale,
    /// More rows are refused than the municipality allows.
    TooManyRefused,
    /// Equal to the file in force, and nothing waits behind that one.
    NoChange,
    /// Removes so much of the register that a person must confirm it.
    Hold,
    /// Gets the next generation.
    Accept,
}

/// Decides; the first that applies of stale, too many refused, no change, hold.
#[must_use]
pub(crate) fn decide(found: &Found, register: &Register, settings: &TenantSettings) -> Decision {
    if register.is_newer_than(found.as_of, found.dropped_at) {
        return Decision::Stale;
    }
    if too_many_refused(found.rows, found.refused, settings) {
        return Decision::TooManyRefused;
    }
    if let Some(in_force) = &register.in_force {
        let nothing_behind = register.issued == in_force.generation;
        // A row that was refused, as its date was still to come, may have become right by itself.
        let equal = in_force.sha256 == found.sha256
            && in_force.settings_revision == settings.revision
            && in_force.refused == Some(found.refused);
        if nothing_behind && equal {
            return Decision::NoChange;
        }
    }
    let Removals { people, of } = found.removals;
    if exceeds(people, settings.max_removed_percent, of) {
        return Decision::Hold;
    }
    Decision::Accept
}

/// Whether a file with so many refused rows cannot be trusted as a whole.
#[must_use]
pub(crate) fn too_many_refused(rows: u64, refused: u64, settings: &TenantSettings) -> bool {
    rows == refused || exceeds(refused, settings.max_refused_percent, rows)
}

/// Whether `part` is more than `percent` of `whole`.
#[must_use]
pub(crate) fn exceeds(part: u64, percent: u8, whole: u64) -> bool {
    u128::from(part) * 100 > u128::from(percent) * u128::from(whole)
}

#[cfg(test)]
mod tests {
    use domain::Generation;
    use jiff::civil::date;
    use store::InForce;

    use super::*;

    const fn removals(people: u64) -> Removals {
        Removals { people, of: 100 }
    }

    fn found() -> Found {
        Found {
            rows: 100,
            refused: 0,
            removals: removals(0),
            sha256: [1; 32],
            as_of: None,
            dropped_at: Timestamp::from_second(1_000).unwrap(),
        }
    }

    fn register() -> Register {
        Register {
            in_force: Some(InForce {
                generation: Generation::new(3),
                manifest: None,
                entries: 100,
                active: 100,
                sha256: [9; 32],
                refused: Some(0),
                settings_revision: 1,
            }),
            issued: Generation::new(3),
            loading: None,
            issued_as_of: Some(date(2021, 4, 1)),
            issued_dropped_at: Timestamp::from_second(900).ok(),
        }
    }

    fn outcome(found: Found, register: &Register) -> Decision {
        decide(&found, register, &TenantSettings::default())
    }

    #[test]
    fn a_first_file_is_accepted() {
        assert_eq!(outcome(found(), &Register::default()), Decision::Accept);
        assert_eq!(outcome(found(), &register()), Decision::Accept);
    }

    #[test]
    fn an_older_as_of_date_is_stale_even_when_dropped_later() {
        let older = Found {
            as_of: Some(date(2021, 3, 31)),
            ..found()
        };
        assert_eq!(outcome(older, &register()), Decision::Stale);
        let newer = Found {
            as_of: Some(date(2021, 4, 2)),
            dropped_at: Timestamp::UNIX_EPOCH,
            ..older
        };
        assert_eq!(outcome(newer, &register()), Decision::Accept);
    }

    #[test]
    fn without_a_date_or_on_the_same_day_the_earlier_drop_is_stale() {
        let earlier = Timestamp::from_second(899).unwrap();
        for as_of in [None, Some(date(2021, 4, 1))] {
            let late = Found {
                as_of,
                dropped_at: earlier,
                ..found()
            };
            assert_eq!(outcome(late, &register()), Decision::Stale);
        }
    }

    #[test]
    fn more_than_a_tenth_refused_refuses_the_file() {
        assert_eq!(
            outcome(
                Found {
                    refused: 10,
                    ..found()
                },
                &register()
            ),
            Decision::Accept
        );
        assert_eq!(
            outcome(
                Found {
                    refused: 11,
                    ..found()
                },
                &register()
            ),
            Decision::TooManyRefused
        );
    }

    #[test]
    fn the_file_in_force_again_changes_nothing_unless_another_is_behind_it() {
        let same = Found {
            sha256: [9; 32],
            ..found()
        };
        assert_eq!(outcome(same, &register()), Decision::NoChange);
        let behind = Register {
            issued: Generation::new(4),
            ..register()
        };
        assert_eq!(outcome(same, &behind), Decision::Accept);
        let settings = TenantSettings {
            revision: 2,
            ..TenantSettings::default()
        };
        assert_eq!(decide(&same, &register(), &settings), Decision::Accept);
    }

    #[test]
    fn the_same_file_is_taken_in_again_when_rows_are_right_now_that_were_refused() {
        let same = Found {
            sha256: [9; 32],
            ..found()
        };
        for refused in [Some(1), None] {
            let mut register = register();
            register.in_force.as_mut().unwrap().refused = refused;
            assert_eq!(outcome(same, &register), Decision::Accept);
        }
    }

    #[test]
    fn a_register_that_is_still_on_its_way_is_guarded_as_well() {
        let on_its_way = Register {
            issued: Generation::new(1),
            ..Register::default()
        };
        let all = Found {
            removals: removals(100),
            ..found()
        };
        assert_eq!(outcome(all, &on_its_way), Decision::Hold);
    }

    #[test]
    fn removing_more_than_a_fifth_is_held() {
        assert_eq!(
            outcome(
                Found {
                    removals: removals(20),
                    ..found()
                },
                &register()
            ),
            Decision::Accept
        );
        assert_eq!(
            outcome(
                Found {
                    removals: removals(21),
                    ..found()
                },
                &register()
            ),
            Decision::Hold
        );
    }
}
