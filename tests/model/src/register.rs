//! The simple model: what a register holds after files are applied one after the other.
//!
//! Nothing here knows of generations, chunks, workers or tables. The properties compare the
//! protocol with this, so the two share no code but the words.

/// Residents; so also rows of a file, and chunks of a load, which has one row to a chunk.
pub const RESIDENTS: usize = 2;
/// Files that the municipality drops.
pub const FILES: usize = 3;

/// What a row tells of a person; two of them are enough to see one in the place of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Content {
    First,
    Second,
}

/// What a file says of one resident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    NotMentioned,
    Register(Content),
    Remove,
}

/// One row for each resident.
pub type File = [Row; RESIDENTS];

/// What is known of one resident. Somebody who was removed is not the same as somebody who was
/// never there: staff still find them, as moved away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Entry {
    Registered(Content),
    Removed,
}

/// The entry of each resident; `None` for somebody never heard of.
pub type Register = [Option<Entry>; RESIDENTS];

/// How a row is accounted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    New,
    Changed,
    Unchanged,
    Removed,
}

/// The rows of one file by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tally {
    pub new: u8,
    pub changed: u8,
    pub unchanged: u8,
    pub removed: u8,
}

impl Tally {
    pub fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::New => self.new += 1,
            Outcome::Changed => self.changed += 1,
            Outcome::Unchanged => self.unchanged += 1,
            Outcome::Removed => self.removed += 1,
        }
    }
}

/// The register after `file`, and how the rows of the file are accounted for.
#[must_use]
pub fn apply(before: &Register, file: &File) -> (Register, Tally) {
    let mut after = *before;
    let mut tally = Tally::default();
    for (entry, row) in after.iter_mut().zip(file) {
        let known = *entry;
        match row {
            Row::NotMentioned => continue,
            Row::Register(content) => *entry = Some(Entry::Registered(*content)),
            Row::Remove => *entry = known.map(|_| Entry::Removed),
        }
        tally.add(match (known, *entry) {
            (known, now) if known == now => Outcome::Unchanged,
            (None, _) => Outcome::New,
            (_, Some(Entry::Removed)) => Outcome::Removed,
            _ => Outcome::Changed,
        });
    }
    (after, tally)
}
