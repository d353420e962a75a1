//! Checking a dropped file: one streaming pass, then what needs a second look at single rows.

use std::collections::BTreeMap;

use bytes::Bytes;
use domain::{Lease, RowCounts};
use layouts::{
    ColumnMapping, FileProblem, ProblemCode,
    residents::{Rules, Suspect, Suspects},
};
use objects::{ObjectName, ObjectsError};
use store::{Conclusion, StoreError};

use crate::{
    ReceiveError, ReceiveUpload,
    pass::{Pass, Passed, by_code},
    receive::Mine,
    reread::Places,
};

/// Larger files are refused: 2 GB.
pub(crate) const MAX_BYTES: u64 = 2_000_000_000;

/// What a check found.
pub(crate) enum Checked {
    /// The file cannot be trusted as a whole.
    Refused(FileProblem, Box<Conclusion>),
    /// Every row was checked.
    Rows(Box<CheckedRows>),
}

/// A file all of whose rows were checked, ready to be decided.
pub(crate) struct CheckedRows {
    pub(crate) found: Conclusion,
    pub(crate) sha256: [u8; 32],
    pub(crate) removals: Vec<crypto::ResidentTag>,
}

impl ReceiveUpload {
    /// Checks the file. Writes `errors.csv`, the list of refused records and the plans of the chunks.
    pub(crate) async fn check(&self, mine: &mut Mine<'_>) -> Result<Checked, ReceiveError> {
        let checked_on = mine.upload.checked_on;
        let today = checked_on.ok_or(StoreError::Damaged {
            what: "day of the check",
        })?;
        let rules = Rules {
            tenant: mine.scope.code(),
            today,
            max_bytes: MAX_BYTES,
        };
        let passed = match self.pass(mine, rules).await? {
            Ok(passed) => passed,
            Err((problem, rows)) => {
                let found = Conclusion {
                    rows_checked: rows,
                    ..Conclusion::default()
                };
                return Ok(Checked::Refused(problem, Box::new(found)));
            }
        };
        let Passed {
            sha256,
            summary,
            cutter,
            duplicates,
            mut refused,
            removals,
        } = passed;
        let (end, marks) = cutter.marks();
        let places = Places {
            header: &summary.header,
            rules,
            marks,
            end,
        };
        let suspects = self.verified(mine, &places, duplicates.finish()).await?;
        refused.extend(suspects.iter().map(|suspect| suspect.index));
        refused.sort_unstable();
        refused.dedup();
        let mut problems = by_code(&summary.problems, ProblemCode::as_str);
        for suspect in &suspects {
            *problems
                .entry(suspect.code.as_str().to_owned())
                .or_default() += 1;
        }
        let has_errors = !refused.is_empty();
        let mut refused_version = None;
        if has_errors {
            self.write_errors(mine, &places, &refused, &suspects)
                .await?;
            refused_version = Some(self.write_refused(mine, &refused).await?);
        }
        let chunks = self.plan_chunks(mine, cutter.finish(&refused)).await?;
        let found = Conclusion {
            encoding: summary.header.encoding().as_str().to_owned(),
            header_end: summary.header_span.end,
            sha256: Some(sha256),
            rows_checked: u64::from(summary.rows),
            rows: RowCounts {
                refused: refused.len() as u64,
                ..RowCounts::default()
            },
            chunks,
            refused_version,
            problems,
            notices: by_code(&summary.notices, layouts::NoticeCode::as_str),
            has_errors,
            ..Conclusion::default()
        };
        Ok(Checked::Rows(Box::new(CheckedRows {
            found,
            sha256,
            removals,
        })))
    }

    /// Streams the pinned version once. The inner error refuses the file and says how many rows
    /// were read until then.
    async fn pass(
        &self,
        mine: &mut Mine<'_>,
        rules: Rules,
    ) -> Result<Result<Passed, (FileProblem, u64)>, ReceiveError> {
        let gone = |rows| Ok(Err((FileProblem::new(ProblemCode::FileGone), rows)));
        let columns = mine.tenant.settings.columns.clone();
        let mapping = ColumnMapping::of_residents(columns).map_err(|_| ReceiveError::Mapping)?;
        let keys = mine
            .tenant
            .keys(mine.scope, &self.keys, self.clock.now())
            .await?;
        let size = match self.drop.head(mine.scope, &mine.object).await {
            Ok(head) => head.size,
            Err(ObjectsError::Gone) => return gone(0),
            Err(error) => return Err(error.into()),
        };
        if size > MAX_BYTES {
            return Ok(Err((FileProblem::new(ProblemCode::FileTooLarge), 0)));
        }
        let mut reader = self.drop.reader(mine.scope, &mine.object, 0..size)?;
        let mut pass = Pass::new(rules, &mapping, keys, self.chunk_bytes, self.seed);
        loop {
            let bytes = match reader.next().await {
                Ok(Some(bytes)) => bytes,
                Ok(None) => return Ok(pass.finish()),
                Err(ObjectsError::Gone) => return gone(pass.rows()),
                Err(error) => return Err(error.into()),
            };
            if let Err(problem) = pass.take(&bytes) {
                return Ok(Err((problem, pass.rows())));
            }
            self.keep_lease(mine, pass.rows()).await?;
        }
    }

    /// Renews the lease when it runs low, telling how many rows are checked.
    async fn keep_lease(&self, mine: &mut Mine<'_>, rows: u64) -> Result<(), ReceiveError> {
        let now = self.clock.now();
        if let Some(renewal) = mine.lease.renewal(now) {
            let until = renewal.until();
            self.store
                .note_progress(mine.scope, &mine.upload, rows, until)
                .await?;
            mine.lease = renewal;
        }
        if mine.lease.covers_a_request(now) {
            return Ok(());
        }
        // The next worker need not wait for the rest of a lease that is of no use any more.
        let ended = Lease::new(now, now).until();
        self.store
            .note_progress(mine.scope, &mine.upload, rows, ended)
            .await?;
        Err(ReceiveError::OutOfTime)
    }

    /// Rows that share a My Number, a coupon or a 宛名番号; the last verified by reading them again.
    async fn verified(
        &self,
        mine: &Mine<'_>,
        places: &Places<'_>,
        suspects: Suspects,
    ) -> Result<Vec<Suspect>, ReceiveError> {
        let Suspects {
            mut certain,
            mut numbers,
        } = suspects;
        let indexes: Vec<u32> = numbers.indexes().collect();
        self.reread(mine, places, &indexes, |record| {
            if let Some(number) = record.keys.number {
                numbers.tell(record.index, number);
            }
            Ok(())
        })
        .await?;
        certain.extend(numbers.finish());
        certain.sort_unstable();
        certain.dedup();
        Ok(certain)
    }

    /// Writes the indexes of the refused records, four bytes each, for load-chunk to pass over.
    async fn write_refused(
        &self,
        mine: &Mine<'_>,
        refused: &[u32],
    ) -> Result<String, ReceiveError> {
        let name = ObjectName::Refused(mine.upload.id);
        let mut object = self.work.writer(mine.scope, &name);
        for some in refused.chunks(64 * 1024) {
            let bytes: Bytes = some.iter().flat_map(|index| index.to_be_bytes()).collect();
            object.write(&bytes).await?;
        }
        Ok(object.finish().await?)
    }

    async fn plan_chunks(
        &self,
        mine: &Mine<'_>,
        plans: Vec<store::ChunkPlan>,
    ) -> Result<u32, ReceiveError> {
        let now = self.clock.now();
        for plan in &plans {
            self.store
                .plan_chunk(mine.scope, &mine.upload.id, plan, now)
                .await?;
        }
        Ok(u32::try_from(plans.len()).unwrap_or(u32::MAX))
    }
}

/// The problems of duplicates by record.
pub(crate) fn by_index(suspects: &[Suspect]) -> BTreeMap<u32, Vec<ProblemCode>> {
    let mut by_index: BTreeMap<u32, Vec<ProblemCode>> = BTreeMap::new();
    for suspect in suspects {
        by_index
            .entry(suspect.index)
            .or_default()
            .push(suspect.code);
    }
    by_index
}
