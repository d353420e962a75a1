//! What becomes of a file whose rows were checked: a pure decision over what was found and the
//! register as it stands.

use domain::TenantSettings;
use jiff::{Timestamp, civil::Date};
use store::{HeldFor, Register};

/// What matters about a checked file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    /// Rows in.
    pub(crate) rows: u64,
    /// Rows refused.
    pub(crate) refused: u64,
    /// Residents whom it would remove, of those in the register.
    pub(crate) removals: Share,
    /// Residents whose protection it would lift, of those who are protected.
    pub(crate) protections: Share,
    /// SHA-256 of the file.
    pub(crate) sha256: [u8; 32],
    /// As-of date in its name.
    pub(crate) as_of: Option<Date>,
    /// When it was dropped.
    pub(crate) dropped_at: Timestamp,
}

/// Some people, and how many people they are a part of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Share {
    /// How many people at the most.
    pub(crate) part: u64,
    /// Of how many.
    pub(crate) whole: u64,
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
    /// Removes so much of the register, or lifts so many protections, that a person must confirm it.
    Hold(HeldFor),
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
    let percent = settings.max_removed_percent;
    let held_for = HeldFor {
        removals: exceeds(found.removals.part, percent, found.removals.whole),
        protections: lifts_too_many(found.protections, percent, register),
    };
    if held_for == HeldFor::default() {
        Decision::Accept
    } else {
        Decision::Hold(held_for)
    }
}

/// Whether a file with so many refused rows cannot be trusted as a whole.
#[must_use]
pub(crate) fn too_many_refused(rows: u64, refused: u64, settings: &TenantSettings) -> bool {
    rows == refused || exceeds(refused, settings.max_refused_percent, rows)
}

/// Whether somebody must confirm that a file lifts this many protections. Protections lifted since the last such
/// confirmation are added, as if one file had lifted them all: where files are small, a column that lost its values
/// lifts only a few at a time.
#[must_use]
pub(crate) fn lifts_too_many(lifted: Share, percent: u8, register: &Register) -> bool {
    let before = register.lifted;
    lifted.part > 0 && exceeds(before + lifted.part, percent, before + lifted.whole)
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

    const fn percent(part: u64) -> Share {
        Share { part, whole: 100 }
    }

    const FOR_REMOVALS: HeldFor = HeldFor {
        removals: true,
        protections: false,
    };

    fn found() -> Found {
        Found {
            rows: 100,
            refused: 0,
            removals: percent(0),
            protections: percent(0),
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
            lifted: 0,
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
            removals: percent(100),
            ..found()
        };
        assert_eq!(outcome(all, &on_its_way), Decision::Hold(FOR_REMOVALS));
    }

    #[test]
    fn removing_more_than_a_fifth_or_lifting_the_protection_of_more_is_held() {
        struct Case {
            removed: u64,
            lifted: u64,
            expected: Decision,
        }
        let for_protections = HeldFor {
            removals: false,
            protections: true,
        };
        let for_both = HeldFor {
            removals: true,
            protections: true,
        };
        for Case {
            removed,
            lifted,
            expected,
        } in [
            Case {
                removed: 20,
                lifted: 20,
                expected: Decision::Accept,
            },
            Case {
                removed: 21,
                lifted: 0,
                expected: Decision::Hold(FOR_REMOVALS),
            },
            Case {
                removed: 0,
                lifted: 21,
                expected: Decision::Hold(for_protections),
            },
            Case {
                removed: 100,
                lifted: 100,
                expected: Decision::Hold(for_both),
            },
        ] {
            let file = Found {
                removals: percent(removed),
                protections: percent(lifted),
                ..found()
            };
            assert_eq!(outcome(file, &register()), expected, "{removed} {lifted}");
        }
    }

    #[test]
    fn protections_that_were_lifted_unasked_count_with_those_that_a_file_lifts() {
        for (before, part, whole, expected) in [
            (0, 20, 100, false),
            (10, 10, 90, false),
            (10, 11, 90, true),
            (20, 1, 80, true),
            // A file that lifts none is not held for what others did.
            (90, 0, 10, false),
        ] {
            let register = Register {
                lifted: before,
                ..register()
            };
            let lifted = Share { part, whole };
            let is_held = lifts_too_many(lifted, 20, &register);
            assert_eq!(is_held, expected, "{before} {part}");
        }
    }

    #[test]
    fn the_only_protection_there_is_is_not_lifted_unasked_unless_all_may_be() {
        let last = Found {
            protections: Share { part: 1, whole: 1 },
            ..found()
        };
        let with = |max_removed_percent| {
            let settings = TenantSettings {
                max_removed_percent,
                ..TenantSettings::default()
            };
            decide(&last, &register(), &settings)
        };
        assert!(matches!(with(99), Decision::Hold(it) if it.protections));
        assert_eq!(with(100), Decision::Accept);
    }
}
