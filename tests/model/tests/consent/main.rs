//! The life of one recorded basis, in every interleaving within bounds: it holds, and it holds
//! because of its safeguards.

#![expect(
    clippy::print_stdout,
    reason = "what was visited is part of the result"
)]

use model::consent::{Bounds, Consent, LOGGED, NEVER_LATE, ONLY_ONE, Weakening};
use stateright::{Checker, HasDiscoveries, Model};

#[test]
fn one_basis_is_one_answer_in_both_logs_whatever_dies() {
    let bounds = Bounds {
        crashes: 2,
        repeats: 2,
    };
    let consent = Consent::new(bounds, None);
    let checker = consent.checker().threads(2).spawn_dfs().join();
    println!(
        "{} states, {} steps between them ({bounds:?})",
        checker.unique_state_count(),
        checker.state_count() - 1,
    );
    checker.assert_properties();
}

/// Finds a shortest run that breaks the promise, and prints it.
fn is_caught(weakening: Weakening, promise: &'static str, bounds: Bounds) {
    let consent = Consent::new(bounds, Some(weakening));
    let found = HasDiscoveries::AnyOf([promise].into());
    let checker = consent.checker().finish_when(found).spawn_bfs().join();
    let run = checker.assert_any_discovery(promise);
    println!(
        "{weakening:?}: caught after {} states\n{run}",
        checker.unique_state_count()
    );
}

const CALM: Bounds = Bounds {
    crashes: 0,
    repeats: 0,
};
const ONE_DEATH: Bounds = Bounds {
    crashes: 1,
    repeats: 1,
};

#[test]
fn a_claim_without_its_condition_is_caught() {
    is_caught(Weakening::ClaimWithoutCondition, ONLY_ONE, CALM);
}

#[test]
fn an_askers_entry_apart_from_the_claim_is_caught() {
    is_caught(Weakening::AskedEntryApart, LOGGED, ONE_DEATH);
}

#[test]
fn a_holder_that_answers_before_it_writes_is_caught() {
    is_caught(Weakening::AnswerBeforeLog, LOGGED, CALM);
}

#[test]
fn an_answer_kept_without_its_condition_is_caught() {
    is_caught(Weakening::ConcludeWithoutCondition, NEVER_LATE, CALM);
}
