//! What each kind of file has of its own while it is checked; all else is the same for every kind.

use std::marker::PhantomData;

use bytes::Bytes;
use crypto::ResidentTag;
use domain::Movement;
use layouts::{
    Layout, Record,
    doses::Doses,
    inquiries::Inquiries,
    residents::{self, Residents},
};
use objects::ObjectName;

use crate::rows::ChunkRows;

/// A kind of file under check: what is remembered of its records beside what they must not share.
pub(crate) trait Kind: Send {
    /// Its columns and rules.
    type Layout: Layout;
    /// What the decision needs beyond counts.
    type Found: Send + Sync;

    /// Takes the next record, be it accepted or refused.
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

/// Somebody whom a row asks to remove.
pub(crate) struct Removal {
    /// Of the row.
    index: u32,
    pub(crate) tag: ResidentTag,
}

/// A residents file.
pub(crate) struct ResidentsFile<'a> {
    removals: Vec<Removal>,
    rows: ChunkRows<'a>,
}

impl<'a> ResidentsFile<'a> {
    pub(crate) fn new(rows: ChunkRows<'a>) -> Self {
        Self {
            removals: Vec::new(),
            rows,
        }
    }
}

impl Kind for ResidentsFile<'_> {
    type Layout = Residents;
    /// Whom accepted rows ask to remove.
    type Found = Vec<Removal>;

    #[inline]
    fn note(&mut self, record: &residents::Record<'_>) {
        if let Ok(row) = &record.row {
            let tag = self.rows.accept(row);
            if row.movement == Movement::Remove {
                let index = record.index;
                self.removals.push(Removal { index, tag });
            }
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

    fn finish(self) -> Vec<Removal> {
        self.removals
    }

    fn without_refused(found: &mut Vec<Removal>, refused: &[u32]) {
        found.retain(|it| refused.binary_search(&it.index).is_err());
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
