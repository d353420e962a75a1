//! What the tables, the queue, the workers and the reader hold at one moment.

use crate::queue::{Message, Queue};
use crate::register::{Entry, FILES, Outcome, RESIDENTS, Register, Tally};

/// 0 is the empty register before the first file; the n-th file becomes generation n.
pub type Generation = u8;
/// The generations of the files.
pub const GENERATIONS: [Generation; FILES] = [1, 2, 3];
/// The generation of the last file.
pub const LAST: Generation = GENERATIONS[FILES - 1];

/// The place of a worker in [`State::workers`].
pub type WorkerId = usize;
/// Workers that run at the same time.
pub const WORKERS: usize = 2;

/// One moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct State {
    pub current: Current,
    pub uploads: [Upload; FILES],
    pub items: [Option<Item>; RESIDENTS],
    pub queue: Queue,
    pub workers: [Worker; WORKERS],
    pub reader: Reader,
    pub crashes_left: u8,
    pub repeats_left: u8,
}

/// The item `CURRENT`, with the manifest that it points to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Current {
    pub in_force: Generation,
    pub issued: Generation,
    pub loading: Option<Generation>,
    pub manifest: Register,
}

/// The item of an upload with its chunks, and their shares of the next manifest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Upload {
    pub chunks: [Chunk; RESIDENTS],
    pub chunks_done: u8,
    pub tally: Tally,
    pub shares: Register,
}

/// The item of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Chunk {
    ToDo(Lease),
    Done,
}

impl Default for Chunk {
    fn default() -> Self {
        Self::ToDo(Lease::Free)
    }
}

/// Who may work on a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lease {
    Free,
    Held(WorkerId),
    /// Its holder is dead, but its time is not up.
    Abandoned,
}

/// A resident's item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Item {
    pub newest: Slot,
    pub older: Option<Slot>,
}

/// What is known of a resident from this generation on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot {
    pub generation: Generation,
    pub entry: Entry,
}

impl Item {
    /// The entry that a reader of `generation` takes.
    #[must_use]
    pub fn at(&self, generation: Generation) -> Option<Entry> {
        [Some(self.newest), self.older]
            .into_iter()
            .flatten()
            .find(|slot| slot.generation <= generation)
            .map(|slot| slot.entry)
    }
}

/// One of the invocations that run at the same time; a dead one is followed by an idle one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Worker {
    Idle,
    Busy { message: Message, next: Step },
}

/// What a worker does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// Write the row to the resident's item.
    Write(Judgement),
    /// The transaction that marks the chunk done and counts it.
    Complete(Judgement),
    /// Read `CURRENT` and the upload that is loading, and move on what is ready.
    Look,
    /// Send the message of this chunk, and then of those after it.
    Send(Generation, usize),
}

/// What comparing a row with the manifest in force told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Judgement {
    /// `None` if the file does not mention the resident.
    pub outcome: Option<Outcome>,
    /// The resident's entry in the next manifest; `None` leaves what is there.
    pub share: Option<Entry>,
}

/// What a reader has seen so far: the generation in force, then the residents one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reader {
    Resting,
    HasCurrent(Generation),
    HasFirst(Generation, Option<Entry>),
    HasBoth(Generation, Register),
    /// `CURRENT` was read again: this is the answer.
    Answered(Generation, Register),
}

impl State {
    /// Before the first file.
    #[must_use]
    pub fn empty(crashes: u8, repeats: u8) -> Self {
        Self {
            current: Current::default(),
            uploads: Default::default(),
            items: Default::default(),
            queue: Queue::default(),
            workers: [Worker::Idle; WORKERS],
            reader: Reader::Resting,
            crashes_left: crashes,
            repeats_left: repeats,
        }
    }

    #[must_use]
    pub fn upload(&self, generation: Generation) -> &Upload {
        &self.uploads[index(generation)]
    }

    pub fn upload_mut(&mut self, generation: Generation) -> &mut Upload {
        &mut self.uploads[index(generation)]
    }

    /// Whether a worker is busy with this message.
    #[must_use]
    pub fn in_flight(&self, message: Message) -> bool {
        self.workers.iter().any(
            |worker| matches!(worker, Worker::Busy { message: theirs, .. } if *theirs == message),
        )
    }

    /// Whether all files were accepted, nobody works, and no message waits.
    #[must_use]
    pub fn at_rest(&self) -> bool {
        self.current.issued == LAST
            && self.workers == [Worker::Idle; WORKERS]
            && self.queue == Queue::default()
    }
}

/// The place of what belongs to the n-th file.
pub(crate) fn index(generation: Generation) -> usize {
    usize::from(generation) - 1
}
