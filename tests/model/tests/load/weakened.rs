//! Each safeguard taken away lets a reader be told something that no files ever said.

use model::load::{Bounds, Load};
use model::properties::ANSWERS;
use model::weakening::Weakening;
use stateright::{Checker, HasDiscoveries, Model};

use crate::RETURN;

/// Finds a shortest run that ends in a wrong answer, and prints it.
fn is_caught(weakening: Weakening, crashes: u8, repeats: u8) {
    let load = Load::new(
        RETURN,
        Bounds {
            crashes,
            repeats,
            reader: true,
        },
        Some(weakening),
    );
    let found = HasDiscoveries::AnyOf([ANSWERS].into());
    let checker = load.checker().finish_when(found).spawn_bfs().join();
    let run = checker.assert_any_discovery(ANSWERS);
    println!(
        "{weakening:?}: caught after {} states",
        checker.unique_state_count()
    );
    println!("{run}{:?}", run.last_state().reader);
}

#[test]
fn a_writer_that_outlives_its_lease_is_caught() {
    is_caught(Weakening::WriterOutlivesLease, 0, 1);
}

#[test]
fn a_reader_that_does_not_read_current_again_is_caught() {
    is_caught(Weakening::CurrentReadOnce, 0, 0);
}

#[test]
fn a_manifest_without_the_removed_is_caught() {
    is_caught(Weakening::RemovedLeaveManifest, 0, 0);
}

#[test]
fn a_shift_without_its_condition_is_caught() {
    is_caught(Weakening::ShiftWithoutCondition, 1, 0);
}

#[test]
fn a_switch_before_the_last_chunk_is_caught() {
    is_caught(Weakening::SwitchBeforeLastChunk, 0, 0);
}
