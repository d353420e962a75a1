//! What can happen next, and what it changes.

use crate::load::Load;
use crate::queue::{Delivery, Message, delivery, messages};
use crate::state::{Chunk, GENERATIONS, Generation, LAST, Lease, Reader, State, Worker, WorkerId};
use crate::weakening::Weakening;

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// receive-upload accepts the next file: a generation is issued, and an `advance` sent.
    Accept,
    /// An idle worker receives a message.
    Receive(WorkerId, Message),
    /// A busy worker takes its next step.
    Work(WorkerId),
    /// A busy worker dies.
    Crash(WorkerId),
    /// The time of a lease is up.
    Expire {
        generation: Generation,
        chunk: usize,
    },
    /// The reader reads one thing more.
    Read,
}

impl Load {
    pub(crate) fn possible(&self, state: &State, actions: &mut Vec<Action>) {
        if self.has_reader() {
            actions.push(Action::Read);
        }
        // An answer changes nothing for anybody else: it is looked at, and put away at once.
        if matches!(state.reader, Reader::Answered(..)) {
            return;
        }
        for (id, worker) in state.workers.iter().enumerate() {
            match worker {
                Worker::Idle => actions.extend(
                    messages()
                        .filter(|message| can_come(state, *message))
                        .map(|message| Action::Receive(id, message)),
                ),
                Worker::Busy { .. } => {
                    actions.push(Action::Work(id));
                    if state.crashes_left > 0 {
                        actions.push(Action::Crash(id));
                    }
                }
            }
        }
        if state.current.issued < LAST {
            actions.push(Action::Accept);
        }
        for generation in GENERATIONS {
            for (chunk, status) in state.upload(generation).chunks.iter().enumerate() {
                if self.can_expire(*status) {
                    actions.push(Action::Expire { generation, chunk });
                }
            }
        }
    }

    pub(crate) fn after(&self, before: &State, action: Action) -> Option<State> {
        let mut state = *before;
        match action {
            Action::Accept => {
                state.current.issued += 1;
                state.queue.send(Message::Advance {
                    sent_for: state.current.issued,
                });
            }
            Action::Receive(worker, message) => {
                if delivery(before, message) == Delivery::Repeated {
                    state.repeats_left -= 1;
                }
                self.receive(&mut state, worker, message)?;
            }
            Action::Work(worker) => self.work(&mut state, worker)?,
            Action::Crash(worker) => {
                state.crashes_left -= 1;
                die(&mut state, worker);
            }
            Action::Expire { generation, chunk } => {
                state.upload_mut(generation).chunks[chunk] = Chunk::ToDo(Lease::Free);
            }
            Action::Read => state.reader = self.read(before),
        }
        Some(state)
    }

    /// A worker sends nothing more once its lease is over. Here it is dead by then: only a dead
    /// worker's lease runs out.
    fn can_expire(&self, chunk: Chunk) -> bool {
        match chunk {
            Chunk::ToDo(Lease::Abandoned) => true,
            Chunk::ToDo(Lease::Held(_)) => self.weakened(Weakening::WriterOutlivesLease),
            Chunk::ToDo(Lease::Free) | Chunk::Done => false,
        }
    }
}

fn can_come(state: &State, message: Message) -> bool {
    match delivery(state, message) {
        Delivery::Ordinary => true,
        Delivery::Repeated => state.repeats_left > 0,
        Delivery::Impossible => false,
    }
}

fn die(state: &mut State, worker: WorkerId) {
    state.workers[worker] = Worker::Idle;
    for chunk in state
        .uploads
        .iter_mut()
        .flat_map(|upload| &mut upload.chunks)
    {
        if *chunk == Chunk::ToDo(Lease::Held(worker)) {
            *chunk = Chunk::ToDo(Lease::Abandoned);
        }
    }
}
