//! The one pass over a file: every byte hashed, every record checked, places and keys remembered.

use std::collections::BTreeMap;

use bytes::Bytes;
use crypto::Sha256;
use layouts::{Check, ColumnMapping, Duplicates as _, FileProblem, Layout, Record, Rules, Summary};
use objects::ObjectName;

use crate::{cut::Cutter, kind::Kind};

type Duplicates<K> = <<K as Kind>::Layout as Layout>::Duplicates;

/// A pass under way.
pub(crate) struct Pass<K: Kind> {
    digest: Sha256,
    check: Check<K::Layout>,
    seen: Seen<K>,
}

/// What is remembered of the records.
struct Seen<K: Kind> {
    cutter: Cutter,
    refused: Vec<u32>,
    rows: u64,
    duplicates: Duplicates<K>,
    kind: K,
}

/// A pass that came to the end of the file.
pub(crate) struct Passed<K: Kind> {
    pub(crate) sha256: [u8; 32],
    pub(crate) summary: Summary<K::Layout>,
    pub(crate) cutter: Cutter,
    /// Indexes of the records that the rules refuse, ascending.
    pub(crate) refused: Vec<u32>,
    pub(crate) duplicates: Duplicates<K>,
    pub(crate) kind: K,
}

impl<K: Kind> Pass<K> {
    /// `seed`: as [`layouts::Duplicates::new`] takes it.
    pub(crate) fn new(
        rules: Rules,
        mapping: &ColumnMapping,
        kind: K,
        chunk_bytes: u64,
        seed: u64,
    ) -> Self {
        Self {
            digest: Sha256::default(),
            check: Check::new(rules, mapping),
            seen: Seen {
                cutter: Cutter::new(chunk_bytes),
                refused: Vec::new(),
                rows: 0,
                duplicates: Duplicates::<K>::new(seed),
                kind,
            },
        }
    }

    /// Takes the next bytes; an error refuses the file.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<(), FileProblem> {
        self.digest.update(bytes);
        let seen = &mut self.seen;
        self.check.push(bytes, &mut |record| seen.note(record))
    }

    /// What is to be left for the load of chunks that ended since the last time, in their order.
    pub(crate) fn take_left(&mut self) -> Vec<(ObjectName, Bytes)> {
        self.seen.kind.take_left()
    }

    /// Records seen so far.
    pub(crate) fn rows(&self) -> u64 {
        self.seen.rows
    }

    /// The end of the file.
    pub(crate) fn finish(mut self) -> Result<Passed<K>, (FileProblem, u64)> {
        let seen = &mut self.seen;
        let summary = self.check.finish(&mut |record| seen.note(record));
        let summary = summary.map_err(|problem| (problem, self.seen.rows))?;
        self.seen.kind.end_chunk();
        Ok(Passed {
            sha256: self.digest.finish(),
            summary,
            cutter: self.seen.cutter,
            refused: self.seen.refused,
            duplicates: self.seen.duplicates,
            kind: self.seen.kind,
        })
    }
}

impl<K: Kind> Seen<K> {
    fn note(&mut self, record: &Record<'_, K::Layout>) {
        self.rows += 1;
        self.duplicates.add(record.index, &record.keys);
        self.kind.note(record);
        let span = record.span.into();
        if self.cutter.record(record.index, record.line, &span) {
            self.kind.end_chunk();
        }
        if record.row.is_err() {
            self.refused.push(record.index);
        }
    }
}

/// Counts by stable code, as they are stored.
pub(crate) fn by_code<C: Copy>(
    counts: &BTreeMap<C, u64>,
    code: impl Fn(C) -> &'static str,
) -> BTreeMap<String, u64> {
    counts
        .iter()
        .map(|(key, count)| (code(*key).to_owned(), *count))
        .collect()
}
