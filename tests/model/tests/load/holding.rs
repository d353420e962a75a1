use model::load::{Bounds, Load};
use model::register::{FILES, File};
use stateright::{Checker, Model};

use crate::{PARTIAL, RETURN};

/// Visits every state there is and prints how many.
fn holds(what: &str, files: [File; FILES], bounds: Bounds) {
    let load = Load::new(files, bounds, None);
    let checker = load.checker().symmetry().threads(2).spawn_dfs().join();
    println!(
        "{what}: {} states, {} steps between them ({bounds:?})",
        checker.unique_state_count(),
        checker.state_count() - 1,
    );
    checker.assert_properties();
}

#[test]
fn readers_see_whole_registers_while_workers_die() {
    holds(
        "removal and return",
        RETURN,
        Bounds {
            crashes: 2,
            repeats: 1,
            reader: true,
        },
    );
}

#[test]
fn readers_see_whole_registers_of_partial_files() {
    holds(
        "partial files",
        PARTIAL,
        Bounds {
            crashes: 1,
            repeats: 1,
            reader: true,
        },
    );
}

#[test]
fn the_register_is_right_after_more_deaths_and_repeats() {
    holds(
        "unread",
        RETURN,
        Bounds {
            crashes: 3,
            repeats: 2,
            reader: false,
        },
    );
}
