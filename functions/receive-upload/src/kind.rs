//! What each kind of file has of its own while it is checked; all else is the same for every kind.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use crypto::ResidentTag;
use domain::{Generation, Movement, ResidentRow};
use layouts::{
    ColumnMapping, Layout, MappingProblem, ProblemCode, Record, Suspect,
    doses::{self, Doses},
    inquiries::{self, Inquiries},
    residents::{self, Residents},
};
use objects::ObjectName;

use crate::{protections::EverProtected, rows::ChunkRows};

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

/// Somebody whom a row is about.
pub(crate) struct Somebody {
    /// Of the row.
    pub(crate) index: u32,
    pub(crate) tag: ResidentTag,
}

/// What the decision about a residents file needs of its accepted rows.
#[derive(Default)]
pub(crate) struct ResidentsFound {
    /// Whom rows ask to remove.
    pub(crate) removals: Vec<Somebody>,
    /// Who was ever protected, as far as that was known before the pass, and is not by this file.
    pub(crate) unprotected: Vec<Somebody>,
    /// Indexes of the rows that say that somebody is protected.
    pub(crate) protects: Vec<u32>,
    /// How many rows say that somebody is not, be they refused for what they share.
    pub(crate) not_protected: u64,
    /// The generation in force when it was read who was ever protected.
    pub(crate) known_under: Generation,
}

/// A residents file.
pub(crate) struct ResidentsFile<'a> {
    duplicates: residents::Duplicates,
    ever_protected: HashSet<ResidentTag>,
    found: ResidentsFound,
    rows: ChunkRows<'a>,
}

impl<'a> ResidentsFile<'a> {
    pub(crate) fn new(rows: ChunkRows<'a>, seed: u64, ever: EverProtected) -> Self {
        Self {
            duplicates: residents::Duplicates::new(seed),
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
    /// Of whoever leaves the protection is not lifted, but the whole of them removed.
    fn note(&mut self, row: &ResidentRow<'_>, person: Somebody, ever: &HashSet<ResidentTag>) {
        match (row.movement, row.protected) {
            (Movement::Remove, _) => self.removals.push(person),
            (_, Some(true)) => self.protects.push(person.index),
            (_, Some(false)) => {
                self.not_protected += 1;
                if ever.contains(&person.tag) {
                    self.unprotected.push(person);
                }
            }
            (_, None) => {}
        }
    }
}

impl Kind for ResidentsFile<'_> {
    type Layout = Residents;
    type Suspects = residents::Suspects;
    type Found = ResidentsFound;

    fn mapping(columns: BTreeMap<String, String>) -> Result<ColumnMapping, MappingProblem> {
        ColumnMapping::of_residents(columns)
    }

    #[inline]
    fn note(&mut self, record: &residents::Record<'_>) {
        self.duplicates.add(record.index, &record.keys);
        if let Ok(row) = &record.row {
            let tag = self.rows.accept(row);
            let index = record.index;
            let person = Somebody { index, tag };
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

    fn finish(self) -> (residents::Suspects, ResidentsFound) {
        (self.duplicates.finish(), self.found)
    }

    fn without_refused(found: &mut ResidentsFound, refused: &[u32]) {
        let is_accepted = |index: &u32| refused.binary_search(index).is_err();
        found.removals.retain(|it| is_accepted(&it.index));
        found.unprotected.retain(|it| is_accepted(&it.index));
        found.protects.retain(is_accepted);
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
