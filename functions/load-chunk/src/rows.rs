//! The accepted rows of a chunk: tag and fingerprint, as the check left them.

use crypto::TenantKeys;
use manifest::{CheckedRow, RowsReader};
use objects::{ObjectName, PinnedObject};
use store::{ChunkPlan, write_profile};

use crate::{
    LoadChunk, LoadError,
    chunk::{Source, Work},
};

/// The rows of a chunk, taken one after the other, without those that the check refused.
struct Accepted<'a> {
    plan: &'a ChunkPlan,
    /// Indexes of refused rows, ascending.
    refused: &'a [u32],
    /// Of the next row.
    index: u32,
    rows: Vec<(CheckedRow, u32)>,
}

impl LoadChunk {
    /// Tag and fingerprint of the chunk's rows that the check accepted, with their indexes.
    ///
    /// Uploads that were checked before a check left anything of their rows are read again.
    pub(crate) async fn accepted(
        &self,
        work: &mut Work<'_>,
        refused: &[u32],
    ) -> Result<Vec<(CheckedRow, u32)>, LoadError> {
        let plan = work.chunk.plan.clone();
        let accepted = Accepted::new(&plan, refused);
        match &plan.rows_version {
            Some(version) => self.left_by_check(work, version, accepted).await,
            None => accepted.read_again(&self.source(work).await?, &work.keys),
        }
    }

    async fn left_by_check(
        &self,
        work: &mut Work<'_>,
        version: &str,
        mut accepted: Accepted<'_>,
    ) -> Result<Vec<(CheckedRow, u32)>, LoadError> {
        let name = ObjectName::Rows(work.upload.id, work.chunk.plan.number);
        let object = PinnedObject::written(work.scope, &name, version);
        let object = self.work.open(work.scope, &object).await?;
        let mut left = RowsReader::new(work.scope, &work.keys, &name, object);
        while let Some(rows) = left.next_rows().await? {
            for row in rows {
                accepted.take(row)?;
            }
            self.keep_lease(work).await?;
        }
        accepted.finish()
    }
}

impl<'a> Accepted<'a> {
    fn new(plan: &'a ChunkPlan, refused: &'a [u32]) -> Self {
        Self {
            plan,
            refused,
            index: plan.first_row,
            rows: Vec::with_capacity(plan.rows as usize),
        }
    }

    fn read_again(
        mut self,
        source: &Source<'_>,
        keys: &TenantKeys,
    ) -> Result<Vec<(CheckedRow, u32)>, LoadError> {
        let mut records = source.records(self.plan);
        let mut content = Vec::with_capacity(256);
        let differs = |_| LoadError::NotAsChecked { what: "a record" };
        while let Some(record) = records.next().map_err(differs)? {
            let row = record.row.ok().map(|row| {
                content.clear();
                write_profile(&row, &mut content);
                CheckedRow {
                    tag: keys.resident_tag(row.number),
                    fingerprint: keys.fingerprint(&content),
                }
            });
            self.take(row)?;
        }
        self.finish()
    }

    /// The next row; the rules refuse it if it is `None`. They may accept what was refused because
    /// another row says the same, but nothing else may differ from the check.
    fn take(&mut self, row: Option<CheckedRow>) -> Result<(), LoadError> {
        match self.refused.split_first() {
            Some((first, rest)) if *first == self.index => self.refused = rest,
            _ => {
                let row = row.ok_or(LoadError::NotAsChecked {
                    what: "an accepted row",
                })?;
                self.rows.push((row, self.index));
            }
        }
        self.index += 1;
        Ok(())
    }

    fn finish(self) -> Result<Vec<(CheckedRow, u32)>, LoadError> {
        if self.index - self.plan.first_row == self.plan.rows && self.refused.is_empty() {
            Ok(self.rows)
        } else {
            Err(LoadError::NotAsChecked {
                what: "the number of rows",
            })
        }
    }
}
