//! The queue between the functions: at least once, in any order.

use crate::register::{FILES, RESIDENTS};
use crate::state::{Chunk, GENERATIONS, Generation, State, index};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Message {
    /// Take up whatever is to be done. Its worker does not learn for which file it was sent.
    Advance { sent_for: Generation },
    /// Load this chunk.
    Chunk {
        generation: Generation,
        chunk: usize,
    },
}

/// Every message that there can be.
pub(crate) fn messages() -> impl Iterator<Item = Message> {
    GENERATIONS.into_iter().flat_map(|generation| {
        let chunks = (0..RESIDENTS).map(move |chunk| Message::Chunk { generation, chunk });
        std::iter::once(Message::Advance {
            sent_for: generation,
        })
        .chain(chunks)
    })
}

/// Messages sent and not yet deleted. A message stays while it is worked on, so that it is
/// received again when its worker dies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Queue {
    advances: [bool; FILES],
    chunks: [[bool; RESIDENTS]; FILES],
}

impl Queue {
    #[must_use]
    pub fn holds(&self, message: Message) -> bool {
        match message {
            Message::Advance { sent_for } => self.advances[index(sent_for)],
            Message::Chunk { generation, chunk } => self.chunks[index(generation)][chunk],
        }
    }

    pub(crate) fn send(&mut self, message: Message) {
        *self.place(message) = true;
    }

    /// Does nothing if the message is gone already.
    pub(crate) fn delete(&mut self, message: Message) {
        *self.place(message) = false;
    }

    fn place(&mut self, message: Message) -> &mut bool {
        match message {
            Message::Advance { sent_for } => &mut self.advances[index(sent_for)],
            Message::Chunk { generation, chunk } => &mut self.chunks[index(generation)][chunk],
        }
    }
}

/// How a message would come to a worker now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// It waits, and nobody works on it.
    Ordinary,
    /// Somebody works on it, or has done so and deleted it.
    Repeated,
    /// It was never sent.
    Impossible,
}

pub(crate) fn delivery(state: &State, message: Message) -> Delivery {
    let in_flight = state.in_flight(message);
    if state.queue.holds(message) && !in_flight {
        return Delivery::Ordinary;
    }
    let sent = match message {
        Message::Advance { sent_for } => sent_for <= state.current.issued,
        // It is deleted only when its chunk is done.
        Message::Chunk { generation, chunk } => {
            in_flight || state.upload(generation).chunks[chunk] == Chunk::Done
        }
    };
    if sent {
        Delivery::Repeated
    } else {
        Delivery::Impossible
    }
}
