//! What each kind of file has of its own while it is checked; all else is the same for every kind.

use std::marker::PhantomData;

use bytes::Bytes;
use crypto::{Fingerprint, ResidentTag};
use domain::{Generation, Movement, ResidentRow};
use layouts::{
    Layout, Record,
    doses::Doses,
    inquiries::Inquiries,
    residents::{self, Residents},
};
use objects::ObjectName;

use crate::{protections::EverProtected, rows::ChunkRows};

/// A kind of file under check: what is remembered of its records beside what they must not share.
pub(crate) trait Kind: Send {
    /// Its columns and rules.
    type Layout: Layout;
    /// What the decision needs beyond counts.
    type Found: Send + Sync;

    /// Takes the next record, accepted or refused.
    fn note(&mut self, _record: &Record<'_, Self::Layout>) {}

    /// The record that was taken last ends a chunk, or the file.
    fn end_chunk(&mut self) {}

    /// What is to be left for the load of chunks that ended since the last time, in their order.
    fn take_left(&mut self) -> Vec<(ObjectName, Bytes)> {
        Vec::new()
    }

    /// The end of the file.
    fn finish(self) -> Self::Found;

    /// Takes out of what was found what comes of refused rows; `refused` are their indexes, ascending.
    fn without_refused(_: &mut Self::Found, _refused: &[u32]) {}
}

/// Somebody whom a row is about.
#[derive(Clone, Copy)]
pub(crate) struct RowPerson {
    /// Of the row.
    pub(crate) index: u32,
    pub(crate) tag: ResidentTag,
    /// Of the row.
    pub(crate) fingerprint: Fingerprint,
}

/// What the decision about a residents file needs of its accepted rows.
#[derive(Default)]
pub(crate) struct ResidentsFound {
    /// Whom rows ask to remove.
    pub(crate) removals: Vec<RowPerson>,
    /// Residents who were ever protected, as far as that was known before the pass, and whom this file leaves
    /// unprotected. Ascending by tag once those of refused rows are taken out.
    pub(crate) unprotected: Vec<RowPerson>,
    /// Indexes of the rows that say that somebody is protected.
    pub(crate) protects: Vec<u32>,
    /// How many rows say that somebody is not protected, rows that are refused as duplicates included.
    pub(crate) not_protected: u64,
    /// The generation in force when it was read who was ever protected.
    pub(crate) known_under: Generation,
}

/// A residents file.
pub(crate) struct ResidentsFile<'a> {
    /// Ascending.
    ever_protected: Vec<ResidentTag>,
    found: ResidentsFound,
    rows: ChunkRows<'a>,
}

impl<'a> ResidentsFile<'a> {
    pub(crate) fn new(rows: ChunkRows<'a>, ever: EverProtected) -> Self {
        Self {
            ever_protected: ever.tags,
            found: ResidentsFound {
                known_under: ever.under,
                ..ResidentsFound::default()
            },
            rows,
        }
    }
}

impl ResidentsFound {
    /// A row that removes somebody lifts their protection only if it says "not protected"; inquiries about them are
    /// answered from then on.
    fn note(&mut self, row: &ResidentRow<'_>, person: RowPerson, ever: &[ResidentTag]) {
        if row.movement == Movement::Remove {
            self.removals.push(person);
        }
        match (row.protected, row.movement) {
            (Some(false), _) => {
                self.not_protected += 1;
                if ever.binary_search(&person.tag).is_ok() {
                    self.unprotected.push(person);
                }
            }
            (Some(true), Movement::Remove) | (None, _) => {}
            (Some(true), _) => self.protects.push(person.index),
        }
    }
}

impl Kind for ResidentsFile<'_> {
    type Layout = Residents;
    type Found = ResidentsFound;

    #[inline]
    fn note(&mut self, record: &residents::Record<'_>) {
        if let Ok(row) = &record.row {
            let checked = self.rows.accept(row);
            let person = RowPerson {
                index: record.index,
                tag: checked.tag,
                fingerprint: checked.fingerprint,
            };
            self.found.note(row, person, &self.ever_protected);
        } else {
            self.rows.refuse();
        }
    }

    fn end_chunk(&mut self) {
        self.rows.close();
    }

    fn take_left(&mut self) -> Vec<(ObjectName, Bytes)> {
        self.rows.take_whole()
    }

    fn finish(self) -> ResidentsFound {
        self.found
    }

    fn without_refused(found: &mut ResidentsFound, refused: &[u32]) {
        let is_accepted = |index: &u32| refused.binary_search(index).is_err();
        found.removals.retain(|it| is_accepted(&it.index));
        found.unprotected.retain(|it| is_accepted(&it.index));
        found.unprotected.sort_unstable_by_key(|it| it.tag);
        found.protects.retain(is_accepted);
    }
}

/// A file of whose records nothing more is remembered.
pub(crate) struct PlainFile<L>(PhantomData<L>);

/// A dose file.
pub(crate) type DosesFile = PlainFile<Doses>;
/// A file of inquiries.
pub(crate) type InquiriesFile = PlainFile<Inquiries>;

impl<L> PlainFile<L> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<L: Layout> Kind for PlainFile<L> {
    type Layout = L;
    type Found = ();

    fn finish(self) {}
}
