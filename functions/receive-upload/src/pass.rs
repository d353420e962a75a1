//! The one pass over a file: every byte hashed, every record checked, places and keys remembered.

use std::{collections::BTreeMap, sync::Arc};

use crypto::{ResidentTag, Sha256, TenantKeys};
use domain::Movement;
use layouts::{
    ColumnMapping, FileProblem,
    residents::{Check, Duplicates, Record, Rules, Summary},
};

use crate::cut::Cutter;

/// A pass under way.
pub(crate) struct Pass {
    digest: Sha256,
    check: Check,
    seen: Seen,
}

/// What is remembered of the records.
struct Seen {
    cutter: Cutter,
    duplicates: Duplicates,
    refused: Vec<u32>,
    removals: Vec<ResidentTag>,
    keys: Arc<TenantKeys>,
    rows: u64,
}

/// A pass that came to the end of the file.
pub(crate) struct Passed {
    pub(crate) sha256: [u8; 32],
    pub(crate) summary: Summary,
    pub(crate) cutter: Cutter,
    pub(crate) duplicates: Duplicates,
    /// Indexes of the records that the rules refuse, ascending.
    pub(crate) refused: Vec<u32>,
    /// Whom accepted rows ask to remove.
    pub(crate) removals: Vec<ResidentTag>,
}

impl Pass {
    pub(crate) fn new(
        rules: Rules,
        mapping: &ColumnMapping,
        keys: Arc<TenantKeys>,
        chunk_bytes: u64,
        seed: u64,
    ) -> Self {
        Self {
            digest: Sha256::default(),
            check: Check::new(rules, mapping),
            seen: Seen {
                cutter: Cutter::new(chunk_bytes),
                duplicates: Duplicates::new(seed),
                refused: Vec::new(),
                removals: Vec::new(),
                keys,
                rows: 0,
            },
        }
    }

    /// Takes the next bytes; an error refuses the file.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<(), FileProblem> {
        self.digest.update(bytes);
        let seen = &mut self.seen;
        self.check.push(bytes, &mut |record| seen.note(record))
    }

    /// Records seen so far.
    pub(crate) fn rows(&self) -> u64 {
        self.seen.rows
    }

    /// The end of the file.
    pub(crate) fn finish(mut self) -> Result<Passed, (FileProblem, u64)> {
        let seen = &mut self.seen;
        let summary = self.check.finish(&mut |record| seen.note(record));
        let summary = summary.map_err(|problem| (problem, self.seen.rows))?;
        Ok(Passed {
            sha256: self.digest.finish(),
            summary,
            cutter: self.seen.cutter,
            duplicates: self.seen.duplicates,
            refused: self.seen.refused,
            removals: self.seen.removals,
        })
    }
}

impl Seen {
    fn note(&mut self, record: &Record<'_>) {
        self.rows += 1;
        self.cutter
            .record(record.index, record.line, &record.span.into());
        self.duplicates.add(record.index, &record.keys);
        match &record.row {
            Ok(row) if row.movement == Movement::Remove => {
                self.removals.push(self.keys.resident_tag(row.number));
            }
            Ok(_) => {}
            Err(_) => self.refused.push(record.index),
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
