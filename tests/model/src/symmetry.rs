//! States that differ only in names are visited once.
//!
//! Workers are alike, and so are `advance` messages: a worker does not look at which one it has.

use stateright::Representative;

use crate::queue::Message;
use crate::state::{Chunk, GENERATIONS, Lease, State, Worker};

impl Representative for State {
    fn representative(&self) -> Self {
        let here = with_advances_in_order(*self);
        let there = with_advances_in_order(with_workers_swapped(*self));
        here.min(there)
    }
}

fn with_workers_swapped(mut state: State) -> State {
    state.workers.reverse();
    for chunk in state
        .uploads
        .iter_mut()
        .flat_map(|upload| &mut upload.chunks)
    {
        if let Chunk::ToDo(Lease::Held(worker)) = chunk {
            *worker = 1 - *worker;
        }
    }
    state
}

/// Numbers the `advance` messages anew: first those that wait or are being worked on.
fn with_advances_in_order(state: State) -> State {
    let before = GENERATIONS.map(|sent_for| {
        let message = Message::Advance { sent_for };
        (
            state.queue.holds(message),
            state.workers.map(|worker| holds(&worker, message)),
        )
    });
    let mut after = before;
    after.sort_unstable_by(|one, other| other.cmp(one));
    if after == before {
        return state;
    }
    let mut named = state;
    for (sent_for, (waits, holders)) in GENERATIONS.into_iter().zip(after) {
        let new = Message::Advance { sent_for };
        named.queue.delete(new);
        if waits {
            named.queue.send(new);
        }
        for (worker, held) in named.workers.iter_mut().zip(holders) {
            if let (Worker::Busy { message, .. }, true) = (worker, held) {
                *message = new;
            }
        }
    }
    named
}

fn holds(worker: &Worker, message: Message) -> bool {
    matches!(worker, Worker::Busy { message: theirs, .. } if *theirs == message)
}
