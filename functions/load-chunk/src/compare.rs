//! Which rows of a chunk say something the register in force does not: a pure comparison of
//! fingerprints with the manifest, which is read past once or twice and never held whole.

use crypto::{Fingerprint, ResidentTag};
use hashbrown::HashTable;
use manifest::{Entry, Presence, ShortTags};

/// An accepted row of the chunk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowRef {
    /// First byte in the chunk.
    pub(crate) from: u32,
    /// Byte after the last.
    pub(crate) to: u32,
    /// Of the whole row.
    pub(crate) fingerprint: Fingerprint,
    /// Whether the row asks for the resident's removal.
    pub(crate) removes: bool,
    /// 支援措置 as the row says or, where the file does not, as it is in force.
    pub(crate) protected: Option<bool>,
}

/// All accepted rows, found by fingerprint.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    accepted: Vec<RowRef>,
    known: Vec<bool>,
    index: HashTable<u32>,
    alike: Vec<(Fingerprint, u32)>,
    alike_index: HashTable<u32>,
}

impl Rows {
    /// Room for about this many rows.
    #[must_use]
    pub(crate) fn with_capacity(rows: usize) -> Self {
        Self {
            accepted: Vec::with_capacity(rows),
            known: Vec::new(),
            index: HashTable::with_capacity(rows),
            alike: Vec::new(),
            alike_index: HashTable::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: RowRef) {
        let number = u32::try_from(self.accepted.len()).unwrap_or(u32::MAX);
        let rows = &self.accepted;
        let rehash = |other: &u32| {
            rows.get(*other as usize)
                .map_or(0, |row| hash(&row.fingerprint))
        };
        self.index
            .insert_unique(hash(&row.fingerprint), number, rehash);
        self.accepted.push(row);
    }

    /// The row that was pushed last is as good as this one.
    pub(crate) fn push_alike(&mut self, fingerprint: Fingerprint) {
        let last = self.accepted.len().saturating_sub(1);
        let last = u32::try_from(last).unwrap_or(u32::MAX);
        let number = u32::try_from(self.alike.len()).unwrap_or(u32::MAX);
        let alike = &self.alike;
        let rehash = |other: &u32| alike.get(*other as usize).map_or(0, |(it, _)| hash(it));
        self.alike_index
            .insert_unique(hash(&fingerprint), number, rehash);
        self.alike.push((fingerprint, last));
    }

    /// How many rows there are.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.accepted.len()
    }

    /// Marks the row that an entry in force says already, if there is one.
    pub(crate) fn mark(&mut self, entry: &Entry) {
        if self.known.len() != self.accepted.len() {
            self.known.resize(self.accepted.len(), false);
        }
        if let Some(number) = self.find(&entry.fingerprint)
            && let Some(known) = self.known.get_mut(number as usize)
        {
            *known = true;
        }
    }

    /// The row that says this.
    fn find(&self, fingerprint: &Fingerprint) -> Option<u32> {
        let is_row = |number: &u32| {
            let row = self.accepted.get(*number as usize);
            row.is_some_and(|row| row.fingerprint == *fingerprint)
        };
        let row = self.index.find(hash(fingerprint), is_row).copied();
        let alike = |number: &u32| self.alike.get(*number as usize);
        let is_alike = |number: &u32| alike(number).is_some_and(|(it, _)| it == fingerprint);
        row.or_else(|| {
            let found = self.alike_index.find(hash(fingerprint), is_alike);
            found.and_then(alike).map(|(_, row)| *row)
        })
    }

    /// The rows that nothing in force says, in the order of the file.
    #[must_use]
    pub(crate) fn into_changed(self) -> Vec<RowRef> {
        let mut known = self.known;
        known.resize(self.accepted.len(), false);
        self.accepted
            .into_iter()
            .zip(known)
            .filter_map(|(row, known)| (!known).then_some(row))
            .collect()
    }
}

/// A fingerprint is a keyed hash already: its first bytes serve as they are.
fn hash(fingerprint: &Fingerprint) -> u64 {
    let first = fingerprint.as_bytes().first_chunk::<8>();
    first.map_or(0, |first| u64::from_ne_bytes(*first))
}

/// A changed row, by its resident, with what the register in force knows of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Changed {
    /// The row.
    pub(crate) row: RowRef,
    /// The resident.
    pub(crate) tag: ResidentTag,
    /// Presence and hints in force, `None` for somebody unknown.
    pub(crate) before: Option<(Presence, ShortTags)>,
}

/// Finds changed rows in a manifest that is read past in ascending order.
#[derive(Debug)]
pub(crate) struct Lookup {
    changed: Vec<Changed>,
    by_tag: Vec<u32>,
    at: usize,
}

impl Lookup {
    /// Over rows in the order of the file.
    #[must_use]
    pub(crate) fn new(changed: Vec<Changed>) -> Self {
        let count = u32::try_from(changed.len()).unwrap_or(u32::MAX);
        let mut by_tag: Vec<u32> = (0..count).collect();
        by_tag.sort_unstable_by_key(|number| changed.get(*number as usize).map(|row| row.tag));
        Self {
            changed,
            by_tag,
            at: 0,
        }
    }

    /// Takes the next entry in force.
    pub(crate) fn meet(&mut self, entry: &Entry) {
        while let Some(number) = self.by_tag.get(self.at) {
            let Some(row) = self.changed.get_mut(*number as usize) else {
                return;
            };
            if row.tag > entry.tag {
                return;
            }
            if row.tag == entry.tag {
                row.before = Some((entry.presence, entry.hints));
            }
            self.at += 1;
        }
    }

    /// The rows, in the order of the file, with what was met of them.
    #[must_use]
    pub(crate) fn finish(self) -> Vec<Changed> {
        self.changed
    }
}

/// Where a row goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Somebody unknown is registered.
    New,
    /// Somebody known is brought up to date, or returns.
    Changed,
    /// Somebody registered is removed.
    Removed,
    /// Nothing is to be done: somebody unknown need not be removed.
    Unchanged,
}

impl Changed {
    /// Decides by what is asked and what is in force.
    #[must_use]
    pub(crate) fn outcome(&self) -> Outcome {
        match (self.row.removes, self.before.map(|(presence, _)| presence)) {
            (false, None) => Outcome::New,
            (true, None) => Outcome::Unchanged,
            (true, Some(Presence::Registered)) => Outcome::Removed,
            (false, Some(_)) | (true, Some(Presence::Removed)) => Outcome::Changed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(byte: u8, removes: bool) -> RowRef {
        let fingerprint = Fingerprint::from_bytes([byte; 16]);
        RowRef {
            from: 0,
            to: 0,
            fingerprint,
            removes,
            protected: None,
        }
    }

    fn entry(tag: u8, fingerprint: u8, presence: Presence) -> Entry {
        Entry {
            tag: ResidentTag::from_bytes([tag; 16]),
            fingerprint: Fingerprint::from_bytes([fingerprint; 16]),
            hints: ShortTags::default(),
            presence,
        }
    }

    #[test]
    fn only_rows_without_their_fingerprint_in_force_are_changed() {
        let mut rows = Rows::with_capacity(0);
        (1..=200).for_each(|byte| rows.push(row(byte, false)));
        (1..=200)
            .filter(|byte| byte % 7 != 0)
            .for_each(|byte| rows.mark(&entry(1, byte, Presence::Registered)));
        let changed: Vec<u8> = rows
            .into_changed()
            .iter()
            .map(|row| row.fingerprint.as_bytes()[0])
            .collect();
        assert_eq!(
            changed,
            (1..=200).filter(|byte| byte % 7 == 0).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_row_is_known_too_by_what_is_as_good() {
        let mut rows = Rows::with_capacity(0);
        for byte in 1..=60 {
            rows.push(row(byte, false));
            rows.push_alike(Fingerprint::from_bytes([byte + 100; 16]));
            rows.push_alike(Fingerprint::from_bytes([byte + 180; 16]));
        }
        for byte in (1..=20).chain(121..=140).chain(221..=239) {
            rows.mark(&entry(1, byte, Presence::Registered));
        }
        let changed: Vec<u8> = rows
            .into_changed()
            .iter()
            .map(|row| row.fingerprint.as_bytes()[0])
            .collect();
        assert_eq!(changed, [60]);
    }

    #[test]
    fn what_is_in_force_is_met_whatever_the_order_of_the_file() {
        let tags = [9, 3, 7, 1, 5];
        let changed = tags.map(|tag| Changed {
            row: row(tag, false),
            tag: ResidentTag::from_bytes([tag; 16]),
            before: None,
        });
        let mut lookup = Lookup::new(changed.to_vec());
        for tag in [0, 1, 2, 5, 8, 9] {
            lookup.meet(&entry(tag, 0, Presence::Removed));
        }
        let met: Vec<_> = lookup
            .finish()
            .iter()
            .map(|row| row.before.is_some())
            .collect();
        assert_eq!(met, [true, false, false, true, true]);
    }

    #[test]
    fn every_combination_has_its_outcome() {
        let changed = |removes, before: Option<Presence>| Changed {
            row: row(1, removes),
            tag: ResidentTag::from_bytes([1; 16]),
            before: before.map(|presence| (presence, ShortTags::default())),
        };
        let cases = [
            (false, None, Outcome::New),
            (false, Some(Presence::Registered), Outcome::Changed),
            (false, Some(Presence::Removed), Outcome::Changed),
            (true, None, Outcome::Unchanged),
            (true, Some(Presence::Registered), Outcome::Removed),
            (true, Some(Presence::Removed), Outcome::Changed),
        ];
        for (removes, before, outcome) in cases {
            assert_eq!(
                changed(removes, before).outcome(),
                outcome,
                "{removes} {before:?}"
            );
        }
    }
}
