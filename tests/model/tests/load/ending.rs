//! `stateright` does not look for runs that go round for ever, nor know whether states
//! that we call alike are. A plain walk, which takes no state for another, checks both.

use std::collections::{HashMap, HashSet};

use model::load::{Bounds, Load};
use model::state::{LAST, State};
use stateright::{Checker, Model, Representative};

use crate::RETURN;

const BOUNDS: Bounds = Bounds {
    crashes: 1,
    repeats: 1,
    reader: false,
};

enum Visit {
    Underway,
    /// With so many steps at most from there to the end of the run.
    Over(usize),
}

/// The steps of the longest run from `state`. Fails if one leads back to a state that it has been
/// in, or stops before its time.
fn walk(load: &Load, state: State, visits: &mut HashMap<State, Visit>) -> usize {
    match visits.get(&state) {
        Some(Visit::Over(longest)) => return *longest,
        Some(Visit::Underway) => panic!("a run comes back to {state:?}"),
        None => {}
    }
    visits.insert(state, Visit::Underway);
    let next = load.next_states(&state);
    assert!(
        !next.is_empty() || state.current.in_force == LAST,
        "stuck at {state:?}"
    );
    let longest = next
        .into_iter()
        .map(|next| walk(load, next, visits) + 1)
        .max()
        .unwrap_or(0);
    visits.insert(state, Visit::Over(longest));
    longest
}

#[test]
fn every_run_ends_with_the_last_file_in_force() {
    let load = Load::new(RETURN, BOUNDS, None);
    let mut visits = HashMap::new();
    let starts = load.init_states().into_iter();
    let longest = starts
        .map(|state| walk(&load, state, &mut visits))
        .max()
        .unwrap();
    let alike: HashSet<_> = visits.keys().map(Representative::representative).collect();
    println!(
        "every run ends, after {longest} steps at most: {} states, {} of them unlike ({BOUNDS:?})",
        visits.len(),
        alike.len(),
    );

    let checker = load.checker().symmetry().spawn_dfs().join();
    assert_eq!(checker.unique_state_count(), alike.len());
}
