//! What a worker does with a message, step by step.

use crate::load::Load;
use crate::queue::Message;
use crate::register::{Entry, Outcome, RESIDENTS, Register, Row};
use crate::state::{
    Chunk, Generation, Item, Judgement, Lease, Slot, State, Step, Upload, Worker, WorkerId, index,
};
use crate::weakening::Weakening;

impl Load {
    /// Takes a message. A chunk is leased and its row compared at the same time: while a chunk is
    /// leased and to do, nothing moves the manifest in force. `None` if another holds the lease:
    /// the message goes back to the queue.
    pub(crate) fn receive(
        &self,
        state: &mut State,
        worker: WorkerId,
        message: Message,
    ) -> Option<()> {
        let next = match message {
            Message::Advance { .. } => self.look(state, message),
            Message::Chunk { generation, chunk } => match state.upload(generation).chunks[chunk] {
                Chunk::Done => self.look(state, message),
                Chunk::ToDo(Lease::Free) => {
                    state.upload_mut(generation).chunks[chunk] = Chunk::ToDo(Lease::Held(worker));
                    Some(self.compare(state, generation, chunk))
                }
                Chunk::ToDo(Lease::Held(_) | Lease::Abandoned) => return None,
            },
        };
        go_on(state, worker, message, next);
        Some(())
    }

    /// The next step of a busy worker. `None` if it has none.
    pub(crate) fn work(&self, state: &mut State, worker: WorkerId) -> Option<()> {
        let Worker::Busy { message, next } = state.workers[worker] else {
            return None;
        };
        let next = match (next, message) {
            (Step::Write(judgement), Message::Chunk { generation, chunk }) => {
                self.write(&mut state.items[chunk], generation, judgement);
                Some(Step::Complete(judgement))
            }
            (Step::Complete(judgement), Message::Chunk { generation, chunk }) => {
                if !complete(state.upload_mut(generation), chunk, worker, judgement) {
                    // A failure: the message stays in the queue.
                    state.workers[worker] = Worker::Idle;
                    return Some(());
                }
                Some(Step::Look)
            }
            (Step::Write(_) | Step::Complete(_), Message::Advance { .. }) => return None,
            (Step::Look, _) => self.look(state, message),
            (Step::Send(generation, chunk), _) => send(state, generation, chunk),
        };
        go_on(state, worker, message, next);
        Some(())
    }

    fn compare(&self, state: &State, generation: Generation, chunk: usize) -> Step {
        let judgement = judge(self.row(generation, chunk), state.current.manifest[chunk]);
        match judgement.outcome {
            None | Some(Outcome::Unchanged) => Step::Complete(judgement),
            Some(_) => Step::Write(judgement),
        }
    }

    /// Who is new is put whole; who was known keeps what is in force in the other slot.
    fn write(&self, item: &mut Option<Item>, generation: Generation, judgement: Judgement) {
        let Some(entry) = judgement.share else { return };
        let newest = Slot { generation, entry };
        if judgement.outcome == Some(Outcome::New) {
            *item = Some(Item {
                newest,
                older: None,
            });
        } else if let Some(known) = item {
            let first_time = known.newest.generation < generation;
            if first_time || self.weakened(Weakening::ShiftWithoutCondition) {
                *known = Item {
                    newest,
                    older: Some(known.newest),
                };
            }
        }
    }

    /// Reads `CURRENT` and the upload that is loading; switches, or begins the next load, or has
    /// the chunks sent, or finds nothing to do. Reads and conditional write are one step here: a
    /// condition that fails leads back to the reads.
    fn look(&self, state: &mut State, message: Message) -> Option<Step> {
        let current = &mut state.current;
        let Some(loading) = current.loading else {
            if current.in_force == current.issued {
                return None;
            }
            let next = current.in_force + 1;
            current.loading = Some(next);
            return Some(Step::Send(next, 0));
        };
        let upload = state.uploads[index(loading)];
        if self.all_done(&upload) {
            current.manifest = self.merge(&current.manifest, &upload.shares);
            current.in_force = loading;
            current.loading = None;
            return Some(Step::Look);
        }
        match message {
            // Whoever does its other chunks finishes it.
            Message::Chunk { generation, .. } if generation == loading => None,
            // Whoever began it may have died before all chunks were sent.
            _ => Some(Step::Send(loading, 0)),
        }
    }

    fn all_done(&self, upload: &Upload) -> bool {
        let weak = self.weakened(Weakening::SwitchBeforeLastChunk);
        usize::from(upload.chunks_done) >= if weak { 1 } else { RESIDENTS }
    }

    fn merge(&self, manifest: &Register, shares: &Register) -> Register {
        let mut next = *manifest;
        for (entry, share) in next.iter_mut().zip(shares) {
            *entry = share.or(*entry);
            if *entry == Some(Entry::Removed) && self.weakened(Weakening::RemovedLeaveManifest) {
                *entry = None;
            }
        }
        next
    }
}

/// Whoever has nothing left to do deletes the message.
fn go_on(state: &mut State, worker: WorkerId, message: Message, next: Option<Step>) {
    state.workers[worker] = if let Some(next) = next {
        Worker::Busy { message, next }
    } else {
        state.queue.delete(message);
        Worker::Idle
    };
}

fn judge(row: Row, in_force: Option<Entry>) -> Judgement {
    let (outcome, share) = match (row, in_force) {
        (Row::NotMentioned, _) => (None, None),
        (Row::Register(content), known) => {
            let entry = Entry::Registered(content);
            match known {
                None => (Some(Outcome::New), Some(entry)),
                Some(known) if known == entry => (Some(Outcome::Unchanged), None),
                Some(_) => (Some(Outcome::Changed), Some(entry)),
            }
        }
        (Row::Remove, Some(Entry::Registered(_))) => (Some(Outcome::Removed), Some(Entry::Removed)),
        (Row::Remove, None | Some(Entry::Removed)) => (Some(Outcome::Unchanged), None),
    };
    Judgement { outcome, share }
}

/// False if the lease is another's by now: then the transaction fails as a whole.
fn complete(upload: &mut Upload, chunk: usize, worker: WorkerId, judgement: Judgement) -> bool {
    if upload.chunks[chunk] != Chunk::ToDo(Lease::Held(worker)) {
        return false;
    }
    upload.chunks[chunk] = Chunk::Done;
    upload.chunks_done += 1;
    upload.shares[chunk] = judgement.share;
    if let Some(outcome) = judgement.outcome {
        upload.tally.add(outcome);
    }
    true
}

/// A message for a chunk that is done by now would be a repeated one; those have their own bound.
fn send(state: &mut State, generation: Generation, chunk: usize) -> Option<Step> {
    if state.upload(generation).chunks[chunk] != Chunk::Done {
        state.queue.send(Message::Chunk { generation, chunk });
    }
    (chunk + 1 < RESIDENTS).then_some(Step::Send(generation, chunk + 1))
}
