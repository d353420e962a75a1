//! What must hold at every moment, and what must be possible for that to mean anything.

use stateright::Property;

use super::{Consent, HOLDERS, INQUIRIES, Stage, State};

/// The basis is good for one inquiry.
pub const ONLY_ONE: &str = "at most one inquiry was ever given an answer";
/// Neither revoked nor expired when it was decided on.
pub const NEVER_LATE: &str = "no answer was decided on after revocation or expiry";
/// Nothing leaves a holder, and nothing is given, that is not in the logs.
pub const LOGGED: &str = "whatever was answered stands in the logs of both sides";
/// A repeat does not look like a second inquiry.
pub const ONE_ENTRY: &str = "every log has at most one entry of a kind for an inquiry";

pub(super) fn all() -> Vec<Property<Consent>> {
    vec![
        Property::always(ONLY_ONE, |_, state: &State| {
            state.given.iter().filter(|given| **given).count() <= 1
        }),
        Property::always(NEVER_LATE, |_, state: &State| !state.late),
        Property::always(LOGGED, |_, state| logged(state)),
        Property::always(ONE_ENTRY, |_, state| one_entry(state)),
        Property::sometimes(
            "an inquiry is answered although somebody died",
            |_, state: &State| state.crashes_left == 0 && state.given.contains(&true),
        ),
        Property::sometimes(
            "it is revoked while holders are asked",
            |_, state: &State| {
                state.stage == Stage::Revoked && state.left.iter().flatten().any(|left| *left)
            },
        ),
        Property::sometimes(
            "both inquiries want it and one is turned away",
            |_, state: &State| state.given[1] && state.turned_away[0],
        ),
    ]
}

fn logged(state: &State) -> bool {
    (0..INQUIRIES).all(|inquiry| {
        let holders_wrote = (0..HOLDERS)
            .all(|holder| !state.left[inquiry][holder] || state.answered[inquiry][holder] > 0);
        let left = state.left[inquiry].contains(&true);
        let asker_wrote = !left || state.asked[inquiry] > 0;
        let complete = state.concluded[inquiry] > 0 && state.left[inquiry] == [true; HOLDERS];
        holders_wrote && asker_wrote && (!state.given[inquiry] || complete)
    })
}

fn one_entry(state: &State) -> bool {
    let entries = state.asked.iter().chain(&state.concluded);
    entries
        .chain(state.answered.iter().flatten())
        .all(|count| *count <= 1)
}
