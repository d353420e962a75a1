//! The reader: `CURRENT`, one resident, the other, and `CURRENT` again.

use crate::load::Load;
use crate::state::{Generation, Reader, State};
use crate::weakening::Weakening;

impl Load {
    /// The reader after its next read. If it finds `CURRENT` moved it begins again, with what it
    /// has just read of it.
    pub(crate) fn read(&self, state: &State) -> Reader {
        let in_force = state.current.in_force;
        let resident = |n: usize, seen: Generation| state.items[n].and_then(|item| item.at(seen));
        match state.reader {
            Reader::HasCurrent(seen) => Reader::HasFirst(seen, resident(0, seen)),
            Reader::HasFirst(seen, first) => Reader::HasBoth(seen, [first, resident(1, seen)]),
            Reader::HasBoth(seen, answer)
                if seen == in_force || self.weakened(Weakening::CurrentReadOnce) =>
            {
                Reader::Answered(seen, answer)
            }
            Reader::Resting | Reader::HasBoth(..) => Reader::HasCurrent(in_force),
            Reader::Answered(..) => Reader::Resting,
        }
    }
}
