//! What must hold at every moment, and what must be possible for that to mean anything.

use stateright::Property;

use crate::load::Load;
use crate::register::RESIDENTS;
use crate::state::{Chunk, GENERATIONS, LAST, Lease, Reader, State};

/// Never half a file, never an older one over a newer.
pub const ANSWERS: &str = "every answer is the register of the generation it was read at";
/// What a reader would be told that needs no time to read; in the end it is the last register.
pub const IN_FORCE: &str = "what is in force is what the files say up to that generation";
/// The manifest decides what is written, so it must say the same.
pub const MANIFEST: &str = "the manifest in force names every entry in force";
/// Two slots are enough only because of this.
pub const ONE_AHEAD: &str = "nothing is written more than one generation ahead of what is in force";
/// Rows in = new + changed + unchanged + removed.
pub const COUNTS: &str = "every chunk is counted once, and every row under its outcome";
/// No message is deleted too early.
pub const REST: &str = "when nobody has anything left to do, the last file is in force";

pub(crate) fn all() -> Vec<Property<Load>> {
    vec![
        Property::always(ANSWERS, answers_are_exact),
        Property::always(IN_FORCE, in_force_is_exact),
        Property::always(MANIFEST, manifest_is_exact),
        Property::always(ONE_AHEAD, one_ahead),
        Property::always(COUNTS, counts_are_exact),
        Property::always(REST, rest_means_done),
        Property::sometimes("both chunks of a file are worked on at once", side_by_side),
        Property::sometimes("a file waits while another loads", waits),
        Property::sometimes(
            "all that may go wrong did, and the last file is in force",
            worst,
        ),
    ]
}

fn answers_are_exact(load: &Load, state: &State) -> bool {
    match state.reader {
        Reader::Answered(generation, answer) => answer == load.register(generation),
        _ => true,
    }
}

fn in_force_is_exact(load: &Load, state: &State) -> bool {
    let in_force = state.current.in_force;
    state
        .items
        .map(|item| item.and_then(|item| item.at(in_force)))
        == load.register(in_force)
}

fn manifest_is_exact(load: &Load, state: &State) -> bool {
    state.current.manifest == load.register(state.current.in_force)
}

fn one_ahead(_: &Load, state: &State) -> bool {
    let next = state.current.in_force + 1;
    state
        .items
        .iter()
        .flatten()
        .all(|item| item.newest.generation <= next)
        && state.current.loading.is_none_or(|loading| loading == next)
}

fn counts_are_exact(load: &Load, state: &State) -> bool {
    GENERATIONS.into_iter().all(|generation| {
        let upload = state.upload(generation);
        let done = upload
            .chunks
            .iter()
            .filter(|chunk| **chunk == Chunk::Done)
            .count();
        let complete = usize::from(upload.chunks_done) == RESIDENTS;
        done == usize::from(upload.chunks_done)
            && (!complete || upload.tally == load.tally(generation))
            && (complete || generation > state.current.in_force)
    })
}

fn rest_means_done(_: &Load, state: &State) -> bool {
    !state.at_rest() || state.current.in_force == LAST
}

fn side_by_side(_: &Load, state: &State) -> bool {
    state.uploads.iter().any(|upload| {
        upload
            .chunks
            .iter()
            .all(|chunk| matches!(chunk, Chunk::ToDo(Lease::Held(_))))
    })
}

fn waits(_: &Load, state: &State) -> bool {
    state
        .current
        .loading
        .is_some_and(|loading| loading < state.current.issued)
}

fn worst(_: &Load, state: &State) -> bool {
    state.at_rest() && state.crashes_left == 0 && state.repeats_left == 0
}
