//! What each kind of file has of its own while it is checked; all else is the same for every kind.

use std::collections::BTreeMap;

use bytes::Bytes;
use crypto::ResidentTag;
use domain::Movement;
use layouts::{
    ColumnMapping, Layout, MappingProblem, ProblemCode, Record, Suspect,
    doses::{self, Doses},
    inquiries::{self, Inquiries},
    residents::{self, Residents},
};
use objects::ObjectName;

use crate::rows::ChunkRows;

/// A kind of file under check: what is remembered of its records.
pub(crate) trait Kind: Send {
    /// Its columns and rules.
    type Layout: Layout;
    /// Rows that may share something.
    type Suspects: Suspects<Self::Layout>;
    /// What the decision needs beyond counts.
    type Found: Send + Sync;

    /// How the municipality's system names the columns.
    fn mapping(columns: BTreeMap<String, String>) -> Result<ColumnMapping, MappingProblem>;

    /// Takes the next record, be it accepted or refused.
    fn note(&mut self, record: &Record<'_, Self::Layout>);

    /// The record that was taken last ends a chunk, or the file.
    fn end_chunk(&mut self) {}

    /// What is to be left for the load of chunks that ended since the last time, in their order.
    fn take_left(&mut self) -> Vec<(ObjectName, Bytes)> {
        Vec::new()
    }

    /// The end of the file.
    fn finish(self) -> (Self::Suspects, Self::Found);

    /// Takes out of what was found what comes of refused rows; `refused` are their indexes, ascending.
    fn without_refused(_: &mut Self::Found, _refused: &[u32]) {}

    /// The column that is named where rows share something.
    fn shared_column(code: ProblemCode) -> Option<&'static str>;
}

/// Rows that may share something: some must be read again to be certain.
pub(crate) trait Suspects<L: Layout>: Send {
    /// Those to be read again, ascending.
    fn to_read(&self) -> Vec<u32>;

    /// One of them, read again.
    fn tell(&mut self, record: &Record<'_, L>);

    /// Those that do share something, by index.
    fn certain(self) -> Vec<Suspect>;
}

/// Somebody whom a row asks to remove.
pub(crate) struct Removal {
    /// Of the row.
    index: u32,
    pub(crate) tag: ResidentTag,
}

/// A residents file.
pub(crate) struct ResidentsFile<'a> {
    duplicates: residents::Duplicates,
    removals: Vec<Removal>,
    rows: ChunkRows<'a>,
}

impl<'a> ResidentsFile<'a> {
    pub(crate) fn new(rows: ChunkRows<'a>, seed: u64) -> Self {
        Self {
            duplicates: residents::Duplicates::new(seed),
            removals: Vec::new(),
            rows,
        }
    }
}

impl Kind for ResidentsFile<'_> {
    type Layout = Residents;
    type Suspects = residents::Suspects;
    /// Whom accepted rows ask to remove.
    type Found = Vec<Removal>;

    fn mapping(columns: BTreeMap<String, String>) -> Result<ColumnMapping, MappingProblem> {
        ColumnMapping::of_residents(columns)
    }

    #[inline]
    fn note(&mut self, record: &residents::Record<'_>) {
        self.duplicates.add(record.index, &record.keys);
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

    fn finish(self) -> (residents::Suspects, Vec<Removal>) {
        (self.duplicates.finish(), self.removals)
    }

    fn without_refused(found: &mut Vec<Removal>, refused: &[u32]) {
        found.retain(|it| refused.binary_search(&it.index).is_err());
    }

    fn shared_column(code: ProblemCode) -> Option<&'static str> {
        code.shared_resident_column().map(residents::Column::name)
    }
}

impl Suspects<Residents> for residents::Suspects {
    fn to_read(&self) -> Vec<u32> {
        self.numbers.indexes().collect()
    }

    fn tell(&mut self, record: &residents::Record<'_>) {
        if let Some(number) = record.keys.number {
            self.numbers.tell(record.index, number);
        }
    }

    fn certain(mut self) -> Vec<Suspect> {
        self.certain.extend(self.numbers.finish());
        self.certain.sort_unstable();
        self.certain.dedup();
        self.certain
    }
}

/// A dose file.
pub(crate) struct DosesFile {
    duplicates: doses::Duplicates,
}

impl DosesFile {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            duplicates: doses::Duplicates::new(seed),
        }
    }
}

impl Kind for DosesFile {
    type Layout = Doses;
    type Suspects = doses::DoseSuspects;
    type Found = ();

    fn mapping(columns: BTreeMap<String, String>) -> Result<ColumnMapping, MappingProblem> {
        ColumnMapping::of_doses(columns)
    }

    #[inline]
    fn note(&mut self, record: &doses::Record<'_>) {
        self.duplicates.add(record.index, &record.keys);
    }

    fn finish(self) -> (doses::DoseSuspects, ()) {
        (self.duplicates.finish(), ())
    }

    fn shared_column(code: ProblemCode) -> Option<&'static str> {
        code.shared_dose_column().map(doses::Column::name)
    }
}

impl Suspects<Doses> for doses::DoseSuspects {
    fn to_read(&self) -> Vec<u32> {
        self.indexes()
    }

    fn tell(&mut self, record: &doses::Record<'_>) {
        self.tell(record.index, &record.keys);
    }

    fn certain(self) -> Vec<Suspect> {
        self.finish()
    }
}

/// A file of inquiries.
#[derive(Default)]
pub(crate) struct InquiriesFile {
    duplicates: inquiries::Duplicates,
}

/// Rows that share their 整理番号, which is certain.
pub(crate) struct SharedReferences(Vec<Suspect>);

impl Kind for InquiriesFile {
    type Layout = Inquiries;
    type Suspects = SharedReferences;
    type Found = ();

    fn mapping(columns: BTreeMap<String, String>) -> Result<ColumnMapping, MappingProblem> {
        ColumnMapping::of_inquiries(columns)
    }

    fn note(&mut self, record: &inquiries::Record<'_>) {
        self.duplicates.add(record.index, &record.keys);
    }

    fn finish(self) -> (SharedReferences, ()) {
        (SharedReferences(self.duplicates.finish()), ())
    }

    fn shared_column(code: ProblemCode) -> Option<&'static str> {
        code.inquiry_column().map(inquiries::Column::name)
    }
}

impl Suspects<Inquiries> for SharedReferences {
    fn to_read(&self) -> Vec<u32> {
        Vec::new()
    }

    fn tell(&mut self, _: &inquiries::Record<'_>) {}

    fn certain(self) -> Vec<Suspect> {
        self.0
    }
}
