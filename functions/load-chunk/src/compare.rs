//! Which rows of a chunk say something the register in force does not: a pure merge of the chunk's
//! rows, sorted, with the manifest, which is read past once and never held whole.

use crypto::{Fingerprint, ResidentTag};
use manifest::{CheckedRow, Entry, Presence, ShortTags};

use crate::kept::Kept;

/// A row that says something new.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Changed {
    /// Which record of the file.
    pub(crate) index: u32,
    /// The resident.
    pub(crate) tag: ResidentTag,
    /// Of the whole row, as it was checked.
    pub(crate) fingerprint: Fingerprint,
    /// What is in force, `None` for somebody unknown.
    pub(crate) before: Option<Before>,
    /// What the row leaves as it is.
    pub(crate) kept: Kept,
    /// With that it says what is in force, and nothing is to be written.
    pub(crate) is_in_force: bool,
}

/// What is in force of a resident.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) hints: ShortTags,
    pub(crate) presence: Presence,
}

/// The chunk's accepted rows beside a manifest that is read past in ascending order.
#[derive(Debug)]
pub(crate) struct Comparison {
    /// Ascending by tag.
    rows: Vec<(CheckedRow, u32)>,
    at: usize,
    changed: Vec<Changed>,
}

impl Comparison {
    /// Of rows and their indexes.
    #[must_use]
    pub(crate) fn new(mut rows: Vec<(CheckedRow, u32)>) -> Self {
        rows.sort_unstable_by_key(|(row, _)| row.tag);
        Self {
            rows,
            at: 0,
            changed: Vec::new(),
        }
    }

    /// Takes the next entry in force.
    #[inline]
    pub(crate) fn meet(&mut self, entry: &Entry) {
        while let Some((row, index)) = self.rows.get(self.at) {
            if row.tag > entry.tag {
                return;
            }
            let before = (row.tag == entry.tag).then_some(Before {
                fingerprint: entry.fingerprint,
                hints: entry.hints,
                presence: entry.presence,
            });
            if before.is_none() || row.fingerprint != entry.fingerprint {
                self.changed.push(changed(row, *index, before));
            }
            self.at += 1;
        }
    }

    /// The changed rows, in the order of the file; those that no entry was met for are among them.
    #[must_use]
    pub(crate) fn finish(self) -> Vec<Changed> {
        let mut all = self.changed;
        let unmet = self.rows.get(self.at..).unwrap_or_default();
        all.extend(unmet.iter().map(|(row, index)| changed(row, *index, None)));
        all.sort_unstable_by_key(|row| row.index);
        all
    }
}

fn changed(row: &CheckedRow, index: u32, before: Option<Before>) -> Changed {
    Changed {
        index,
        tag: row.tag,
        fingerprint: row.fingerprint,
        before,
        kept: Kept::default(),
        is_in_force: false,
    }
}

/// What is to be done about a changed row.
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
    /// Decides by whether the row removes, and by what is in force.
    #[must_use]
    pub(crate) fn outcome(&self, removes: bool) -> Outcome {
        match (removes, self.before.map(|it| it.presence)) {
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

    fn row(tag: u8, fingerprint: u8) -> CheckedRow {
        CheckedRow {
            tag: ResidentTag::from_bytes([tag; 16]),
            fingerprint: Fingerprint::from_bytes([fingerprint; 16]),
        }
    }

    fn entry(tag: u8, fingerprint: u8) -> Entry {
        let CheckedRow { tag, fingerprint } = row(tag, fingerprint);
        Entry {
            tag,
            fingerprint,
            hints: ShortTags::default(),
            presence: Presence::Registered,
        }
    }

    fn compared(rows: &[CheckedRow], entries: &[Entry]) -> Vec<(u32, bool)> {
        let mut comparison = Comparison::new(rows.iter().copied().zip(0..).collect());
        for entry in entries {
            comparison.meet(entry);
        }
        let changed = comparison.finish();
        changed
            .iter()
            .map(|row| (row.index, row.before.is_some()))
            .collect()
    }

    #[test]
    fn only_rows_that_the_register_does_not_say_are_changed() {
        let rows: Vec<_> = (1..=200).map(|tag| row(tag, tag)).collect();
        let says = |tag: u8| if tag.is_multiple_of(7) { 0 } else { tag };
        let entries: Vec<_> = (1..=200).map(|tag| entry(tag, says(tag))).collect();
        let sevenths = (1..=200_u8).filter(|tag| tag.is_multiple_of(7));
        let expected: Vec<_> = sevenths.map(|tag| (u32::from(tag) - 1, true)).collect();
        assert_eq!(compared(&rows, &entries), expected);
        assert_eq!(compared(&[], &entries), []);
    }

    #[test]
    fn what_is_in_force_is_met_whatever_the_order_of_the_file() {
        let rows = [9, 3, 7, 1, 5, 8].map(|tag| row(tag, 1));
        let entries = [
            entry(0, 1),
            entry(1, 2),
            entry(2, 1),
            entry(5, 2),
            entry(8, 1),
        ];
        let expected = [(0, false), (1, false), (2, false), (3, true), (4, true)];
        assert_eq!(compared(&rows, &entries), expected);
    }

    #[test]
    fn every_combination_has_its_outcome() {
        let cases = [
            (false, None, Outcome::New),
            (false, Some(Presence::Registered), Outcome::Changed),
            (false, Some(Presence::Removed), Outcome::Changed),
            (true, None, Outcome::Unchanged),
            (true, Some(Presence::Registered), Outcome::Removed),
            (true, Some(Presence::Removed), Outcome::Changed),
        ];
        for (removes, before, outcome) in cases {
            let in_force = before.map(|presence| Before {
                fingerprint: Fingerprint::from_bytes([2; 16]),
                hints: ShortTags::default(),
                presence,
            });
            let row = changed(&row(1, 1), 0, in_force);
            assert_eq!(row.outcome(removes), outcome, "{removes} {before:?}");
        }
    }
}
